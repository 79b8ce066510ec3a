package policy

import (
	"strings"

	"github.com/cenotehq/cenote/arn"
)

// Principal is who makes a request.
type Principal struct {
	Account   string // 12 digits; "" for federated and anonymous callers
	ARN       string // as shown in messages: of the user, the session or the account's root
	RoleARN   string // of the role, for its sessions
	OpenerARN string // of the user who opened it, for the session of a federated user
	OpenerID  string // of that user: AIDA…
	UserID    string // AIDA…, AROA…:session, or account:name of a federated user
	Federated string // how a web identity or SAML caller came: provider host or provider ARN
}

// grade is how closely an element names a caller. What a resource policy can do
// for the caller depends on it.
type grade int

const (
	unnamed    grade = iota
	byAccount        // its account is named: that delegates to the account's own policies
	byProvider       // the provider that it logged in with is named
	byRole           // the role of its session is named, or the user who opened it
	byUser           // the user is named
	byAnyone         // "*"
	bySession        // the session itself is named
)

// principal is one compiled value of Principal.
type principal struct {
	grade   grade
	account string // for byAccount, and for byRole: of the role
	id      string // ARN, unique id or provider, compared exactly
	name    string // for byRole: name without path
}

func (p *Principals) compile() []principal {
	var all []principal
	if p.Any {
		all = append(all, principal{grade: byAnyone})
	}
	for _, text := range p.AWS {
		if one, ok := compileAWS(text); ok {
			all = append(all, one)
		}
	}
	for _, text := range p.Federated {
		all = append(all, principal{grade: byProvider, id: text})
	}
	return all
}

// compileAWS reads an account, an ARN or a unique id. It has no wildcards, and
// a group is never a principal.
func compileAWS(text string) (p principal, ok bool) {
	if arn.IsAccount(text) {
		return principal{grade: byAccount, account: text}, true
	}
	if isUniqueID(text, "AIDA") {
		return principal{grade: byUser, id: text}, true
	}
	if isUniqueID(text, "AROA") {
		return principal{grade: byRole, id: text}, true
	}
	a, err := arn.Parse(text)
	if err != nil || a.Partition != "aws" || a.Region != "" || !arn.IsAccount(a.Account) || strings.ContainsAny(text, "*?") {
		return p, false
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch {
	case a.Service == "iam" && a.Resource == "root":
		return principal{grade: byAccount, account: a.Account}, true
	case name == "":
		return p, false
	case a.Service == "iam" && kind == "user":
		return principal{grade: byUser, id: text}, true
	case a.Service == "iam" && kind == "role":
		return principal{grade: byRole, id: text, account: a.Account, name: name}, true
	case a.Service == "sts" && (kind == "assumed-role" && strings.Count(rest, "/") == 1 || kind == "federated-user"):
		return principal{grade: bySession, id: text}, true
	}
	return p, false
}

func isUniqueID(text, prefix string) bool {
	return len(text) >= 16 && strings.HasPrefix(text, prefix) && !strings.ContainsFunc(text, notAlphanumeric)
}

// names reports how closely p names who; unnamed where it does not.
func (p *principal) names(who *Principal) grade {
	matched := false
	switch p.grade {
	case unnamed:
	case byAnyone:
		matched = true
	case byAccount:
		if who.Account != p.account {
			return unnamed
		}
		if who.ARN == arn.Root(p.account).String() {
			return byUser
		}
		matched = true
	case byProvider:
		matched = p.id != "" && p.id == who.Federated
	case byUser:
		if p.id == who.OpenerARN || p.id == who.OpenerID {
			return byRole // boundary and session policies still limit the federated user
		}
		matched = p.id == who.ARN || p.id == who.UserID
	case byRole:
		matched = p.namesRole(who)
	case bySession:
		matched = p.id == who.ARN
	}
	if !matched {
		return unnamed
	}
	return p.grade
}

func (p *principal) namesRole(who *Principal) bool {
	if strings.HasPrefix(p.id, "AROA") {
		return p.id == who.UserID || strings.HasPrefix(who.UserID, p.id+":")
	}
	if who.RoleARN != "" {
		return p.id == who.RoleARN
	}
	if p.id == who.ARN {
		return true
	}
	// A session's ARN holds its role's name without the path, and role names
	// are unique in an account without regard to path and case.
	role, ok := strings.CutPrefix(who.ARN, "arn:aws:sts::"+p.account+":assumed-role/")
	name, _, _ := strings.Cut(role, "/")
	return ok && strings.EqualFold(name, p.name)
}

// matchesPrincipal reports how closely the statement's principals name the
// caller. Policies that belong to the caller have no principals, the others
// must have some.
func (s *Statement) matchesPrincipal(q *query, kind Kind) grade {
	if kind == Identity || kind == Session || kind == Boundary {
		if s.Principals != nil {
			return unnamed
		}
		return bySession
	}
	if s.Principals == nil {
		return unnamed
	}
	best := unnamed
	for i := range s.rule.principals {
		best = max(best, s.rule.principals[i].names(&q.req.Principal))
	}
	switch {
	case s.NotPrincipal:
		return s.notPrincipal(q, best)
	case kind == Trust && s.Effect == Allow && best == byAnyone && q.req.Principal.Account == "":
		return unnamed // "*" lets in those who have keys, not whoever has some login
	}
	return best
}

// notPrincipal turns a match around. Naming an account does not except the
// users and roles in it, and a Deny spares nobody who has a permissions
// boundary. What such an Allow gives is no more than a delegation.
// See AWS "NotPrincipal".
func (s *Statement) notPrincipal(q *query, named grade) grade {
	if s.Effect == Deny && (q.bounded || named <= byAccount) {
		return bySession
	}
	if s.Effect == Allow && named == unnamed {
		return byAccount
	}
	return unnamed
}
