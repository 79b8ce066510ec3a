package sts

import (
	"context"
	"errors"
	"slices"
)

// AssumeRoleWithSAMLInput is the request of AssumeRoleWithSAML.
type AssumeRoleWithSAMLInput struct {
	RoleARN         string             `aws:"RoleArn" check:"required;len=20-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"`
	PrincipalARN    string             `aws:"PrincipalArn" check:"required;len=20-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"`
	SAMLAssertion   string             `aws:"SAMLAssertion" check:"required;secret;len=4-100000"`
	PolicyARNs      []PolicyDescriptor `aws:"PolicyArns" check:"len=-10"`
	Policy          string             `aws:"Policy" check:"len=1-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	DurationSeconds int32              `aws:"DurationSeconds" check:"range=900-43200"`
}

// AssumeRoleWithSAMLOutput is the answer of AssumeRoleWithSAML.
type AssumeRoleWithSAMLOutput struct {
	Credentials      Credentials     `aws:"Credentials"`
	AssumedRoleUser  AssumedRoleUser `aws:"AssumedRoleUser"`
	PackedPolicySize *int32          `aws:"PackedPolicySize"`
	Subject          string          `aws:"Subject"`
	SubjectType      string          `aws:"SubjectType"`
	Issuer           string          `aws:"Issuer"`
	Audience         string          `aws:"Audience"` // the recipient of the assertion
	NameQualifier    string          `aws:"NameQualifier"`
	SourceIdentity   string          `aws:"SourceIdentity"`
}

// AssumeRoleWithSAML gives the bearer of a SAML response a session of a role that trusts
// the provider and that the response offers. A response gets one session.
func (s *Service) AssumeRoleWithSAML(ctx context.Context, in *AssumeRoleWithSAMLInput) (*AssumeRoleWithSAMLOutput, error) {
	if _, err := roleName(in.RoleARN); err != nil {
		return nil, err
	}
	provider, err := s.samlProvider(ctx, in.PrincipalARN)
	if err != nil {
		return nil, err
	}
	a, err := s.VerifySAML(provider, in.SAMLAssertion)
	if err != nil {
		return nil, samlFault(err)
	}
	ask := WebRequest{RoleARN: in.RoleARN, Seconds: in.DurationSeconds, Policy: in.Policy, PolicyARNs: in.PolicyARNs}
	if ask.SessionName, err = samlSessionName(a); err != nil {
		return nil, err
	}
	who := bearer{action: actionSAML, federated: in.PrincipalARN, keys: samlKeys(a, provider), trustKeys: samlTrustKeys(a, provider)}
	if err := who.readAttributes(a); err != nil {
		return nil, err
	}
	if who.limit, err = samlLimit(a, s.now()); err != nil {
		return nil, err
	}
	if !slices.Contains(SAMLRoles(a, in.PrincipalARN), in.RoleARN) {
		return nil, notAuthorized(actionSAML).With(errors.New("the response does not offer this role"))
	}
	granted, err := s.admit(ctx, who, ask)
	if err != nil {
		return nil, err
	}
	// Last, so that what was refused can be mended and tried again.
	if err := s.takeOnce(ctx, a); err != nil {
		return nil, err
	}
	credentials, user := s.mint(granted)
	return &AssumeRoleWithSAMLOutput{
		Credentials: credentials, AssumedRoleUser: user, PackedPolicySize: percent(granted.packed),
		Subject: a.Subject, SubjectType: samlSubjectType(a), Issuer: a.Issuer, Audience: a.Recipient,
		NameQualifier: samlNameQualifier(a, provider), SourceIdentity: who.sourceIdentity,
	}, nil
}
