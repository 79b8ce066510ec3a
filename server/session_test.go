package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/sigv4"
)

// credentials are those that an answer of STS gives out.
func (a answer) credentials(t *testing.T) sigv4.Credentials {
	t.Helper()
	a.ok(t)
	return sigv4.Credentials{
		AccessKeyID:     a.xml("AccessKeyId"),
		SecretAccessKey: a.xml("SecretAccessKey"),
		SessionToken:    a.xml("SessionToken"),
	}
}

// invalid is what each API says about a session that is over before its time.
func (w *world) invalid(t *testing.T, key sigv4.Credentials) {
	t.Helper()
	const message = "The security token included in the request is invalid."
	w.sts(t, key, "GetCallerIdentity").is(t, http.StatusForbidden, "InvalidClientTokenId", message)
	w.iam(t, key, "ListUsers").is(t, http.StatusForbidden, "InvalidClientTokenId", message)
	w.cognito(t, key, "ListIdentityPools", `{"MaxResults":1}`).is(t, http.StatusBadRequest, "UnrecognizedClientException", message)
}

// TestSessionsOfUsers goes through what sessions may do that a user or root opened
// without a multi-factor device: everything but IAM and most of STS.
func TestSessionsOfUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", allow("*"))
	made := w.iam(t, user, "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`).ok(t)
	role := made.xml("Arn")
	const (
		userARN = "arn:aws:iam::123456789012:user/u"
		rootARN = "arn:aws:iam::123456789012:root"
		bobARN  = "arn:aws:sts::123456789012:federated-user/bob"
		none    = "Roles may not be assumed by root accounts."
	)
	for _, test := range []struct {
		name    string
		session sigv4.Credentials
		arn     string
		assume  string // what AssumeRole says; empty if it gives a session
	}{
		{"user", w.sts(t, user, "GetSessionToken").credentials(t), userARN, ""},
		{"root", w.sts(t, rootKey(), "GetSessionToken").credentials(t), rootARN, none},
		{
			"federated", w.sts(t, user, "GetFederationToken", "Name", "bob", "Policy", allow("*")).credentials(t), bobARN,
			"User: " + bobARN + " is not authorized to perform: sts:AssumeRole on resource: " + role,
		},
		{
			"federated by root", w.sts(t, rootKey(), "GetFederationToken", "Name", "bob", "Policy", allow("*")).credentials(t), bobARN,
			"User: " + bobARN + " is not authorized to perform: sts:AssumeRole on resource: " + role,
		},
	} {
		if got := w.sts(t, test.session, "GetCallerIdentity").ok(t).xml("Arn"); got != test.arn {
			t.Errorf("%s: the session is of %s, not %s", test.name, got, test.arn)
		}
		w.cognito(t, test.session, "ListIdentityPools", `{"MaxResults":1}`).ok(t)
		for _, operation := range []string{"ListUsers", "GetUser", "CreateAccessKey"} {
			w.iam(t, test.session, operation).is(t, http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
		}
		for operation, parameters := range map[string][]string{
			"GetSessionToken": nil, "GetFederationToken": {"Name", "bob"}, "GetAccessKeyInfo": {"AccessKeyId", user.AccessKeyID},
		} {
			w.sts(t, test.session, operation, parameters...).is(t, http.StatusForbidden, "AccessDenied", "Cannot call "+operation+" with session credentials")
		}
		got := w.sts(t, test.session, "AssumeRole", "RoleArn", role, "RoleSessionName", "me")
		if test.assume == "" {
			got.ok(t)
			continue
		}
		got.is(t, http.StatusForbidden, "AccessDenied", test.assume)
	}
}

// TestFederatedUser narrows what a federated user may do by the session policy.
func TestFederatedUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", allow("sts:GetFederationToken", "cognito-identity:*"))
	nothing := w.sts(t, user, "GetFederationToken", "Name", "bob").credentials(t)
	some := w.sts(t, user, "GetFederationToken", "Name", "bob", "Policy", allow("cognito-identity:DescribeIdentityPool", "iam:*")).credentials(t)
	for _, session := range []sigv4.Credentials{nothing, some} {
		w.cognito(t, session, "ListIdentityPools", `{"MaxResults":1}`).is(t, http.StatusBadRequest, "AccessDeniedException",
			"User: arn:aws:sts::123456789012:federated-user/bob is not authorized to perform: cognito-identity:ListIdentityPools"+
				" on resource: arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/"+
				" because no session policy allows the cognito-identity:ListIdentityPools action")
	}
	pool := w.pool(t)
	w.cognito(t, some, "DescribeIdentityPool", `{"IdentityPoolId":"`+pool+`"}`).ok(t)
}

// TestSessionsEndWithTheKey switches off the key that opened sessions.
func TestSessionsEndWithTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", allow("*"))
	session := w.sts(t, user, "GetSessionToken").credentials(t)
	federated := w.sts(t, user, "GetFederationToken", "Name", "bob", "Policy", allow("*")).credentials(t)
	w.iam(t, user, "UpdateAccessKey", "AccessKeyId", user.AccessKeyID, "Status", "Inactive").ok(t)
	w.invalid(t, session)
	w.invalid(t, federated)
	w.iam(t, rootKey(), "UpdateAccessKey", "UserName", "u", "AccessKeyId", user.AccessKeyID, "Status", "Active").ok(t)
	w.sts(t, session, "GetCallerIdentity").ok(t)
	w.iam(t, rootKey(), "DeleteAccessKey", "UserName", "u", "AccessKeyId", user.AccessKeyID).ok(t)
	w.invalid(t, session)
	w.invalid(t, federated)
}

