package sts

import (
	"context"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

const actionFederate = "sts:GetFederationToken"

// GetFederationTokenInput is the request of GetFederationToken.
type GetFederationTokenInput struct {
	Name            string             `aws:"Name" check:"required;len=2-32;pattern=[\\w+=,.@-]*"`
	Policy          string             `aws:"Policy" check:"len=1-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	PolicyARNs      []PolicyDescriptor `aws:"PolicyArns" check:"len=-10"`
	DurationSeconds int32              `aws:"DurationSeconds" check:"range=900-129600"`
	Tags            []iam.Tag          `aws:"Tags" check:"len=-50"`
}

// GetFederationTokenOutput is the answer of GetFederationToken.
type GetFederationTokenOutput struct {
	Credentials      Credentials   `aws:"Credentials"`
	FederatedUser    FederatedUser `aws:"FederatedUser"`
	PackedPolicySize *int32        `aws:"PackedPolicySize"`
}

// FederatedUser names somebody to whom a user or root gave a session.
type FederatedUser struct {
	FederatedUserID string `aws:"FederatedUserId"`
	ARN             string `aws:"Arn"`
}

func (s *Service) federatedUser(name string) FederatedUser {
	named := arn.ARN{Partition: "aws", Service: "sts", Account: s.Account, Resource: "federated-user/" + name}
	return FederatedUser{FederatedUserID: s.Account + ":" + name, ARN: named.String()}
}

// GetFederationToken gives somebody whom the caller vouches for a session that can do
// what both the caller and the session policies allow, and so without these nothing.
// The session ends with the caller's key. See AWS GetFederationToken.
func (s *Service) GetFederationToken(ctx context.Context, caller iam.Caller, in *GetFederationTokenInput) (*GetFederationTokenOutput, error) {
	if err := longTermOnly(caller, "GetFederationToken"); err != nil {
		return nil, err
	}
	tags, err := sessionTags(in.Tags)
	if err != nil {
		return nil, err
	}
	user := s.federatedUser(in.Name)
	if err := s.mayFederate(ctx, caller, user, tags); err != nil {
		return nil, err
	}
	session := Session{Kind: OfFederated, Name: in.Name, Tags: tags, OpenedBy: caller.KeyID, ByRoot: caller.Root}
	if err := s.restrict(ctx, &session, in.Policy, in.PolicyARNs); err != nil {
		return nil, err
	}
	packed, err := packedSize(session)
	if err != nil {
		return nil, err
	}
	return &GetFederationTokenOutput{
		Credentials:   s.begin(session, ownDuration(caller, in.DurationSeconds)),
		FederatedUser: user, PackedPolicySize: percent(packed),
	}, nil
}

// mayFederate asks the caller's policies; tags need a permission of their own.
func (s *Service) mayFederate(ctx context.Context, caller iam.Caller, user FederatedUser, tags map[string]string) error {
	actions := []string{actionFederate}
	if len(tags) > 0 {
		actions = append(actions, actionTagSession)
	}
	keys := policy.NewContext()
	tagKeys(keys, tags, nil)
	for _, action := range actions {
		decision, err := s.IAM.Authorize(ctx, caller, action, user.ARN, keys)
		if err != nil {
			return err
		}
		if !decision.Allowed {
			return accessDenied(iam.Denied(caller, action, user.ARN, decision)).With(&iam.DeniedError{Action: action, Decision: decision})
		}
	}
	return nil
}
