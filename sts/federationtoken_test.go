package sts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sts"
)

const bobARN = "arn:aws:sts::" + account + ":federated-user/bob"

func TestGetFederationToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, opener := range []iam.Caller{w.keyed("u", allow("sts:GetFederationToken", "s3:*")), root()} {
		out := ok(w.federate(opener))(t)
		percent := int32(5)
		want := &sts.GetFederationTokenOutput{
			Credentials:      out.Credentials,
			FederatedUser:    sts.FederatedUser{FederatedUserID: account + ":bob", ARN: bobARN},
			PackedPolicySize: &percent,
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("output (-want +got):\n%s", diff)
		}
		caller := w.caller(out.Credentials)
		if caller.ARN != bobARN || caller.UserID != account+":bob" || caller.User != "" || caller.Root || !caller.Federated() {
			t.Errorf("caller is %+v", caller)
		}
	}
}

// The session may do what both the opener and the session policies allow.
func TestFederatedPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","s3:*","polly:*"],"Resource":"*"},
		{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}`)
	asked := []string{"s3:GetObject", "s3:DeleteObject", "ec2:RunInstances", "polly:SynthesizeSpeech"}
	guests := []sts.PolicyDescriptor{{ARN: iam.GuestManagedPolicy}} // with polly, but neither s3 nor ec2
	for name, tt := range map[string]struct {
		opener iam.Caller
		inline string
		arns   []sts.PolicyDescriptor
		want   []string
	}{
		"no session policy":     {user, "", nil, nil},
		"all":                   {user, allow("*"), nil, []string{"s3:GetObject", "polly:SynthesizeSpeech"}},
		"less":                  {user, allow("s3:*", "ec2:*"), nil, []string{"s3:GetObject"}},
		"by ARN":                {user, "", guests, []string{"polly:SynthesizeSpeech"}},
		"both add up":           {user, allow("s3:GetObject"), guests, []string{"s3:GetObject", "polly:SynthesizeSpeech"}},
		"root, none":            {root(), "", nil, nil},
		"root, all":             {root(), allow("*"), nil, asked},
		"root, less":            {root(), allow("ec2:*"), nil, []string{"ec2:RunInstances"}},
		"root, a deny in there": {root(), strings.Replace(allow("*"), "Allow", "Deny", 1), nil, nil},
	} {
		caller := w.caller(ok(w.federate(tt.opener, func(in *sts.GetFederationTokenInput) { in.Policy, in.PolicyARNs = tt.inline, tt.arns }))(t).Credentials)
		if diff := cmp.Diff(tt.want, w.may(caller, asked...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	caller := w.caller(ok(w.federate(user))(t).Credentials)
	ok(w.IAM.PutUserPolicy(t.Context(), root(), &iam.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: allow("ec2:*")}))(t)
	if got := w.may(caller, asked...); !cmp.Equal(got, []string{"ec2:RunInstances"}) {
		t.Errorf("after the user's policy has changed, the session may %v", got)
	}
}

func TestWhoMayFederate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	on := func(resource, condition string, actions ...string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"` + resource + `","Condition":{` + condition + `}}}`
	}
	tags := []iam.Tag{{Key: "team", Value: "blue"}}
	const federate, tag = "sts:GetFederationToken", "sts:TagSession"
	for name, tt := range map[string]struct {
		policy string
		tags   []iam.Tag
		denied string // the action, empty if it is allowed
	}{
		"nothing":               {"", nil, federate},
		"all users":             {allow(federate), nil, ""},
		"this user":             {on(bobARN, "", federate), nil, ""},
		"another user":          {on(bobARN+"by", "", federate), nil, federate},
		"tags":                  {allow(federate), tags, tag},
		"tags, allowed":         {allow(federate, tag), tags, ""},
		"tags alone":            {allow(tag), tags, federate},
		"the tag is right":      {on(bobARN, `"StringEquals":{"aws:RequestTag/team":"blue"}`, federate, tag), tags, ""},
		"the tag is another":    {on(bobARN, `"StringEquals":{"aws:RequestTag/team":"red"}`, federate, tag), tags, federate},
		"the tag has to be set": {on(bobARN, `"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}`, federate), nil, federate},
	} {
		user := w.keyed(strings.NewReplacer(" ", "-", ",", "").Replace(name), tt.policy)
		out, err := w.federate(user, func(in *sts.GetFederationTokenInput) { in.Tags = tt.tags })
		if tt.denied == "" {
			ok(out, err)(t)
			continue
		}
		refused(out, err)(t, 403, denied, "User: "+user.ARN+" is not authorized to perform: "+tt.denied+" on resource: "+bobARN+
			" because no identity-based policy allows the "+tt.denied+" action")
	}
}

func TestFederationRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("*"))
	for name, tt := range map[string]struct {
		change        func(*sts.GetFederationTokenInput)
		code, message string
	}{
		"no policy":      {func(in *sts.GetFederationTokenInput) { in.Policy = "{" }, malformed, "Syntax errors in policy."},
		"unknown policy": {func(in *sts.GetFederationTokenInput) { in.PolicyARNs = []sts.PolicyDescriptor{{ARN: "x"}} }, validation, "ARN x is not valid."},
		"tag twice": {
			func(in *sts.GetFederationTokenInput) { in.Tags = []iam.Tag{{Key: "a"}, {Key: "A"}} },
			validation, "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"too much": {
			func(in *sts.GetFederationTokenInput) {
				in.Policy = strings.Replace(allow("s3:*"), "{", "{"+strings.Repeat(" ", 2048), 1)
			},
			tooLarge, "Packed size of session policies and tags consumes 105% of allotted space.",
		},
	} {
		t.Log(name)
		refused(w.federate(user, tt.change))(t, 400, tt.code, tt.message)
	}
}

// The federated user has the tags of the one who vouches, and the session's before them.
func TestFederatedTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keyed("u", allow("*"))
	err := w.IAM.Users.Update(t.Context(), "u", func(u *iam.User) error {
		u.Tags = []iam.Tag{{Key: "Team", Value: "red"}, {Key: "floor", Value: "2"}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	key := ok(w.IAM.CreateAccessKey(t.Context(), root(), &iam.CreateAccessKeyInput{UserName: "u"}))(t).AccessKey
	_, user, err := w.IAM.Authenticate(t.Context(), key.AccessKeyID)
	tagged := func(opener iam.Caller) iam.Caller {
		return w.caller(ok(w.federate(opener, func(in *sts.GetFederationTokenInput) { in.Tags = []iam.Tag{{Key: "team", Value: "blue"}} }))(t).Credentials)
	}
	for _, tt := range []struct {
		caller      iam.Caller
		team, floor []string
	}{
		{tagged(ok(user, err)(t)), []string{"blue"}, []string{"2"}},
		{*tagged(user).Opener, []string{"red"}, []string{"2"}},
		{tagged(root()), []string{"blue"}, nil},
	} {
		keys := w.IAM.Context(t.Context(), tt.caller, policy.NewContext())
		team, _, _ := keys.Get("aws:PrincipalTag/team")
		floor, _, _ := keys.Get("aws:PrincipalTag/floor")
		if diff := cmp.Diff([][]string{tt.team, tt.floor}, [][]string{team, floor}); diff != "" {
			t.Errorf("tags of %s (-want +got):\n%s", tt.caller.ARN, diff)
		}
	}
}

func TestGetAccessKeyInfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", "")
	const unknown = "The access key id does not tell an account."
	for id, want := range map[string]string{
		user.KeyID:              account,
		w.own(user).KeyID:       account,
		"ASIAQNZGKIQY56JQ7WML":  "029608264753",
		user.UserID:             "",
		"AKIAIOSFODNN7EXAMPLE0": "",
		"AKIA0000000000000000":  "",
		"AKIAAAAAAAAAAAAAAAAA":  "",
	} {
		out, err := w.GetAccessKeyInfo(t.Context(), user, &sts.GetAccessKeyInfoInput{AccessKeyID: id})
		if want == "" {
			refused(out, err)(t, 400, validation, unknown)
			continue
		}
		if got := ok(out, err)(t).Account; got != want {
			t.Errorf("%s is of %s, want %s", id, got, want)
		}
	}
}
