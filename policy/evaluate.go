package policy

import (
	"strings"

	"github.com/cenotehq/cenote/arn"
)

// Request is what a policy is asked about.
type Request struct {
	Principal Principal
	Action    string // "s3:GetObject"
	Resource  string // an ARN, or "*" where the action is about none
	Owner     string // the account that owns the resource; "" means the ARN's, or where it has none the caller's
	Context   Context
}

// Source is a policy and where it came from.
type Source struct {
	Name     string // of the policy, or its ARN; shown in reasons
	Kind     Kind
	Document *Document // nil allows nothing
}

// Policies are all that apply to a caller and a resource. The role of a Source
// is given by the field it stands in, not by its Kind.
type Policies struct {
	Identity   []Source
	Boundary   *Source // nil: none
	Session    []Source
	HasSession bool // the session was narrowed; with no Session that allows, it is denied
	Resource   *Source
}

// Evaluate decides req. It looks at every statement of every policy, for the
// reasons are part of the answer. Any explicit deny wins. Session policies are
// one set together. Pure, and safe for concurrent use.
// See AWS "Policy evaluation logic".
func Evaluate(req Request, p Policies) Decision {
	t := newTrial(req, p)
	if p.Resource != nil {
		t.run(Resource, *p.Resource)
	}
	return t.decide(Resource)
}

// EvaluateTrust decides whether req's caller may do req.Action, an STS action,
// with the role req.Resource, whose trust policy is given; identity are the
// caller's own policies. The trust policy must allow. Alone it is enough for
// federated callers, who have no policies, and for a caller of the role's own
// account that it names; one whose account it names, or of another account,
// needs to be allowed by policies of its own as well. An explicit deny anywhere
// wins. See AWS "How IAM roles are assumed" and "Cross-account policy
// evaluation logic".
func EvaluateTrust(req Request, trust Source, identity Policies) Decision {
	t := newTrial(req, identity)
	t.run(Trust, trust)
	return t.decide(Trust)
}

// query is a request made ready for comparing, once for all statements.
type query struct {
	req          *Request
	vendor, name string    // of the action, in lower case
	resource     [6]string // fields, partition to account in lower case
	isARN        bool
	bounded      bool      // the caller has a permissions boundary
	actual       [2]string // action and resource as given, for near misses to share
}

func newQuery(req *Request, bounded bool) *query {
	q := &query{req: req, bounded: bounded, actual: [2]string{req.Action, req.Resource}}
	q.vendor, q.name, _ = strings.Cut(strings.ToLower(req.Action), ":")
	q.resource, q.isARN = arn.Fields(req.Resource)
	q.isARN = q.isARN && q.resource[0] == "arn"
	for i := 1; i < 5; i++ {
		q.resource[i] = strings.ToLower(q.resource[i])
	}
	return q
}

// foreign reports whether the resource belongs to another account than the
// caller, who has one. A role always has an owner; if it is unknown, it is not
// the caller.
func (q *query) foreign(attached Kind) bool {
	owner, caller := q.req.Owner, q.req.Principal.Account
	if owner == "" && q.isARN && arn.IsAccount(q.resource[4]) {
		owner = q.resource[4]
	}
	if owner == "" {
		return attached == Trust
	}
	return caller != "" && owner != caller
}

// trial gathers what the policies say, by kind.
type trial struct {
	q      *query
	p      Policies
	allow  [Resource + 1][]Match
	deny   [Resource + 1][]Match
	grade  grade // the closest that a trust or resource policy's Allow names the caller
	misses []NearMiss
}

// usualMisses is the room for the near misses of a decision, which most stay below.
const usualMisses = 8

func newTrial(req Request, p Policies) *trial {
	t := &trial{q: newQuery(&req, p.Boundary != nil), p: p}
	for _, s := range p.Identity {
		t.run(Identity, s)
	}
	if p.Boundary != nil {
		t.run(Boundary, *p.Boundary)
	}
	for _, s := range p.Session {
		t.run(Session, s)
	}
	return t
}

