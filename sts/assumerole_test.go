package sts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// deniedTo is AWS's sentence for a refused AssumeRole, or what goes with it.
func deniedTo(caller iam.Caller, action, role string) string {
	return "User: " + caller.ARN + " is not authorized to perform: " + action + " on resource: " + roleARN(role)
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	role := w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	out := ok(w.assume(user, "r"))(t)
	want := &sts.AssumeRoleOutput{
		Credentials:     out.Credentials,
		AssumedRoleUser: sts.AssumedRoleUser{AssumedRoleID: role.ID + ":work", ARN: "arn:aws:sts::" + account + ":assumed-role/r/work"},
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	caller := w.caller(out.Credentials)
	if caller.ARN != out.AssumedRoleUser.ARN || caller.UserID != out.AssumedRoleUser.AssumedRoleID || caller.Root || caller.User != "" {
		t.Errorf("caller is %+v", caller)
	}
}

// TestTrustGoesToNobodyElse makes a trusted user and a trusted role anew under their old
// names, which gives them nothing, and renames a user, which takes nothing.
func TestTrustGoesToNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opened := trust(`{"AWS":"`+account+`"}`, "", "sts:AssumeRole")
	user := w.user("u", allow("sts:AssumeRole"))
	w.role("first", opened)
	w.role("forUser", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	w.role("forRole", trust(`{"AWS":"`+roleARN("first")+`"}`, "", "sts:AssumeRole"))
	session := w.caller(ok(w.assume(user, "first"))(t).Credentials)
	ok(w.assume(user, "forUser"))(t)
	ok(w.assume(session, "forRole"))(t)

	ok(w.IAM.UpdateUser(t.Context(), root(), &iam.UpdateUserInput{UserName: "u", NewUserName: "v"}))(t)
	renamed := user
	renamed.User, renamed.ARN = "v", "arn:aws:iam::"+account+":user/v"
	ok(w.assume(renamed, "forUser"))(t)

	again := w.user("u", allow("sts:AssumeRole"))
	refused(w.assume(again, "forUser"))(t, 403, "AccessDenied", deniedTo(again, "sts:AssumeRole", "forUser"))

	if err := w.IAM.Roles.Delete(t.Context(), "first", func(iam.Role) error { return nil }); err != nil {
		t.Fatal(err)
	}
	w.role("first", opened)
	session = w.caller(ok(w.assume(again, "first"))(t).Credentials)
	refused(w.assume(session, "forRole"))(t, 403, "AccessDenied", deniedTo(session, "sts:AssumeRole", "forRole"))
}

// TestTrustEndsWithTheUser although the trust policy alone would let them in: what the
// user's own policies forbade cannot be known any more.
func TestTrustEndsWithTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	ok(w.assume(user, "r"))(t)
	ok(w.IAM.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"}))(t)
	refused(w.assume(user, "r"))(t, 403, "AccessDenied", deniedTo(user, "sts:AssumeRole", "r"))
}

func TestWhoMayAssume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	may := allow("sts:AssumeRole")
	plain, allowed := w.user("plain", ""), w.user("allowed", may)
	narrow := w.user("narrow", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+roleARN("other")+`"}}`)
	banned := w.user("banned", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}]}`)
	w.role("first", trust(`{"AWS":"`+allowed.ARN+`"}`, "", "sts:AssumeRole"))
	session := w.caller(ok(w.assume(allowed, "first"))(t).Credentials)
	w.role("r", trust(`{"AWS":"`+account+`"}`, "", "sts:AssumeRole"))
	aws := func(principal string) string { return trust(`{"AWS":"`+principal+`"}`, "", "sts:AssumeRole") }
	tests := map[string]struct {
		trust  string
		caller iam.Caller
		allows bool
	}{
		"user named":                         {aws(plain.ARN), plain, true},
		"user named by id":                   {aws(plain.UserID), plain, true},
		"user named, denied by own policy":   {aws(banned.ARN), banned, false},
		"other user named":                   {aws(plain.ARN), allowed, false},
		"account, user with a policy":        {aws(account), allowed, true},
		"account by ARN, user with policy":   {aws("arn:aws:iam::" + account + ":root"), allowed, true},
		"account, user without":              {aws(account), plain, false},
		"account, policy for other role":     {aws(account), narrow, false},
		"account, denied by own policy":      {aws(account), banned, false},
		"other account":                      {aws("210987654321"), allowed, false},
		"role named":                         {aws(roleARN("first")), session, true},
		"session named":                      {aws(session.ARN), session, true},
		"other session named":                {aws("arn:aws:sts::" + account + ":assumed-role/first/other"), session, false},
		"other role named":                   {aws(roleARN("second")), session, false},
		"anybody":                            {trust(`"*"`, "", "sts:AssumeRole"), plain, true},
		"web identities":                     {trust(`{"Federated":"`+oidcARN+`"}`, "", "sts:AssumeRole"), allowed, false},
		"another action":                     {trust(`{"AWS":"`+plain.ARN+`"}`, "", "sts:AssumeRoleWithWebIdentity"), plain, false},
		"condition on the caller":            {trust(`{"AWS":"`+account+`"}`, `"ArnEquals":{"aws:PrincipalArn":"`+allowed.ARN+`"}`, "sts:AssumeRole"), allowed, true},
		"condition on another":               {trust(`{"AWS":"`+account+`"}`, `"ArnEquals":{"aws:PrincipalArn":"`+plain.ARN+`"}`, "sts:AssumeRole"), allowed, false},
		"condition on the user name":         {trust(`{"AWS":"`+account+`"}`, `"StringEquals":{"sts:RoleSessionName":"${aws:username}"}`, "sts:AssumeRole"), allowed, false},
		"condition on the role behind":       {trust(`"*"`, `"ArnEquals":{"aws:PrincipalArn":"`+roleARN("first")+`"}`, "sts:AssumeRole"), session, true},
		"condition on MFA":                   {trust(`{"AWS":"`+plain.ARN+`"}`, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, "sts:AssumeRole"), plain, false},
		"condition on the external id":       {trust(`{"AWS":"`+plain.ARN+`"}`, `"StringEquals":{"sts:ExternalId":"x1"}`, "sts:AssumeRole"), plain, true},
		"condition on another external id":   {trust(`{"AWS":"`+plain.ARN+`"}`, `"StringEquals":{"sts:ExternalId":"x2"}`, "sts:AssumeRole"), plain, false},
		"condition on the time, passed":      {trust(`{"AWS":"`+plain.ARN+`"}`, `"DateLessThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"}`, "sts:AssumeRole"), plain, false},
		"condition on the time, yet to come": {trust(`{"AWS":"`+plain.ARN+`"}`, `"DateLessThan":{"aws:CurrentTime":"2125-01-01T00:00:00Z"}`, "sts:AssumeRole"), plain, true},
	}
	for name, tt := range tests {
		t.Log(name)
		w.setTrust("r", tt.trust)
		out, err := w.assume(tt.caller, "r", func(in *sts.AssumeRoleInput) { in.ExternalID = "x1" })
		if !tt.allows {
			refused(out, err)(t, 403, denied, deniedTo(tt.caller, "sts:AssumeRole", "r"))
			continue
		}
		ok(out, err)(t)
	}
}

func TestAssumeRoleRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	const invalid = "Request ARN is invalid"
	tests := map[string]struct {
		caller        iam.Caller
		change        func(*sts.AssumeRoleInput)
		status        int
		code, message string
	}{
		"root":          {root(), func(*sts.AssumeRoleInput) {}, 403, denied, "Roles may not be assumed by root accounts."},
		"no such role":  {user, func(in *sts.AssumeRoleInput) { in.RoleARN = roleARN("ghost") }, 403, denied, deniedTo(user, "sts:AssumeRole", "ghost")},
		"other path":    {user, func(in *sts.AssumeRoleInput) { in.RoleARN = roleARN("x/r") }, 403, denied, deniedTo(user, "sts:AssumeRole", "x/r")},
		"a user":        {user, func(in *sts.AssumeRoleInput) { in.RoleARN = user.ARN }, 400, validation, invalid},
		"MFA":           {user, func(in *sts.AssumeRoleInput) { in.SerialNumber, in.TokenCode = user.ARN, "123456" }, 403, denied, "MultiFactorAuthentication failed with invalid MFA one time pass code. "},
		"tags":          {user, func(in *sts.AssumeRoleInput) { in.Tags = []iam.Tag{{Key: "a", Value: "b"}} }, 403, denied, deniedTo(user, "sts:TagSession", "r")},
		"source":        {user, func(in *sts.AssumeRoleInput) { in.SourceIdentity = "me" }, 403, denied, deniedTo(user, "sts:SetSourceIdentity", "r")},
		"source of AWS": {user, func(in *sts.AssumeRoleInput) { in.SourceIdentity = "aws:me" }, 400, validation, `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
		"tag twice": {
			user, func(in *sts.AssumeRoleInput) { in.Tags = []iam.Tag{{Key: "a", Value: "b"}, {Key: "a", Value: "b"}} },
			400, validation, "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"tag twice, in two cases": {
			user, func(in *sts.AssumeRoleInput) { in.Tags = []iam.Tag{{Key: "a", Value: "b"}, {Key: "A", Value: "b"}} },
			400, validation, "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"transitive, but no tag": {
			user, func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"a"} },
			400, validation, "The specified transitive tag key must be included in the requested tags: a",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(w.assume(tt.caller, "r", tt.change))(t, tt.status, tt.code, tt.message)
		})
	}
}

