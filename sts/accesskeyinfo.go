package sts

import (
	"context"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
)

// GetAccessKeyInfoInput is the request of GetAccessKeyInfo.
type GetAccessKeyInfoInput struct {
	AccessKeyID string `aws:"AccessKeyId" check:"required;len=16-128;pattern=[\\w]*"`
}

// GetAccessKeyInfoOutput is the answer of GetAccessKeyInfo.
type GetAccessKeyInfoOutput struct {
	Account string `aws:"Account"`
}

// GetAccessKeyInfo tells the account that an access key id was made for. It reads that
// out of the id and says nothing about whether there is such a key. See AWS
// GetAccessKeyInfo.
func (s *Service) GetAccessKeyInfo(_ context.Context, caller iam.Caller, in *GetAccessKeyInfoInput) (*GetAccessKeyInfoOutput, error) {
	if caller.Opener != nil {
		return nil, accessDenied("Cannot call GetAccessKeyInfo with session credentials")
	}
	account, err := arn.Account(in.AccessKeyID)
	isKey := strings.HasPrefix(in.AccessKeyID, "AKIA") || strings.HasPrefix(in.AccessKeyID, "ASIA")
	if err != nil || !isKey {
		return nil, validation("The access key id does not tell an account.").With(err)
	}
	return &GetAccessKeyInfoOutput{Account: account}, nil
}
