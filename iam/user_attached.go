package iam

import "context"

// AttachUserPolicyInput is the request of AttachUserPolicy.
type AttachUserPolicyInput struct {
	UserName  string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the user.
func (in *AttachUserPolicyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// DetachUserPolicyInput is the request of DetachUserPolicy.
type DetachUserPolicyInput struct {
	UserName  string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the user.
func (in *DetachUserPolicyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// ListAttachedUserPoliciesInput is the request of ListAttachedUserPolicies.
type ListAttachedUserPoliciesInput struct {
	UserName   string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the user.
func (in *ListAttachedUserPoliciesInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// ListAttachedUserPoliciesOutput is the answer of ListAttachedUserPolicies.
type ListAttachedUserPoliciesOutput struct {
	AttachedPolicies []AttachedPolicy `aws:"AttachedPolicies,always"`
	IsTruncated      bool             `aws:"IsTruncated"`
	Marker           string           `aws:"Marker"`
}

// AttachUserPolicy gives a user a managed policy; one that the user has already is no
// error. See AWS AttachUserPolicy.
func (s *Service) AttachUserPolicy(ctx context.Context, _ Caller, in *AttachUserPolicyInput) (*struct{}, error) {
	return nil, attach(ctx, s, s.users(), in.UserName, in.PolicyARN, noSuchUser(in.UserName))
}

// DetachUserPolicy takes a managed policy from a user. See AWS DetachUserPolicy.
func (s *Service) DetachUserPolicy(ctx context.Context, _ Caller, in *DetachUserPolicyInput) (*struct{}, error) {
	return nil, detach(ctx, s, s.users(), in.UserName, in.PolicyARN, noSuchUser(in.UserName))
}

// ListAttachedUserPolicies lists the managed policies of a user by name. See AWS
// ListAttachedUserPolicies.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, _ Caller, in *ListAttachedUserPoliciesInput) (*ListAttachedUserPoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListAttachedUserPolicies", in.UserName)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	policies, next := attachedPage(user.Attached, in.PathPrefix, p)
	return &ListAttachedUserPoliciesOutput{AttachedPolicies: policies, IsTruncated: next != "", Marker: next}, nil
}
