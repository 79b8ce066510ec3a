package iam

import "context"

// TagOpenIDConnectProviderInput is the request of TagOpenIDConnectProvider.
type TagOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	Tags                     []Tag  `aws:"Tags" check:"required;len=-50"`
}

// Resource returns the ARN of the provider.
func (in *TagOpenIDConnectProviderInput) Resource(Caller) string { return in.OpenIDConnectProviderARN }

// UntagOpenIDConnectProviderInput is the request of UntagOpenIDConnectProvider.
type UntagOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string   `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	TagKeys                  []string `aws:"TagKeys" check:"required;len=-50" each:"len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

// Resource returns the ARN of the provider.
func (in *UntagOpenIDConnectProviderInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// ListOpenIDConnectProviderTagsInput is the request of
// ListOpenIDConnectProviderTags.
type ListOpenIDConnectProviderTagsInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	Marker                   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems                 int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the provider.
func (in *ListOpenIDConnectProviderTagsInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// ListOpenIDConnectProviderTagsOutput is the answer of
// ListOpenIDConnectProviderTags.
type ListOpenIDConnectProviderTagsOutput struct {
	Tags        []Tag  `aws:"Tags,always"`
	IsTruncated bool   `aws:"IsTruncated"`
	Marker      string `aws:"Marker"`
}

// TagOpenIDConnectProvider adds tags to a provider; a tag whose key it has already,
// in whatever case, takes its place. See AWS TagOpenIDConnectProvider.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, _ Caller, in *TagOpenIDConnectProviderInput) (*struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return nil, s.updateProvider(ctx, in.OpenIDConnectProviderARN, func(provider *OIDCProvider) error {
		provider.Tags = mergeTags(provider.Tags, in.Tags)
		if len(provider.Tags) > tagQuota {
			return quotaExceeded("TagsPerOpenIdConnectProvider", tagQuota)
		}
		return nil
	})
}

// UntagOpenIDConnectProvider takes tags off a provider; keys that it does not have
// are no error. See AWS UntagOpenIDConnectProvider.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, _ Caller, in *UntagOpenIDConnectProviderInput) (*struct{}, error) {
	return nil, s.updateProvider(ctx, in.OpenIDConnectProviderARN, func(provider *OIDCProvider) error {
		provider.Tags = dropTags(provider.Tags, in.TagKeys)
		return nil
	})
}

// ListOpenIDConnectProviderTags lists the tags of a provider by key. See AWS
// ListOpenIDConnectProviderTags.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, _ Caller, in *ListOpenIDConnectProviderTagsInput) (*ListOpenIDConnectProviderTagsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListOpenIDConnectProviderTags", in.OpenIDConnectProviderARN)
	if err != nil {
		return nil, err
	}
	host, err := s.providerHost(in.OpenIDConnectProviderARN)
	if err != nil {
		return nil, err
	}
	provider, err := s.oidcProviders().Get(ctx, host)
	if err != nil {
		return nil, translate(err, noSuchProvider(in.OpenIDConnectProviderARN), nil)
	}
	tags, next := cut(provider.Tags, func(t Tag) string { return t.Key }, p)
	return &ListOpenIDConnectProviderTagsOutput{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}
