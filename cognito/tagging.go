package cognito

import (
	"context"
	"maps"
	"strings"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// TagResourceInput is the request of TagResource.
type TagResourceInput struct {
	ResourceARN string            `aws:"ResourceArn" check:"required;len=20-2048"`
	Tags        map[string]string `aws:"Tags" check:"required" key:"len=1-128" each:"len=-256"`
}

// Resource returns the name that was given, which need not be that of a pool.
func (in *TagResourceInput) Resource(iam.Caller) string { return in.ResourceARN }

// RequestKeys returns the tags to add.
func (in *TagResourceInput) RequestKeys() policy.Context { return iam.RequestTags(in.Tags) }

// TagResourceOutput is the empty answer of TagResource.
type TagResourceOutput struct{}

// TagResource adds tags to a pool, or gives those that it has other values.
func (s *Service) TagResource(ctx context.Context, caller iam.Caller, in *TagResourceInput) (*TagResourceOutput, error) {
	err := s.changeTags(ctx, caller, in.ResourceARN, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
	if err != nil {
		return nil, err
	}
	return &TagResourceOutput{}, nil
}

// UntagResourceInput is the request of UntagResource.
type UntagResourceInput struct {
	ResourceARN string   `aws:"ResourceArn" check:"required;len=20-2048"`
	TagKeys     []string `aws:"TagKeys" check:"required" each:"len=1-128"`
}

// Resource returns the name that was given, which need not be that of a pool.
func (in *UntagResourceInput) Resource(iam.Caller) string { return in.ResourceARN }

// RequestKeys returns the keys of the tags to take off.
func (in *UntagResourceInput) RequestKeys() policy.Context {
	keys := policy.NewContext()
	if len(in.TagKeys) > 0 {
		keys.SetList("aws:TagKeys", in.TagKeys)
	}
	return keys
}

// UntagResourceOutput is the empty answer of UntagResource.
type UntagResourceOutput struct{}

// UntagResource takes tags off a pool; one that it does not have is no error.
func (s *Service) UntagResource(ctx context.Context, caller iam.Caller, in *UntagResourceInput) (*UntagResourceOutput, error) {
	err := s.changeTags(ctx, caller, in.ResourceARN, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
	if err != nil {
		return nil, err
	}
	return &UntagResourceOutput{}, nil
}

// ListTagsForResourceInput is the request of ListTagsForResource.
type ListTagsForResourceInput struct {
	ResourceARN string `aws:"ResourceArn" check:"required;len=20-2048"`
}

// Resource returns the name that was given, which need not be that of a pool.
func (in *ListTagsForResourceInput) Resource(iam.Caller) string { return in.ResourceARN }

// ListTagsForResourceOutput is the answer of ListTagsForResource.
type ListTagsForResourceOutput struct {
	Tags map[string]string `aws:"Tags,always"`
}

// ListTagsForResource shows the tags of a pool.
func (s *Service) ListTagsForResource(ctx context.Context, caller iam.Caller, in *ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	id, err := s.poolID(caller, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	pool, err := s.pool(ctx, caller.Region, id)
	if err != nil {
		return nil, err
	}
	return &ListTagsForResourceOutput{Tags: pool.Tags}, nil
}

// changeTags changes a copy of the tags of the pool that an ARN names.
func (s *Service) changeTags(ctx context.Context, caller iam.Caller, name string, change func(tags map[string]string)) error {
	id, err := s.poolID(caller, name)
	if err != nil {
		return err
	}
	return s.change(ctx, caller.Region, id, func(p *Pool) error {
		tags := map[string]string{}
		maps.Copy(tags, p.Tags)
		change(tags)
		if refusal := checkTags(tags); refusal != nil {
			return refusal
		}
		p.Tags = tags
		p.PoolSettings = p.normalized()
		return nil
	})
}

// poolID reads the ARN of a pool of the account and of the region that the caller
// signed for.
func (s *Service) poolID(caller iam.Caller, name string) (string, error) {
	_, id, _ := strings.Cut(name, ":identitypool/")
	if id == "" || (poolInput{id}).Resource(caller) != name {
		return "", invalidParameter("%s is not the ARN of an identity pool of this account and region.", name)
	}
	return id, nil
}
