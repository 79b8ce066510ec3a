package iam

import (
	"context"

	"github.com/cenotehq/cenote/policy"
)

// PutGroupPolicyInput is the request of PutGroupPolicy.
type PutGroupPolicyInput struct {
	GroupName      string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName     string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN of the group.
func (in *PutGroupPolicyInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// GetGroupPolicyInput is the request of GetGroupPolicy.
type GetGroupPolicyInput struct {
	GroupName  string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group.
func (in *GetGroupPolicyInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// GetGroupPolicyOutput is the answer of GetGroupPolicy.
type GetGroupPolicyOutput struct {
	GroupName      string `aws:"GroupName"`
	PolicyName     string `aws:"PolicyName"`
	PolicyDocument string `aws:"PolicyDocument"` // percent-encoded
}

// DeleteGroupPolicyInput is the request of DeleteGroupPolicy.
type DeleteGroupPolicyInput struct {
	GroupName  string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group.
func (in *DeleteGroupPolicyInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// ListGroupPoliciesInput is the request of ListGroupPolicies.
type ListGroupPoliciesInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Marker    string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems  int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the group.
func (in *ListGroupPoliciesInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// ListGroupPoliciesOutput is the answer of ListGroupPolicies.
type ListGroupPoliciesOutput struct {
	PolicyNames []string `aws:"PolicyNames,always"`
	IsTruncated bool     `aws:"IsTruncated"`
	Marker      string   `aws:"Marker"`
}

// PutGroupPolicy gives a group an inline policy, in the place of one of the same name.
// See AWS PutGroupPolicy.
func (s *Service) PutGroupPolicy(ctx context.Context, _ Caller, in *PutGroupPolicyInput) (*struct{}, error) {
	document, err := parseDocument(in.PolicyDocument, policy.Identity)
	if err != nil {
		return nil, err
	}
	err = s.groups().Update(ctx, in.GroupName, func(group *Group) error {
		policies := inline(group.Policies).with(in.PolicyName, document)
		if policies.size() > groupInlineQuota {
			return limitExceeded("Maximum policy size of %d bytes exceeded for group %s", groupInlineQuota, group.Name)
		}
		group.Policies = policies
		return nil
	})
	return nil, translate(err, noSuchGroup(in.GroupName), nil)
}

// GetGroupPolicy shows an inline policy of a group. See AWS GetGroupPolicy.
func (s *Service) GetGroupPolicy(ctx context.Context, _ Caller, in *GetGroupPolicyInput) (*GetGroupPolicyOutput, error) {
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	name, ok := inline(group.Policies).find(in.PolicyName)
	if !ok {
		return nil, noSuchGroupPolicy(in.PolicyName)
	}
	return &GetGroupPolicyOutput{
		GroupName:      group.Name,
		PolicyName:     name,
		PolicyDocument: encodeDocument(group.Policies[name]),
	}, nil
}

// DeleteGroupPolicy takes an inline policy from a group. See AWS DeleteGroupPolicy.
func (s *Service) DeleteGroupPolicy(ctx context.Context, _ Caller, in *DeleteGroupPolicyInput) (*struct{}, error) {
	err := s.groups().Update(ctx, in.GroupName, func(group *Group) error {
		name, ok := inline(group.Policies).find(in.PolicyName)
		if !ok {
			return noSuchGroupPolicy(in.PolicyName)
		}
		delete(group.Policies, name)
		return nil
	})
	return nil, translate(err, noSuchGroup(in.GroupName), nil)
}

// ListGroupPolicies lists the names of a group's inline policies. See AWS
// ListGroupPolicies.
func (s *Service) ListGroupPolicies(ctx context.Context, _ Caller, in *ListGroupPoliciesInput) (*ListGroupPoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListGroupPolicies", in.GroupName)
	if err != nil {
		return nil, err
	}
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	names, next := inline(group.Policies).page(p)
	return &ListGroupPoliciesOutput{PolicyNames: names, IsTruncated: next != "", Marker: next}, nil
}
