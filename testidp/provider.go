// Package testidp holds identity providers in a box, for tests and for the dev
// mode: they sign whatever they are asked to, so they never stand in a server
// that means it.
package testidp

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cenotehq/cenote/token"
)

// lifetime is how long a token is valid, as a user pool's.
const lifetime = time.Hour

// ErrUnknownUser says that the provider has no user of that name.
var ErrUnknownUser = errors.New("testidp: no such user")

// User is somebody who can sign in. Claims go into the token as they are; sub
// is Name unless they have one.
type User struct {
	Name     string
	Claims   map[string]any
	Disabled bool // what a user pool answers when it is asked
}

// Config describes a provider.
type Config struct {
	// Issuer is the iss claim, a URL such as https://idp.cenote.test or
	// https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example.
	Issuer string
	// ClientID is the aud claim unless a request names another.
	ClientID string
	// Users are those who can sign in; nil means DefaultUsers.
	Users []User
	// Key is the first signing key; nil makes one for Algorithm.
	Key crypto.Signer
	// Algorithm is RS256, RS384, RS512, ES256, ES384 or ES512; empty means the
	// one that fits Key, and RS256 without a Key.
	Algorithm string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Provider is an OpenID Connect provider. It is safe for concurrent use.
type Provider struct {
	issuer    string
	path      string // of the issuer
	clientID  string
	algorithm string
	now       func() time.Time

	mu       sync.Mutex
	users    map[string]User
	current  token.SigningKey
	previous []token.PublicKey // none or one
}

// New makes a provider. It fails if the issuer is not a URL, if a user has no
// name of his own, or if the key does not fit the algorithm.
func New(c Config) (*Provider, error) {
	issuer := strings.TrimSuffix(c.Issuer, "/")
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("testidp: issuer %q is not a URL", c.Issuer)
	}
	if c.Users == nil {
		c.Users = DefaultUsers()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	users, err := byName(c.Users)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		issuer:    issuer,
		path:      u.Path,
		clientID:  c.ClientID,
		algorithm: cmp.Or(c.Algorithm, algorithmFor(c.Key)),
		users:     users,
		now:       c.Now,
	}
	if c.Key == nil {
		return p, p.RotateKey()
	}
	p.current, err = signingKey(c.Key, p.algorithm)
	return p, err
}

func byName(users []User) (map[string]User, error) {
	named := make(map[string]User)
	for _, user := range users {
		if _, taken := named[user.Name]; taken || user.Name == "" {
			return nil, fmt.Errorf("testidp: user name %q is empty or taken", user.Name)
		}
		named[user.Name] = user
	}
	return named, nil
}

// DefaultUsers are alice, bob and carol.
func DefaultUsers() []User {
	return []User{
		user("alice", "a11ce000-0000-4000-8000-000000000001", "Alice Adams", "admins", "staff"),
		user("bob", "b0b00000-0000-4000-8000-000000000002", "Bob Brown", "staff"),
		user("carol", "ca401000-0000-4000-8000-000000000003", "Carol Clark"),
	}
}

func user(name, sub, full string, groups ...string) User {
	claims := map[string]any{
		"sub":            sub,
		"name":           full,
		"email":          name + "@example.com",
		"email_verified": true,
	}
	if len(groups) > 0 {
		claims["cognito:groups"] = groups
	}
	return User{Name: name, Claims: claims}
}

// Issuer is the iss claim of the tokens.
func (p *Provider) Issuer() string { return p.issuer }

// Token signs an ID token for a user, valid for an hour. override replaces
// claims, the standard ones included; a nil value removes one. It returns
// ErrUnknownUser.
func (p *Provider) Token(user string, override map[string]any) (string, error) {
	u, ok := p.user(user)
	if !ok {
		return "", ErrUnknownUser
	}
	now := p.now()
	claims := map[string]any{
		"iss":       p.issuer,
		"sub":       u.Name,
		"aud":       p.clientID,
		"iat":       now.Unix(),
		"auth_time": now.Unix(),
		"exp":       now.Add(lifetime).Unix(),
		"jti":       rand.Text(),
	}
	maps.Copy(claims, u.Claims)
	maps.Copy(claims, override)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	p.mu.Lock()
	key := p.current
	p.mu.Unlock()
	return token.Sign(claims, key)
}

// RotateKey makes a new signing key. The key before it stays published, so that
// its tokens stay good, until the next rotation.
func (p *Provider) RotateKey() error {
	signer, err := generate(p.algorithm)
	if err != nil {
		return err
	}
	key, err := signingKey(signer, p.algorithm)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.Signer != nil {
		p.previous = []token.PublicKey{p.current.Public()}
	}
	p.current = key
	return nil
}

// keySet is the published JSON Web Key Set.
func (p *Provider) keySet() ([]byte, error) {
	p.mu.Lock()
	keys := append([]token.PublicKey{p.current.Public()}, p.previous...)
	p.mu.Unlock()
	return token.PublicKeys(keys...)
}

func signingKey(signer crypto.Signer, algorithm string) (token.SigningKey, error) {
	id, err := token.Thumbprint(signer.Public())
	if err != nil {
		return token.SigningKey{}, err
	}
	key := token.SigningKey{ID: id, Algorithm: algorithm, Signer: signer}
	_, err = token.PublicKeys(key.Public()) // refuses an unfit key
	return key, err
}

func algorithmFor(key crypto.Signer) string {
	if key == nil {
		return "RS256"
	}
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok {
		return "RS256"
	}
	switch public.Curve {
	case elliptic.P384():
		return "ES384"
	case elliptic.P521():
		return "ES512"
	}
	return "ES256"
}

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "RS256", "RS384", "RS512":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, &token.AlgorithmError{Algorithm: algorithm}
}
