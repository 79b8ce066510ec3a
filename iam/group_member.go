package iam

import (
	"context"
	"errors"
	"io/fs"
	"slices"
)

// groupsPerUser is how many groups a user may be in (IAM User Guide, "IAM and AWS
// STS quotas").
const groupsPerUser = 10

// AddUserToGroupInput is the request of AddUserToGroup.
type AddUserToGroupInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	UserName  string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group.
func (in *AddUserToGroupInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// RemoveUserFromGroupInput is the request of RemoveUserFromGroup.
type RemoveUserFromGroupInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	UserName  string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group.
func (in *RemoveUserFromGroupInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// ListGroupsForUserInput is the request of ListGroupsForUser.
type ListGroupsForUserInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the user.
func (in *ListGroupsForUserInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// ListGroupsForUserOutput is the answer of ListGroupsForUser.
type ListGroupsForUserOutput struct {
	Groups      []GroupOutput `aws:"Groups,always"`
	IsTruncated bool          `aws:"IsTruncated"`
	Marker      string        `aws:"Marker"`
}

// AddUserToGroup gives a user the policies of a group; a user who is in it already is
// no error. What counts is the user's own list of groups. The group notes the user
// before and forgets about them afterwards, so that no user is in a group that is
// gone. See AWS AddUserToGroup.
func (s *Service) AddUserToGroup(ctx context.Context, _ Caller, in *AddUserToGroupInput) (*struct{}, error) {
	s.links.Lock()
	defer s.links.Unlock()
	group, user, err := s.groupAndUser(ctx, in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	if slices.Contains(user.Groups, group.ID) {
		return nil, nil
	}
	ctx = context.WithoutCancel(ctx)
	err = s.updateMembers(ctx, group, func(members []string) []string { return including(members, user.ID) })
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	err = s.users().Update(ctx, user.Name, func(now *User) error {
		switch {
		case now.ID != user.ID:
			return noSuchUser(in.UserName)
		case len(now.Groups) >= groupsPerUser:
			return quotaExceeded("GroupsPerUser", groupsPerUser)
		}
		now.Groups = including(now.Groups, group.ID)
		return nil
	})
	if err != nil {
		err = errors.Join(err, s.updateMembers(ctx, group, func(members []string) []string { return excluding(members, user.ID) }))
	}
	return nil, translate(err, noSuchUser(in.UserName), nil)
}

// RemoveUserFromGroup takes the policies of a group from a user. See AWS
// RemoveUserFromGroup.
func (s *Service) RemoveUserFromGroup(ctx context.Context, _ Caller, in *RemoveUserFromGroupInput) (*struct{}, error) {
	s.links.Lock()
	defer s.links.Unlock()
	group, user, err := s.groupAndUser(ctx, in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	err = s.users().Update(ctx, user.Name, func(now *User) error {
		if !slices.Contains(now.Groups, group.ID) {
			return noSuchEntity("User %s not in group %s", in.UserName, in.GroupName)
		}
		now.Groups = excluding(now.Groups, group.ID)
		return nil
	})
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	err = s.updateMembers(ctx, group, func(members []string) []string { return excluding(members, user.ID) })
	return nil, translate(err, noSuchGroup(in.GroupName), nil)
}

// ListGroupsForUser lists the groups that a user is in by name. See AWS
// ListGroupsForUser.
func (s *Service) ListGroupsForUser(ctx context.Context, _ Caller, in *ListGroupsForUserInput) (*ListGroupsForUserOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListGroupsForUser", in.UserName)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	groups, err := s.groupsOf(ctx, user)
	if err != nil {
		return nil, serviceFailure(err)
	}
	groups, next := cut(groups, func(g Group) string { return g.Name }, p)
	return &ListGroupsForUserOutput{Groups: listedGroups(groups), IsTruncated: next != "", Marker: next}, nil
}

func (s *Service) groupAndUser(ctx context.Context, groupName, userName string) (Group, User, error) {
	group, err := s.groups().Get(ctx, groupName)
	if err != nil {
		return Group{}, User{}, translate(err, noSuchGroup(groupName), nil)
	}
	user, err := s.users().Get(ctx, userName)
	return group, user, translate(err, noSuchUser(userName), nil)
}

func (s *Service) updateMembers(ctx context.Context, group Group, change func([]string) []string) error {
	return s.groups().Update(ctx, group.Name, func(now *Group) error {
		if now.ID != group.ID {
			return fs.ErrNotExist
		}
		now.Members = change(now.Members)
		return nil
	})
}

// groupsOf returns the groups that a user is in.
func (s *Service) groupsOf(ctx context.Context, user User) ([]Group, error) {
	var groups []Group
	for _, id := range user.Groups {
		group, err := s.Groups.Find(ctx, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// members returns the users who are in a group, without those whom it only noted
// before a crash.
func (s *Service) members(ctx context.Context, group Group) ([]User, error) {
	var users []User
	for _, id := range group.Members {
		user, err := s.Users.Find(ctx, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, serviceFailure(err)
		}
		if slices.Contains(user.Groups, group.ID) {
			users = append(users, user)
		}
	}
	return users, nil
}
