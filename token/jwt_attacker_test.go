package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"hash"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

var (
	errIssuer = errors.New("another issuer")
	errClient = errors.New("another client")
)

// admit does all that a reader of tokens does: what it returns nil for gets in.
func admit(raw string, keys token.Keys) error {
	t, err := token.Parse(raw)
	if err != nil {
		return err
	}
	if t.Issuer != "https://idp.example.com" {
		return errIssuer
	}
	if err := t.Require("aud", "sub", "exp"); err != nil {
		return err
	}
	if err := t.VerifySignature(keys); err != nil {
		return err
	}
	if err := t.CheckTime(issuedAt(), 5*time.Minute); err != nil {
		return err
	}
	if !slices.Contains(t.Client(), "client-1") {
		return errClient
	}
	return nil
}

// What an attack has to end with.
func malformed(reason token.Reason) func(error) bool {
	return func(err error) bool {
		bad, ok := errors.AsType[*token.MalformedError](err)
		return ok && bad.Reason == reason
	}
}

func refusedAlgorithm(err error) bool {
	_, ok := errors.AsType[*token.AlgorithmError](err)
	return ok
}

func badSignature(err error) bool { return errors.Is(err, token.ErrSignature) && !isKeyError(err) }

func unknownKey(err error) bool { return errors.Is(err, token.ErrUnknownKey) }

func expired(err error) bool { _, ok := errors.AsType[*token.ExpiredError](err); return ok }

func notYet(err error) bool { _, ok := errors.AsType[*token.NotYetError](err); return ok }

func missing(err error) bool { _, ok := errors.AsType[*token.MissingClaimError](err); return ok }

func is(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }

func admitted(err error) bool { return err == nil }

// attackers is what the attacks are made with: the victim's keys, which only the
// issuer has, and some of the attacker's.
type attackers struct {
	t              *testing.T
	rs, evil       *rsa.PrivateKey
	es             *ecdsa.PrivateKey
	set            []any // the issuer's public keys
	body           string
	good, ecGood   string
	parts, ecParts []string
}

func newAttackers(t *testing.T) *attackers {
	t.Helper()
	a := &attackers{t: t, rs: rsaKey(t, 2048), evil: rsaKey(t, 2048), es: ecKey(t, elliptic.P256()), body: marshal(t, goodClaims())}
	a.set = []any{with(jwk(t, a.rs), "kid", "rs"), with(jwk(t, a.es), "kid", "es")}
	a.good = a.forge(`{"alg":"RS256","kid":"rs"}`, a.body)
	a.ecGood = sign(t, goodClaims(), token.SigningKey{ID: "es", Algorithm: "ES256", Signer: a.es})
	a.parts, a.ecParts = strings.Split(a.good, "."), strings.Split(a.ecGood, ".")
	return a
}

// forge signs with the issuer's key, so that the signature is not what stops it.
func (a *attackers) forge(header, payload string) string { return forge(a.t, header, payload, a.rs) }

func (a *attackers) header(text string) string { return a.forge(text, a.body) }

// claim is a good token in which some claims, in JSON, come before the others' end.
func (a *attackers) claim(more string) string {
	return a.forge(`{"alg":"RS256","kid":"rs"}`, strings.TrimSuffix(a.body, "}")+","+more+"}")
}

// claims is a good token with one claim replaced, or without it for nil.
func (a *attackers) claims(name string, value any) string {
	return a.forge(`{"alg":"RS256","kid":"rs"}`, marshal(a.t, with(goodClaims(), name, value)))
}

// symmetric signs with a shared secret.
func (a *attackers) symmetric(alg, kid string, h func() hash.Hash, secret []byte) string {
	text := b64([]byte(`{"alg":"`+alg+`","kid":"`+kid+`"}`)) + "." + a.parts[1]
	mac := hmac.New(h, secret)
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

func (a *attackers) unsigned(alg string) string {
	return b64([]byte(`{"alg":"`+alg+`"}`)) + "." + a.parts[1] + "."
}

func (a *attackers) ec(r, s *big.Int) string {
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return a.ecParts[0] + "." + a.ecParts[1] + "." + b64(signature)
}

func (a *attackers) ecSignature() (r, s *big.Int) {
	raw, err := base64.RawURLEncoding.DecodeString(a.ecParts[2])
	if err != nil {
		a.t.Fatal(err)
	}
	return new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])
}

// jwtAttack is a token, and what has to become of it.
type jwtAttack struct {
	raw  string
	want func(error) bool
}

func (a *attackers) run(attacks map[string]jwtAttack) {
	keys := parseKeys(a.t, []byte(marshal(a.t, map[string]any{"keys": a.set})))
	for _, raw := range []string{a.good, a.ecGood} {
		if err := admit(raw, keys); err != nil {
			a.t.Fatalf("the good token is refused: %v", err)
		}
	}
	for name, attack := range attacks {
		a.t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := admit(attack.raw, keys); !attack.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
