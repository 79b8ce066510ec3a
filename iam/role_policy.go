package iam

import (
	"context"

	"github.com/cenotehq/cenote/policy"
)

// PutRolePolicyInput is the request of PutRolePolicy.
type PutRolePolicyInput struct {
	RoleName       string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyName     string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN of the role.
func (in *PutRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// GetRolePolicyInput is the request of GetRolePolicy.
type GetRolePolicyInput struct {
	RoleName   string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the role.
func (in *GetRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// GetRolePolicyOutput is the answer of GetRolePolicy.
type GetRolePolicyOutput struct {
	RoleName       string `aws:"RoleName"`
	PolicyName     string `aws:"PolicyName"`
	PolicyDocument string `aws:"PolicyDocument"` // percent-encoded
}

// DeleteRolePolicyInput is the request of DeleteRolePolicy.
type DeleteRolePolicyInput struct {
	RoleName   string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the role.
func (in *DeleteRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// ListRolePoliciesInput is the request of ListRolePolicies.
type ListRolePoliciesInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the role.
func (in *ListRolePoliciesInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// ListRolePoliciesOutput is the answer of ListRolePolicies.
type ListRolePoliciesOutput struct {
	PolicyNames []string `aws:"PolicyNames,always"`
	IsTruncated bool     `aws:"IsTruncated"`
	Marker      string   `aws:"Marker"`
}

// PutRolePolicy gives a role an inline policy, in the place of one of the same name.
// See AWS PutRolePolicy.
func (s *Service) PutRolePolicy(ctx context.Context, _ Caller, in *PutRolePolicyInput) (*struct{}, error) {
	document, err := parseDocument(in.PolicyDocument, policy.Identity)
	if err != nil {
		return nil, err
	}
	err = s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		policies := inline(role.Policies).with(in.PolicyName, document)
		if policies.size() > roleInlineQuota {
			return limitExceeded("Maximum policy size of %d bytes exceeded for role %s", roleInlineQuota, role.Name)
		}
		role.Policies = policies
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// GetRolePolicy shows an inline policy of a role. See AWS GetRolePolicy.
func (s *Service) GetRolePolicy(ctx context.Context, _ Caller, in *GetRolePolicyInput) (*GetRolePolicyOutput, error) {
	role, err := s.roles().Get(ctx, in.RoleName)
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	name, ok := inline(role.Policies).find(in.PolicyName)
	if !ok {
		return nil, noSuchRolePolicy(in.PolicyName)
	}
	return &GetRolePolicyOutput{
		RoleName:       role.Name,
		PolicyName:     name,
		PolicyDocument: encodeDocument(role.Policies[name]),
	}, nil
}

// DeleteRolePolicy takes an inline policy from a role. See AWS DeleteRolePolicy.
func (s *Service) DeleteRolePolicy(ctx context.Context, _ Caller, in *DeleteRolePolicyInput) (*struct{}, error) {
	err := s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		name, ok := inline(role.Policies).find(in.PolicyName)
		if !ok {
			return noSuchRolePolicy(in.PolicyName)
		}
		delete(role.Policies, name)
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// ListRolePolicies lists the names of a role's inline policies. See AWS
// ListRolePolicies.
func (s *Service) ListRolePolicies(ctx context.Context, _ Caller, in *ListRolePoliciesInput) (*ListRolePoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListRolePolicies", in.RoleName)
	if err != nil {
		return nil, err
	}
	role, err := s.roles().Get(ctx, in.RoleName)
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	names, next := inline(role.Policies).page(p)
	return &ListRolePoliciesOutput{PolicyNames: names, IsTruncated: next != "", Marker: next}, nil
}
