package provider

import (
	"sync"
	"time"

	"github.com/cenotehq/cenote/token"
)

const (
	// fresh is how long keys serve without a question. AWS documents about ten
	// minutes.
	fresh = 10 * time.Minute

	// stale is how long keys serve while the provider is down or sick.
	stale = 24 * time.Hour

	// cooldown is the least time between two questions in vain.
	cooldown = 10 * time.Second

	// failed is how long the failure of a provider without keys is remembered.
	failed = time.Second

	// maxSources bounds the cache.
	maxSources = 1000
)

// entry is what is known of one source. Entries are replaced, never changed; a
// nil entry knows nothing.
type entry struct {
	keys    token.Keys
	known   bool      // there are keys
	err     error     // of the last question, if it failed
	fetched time.Time // when the keys came
	asked   time.Time // when the last question ended
	vain    time.Time // when an unknown key id last stayed unknown
}

type plan int

const (
	serve plan = iota
	serveAndRefresh
	ask
)

// decide says what to do for a caller that needs the key id.
func (e *entry) decide(kid string, now time.Time) plan {
	switch {
	case e == nil:
		return ask
	case !e.known && now.Sub(e.asked) < failed:
		return serve
	case !e.known, now.Sub(e.fetched) >= stale:
		return ask
	case e.lacks(kid) && now.Sub(e.vain) >= cooldown:
		return ask
	case now.Sub(e.fetched) >= fresh && now.Sub(e.asked) >= cooldown:
		return serveAndRefresh
	}
	return serve
}

// after is the entry that follows a question for the key id. Only other keys take
// keys back: a page of maintenance, the refusal of a firewall or an empty set says
// nothing about them, and a token with a made-up key id would find that moment.
func (e *entry) after(keys token.Keys, err error, kid string, now time.Time) *entry {
	next := &entry{asked: now, err: err}
	if err == nil {
		next.keys, next.known, next.fetched = keys, true, now
	}
	if e == nil || !e.known {
		return next
	}
	if err != nil && now.Sub(e.fetched) < stale {
		next.keys, next.known, next.fetched = e.keys, true, e.fetched
	}
	if next.lacks(kid) {
		next.vain = now
	}
	return next
}

// answer gives out the keys, or the reason why the key id is not among them.
func (e *entry) answer(kid string) (token.Keys, error) {
	if e.err != nil && (!e.known || e.lacks(kid)) {
		return token.Keys{}, e.err
	}
	return e.keys, nil
}

func (e *entry) lacks(kid string) bool { return kid != "" && !e.keys.Has(kid) }

// cache maps the keys of sources to entries and forgets the least recently used one when
// there are too many. The zero value is empty.
type cache struct {
	mu    sync.Mutex
	slots map[string]*slot
	clock uint64 // counts accesses
}

type slot struct {
	entry *entry
	used  uint64
}

func (c *cache) get(source string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.slots[source]
	if !ok {
		return nil
	}
	c.clock++
	s.used = c.clock
	return s.entry
}

func (c *cache) put(source string, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots == nil {
		c.slots = make(map[string]*slot)
	}
	if _, ok := c.slots[source]; !ok && len(c.slots) >= maxSources {
		c.evict()
	}
	c.clock++
	c.slots[source] = &slot{entry: e, used: c.clock}
}

func (c *cache) evict() {
	oldest, used := "", c.clock+1
	for source, s := range c.slots {
		if s.used < used {
			oldest, used = source, s.used
		}
	}
	delete(c.slots, oldest)
}
