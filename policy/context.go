package policy

import (
	"maps"
	"slices"
	"strings"
)

// Context holds the condition keys of one request. Key names compare without
// regard to case. Copies share their keys; use Clone for one of your own. The
// zero Context is empty and read-only. Not safe for concurrent writes.
// See AWS "AWS global condition context keys".
type Context struct {
	entries map[string]entry
}

type entry struct {
	key    string // as first set
	values []string
	multi  bool
}

// NewContext is an empty Context to set keys in.
func NewContext() Context { return Context{entries: map[string]entry{}} }

// Set gives key one value, in place of any it had.
func (c Context) Set(key, value string) {
	c.entries[strings.ToLower(key)] = entry{key: key, values: []string{value}}
}

// SetList gives key a set of values, also one or none: conditions test such a
// key with ForAllValues and ForAnyValue, and variables cannot use it.
func (c Context) SetList(key string, values []string) {
	c.entries[strings.ToLower(key)] = entry{key: key, values: slices.Clone(values), multi: true}
}

// Get returns the values of key, whether it is a set, and whether it is there.
func (c Context) Get(key string) (values []string, multi, ok bool) {
	e, ok := c.entries[strings.ToLower(key)]
	return slices.Clone(e.values), e.multi, ok
}

// Keys lists the key names as they were set, sorted.
func (c Context) Keys() []string {
	keys := make([]string, 0, len(c.entries))
	for _, e := range c.entries {
		keys = append(keys, e.key)
	}
	slices.Sort(keys)
	return keys
}

// Clone is a copy that can be changed alone.
func (c Context) Clone() Context {
	out := NewContext()
	maps.Copy(out.entries, c.entries)
	return out
}

// Merge sets all keys of other in c, in place of any that c had.
func (c Context) Merge(other Context) { maps.Copy(c.entries, other.entries) }
