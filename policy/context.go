package policy

import (
	"slices"
	"strings"
)

// Context holds the condition keys of one request. Key names compare without
// regard to case. Copies share their keys; use Clone for one of your own. The
// zero Context is empty and read-only. Not safe for concurrent writes.
// See AWS "AWS global condition context keys".
type Context struct {
	keys *keys
}

// keys are the condition keys of a request, which are so few that looking through them
// all is the quickest way to one.
type keys struct{ list []entry }

// usualKeys is how many keys there is room for without another allocation.
const usualKeys = 16

type entry struct {
	low    string // the key in lower case
	key    string // as first set
	one    [1]string
	values []string // of a set, or else nil
	multi  bool
}

// all are the values. They are not to be changed.
func (e *entry) all() []string {
	switch {
	case e == nil:
		return nil
	case e.multi:
		return e.values
	}
	return e.one[:]
}

// NewContext is an empty Context to set keys in.
func NewContext() Context { return Context{&keys{make([]entry, 0, usualKeys)}} }

// find returns the entry of a key in lower case, nil where there is none.
func (c Context) find(low string) *entry {
	if c.keys == nil {
		return nil
	}
	for i := range c.keys.list {
		if e := &c.keys.list[i]; e.low == low {
			return e
		}
	}
	return nil
}

func (c Context) put(e entry) {
	if have := c.find(e.low); have != nil {
		*have = e
		return
	}
	c.keys.list = append(c.keys.list, e)
}

// Set gives key one value, in place of any it had.
func (c Context) Set(key, value string) {
	c.put(entry{low: strings.ToLower(key), key: key, one: [1]string{value}})
}

// SetList gives key a set of values, also one or none: conditions test such a
// key with ForAllValues and ForAnyValue, and variables cannot use it.
func (c Context) SetList(key string, values []string) {
	c.put(entry{low: strings.ToLower(key), key: key, values: slices.Clone(values), multi: true})
}

// Get returns the values of key, whether it is a set, and whether it is there.
func (c Context) Get(key string) (values []string, multi, ok bool) {
	e := c.find(strings.ToLower(key))
	if e == nil {
		return nil, false, false
	}
	return slices.Clone(e.all()), e.multi, true
}

// Keys lists the key names as they were set, sorted.
func (c Context) Keys() []string {
	if c.keys == nil {
		return []string{}
	}
	names := make([]string, 0, len(c.keys.list))
	for _, e := range c.keys.list {
		names = append(names, e.key)
	}
	slices.Sort(names)
	return names
}

// Clone is a copy that can be changed alone.
func (c Context) Clone() Context {
	out := NewContext()
	out.Merge(c)
	return out
}

// Merge sets all keys of other in c, in place of any that c had.
func (c Context) Merge(other Context) {
	if other.keys == nil {
		return
	}
	if len(c.keys.list) == 0 {
		c.keys.list = append(c.keys.list, other.keys.list...)
		return
	}
	for _, e := range other.keys.list {
		c.put(e)
	}
}
