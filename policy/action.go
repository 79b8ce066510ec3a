package policy

import (
	"strings"

	"github.com/cenotehq/cenote/arn"
)

// action is one compiled value of Action: vendor and name in lower case.
type action struct {
	any    bool
	vendor string
	name   arn.Pattern
}

// compileAction never fails: text without a vendor matches nothing. Wildcards
// work in the name only.
func compileAction(text string) action {
	if text == "*" {
		return action{any: true}
	}
	vendor, name, _ := strings.Cut(strings.ToLower(text), ":")
	return action{vendor: vendor, name: arn.Wild(name)}
}

func (a action) matches(vendor, name string) bool {
	return a.any || a.vendor == vendor && a.name.Match(name)
}

func (s *Statement) matchesAction(q *query) bool {
	for i := range s.rule.actions {
		if s.rule.actions[i].matches(q.vendor, q.name) {
			return !s.NotAction
		}
	}
	return s.NotAction
}
