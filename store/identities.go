package store

import (
	"slices"
	"sync"
	"time"

	"github.com/cenotehq/cenote/cognito"
)

const defaultCachedIdentities = 200_000

// identityCache keeps identities with their logins under the rules of
// entityCache, except that writes, which come in the order of commits, put in
// what they left behind.
type identityCache struct {
	mu sync.Mutex
	versions
	byID *cache[string, cognito.Identity]

	// byLogin only hints at an owner: what counts is whether the identity there
	// has the login, since a login has one owner.
	byLogin *cache[poolLogin, string]
}

type poolLogin struct {
	pool string
	cognito.Login
}

func newIdentityCache(limit int, maxAge time.Duration) *identityCache {
	if limit == 0 {
		limit = defaultCachedIdentities
	}
	return &identityCache{
		versions: versions{maxAge: maxAge},
		byID:     newCache[string, cognito.Identity](limit, maxAge), byLogin: newCache[poolLogin, string](limit, 0),
	}
}

// get returns the identity called id and, for put, the state of the cache.
func (c *identityCache) get(id string) (identity cognito.Identity, since view, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	identity, ok = c.byID.get(id)
	return unshared(identity), c.now(), ok
}

// parties answers like loadParties where it knows all of the answer. It holds the
// lock throughout, so that the answer is one state of the database.
func (c *identityCache) parties(pool, self string, logins []cognito.Login) (seen parties, since view, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if self != "" {
		identity, ok := c.byID.get(self)
		if !ok {
			return parties{}, c.now(), false
		}
		identity = unshared(identity)
		seen.self = &identity
	}
	for _, login := range logins {
		owner, ok := c.owner(pool, login)
		if !ok {
			return parties{}, c.now(), false
		}
		if !slices.ContainsFunc(seen.owners, func(i cognito.Identity) bool { return i.ID == owner.ID }) {
			seen.owners = append(seen.owners, unshared(owner))
		}
	}
	return seen, view{}, true
}

func (c *identityCache) owner(pool string, login cognito.Login) (cognito.Identity, bool) {
	id, ok := c.byLogin.get(poolLogin{pool, login})
	if !ok {
		return cognito.Identity{}, false
	}
	identity, ok := c.byID.get(id)
	return identity, ok && identity.Pool == pool && slices.Contains(identity.Logins, login)
}

// put keeps what was read, unless anything changed since the reader looked.
func (c *identityCache) put(since view, identity cognito.Identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops == since.drops {
		c.keep(identity, since.at)
	}
}

// add keeps an identity that was just made, and that nobody else knows of.
func (c *identityCache) add(identity cognito.Identity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(identity, c.now().at)
}

// replace keeps what was just committed, if what comes next will be told next.
func (c *identityCache) replace(identity cognito.Identity) {
	if c.maxAge > 0 {
		c.drop(identity.ID)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.keep(identity, time.Time{})
}

func (c *identityCache) drop(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for _, id := range ids {
		c.byID.drop(id)
	}
}

func (c *identityCache) keep(identity cognito.Identity, asOf time.Time) {
	identity = unshared(identity)
	c.byID.put(identity.ID, identity, asOf)
	for _, login := range identity.Logins {
		c.byLogin.put(poolLogin{identity.Pool, login}, identity.ID, asOf)
	}
}

// unshared keeps a caller who changes the logins of a result from changing the
// cache.
func unshared(i cognito.Identity) cognito.Identity {
	i.Logins = slices.Clone(i.Logins)
	return i
}
