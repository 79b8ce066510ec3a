package token_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/token"
)

// FuzzForgery changes a good token and looks for one that says something else and is
// let in. The key is always the same, so that the corpus keeps its worth.
func FuzzForgery(f *testing.F) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	signing := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: key}
	keys := keySet(f, signing)
	good := sign(f, goodClaims(), signing)
	said := good[:strings.LastIndex(good, ".")]
	if err := admit(good, keys); err != nil {
		f.Fatalf("the good token is refused: %v", err)
	}
	f.Add(good)
	f.Add(said + ".")
	f.Add(b64([]byte(`{"alg":"none"}`)) + good[strings.Index(good, "."):])
	f.Add(good + "." + good)
	f.Fuzz(func(t *testing.T, raw string) {
		if admit(raw, keys) == nil && !strings.HasPrefix(raw, said+".") {
			t.Fatalf("let in: %s", raw)
		}
	})
}
