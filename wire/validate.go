package wire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// violationsLimit bounds the work and the message that a hostile request can cause.
const violationsLimit = 100

// Violation is one member that breaks one constraint, in AWS's words.
type Violation struct {
	Path       string // such as roleMappings.KEY.member.type
	Value      string // null, or the value in quotes; cut when long, *** when secret
	Constraint string // such as Member must not be null
}

// ValidationError holds what a request breaks, in the order of the fields, at most a hundred violations.
type ValidationError struct {
	Violations []Violation
}

// Error returns the message that AWS sends to the client for these violations.
func (e *ValidationError) Error() string {
	var b strings.Builder
	plural := "s"
	if len(e.Violations) == 1 {
		plural = ""
	}
	fmt.Fprintf(&b, "%d validation error%s detected: ", len(e.Violations), plural)
	for i, v := range e.Violations {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "Value %s at '%s' failed to satisfy constraint: %s", v.Value, v.Path, v.Constraint)
	}
	return b.String()
}

// validate holds a tree that has been filled into s, so that its types are right, against the rules of s.
func validate(s *shape, tree any) error {
	var c checker
	c.structure(s, "", tree)
	if len(c.violations) == 0 {
		return nil
	}
	return &ValidationError{Violations: c.violations}
}

type checker struct {
	violations []Violation
}

func (c *checker) full() bool { return len(c.violations) >= violationsLimit }

func (c *checker) add(path, value, constraint string) {
	if !c.full() {
		c.violations = append(c.violations, Violation{Path: path, Value: value, Constraint: constraint})
	}
}

func (c *checker) structure(s *shape, prefix string, v any) {
	members, _ := v.(map[string]any)
	for i := range s.fields {
		f := &s.fields[i]
		c.field(f, prefix+f.path, members[f.name])
	}
}

func (c *checker) field(f *field, path string, v any) {
	if v == nil {
		if f.required {
			c.add(path, "null", mustNotBeNull)
		}
		return
	}
	for _, constraint := range f.check.broken(f.shape, v) {
		c.add(path, f.quote(v), constraint)
	}
	switch v := v.(type) {
	case []any:
		c.members(f, path, v)
	case map[string]any:
		if f.shape.kind == structure {
			c.structure(f.shape, path+".", v)
			return
		}
		c.entries(f, path, v)
	}
}

func (c *checker) members(f *field, path string, members []any) {
	if f.shape.member.kind == structure {
		for i, m := range members {
			if c.full() {
				return
			}
			c.inner(f.shape.member, path+"."+strconv.Itoa(i+1)+".member", m)
		}
		return
	}
	if texts := f.each.brokenByAny(f.shape.member, slices.Values(members)); texts != nil {
		c.add(path, f.quote(members), "Member must satisfy constraint: ["+strings.Join(texts, ", ")+"]")
	}
}

func (c *checker) entries(f *field, path string, entries map[string]any) {
	keys := func(yield func(any) bool) {
		for k := range entries {
			if !yield(k) {
				return
			}
		}
	}
	if texts := f.key.brokenByAny(&shape{kind: text}, keys); texts != nil {
		c.add(path, f.quote(entries), "Map keys must satisfy constraint: ["+strings.Join(texts, ", ")+"]")
	}
	if f.shape.member.kind == structure {
		for _, k := range slices.Sorted(maps.Keys(entries)) {
			if c.full() {
				return
			}
			c.inner(f.shape.member, path+"."+cut(k)+".member", entries[k])
		}
		return
	}
	if texts := f.each.brokenByAny(f.shape.member, maps.Values(entries)); texts != nil {
		c.add(path, f.quote(entries), "Map value must satisfy constraint: ["+strings.Join(texts, ", ")+"]")
	}
}

func (c *checker) inner(s *shape, path string, v any) {
	if v == nil {
		c.add(path, "null", mustNotBeNull)
		return
	}
	c.structure(s, path+".", v)
}

// brokenByAny returns all constraints if any value breaks one, null included: AWS reports the collection as a whole.
func (r *rules) brokenByAny(s *shape, values func(yield func(any) bool)) []string {
	var broken bool
	for v := range values {
		if holdsNull(v) {
			return append(r.all(), mustNotBeNull)
		}
		broken = broken || len(r.broken(s, v)) > 0
	}
	if broken {
		return r.all()
	}
	return nil
}

// holdsNull reports whether v is null or a collection with a null inside.
func holdsNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	case map[string]any:
		for _, e := range v {
			if holdsNull(e) {
				return true
			}
		}
	}
	return false
}
