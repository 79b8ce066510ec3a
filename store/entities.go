package store

import (
	"slices"
	"sync"
	"time"

	"github.com/cenotehq/cenote/iam"
)

// maxEntities bounds the decoded entities of one kind that stay in memory.
const maxEntities = 10_000

// entityCache keeps decoded entities. It agrees with the committed state, or with that of
// a moment ago where other processes write: a write drops its entity after the commit and
// before it is acknowledged, and a reader that began before the drop cannot put back what
// it read.
type entityCache[T iam.Entity] struct {
	mu sync.Mutex
	versions
	byKey *cache[string, T]

	// byAlias only hints at a key: what counts is whether the entity there still
	// has the alias.
	byAlias *cache[string, string]
}

func newEntityCache[T iam.Entity](maxAge time.Duration) *entityCache[T] {
	return &entityCache[T]{
		versions: versions{maxAge: maxAge},
		byKey:    newCache[string, T](maxEntities, maxAge), byAlias: newCache[string, string](2*maxEntities, 0),
	}
}

// get returns the entity under key and, for put, the state of the cache.
func (c *entityCache[T]) get(key string) (entity T, since view, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entity, ok = c.byKey.get(key)
	return entity, c.now(), ok
}

// find is get by alias.
func (c *entityCache[T]) find(alias string) (entity T, since view, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok := c.byAlias.get(alias)
	if !ok {
		return entity, c.now(), false
	}
	found, ok := c.byKey.get(key)
	if !ok || !slices.Contains(found.EntityAliases(), alias) {
		return entity, c.now(), false
	}
	return found, view{}, true
}

// put keeps what was read, unless anything was dropped since the reader looked.
func (c *entityCache[T]) put(since view, key string, entity T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != since.drops {
		return
	}
	c.byKey.put(key, entity, since.at)
	for _, alias := range entity.EntityAliases() {
		c.byAlias.put(alias, key, since.at)
	}
}

func (c *entityCache[T]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.byKey.drop(key)
}
