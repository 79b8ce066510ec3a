package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// TestPermission gives a permission and takes it away again: both count at once.
func TestPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	list := func(key sigv4.Credentials) answer { return w.iam(t, key, "ListUsers") }
	put := func(policy string) {
		t.Helper()
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument", policy).ok(t)
	}
	const refusal = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ "
	const none = refusal + "because no identity-based policy allows the iam:ListUsers action"
	list(user).is(t, http.StatusForbidden, "AccessDenied", none)
	put(allow("iam:ListUsers"))
	list(user).ok(t)
	put(allow("IAM:listusers"))
	list(user).ok(t)
	put(allow("iam:ListRoles"))
	list(user).is(t, http.StatusForbidden, "AccessDenied", none)
	put(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:List*","Resource":"*"}]}`)
	list(user).is(t, http.StatusForbidden, "AccessDenied", refusal+"with an explicit deny in an identity-based policy")
	w.iam(t, rootKey(), "DeleteUserPolicy", "UserName", "u", "PolicyName", "p").ok(t)
	list(user).is(t, http.StatusForbidden, "AccessDenied", none)
}

// TestSessionPermission is TestPermission for a session, which can do what its
// role can at the moment, and is named by its own ARN.
func TestSessionPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.session(t, "r", allow("cognito-identity:ListIdentityPools"))
	list := func() answer { return w.cognito(t, session, "ListIdentityPools", `{"MaxResults":1}`) }
	list().ok(t)
	w.iam(t, rootKey(), "DeleteRolePolicy", "RoleName", "r", "PolicyName", "p").ok(t)
	list().is(t, http.StatusBadRequest, "AccessDeniedException",
		"User: arn:aws:sts::123456789012:assumed-role/r/me is not authorized to perform: cognito-identity:ListIdentityPools"+
			" on resource: arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/"+
			" because no identity-based policy allows the cognito-identity:ListIdentityPools action")
}

// TestCallerIdentity asks who they are even those to whom all is denied.
func TestCallerIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	denied := w.user(t, "denied", statement("Deny", "*"))
	got := w.sts(t, denied, "GetCallerIdentity").ok(t)
	if arn := got.xml("Arn"); arn != "arn:aws:iam::123456789012:user/denied" {
		t.Errorf("the user is %s", arn)
	}
	session := w.session(t, "r", statement("Deny", "*"))
	got = w.sts(t, session, "GetCallerIdentity").ok(t)
	if arn := got.xml("Arn"); arn != "arn:aws:sts::123456789012:assumed-role/r/me" {
		t.Errorf("the session is %s", arn)
	}
}

