package token

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// SigningKey is a private key and how to use it. It is safe for concurrent use
// if its Signer is, as those of the standard library are.
type SigningKey struct {
	// ID becomes the kid of the header, if it is set.
	ID string
	// Algorithm is RS256, RS384, RS512, ES256, ES384 or ES512.
	Algorithm string
	// Type becomes the typ of the header: "JWT" when empty; identity pools
	// write "JWS".
	Type string
	// Signer holds an RSA key of 2048 to 4096 bits, or an EC key on the curve
	// of the algorithm.
	Signer crypto.Signer
}

// Public is the key's public half, to be published.
func (k SigningKey) Public() PublicKey {
	if k.Signer == nil {
		return PublicKey{ID: k.ID, Algorithm: k.Algorithm}
	}
	return PublicKey{ID: k.ID, Algorithm: k.Algorithm, Key: k.Signer.Public()}
}

// header has the order that Cognito writes.
type header struct {
	KeyID     string `json:"kid,omitempty"`
	Type      string `json:"typ"`
	Algorithm string `json:"alg"`
}

// Sign makes a token in the compact form of RFC 7515. claims is marshalled to
// a JSON object. It returns *AlgorithmError or *KeyError when the key is unfit.
func Sign(claims any, key SigningKey) (string, error) {
	a, err := checkKey(key.Public())
	if err != nil {
		return "", err
	}
	h := header{KeyID: key.ID, Type: key.Type, Algorithm: key.Algorithm}
	if h.Type == "" {
		h.Type = "JWT"
	}
	head, err := json.Marshal(h)
	if err != nil {
		return "", fmt.Errorf("token: header: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("token: claims: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := a.sign(key.Signer, text)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// checkKey reports whether a key of ours fits its algorithm.
func checkKey(key PublicKey) (algorithm, error) {
	a, err := algorithmOf(key.Algorithm)
	if err != nil {
		return algorithm{}, err
	}
	if reason := weakness(key.Key); reason != "" {
		return algorithm{}, &KeyError{KeyID: key.ID, Reason: reason}
	}
	if !a.fits(key.Key) {
		return algorithm{}, &KeyError{KeyID: key.ID, Reason: "of the wrong kind for " + key.Algorithm}
	}
	return a, nil
}

// PublicKey is a key to be published in a key set.
type PublicKey struct {
	ID        string
	Algorithm string
	Key       crypto.PublicKey
	// Certificates, if any, become the x5c member, leaf first.
	Certificates []*x509.Certificate
}

// PublicKeys writes a JSON Web Key Set (RFC 7517) with use, alg and kid. It
// returns *AlgorithmError or *KeyError when a key is unfit.
func PublicKeys(keys ...PublicKey) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		if _, err := checkKey(k); err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: k.Key, KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig", Certificates: k.Certificates,
		})
	}
	data, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("token: key set: %w", err)
	}
	return data, nil
}

// Thumbprint names a public key after itself: its RFC 7638 SHA-256 thumbprint
// in base64url.
func Thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("token: thumbprint: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
