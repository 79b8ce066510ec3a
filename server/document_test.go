package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/token"
)

// TestHealth asks whether the server lives and is ready.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(url, path string) (int, string) {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if status, body := get(w.URL, path); status != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	w.config.Ready = func(context.Context) error { return errors.New("the disk of db-7 is full") }
	unready := httptest.NewServer(server.New(w.config))
	defer unready.Close()
	if status, body := get(unready.URL, "/readyz"); status != http.StatusServiceUnavailable || body != "not ready\n" {
		t.Errorf("/readyz of a server that is not: %d %q", status, body)
	}
	if status, _ := get(unready.URL, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz of a server that is not ready: %d", status)
	}
}

// TestDiscovery follows the way of a verifier: discovery document, keys, token.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	fetch := func(path string) answer {
		got := f.do(t, f.request(t, http.MethodGet, path, "")).ok(t)
		if kind := got.header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s is %s", path, kind)
		}
		return got
	}
	var document struct {
		Issuer     string   `json:"issuer"`
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := json.Unmarshal([]byte(fetch("/.well-known/openid-configuration").body), &document); err != nil {
		t.Fatal(err)
	}
	if document.Issuer != "https://cognito-identity.amazonaws.com" || document.Keys != f.URL+"/.well-known/jwks_uri" {
		t.Errorf("the issuer is %s, its keys are at %s", document.Issuer, document.Keys)
	}
	served := fetch("/.well-known/jwks_uri").body
	for _, path := range []string{"/.well-known/jwks.json", "/protocol/openid-connect/certs"} {
		if diff := cmp.Diff(served, fetch(path).body); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	keys, err := token.ParseKeys([]byte(served))
	if err != nil {
		t.Fatal(err)
	}
	guest := f.identity(t, "")
	parsed, err := token.Parse(f.public(t, "GetOpenIdToken", `{"IdentityId":"`+guest+`"}`).ok(t).value(t, "Token"))
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.VerifySignature(keys); err != nil {
		t.Errorf("the served keys do not verify the token: %v", err)
	}
	if diff := cmp.Diff([]string{parsed.Algorithm}, document.Algorithms); diff != "" {
		t.Errorf("the document's algorithms: %s", diff)
	}
	if parsed.Issuer != document.Issuer || parsed.Subject != guest || !cmp.Equal(parsed.Audience, []string{f.pool}) {
		t.Errorf("the token is of %s for %s at %v", parsed.Issuer, parsed.Subject, parsed.Audience)
	}
}

// TestPublicURL asks a server behind TLS where its keys are. What the client calls the
// server means nothing, so the answer is everybody's.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.PublicURL = "https://id.example.test/"
	behind := httptest.NewServer(server.New(w.config))
	defer behind.Close()
	for _, host := range []string{"", "evil.example.test", "id.example.test"} {
		keys, caches := discovered(t, behind, host)
		if keys != "https://id.example.test/.well-known/jwks_uri" || caches != "public, max-age=300" {
			t.Errorf("asked as %q, the keys are at %q, %s", host, keys, caches)
		}
	}
}

// TestHostOfTheClient asks a server that nobody told its name, by names that it cannot
// know: each is answered for itself, and no cache may give the answer to others.
func TestHostOfTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	encrypted := httptest.NewTLSServer(server.New(w.config))
	defer encrypted.Close()
	for scheme, behind := range map[string]*httptest.Server{"http": w.Server, "https": encrypted} {
		for _, host := range []string{"cenote:4577", "localhost:4577", "evil.example.test"} {
			keys, caches := discovered(t, behind, host)
			if keys != scheme+"://"+host+"/.well-known/jwks_uri" || caches != "no-store" {
				t.Errorf("asked as %q, the keys are at %q, %s", host, keys, caches)
			}
		}
	}
	response, err := http.Get(w.URL + "/.well-known/jwks_uri")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if caches := response.Header.Get("Cache-Control"); caches != "public, max-age=300" {
		t.Errorf("the keys, which are the same for all: %s", caches)
	}
}

// discovered is where the discovery document says that the keys are, if the server is
// asked by a name, and what caches may do with it.
func discovered(t *testing.T, behind *httptest.Server, host string) (keys, caches string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, behind.URL+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	response, err := behind.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var document struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document.JWKS, response.Header.Get("Cache-Control")
}
