package sts

import (
	"context"

	"github.com/cenotehq/cenote/iam"
)

// GetCallerIdentityInput is the request of GetCallerIdentity.
type GetCallerIdentityInput struct{}

// GetCallerIdentityOutput is the answer of GetCallerIdentity.
type GetCallerIdentityOutput struct {
	UserID  string `aws:"UserId"`
	Account string `aws:"Account"`
	ARN     string `aws:"Arn"`
}

// GetCallerIdentity says who signed. It needs no permission, and no policy can
// take it away.
func (s *Service) GetCallerIdentity(_ context.Context, caller iam.Caller, _ *GetCallerIdentityInput) (*GetCallerIdentityOutput, error) {
	return &GetCallerIdentityOutput{UserID: caller.UserID, Account: caller.Account, ARN: caller.ARN}, nil
}
