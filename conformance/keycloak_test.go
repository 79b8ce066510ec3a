package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// keycloak is a Keycloak with two realms. To make one takes seconds, for its keys.
type keycloak struct {
	*conformance.Keycloak
	people *conformance.Realm
	plain  *conformance.Realm // not behind TLS; alice is its only user
}

// TestKeycloak signs in with Keycloak, which takes too long to start to do so in every test.
func TestKeycloak(t *testing.T) {
	t.Parallel()
	k := keycloak{Keycloak: conformance.StartKeycloak(t)}
	k.people = k.Realm(t, "people", "",
		conformance.RealmUser{Name: "alice", Groups: []string{"staff", "admins"}},
		conformance.RealmUser{Name: "bob", Attributes: map[string][]string{"dept": {"Sales"}}},
		conformance.RealmUser{Name: "carol", Groups: []string{"guests"}, Attributes: map[string][]string{"dept": {"Salesmen"}}},
		conformance.RealmUser{Name: "dave"},
		conformance.RealmUser{Name: "erin", Attributes: map[string][]string{"role": offered("engineer")}},
	)
	k.plain = k.Realm(t, "plain", "http://plain.corp.test:8080", conformance.RealmUser{Name: "alice"})
	for _, test := range []struct {
		name string
		run  func(*testing.T, keycloak)
	}{
		{"login", keycloakLogin},
		{"issuer with plain http", keycloakPlain},
		{"rules", keycloakRules},
		{"refused", keycloakRefused},
		{"access token", keycloakAccessToken},
		{"rotated keys", keycloakRotation},
		{"disabled user", keycloakDisabled},
		{"web identity", keycloakWebIdentity},
		{"SAML", keycloakSAML},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, k) })
	}
}

// employer is a world whose users are those of a realm.
type employer struct {
	*world
	realm    *conformance.Realm
	provider string // ARN
}

func newEmployer(t *testing.T, k keycloak, realm *conformance.Realm) employer {
	t.Helper()
	w := startWorld(t, conformance.Options{Redirects: map[string]string{conformance.KeycloakHost: k.URL, "plain.corp.test:8080": k.URL}})
	out := conformance.NewShell(t, w.URL, t.TempDir()).Run(t, w.Root, "iam", "create-open-id-connect-provider",
		"--url", realm.Issuer, "--client-id-list", conformance.ClientApp, conformance.ClientES256, "--thumbprint-list", strings.Repeat("0123456789", 4))
	var created struct{ OpenIDConnectProviderArn string }
	if err := json.Unmarshal([]byte(out.Output), &created); err != nil {
		t.Fatalf("create-open-id-connect-provider: %v: %s", err, out.Errors)
	}
	if want := accountARN + ":oidc-provider/" + realm.Name(); created.OpenIDConnectProviderArn != want {
		t.Errorf("ARN is %s, want %s", created.OpenIDConnectProviderArn, want)
	}
	c := employer{world: w, realm: realm, provider: created.OpenIDConnectProviderArn}
	c.pool = c.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("people"), AllowUnauthenticatedIdentities: true, OpenIdConnectProviderARNs: []string{c.provider},
	})
	c.guestRole, c.memberRole = c.createRole(t, "guest", poolTrust(c.pool, "unauthenticated")), c.createRole(t, "member", poolTrust(c.pool, "authenticated"))
	c.setRoles(t, c.pool, c.guestRole, c.memberRole)
	return c
}

// login is a login of user with client.
func (c employer) login(t *testing.T, client, user string) logins {
	t.Helper()
	return logins{c.realm.Name(): c.realm.SignIn(t, client, user).ID}
}

func (c employer) refresh(t *testing.T, tokens conformance.Tokens) conformance.Tokens {
	t.Helper()
	fresh, err := c.realm.Refresh(t, conformance.ClientApp, tokens)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	return fresh
}

// wantRole fails the test unless the identity of l has the credentials of role.
func (c employer) wantRole(t *testing.T, client conformance.Client, l logins, role string) (id string) {
	t.Helper()
	id = c.getID(t, client, l)
	if got, want := c.caller(t, client, c.getCredentials(t, client, id, l)), sessionARN(role, enhanced); got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
	return id
}

func keycloakLogin(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	alice := c.realm.SignIn(t, conformance.ClientApp, "alice")
	l := login{c.realm.Name(), alice.ID, c.refresh(t, alice).ID, c.realm.SignIn(t, conformance.ClientApp, "bob").ID}
	var first string
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) { first = testLogin(t, c.world, client, l, first) })
	}
	if id := c.wantRole(t, conformance.GoSDK{}, c.login(t, conformance.ClientES256, "alice"), "member"); id != first {
		t.Errorf("identity %s with a token signed ES256, %s with RS256", id, first)
	}
}

func keycloakPlain(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.plain)
	c.wantRole(t, conformance.GoSDK{}, c.login(t, conformance.ClientApp, "alice"), "member")
}

