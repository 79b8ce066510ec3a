package provider

import (
	"context"
	"net/url"
	"strings"

	"golang.org/x/sync/singleflight"

	"github.com/cenotehq/cenote/token"
)

// Keys returns the signing keys of an issuer, a URL. They are fetched at first
// sight, refreshed in the background after ten minutes, and kept for a day
// while the provider publishes no others, since it is down or sick. kid is the key id that the caller needs, or "":
// if it is not among the keys, they are fetched again at once, unless that was
// in vain within the last ten seconds. A server whose certificate the system does not
// trust has to have one of the thumbprints at the top of its chain. It returns
// *UnreachableError, which wraps *tls.CertificateVerificationError where a server could
// not be told from an impostor, or *InvalidError.
func (c *Client) Keys(ctx context.Context, issuer, kid string, thumbprints ...string) (token.Keys, error) {
	issuer = strings.TrimSuffix(issuer, "/")
	from := newSource(issuer, thumbprints)
	seen := c.cache.get(from.key())
	next := seen.decide(kid, c.now())
	if next == serve {
		return seen.answer(kid)
	}
	if reason := unusable(issuer); reason != "" {
		issuer = issuer[strings.LastIndex(issuer, "@")+1:] // never print a password
		return token.Keys{}, &InvalidError{Issuer: issuer, Cause: &URLError{URL: issuer, Reason: reason}}
	}
	flight := c.refresh(ctx, from, kid, seen)
	if next == serveAndRefresh {
		return seen.answer(kid)
	}
	select {
	case landed := <-flight:
		return landed.Val.(*entry).answer(kid)
	case <-ctx.Done():
		return token.Keys{}, &UnreachableError{Issuer: issuer, Cause: context.Cause(ctx)}
	}
}

// unusable says why an issuer is not a URL that we call, or "".
func unusable(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "not an https URL"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "has a user, query or fragment"
	}
	return ""
}

// refresh asks the provider unless the answer that the caller has seen is
// already replaced. All callers for one source share one question, which none of
// them can cancel for the others.
func (c *Client) refresh(ctx context.Context, from source, kid string, seen *entry) <-chan singleflight.Result {
	return c.flights.DoChan(from.key(), func() (any, error) {
		current := c.cache.get(from.key())
		if current != nil && current != seen { // nil: forgotten meanwhile
			return current, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		keys, err := c.fetch(ctx, from)
		next := current.after(keys, err, kid, c.now())
		c.cache.put(from.key(), next)
		return next, nil
	})
}
