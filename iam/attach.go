package iam

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/fault"
)

// attachedQuota is how many managed policies a role, user or group may have (IAM
// User Guide, "IAM and AWS STS quotas").
const attachedQuota = 10

// Attachment is a managed policy as a role, user or group has it. The unique id
// keeps another policy from taking the place of one that is gone by its name.
type Attachment struct {
	ARN      string
	PolicyID string
}

// holder is what managed policies need to know about a role, user or group that has
// them. It points into the entity.
type holder struct {
	kind     string // "Role", "User" or "Group"
	id       string
	name     string
	path     string
	attached *[]Attachment
	boundary **Attachment // nil for groups, which have none
}

// holding is a pointer to an entity that has managed policies.
type holding[T any] interface {
	*T
	held() holder
}

func (r *Role) held() holder {
	return holder{kind: "Role", id: r.ID, name: r.Name, path: r.Path, attached: &r.Attached, boundary: &r.Boundary}
}

func (u *User) held() holder {
	return holder{kind: "User", id: u.ID, name: u.Name, path: u.Path, attached: &u.Attached, boundary: &u.Boundary}
}

func (g *Group) held() holder {
	return holder{kind: "Group", id: g.ID, name: g.Name, path: g.Path, attached: &g.Attached}
}

// has reports whether the entity has the policy attached, or as its boundary.
func (h holder) has(a Attachment) (attached, bounds bool) {
	bounds = h.boundary != nil && *h.boundary != nil && **h.boundary == a
	return slices.Contains(*h.attached, a), bounds
}

// claims is one of the two lists that a managed policy keeps of its users.
type claims func(*ManagedPolicy) *[]string

func attachedTo(p *ManagedPolicy) *[]string { return &p.Attached }

func boundsOf(p *ManagedPolicy) *[]string { return &p.Bounds }

