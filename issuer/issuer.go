// Package issuer signs the OpenID tokens of identity pools and publishes the keys
// that verify them.
package issuer

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cenotehq/cenote/token"
)

// URL is the iss claim of every token, as in most regions of AWS ("Open ID
// Connect tokens issued by Amazon Cognito").
const URL = "https://cognito-identity.amazonaws.com"

// Paths under which AWS publishes what verifiers need.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/.well-known/jwks_uri"
)

// rsaBits is the size of new RSA keys, as AWS's have.
const rsaBits = 2048

// Issuer signs tokens with the first of its keys and publishes all, so that
// tokens of a retired key verify until they expire. It is safe for concurrent
// use.
type Issuer struct {
	using atomic.Pointer[keySet]

	// slots are as many as there are cores: an RSA signature takes a core for
	// most of a millisecond, and without a queue a burst of them starves the rest
	// of the server.
	slots chan struct{}
}

// keySet is what an Issuer has at one moment.
type keySet struct {
	signing    token.SigningKey
	public     token.Keys
	jwks       []byte
	algorithms []string // of all keys
}

// New makes an issuer of at least one key, the one that signs first.
func New(signing token.SigningKey, retired ...token.SigningKey) (*Issuer, error) {
	i := &Issuer{slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
	if err := i.Use(signing, retired...); err != nil {
		return nil, err
	}
	return i, nil
}

// Use replaces the keys by others, as New takes them. Calls that are under way go on
// with those that they began with.
func (i *Issuer) Use(signing token.SigningKey, retired ...token.SigningKey) error {
	public, algorithms := []token.PublicKey{signing.Public()}, []string{signing.Algorithm}
	for _, k := range retired {
		public = append(public, k.Public())
		if !slices.Contains(algorithms, k.Algorithm) {
			algorithms = append(algorithms, k.Algorithm)
		}
	}
	jwks, err := token.PublicKeys(public...)
	if err != nil {
		return fmt.Errorf("issuer: publishing the signing keys: %w", err)
	}
	keys, err := token.ParseKeys(jwks)
	if err != nil {
		return fmt.Errorf("issuer: reading back the signing keys: %w", err)
	}
	signing.Type = "JWS"
	i.using.Store(&keySet{signing: signing, public: keys, jwks: jwks, algorithms: algorithms})
	return nil
}

// Sign makes a token of claims. It waits for a free core, or returns the context's
// error.
func (i *Issuer) Sign(ctx context.Context, claims any) (string, error) {
	select {
	case i.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-i.slots }()
	return token.Sign(claims, i.using.Load().signing)
}

// Keys returns the public keys of all tokens that may still be valid.
func (i *Issuer) Keys() token.Keys { return i.using.Load().public }

// JWKS returns the JSON Web Key Set to publish at KeysPath.
func (i *Issuer) JWKS() []byte { return i.using.Load().jwks }

// Discovery returns the document to publish at DiscoveryPath (OpenID Connect
// Discovery 1.0). base is the URL at which this server is reached: unlike the
// issuer's name, the address of the keys must lead here.
func (i *Issuer) Discovery(base string) []byte {
	document, err := json.Marshal(map[string]any{
		"issuer":                                URL,
		"jwks_uri":                              strings.TrimSuffix(base, "/") + KeysPath,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": i.using.Load().algorithms,
		"claims_supported":                      []string{"aud", "sub", "iss", "exp", "iat", "amr"},
	})
	if err != nil {
		panic(err) // strings only
	}
	return document
}

// GenerateKey draws a private key for algorithm (RS512, RS256, …, ES256) in the
// form that ParseKey reads (PKCS #8).
func GenerateKey(algorithm string) ([]byte, error) {
	var key crypto.PrivateKey
	var err error
	if strings.HasPrefix(algorithm, "ES") {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, rsaBits)
	}
	if err != nil {
		return nil, fmt.Errorf("issuer: drawing a signing key: %w", err)
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// ParseKey reads what GenerateKey made for algorithm. id is the kid of its tokens.
func ParseKey(id, algorithm string, pkcs8 []byte) (token.SigningKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return token.SigningKey{}, fmt.Errorf("issuer: reading the signing key %s: %w", id, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return token.SigningKey{}, fmt.Errorf("issuer: the signing key %s cannot sign", id)
	}
	return token.SigningKey{ID: id, Algorithm: algorithm, Signer: signer}, nil
}
