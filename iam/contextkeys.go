package iam

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// GetContextKeysForCustomPolicyInput is the request of
// GetContextKeysForCustomPolicy.
type GetContextKeysForCustomPolicyInput struct {
	PolicyInputList []string `aws:"PolicyInputList" check:"required" each:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource is "*": the operation is about no entity of the account.
func (in *GetContextKeysForCustomPolicyInput) Resource(Caller) string { return "*" }

// GetContextKeysForPrincipalPolicyInput is the request of
// GetContextKeysForPrincipalPolicy.
type GetContextKeysForPrincipalPolicyInput struct {
	PolicySourceARN string   `aws:"PolicySourceArn" check:"required;len=20-2048"`
	PolicyInputList []string `aws:"PolicyInputList" each:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN of the user, group or role.
func (in *GetContextKeysForPrincipalPolicyInput) Resource(Caller) string { return in.PolicySourceARN }

// GetContextKeysForCustomPolicyOutput is the answer of
// GetContextKeysForCustomPolicy.
type GetContextKeysForCustomPolicyOutput struct {
	ContextKeyNames []string `aws:"ContextKeyNames,always"`
}

// GetContextKeysForPrincipalPolicyOutput is the answer of
// GetContextKeysForPrincipalPolicy.
type GetContextKeysForPrincipalPolicyOutput struct {
	ContextKeyNames []string `aws:"ContextKeyNames,always"`
}

// GetContextKeysForCustomPolicy lists the condition keys that policies test or use
// as variables. See AWS GetContextKeysForCustomPolicy.
func (s *Service) GetContextKeysForCustomPolicy(_ context.Context, _ Caller, in *GetContextKeysForCustomPolicyInput) (*GetContextKeysForCustomPolicyOutput, error) {
	if len(in.PolicyInputList) == 0 {
		return nil, invalidInput("PolicyInputList must hold at least one policy.")
	}
	sim := &simulation{}
	if err := sim.readPolicies(in.PolicyInputList, &Scenario{}); err != nil {
		return nil, err
	}
	return &GetContextKeysForCustomPolicyOutput{ContextKeyNames: distinct(sim.keys)}, nil
}

// GetContextKeysForPrincipalPolicy lists the condition keys that the policies of a
// user, group or role test, its permissions boundary among them, and those of the
// request. See AWS GetContextKeysForPrincipalPolicy.
func (s *Service) GetContextKeysForPrincipalPolicy(ctx context.Context, _ Caller, in *GetContextKeysForPrincipalPolicyInput) (*GetContextKeysForPrincipalPolicyOutput, error) {
	subject, err := s.subject(ctx, in.PolicySourceARN)
	if err != nil {
		return nil, err
	}
	sim := &simulation{}
	sim.take(subject, &Scenario{})
	if err := sim.readPolicies(in.PolicyInputList, &Scenario{}); err != nil {
		return nil, err
	}
	return &GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: distinct(sim.keys)}, nil
}

// distinct returns the keys in order, each once without regard to case.
func distinct(keys []string) []string {
	sorted := slices.SortedStableFunc(slices.Values(keys), func(a, b string) int {
		return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	return slices.CompactFunc(sorted, strings.EqualFold)
}
