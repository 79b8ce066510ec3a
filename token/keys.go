package token

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	// MaxKeySetSize is the longest JSON Web Key Set in bytes.
	MaxKeySetSize = 1 << 20

	// maxKeys is how many keys of one type a set may have for tokens of that type to be
	// good (IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM").
	maxKeys = 100

	// maxMembers bounds the keys of all types together, which a token is compared with.
	maxMembers = 1000

	// maxTries bounds the signature checks for a token without a key id.
	maxTries = 10
)

// Keys are the public keys of an issuer. The zero value has none. They never change,
// and remember the signatures that they verified lately; so they are safe for
// concurrent use.
type Keys struct {
	keys []key
	seen *memo
}

// key is one key of a set. Those that cannot be used stay in it with the
// problem, so that a token which names one is refused for the true reason and
// causes no refetch.
type key struct {
	id        string
	algorithm string // the only algorithm allowed, or ""
	public    crypto.PublicKey
	problem   string
}

// ParseKeys reads a JSON Web Key Set (RFC 7517). Keys that are private,
// symmetric, not for signatures, of another kind or unreadable are never used, nor are
// RSA or EC keys of which there are more than 100. It returns *KeySetError when the
// document is not a key set, is longer than MaxKeySetSize, or has no keys or more than
// 1000.
func ParseKeys(jwks []byte) (Keys, error) {
	if len(jwks) > MaxKeySetSize {
		return Keys{}, &KeySetError{Reason: fmt.Sprintf("longer than %d bytes", MaxKeySetSize)}
	}
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(jwks, &set); err != nil || set.Keys == nil {
		return Keys{}, &KeySetError{Reason: "not a JSON object with a list of keys"}
	}
	if len(*set.Keys) > maxMembers {
		return Keys{}, &KeySetError{Reason: fmt.Sprintf("more than %d keys", maxMembers)}
	}
	var all []jwk
	siblings := make(map[string]int)
	for _, raw := range *set.Keys {
		j := parseJWK(raw)
		siblings[j.Type]++
		all = append(all, j)
	}
	parsed := Keys{seen: new(memo)}
	for _, j := range all {
		parsed.keys = append(parsed.keys, j.key(siblings[j.Type]))
	}
	if !slices.ContainsFunc(parsed.keys, func(k key) bool { return k.problem != notAKey }) {
		return Keys{}, &KeySetError{Reason: "no keys"}
	}
	return parsed, nil
}

// notAKey is the problem of what stands in a set and is no JSON Web Key.
const notAKey = "not a JSON Web Key"

// publicJWK is what a public key needs (RFC 7518 section 6). Certificates and
// thumbprints beside it are left out on purpose: they prove nothing here, and a
// broken one would cost a good key.
type publicJWK struct {
	Type     string `json:"kty"`
	Curve    string `json:"crv,omitempty"`
	X        string `json:"x,omitempty"`
	Y        string `json:"y,omitempty"`
	Modulus  string `json:"n,omitempty"`
	Exponent string `json:"e,omitempty"`
}

// jwk is what a JSON Web Key says of itself; the zero value is that of something else.
type jwk struct {
	publicJWK
	ID         string          `json:"kid"`
	Use        string          `json:"use"`
	Operations []string        `json:"key_ops"`
	Algorithm  string          `json:"alg"`
	D          json.RawMessage `json:"d"`
	K          json.RawMessage `json:"k"`
	P          json.RawMessage `json:"p"`
	Q          json.RawMessage `json:"q"`
}

func parseJWK(raw []byte) jwk {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return jwk{}
	}
	return j
}

// key is the key for signatures; siblings is how many keys of its type the set has.
func (j jwk) key(siblings int) key {
	k := key{id: j.ID, algorithm: j.Algorithm}
	switch {
	case j.Type == "":
		k.problem = notAKey
	case j.Type != "RSA" && j.Type != "EC":
		k.problem = "neither an RSA nor an EC key"
	case j.isPrivate():
		k.problem = "a private key"
	case j.Use != "" && j.Use != "sig", j.Operations != nil && !slices.Contains(j.Operations, "verify"):
		k.problem = "not a key for signatures"
	case siblings > maxKeys:
		k.problem = fmt.Sprintf("one of more than %d %s keys", maxKeys, j.Type)
	default:
		k.public, k.problem = parsePublic(j.publicJWK)
	}
	return k
}

// isPrivate reports whether a member of private or symmetric keys is there. Some
// serializers write all that they know, null for what is not.
func (j jwk) isPrivate() bool {
	return slices.ContainsFunc([]json.RawMessage{j.D, j.K, j.P, j.Q}, func(member json.RawMessage) bool {
		return member != nil && string(member) != "null"
	})
}

// parsePublic reads the numbers also in base64 with padding or of the other alphabet,
// against RFC 7518 section 2: providers write them so, and no number has two readings.
func parsePublic(j publicJWK) (public crypto.PublicKey, problem string) {
	for _, number := range []*string{&j.X, &j.Y, &j.Modulus, &j.Exponent} {
		*number = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(*number), "=")
	}
	data, err := json.Marshal(j)
	if err != nil {
		return nil, "unreadable key"
	}
	var parsed jose.JSONWebKey
	err = parsed.UnmarshalJSON(data)
	if errors.Is(err, jose.ErrUnsupportedKeyType) {
		return nil, "a curve or size that is not accepted"
	}
	if err != nil {
		return nil, "unreadable key"
	}
	return parsed.Key, weakness(parsed.Key)
}

// Has reports whether the set has a key with this id, usable or not.
func (k Keys) Has(id string) bool {
	return slices.ContainsFunc(k.keys, func(k key) bool { return k.id == id })
}

// VerifySignature reports whether one of the keys signed the token. It returns
// ErrUnknownKey when no key bears the token's key id, *KeyError when those that
// do may not be used for it, and ErrSignature when the signature does not
// verify. A token without a key id is tried with up to ten keys that fit. A key without
// one is never tried for a token with one, be it alone in its set: AWS takes none.
func (t *Token) VerifySignature(keys Keys) error {
	a, err := algorithmOf(t.Algorithm)
	if err != nil {
		return err
	}
	var fitting []key
	misfit := ErrUnknownKey
	for _, k := range keys.keys {
		if t.KeyID != "" && k.id != t.KeyID {
			continue
		}
		reason := k.misfit(a, t.Algorithm)
		if reason == "" {
			fitting = append(fitting, k)
		} else if t.KeyID != "" {
			misfit = &KeyError{KeyID: k.id, Reason: reason}
		}
	}
	if len(fitting) == 0 {
		return misfit
	}
	text := t.memoKey()
	if keys.seen.has(text) {
		return nil
	}
	for _, k := range fitting[:min(len(fitting), maxTries)] {
		if a.verify(k.public, t.signed, t.signature) {
			keys.seen.add(text)
			return nil
		}
	}
	return ErrSignature
}

// misfit says why the key may not verify signatures of the algorithm, or "".
func (k key) misfit(a algorithm, name string) string {
	switch {
	case k.problem != "":
		return k.problem
	case k.algorithm != "" && k.algorithm != name:
		return fmt.Sprintf("a key for %s, not for %s", k.algorithm, name)
	case !a.fits(k.public):
		return "of the wrong kind for " + name
	}
	return ""
}
