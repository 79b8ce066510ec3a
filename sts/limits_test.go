package sts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

func TestDurations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	trusts := strings.TrimSuffix(webTrust(), "}") // and the user
	both := `{"Version":"2012-10-17","Statement":[` + strings.SplitN(trusts, `"Statement":`, 2)[1] +
		`,{"Effect":"Allow","Principal":{"AWS":"` + user.ARN + `"},"Action":"sts:AssumeRole"}]}`
	w.role("hour", both)
	w.role("day", both, func(in *iam.CreateRoleInput) { in.MaxSessionDuration = 43200 })
	raw := w.sign(w.oidc, claims{"exp": w.clock.seconds() + 90})
	tests := []struct {
		role    string
		seconds int32
		want    int // seconds, 0 if it is refused
	}{
		{"hour", 0, 3600},
		{"hour", 900, 900},
		{"hour", 3600, 3600},
		{"hour", 3601, 0},
		{"day", 0, 3600},
		{"day", 43200, 43200},
		{"day", 43201, 0},
	}
	for _, tt := range tests {
		var credentials []sts.Credentials
		web, err := w.web(tt.role, raw, func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = tt.seconds })
		if tt.want == 0 {
			refused(web, err)(t, 400, validation, overMax)
		} else {
			credentials = append(credentials, ok(web, err)(t).Credentials)
		}
		assumed, err := w.assume(user, tt.role, func(in *sts.AssumeRoleInput) { in.DurationSeconds = tt.seconds })
		if tt.want == 0 {
			refused(assumed, err)(t, 400, validation, overMax)
		} else {
			credentials = append(credentials, ok(assumed, err)(t).Credentials)
		}
		for _, c := range credentials {
			if got := int(c.Expiration.Sub(w.clock.Now()) / time.Second); got != tt.want {
				t.Errorf("%s for %d s lasts %d s, want %d", tt.role, tt.seconds, got, tt.want)
			}
		}
	}
}

func TestSessionPoliciesOnlyNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "r", PolicyName: "all", PolicyDocument: allow("s3:*", "rum:*", "polly:*")}))(t)
	all := []string{"s3:GetObject", "s3:PutObject", "rum:PutRumEvents", "polly:ListLexicons", "ec2:RunInstances"}
	managed := []sts.PolicyDescriptor{{ARN: iam.GuestManagedPolicy}}
	tests := map[string]struct {
		inline string
		arns   []sts.PolicyDescriptor
		want   []string
	}{
		"none":    {"", nil, all[:4]},
		"inline":  {allow("s3:GetObject", "ec2:*"), nil, all[:1]},
		"managed": {"", managed, all[2:4]},
		"both":    {allow("s3:GetObject"), managed, []string{all[0], all[2], all[3]}},
		"denial": {
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`,
			managed, all[2:4],
		},
	}
	for name, tt := range tests {
		out := ok(w.assume(user, "r", func(in *sts.AssumeRoleInput) { in.Policy, in.PolicyARNs = tt.inline, tt.arns }))(t)
		if diff := cmp.Diff(tt.want, w.may(w.caller(out.Credentials), all...)); diff != "" {
			t.Errorf("%s: the session may (-want +got):\n%s", name, diff)
		}
	}
}

// The scope that identity pools set narrows like a session policy, beside those of
// the request, and takes no room.
func TestScopeNarrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	who := sts.WebIdentity{Federated: oidcARN, Issuer: oidc, Subject: alice, Audience: client}
	for name, tt := range map[string]struct {
		scope []string
		want  []string
	}{
		"none":    {nil, []string{"s3:GetObject", "rum:PutRumEvents", "ec2:RunInstances"}},
		"inline":  {[]string{iam.GuestInlinePolicy}, []string{"s3:GetObject"}},
		"managed": {[]string{iam.GuestManagedPolicy}, []string{"rum:PutRumEvents"}},
		"both":    {[]string{iam.GuestInlinePolicy, iam.GuestManagedPolicy}, []string{"s3:GetObject", "rum:PutRumEvents"}},
	} {
		out := ok(w.AssumeWebIdentity(t.Context(), who, sts.WebRequest{RoleARN: roleARN("r"), SessionName: "app", Scope: tt.scope}))(t)
		got := w.may(w.caller(out.Credentials), "s3:GetObject", "rum:PutRumEvents", "ec2:RunInstances")
		if diff := cmp.Diff(tt.want, got); diff != "" || out.PackedSize != 0 {
			t.Errorf("%s: %d%% packed, the session may (-want +got):\n%s", name, out.PackedSize, diff)
		}
	}
}

func TestSessionPoliciesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	tests := map[string]struct {
		inline        string
		arns          []string
		code, message string
	}{
		"no JSON":          {"{", nil, malformed, "Syntax errors in policy."},
		"no statement":     {`{"Version":"2012-10-17","Statement":[]}`, nil, malformed, "Syntax errors in policy."},
		"with a principal": {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, nil, malformed, "Policy document should not specify a principal."},
		"without resource": {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*"}}`, nil, malformed, "Policy statement must contain resources."},
		"no ARN":           {"", []string{"AdministratorAccess-or-so"}, validation, "ARN AdministratorAccess-or-so is not valid."},
		"the inline name":  {"", []string{iam.GuestInlinePolicy}, validation, "ARN " + iam.GuestInlinePolicy + " is not valid."},
		"unknown": {
			"",
			[]string{"arn:aws:iam::aws:policy/NoSuchPolicy"},
			malformed,
			"Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable.",
		},
	}
	for name, tt := range tests {
		t.Log(name)
		refused(w.assume(user, "r", func(in *sts.AssumeRoleInput) {
			in.Policy = tt.inline
			for _, arn := range tt.arns {
				in.PolicyARNs = append(in.PolicyARNs, sts.PolicyDescriptor{ARN: arn})
			}
		}))(t, 400, tt.code, tt.message)
	}
}

func TestPackedPolicySize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole", "sts:TagSession"))
	padded := func(size int) string { return allow("s3:*") + strings.Repeat(" ", size-len(allow("s3:*"))) }
	value := strings.Repeat("v", 256)
	tags := func(n int) (list []iam.Tag) {
		for i := range n {
			list = append(list, iam.Tag{Key: fmt.Sprintf("key%d", i), Value: value})
		}
		return list
	}
	tests := map[string]struct {
		inline string
		tags   []iam.Tag
		want   int32 // percent, more than 100 if it is refused
	}{
		"none":             {"", nil, 0},
		"tiny":             {"", []iam.Tag{{Key: "a", Value: "b"}}, 1},
		"half":             {padded(1024), nil, 50},
		"full":             {padded(2048), nil, 100},
		"one too many":     {padded(2049), nil, 101},
		"tags":             {"", tags(7), 89},
		"too many tags":    {"", tags(8), 102},
		"together":         {padded(1788), tags(1), 100},
		"together, beyond": {padded(1789), tags(1), 101},
	}
	for name, tt := range tests {
		t.Log(name)
		out, err := w.assume(user, "r", func(in *sts.AssumeRoleInput) { in.Policy, in.Tags = tt.inline, tt.tags })
		if tt.want > 100 {
			refused(out, err)(t, 400, tooLarge, fmt.Sprintf("Packed size of session policies and tags consumes %d%% of allotted space.", tt.want))
			continue
		}
		var want *int32
		if tt.want > 0 {
			want = &tt.want
		}
		if diff := cmp.Diff(want, ok(out, err)(t).PackedPolicySize); diff != "" {
			t.Errorf("packed size (-want +got):\n%s", diff)
		}
	}
}
