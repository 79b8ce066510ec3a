package testidp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Providers of opaque access tokens, by the names that identity pools have for them.
const (
	Facebook = "graph.facebook.com"
	Amazon   = "www.amazon.com"
	Twitter  = "api.twitter.com"
)

// ErrUnknownProvider says that a provider is none of Facebook, Amazon and Twitter.
var ErrUnknownProvider = errors.New("testidp: no such provider of access tokens")

// AccessTokensConfig describes who can sign in at Facebook, Amazon and Twitter.
type AccessTokensConfig struct {
	// Users are those who can sign in; nil means DefaultUsers. Their claims do not
	// count: access tokens have none.
	Users []User
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// AccessTokens gives out access tokens of Facebook, Amazon and Twitter, and answers for
// them as the APIs of those three do. It forgets them when it ends. It is safe for
// concurrent use.
type AccessTokens struct {
	users map[string]User
	now   func() time.Time

	mu     sync.Mutex
	grants map[string]grant // by token
}

// grant is what an access token stands for.
type grant struct {
	provider, user, app string
	secrets             string // at Twitter, the keys that requests are signed under
	expires             time.Time
}

// NewAccessTokens makes the three providers. It fails if a user has no name of his own.
func NewAccessTokens(c AccessTokensConfig) (*AccessTokens, error) {
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
	return &AccessTokens{users: users, now: c.Now, grants: make(map[string]grant)}, nil
}

// Token returns an access token of a provider for its user, valid for an hour. app is
// what an identity pool has in its settings: an app id, at Twitter
// consumerKey;consumerSecret. The token is in the form in which Logins has it, at
// Twitter token;secret. It returns ErrUnknownProvider or ErrUnknownUser.
func (a *AccessTokens) Token(provider, user, app string) (string, error) {
	if _, ok := a.users[user]; !ok {
		return "", ErrUnknownUser
	}
	g := grant{provider: provider, user: UserID(provider, user), app: app, expires: a.now().Add(lifetime)}
	switch provider {
	case Facebook:
		token := "EAA" + rand.Text()
		a.keep(token, g)
		return token, nil
	case Amazon:
		token := "Atza|" + rand.Text()
		a.keep(token, g)
		return token, nil
	case Twitter:
		consumer, consumerSecret, ok := strings.Cut(app, ";")
		if !ok {
			return "", fmt.Errorf("testidp: the app of a Twitter token is consumerKey;consumerSecret, not %q", app)
		}
		token, secret := g.user+"-"+rand.Text(), rand.Text()
		g.app, g.secrets = consumer, escape(consumerSecret)+"&"+escape(secret)
		a.keep(token, g)
		return token + ";" + secret, nil
	}
	return "", ErrUnknownProvider
}

// keep remembers a grant, and forgets those that are over.
func (a *AccessTokens) keep(token string, g grant) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	maps.DeleteFunc(a.grants, func(_ string, old grant) bool { return now.Sub(old.expires) > lifetime })
	a.grants[token] = g
}

// Revoke makes a token of Token's invalid, as when a user removes the app.
func (a *AccessTokens) Revoke(token string) {
	token, _, _ = strings.Cut(token, ";")
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.grants, token)
}

// grant returns what a token stands for, whether it is over, and whether the provider
// knows it at all.
func (a *AccessTokens) grant(provider, token string) (g grant, expired, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g, ok = a.grants[token]
	return g, !a.now().Before(g.expires), ok && g.provider == provider
}

// UserID is the id that a provider has for a user, always the same.
func UserID(provider, user string) string {
	sum := sha256.Sum256([]byte(provider + "/" + user))
	if provider == Amazon {
		return "amzn1.account." + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:17])
	}
	return fmt.Sprint(1e15 + binary.BigEndian.Uint64(sum[:])%1e15)
}

// AmazonAppID is the app id that Amazon has for an app beside its client id.
func AmazonAppID(client string) string {
	sum := sha256.Sum256([]byte(client))
	return "amzn1.application." + hex.EncodeToString(sum[:16])
}
