package iam

import "context"

// TagUserInput is the request of TagUser.
type TagUserInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Tags     []Tag  `aws:"Tags" check:"required;len=-50"`
}

// Resource returns the ARN of the user.
func (in *TagUserInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// UntagUserInput is the request of UntagUser.
type UntagUserInput struct {
	UserName string   `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	TagKeys  []string `aws:"TagKeys" check:"required;len=-50" each:"len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

// Resource returns the ARN of the user.
func (in *UntagUserInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// ListUserTagsInput is the request of ListUserTags.
type ListUserTagsInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the user.
func (in *ListUserTagsInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// ListUserTagsOutput is the answer of ListUserTags.
type ListUserTagsOutput struct {
	Tags        []Tag  `aws:"Tags,always"`
	IsTruncated bool   `aws:"IsTruncated"`
	Marker      string `aws:"Marker"`
}

// TagUser adds tags to a user; a tag whose key the user has already, in whatever
// case, takes its place. See AWS TagUser.
func (s *Service) TagUser(ctx context.Context, _ Caller, in *TagUserInput) (*struct{}, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	err := s.users().Update(ctx, in.UserName, func(user *User) error {
		user.Tags = mergeTags(user.Tags, in.Tags)
		if len(user.Tags) > tagQuota {
			return quotaExceeded("TagsPerUser", tagQuota)
		}
		return nil
	})
	return nil, translate(err, noSuchUser(in.UserName), nil)
}

// UntagUser takes tags off a user; keys that it does not have are no error. See
// AWS UntagUser.
func (s *Service) UntagUser(ctx context.Context, _ Caller, in *UntagUserInput) (*struct{}, error) {
	err := s.users().Update(ctx, in.UserName, func(user *User) error {
		user.Tags = dropTags(user.Tags, in.TagKeys)
		return nil
	})
	return nil, translate(err, noSuchUser(in.UserName), nil)
}

// ListUserTags lists the tags of a user by key. See AWS ListUserTags.
func (s *Service) ListUserTags(ctx context.Context, _ Caller, in *ListUserTagsInput) (*ListUserTagsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListUserTags", in.UserName)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	tags, next := cut(user.Tags, func(t Tag) string { return t.Key }, p)
	return &ListUserTagsOutput{Tags: tags, IsTruncated: next != "", Marker: next}, nil
}
