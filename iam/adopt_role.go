package iam

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/policy"
)

// AdoptedRole is a role of another account as that account shows it.
type AdoptedRole struct {
	Role Role // without what the other fields hold

	Trust    string            // the trust policy
	Inline   map[string]string // policies by name
	Attached []string          // ARNs
	Boundary string            // an ARN, or empty

	// Principals are the unique ids that users and roles of the account have there, by
	// the ARNs under which the trust policy names them.
	Principals map[string]string
}

// AdoptRole takes over a role with its unique id; one that is here becomes as it is
// there. Its managed policies must be here. A principal of its trust policy that is not
// here is trusted by the unique id that it has there: it is whom the policy means, and
// nobody else who gets its name. Quotas do not count, for AWS raises them on request.
// The error is a fault, or wraps ErrOther.
func (s *Service) AdoptRole(ctx context.Context, r AdoptedRole) (Adoption, error) {
	s.links.Lock()
	defer s.links.Unlock()
	role, err := s.wholeRole(ctx, r)
	if err != nil {
		return Adoption{}, err
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.claimAll(ctx, role); err != nil {
		return Adoption{}, translate(err, nil, nil)
	}
	var before Role
	done, err := Adopt(ctx, s.Roles, role.Name, func(existing *Role) (Role, error) {
		if existing == nil {
			return role, nil
		}
		if err := checkSame("role", role.Name, existing.ID, role.ID); err != nil {
			return Role{}, err
		}
		before = *existing
		next := role
		next.Tags = settled(next.Tags, existing.Tags)
		return next, nil
	})
	if err != nil {
		err = errors.Join(err, s.releaseRest(ctx, role.ID, role, before))
	} else {
		err = s.releaseRest(ctx, role.ID, before, role)
	}
	if errors.Is(err, ErrOther) {
		return Adoption{}, err
	}
	return done, translate(err, nil, entityAlreadyExists("A role with the unique id %s already exists.", role.ID))
}

// wholeRole puts the parts of an adopted role together.
func (s *Service) wholeRole(ctx context.Context, r AdoptedRole) (Role, error) {
	role := r.Role
	role.Account = s.Account
	if err := checkID(role.ID, "AROA"); err != nil {
		return Role{}, err
	}
	var err error
	if role.Trust, err = s.adoptedTrust(ctx, r.Trust, r.Principals); err != nil {
		return Role{}, err
	}
	for name, text := range r.Inline {
		document, err := parseDocument(text, policy.Identity)
		if err != nil {
			return Role{}, err
		}
		role.Policies = inline(role.Policies).with(name, document)
	}
	for _, name := range slices.Sorted(slices.Values(r.Attached)) {
		p, err := s.askedPolicy(ctx, name)
		if err != nil {
			return Role{}, err
		}
		role.Attached = append(role.Attached, p.attachment())
	}
	if r.Boundary != "" {
		p, err := s.askedPolicy(ctx, r.Boundary)
		if err != nil {
			return Role{}, err
		}
		boundary := p.attachment()
		role.Boundary = &boundary
	}
	return role, nil
}

// adoptedTrust reads a trust policy and binds it, as parseTrust does.
func (s *Service) adoptedTrust(ctx context.Context, text string, there map[string]string) (*policy.Document, error) {
	trust, err := parseDocument(text, policy.Trust)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	maps.Copy(ids, there)
	for _, name := range trust.Principals() {
		id, err := s.principalID(ctx, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, serviceFailure(err)
		}
		if id != "" {
			ids[name] = id
		}
		if _, known := ids[name]; err != nil && !known && strings.HasPrefix(name, "arn:") {
			return nil, malformedPolicy(`Invalid principal in policy: "AWS":"` + name + `"`).With(err)
		}
	}
	bound, err := trust.Rename(ids)
	return bound, translate(err, nil, nil)
}

// claimAll notes in the managed policies of a role that it is about to use them.
func (s *Service) claimAll(ctx context.Context, role Role) error {
	for _, a := range role.Attached {
		if err := s.claimFor(ctx, a, role.ID, attachedTo); err != nil {
			return err
		}
	}
	if role.Boundary == nil {
		return nil
	}
	return s.claimFor(ctx, *role.Boundary, role.ID, boundsOf)
}

func (s *Service) claimFor(ctx context.Context, a Attachment, id string, in claims) error {
	p, err := s.managedPolicy(ctx, a.ARN)
	if err != nil {
		return err
	}
	if slices.Contains(*in(&p), id) {
		return nil
	}
	return s.claim(ctx, p, id, in)
}

// releaseRest takes back the claims of what the role with this unique id had before
// and does not have after.
func (s *Service) releaseRest(ctx context.Context, id string, before, after Role) error {
	for _, a := range before.Attached {
		if slices.Contains(after.Attached, a) {
			continue
		}
		if err := s.release(ctx, a, id, attachedTo); err != nil {
			return err
		}
	}
	if before.Boundary == nil || after.Boundary != nil && *before.Boundary == *after.Boundary {
		return nil
	}
	return s.unbind(ctx, before.Boundary, id)
}
