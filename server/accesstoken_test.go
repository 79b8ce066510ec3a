package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/testidp"
)

const twitterApp = "consumer;its.secret"

// networkFlow is a flow whose pool takes access tokens.
func networkFlow(t *testing.T) flow {
	t.Helper()
	f := newFlow(t)
	f.cognito(t, rootKey(), "UpdateIdentityPool", fmt.Sprintf(`{"IdentityPoolId":%q,"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,
		"SupportedLoginProviders":{"graph.facebook.com":"app","www.amazon.com":"app","api.twitter.com":%q}}`, f.pool, twitterApp)).ok(t)
	return f
}

func networkApps() map[string]string {
	return map[string]string{testidp.Facebook: "app", testidp.Amazon: "app", testidp.Twitter: twitterApp}
}

// held is an access token, and the member Logins that has it.
func (f flow) held(t *testing.T, provider, user string) (token, logins string) {
	t.Helper()
	token, err := f.access.Token(provider, user, networkApps()[provider])
	if err != nil {
		t.Fatal(err)
	}
	return token, fmt.Sprintf(`,"Logins":{%q:%q}`, provider, token)
}

// TestAccessTokenLogins signs in with tokens of all three, while they work and while
// they do not; no token and no secret of an app gets into the log.
func TestAccessTokenLogins(t *testing.T) {
	t.Parallel()
	f := networkFlow(t)
	var secrets []string
	for provider := range networkApps() {
		token, login := f.held(t, provider, "alice")
		secrets = append(secrets, strings.Split(token, ";")...)
		identity := f.identity(t, login)
		user := f.credentials(t, identity, login)
		f.iam(t, user, "ListUsers").ok(t)
		_, again := f.held(t, provider, "alice")
		if got := f.identity(t, again); got != identity {
			t.Errorf("%s: alice is %s, then %s", provider, identity, got)
		}
		for _, illness := range []testidp.Illness{testidp.Failing, testidp.Raving, testidp.Straying, testidp.Dropping} {
			f.patient.Ail(illness)
			f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+login+`}`).
				is(t, http.StatusBadRequest, "ExternalServiceException", "The identity provider "+provider+" is not responding.")
		}
		f.patient.Ail(testidp.Healthy)
		f.access.Revoke(token)
		f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+login+`}`).
			is(t, http.StatusBadRequest, "NotAuthorizedException", "Invalid login token. Couldn't verify signed token.")
	}
	f.Close() // the last event is written after its answer
	log := f.log.text()
	for _, secret := range append(secrets, "its.secret") {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q in it", secret)
		}
	}
	if !strings.Contains(log, "rejects the token with HTTP 400") || !strings.Contains(log, "graph.facebook.com cannot be reached") {
		t.Errorf("the log does not tell why:\n%s", log)
	}
}

// TestAccessTokenSessions assumes a role with a token of Facebook.
func TestAccessTokenSessions(t *testing.T) {
	t.Parallel()
	f := networkFlow(t)
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"graph.facebook.com"},
		"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"graph.facebook.com:app_id":"app"}}}]}`
	f.iam(t, rootKey(), "CreateRole", "RoleName", "friend", "AssumeRolePolicyDocument", trust).ok(t)
	assume := func(provider, token string) answer {
		return f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::123456789012:role/friend",
			"RoleSessionName", "me", "WebIdentityToken", token, "ProviderId", provider)))
	}
	facebook, _ := f.held(t, testidp.Facebook, "alice")
	amazon, _ := f.held(t, testidp.Amazon, "alice")
	got := assume(testidp.Facebook, facebook).ok(t)
	for member, want := range map[string]string{
		"Provider": "graph.facebook.com", "Audience": "app", "SubjectFromWebIdentityToken": testidp.UserID(testidp.Facebook, "alice"),
		"Arn": "arn:aws:sts::123456789012:assumed-role/friend/me",
	} {
		if got.xml(member) != want {
			t.Errorf("%s is %q, want %q", member, got.xml(member), want)
		}
	}
	assume(testidp.Facebook, "EAA-made-up").is(t, http.StatusForbidden, "IDPRejectedClaim",
		"graph.facebook.com: graph.facebook.com responded with HTTP/1.1 400 Bad Request")
	assume(testidp.Amazon, amazon).is(t, http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	f.patient.Ail(testidp.Limiting)
	assume(testidp.Facebook, facebook).is(t, http.StatusBadRequest, "IDPCommunicationError",
		"The identity provider (IDP) that was asked to verify the incoming identity token could not be reached.")
}

// TestAppSecretsAreNotEchoed has a setting violate a constraint.
func TestAppSecretsAreNotEchoed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,
		"SupportedLoginProviders":{"api.twitter.com":"consumer;its secret"}}`)
	got.is(t, http.StatusBadRequest, "ValidationException", "1 validation error detected: Value '{api.twitter.com=***}' at 'supportedLoginProviders'"+
		" failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 128,"+
		" Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\\w.;_/-]+]")
	w.Close()
	if strings.Contains(w.log.text(), "its secret") {
		t.Error("the log has the secret in it")
	}
}
