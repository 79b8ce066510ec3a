package conformance_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

const (
	invalidParameter = "InvalidParameterException"
	poolIssuer       = "cognito-identity.amazonaws.com"
)

// assumed is the output of AssumeRoleWithWebIdentity.
type assumed struct {
	Credentials                           keys
	AssumedRoleUser                       struct{ Arn, AssumedRoleID string }
	SubjectFromWebIdentityToken, Audience string
	Provider                              string
}

func webIdentity(role, token string) map[string]any {
	return map[string]any{"RoleArn": role, "RoleSessionName": "app", "WebIdentityToken": token}
}

// TestBasicFlow trades a guest's and a user's OpenID token for a role of their choice.
func TestBasicFlow(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	providerARN := "arn:aws:iam::" + conformance.Account + ":oidc-provider/" + o.Name()
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for _, test := range []struct {
				name, role, otherRole string
				logins                logins
				amr                   []any
			}{
				{"guest", w.guestRole, w.memberRole, nil, []any{"unauthenticated"}},
				{"member", w.memberRole, w.guestRole, alice, []any{"authenticated", o.Name(), providerARN + ":OIDC:alice"}},
			} {
				t.Run(test.name, func(t *testing.T) {
					id := w.getID(t, client, test.logins)
					got := must[identity](t, w, client, "cognito-identity:GetOpenIdToken", withLogins(map[string]any{"IdentityId": id}, test.logins), aws.Credentials{})
					claims := verifyToken(t, w.Server, got.Token)
					life := claims["exp"].(float64) - claims["iat"].(float64)
					if got.IdentityID != id || claims["sub"] != id || claims["aud"] != w.pool || claims["iss"] != "https://"+poolIssuer || life != 600 {
						t.Errorf("token of %s in %s has claims %v", id, w.pool, claims)
					}
					if diff := cmp.Diff(test.amr, claims["amr"]); diff != "" {
						t.Errorf("amr (-want +got):\n%s", diff)
					}
					session := must[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(test.role, got.Token), aws.Credentials{})
					want := sessionARN(test.name, "app")
					if session.AssumedRoleUser.Arn != want || session.SubjectFromWebIdentityToken != id || session.Audience != w.pool || session.Provider != poolIssuer {
						t.Errorf("AssumeRoleWithWebIdentity gave %+v", session)
					}
					if got := w.caller(t, client, session.Credentials.credentials()); got != want {
						t.Errorf("caller is %s, want %s", got, want)
					}
					_, err := do[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(test.otherRole, got.Token), aws.Credentials{})
					wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
				})
			}
		})
	}
}

// TestBasicFlowRefused asks pools for tokens that only give credentials.
func TestBasicFlowRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	id := w.getID(t, sdk, nil)
	update := map[string]any{"IdentityPoolId": w.pool, "IdentityPoolName": "people", "AllowUnauthenticatedIdentities": true, "AllowClassicFlow": false}
	must[struct{}](t, w, sdk, "cognito-identity:UpdateIdentityPool", update, w.Root)
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			_, err := do[identity](t, w, client, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id}, aws.Credentials{})
			wantFault(t, client, err, invalidParameter, "Basic (classic) flow is not enabled, please use enhanced flow.", invalidParameter)
			w.getCredentials(t, client, id, nil)
		})
	}
	delete(update, "AllowClassicFlow")
	must[struct{}](t, w, sdk, "cognito-identity:UpdateIdentityPool", update, w.Root)
	if token := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id}, aws.Credentials{}).Token; token == "" {
		t.Error("no token although AllowClassicFlow is unset")
	}
}