func TestChaining(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	long := func(in *iam.CreateRoleInput) { in.MaxSessionDuration = 43200 }
	w.role("first", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"), long)
	w.role("second", trust(`{"AWS":"`+roleARN("first")+`"}`, "", "sts:AssumeRole"), long)
	first := w.caller(ok(w.assume(user, "first", func(in *sts.AssumeRoleInput) { in.DurationSeconds = 43200 }))(t).Credentials)
	for seconds, want := range map[int32]time.Duration{0: time.Hour, 900: 900 * time.Second, 3600: time.Hour} {
		out := ok(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.DurationSeconds = seconds }))(t)
		if got := out.Credentials.Expiration.Sub(w.clock.Now()); got != want {
			t.Errorf("%d s last %v, want %v", seconds, got, want)
		}
	}
	refused(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.DurationSeconds = 3601 }))(t, 400, validation,
		"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
}

func TestWhatSessionsHandDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	all := []string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"}
	w.role("first", trust(`{"AWS":"`+user.ARN+`"}`, "", all...))
	w.role("second", trust(`{"AWS":"`+roleARN("first")+`"}`, `"StringEquals":{"aws:ResourceTag/Team":"a"}`, all...),
		func(in *iam.CreateRoleInput) { in.Tags = []iam.Tag{{Key: "Team", Value: "role's"}} })
	w.role("third", trust(`{"AWS":"`+roleARN("second")+`"}`, "", all...))
	w.role("narrow", trust(`{"AWS":"`+roleARN("first")+`"}`, "", "sts:AssumeRole"))
	plain := func(*sts.AssumeRoleInput) {}
	first := w.caller(ok(w.assume(user, "first", func(in *sts.AssumeRoleInput) {
		in.Tags = []iam.Tag{{Key: "Team", Value: "a"}, {Key: "Site", Value: "x"}}
		in.TransitiveTagKeys, in.SourceIdentity = []string{"Team"}, "me"
	}))(t).Credentials)
	c := ok(w.assume(first, "second", func(in *sts.AssumeRoleInput) {
		in.Tags, in.TransitiveTagKeys = []iam.Tag{{Key: "New", Value: "n"}}, []string{"Team"}
	}))(t).Credentials
	if sealed, _, err := w.Sealer.Open(c.AccessKeyID, c.SessionToken); err != nil || !cmp.Equal(sealed.TransitiveTags, []string{"Team"}) {
		t.Errorf("the session hands down %v, error %v", sealed.TransitiveTags, err)
	}
	second := w.caller(c)
	third := w.caller(ok(w.assume(second, "third", plain))(t).Credentials)
	for name, c := range map[string]iam.Caller{"second": second, "third": third} {
		if diff := cmp.Diff(map[string]string{"Team": "a"}, c.TransitiveTags); diff != "" {
			t.Errorf("%s: transitive tags (-want +got):\n%s", name, diff)
		}
		team, _, _ := c.Keys.Get("aws:PrincipalTag/team")
		_, _, site := c.Keys.Get("aws:PrincipalTag/Site")
		_, _, fresh := c.Keys.Get("aws:PrincipalTag/New")
		if !cmp.Equal(team, []string{"a"}) || site || fresh != (name == "second") || c.SourceIdentity != "me" {
			t.Errorf("%s: tags %v, source identity %q", name, c.Keys.Keys(), c.SourceIdentity)
		}
	}
	refused(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.Tags = []iam.Tag{{Key: "TEAM", Value: "b"}} }))(t, 400, validation,
		"One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: Team")
	refused(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.SourceIdentity = "you" }))(t, 403, denied, deniedTo(first, "sts:SetSourceIdentity", "second"))
	refused(w.assume(first, "narrow", plain))(t, 403, denied, deniedTo(first, "sts:TagSession", "narrow"))
	ok(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.SourceIdentity = "me" }))(t)
	ok(w.assume(first, "second", func(in *sts.AssumeRoleInput) { in.Tags = []iam.Tag{{Key: "Site", Value: "y"}} }))(t)
}

