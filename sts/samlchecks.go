package sts

import (
	"slices"
	"sync"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/token"
)

// maxChecks is more than an account can have SAML providers, in two ways.
const maxChecks = 256

// samlChecks remembers what the metadata and the keys of SAML providers say: they may be
// a megabyte long, anybody may send a response, and most of those that come are for the
// providers of a moment ago. It is safe for concurrent use.
type samlChecks struct {
	mu   sync.Mutex
	read map[seen]readProvider
}

// seen is a provider as one of its uses sees it: identity pools decrypt nothing.
type seen struct {
	arn  string
	keys int
}

type readProvider struct {
	provider iam.SAMLProvider
	check    token.SAMLCheck
}

// of returns provider.Check(), whose parts are shared and must not be changed.
func (c *samlChecks) of(provider iam.SAMLProvider) (token.SAMLCheck, error) {
	name := seen{provider.ARN().String(), len(provider.PrivateKeys)}
	c.mu.Lock()
	known, ok := c.read[name]
	c.mu.Unlock()
	if ok && sayTheSame(known.provider, provider) {
		return known.check, nil
	}
	check, err := provider.Check()
	if err != nil {
		return token.SAMLCheck{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read == nil || len(c.read) >= maxChecks {
		c.read = make(map[seen]readProvider)
	}
	c.read[name] = readProvider{provider, check}
	return check, nil
}

// sayTheSame reports whether all is equal that Check reads.
func sayTheSame(p, q iam.SAMLProvider) bool {
	return p.Document == q.Document && p.Encryption == q.Encryption && slices.Equal(p.PrivateKeys, q.PrivateKeys)
}