// TestWebIdentity assumes a role with the provider's own token, without an identity pool.
func TestWebIdentity(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	past := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: o.Issuer, Keys: o.Keys, Clock: -time.Hour})
	stranger := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://elsewhere.example.test"})
	w := startWorld(t, conformance.Options{Redirects: map[string]string{o.Host(): o.URL, stranger.Host(): stranger.URL}})
	role := w.createRole(t, "employee", trust(map[string]any{
		"StringEquals": map[string]any{o.Name() + ":sub": "alice", o.Name() + ":aud": []string{conformance.ClientApp, conformance.ClientES256}},
	}, map[string]string{"Federated": w.trustIssuer(t, o)}))
	alice := o.SignIn(t, conformance.ClientApp, "alice").ID

	refused := []struct{ name, token, code, message, exception string }{
		{"another user", o.SignIn(t, conformance.ClientApp, "bob").ID, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", ""},
		{"another client", o.SignIn(t, conformance.ClientOther, "alice").ID, "InvalidIdentityToken", "Incorrect token audience", "InvalidIdentityTokenException"},
		{"unknown issuer", stranger.SignIn(t, conformance.ClientApp, "alice").ID, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://elsewhere.example.test", "InvalidIdentityTokenException"},
		{"no token", "opaque-access-token", "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)", "InvalidIdentityTokenException"},
	}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for algorithm, token := range map[string]string{"RS256": alice, "ES256": o.SignIn(t, conformance.ClientES256, "alice").ID} {
				session := must[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, token), aws.Credentials{})
				if got, want := w.caller(t, client, session.Credentials.credentials()), sessionARN("employee", "app"); got != want {
					t.Errorf("%s: caller is %s, want %s", algorithm, got, want)
				}
				if session.SubjectFromWebIdentityToken != "alice" {
					t.Errorf("%s: subject %q", algorithm, session.SubjectFromWebIdentityToken)
				}
			}
			for _, test := range refused {
				_, err := do[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, test.token), aws.Credentials{})
				t.Run(test.name, func(t *testing.T) { wantFault(t, client, err, test.code, test.message, test.exception) })
			}
			_, err := do[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, past.SignIn(t, conformance.ClientApp, "alice").ID), aws.Credentials{})
			f := conformance.AsFault(err)
			if f == nil || f.Code != "ExpiredTokenException" || !strings.HasPrefix(f.Message, "Token expired: current date/time ") {
				t.Errorf("expired token: got %v", err)
			}
		})
	}
}

// verifyToken checks the signature and header of a token of the server's own by what its discovery document leads to,
// and returns the claims.
func verifyToken(t *testing.T, s *conformance.Server, token string) map[string]any {
	t.Helper()
	discovery := fetch[struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}](t, s.URL+"/.well-known/openid-configuration")
	if discovery.Issuer != "https://"+poolIssuer || !strings.HasSuffix(discovery.JWKSURI, "/.well-known/jwks_uri") {
		t.Errorf("discovery document %+v", discovery)
	}
	set := fetch[struct {
		Keys []struct{ Kty, Kid, Alg, Use, N, E string }
	}](t, s.URL+"/.well-known/jwks_uri")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %q", token)
	}
	header := unpack[struct{ Kid, Typ, Alg string }](t, parts[0])
	if header.Typ != "JWS" || header.Alg != "RS512" {
		t.Errorf("token header %+v, want typ JWS and alg RS512", header)
	}
	digest := sha512.Sum512([]byte(parts[0] + "." + parts[1]))
	for _, k := range set.Keys {
		if k.Kid != header.Kid {
			continue
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(t, k.N)), E: int(new(big.Int).SetBytes(decode(t, k.E)).Int64())}
		if err := rsa.VerifyPKCS1v15(key, crypto.SHA512, digest[:], decode(t, parts[2])); err != nil {
			t.Fatalf("the token does not verify with key %s: %v", k.Kid, err)
		}
		return unpack[map[string]any](t, parts[1])
	}
	t.Fatalf("no key %q in %+v", header.Kid, set)
	return nil
}

func fetch[T any](t *testing.T, url string) T {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatalf("get %s: %v", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	var out T
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("get %s: %s: %v", url, response.Status, err)
	}
	return out
}

func unpack[T any](t *testing.T, part string) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(decode(t, part), &out); err != nil {
		t.Fatalf("part of a token: %v: %s", err, part)
	}
	return out
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatalf("base64url: %v: %s", err, text)
	}
	return data
}
