package iam

import "context"

// AttachGroupPolicyInput is the request of AttachGroupPolicy.
type AttachGroupPolicyInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the group.
func (in *AttachGroupPolicyInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// DetachGroupPolicyInput is the request of DetachGroupPolicy.
type DetachGroupPolicyInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the group.
func (in *DetachGroupPolicyInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// ListAttachedGroupPoliciesInput is the request of ListAttachedGroupPolicies.
type ListAttachedGroupPoliciesInput struct {
	GroupName  string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the group.
func (in *ListAttachedGroupPoliciesInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// ListAttachedGroupPoliciesOutput is the answer of ListAttachedGroupPolicies.
type ListAttachedGroupPoliciesOutput struct {
	AttachedPolicies []AttachedPolicy `aws:"AttachedPolicies,always"`
	IsTruncated      bool             `aws:"IsTruncated"`
	Marker           string           `aws:"Marker"`
}

// AttachGroupPolicy gives a group a managed policy; one that the group has already is no
// error. See AWS AttachGroupPolicy.
func (s *Service) AttachGroupPolicy(ctx context.Context, _ Caller, in *AttachGroupPolicyInput) (*struct{}, error) {
	return nil, attach(ctx, s, s.groups(), in.GroupName, in.PolicyARN, noSuchGroup(in.GroupName))
}

// DetachGroupPolicy takes a managed policy from a group. See AWS DetachGroupPolicy.
func (s *Service) DetachGroupPolicy(ctx context.Context, _ Caller, in *DetachGroupPolicyInput) (*struct{}, error) {
	return nil, detach(ctx, s, s.groups(), in.GroupName, in.PolicyARN, noSuchGroup(in.GroupName))
}

// ListAttachedGroupPolicies lists the managed policies of a group by name. See AWS
// ListAttachedGroupPolicies.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, _ Caller, in *ListAttachedGroupPoliciesInput) (*ListAttachedGroupPoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListAttachedGroupPolicies", in.GroupName)
	if err != nil {
		return nil, err
	}
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	policies, next := attachedPage(group.Attached, in.PathPrefix, p)
	return &ListAttachedGroupPoliciesOutput{AttachedPolicies: policies, IsTruncated: next != "", Marker: next}, nil
}