// A session policy also narrows what a session may assume.
func TestNarrowedSessionsAssume(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("first", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	session := func(policy string) iam.Caller {
		return w.caller(ok(w.assume(user, "first", func(in *sts.AssumeRoleInput) { in.Policy = policy }))(t).Credentials)
	}
	wide, narrow := session(allow("sts:*")), session(allow("s3:*"))
	tests := []struct {
		principal string
		caller    iam.Caller
		allows    bool
	}{
		{account, wide, true},
		{account, narrow, false},
		{roleARN("first"), narrow, false},
		{narrow.ARN, narrow, true},
	}
	w.role("r", trust(`{"AWS":"`+account+`"}`, "", "sts:AssumeRole"))
	for i, tt := range tests {
		t.Log(i, tt.principal)
		w.setTrust("r", trust(`{"AWS":"`+tt.principal+`"}`, "", "sts:AssumeRole"))
		out, err := w.assume(tt.caller, "r")
		if tt.allows {
			ok(out, err)(t)
			continue
		}
		refused(out, err)(t, 403, denied, deniedTo(tt.caller, "sts:AssumeRole", "r"))
	}
}

func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	role := w.role("r", webTrust(), func(in *iam.CreateRoleInput) { in.Path = "/x/" })
	web := ok(w.web("x/r", w.sign(w.oidc, nil)))(t)
	tests := map[string]struct {
		caller iam.Caller
		want   sts.GetCallerIdentityOutput
	}{
		"root":    {root(), sts.GetCallerIdentityOutput{UserID: account, Account: account, ARN: "arn:aws:iam::" + account + ":root"}},
		"user":    {user, sts.GetCallerIdentityOutput{UserID: user.UserID, Account: account, ARN: userARN("u")}},
		"session": {w.caller(web.Credentials), sts.GetCallerIdentityOutput{UserID: role.ID + ":app", Account: account, ARN: fmt.Sprintf("arn:aws:sts::%s:assumed-role/r/app", account)}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(&tt.want, ok(w.GetCallerIdentity(t.Context(), tt.caller, nil))(t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
