package store

// cache keeps at most limit values, those used lately rather than others: values
// enter a young generation, which replaces the old one when it is half of the
// limit, and what is used of the old one becomes young again. Its owner locks it.
type cache[K comparable, V any] struct {
	limit      int
	young, old map[K]V
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{limit: limit, young: map[K]V{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	if ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache[K, V]) put(key K, v V) {
	if c.limit < 2 {
		return
	}
	delete(c.old, key)
	c.young[key] = v
	if len(c.young) >= c.limit/2 {
		c.young, c.old = map[K]V{}, c.young
	}
}

func (c *cache[K, V]) drop(key K) {
	delete(c.young, key)
	delete(c.old, key)
}
