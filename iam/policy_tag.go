package iam

import "context"

// TagPolicyInput is the request of TagPolicy.
type TagPolicyInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	Tags      []Tag  `aws:"Tags" check:"required;len=-50"`
}

// Resource returns the ARN of the policy.
func (in *TagPolicyInput) Resource(Caller) string { return in.PolicyARN }

// UntagPolicyInput is the request of UntagPolicy.
type UntagPolicyInput struct {
	PolicyARN string   `aws:"PolicyArn" check:"required;len=20-2048"`
	TagKeys   []string `aws:"TagKeys" check:"required;len=-50" each:"len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

// Resource returns the ARN of the policy.
func (in *UntagPolicyInput) Resource(Caller) string { return in.PolicyARN }

// ListPolicyTagsInput is the request of ListPolicyTags.
type ListPolicyTagsInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	Marker    string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems  int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the policy.
func (in *ListPolicyTagsInput) Resource(Caller) string { return in.PolicyARN }

// ListPolicyTagsOutput is the answer of ListPolicyTags.
type ListPolicyTagsOutput struct {
	Tags        []Tag  `aws:"Tags,always"`
	IsTruncated bool   `aws:"IsTruncated"`
	Marker      string `aws:"Marker"`
}

// TagPolicy adds tags to a managed policy; a tag whose key it has already, in
// whatever case, takes its place. See AWS TagPolicy.
func (s *Service) TagPolicy(ctx context.Context, _ Caller, in *TagPolicyInput) (*struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return nil, s.updatePolicy(ctx, in.PolicyARN, func(p *ManagedPolicy) error {
		p.Tags = mergeTags(p.Tags, in.Tags)
		if len(p.Tags) > tagQuota {
			return quotaExceeded("TagsPerPolicy", tagQuota)
		}
		return nil
	})
}

// UntagPolicy takes tags off a managed policy; keys that it does not have are no
// error. See AWS UntagPolicy.
func (s *Service) UntagPolicy(ctx context.Context, _ Caller, in *UntagPolicyInput) (*struct{}, error) {
	return nil, s.updatePolicy(ctx, in.PolicyARN, func(p *ManagedPolicy) error {
		p.Tags = dropTags(p.Tags, in.TagKeys)
		return nil
	})
}

// ListPolicyTags lists the tags of a managed policy by key. See AWS ListPolicyTags.
func (s *Service) ListPolicyTags(ctx context.Context, _ Caller, in *ListPolicyTagsInput) (*ListPolicyTagsOutput, error) {
	at, err := newPage(in.Marker, in.MaxItems, "ListPolicyTags", in.PolicyARN)
	if err != nil {
		return nil, err
	}
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	tags, next := cut(p.Tags, func(t Tag) string { return t.Key }, at)
	return &ListPolicyTagsOutput{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}
