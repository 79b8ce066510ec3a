package cognito_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/cognito"
)

// Refusals of logins.
const (
	notJWT      = "Invalid login token. Not a valid OpenId Connect identity token."
	wrongIssuer = "Invalid login token. Issuer doesn't match providerName"
	unverified  = "Invalid login token. Couldn't verify signed token."
	unsupported = "Token is not from a supported provider of this identity pool."
)

func TestLoginsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) { s.SupportedLoginProviders["graph.facebook.com"] = "app" })
	stranger := w.idp(userPool) // of the same name, with another key
	good := w.sign(w.users, "alice")
	parts := strings.Split(good, ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	bob := strings.Split(w.sign(w.users, "bob"), ".")
	own := ok(w.getToken(w.getID(pool, nil), nil))(t).Token
	now := w.clock.in(0)
	tests := map[string]struct{ key, token, message string }{
		"no JWT":                         {userPool, "ya29.opaque", notJWT},
		"empty":                          {userPool, "", notJWT},
		"a developer's user":             {"login.example", "user1", notJWT},
		"no algorithm":                   {userPool, unsigned, notJWT},
		"scheme in the key":              {"https://" + userPool, good, wrongIssuer},
		"slash after the key":            {oidc + "/x", w.sign(w.oidc, "alice"), wrongIssuer},
		"other provider":                 {oidc, good, wrongIssuer},
		"other pool of that region":      {userPool + "2", good, wrongIssuer},
		"unknown key":                    {"idp.nowhere", good, wrongIssuer},
		"no issuer":                      {userPool, w.sign(w.users, "alice", "iss", nil), wrongIssuer},
		"key in other case":              {strings.ToUpper(oidc), w.sign(w.oidc, "alice"), wrongIssuer},
		"access token":                   {userPool, w.sign(w.users, "alice", "aud", nil, "token_use", "access", "client_id", client), "Invalid login token. Missing a required claim: aud"},
		"access token with an aud":       {userPool, w.sign(w.users, "alice", "token_use", "access", "client_id", client), "Invalid login token. Missing a required claim: aud"},
		"token of another use":           {userPool, w.sign(w.users, "alice", "token_use", []string{"id"}), "Invalid login token. Missing a required claim: aud"},
		"empty aud":                      {userPool, w.sign(w.users, "alice", "aud", []string{}), "Invalid login token. Missing a required claim: aud"},
		"no sub":                         {userPool, w.sign(w.users, "alice", "sub", nil), "Invalid login token. Missing a required claim: sub"},
		"empty sub":                      {userPool, w.sign(w.users, "alice", "sub", ""), "Invalid login token. Missing a required claim: sub"},
		"no exp":                         {userPool, w.sign(w.users, "alice", "exp", nil), "Invalid login token. Missing a required claim: exp"},
		"fraction in exp":                {userPool, w.sign(w.users, "alice", "exp", float64(now)+999.5), notJWT},
		"other client":                   {userPool, w.sign(w.users, "alice", "aud", "client2"), unsupported},
		"other client of the provider":   {oidc, w.sign(w.oidc, "alice", "aud", "client3"), unsupported},
		"azp counts, not aud":            {google, w.sign(w.google, "alice", "azp", "other"), unsupported},
		"provider that is not the pools": {"idp.example", w.sign(w.oidc, "alice", "iss", "https://idp.example"), unsupported},
		"unknown key id":                 {userPool, w.sign(stranger, "alice"), unverified},
		"signature of another token":     {userPool, parts[0] + "." + bob[1] + "." + parts[2], unverified},
		"key of another provider":        {userPool, w.sign(w.oidc, "alice", "iss", "https://"+userPool), unverified},
		"long expired":                   {userPool, w.sign(w.users, "alice", "exp", now-3600), fmt.Sprintf("Invalid login token. Token expired: %d >= %d", now, now-3600)},
		"expired, unknown key id":        {userPool, w.sign(stranger, "alice", "exp", now-3600), fmt.Sprintf("Invalid login token. Token expired: %d >= %d", now, now-3600)},
		"not yet valid":                  {userPool, w.sign(w.users, "alice", "nbf", now+301), unverified},
		"token of ours":                  {host, own, "Invalid login token. Can't pass in a Cognito token."},
		"token of ours for a provider":   {oidc, own, wrongIssuer},
		"anything under our key":         {host, good, "Invalid login token. Can't pass in a Cognito token."},
		"opaque, not configured":         {amazon, "Atza|x", unsupported},
		"opaque, unknown":                {facebook, "EAAx", unverified},
		"opaque, though signed":          {facebook, w.sign(w.users, "alice", "iss", "https://"+facebook), unverified},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{tt.key: tt.token}}
			refused(w.GetID(t.Context(), &in))(t, notAuthorized, tt.message)
		})
	}
}

func TestLoginsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) {
		s.CognitoIdentityProviders = append(s.CognitoIdentityProviders, cognito.UserPoolClient{ProviderName: userPool, ClientID: "web"})
	})
	alice := w.getID(pool, map[string]string{userPool: w.sign(w.users, "alice")})
	googler := w.getID(pool, map[string]string{google: w.sign(w.google, "alice")})
	member := w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")})
	tests := map[string]struct{ key, token, want string }{
		"second client of the user pool":     {userPool, w.sign(w.users, "alice", "aud", "web"), alice},
		"second client of the OIDC provider": {oidc, w.sign(w.oidc, "alice", "aud", "client2"), member},
		"ID token by its own word":           {userPool, w.sign(w.users, "alice", "token_use", "id"), alice},
		"other issuer's use of token_use":    {oidc, w.sign(w.oidc, "alice", "token_use", "access"), member},
		"one of several audiences":           {oidc, w.sign(w.oidc, "alice", "aud", []string{"x", client}), member},
		"azp, whatever aud":                  {google, w.sign(w.google, "alice", "azp", client, "aud", "other"), googler},
		"issuer without its scheme":          {google, w.sign(w.google, "alice", "iss", google), googler},
		"issuer with a slash":                {oidc, w.sign(w.oidc, "alice", "iss", "https://"+oidc+"/"), member},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ok(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{tt.key: tt.token}}))(t)
			if got.IdentityID != tt.want {
				t.Errorf("got %s, want %s", got.IdentityID, tt.want)
			}
		})
	}
}

func TestEveryLoginMustBeGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	logins := map[string]string{google: w.sign(w.google, "alice"), userPool: "broken"}
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, notAuthorized, notJWT)
	guest := w.getID(pool, nil)
	refused(w.getToken(guest, logins))(t, notAuthorized, notJWT)
	refused(w.getCredentials(guest, logins))(t, notAuthorized, notJWT)
	if i := w.identity(guest); i.Authenticated || len(i.Logins) > 0 {
		t.Errorf("a refused call changed the identity to %+v", i)
	}
}

func TestGraceToTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	begin := w.clock.in(0)
	const grace = 300
	signed := map[string]string{}
	for name, claims := range map[string][]any{
		"exp": {"exp", begin + 1000}, "iat": {"iat", begin + 1000 + grace}, "nbf": {"nbf", begin + 1000 + grace},
	} {
		signed[name] = w.sign(w.users, "alice", claims...)
	}
	tests := []struct {
		claim   string
		at      int // seconds after begin
		message string
	}{
		{"exp", 1000 + grace - 1, ""},
		{"exp", 1000 + grace, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", begin+1300, begin+1000)},
		{"iat", 999, unverified},
		{"iat", 1000, ""},
		{"nbf", 999, unverified},
		{"nbf", 1000, ""},
	}
	for _, tt := range tests {
		w.clock.moveTo(int64(begin + tt.at))
		out, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{userPool: signed[tt.claim]}})
		t.Logf("%s %d seconds on", tt.claim, tt.at)
		if tt.message != "" {
			refused(out, err)(t, notAuthorized, tt.message)
			continue
		}
		ok(out, err)(t)
	}
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	known := map[string]string{oidc: w.sign(w.oidc, "alice")}
	id := w.getID(pool, known)
	w.oidc.web.Close()
	w.users.web.Close()
	if again := w.getID(pool, known); again != id {
		t.Errorf("with keys in memory got %s, want %s", again, id)
	}
	logins := map[string]string{userPool: w.sign(w.users, "alice")}
	message := "The identity provider " + userPool + " is not responding."
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, externalService, message)
	guest := w.getID(pool, nil)
	refused(w.getToken(guest, logins))(t, externalService, message)
	refused(w.getCredentials(guest, logins))(t, externalService, message)
}

func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	first := map[string]string{userPool: w.sign(w.users, "alice")}
	id := w.getID(pool, first)
	for range 2 {
		if err := w.users.RotateKey(); err != nil {
			t.Fatal(err)
		}
		if got := w.getID(pool, map[string]string{userPool: w.sign(w.users, "alice")}); got != id {
			t.Errorf("after a rotation got %s, want %s", got, id)
		}
	}
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: first}))(t, notAuthorized, unverified)
}

func TestProviderThatLeftTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	logins := map[string]string{oidc: w.sign(w.oidc, "alice")}
	w.getID(pool, logins)
	if err := w.IAM.Providers.Delete(t.Context(), oidc, nil); err != nil {
		t.Fatal(err)
	}
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, notAuthorized, unsupported)
}

func TestPoolsWithoutProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := w.pool(func(s *cognito.PoolSettings) {
		s.SupportedLoginProviders, s.OpenIDConnectProviders, s.CognitoIdentityProviders = nil, nil, nil
	})
	logins := map[string]string{userPool: w.sign(w.users, "alice")}
	message := "Identity pool - " + none + " does not have identity providers configured."
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: none, Logins: logins}))(t, notAuthorized, message)
	guest := w.getID(none, nil)
	refused(w.getToken(guest, logins))(t, notAuthorized, message)
	refused(w.getCredentials(guest, logins))(t, notAuthorized, message)

	developer := w.pool(func(s *cognito.PoolSettings) {
		s.SupportedLoginProviders, s.OpenIDConnectProviders, s.CognitoIdentityProviders = nil, nil, nil
		s.DeveloperProviderName = "idp.example"
	})
	refused(w.GetID(t.Context(), &cognito.GetIDInput{
		IdentityPoolID: developer, Logins: map[string]string{"idp.example": w.sign(w.oidc, "alice", "iss", "https://idp.example")},
	}))(t, notAuthorized, unsupported)
}

// One provider may go by two names, with and without a slash at the end: that must not
// bring two users of it into one identity, nor one user twice.
func TestOneProviderUnderTwoNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	const message = "Logins has more than one token of " + oidc + "."
	for name, logins := range map[string]map[string]string{
		"two users": {oidc: w.sign(w.oidc, "alice"), oidc + "/": w.sign(w.oidc, "bob")},
		"one user":  {oidc: w.sign(w.oidc, "alice"), oidc + "/": w.sign(w.oidc, "alice")},
	} {
		t.Log(name)
		refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, invalidParameter, message)
		refused(w.getCredentials(guest, logins))(t, invalidParameter, message)
	}
	alice := w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")})
	if again := w.getID(pool, map[string]string{oidc + "/": w.sign(w.oidc, "alice")}); again != alice {
		t.Errorf("with a slash alice is %s, without %s", again, alice)
	}
}
