package cognito_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
)

const (
	alice = "a11ce000-0000-4000-8000-000000000001" // her sub at all providers

	basicOff      = "Basic (classic) flow is not enabled, please use enhanced flow."
	basicMappings = "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."
	basicSAML     = "Basic (classic) flow is not supported with SAML, please use enhanced flow."
)

// parts are header and claims of a token as they were written.
func parts(t *testing.T, raw string) (header string, claims map[string]any) {
	t.Helper()
	p := strings.Split(raw, ".")
	header = string(ok(base64.RawURLEncoding.DecodeString(p[0]))(t))
	if err := json.Unmarshal(ok(base64.RawURLEncoding.DecodeString(p[1]))(t), &claims); err != nil {
		t.Fatal(err)
	}
	return header, claims
}

func TestOpenIDToken(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "RS512")
	w.clock.move(999 * time.Millisecond)
	pool := w.pool()
	now := float64(w.clock.in(0))
	claims := func(id string, amr ...any) map[string]any {
		c := map[string]any{"iss": "https://" + host, "sub": id, "aud": pool, "iat": now, "exp": now + 600, "amr": amr}
		if amr[0] == "authenticated" {
			c[`https://cognito-identity.amazonaws.com/identity-pool-arn`] = "arn:aws:cognito-identity:us-east-1:" + account + ":identitypool/" + pool
		}
		return c
	}
	tests := map[string]struct {
		logins map[string]string
		amr    []any
	}{
		"guest": {nil, []any{"unauthenticated"}},
		"user pool": {
			map[string]string{userPool: w.sign(w.users, "alice")},
			[]any{"authenticated", userPool, userPool + ":CognitoSignIn:" + alice},
		},
		"google": {
			map[string]string{google: w.sign(w.google, "bob", "sub", "1")},
			[]any{"authenticated", google, google + ":" + client + ":1"},
		},
		"OIDC": {
			map[string]string{oidc: w.sign(w.oidc, "carol", "sub", "2")},
			[]any{"authenticated", oidc, oidcARN + ":OIDC:2"},
		},
		"two logins, by provider": {
			map[string]string{oidc: w.sign(w.oidc, "carol", "sub", "3"), google: w.sign(w.google, "bob", "sub", "4")},
			[]any{"authenticated", google, google + ":" + client + ":4", oidc, oidcARN + ":OIDC:3"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guest := ok(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool}))(t).IdentityID
			out := ok(w.GetOpenIDToken(t.Context(), &cognito.GetOpenIDTokenInput{IdentityID: guest, Logins: tt.logins}))(t)
			w.claims(out.Token)
			header, got := parts(t, out.Token)
			if want := `{"kid":"us-east-11","typ":"JWS","alg":"RS512"}`; header != want {
				t.Errorf("header is %s, want %s", header, want)
			}
			if diff := cmp.Diff(claims(out.IdentityID, tt.amr...), got); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyPresentedLoginsAreInTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	both := map[string]string{userPool: w.sign(w.users, "alice"), google: w.sign(w.google, "alice")}
	id := w.getID(pool, both)
	out := ok(w.getToken(id, map[string]string{google: both[google]}))(t)
	_, claims := parts(t, out.Token)
	want := []any{"authenticated", google, google + ":" + client + ":" + alice}
	if diff := cmp.Diff(want, claims["amr"]); diff != "" {
		t.Errorf("amr (-want +got):\n%s", diff)
	}
}

func TestBasicFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mapped := w.pool()
	w.setRoles(mapped, map[string]string{}, map[string]cognito.RoleMapping{google: byToken("Deny")})
	saml := "arn:aws:iam::" + account + ":saml-provider/okta"
	assertion := map[string]string{saml: "PHNhbWw+"}
	flow := func(allow *bool) string {
		return w.pool(func(s *cognito.PoolSettings) { s.AllowClassicFlow, s.SAMLProviders = allow, []string{saml} })
	}
	tests := map[string]struct {
		pool    string
		logins  map[string]string
		message string
	}{
		"unset":              {flow(nil), nil, ""},
		"on":                 {flow(new(true)), nil, ""},
		"off":                {flow(new(false)), nil, basicOff},
		"off, with a login":  {flow(new(false)), map[string]string{google: "no token"}, basicOff},
		"with role mappings": {mapped, nil, basicMappings},
		"with SAML":          {flow(nil), assertion, basicSAML},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := ok(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: tt.pool}))(t).IdentityID
			out, err := w.GetOpenIDToken(t.Context(), &cognito.GetOpenIDTokenInput{IdentityID: id, Logins: tt.logins})
			if tt.message != "" {
				refused(out, err)(t, invalidParameter, tt.message)
				return
			}
			ok(out, err)(t)
		})
	}
}

func TestEnhancedFlowIgnoresAllowClassicFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, allow := range []*bool{nil, new(true), new(false)} {
		pool := w.pool(func(s *cognito.PoolSettings) { s.AllowClassicFlow = allow })
		w.setRoles(pool, map[string]string{"unauthenticated": w.role("guest-"+pool[len(pool)-12:], trust(pool, "unauthenticated"))}, nil)
		ok(w.getCredentials(w.getID(pool, nil), nil))(t)
	}
}
