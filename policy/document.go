// Package policy is the IAM policy language: parse, validate, evaluate.
package policy

import (
	"slices"
	"strings"
)

// Versions of the policy language. Variables exist only in Version2012; a
// document without a version is read as Version2008.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Effect is what a statement does where it applies.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Kind is where a policy is attached, which decides what it may hold and what
// it can do.
type Kind int

// The kinds of policy.
const (
	Identity Kind = iota // attached to a user, group or role
	Trust                // who may assume a role
	Session              // passed when a session begins: narrows it
	Boundary             // permissions boundary: the most a user or role can have
	Resource             // attached to a resource
)

// String is the kind as AWS writes it in front of "policy" in its messages.
func (k Kind) String() string {
	switch k {
	case Identity:
		return "identity-based"
	case Trust:
		return "role trust"
	case Session:
		return "session"
	case Boundary:
		return "permissions boundary"
	case Resource:
		return "resource-based"
	}
	return "unknown"
}

// Document is a parsed policy. It is immutable and safe for concurrent use;
// Parse is the only way to make one that ever matches.
// See AWS "Grammar of the IAM JSON policy language".
type Document struct {
	Version    string // as written; "" where absent
	ID         string
	Statements []Statement
	source     string
}

// Source is the text that d was parsed from, byte for byte.
func (d *Document) Source() string { return d.source }

// ContextKeys lists the condition keys that d tests or uses as variables,
// sorted, each once without regard to case, spelled as first met.
func (d *Document) ContextKeys() []string {
	seen := map[string]string{}
	note := func(key string) {
		if low := strings.ToLower(key); seen[low] == "" {
			seen[low] = key
		}
	}
	for i := range d.Statements {
		for _, key := range d.Statements[i].contextKeys() {
			note(key)
		}
	}
	keys := make([]string, 0, len(seen))
	for _, key := range seen {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Statement is one statement of a policy, as written.
type Statement struct {
	Sid          string
	Effect       Effect
	Principals   *Principals // nil where the statement names none
	NotPrincipal bool        // Principals are the ones excepted
	Actions      []string
	NotAction    bool     // Actions are the ones excepted
	Resources    []string // nil where the element is absent
	NotResource  bool     // Resources are the ones excepted
	Conditions   []Condition
	Start, End   int // where it stands in Source, in bytes

	rule *rule // what the elements compile to; nil never matches
}

// rule is a statement ready for evaluation.
type rule struct {
	principals []principal
	actions    []action
	resources  []resource
}

func (s *Statement) contextKeys() []string {
	var keys []string
	for i := range s.Conditions {
		keys = append(keys, s.Conditions[i].contextKeys()...)
	}
	if s.rule != nil {
		for _, r := range s.rule.resources {
			keys = append(keys, r.tail.keys()...)
		}
	}
	return keys
}