// TestSessionsEndWithTheKeyOfRoot starts the server again with another key for root.
func TestSessionsEndWithTheKeyOfRoot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.sts(t, rootKey(), "GetSessionToken").credentials(t)
	federated := w.sts(t, rootKey(), "GetFederationToken", "Name", "bob", "Policy", allow("*")).credentials(t)
	ofUser := w.sts(t, w.user(t, "u", ""), "GetSessionToken").credentials(t)
	w.Close()
	w.config.Root = iam.AccessKey{ID: "AKIAROOTROOTROOTROO2", Secret: iam.NewSecret(), Active: true}
	w.Server = httptest.NewServer(server.New(w.config))
	t.Cleanup(w.Close)
	w.invalid(t, session)
	w.invalid(t, federated)
	w.sts(t, ofUser, "GetCallerIdentity").ok(t)
}

// TestOlderSessionsDenied ends the sessions that began before a moment, of a role, of
// a user and of a federated user, as AWS's policy AWSRevokeOlderSessions does.
func TestOlderSessionsDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", allow("*"))
	made := w.iam(t, user, "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/u"},"Action":"sts:AssumeRole"}]}`).ok(t)
	w.iam(t, user, "PutRolePolicy", "RoleName", "r", "PolicyName", "p", "PolicyDocument", allow("*")).ok(t)
	begin := func() map[string]sigv4.Credentials {
		return map[string]sigv4.Credentials{
			"role":      w.sts(t, user, "AssumeRole", "RoleArn", made.xml("Arn"), "RoleSessionName", "me").credentials(t),
			"user":      w.sts(t, user, "GetSessionToken").credentials(t),
			"federated": w.sts(t, user, "GetFederationToken", "Name", "bob", "Policy", allow("*")).credentials(t),
		}
	}
	list := func(key sigv4.Credentials) answer { return w.cognito(t, key, "ListIdentityPools", `{"MaxResults":1}`) }
	older := begin()
	for _, session := range older {
		list(session).ok(t)
	}
	w.advance(time.Minute)
	revoke := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":%q}}}]}`,
		w.now().Format(time.RFC3339))
	w.iam(t, rootKey(), "PutRolePolicy", "RoleName", "r", "PolicyName", "AWSRevokeOlderSessions", "PolicyDocument", revoke).ok(t)
	w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "AWSRevokeOlderSessions", "PolicyDocument", revoke).ok(t)
	for name, session := range older {
		if got := list(session); got.code() != "AccessDeniedException" {
			t.Errorf("an older session of a %s: %d %s", name, got.status, got.body)
		}
		w.sts(t, session, "GetCallerIdentity").ok(t)
	}
	for _, session := range begin() {
		list(session).ok(t)
	}
	list(user).ok(t) // long-term keys have no issue time
}

// TestConditionsOnDevices tests the key that AWS has in requests with temporary
// credentials alone.
func TestConditionsOnDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	session := w.sts(t, user, "GetSessionToken").credentials(t)
	for _, test := range []struct {
		condition     string
		user, session bool
	}{
		{`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, false, false},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, false, true},
		{`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`, true, false},
		{`{"Null":{"aws:MultiFactorAuthPresent":"true"}}`, true, false},
		{`{"Null":{"aws:MultiFactorAuthAge":"true"}}`, true, true},
		{`{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`, false, false},
		{`{"Null":{"aws:TokenIssueTime":"true"}}`, true, false},
		{`{"StringEquals":{"aws:PrincipalType":"User","aws:username":"u"}}`, true, true},
	} {
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", "u", "PolicyName", "p", "PolicyDocument",
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-identity:ListIdentityPools","Resource":"*","Condition":`+test.condition+`}}`).ok(t)
		for key, allowed := range map[sigv4.Credentials]bool{user: test.user, session: test.session} {
			if got := w.cognito(t, key, "ListIdentityPools", `{"MaxResults":1}`); (got.status == http.StatusOK) != allowed {
				t.Errorf("%s, of a session %t: %d %s", test.condition, key.SessionToken != "", got.status, got.message())
			}
		}
	}
}

// TestLogTellsWhyNoFederation checks that the log tells how near a permission came.
func TestLogTellsWhyNoFederation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"arn:aws:sts::123456789012:federated-user/al"}}`)
	w.sts(t, user, "GetFederationToken", "Name", "bob").is(t, http.StatusForbidden, "AccessDenied",
		"User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::123456789012:federated-user/bob"+
			" because no identity-based policy allows the sts:GetFederationToken action")
	w.Close()
	lines := w.log.lines(t)
	const want = `statement 1 of the identity-based policy of "p" would allow it but for its Resource: it says ["arn:aws:sts::123456789012:federated-user/al"], the request has ["arn:aws:sts::123456789012:federated-user/bob"]`
	if got := lines[len(lines)-1]["refused"]; got != want {
		t.Errorf("refused is %v, not %s", got, want)
	}
}
