// Package provider reaches the identity providers over the network: discovery
// and signing keys, cached and guarded.
package provider

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/token"
)

// defaultTimeout bounds everything that one look-up sends and waits for.
const defaultTimeout = 5 * time.Second

// Config says how to reach providers. The zero value reaches public ones.
type Config struct {
	// Redirects stand in for provider hosts; the first that fits counts.
	Redirects []Redirect
	// Timeout bounds discovery and keys together; zero means 5 seconds.
	Timeout time.Duration
	// RootCAs are the authorities to trust; nil means the system's.
	RootCAs *x509.CertPool
	// UserPoolKey signs questions to user pools. Without it only those that a
	// redirect names are asked.
	UserPoolKey sigv4.Credentials
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Client fetches and remembers the keys of providers. It is safe for concurrent
// use.
type Client struct {
	redirects   redirects
	timeout     time.Duration
	now         func() time.Time
	roots       *x509.CertPool
	userPoolKey sigv4.Credentials
	http        *http.Client
	flights     singleflight.Group
	shares      shares
	cache       cache
}

// New makes a Client with an empty cache.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	var rs redirects
	for _, r := range c.Redirects {
		rs = append(rs, r.clean())
	}
	return &Client{
		redirects:   rs,
		timeout:     cmp.Or(c.Timeout, defaultTimeout),
		now:         c.Now,
		roots:       c.RootCAs,
		userPoolKey: c.UserPoolKey,
		http:        newHTTPClient(rs, newTransport(rs.dialer(), c.RootCAs)),
	}
}

// SameIssuer reports whether a token's iss claim names the provider called name
// (host and path, without scheme). The scheme https:// and one trailing slash
// are ignored; plain http counts only where a redirect names the host. Where it
// does, iss may also be the redirect's base and the path, because user-pool
// emulators put their own address there.
func (c *Client) SameIssuer(iss, name string) bool {
	iss, name = strings.TrimSuffix(iss, "/"), strings.TrimSuffix(name, "/")
	if name == "" {
		return false
	}
	if strings.TrimPrefix(iss, "https://") == name {
		return true
	}
	authority, _, _ := strings.Cut(name, "/")
	r, redirected := c.redirects.of(authority)
	if !redirected {
		return false
	}
	if iss == "http://"+name {
		return true
	}
	got, err := url.Parse(iss)
	if err != nil || got.User != nil || got.RawQuery != "" || got.ForceQuery || got.Fragment != "" {
		return false
	}
	return got.Scheme == r.Base.Scheme && sameAddress(got, r.Base) &&
		got.EscapedPath() == r.Base.EscapedPath()+strings.TrimPrefix(name, authority)
}

// fetch asks the provider for its keys. User pools have them at a known place,
// and their emulators often have no discovery.
func (c *Client) fetch(ctx context.Context, from source) (token.Keys, error) {
	client, issuer := c.client(from), from.issuer
	location := issuer + "/.well-known/jwks.json"
	if !isUserPool(issuer) {
		var err error
		if location, err = c.discover(ctx, client, issuer); err != nil {
			return token.Keys{}, err
		}
	}
	body, err := get(ctx, client, issuer, location)
	if err != nil {
		return token.Keys{}, err
	}
	keys, err := token.ParseKeys(body)
	if err != nil {
		return token.Keys{}, &InvalidError{Issuer: issuer, Cause: err}
	}
	return keys, nil
}

func isUserPool(issuer string) bool {
	host, pool, _ := strings.Cut(withoutScheme(issuer), "/")
	return strings.HasPrefix(host, "cognito-idp.") &&
		(strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")) &&
		pool != "" && !strings.Contains(pool, "/")
}

// discover returns the address of the keys (OpenID Connect Discovery 1.0
// section 4).
func (c *Client) discover(ctx context.Context, client *http.Client, issuer string) (jwksURI string, err error) {
	body, err := get(ctx, client, issuer, issuer+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return "", &InvalidError{Issuer: issuer, Cause: fmt.Errorf("discovery document: %w", err)}
	}
	if document.Issuer != issuer && !c.SameIssuer(document.Issuer, withoutScheme(issuer)) {
		return "", &InvalidError{Issuer: issuer, Cause: &IssuerError{Got: document.Issuer}}
	}
	if document.JWKSURI == "" {
		return "", &InvalidError{Issuer: issuer, Cause: errors.New("discovery document without jwks_uri")}
	}
	return document.JWKSURI, nil
}

func withoutScheme(issuer string) string {
	if rest, ok := strings.CutPrefix(issuer, "https://"); ok {
		return rest
	}
	return strings.TrimPrefix(issuer, "http://")
}
