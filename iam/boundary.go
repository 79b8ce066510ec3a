package iam

import (
	"context"
	"errors"

	"github.com/cenotehq/cenote/fault"
)

// AttachedPermissionsBoundary is a permissions boundary as answers show it.
type AttachedPermissionsBoundary struct {
	PermissionsBoundaryType string `aws:"PermissionsBoundaryType"`
	PermissionsBoundaryARN  string `aws:"PermissionsBoundaryArn"`
}

func boundaryOutput(boundary *Attachment) *AttachedPermissionsBoundary {
	if boundary == nil {
		return nil
	}
	return &AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryARN: boundary.ARN}
}

// PutRolePermissionsBoundaryInput is the request of PutRolePermissionsBoundary.
type PutRolePermissionsBoundaryInput struct {
	RoleName            string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PermissionsBoundary string `aws:"PermissionsBoundary" check:"required;len=20-2048"`
}

// Resource returns the ARN of the role.
func (in *PutRolePermissionsBoundaryInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// DeleteRolePermissionsBoundaryInput is the request of
// DeleteRolePermissionsBoundary.
type DeleteRolePermissionsBoundaryInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the role.
func (in *DeleteRolePermissionsBoundaryInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// PutUserPermissionsBoundaryInput is the request of PutUserPermissionsBoundary.
type PutUserPermissionsBoundaryInput struct {
	UserName            string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PermissionsBoundary string `aws:"PermissionsBoundary" check:"required;len=20-2048"`
}

// Resource returns the ARN of the user.
func (in *PutUserPermissionsBoundaryInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// DeleteUserPermissionsBoundaryInput is the request of
// DeleteUserPermissionsBoundary.
type DeleteUserPermissionsBoundaryInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *DeleteUserPermissionsBoundaryInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// PutRolePermissionsBoundary limits a role to what a managed policy allows, in the
// place of a boundary that it has. See AWS PutRolePermissionsBoundary.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, _ Caller, in *PutRolePermissionsBoundaryInput) (*struct{}, error) {
	return nil, putBoundary(ctx, s, s.roles(), in.RoleName, in.PermissionsBoundary, noSuchRole(in.RoleName))
}

// DeleteRolePermissionsBoundary takes a role's boundary away; none is no error. See
// AWS DeleteRolePermissionsBoundary.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, _ Caller, in *DeleteRolePermissionsBoundaryInput) (*struct{}, error) {
	return nil, dropBoundary(ctx, s, s.roles(), in.RoleName, noSuchRole(in.RoleName))
}

// PutUserPermissionsBoundary limits a user to what a managed policy allows, in the
// place of a boundary that there is. See AWS PutUserPermissionsBoundary.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, _ Caller, in *PutUserPermissionsBoundaryInput) (*struct{}, error) {
	return nil, putBoundary(ctx, s, s.users(), in.UserName, in.PermissionsBoundary, noSuchUser(in.UserName))
}

// DeleteUserPermissionsBoundary takes a user's boundary away; none is no error. See
// AWS DeleteUserPermissionsBoundary.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, _ Caller, in *DeleteUserPermissionsBoundaryInput) (*struct{}, error) {
	return nil, dropBoundary(ctx, s, s.users(), in.UserName, noSuchUser(in.UserName))
}

func putBoundary[T any, P holding[T]](ctx context.Context, s *Service, table Table[T], name, policyARN string, missing *fault.Error) error {
	s.links.Lock()
	defer s.links.Unlock()
	entity, err := table.Get(ctx, name)
	if err != nil {
		return translate(err, missing, nil)
	}
	id, before := P(&entity).held().id, *P(&entity).held().boundary
	err = s.bind(ctx, policyARN, id, func(ctx context.Context, boundary *Attachment) error {
		return table.Update(ctx, name, func(entity *T) error {
			h := P(entity).held()
			if h.id != id {
				return missing
			}
			*h.boundary = boundary
			return nil
		})
	})
	if err == nil && before != nil && before.ARN != policyARN {
		err = s.unbind(ctx, before, id)
	}
	return translate(err, missing, nil)
}

func dropBoundary[T any, P holding[T]](ctx context.Context, s *Service, table Table[T], name string, missing *fault.Error) error {
	s.links.Lock()
	defer s.links.Unlock()
	ctx = context.WithoutCancel(ctx)
	var id string
	var before *Attachment
	err := table.Update(ctx, name, func(entity *T) error {
		h := P(entity).held()
		id, before = h.id, *h.boundary
		*h.boundary = nil
		return nil
	})
	if err == nil {
		err = s.unbind(ctx, before, id)
	}
	return translate(err, missing, nil)
}

// bound lets create make an entity with this unique id, whose boundary is a managed
// policy, or none where policyARN is empty.
func (s *Service) bound(ctx context.Context, policyARN, id string, create func(context.Context, *Attachment) error) error {
	if policyARN == "" {
		return create(ctx, nil)
	}
	s.links.Lock()
	defer s.links.Unlock()
	return s.bind(ctx, policyARN, id, create)
}

// bind lets set make a managed policy the boundary of the entity with a unique id.
// Like attach, it claims the policy first. The caller holds s.links.
func (s *Service) bind(ctx context.Context, policyARN, id string, set func(context.Context, *Attachment) error) error {
	if err := checkPolicyARN(policyARN); err != nil {
		return err
	}
	missing := noSuchEntity("Scope ARN: %s does not exist or is not attachable.", policyARN)
	p, err := s.managedPolicy(ctx, policyARN)
	if err != nil {
		return translate(err, missing, nil)
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.claim(ctx, p, id, boundsOf); err != nil {
		return translate(err, missing, nil)
	}
	boundary := p.attachment()
	if err := set(ctx, &boundary); err != nil {
		return errors.Join(err, s.release(ctx, boundary, id, boundsOf))
	}
	return nil
}

// unbind takes back the claim of what was the boundary of an entity, if there was
// one.
func (s *Service) unbind(ctx context.Context, boundary *Attachment, id string) error {
	if boundary == nil {
		return nil
	}
	return s.release(context.WithoutCancel(ctx), *boundary, id, boundsOf)
}
