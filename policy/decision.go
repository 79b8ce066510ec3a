package policy

// Decision is the outcome of an evaluation and why. The same value makes the
// error text and the explanation.
type Decision struct {
	Allowed    bool
	Explicit   bool       // an explicit deny decided
	DecidedBy  Kind       // the one kind of policy that AWS's message names
	Matched    []Match    // the statements that decided; none where nothing allowed
	NearMisses []NearMiss // statements, of either effect, that failed in one point only

	Stands [Resource + 1]Stand // what the policies of each kind say by themselves
}

// Stand is what the policies of one kind say by themselves, whatever the others do.
type Stand int

// The stands. A kind without a policy is silent as well.
const (
	Silent Stand = iota // no statement applies
	Allows              // at least one Allow applies, and no Deny
	Denies              // at least one Deny applies
)

// Match names a statement.
type Match struct {
	Source    string // name of the policy
	Kind      Kind
	Statement int // its place in the document, from 0
	Sid       string
	Effect    Effect
}

// NearMiss is a statement that would have applied but for one element, or one
// condition.
type NearMiss struct {
	Match
	Element  string   // "Action", "NotResource", "Principal", "Condition"…
	Operator string   // of the condition
	Key      string   // of the condition
	Wanted   []string // the values in the policy, as written
	Actual   []string // the values in the request; nil where the key is absent
}

// failure is the element that did not match, and for Condition which.
type failure struct {
	element   string
	condition int
}

func (s *Statement) nearMiss(m Match, f failure, q *query) NearMiss {
	miss := NearMiss{Match: m, Element: f.element}
	not := false
	switch f.element {
	case "Action":
		not, miss.Wanted, miss.Actual = s.NotAction, s.Actions, q.actual[:1:1]
	case "Resource":
		not, miss.Wanted, miss.Actual = s.NotResource, s.Resources, q.actual[1:]
	case "Principal":
		not, miss.Wanted, miss.Actual = s.NotPrincipal, s.Principals.list(), q.req.Principal.list()
	case "Condition":
		c := &s.Conditions[f.condition]
		miss.Operator, miss.Key, miss.Wanted = c.Operator, c.Key, c.Values
		miss.Actual = q.req.Context.find(c.low).all()
	}
	if not {
		miss.Element = "Not" + miss.Element
	}
	return miss
}

func (p *Principals) list() []string {
	if p == nil {
		return nil
	}
	var all []string
	if p.Any {
		all = append(all, "*")
	}
	for _, some := range [][]string{p.AWS, p.Federated, p.Service, p.CanonicalUser} {
		for _, one := range some {
			if one != "*" {
				all = append(all, one)
			}
		}
	}
	return all
}

func (p *Principal) list() []string {
	var all []string
	for _, one := range []string{p.ARN, p.RoleARN, p.OpenerARN, p.UserID, p.Federated} {
		if one != "" {
			all = append(all, one)
		}
	}
	return all
}

// Reason is why action was denied, in the words of AWS's access denied
// messages, to follow "… is not authorized to perform: ACTION on resource: ARN";
// "" where it was allowed.
// See AWS "Troubleshoot access denied error messages".
func (d Decision) Reason(action string) string {
	switch {
	case d.Allowed:
		return ""
	case d.Explicit:
		return "with an explicit deny in " + d.DecidedBy.withArticle()
	case d.DecidedBy == Boundary:
		return "because no permissions boundary allows the " + action + " action"
	}
	return "because no " + d.DecidedBy.String() + " policy allows the " + action + " action"
}

func (k Kind) withArticle() string {
	switch k {
	case Identity:
		return "an identity-based policy"
	case Boundary:
		return "a permissions boundary"
	case Trust:
		return "the role trust policy"
	case Session, Resource:
	}
	return "a " + k.String() + " policy"
}
