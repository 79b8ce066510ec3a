package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// AssumeRoleWithSAMLInput is the request of AssumeRoleWithSAML.
type AssumeRoleWithSAMLInput struct {
	RoleARN         string             `aws:"RoleArn" check:"required;len=20-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"`
	PrincipalARN    string             `aws:"PrincipalArn" check:"required;len=20-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"`
	SAMLAssertion   string             `aws:"SAMLAssertion" check:"required;secret;len=4-100000"`
	PolicyARNs      []PolicyDescriptor `aws:"PolicyArns"`
	Policy          string             `aws:"Policy" check:"len=1-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	DurationSeconds int32              `aws:"DurationSeconds" check:"range=900-43200"`
}

// AssumeRoleWithSAML refuses everybody: no signature of a SAML response can be proven
// here, and what is not proven is not true. It says so in the words that AWS has for a
// provider that the account does not know, and for a signature that does not hold.
func (s *Service) AssumeRoleWithSAML(ctx context.Context, in *AssumeRoleWithSAMLInput) (*struct{}, error) {
	if _, err := roleName(in.RoleARN); err != nil {
		return nil, err
	}
	_, err := s.IAM.SAMLProvider(ctx, in.PrincipalARN)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, invalidIdentityToken("Specified provider doesn't exist")
	case err != nil:
		return nil, fmt.Errorf("reading a SAML provider: %w", err)
	default:
		return nil, invalidIdentityToken("Response signature invalid").With(errors.New("there is no verifier of SAML responses"))
	}
}
