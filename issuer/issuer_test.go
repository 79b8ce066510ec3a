package issuer_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/token"
)

func newKey(t *testing.T, id, algorithm string) token.SigningKey {
	t.Helper()
	pkcs8, err := issuer.GenerateKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	key, err := issuer.ParseKey(id, algorithm, pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIssuer(t *testing.T, signing token.SigningKey, retired ...token.SigningKey) *issuer.Issuer {
	t.Helper()
	i, err := issuer.New(signing, retired...)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func sign(t *testing.T, i *issuer.Issuer) *token.Token {
	t.Helper()
	raw, err := i.Sign(t.Context(), map[string]any{"iss": issuer.URL, "sub": "us-east-1:0", "aud": "us-east-1:1"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := token.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func published(t *testing.T, i *issuer.Issuer) token.Keys {
	t.Helper()
	keys, err := token.ParseKeys(i.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestSign verifies the tokens of each algorithm by what is published.
func TestSign(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS512", "RS256", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, newKey(t, "k1", algorithm))
			raw, err := i.Sign(t.Context(), map[string]any{"sub": "x"})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := token.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.KeyID != "k1" || parsed.Algorithm != algorithm || parsed.Subject != "x" {
				t.Errorf("kid %q, alg %q, sub %q", parsed.KeyID, parsed.Algorithm, parsed.Subject)
			}
			if err := parsed.VerifySignature(published(t, i)); err != nil {
				t.Errorf("the published keys: %v", err)
			}
			if err := parsed.VerifySignature(i.Keys()); err != nil {
				t.Errorf("Keys: %v", err)
			}
			other := newIssuer(t, newKey(t, "k1", algorithm))
			if err := parsed.VerifySignature(other.Keys()); !errors.Is(err, token.ErrSignature) {
				t.Errorf("the keys of another issuer: %v", err)
			}
		})
	}
}

// TestHeader is the header of AWS's tokens.
func TestHeader(t *testing.T) {
	t.Parallel()
	raw, err := newIssuer(t, newKey(t, "k1", "RS512")).Sign(t.Context(), struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(raw, ".")
	if want := "eyJraWQiOiJrMSIsInR5cCI6IkpXUyIsImFsZyI6IlJTNTEyIn0"; head != want { // {"kid":"k1","typ":"JWS","alg":"RS512"}
		t.Errorf("the header is %s", head)
	}
}

// TestRetired keeps verifying the tokens of keys before, of another algorithm too,
// and signs with the first key alone.
func TestRetired(t *testing.T) {
	t.Parallel()
	first, second, third := newKey(t, "k1", "ES256"), newKey(t, "k2", "ES256"), newKey(t, "k3", "RS256")
	before := sign(t, newIssuer(t, first))
	i := newIssuer(t, third, second, first)
	if err := before.VerifySignature(published(t, i)); err != nil {
		t.Errorf("a token of the retired key: %v", err)
	}
	if now := sign(t, i); now.KeyID != "k3" || now.VerifySignature(published(t, i)) != nil {
		t.Errorf("the new token is of %s", now.KeyID)
	}
	if err := before.VerifySignature(newIssuer(t, third, second).Keys()); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("a token of a key that is not published: %v", err)
	}
}

// TestPublished looks at the key set itself: public members alone, and what
// verifiers go by.
func TestPublished(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, newKey(t, "k2", "RS512"), newKey(t, "k1", "ES256"))
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(i.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		for _, name := range []string{"n", "x", "y"} {
			if key[name] != nil {
				key[name] = "…"
			}
		}
	}
	want := []map[string]any{
		{"kty": "RSA", "use": "sig", "alg": "RS512", "kid": "k2", "n": "…", "e": "AQAB"},
		{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k1", "x": "…", "y": "…"},
	}
	if diff := cmp.Diff(want, set.Keys); diff != "" {
		t.Error(diff)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, newKey(t, "k2", "ES256"), newKey(t, "k1", "ES256"), newKey(t, "k0", "RS256"))
	for _, base := range []string{"https://id.example.test:8443", "https://id.example.test:8443/"} {
		var got map[string]any
		if err := json.Unmarshal(i.Discovery(base), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"issuer":                                "https://cognito-identity.amazonaws.com",
			"jwks_uri":                              "https://id.example.test:8443/.well-known/jwks_uri",
			"response_types_supported":              []any{"id_token"},
			"subject_types_supported":               []any{"public"},
			"id_token_signing_alg_values_supported": []any{"ES256", "RS256"},
			"claims_supported":                      []any{"aud", "sub", "iss", "exp", "iat", "amr"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// gate is a key that signs when it is told to.
type gate struct {
	crypto.Signer
	begun, open chan struct{}
}

func (g gate) Sign(rand io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	g.begun <- struct{}{}
	<-g.open
	return g.Signer.Sign(rand, digest, o)
}

// TestQueue keeps all cores busy with signatures: the next one waits, and gives up
// when its context does.
func TestQueue(t *testing.T) {
	t.Parallel()
	key := newKey(t, "k1", "ES256")
	g := gate{Signer: key.Signer, begun: make(chan struct{}), open: make(chan struct{})}
	key.Signer = g
	i := newIssuer(t, key)
	cores := runtime.GOMAXPROCS(0)
	failed := make(chan error, cores)
	for range cores {
		go func() {
			_, err := i.Sign(context.Background(), struct{}{})
			failed <- err
		}()
		<-g.begun
	}
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() {
		_, err := i.Sign(ctx, struct{}{})
		waiting <- err
	}()
	cancel()
	select {
	case <-g.begun:
		t.Fatal("more signatures at a time than cores")
	case err := <-waiting:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the signature that gave up: %v", err)
		}
	}
	close(g.open)
	for range cores {
		if err := <-failed; err != nil {
			t.Errorf("a signature that began: %v", err)
		}
	}
	go func() { <-g.begun }()
	if _, err := i.Sign(t.Context(), struct{}{}); err != nil {
		t.Errorf("a signature afterwards: %v", err)
	}
}

// TestUnfitKeys makes issuers of keys that must not sign.
func TestUnfitKeys(t *testing.T) {
	t.Parallel()
	good, ec := newKey(t, "k1", "RS256"), newKey(t, "k2", "ES256")
	ec.Algorithm = "RS256"
	if _, err := issuer.New(ec); err == nil {
		t.Error("an EC key signs RS256")
	}
	if _, err := issuer.New(good, ec); err == nil {
		t.Error("an EC key is published for RS256")
	}
	none := good
	none.Algorithm = "none"
	if _, err := issuer.New(none); err == nil {
		t.Error("there is an issuer of unsigned tokens")
	}
	if _, err := issuer.New(token.SigningKey{}); err == nil {
		t.Error("there is an issuer without a key")
	}
	if _, err := issuer.ParseKey("k", "RS256", []byte("no key")); err == nil {
		t.Error("nonsense is a key")
	}
	if bits := good.Signer.Public().(*rsa.PublicKey).N.BitLen(); bits != 2048 {
		t.Errorf("a new RSA key has %d bits", bits)
	}
}

// TestKeysChangeUnderLoad replaces the keys while others sign and verify: what is
// published always has the key of a token that was signed before.
func TestKeysChangeUnderLoad(t *testing.T) {
	t.Parallel()
	first, second := newKey(t, "k1", "ES256"), newKey(t, "k2", "RS256")
	i := newIssuer(t, first, second)
	var load sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for range 50 {
				raw, err := i.Sign(t.Context(), struct{}{})
				if err != nil {
					t.Error(err)
					return
				}
				parsed, err := token.Parse(raw)
				if err == nil {
					err = parsed.VerifySignature(i.Keys())
				}
				if err != nil {
					t.Errorf("a token of a moment ago: %v", err)
				}
			}
		})
	}
	for n := range 100 {
		keys := []token.SigningKey{first, second}
		if err := i.Use(keys[n%2], keys[1-n%2]); err != nil {
			t.Error(err)
		}
	}
	load.Wait()
	if err := i.Use(second); err != nil {
		t.Fatal(err)
	}
	if now := sign(t, i); now.KeyID != "k2" || published(t, i).Has("k1") || !strings.Contains(string(i.Discovery("")), `["RS256"]`) {
		t.Errorf("the new token is of %s; published are %s and %s", now.KeyID, i.JWKS(), i.Discovery(""))
	}
}