func (t *trial) run(kind Kind, source Source) {
	if source.Document == nil {
		return
	}
	for i := range source.Document.Statements {
		s := &source.Document.Statements[i]
		if s.rule == nil {
			continue
		}
		g, failed, n := s.check(t.q, kind)
		m := Match{Source: source.Name, Kind: kind, Statement: i, Sid: s.Sid, Effect: s.Effect}
		switch {
		case n == 1:
			if t.misses == nil {
				t.misses = make([]NearMiss, 0, usualMisses)
			}
			t.misses = append(t.misses, s.nearMiss(m, failed, t.q))
		case n > 1:
		case s.Effect == Allow:
			t.allow[kind] = append(t.allow[kind], m)
			if kind == Trust || kind == Resource {
				t.grade = max(t.grade, g)
			}
		default:
			t.deny[kind] = append(t.deny[kind], m)
		}
	}
}

// check compares a statement with the request. It reports how closely the
// caller is named, which element failed, and how many did, counting to two.
func (s *Statement) check(q *query, kind Kind) (g grade, failed failure, n int) {
	if !s.matchesAction(q) {
		failed.element, n = "Action", n+1
	}
	if !s.matchesResource(q, kind) {
		failed.element, n = "Resource", n+1
	}
	if n > 1 {
		return g, failed, n
	}
	if g = s.matchesPrincipal(q, kind); g == unnamed {
		failed.element, n = "Principal", n+1
	}
	for i := 0; i < len(s.Conditions) && n < 2; i++ {
		if !s.Conditions[i].holds(q.req.Context) {
			failed, n = failure{"Condition", i}, n+1
		}
	}
	return g, failed, n
}

// decide weighs what was gathered; attached is Trust or Resource, the kind of
// the policy that hangs on the resource.
func (t *trial) decide(attached Kind) Decision {
	d := Decision{NearMisses: t.misses, Stands: t.stands()}
	for _, kind := range []Kind{Identity, Boundary, Session, attached} {
		if len(t.deny[kind]) == 0 {
			continue
		}
		if !d.Explicit {
			d.Explicit, d.DecidedBy = true, kind
		}
		d.Matched = append(d.Matched, t.deny[kind]...)
	}
	if d.Explicit {
		return d
	}
	d.DecidedBy, d.Allowed = t.weigh(attached)
	if d.Allowed {
		for _, kind := range []Kind{Identity, Boundary, Session, attached} {
			d.Matched = append(d.Matched, t.allow[kind]...)
		}
	}
	return d
}

func (t *trial) stands() (stands [Resource + 1]Stand) {
	for kind := range stands {
		switch {
		case len(t.deny[kind]) > 0:
			stands[kind] = Denies
		case len(t.allow[kind]) > 0:
			stands[kind] = Allows
		}
	}
	return stands
}

// weigh applies the table of what an attached policy's Allow makes up for, by
// how it names the caller, and reports the kind that decided.
// See AWS "Evaluating policies within a single account".
func (t *trial) weigh(attached Kind) (decider Kind, allowed bool) {
	given, g := len(t.allow[attached]) > 0, t.grade
	switch {
	case attached == Trust && !given:
		return Trust, false
	case attached == Trust && t.q.req.Principal.Account == "":
		return Trust, g > byAccount
	}
	foreign := t.q.foreign(attached)
	if foreign {
		g = min(g, byAccount)
	}
	granted := len(t.allow[Identity]) > 0
	bounded := t.p.Boundary == nil || len(t.allow[Boundary]) > 0
	kept := !t.p.HasSession && len(t.p.Session) == 0 || len(t.allow[Session]) > 0
	switch {
	case !granted && g < byProvider:
		return Identity, false
	case !bounded && g < byUser:
		return Boundary, false
	case !kept && g < byAnyone:
		return Session, false
	case foreign && !given:
		return attached, false
	case attached == Resource && granted && bounded && kept:
		return Identity, true
	}
	return attached, true
}