// keycloakRules chooses roles by what Keycloak says of its users.
func keycloakRules(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	rule := func(claim, match, value, role string) map[string]string {
		return map[string]string{"Claim": claim, "MatchType": match, "Value": value, "RoleARN": c.createRole(t, role, poolTrust(c.pool, "authenticated"))}
	}
	rules := []any{rule("groups", "Equals", "admins", "admin"), rule("dept", "Equals", "Sales", "seller")}
	must[struct{}](t, c.world, conformance.GoSDK{}, "cognito-identity:SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": c.pool, "Roles": map[string]string{"authenticated": c.memberRole},
		"RoleMappings": map[string]any{c.provider: map[string]any{
			"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": map[string]any{"Rules": rules},
		}},
	}, c.Root)
	for user, role := range map[string]string{"alice": "admin", "bob": "seller", "carol": "member"} {
		c.wantRole(t, conformance.GoSDK{}, c.login(t, conformance.ClientApp, user), role)
	}
}

// keycloakRefused presents tokens of other clients and realms, and tokens that are no ID tokens.
func keycloakRefused(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	tokens, other := c.realm.SignIn(t, conformance.ClientApp, "alice"), c.realm.SignIn(t, conformance.ClientOther, "alice")
	for _, test := range []struct{ name, provider, token, message string }{
		{"another client", c.realm.Name(), other.ID, "Token is not from a supported provider of this identity pool."},
		{"another realm's token", c.realm.Name(), k.plain.SignIn(t, conformance.ClientApp, "alice").ID, "Invalid login token. Issuer doesn't match providerName"},
		{"another realm", k.plain.Name(), k.plain.SignIn(t, conformance.ClientApp, "alice").ID, "Token is not from a supported provider of this identity pool."},
		{"signature flipped", c.realm.Name(), flipSignature(t, tokens.ID), "Invalid login token. Couldn't verify signed token."},
		{"another client's access token", c.realm.Name(), other.Access, "Token is not from a supported provider of this identity pool."},
		{"refresh token", c.realm.Name(), tokens.Refresh, "Invalid login token. Not a valid OpenId Connect identity token."},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantRefusal(t, c.world, conformance.GoSDK{}, "cognito-identity:GetId", map[string]any{"IdentityPoolId": c.pool, "Logins": logins{test.provider: test.token}}, test.message)
		})
	}
}

// keycloakAccessToken shows what follows from AWS's rule that azp alone counts where a token has it: Keycloak's access
// tokens are logins of the client that they were made for, although aud names others.
func keycloakAccessToken(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	tokens := c.realm.SignIn(t, conformance.ClientApp, "alice")
	id := c.wantRole(t, conformance.GoSDK{}, logins{c.realm.Name(): tokens.ID}, "member")
	if again := c.wantRole(t, conformance.GoSDK{}, logins{c.realm.Name(): tokens.Access}, "member"); again != id {
		t.Errorf("identity %s with the access token, %s with the ID token", again, id)
	}
}

// keycloakRotation takes the realm's key away while everything runs.
func keycloakRotation(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.plain)
	old := c.login(t, conformance.ClientApp, "alice")
	id := c.wantRole(t, conformance.GoSDK{}, old, "member")
	c.realm.AddKey(t)
	between := c.login(t, conformance.ClientApp, "alice")
	for _, l := range []logins{old, between} {
		if again := c.wantRole(t, conformance.GoSDK{}, l, "member"); again != id {
			t.Errorf("identity %s after the new key came, %s before", again, id)
		}
	}
	c.realm.RemoveFirstKey(t)
	c.realm.AddKey(t) // or the server would ask for the keys only when ten minutes have passed
	if again := c.wantRole(t, conformance.GoSDK{}, c.login(t, conformance.ClientApp, "alice"), "member"); again != id {
		t.Errorf("identity %s after the old key went, %s before", again, id)
	}
	c.getCredentials(t, conformance.GoSDK{}, id, between)
	wantRefusal(t, c.world, conformance.GoSDK{}, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": old},
		"Invalid login token. Couldn't verify signed token.")
}

// keycloakDisabled shows that a token outlives the permission to get one, until it expires.
func keycloakDisabled(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	tokens := c.realm.SignIn(t, conformance.ClientApp, "dave")
	c.realm.Disable(t, "dave")
	if _, err := c.realm.Refresh(t, conformance.ClientApp, tokens); err == nil {
		t.Error("a disabled user still gets new tokens")
	}
	c.wantRole(t, conformance.GoSDK{}, logins{c.realm.Name(): tokens.ID}, "member")
}

// keycloakWebIdentity assumes a role with Keycloak's own token, without an identity pool.
func keycloakWebIdentity(t *testing.T, k keycloak) {
	c := newEmployer(t, k, k.people)
	role := c.createRole(t, "employee", trust(map[string]any{
		"StringEquals": map[string]any{c.realm.Name() + ":aud": conformance.ClientApp},
	}, map[string]string{"Federated": c.provider}))
	alice := c.realm.SignIn(t, conformance.ClientApp, "alice").ID
	subject, _ := unpack[map[string]any](t, strings.Split(alice, ".")[1])["sub"].(string)
	for _, client := range conformance.SDKs(t) {
		session := must[assumed](t, c.world, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, alice), aws.Credentials{})
		if session.SubjectFromWebIdentityToken != subject || session.Audience != conformance.ClientApp || session.Provider != c.provider {
			t.Errorf("%s: session %+v, want %s", client.Name(), session, subject)
		}
		if got, want := c.caller(t, client, session.Credentials.credentials()), sessionARN("employee", "app"); got != want {
			t.Errorf("%s: caller is %s, want %s", client.Name(), got, want)
		}
		_, err := do[assumed](t, c.world, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, c.realm.SignIn(t, conformance.ClientES256, "alice").ID), aws.Credentials{})
		wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
	}
}
