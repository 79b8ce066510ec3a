package conformance

import (
	"crypto/rand"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Realm is one of Keycloak's realms, with the clients ClientApp, ClientES256 and ClientOther. Their tokens live for 30
// minutes and hold the names of the user's groups in the claim groups, and the attribute dept in a claim of its name.
// Those of ClientOther name ClientApp in aud as well.
type Realm struct {
	Issuer string // its public URL

	keycloak *Keycloak
	name     string
}

// RealmUser is who can sign in.
type RealmUser struct {
	Name       string
	Groups     []string
	Attributes map[string][]string
}

// Realm makes a realm at a base URL, Keycloak's own when empty.
func (k *Keycloak) Realm(t testing.TB, name, base string, users ...RealmUser) *Realm {
	t.Helper()
	r := &Realm{keycloak: k, name: name, Issuer: "https://" + KeycloakHost + "/realms/" + name}
	attributes := map[string]string{}
	if base != "" {
		attributes["frontendUrl"] = base
		r.Issuer = base + "/realms/" + name
	}
	k.Admin(t, http.MethodPost, "/realms", map[string]any{
		"realm": name, "enabled": true, "sslRequired": "none", "accessTokenLifespan": 1800, "attributes": attributes,
		"clients": []any{
			realmClient(ClientApp, "RS256"), realmClient(ClientES256, "ES256"),
			realmClient(ClientOther, "RS256", claimMapper("oidc-audience-mapper", map[string]string{"included.client.audience": ClientApp})),
		},
	})
	var profile map[string]any
	if err := json.Unmarshal(k.Admin(t, http.MethodGet, r.path("/users/profile"), nil), &profile); err != nil {
		t.Fatalf("keycloak: profile: %v", err)
	}
	profile["unmanagedAttributePolicy"] = "ENABLED" // or users have the usual attributes only
	k.Admin(t, http.MethodPut, r.path("/users/profile"), profile)
	for _, u := range users {
		r.create(t, u)
	}
	return r
}

// realmClient is an app in a browser whose ID tokens are signed with algorithm.
func realmClient(id, algorithm string, more ...any) map[string]any {
	return map[string]any{
		"clientId": id, "publicClient": true, "redirectUris": []string{callback},
		"attributes": map[string]string{"id.token.signed.response.alg": algorithm},
		"protocolMappers": append(more,
			claimMapper("oidc-group-membership-mapper", map[string]string{"claim.name": "groups", "full.path": "false"}),
			claimMapper("oidc-usermodel-attribute-mapper", map[string]string{"claim.name": "dept", "user.attribute": "dept", "jsonType.label": "String"}),
		),
	}
}

func claimMapper(kind string, config map[string]string) map[string]any {
	config["id.token.claim"], config["access.token.claim"] = "true", "true"
	return map[string]any{"name": kind, "protocol": "openid-connect", "protocolMapper": kind, "config": config}
}

// Name is the realm's name in Logins: its issuer without the scheme.
func (r *Realm) Name() string {
	_, name, _ := strings.Cut(r.Issuer, "://")
	return name
}

func (r *Realm) path(rest string) string { return "/realms/" + r.name + rest }

func (r *Realm) create(t testing.TB, u RealmUser) {
	t.Helper()
	for _, group := range u.Groups {
		r.keycloak.Admin(t, http.MethodPost, r.path("/groups"), map[string]string{"name": group})
	}
	r.keycloak.Admin(t, http.MethodPost, r.path("/users"), map[string]any{
		"username": u.Name, "enabled": true, "email": u.Name + "@example.test", "emailVerified": true,
		"firstName": u.Name, "lastName": "Example", "groups": u.Groups, "attributes": u.Attributes,
		"credentials": []any{map[string]any{"type": "password", "value": password, "temporary": false}},
	})
}

// Disable keeps a user from signing in.
func (r *Realm) Disable(t testing.TB, user string) {
	t.Helper()
	found := r.keycloak.only(t, r.path("/users?exact=true&username="+user))
	r.keycloak.Admin(t, http.MethodPut, r.path("/users/"+found["id"].(string)), map[string]any{"enabled": false})
}

// AddKey gives the realm a new RS256 key, with which it signs from now on; tokens of the old key stay good.
func (r *Realm) AddKey(t testing.TB) {
	t.Helper()
	var realm struct{ ID string }
	if err := json.Unmarshal(r.keycloak.Admin(t, http.MethodGet, r.path(""), nil), &realm); err != nil {
		t.Fatalf("keycloak: realm %s: %v", r.name, err)
	}
	r.keycloak.Admin(t, http.MethodPost, r.path("/components"), map[string]any{
		"name": "rotated-" + rand.Text(), "providerId": "rsa-generated", "providerType": keyProvider, "parentId": realm.ID,
		"config": map[string][]string{"priority": {strconv.FormatInt(time.Now().UnixMilli(), 10)}, "algorithm": {"RS256"}},
	})
}

// RemoveFirstKey takes the RS256 key back that the realm was made with.
func (r *Realm) RemoveFirstKey(t testing.TB) {
	t.Helper()
	first := r.keycloak.only(t, r.path("/components?name=rsa-generated&type="+keyProvider))
	r.keycloak.Admin(t, http.MethodDelete, r.path("/components/"+first["id"].(string)), nil)
}

const keyProvider = "org.keycloak.keys.KeyProvider"

// SignIn takes user through the authorization code flow of client, with Keycloak's login page, as a browser would.
func (r *Realm) SignIn(t testing.TB, client, user string) Tokens {
	t.Helper()
	browser := newBrowser(t, r.keycloak.URL)
	answer := r.logIn(t, browser, user, "/protocol/openid-connect/auth?"+url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email"},
	}.Encode())
	tokens, err := r.redeem(t, browser, url.Values{
		"client_id": {client}, "grant_type": {"authorization_code"}, "redirect_uri": {callback},
		"code": {answer.Request.URL.Query().Get("code")},
	})
	if err != nil {
		t.Fatalf("keycloak: sign in %s: %v", user, err)
	}
	return tokens
}

// Refresh trades a refresh token of client for new tokens; the error is Keycloak's refusal.
func (r *Realm) Refresh(t testing.TB, client string, tokens Tokens) (Tokens, error) {
	t.Helper()
	return r.redeem(t, newBrowser(t, r.keycloak.URL), url.Values{
		"client_id": {client}, "grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh},
	})
}

func (r *Realm) redeem(t testing.TB, browser *http.Client, grant url.Values) (Tokens, error) {
	t.Helper()
	return redeem(t, browser, r.Issuer+"/protocol/openid-connect/token", grant)
}

// logIn fills the login form that a page of the realm shows, and returns what comes after it.
func (r *Realm) logIn(t testing.TB, browser *http.Client, user, page string) *http.Response {
	t.Helper()
	response, err := browser.Get(r.Issuer + page)
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	text := body(t, response)
	form := regexp.MustCompile(`id="kc-form-login"[^>]* action="([^"]+)"`).FindStringSubmatch(text)
	if form == nil {
		t.Fatalf("keycloak: no login page but %s at %s:\n%s", response.Status, response.Request.URL, text)
	}
	response, err = browser.PostForm(html.UnescapeString(form[1]), url.Values{"username": {user}, "password": {password}})
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	return response
}
