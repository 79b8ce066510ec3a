package store

import "time"

// maxStale is how long the state of a database that others change may be believed: less
// than a second, since an answer also takes its time.
const maxStale = 900 * time.Millisecond

// maxAge is how old what is kept of a database may be, zero for any age: whoever is told
// of all changes has nothing that is stale.
func maxAge(db database) time.Duration {
	if db.ordered() {
		return 0
	}
	return maxStale
}

// cache keeps at most limit values that are not older than maxAge, those used lately
// rather than others: values enter a young generation, which replaces the old one when it
// is half of the limit, and what is used of the old one becomes young again. Its owner
// locks it.
type cache[K comparable, V any] struct {
	limit      int
	maxAge     time.Duration // zero for any age
	young, old map[K]cached[V]
}

type cached[V any] struct {
	value V
	asOf  time.Time // not set where age does not matter
}

func newCache[K comparable, V any](limit int, maxAge time.Duration) *cache[K, V] {
	return &cache[K, V]{limit: limit, maxAge: maxAge, young: map[K]cached[V]{}}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	v, ok := c.young[key]
	if !ok {
		if v, ok = c.old[key]; ok {
			c.keep(key, v)
		}
	}
	if ok && c.maxAge > 0 && time.Since(v.asOf) > c.maxAge {
		return value, false
	}
	return v.value, ok
}

// put keeps the value that key had as of a moment.
func (c *cache[K, V]) put(key K, value V, asOf time.Time) { c.keep(key, cached[V]{value, asOf}) }

func (c *cache[K, V]) keep(key K, v cached[V]) {
	if c.limit < 2 {
		return
	}
	delete(c.old, key)
	c.young[key] = v
	if len(c.young) >= c.limit/2 {
		c.young, c.old = map[K]cached[V]{}, c.young
	}
}

func (c *cache[K, V]) drop(key K) {
	delete(c.young, key)
	delete(c.old, key)
}

// view is the state of a cache that somebody found wanting, before reading what it lacks.
type view struct {
	drops uint64
	at    time.Time // not set where age does not matter
}

// versions tells views apart. Its owner locks it.
type versions struct {
	drops  uint64
	maxAge time.Duration
}

func (v *versions) now() view {
	if v.maxAge == 0 {
		return view{drops: v.drops}
	}
	return view{v.drops, time.Now()}
}