// TestResource allows an operation on one pool, one user and one role alone.
func TestResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, other := w.pool(t), w.pool(t)
	w.iam(t, rootKey(), "CreateUser", "UserName", "deep", "Path", "/staff/").ok(t)
	w.iam(t, rootKey(), "CreateUser", "UserName", "flat").ok(t)
	user := w.user(t, "u", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"cognito-identity:*","Resource":"arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/%s"},
		{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::123456789012:user/staff/*"}]}`, mine))
	describe := func(pool string) answer {
		return w.cognito(t, user, "DescribeIdentityPool", `{"IdentityPoolId":"`+pool+`"}`)
	}
	describe(mine).ok(t)
	if code := describe(other).code(); code != "AccessDeniedException" {
		t.Errorf("another pool: %s", code)
	}
	// AWS knows no resource of SetIdentityPoolRoles: a policy that names one does
	// not allow it.
	if code := w.cognito(t, user, "SetIdentityPoolRoles", `{"IdentityPoolId":"`+mine+`","Roles":{}}`).code(); code != "AccessDeniedException" {
		t.Errorf("SetIdentityPoolRoles by a policy for one pool: %s", code)
	}
	w.iam(t, user, "GetUser", "UserName", "deep").ok(t)
	if code := w.iam(t, user, "GetUser", "UserName", "flat").code(); code != "AccessDenied" {
		t.Errorf("another user: %s", code)
	}
	if code := w.iam(t, user, "GetUser").code(); code != "AccessDenied" {
		t.Errorf("the caller's own user: %s", code)
	}
}

// TestOwnKeys lets users manage the keys of themselves alone, by a policy variable.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*AccessKey*",
		"Resource":"arn:aws:iam::123456789012:user/${aws:username}"}}`)
	w.user(t, "other", "")
	w.iam(t, user, "ListAccessKeys").ok(t)
	w.iam(t, user, "CreateAccessKey", "UserName", "U").ok(t) // names compare in any case
	for _, action := range []string{"ListAccessKeys", "CreateAccessKey"} {
		if code := w.iam(t, user, action, "UserName", "other").code(); code != "AccessDenied" {
			t.Errorf("%s of another user: %s", action, code)
		}
	}
}

// TestConditions allows an operation under conditions on the request itself.
func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	for _, test := range []struct {
		condition string
		allowed   bool
	}{
		{`{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, false},
		{`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, true},
		{`{"Bool":{"aws:SecureTransport":"false"}}`, true},
		{`{"Bool":{"aws:SecureTransport":"true"}}`, false},
		{`{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, true},
		{`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`, false},
		{`{"StringLike":{"aws:UserAgent":"Go-http-client/*"}}`, true},
		{`{"Null":{"aws:Referer":"true"}}`, true},
		{`{"StringEquals":{"aws:username":"u"}}`, true},
		{`{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/u"}}`, true},
		{`{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`, true},
		{`{"Null":{"aws:TokenIssueTime":"true"}}`, true},
		{`{"DateGreaterThan":{"aws:CurrentTime":"2026-07-01T12:00:01Z"}}`, false},
		{`{"DateEquals":{"aws:CurrentTime":"2026-07-01T12:00:00Z"}}`, true},
	} {
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":`+test.condition+`}}`).ok(t)
		if got := w.iam(t, user, "ListUsers"); (got.status == http.StatusOK) != test.allowed {
			t.Errorf("%s: %d %s", test.condition, got.status, got.message())
		}
	}
}

// TestConditionsOfTrust puts conditions on the request into what is asked beside
// the caller's policies: trust policies, and the right to pass a role.
func TestConditionsOfTrust(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	guest := f.identity(t, "")
	user := f.user(t, "u", "")
	for network, allowed := range map[string]bool{"127.0.0.0/8": true, "10.0.0.0/8": false} {
		condition := `{"IpAddress":{"aws:SourceIp":"` + network + `"}`
		trust := strings.Replace(f.trust("unauthenticated"), `"Condition":{`, `"Condition":`+condition+",", 1)
		f.iam(t, rootKey(), "UpdateAssumeRolePolicy", "RoleName", "unauthenticated", "PolicyDocument", trust).ok(t)
		if got := f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+guest+`"}`); (got.status == http.StatusOK) != allowed {
			t.Errorf("a guest at a role for %s: %d %s", network, got.status, got.message())
		}
		f.iam(t, rootKey(), "UpdateAssumeRolePolicy", "RoleName", "authenticated", "PolicyDocument",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/u"},"Action":"sts:AssumeRole","Condition":`+condition+`}}}`).ok(t)
		if got := f.sts(t, user, "AssumeRole", "RoleArn", "arn:aws:iam::123456789012:role/authenticated", "RoleSessionName", "me"); (got.status == http.StatusOK) != allowed {
			t.Errorf("AssumeRole of a role for %s: %d %s", network, got.status, got.message())
		}
		f.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument", `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"cognito-identity:SetIdentityPoolRoles","Resource":"*"},
			{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":`+condition+`}}]}`).ok(t)
		got := f.cognito(t, user, "SetIdentityPoolRoles", `{"IdentityPoolId":"`+f.pool+`","Roles":{"unauthenticated":"arn:aws:iam::123456789012:role/unauthenticated"}}`)
		if (got.status == http.StatusOK) != allowed {
			t.Errorf("passing a role from %s: %d %s", network, got.status, got.message())
		}
	}
}

// TestTagsOfUsers asks for a tag of the user who signs.
func TestTagsOfUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.iam(t, rootKey(), "CreateUser", "UserName", "u", "Tags.member.1.Key", "team", "Tags.member.1.Value", "blue").ok(t)
	made := w.iam(t, rootKey(), "CreateAccessKey", "UserName", "u").ok(t)
	user := sigv4.Credentials{AccessKeyID: made.xml("AccessKeyId"), SecretAccessKey: made.xml("SecretAccessKey")}
	for team, allowed := range map[string]bool{"blue": true, "red": false} {
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"`+team+`"}}}}`).ok(t)
		if got := w.iam(t, user, "ListUsers"); (got.status == http.StatusOK) != allowed {
			t.Errorf("a user of team blue where team %s may: %d %s", team, got.status, got.message())
		}
	}
}

// TestForgedKeys sends headers and parameters named like condition keys: they
// change nothing about who the caller is.
func TestForgedKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:username":"admin"}}}}`)
	body := form(iamVersion, "ListUsers", "aws:username", "admin")
	r := w.queryRequest(t, body)
	r.Header.Set("Aws-Username", "admin")
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	sigv4.Sign(r, []byte(body), user, region, "iam", w.now())
	if got := w.do(t, r); got.code() != "AccessDenied" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// TestPassRole sets the roles of a pool: for that alone, the roles have to be ones
// that the caller may pass.
func TestPassRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(t)
	const role, other = "arn:aws:iam::123456789012:role/mine", "arn:aws:iam::123456789012:role/other"
	user := w.user(t, "u", allow("cognito-identity:SetIdentityPoolRoles"))
	set := func(arn string) answer {
		return w.cognito(t, user, "SetIdentityPoolRoles", fmt.Sprintf(`{"IdentityPoolId":%q,"Roles":{"authenticated":%q}}`, pool, arn))
	}
	pass := func(resource, service string) {
		t.Helper()
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "pass", "PolicyDocument", fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":%q,"Condition":{"StringEquals":{"iam:PassedToService":%q}}}}`,
			resource, service)).ok(t)
	}
	refused := func(arn string) {
		t.Helper()
		set(arn).is(t, http.StatusBadRequest, "NotAuthorizedException", "Access to Role '"+arn+"' is forbidden.")
	}
	refused(role)
	pass(other, "cognito-identity.amazonaws.com")
	refused(role)
	pass(role, "ec2.amazonaws.com")
	refused(role)
	pass(role, "cognito-identity.amazonaws.com")
	set(role).ok(t)
	refused(other)
	refused("arn:aws:iam::999999999999:role/mine")
	got := w.cognito(t, rootKey(), "GetIdentityPoolRoles", `{"IdentityPoolId":"`+pool+`"}`).ok(t)
	if kept := got.value(t, "Roles", "authenticated"); kept != role {
		t.Errorf("after the refusals the pool has the role %s", kept)
	}
	rules := fmt.Sprintf(`{"IdentityPoolId":%q,"Roles":{},"RoleMappings":{"accounts.google.com":{"Type":"Rules","AmbiguousRoleResolution":"Deny",
		"RulesConfiguration":{"Rules":[{"Claim":"sub","MatchType":"Equals","Value":"x","RoleARN":%q}]}}}}`, pool, other)
	w.cognito(t, rootKey(), "UpdateIdentityPool", `{"IdentityPoolId":"`+pool+`","IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"SupportedLoginProviders":{"accounts.google.com":"app"}}`).ok(t)
	w.cognito(t, user, "SetIdentityPoolRoles", rules).is(t, http.StatusBadRequest, "NotAuthorizedException", "Access to Role '"+other+"' is forbidden.")
}
