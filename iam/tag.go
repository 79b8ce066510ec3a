package iam

import (
	"context"
	"slices"
	"strings"
)

// tagQuota is how many tags an entity may have (IAM User Guide, "IAM and AWS STS
// quotas").
const tagQuota = 50

// TagRoleInput is the request of TagRole.
type TagRoleInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Tags     []Tag  `aws:"Tags" check:"required;len=-50"`
}

// Resource returns the ARN of the role.
func (in *TagRoleInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// UntagRoleInput is the request of UntagRole.
type UntagRoleInput struct {
	RoleName string   `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	TagKeys  []string `aws:"TagKeys" check:"required;len=-50" each:"len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

// Resource returns the ARN of the role.
func (in *UntagRoleInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// ListRoleTagsInput is the request of ListRoleTags.
type ListRoleTagsInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the role.
func (in *ListRoleTagsInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// ListRoleTagsOutput is the answer of ListRoleTags.
type ListRoleTagsOutput struct {
	Tags        []Tag  `aws:"Tags,always"`
	IsTruncated bool   `aws:"IsTruncated"`
	Marker      string `aws:"Marker"`
}

// TagRole adds tags to a role; a tag whose key the role has already, in whatever
// case, takes its place. See AWS TagRole.
func (s *Service) TagRole(ctx context.Context, _ Caller, in *TagRoleInput) (*struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err := s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		role.Tags = mergeTags(role.Tags, in.Tags)
		if len(role.Tags) > tagQuota {
			return quotaExceeded("TagsPerRole", tagQuota)
		}
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// UntagRole takes tags off a role; keys that it does not have are no error. See
// AWS UntagRole.
func (s *Service) UntagRole(ctx context.Context, _ Caller, in *UntagRoleInput) (*struct{}, error) {
	err := s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		role.Tags = dropTags(role.Tags, in.TagKeys)
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// ListRoleTags lists the tags of a role by key. See AWS ListRoleTags.
func (s *Service) ListRoleTags(ctx context.Context, _ Caller, in *ListRoleTagsInput) (*ListRoleTagsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListRoleTags", in.RoleName)
	if err != nil {
		return nil, err
	}
	role, err := s.roles().Get(ctx, in.RoleName)
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	tags, next := cut(role.Tags, func(t Tag) string { return t.Key }, p)
	return &ListRoleTagsOutput{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}

// checkTags refuses keys that differ in case at most, and keys that are AWS's own.
func checkTags(tags []Tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		key := strings.ToLower(tag.Key)
		if strings.HasPrefix(key, "aws:") {
			return invalidInput("Tag keys that begin with aws: are reserved: %s", tag.Key)
		}
		if seen[key] {
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
	}
	return nil
}

// mergeTags returns tags with more in the place of those of the same key.
func mergeTags(tags, more []Tag) []Tag {
	keys := make([]string, len(more))
	for i, tag := range more {
		keys[i] = tag.Key
	}
	return append(dropTags(tags, keys), more...)
}

func dropTags(tags []Tag, keys []string) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(tag Tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, tag.Key) })
	})
}
