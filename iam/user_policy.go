package iam

import (
	"context"

	"github.com/cenotehq/cenote/policy"
)

// PutUserPolicyInput is the request of PutUserPolicy.
type PutUserPolicyInput struct {
	UserName       string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName     string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN of the user.
func (in *PutUserPolicyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// GetUserPolicyInput is the request of GetUserPolicy.
type GetUserPolicyInput struct {
	UserName   string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *GetUserPolicyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// GetUserPolicyOutput is the answer of GetUserPolicy.
type GetUserPolicyOutput struct {
	UserName       string `aws:"UserName"`
	PolicyName     string `aws:"PolicyName"`
	PolicyDocument string `aws:"PolicyDocument"` // percent-encoded
}

// DeleteUserPolicyInput is the request of DeleteUserPolicy.
type DeleteUserPolicyInput struct {
	UserName   string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	PolicyName string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *DeleteUserPolicyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// ListUserPoliciesInput is the request of ListUserPolicies.
type ListUserPoliciesInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the user.
func (in *ListUserPoliciesInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// ListUserPoliciesOutput is the answer of ListUserPolicies.
type ListUserPoliciesOutput struct {
	PolicyNames []string `aws:"PolicyNames,always"`
	IsTruncated bool     `aws:"IsTruncated"`
	Marker      string   `aws:"Marker"`
}

// PutUserPolicy gives a user an inline policy, in the place of one of the same name.
// See AWS PutUserPolicy.
func (s *Service) PutUserPolicy(ctx context.Context, _ Caller, in *PutUserPolicyInput) (*struct{}, error) {
	document, err := parseDocument(in.PolicyDocument, policy.Identity)
	if err != nil {
		return nil, err
	}
	err = s.users().Update(ctx, in.UserName, func(user *User) error {
		policies := inline(user.Policies).with(in.PolicyName, document)
		if policies.size() > userInlineQuota {
			return limitExceeded("Maximum policy size of %d bytes exceeded for user %s", userInlineQuota, user.Name)
		}
		user.Policies = policies
		return nil
	})
	return nil, translate(err, noSuchUser(in.UserName), nil)
}

// GetUserPolicy shows an inline policy of a user. See AWS GetUserPolicy.
func (s *Service) GetUserPolicy(ctx context.Context, _ Caller, in *GetUserPolicyInput) (*GetUserPolicyOutput, error) {
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	name, ok := inline(user.Policies).find(in.PolicyName)
	if !ok {
		return nil, noSuchUserPolicy(in.PolicyName)
	}
	return &GetUserPolicyOutput{
		UserName:       user.Name,
		PolicyName:     name,
		PolicyDocument: encodeDocument(user.Policies[name]),
	}, nil
}

// DeleteUserPolicy takes an inline policy from a user. See AWS DeleteUserPolicy.
func (s *Service) DeleteUserPolicy(ctx context.Context, _ Caller, in *DeleteUserPolicyInput) (*struct{}, error) {
	err := s.users().Update(ctx, in.UserName, func(user *User) error {
		name, ok := inline(user.Policies).find(in.PolicyName)
		if !ok {
			return noSuchUserPolicy(in.PolicyName)
		}
		delete(user.Policies, name)
		return nil
	})
	return nil, translate(err, noSuchUser(in.UserName), nil)
}

// ListUserPolicies lists the names of a user's inline policies. See AWS
// ListUserPolicies.
func (s *Service) ListUserPolicies(ctx context.Context, _ Caller, in *ListUserPoliciesInput) (*ListUserPoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListUserPolicies", in.UserName)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	names, next := inline(user.Policies).page(p)
	return &ListUserPoliciesOutput{PolicyNames: names, IsTruncated: next != "", Marker: next}, nil
}
