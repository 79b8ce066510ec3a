package iam

import "context"

// TagSAMLProviderInput is the request of TagSAMLProvider.
type TagSAMLProviderInput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn" check:"required;len=20-2048"`
	Tags            []Tag  `aws:"Tags" check:"required;len=-50"`
}

// Resource returns the ARN of the provider.
func (in *TagSAMLProviderInput) Resource(Caller) string { return in.SAMLProviderARN }

// UntagSAMLProviderInput is the request of UntagSAMLProvider.
type UntagSAMLProviderInput struct {
	SAMLProviderARN string   `aws:"SAMLProviderArn" check:"required;len=20-2048"`
	TagKeys         []string `aws:"TagKeys" check:"required;len=-50" each:"len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

// Resource returns the ARN of the provider.
func (in *UntagSAMLProviderInput) Resource(Caller) string { return in.SAMLProviderARN }

// ListSAMLProviderTagsInput is the request of ListSAMLProviderTags.
type ListSAMLProviderTagsInput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn" check:"required;len=20-2048"`
	Marker          string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems        int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the provider.
func (in *ListSAMLProviderTagsInput) Resource(Caller) string { return in.SAMLProviderARN }

// ListSAMLProviderTagsOutput is the answer of ListSAMLProviderTags.
type ListSAMLProviderTagsOutput struct {
	Tags        []Tag  `aws:"Tags,always"`
	IsTruncated bool   `aws:"IsTruncated"`
	Marker      string `aws:"Marker"`
}

// TagSAMLProvider adds tags to a provider; a tag whose key it has already, in whatever
// case, takes its place. See AWS TagSAMLProvider.
func (s *Service) TagSAMLProvider(ctx context.Context, _ Caller, in *TagSAMLProviderInput) (*struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return nil, s.updateSAMLProvider(ctx, in.SAMLProviderARN, func(provider *SAMLProvider) error {
		provider.Tags = mergeTags(provider.Tags, in.Tags)
		if len(provider.Tags) > tagQuota {
			return quotaExceeded("TagsPerSAMLProvider", tagQuota)
		}
		return nil
	})
}

// UntagSAMLProvider takes tags off a provider; keys that it does not have are no error.
// See AWS UntagSAMLProvider.
func (s *Service) UntagSAMLProvider(ctx context.Context, _ Caller, in *UntagSAMLProviderInput) (*struct{}, error) {
	return nil, s.updateSAMLProvider(ctx, in.SAMLProviderARN, func(provider *SAMLProvider) error {
		provider.Tags = dropTags(provider.Tags, in.TagKeys)
		return nil
	})
}

// ListSAMLProviderTags lists the tags of a provider by key. See AWS
// ListSAMLProviderTags.
func (s *Service) ListSAMLProviderTags(ctx context.Context, _ Caller, in *ListSAMLProviderTagsInput) (*ListSAMLProviderTagsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListSAMLProviderTags", in.SAMLProviderARN)
	if err != nil {
		return nil, err
	}
	provider, err := s.samlProvider(ctx, in.SAMLProviderARN)
	if err != nil {
		return nil, err
	}
	tags, next := cut(provider.Tags, func(t Tag) string { return t.Key }, p)
	return &ListSAMLProviderTagsOutput{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}
