package store

import (
	"slices"
	"sync"

	"github.com/cenotehq/cenote/iam"
)

// maxEntities bounds the decoded entities of one kind that stay in memory.
const maxEntities = 10_000

// entityCache keeps decoded entities. It always agrees with the committed state:
// a write drops its entity after the commit and before it is acknowledged, and a
// reader that began before the drop cannot put back what it read.
type entityCache[T iam.Entity] struct {
	mu    sync.Mutex
	drops uint64
	byKey *cache[string, T]

	// byAlias only hints at a key: what counts is whether the entity there still
	// has the alias.
	byAlias *cache[string, string]
}

func newEntityCache[T iam.Entity]() *entityCache[T] {
	return &entityCache[T]{byKey: newCache[string, T](maxEntities), byAlias: newCache[string, string](2 * maxEntities)}
}

// get returns the entity under key and, for put, the state of the cache.
func (c *entityCache[T]) get(key string) (entity T, since uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entity, ok = c.byKey.get(key)
	return entity, c.drops, ok
}

// find is get by alias.
func (c *entityCache[T]) find(alias string) (entity T, since uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok := c.byAlias.get(alias)
	if !ok {
		return entity, c.drops, false
	}
	found, ok := c.byKey.get(key)
	if !ok || !slices.Contains(found.EntityAliases(), alias) {
		return entity, c.drops, false
	}
	return found, c.drops, true
}

// put keeps what was read, unless anything was dropped since the reader looked.
func (c *entityCache[T]) put(since uint64, key string, entity T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != since {
		return
	}
	c.byKey.put(key, entity)
	for _, alias := range entity.EntityAliases() {
		c.byAlias.put(alias, key)
	}
}

func (c *entityCache[T]) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.byKey.drop(key)
}
