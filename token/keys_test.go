package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/token"
)

func isKeyError(err error) bool {
	_, ok := errors.AsType[*token.KeyError](err)
	return ok && errors.Is(err, token.ErrSignature)
}

func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	rs := token.SigningKey{ID: "rs", Algorithm: "RS256", Signer: rsaKey(t, 2048)}
	es := token.SigningKey{ID: "es", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	keys := keySet(t, rs, es)
	rsaParts := strings.Split(sign(t, goodClaims(), rs), ".")
	ecParts := strings.Split(sign(t, goodClaims(), es), ".")
	other := goodClaims()
	other["sub"] = "user-2"
	otherParts := strings.Split(sign(t, other, rs), ".")
	ecText := ecParts[0] + "." + ecParts[1]
	ecSum := sha256.Sum256([]byte(ecText))
	der, err := ecdsa.SignASN1(rand.Reader, es.Signer.(*ecdsa.PrivateKey), ecSum[:])
	if err != nil {
		t.Fatal(err)
	}
	rsaSum := sha256.Sum256([]byte(rsaParts[0] + "." + rsaParts[1]))
	pss, err := rsa.SignPSS(rand.Reader, rs.Signer.(*rsa.PrivateKey), crypto.SHA256, rsaSum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, x509.MarshalPKCS1PublicKey(&rs.Signer.(*rsa.PrivateKey).PublicKey))
	mac.Write([]byte(rsaParts[0] + "." + rsaParts[1]))
	ecSignature, err := base64.RawURLEncoding.DecodeString(ecParts[2])
	if err != nil {
		t.Fatal(err)
	}

	rsaToken := func(signature string) string { return rsaParts[0] + "." + rsaParts[1] + "." + signature }
	ecToken := func(signature []byte) string { return ecText + "." + b64(signature) }
	for name, raw := range map[string]string{
		"of another token":        rsaToken(otherParts[2]),
		"payload exchanged":       rsaParts[0] + "." + otherParts[1] + "." + rsaParts[2],
		"by another key":          rsaToken(strings.Split(sign(t, goodClaims(), token.SigningKey{ID: "rs", Algorithm: "RS256", Signer: rsaKey(t, 2048)}), ".")[2]),
		"PSS under RS256":         rsaToken(b64(pss)),
		"HMAC with the key":       rsaToken(b64(mac.Sum(nil))),
		"zero bytes":              rsaToken(b64(make([]byte, 256))),
		"one byte":                rsaToken("AA"),
		"truncated":               rsaToken(rsaParts[2][:len(rsaParts[2])-6]),
		"too long":                rsaToken("AAAA" + rsaParts[2]),
		"ECDSA in ASN.1":          ecToken(der),
		"ECDSA zero r and s":      ecToken(make([]byte, 64)),
		"ECDSA all ones":          ecToken(bytes.Repeat([]byte{255}, 64)),
		"ECDSA zero s":            ecToken(append(bytes.Clone(ecSignature[:32]), make([]byte, 32)...)),
		"ECDSA zero r":            ecToken(append(make([]byte, 32), ecSignature[32:]...)),
		"ECDSA half":              ecToken(ecSignature[:32]),
		"ECDSA padded":            ecToken(append(bytes.Clone(ecSignature), 0)),
		"ECDSA padded halves":     ecToken(bytes.Join([][]byte{{0}, ecSignature[:32], {0}, ecSignature[32:]}, nil)),
		"ECDSA zero between":      ecToken(bytes.Join([][]byte{ecSignature[:32], {0}, ecSignature[32:]}, nil)),
		"ECDSA swapped":           ecToken(append(bytes.Clone(ecSignature[32:]), ecSignature[:32]...)),
		"ECDSA signature for RSA": rsaToken(ecParts[2]),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := parse(t, raw).VerifySignature(keys); !errors.Is(err, token.ErrSignature) || isKeyError(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestKeyMustFit(t *testing.T) {
	t.Parallel()
	signer, ec := rsaKey(t, 2048), ecKey(t, elliptic.P256())
	rsJWK, ecJWK := jwk(t, signer), jwk(t, ec)
	rs := sign(t, goodClaims(), token.SigningKey{ID: "k", Algorithm: "RS256", Signer: signer})
	es := sign(t, goodClaims(), token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ec})
	spare := jwk(t, ecKey(t, elliptic.P256()))
	small := rsaKey(t, 1024)
	for name, test := range map[string]struct {
		raw  string
		jwk  map[string]any
		want string
	}{
		"unknown key":          {rs, with(rsJWK, "kid", "other"), "unknown"},
		"key without id":       {rs, with(rsJWK, "kid", nil), "unknown"}, // alone as well, see TestLoneKey
		"kid in other case":    {rs, with(rsJWK, "kid", "K"), "unknown"},
		"EC key for RS256":     {rs, ecJWK, "of the wrong kind for RS256"},
		"RSA key for ES256":    {es, rsJWK, "of the wrong kind for ES256"},
		"P-384 key for ES256":  {es, jwk(t, ecKey(t, elliptic.P384())), "of the wrong kind for ES256"},
		"for encryption":       {rs, with(rsJWK, "use", "enc"), "not a key for signatures"},
		"for signing":          {rs, with(rsJWK, "key_ops", []string{"sign"}), "not a key for signatures"},
		"for no operation":     {rs, with(rsJWK, "key_ops", []string{}), "not a key for signatures"},
		"for RS512":            {rs, with(rsJWK, "alg", "RS512"), "a key for RS512, not for RS256"},
		"for PS256":            {rs, with(rsJWK, "alg", "PS256"), "a key for PS256, not for RS256"},
		"private":              {rs, with(rsJWK, "d", "AQAB"), "a private key"},
		"symmetric":            {rs, map[string]any{"kty": "oct", "k": "AQAB", "kid": "k"}, "neither an RSA nor an EC key"},
		"Ed25519":              {rs, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(make([]byte, 32)), "kid": "k"}, "neither an RSA nor an EC key"},
		"RSA of 1024 bits":     {forge(t, `{"alg":"RS256","kid":"k"}`, `{}`, small), jwk(t, small), "RSA key of 1024 bits, not 2048 to 4096"},
		"RSA of 4104 bits":     {rs, with(rsJWK, "n", b64(bytes.Repeat([]byte{255}, 513))), "a curve or size that is not accepted"},
		"RSA of 8192 bits":     {rs, with(rsJWK, "n", b64(bytes.Repeat([]byte{255}, 1024))), "a curve or size that is not accepted"},
		"RSA of no bits":       {rs, with(rsJWK, "n", ""), "unreadable key"},
		"exponent 1":           {rs, with(rsJWK, "e", "AQ"), "unreadable key"},
		"exponent 2":           {rs, with(rsJWK, "e", "Ag"), "RSA key with a bad exponent"},
		"exponent 4":           {rs, with(rsJWK, "e", "BA"), "RSA key with a bad exponent"},
		"exponent of 80 bits":  {rs, with(rsJWK, "e", b64(bytes.Repeat([]byte{1}, 10))), "unreadable key"},
		"modulus in two parts": {rs, with(rsJWK, "n", b64(signer.N.Bytes()[:126])+"=="+b64(signer.N.Bytes()[126:])), "unreadable key"},
		"modulus with a space": {rs, with(rsJWK, "n", b64(signer.N.Bytes())+" "), "unreadable key"},
		"private, without d":   {rs, with(with(rsJWK, "d", json.RawMessage("null")), "p", "AQAB"), "a private key"},
		"private, empty":       {rs, with(rsJWK, "d", ""), "a private key"},
		"point off the curve":  {es, with(ecJWK, "x", ecJWK["y"]), "unreadable key"},
		"point at infinity":    {es, with(with(ecJWK, "x", b64(make([]byte, 32))), "y", b64(make([]byte, 32))), "unreadable key"},
		"curve relabelled":     {es, with(ecJWK, "crv", "P-384"), "unreadable key"},
		"secp256k1":            {es, with(ecJWK, "crv", "secp256k1"), "a curve or size that is not accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := marshal(t, map[string]any{"keys": []any{test.jwk, with(spare, "kid", "spare")}})
			err := parse(t, test.raw).VerifySignature(parseKeys(t, []byte(set)))
			if test.want == "unknown" {
				if !errors.Is(err, token.ErrUnknownKey) {
					t.Errorf("got %v", err)
				}
				return
			}
			bad, ok := errors.AsType[*token.KeyError](err)
			if !ok || bad.KeyID != "k" || bad.Reason != test.want || !errors.Is(err, token.ErrSignature) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// jwk is the public key as a JSON Web Key with the id "k" and nothing optional.
func jwk(t testing.TB, signer crypto.Signer) map[string]any {
	t.Helper()
	if key, ok := signer.(*rsa.PrivateKey); ok {
		return map[string]any{"kty": "RSA", "kid": "k", "n": b64(key.N.Bytes()), "e": "AQAB"}
	}
	key := signer.(*ecdsa.PrivateKey)
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	size := len(point) / 2
	return map[string]any{
		"kty": "EC", "kid": "k", "crv": key.Params().Name, "x": b64(point[1 : 1+size]), "y": b64(point[1+size:]),
	}
}

// with is a copy of the key with one member replaced; nil removes it.
func with(key map[string]any, name string, value any) map[string]any {
	out := map[string]any{}
	for n, v := range key {
		out[n] = v
	}
	out[name] = value
	if value == nil {
		delete(out, name)
	}
	return out
}

func TestKeysWithoutFuss(t *testing.T) {
	t.Parallel()
	signer := rsaKey(t, 2048)
	key := jwk(t, signer)
	raw := sign(t, goodClaims(), token.SigningKey{ID: "k", Algorithm: "RS256", Signer: signer})
	null := json.RawMessage("null")
	for name, good := range map[string]map[string]any{
		"private parts null":   with(with(with(with(key, "d", null), "k", null), "p", null), "q", null),
		"all else null":        with(with(with(with(key, "use", null), "alg", null), "key_ops", null), "x5c", null),
		"padded":               with(with(key, "n", base64.URLEncoding.EncodeToString(signer.N.Bytes())), "e", "AQAB===="),
		"in std base64":        with(key, "n", base64.StdEncoding.EncodeToString(append([]byte{0}, signer.N.Bytes()...))),
		"bare":                 key,
		"with use":             with(key, "use", "sig"),
		"with alg":             with(key, "alg", "RS256"),
		"with key_ops":         with(key, "key_ops", []string{"verify"}),
		"with a broken x5c":    with(key, "x5c", []string{"%%%"}),
		"with a wrong x5t":     with(key, "x5t", "AAAA"),
		"with a leading zero":  with(key, "n", b64(append([]byte{0}, signer.N.Bytes()...))),
		"with unknown members": with(key, "issuer", map[string]any{"a": 1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := marshal(t, map[string]any{"keys": []any{nil, "garbage", 7, map[string]any{"kty": 1}, good}})
			if err := parse(t, raw).VerifySignature(parseKeys(t, []byte(set))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenWithoutKeyID(t *testing.T) {
	t.Parallel()
	signer := ecKey(t, elliptic.P256())
	raw := sign(t, goodClaims(), token.SigningKey{Algorithm: "ES256", Signer: signer})
	others := func(n int) []any {
		var keys []any
		for i := range n {
			keys = append(keys, with(jwk(t, ecKey(t, elliptic.P256())), "kid", fmt.Sprint("other-", i)))
		}
		return keys
	}
	for name, test := range map[string]struct {
		keys []any
		want error
	}{
		"among ten":          {append(others(9), jwk(t, signer)), nil},
		"after ten":          {append(others(10), jwk(t, signer)), token.ErrSignature},
		"others do not fit":  {append([]any{jwk(t, rsaKey(t, 2048)), with(jwk(t, signer), "use", "enc")}, jwk(t, signer)), nil},
		"not among them":     {others(3), token.ErrSignature},
		"none of this kind":  {[]any{jwk(t, rsaKey(t, 2048))}, token.ErrUnknownKey},
		"two share one name": {[]any{jwk(t, ecKey(t, elliptic.P256())), jwk(t, signer)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := parseKeys(t, []byte(marshal(t, map[string]any{"keys": test.keys})))
			if err := parse(t, raw).VerifySignature(keys); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestNoKeys(t *testing.T) {
	t.Parallel()
	key := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	if err := parse(t, sign(t, goodClaims(), key)).VerifySignature(token.Keys{}); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
	if (&token.Token{}).VerifySignature(keySet(t, key)) == nil {
		t.Error("verified the zero token")
	}
}

func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	key := marshal(t, jwk(t, rsaKey(t, 2048)))
	for name, set := range map[string]string{
		"nothing":           "",
		"HTML":              "<html>",
		"null":              "null",
		"list":              "[" + key + "]",
		"bare key":          key,
		"keys is an object": `{"keys":{}}`,
		"keys is null":      `{"keys":null}`,
		"no keys":           `{"keys":[]}`,
		"only garbage":      `{"keys":[{},1,"x"]}`,
		"goes on":           `{"keys":[` + key + `]}x`,
		"too many":          `{"keys":[` + strings.Repeat(`{"kty":"oct"},`, 1000) + key + `]}`,
		"too long":          `{"keys":[` + key + `]}` + strings.Repeat(" ", token.MaxKeySetSize),
		"too deep":          `{"keys":` + strings.Repeat("[", 100_000),
	} {
		_, err := token.ParseKeys([]byte(set))
		if _, ok := errors.AsType[*token.KeySetError](err); !ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A set of keys that cannot be used is a set all the same: whoever publishes it has
// other keys than before.
func TestNoUsableKey(t *testing.T) {
	t.Parallel()
	raw := sign(t, goodClaims(), token.SigningKey{ID: "k", Algorithm: "RS256", Signer: rsaKey(t, 2048)})
	for _, set := range []string{
		`{"keys":[{"kty":"oct","kid":"k","k":"AA"}]}`,
		`{"keys":[null,{"kty":"OKP","kid":"k","crv":"Ed25519","x":"AA"}]}`,
		`{"keys":[{"kty":"RSA","kid":"k"}]}`,
	} {
		if err := parse(t, raw).VerifySignature(parseKeys(t, []byte(set))); !isKeyError(err) {
			t.Errorf("%s: got %v", set, err)
		}
	}
}

// The only key of a set is not the one that a token names if it has no name.
func TestLoneKey(t *testing.T) {
	t.Parallel()
	key := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	nameless := with(jwk(t, key.Signer), "kid", nil)
	keys := parseKeys(t, []byte(marshal(t, map[string]any{"keys": []any{nameless}})))
	if err := parse(t, sign(t, goodClaims(), key)).VerifySignature(keys); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
}

// More than 100 keys of one type cost the tokens of that type, and no other.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	rs := token.SigningKey{ID: "k", Algorithm: "RS256", Signer: rsaKey(t, 2048)}
	es := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	rsaJWK, ecJWK := with(jwk(t, rs.Signer), "kid", "k"), with(jwk(t, es.Signer), "kid", "k")
	for name, test := range map[string]struct {
		rsa, ec    int
		rsOK, esOK bool
	}{
		"100 of each":  {100, 100, true, true},
		"101 RSA keys": {101, 1, false, true},
		"101 EC keys":  {1, 101, true, false},
		"101 of each":  {101, 101, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := slices.Concat(slices.Repeat([]any{rsaJWK}, test.rsa), slices.Repeat([]any{ecJWK}, test.ec),
				slices.Repeat([]any{map[string]any{"kty": "oct", "k": "AA"}}, 101))
			keys := parseKeys(t, []byte(marshal(t, map[string]any{"keys": list})))
			for raw, good := range map[string]bool{sign(t, goodClaims(), rs): test.rsOK, sign(t, goodClaims(), es): test.esOK} {
				if err := parse(t, raw).VerifySignature(keys); good != (err == nil) || !good && !isKeyError(err) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	small := with(jwk(t, rsaKey(t, 1024)), "kid", "small")
	good := with(jwk(t, rsaKey(t, 2048)), "kid", "good")
	keys := parseKeys(t, []byte(marshal(t, map[string]any{"keys": []any{small, good}})))
	for id, want := range map[string]bool{"good": true, "small": true, "Good": false} {
		if got := keys.Has(id); got != want {
			t.Errorf("Has(%q) = %v", id, got)
		}
	}
}

// Any flipped bit breaks a token.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	for _, key := range []token.SigningKey{
		{ID: "rs", Algorithm: "RS256", Signer: rsaKey(t, 2048)},
		{ID: "es", Algorithm: "ES384", Signer: ecKey(t, elliptic.P384())},
	} {
		raw, keys := sign(t, goodClaims(), key), keySet(t, key)
		rapid.Check(t, func(t *rapid.T) {
			flipped := []byte(raw)
			flipped[rapid.IntRange(0, len(raw)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			parsed, err := token.Parse(string(flipped))
			if err == nil {
				err = parsed.VerifySignature(keys)
			}
			if err == nil {
				t.Fatalf("accepted %q", flipped)
			}
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(marshal(f, map[string]any{"keys": []any{jwk(f, ecKey(f, elliptic.P256())), jwk(f, rsaKey(f, 2048))}})))
	f.Add([]byte(`{"keys":[]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","kid":"k"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA"}, null, []]}`))
	stranger := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(f, elliptic.P256())}
	raw := sign(f, goodClaims(), stranger)
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := token.ParseKeys(data)
		if err != nil {
			if _, ok := errors.AsType[*token.KeySetError](err); !ok {
				t.Fatalf("untyped error %v", err)
			}
		}
		if parse(t, raw).VerifySignature(keys) == nil {
			t.Fatal("verified by a key that did not sign")
		}
	})
}
