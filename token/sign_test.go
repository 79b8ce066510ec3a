package token_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/token"
)

func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	rsaSigner := rsaKey(t, 2048)
	for algorithm, signer := range map[string]crypto.Signer{
		"RS256": rsaSigner, "RS384": rsaSigner, "RS512": rsaSigner,
		"ES256": ecKey(t, elliptic.P256()), "ES384": ecKey(t, elliptic.P384()), "ES512": ecKey(t, elliptic.P521()),
	} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			key := token.SigningKey{ID: "k1", Algorithm: algorithm, Signer: signer}
			parsed := parse(t, sign(t, goodClaims(), key))
			if parsed.Algorithm != algorithm || parsed.KeyID != "k1" || parsed.Subject != "user-1" {
				t.Errorf("got %+v", parsed)
			}
			if err := parsed.VerifySignature(keySet(t, key)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHeaderAsCognitoWritesIt(t *testing.T) {
	t.Parallel()
	signer := ecKey(t, elliptic.P256())
	for _, test := range []struct {
		key  token.SigningKey
		want string
	}{
		{token.SigningKey{ID: "us-east-1-7", Type: "JWS", Algorithm: "ES256"}, `{"kid":"us-east-1-7","typ":"JWS","alg":"ES256"}`},
		{token.SigningKey{Algorithm: "ES256"}, `{"typ":"JWT","alg":"ES256"}`},
	} {
		test.key.Signer = signer
		head, _, _ := strings.Cut(sign(t, goodClaims(), test.key), ".")
		if head != b64([]byte(test.want)) {
			t.Errorf("got %q, want %q", head, test.want)
		}
	}
}

func TestSignRefusesUnfitKeys(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]token.SigningKey{
		"no signer":        {Algorithm: "RS256"},
		"RSA of 1024 bits": {Algorithm: "RS256", Signer: rsaKey(t, 1024)},
		"RSA for ES256":    {Algorithm: "ES256", Signer: rsaKey(t, 2048)},
		"P-384 for ES256":  {Algorithm: "ES256", Signer: ecKey(t, elliptic.P384())},
		"P-224":            {Algorithm: "ES256", Signer: ecKey(t, elliptic.P224())},
		"EC for RS256":     {Algorithm: "RS256", Signer: ecKey(t, elliptic.P256())},
	} {
		if _, err := token.Sign(goodClaims(), key); !isKeyError(err) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := token.PublicKeys(key.Public()); !isKeyError(err) {
			t.Errorf("%s: publishing: got %v", name, err)
		}
	}
	huge := token.PublicKey{Algorithm: "RS256", Key: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 4096), E: 65537}}
	if _, err := token.PublicKeys(huge); !isKeyError(err) {
		t.Errorf("RSA of 4097 bits: got %v", err)
	}
	for _, algorithm := range []string{"", "none", "HS256", "PS256"} {
		_, err := token.Sign(goodClaims(), token.SigningKey{Algorithm: algorithm, Signer: rsaKey(t, 2048)})
		if _, ok := errors.AsType[*token.AlgorithmError](err); !ok {
			t.Errorf("%q: got %v", algorithm, err)
		}
	}
	if _, err := token.Sign(func() {}, token.SigningKey{Algorithm: "RS256", Signer: rsaKey(t, 2048)}); err == nil {
		t.Error("signed a function")
	}
}

func TestPublishedKeySet(t *testing.T) {
	t.Parallel()
	signer := rsaKey(t, 2048)
	template := &x509.Certificate{}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	data, err := token.PublicKeys(
		token.PublicKey{ID: "us-east-1-7", Algorithm: "RS512", Key: signer.Public(), Certificates: []*x509.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS512", "kid": "us-east-1-7", "e": "AQAB", "n": b64(signer.N.Bytes()),
		"x5c": []any{base64.StdEncoding.EncodeToString(der)},
	}
	if got := marshal(t, set.Keys); got != marshal(t, []any{want}) {
		t.Errorf("got %s", got)
	}
	if empty, err := token.PublicKeys(); err != nil || string(empty) != `{"keys":[]}` {
		t.Errorf("no keys: got %s, %v", empty, err)
	}
}

// The vector of RFC 7638 section 3.1.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	const n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
		"tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91C" +
		"bOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil {
		t.Fatal(err)
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
	got, err := token.Thumbprint(public)
	if want := "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := token.Thumbprint("no key"); err == nil {
		t.Error("made a thumbprint of text")
	}
}
