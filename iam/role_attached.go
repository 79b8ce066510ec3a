package iam

import (
	"context"
	"time"
)

// AttachRolePolicyInput is the request of AttachRolePolicy.
type AttachRolePolicyInput struct {
	RoleName  string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the role.
func (in *AttachRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// DetachRolePolicyInput is the request of DetachRolePolicy.
type DetachRolePolicyInput struct {
	RoleName  string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the role.
func (in *DetachRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// ListAttachedRolePoliciesInput is the request of ListAttachedRolePolicies.
type ListAttachedRolePoliciesInput struct {
	RoleName   string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the role.
func (in *ListAttachedRolePoliciesInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// ListAttachedRolePoliciesOutput is the answer of ListAttachedRolePolicies.
type ListAttachedRolePoliciesOutput struct {
	AttachedPolicies []AttachedPolicy `aws:"AttachedPolicies,always"`
	IsTruncated      bool             `aws:"IsTruncated"`
	Marker           string           `aws:"Marker"`
}

// ListInstanceProfilesForRoleInput is the request of ListInstanceProfilesForRole.
type ListInstanceProfilesForRoleInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the role.
func (in *ListInstanceProfilesForRoleInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// InstanceProfile is a role in a form that EC2 instances take.
type InstanceProfile struct {
	Path                string       `aws:"Path"`
	InstanceProfileName string       `aws:"InstanceProfileName"`
	InstanceProfileID   string       `aws:"InstanceProfileId"`
	ARN                 string       `aws:"Arn"`
	CreateDate          time.Time    `aws:"CreateDate"`
	Roles               []RoleOutput `aws:"Roles,always"`
	Tags                []Tag        `aws:"Tags"`
}

// ListInstanceProfilesForRoleOutput is the answer of ListInstanceProfilesForRole.
type ListInstanceProfilesForRoleOutput struct {
	InstanceProfiles []InstanceProfile `aws:"InstanceProfiles,always"`
	IsTruncated      bool              `aws:"IsTruncated"`
	Marker           string            `aws:"Marker"`
}

// AttachRolePolicy gives a role a managed policy; one that the role has already is no
// error. See AWS AttachRolePolicy.
func (s *Service) AttachRolePolicy(ctx context.Context, _ Caller, in *AttachRolePolicyInput) (*struct{}, error) {
	return nil, attach(ctx, s, s.roles(), in.RoleName, in.PolicyARN, noSuchRole(in.RoleName))
}

// DetachRolePolicy takes a managed policy from a role. See AWS DetachRolePolicy.
func (s *Service) DetachRolePolicy(ctx context.Context, _ Caller, in *DetachRolePolicyInput) (*struct{}, error) {
	return nil, detach(ctx, s, s.roles(), in.RoleName, in.PolicyARN, noSuchRole(in.RoleName))
}

// ListAttachedRolePolicies lists the managed policies of a role by name. See AWS
// ListAttachedRolePolicies.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, _ Caller, in *ListAttachedRolePoliciesInput) (*ListAttachedRolePoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListAttachedRolePolicies", in.RoleName)
	if err != nil {
		return nil, err
	}
	role, err := s.roles().Get(ctx, in.RoleName)
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	policies, next := attachedPage(role.Attached, in.PathPrefix, p)
	return &ListAttachedRolePoliciesOutput{AttachedPolicies: policies, IsTruncated: next != "", Marker: next}, nil
}

// ListInstanceProfilesForRole lists the instance profiles that hold a role. There
// is no operation that makes one, so the list is empty. See AWS
// ListInstanceProfilesForRole.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, _ Caller, in *ListInstanceProfilesForRoleInput) (*ListInstanceProfilesForRoleOutput, error) {
	if _, err := newPage(in.Marker, in.MaxItems, "ListInstanceProfilesForRole", in.RoleName); err != nil {
		return nil, err
	}
	if _, err := s.roles().Get(ctx, in.RoleName); err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	return &ListInstanceProfilesForRoleOutput{InstanceProfiles: []InstanceProfile{}}, nil
}
