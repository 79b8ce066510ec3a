package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

// issuedAt is when the tokens of these tests are issued.
func issuedAt() time.Time { return time.Unix(1_700_000_000, 0) }

func goodClaims() map[string]any {
	return map[string]any{
		"iss": "https://idp.example.com",
		"sub": "user-1",
		"aud": "client-1",
		"iat": issuedAt().Unix(),
		"exp": issuedAt().Add(time.Hour).Unix(),
	}
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, claims any, key token.SigningKey) string {
	t.Helper()
	raw, err := token.Sign(claims, key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func parse(t testing.TB, raw string) *token.Token {
	t.Helper()
	parsed, err := token.Parse(raw)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return parsed
}

func keySet(t testing.TB, keys ...token.SigningKey) token.Keys {
	t.Helper()
	public := make([]token.PublicKey, 0, len(keys))
	for _, k := range keys {
		public = append(public, k.Public())
	}
	data, err := token.PublicKeys(public...)
	if err != nil {
		t.Fatal(err)
	}
	return parseKeys(t, data)
}

func parseKeys(t testing.TB, data []byte) token.Keys {
	t.Helper()
	keys, err := token.ParseKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// forge signs any header and payload with RSA and SHA-256, whatever they say.
func forge(t testing.TB, header, payload string, key *rsa.PrivateKey) string {
	t.Helper()
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(signature)
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
