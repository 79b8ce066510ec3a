package testidp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

func now() time.Time { return time.Unix(1_700_000_000, 0) }

func newProvider(t *testing.T, c testidp.Config) *testidp.Provider {
	t.Helper()
	if c.Issuer == "" {
		c.Issuer = "https://idp.cenote.test"
	}
	if c.ClientID == "" {
		c.ClientID = "demo"
	}
	c.Now = now
	p, err := testidp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func request(p *testidp.Provider, method, target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func keys(t *testing.T, p *testidp.Provider) token.Keys {
	t.Helper()
	parsed, err := token.ParseKeys(request(p, http.MethodGet, "/jwks.json", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func verified(t *testing.T, raw string, keys token.Keys) *token.Token {
	t.Helper()
	parsed, err := token.Parse(raw)
	if err == nil {
		err = parsed.VerifySignature(keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t, testidp.Config{Algorithm: "ES256"})
	raw, err := p.Token("alice", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := verified(t, raw, keys(t, p))
	if err := got.CheckTime(now(), 0); err != nil {
		t.Error(err)
	}
	if !got.Expires.Equal(now().Add(time.Hour)) {
		t.Errorf("expires %v", got.Expires)
	}
	delete(got.Claims, "jti")
	want := map[string]any{
		"iss": "https://idp.cenote.test", "aud": "demo", "sub": "a11ce000-0000-4000-8000-000000000001",
		"iat": json.Number("1700000000"), "auth_time": json.Number("1700000000"), "exp": json.Number("1700003600"),
		"name": "Alice Adams", "email": "alice@example.com", "email_verified": true, "cognito:groups": []any{"admins", "staff"},
	}
	if diff := cmp.Diff(want, got.Claims); diff != "" {
		t.Error(diff)
	}
	if _, err := p.Token("mallory", nil); !errors.Is(err, testidp.ErrUnknownUser) {
		t.Errorf("got %v", err)
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	p := newProvider(t, testidp.Config{Algorithm: "ES256", Users: []testidp.User{{Name: "dora"}}})
	raw, err := p.Token("dora", map[string]any{"aud": []string{"x", "y"}, "iss": "https://other.test", "exp": now().Add(-time.Hour).Unix(), "iat": nil})
	if err != nil {
		t.Fatal(err)
	}
	got := verified(t, raw, keys(t, p))
	if _, expired := errors.AsType[*token.ExpiredError](got.CheckTime(now(), 0)); !expired {
		t.Error("not expired")
	}
	if got.Issuer != "https://other.test" || got.Subject != "dora" || !cmp.Equal(got.Audience, []string{"x", "y"}) || !got.IssuedAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestRotateKey(t *testing.T) {
	t.Parallel()
	p := newProvider(t, testidp.Config{Algorithm: "ES256"})
	sign := func() string {
		raw, err := p.Token("bob", nil)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	first := sign()
	for range 2 {
		before := sign()
		if err := p.RotateKey(); err != nil {
			t.Fatal(err)
		}
		verified(t, before, keys(t, p))
		verified(t, sign(), keys(t, p))
	}
	parsed, err := token.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.VerifySignature(keys(t, p)); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("after two rotations: got %v", err)
	}
}

func TestKeyAndAlgorithm(t *testing.T) {
	t.Parallel()
	for algorithm, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []testidp.Config{{Key: key}, {Algorithm: algorithm}} {
			p := newProvider(t, c)
			raw, err := p.Token("alice", nil)
			if err != nil {
				t.Fatal(err)
			}
			got := verified(t, raw, keys(t, p))
			if got.Algorithm != algorithm {
				t.Errorf("got %s, want %s", got.Algorithm, algorithm)
			}
			if thumbprint, err := token.Thumbprint(key.Public()); c.Key != nil && (err != nil || got.KeyID != thumbprint) {
				t.Errorf("key id %q, thumbprint %q, %v", got.KeyID, thumbprint, err)
			}
		}
	}
	raw, err := newProvider(t, testidp.Config{}).Token("alice", nil)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := token.Parse(raw); err != nil || parsed.Algorithm != "RS256" {
		t.Errorf("default: %v, %v", parsed, err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]testidp.Config{
		"no issuer":           {},
		"issuer without host": {Issuer: "idp.cenote.test"},
		"HS256":               {Issuer: "https://idp.cenote.test", Algorithm: "HS256"},
		"unfit key":           {Issuer: "https://idp.cenote.test", Algorithm: "RS256", Key: crypto.Signer(key)},
		"nameless user":       {Issuer: "https://idp.cenote.test", Users: []testidp.User{{}}},
		"twins":               {Issuer: "https://idp.cenote.test", Users: []testidp.User{{Name: "a"}, {Name: "a"}}},
	} {
		if _, err := testidp.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	const issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
	p := newProvider(t, testidp.Config{Issuer: issuer, Algorithm: "ES256"})
	for _, prefix := range []string{"", "/us-east-1_Example"} {
		w := request(p, http.MethodGet, prefix+"/.well-known/openid-configuration", "")
		var document map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		if document["issuer"] != issuer || document["jwks_uri"] != issuer+"/jwks.json" {
			t.Errorf("got %v", document)
		}
		for _, path := range []string{"/jwks.json", "/.well-known/jwks.json"} {
			w := request(p, http.MethodGet, prefix+path, "")
			if _, err := token.ParseKeys(w.Body.Bytes()); err != nil || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s%s: %v", prefix, path, err)
			}
		}
	}
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	p := newProvider(t, testidp.Config{Issuer: "https://idp.cenote.test/realm", Algorithm: "ES256"})
	form := url.Values{"user": {"carol"}, "client_id": {"other"}, "claim": {"custom:dept=Sales", "g=a", "g=b=c", `l=["x",1,true]`, `o={"a":[]}`, "n=007", "b=true"}}
	w := request(p, http.MethodPost, "/realm/token", form.Encode())
	var answer struct {
		IDToken   string `json:"id_token"`
		TokenType string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.TokenType != "Bearer" || answer.ExpiresIn != 3600 {
		t.Errorf("got %+v", answer)
	}
	got := verified(t, answer.IDToken, keys(t, p))
	if got.Claims["custom:dept"] != "Sales" || !cmp.Equal(got.Audience, []string{"other"}) || !cmp.Equal(got.Claims["g"], []any{"a", "b=c"}) {
		t.Errorf("got %v", got.Claims)
	}
	for name, want := range map[string]any{
		"l": []any{"x", json.Number("1"), true}, "o": map[string]any{"a": []any{}}, "n": "007", "b": "true",
	} {
		if !cmp.Equal(got.Claims[name], want) {
			t.Errorf("%s is %#v, want %#v", name, got.Claims[name], want)
		}
	}
	if w := request(p, http.MethodPost, "/token?user=alice", ""); w.Code != http.StatusOK {
		t.Errorf("user in the query: HTTP %d", w.Code)
	}
	for name, test := range map[string]struct {
		method, target, form string
		want                 int
	}{
		"no user":      {http.MethodPost, "/token", "", http.StatusBadRequest},
		"unknown user": {http.MethodPost, "/token", "user=mallory", http.StatusBadRequest},
		"broken claim": {http.MethodPost, "/token", "user=alice&claim=x", http.StatusBadRequest},
		"broken list":  {http.MethodPost, "/token", "user=alice&claim=x=[1", http.StatusBadRequest},
		"two lists":    {http.MethodPost, "/token", "user=alice&claim=x=[1][2]", http.StatusBadRequest},
		"huge form":    {http.MethodPost, "/token", "user=" + strings.Repeat("x", 1<<20), http.StatusBadRequest},
		"GET":          {http.MethodGet, "/token?user=alice", "", http.StatusNotFound},
		"elsewhere":    {http.MethodGet, "/realm/else", "", http.StatusNotFound},
		"other realm":  {http.MethodGet, "/other/jwks.json", "", http.StatusNotFound},
	} {
		if w := request(p, test.method, test.target, test.form); w.Code != test.want {
			t.Errorf("%s: HTTP %d, want %d", name, w.Code, test.want)
		}
	}
}
