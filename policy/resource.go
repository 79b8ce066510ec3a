package policy

import (
	"strings"

	"github.com/cenotehq/cenote/arn"
)

// resource is one compiled value of Resource. Its first fields hold no
// variables; partition, service, region and account are in lower case.
type resource struct {
	any       bool
	malformed bool           // matches nothing
	short     bool           // has fewer than six fields and was padded with *
	head      [5]arn.Pattern // arn, partition, service, region, account
	tail      template
}

// compileResource fails where a variable stands in front of the fifth colon or
// is malformed.
func compileResource(text string, variables bool) (r resource, ok bool) {
	if text == "*" {
		return resource{any: true}, true
	}
	fields := strings.SplitN(text, ":", 6)
	r.malformed = fields[0] != "arn"
	for i := range r.head {
		switch {
		case i >= len(fields):
			r.head[i] = arn.Wild("*")
		case variables && strings.Contains(fields[i], "${"):
			return r, false
		case i == 2:
			r.head[i] = arn.Literal(strings.ToLower(fields[i]))
		default:
			r.head[i] = arn.Wild(strings.ToLower(fields[i]))
		}
	}
	if len(fields) < 6 {
		r.short = true
		fields = append(fields, "*")
	}
	r.tail, ok = compileTemplate(fields[len(fields)-1], true, variables)
	return r, ok
}

// verdict is the outcome of one comparison.
type verdict int

const (
	no       verdict = iota
	yes              // it matches
	unusable         // it cannot be compared at all
)

func (r *resource) matches(q *query, kind Kind) bool {
	if r.any {
		return true
	}
	if !q.isARN || r.malformed || r.short && kind == Resource || !r.headMatches(q) {
		return false
	}
	tail, ok := r.tail.expand(q.req.Context)
	return ok && tail.Match(q.resource[5])
}

// headMatches looks at the service first, where most differ.
func (r *resource) headMatches(q *query) bool {
	return r.head[2].Match(q.resource[2]) && r.head[4].Match(q.resource[4]) &&
		r.head[3].Match(q.resource[3]) && r.head[1].Match(q.resource[1])
}

// matchesResource reports whether the statement is about the request's
// resource. Trust policies and some resource policies have no Resource, for
// they hang on the one they are about. Where a variable has no value the
// element matches nothing, NotResource too.
func (s *Statement) matchesResource(q *query, kind Kind) bool {
	if s.Resources == nil {
		return kind == Trust || kind == Resource
	}
	found, filled := false, true
	for i := range s.rule.resources {
		r := &s.rule.resources[i]
		found = found || r.matches(q, kind)
		filled = filled && (found || !s.NotResource || r.tail.expands(q.req.Context))
	}
	if s.NotResource {
		return len(s.Resources) > 0 && !found && filled
	}
	return found
}