// attach gives a managed policy to an entity that does not have it.
//
// A transaction changes one entity, and here are two to change. The policy comes
// first: it notes who is about to have it, unless it is gone, and it cannot be
// deleted while it notes anybody. So an attachment never outlives its policy; a crash
// between the two leaves at worst a note too many, which DeletePolicy finds out about.
// detach goes the other way, for the same reason.
func attach[T any, P holding[T]](ctx context.Context, s *Service, table Table[T], name, policyARN string, missing *fault.Error) error {
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	s.links.Lock()
	defer s.links.Unlock()
	entity, err := table.Get(ctx, name)
	if err != nil {
		return translate(err, missing, nil)
	}
	p, err := s.managedPolicy(ctx, policyARN)
	if err != nil {
		return translate(err, notAttachable(policyARN), nil)
	}
	id, given := P(&entity).held().id, p.attachment()
	if attached, _ := P(&entity).held().has(given); attached {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.claim(ctx, p, id, attachedTo); err != nil {
		return translate(err, notAttachable(policyARN), nil)
	}
	err = table.Update(ctx, name, func(entity *T) error {
		h := P(entity).held()
		if h.id != id {
			return missing
		}
		rest := without(*h.attached, policyARN)
		if len(rest) >= attachedQuota {
			return quotaExceeded("PoliciesPer"+h.kind, attachedQuota)
		}
		*h.attached = append(rest, given)
		return nil
	})
	if err != nil {
		err = errors.Join(err, s.release(ctx, given, id, attachedTo))
	}
	return translate(err, missing, nil)
}

// detach takes a managed policy from an entity.
func detach[T any, P holding[T]](ctx context.Context, s *Service, table Table[T], name, policyARN string, missing *fault.Error) error {
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	s.links.Lock()
	defer s.links.Unlock()
	ctx = context.WithoutCancel(ctx)
	var id string
	var taken Attachment
	err := table.Update(ctx, name, func(entity *T) error {
		h := P(entity).held()
		i := slices.IndexFunc(*h.attached, func(a Attachment) bool { return a.ARN == policyARN })
		if i < 0 {
			return noSuchPolicy(policyARN)
		}
		id, taken = h.id, (*h.attached)[i]
		*h.attached = without(*h.attached, policyARN)
		return nil
	})
	if err != nil {
		return translate(err, missing, nil)
	}
	return translate(s.release(ctx, taken, id, attachedTo), nil, nil)
}

func without(attached []Attachment, policyARN string) []Attachment {
	return slices.DeleteFunc(slices.Clone(attached), func(a Attachment) bool { return a.ARN == policyARN })
}

// claim notes in a managed policy that the entity with this unique id is about to
// use it. AWS's own, which are never deleted, need no notes.
func (s *Service) claim(ctx context.Context, p ManagedPolicy, id string, in claims) error {
	if p.Account == awsAccount {
		return nil
	}
	return s.updateSame(ctx, p, func(kept *ManagedPolicy) error {
		list := in(kept)
		*list = including(*list, id)
		return nil
	})
}

// release takes back a claim on the policy that a stands for, which may be gone.
func (s *Service) release(ctx context.Context, a Attachment, id string, in claims) error {
	p, err := s.managedPolicy(ctx, a.ARN)
	if err == nil && p.Account != awsAccount && p.ID == a.PolicyID {
		err = s.updateSame(ctx, p, func(kept *ManagedPolicy) error {
			list := in(kept)
			*list = excluding(*list, id)
			return nil
		})
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// dropStaleClaims makes a policy forget those who do not use it after all, since a
// crash came between claim and attachment. The caller holds s.links.
func (s *Service) dropStaleClaims(ctx context.Context, p ManagedPolicy) error {
	a := p.attachment()
	var attached, bounds []string
	for _, id := range slices.Concat(p.Attached, p.Bounds) {
		h, err := s.holderOf(ctx, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return serviceFailure(err)
		}
		isAttached, isBound := h.has(a)
		if isAttached {
			attached = including(attached, id)
		}
		if isBound {
			bounds = including(bounds, id)
		}
	}
	if len(attached) == len(p.Attached) && len(bounds) == len(p.Bounds) {
		return nil
	}
	return translate(s.updateSame(ctx, p, func(kept *ManagedPolicy) error {
		kept.Attached, kept.Bounds = attached, bounds
		return nil
	}), noSuchPolicy(a.ARN), nil)
}

// holderOf returns the role, user or group with a unique id.
func (s *Service) holderOf(ctx context.Context, id string) (holder, error) {
	switch {
	case strings.HasPrefix(id, "AROA"):
		return foundHolder(ctx, s.roles(), id)
	case strings.HasPrefix(id, "AIDA"):
		return foundHolder(ctx, s.users(), id)
	default:
		return foundHolder(ctx, s.groups(), id)
	}
}

func foundHolder[T any, P holding[T]](ctx context.Context, table Table[T], id string) (holder, error) {
	entity, err := table.Find(ctx, id)
	return P(&entity).held(), err
}

// including returns a sorted list with one more element, unless it is there already.
func including(list []string, element string) []string {
	i, found := slices.BinarySearch(list, element)
	if found {
		return list
	}
	return slices.Insert(slices.Clone(list), i, element)
}

func excluding(list []string, element string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == element })
}

// AttachedPolicy names a managed policy.
type AttachedPolicy struct {
	PolicyName string `aws:"PolicyName"`
	PolicyARN  string `aws:"PolicyArn"`
}

// attachedPage is a page of an entity's managed policies whose paths begin with
// prefix.
func attachedPage(attached []Attachment, prefix string, at page) (policies []AttachedPolicy, next string) {
	for _, a := range attached {
		_, resource, _ := strings.Cut(a.ARN, ":policy")
		slash := strings.LastIndexByte(resource, '/') + 1
		if strings.HasPrefix(resource[:slash], prefix) {
			policies = append(policies, AttachedPolicy{PolicyName: resource[slash:], PolicyARN: a.ARN})
		}
	}
	return cut(policies, func(p AttachedPolicy) string {
		return p.PolicyName + " " + p.PolicyARN[len("arn:aws:iam::"):][:len(awsAccount)]
	}, at)
}
