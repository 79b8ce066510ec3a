package iam

import (
	"cmp"
	"context"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/policy"
)

// UpdateUserInput is the request of UpdateUser. What it leaves out stays.
type UpdateUserInput struct {
	UserName    string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	NewPath     string `aws:"NewPath" check:"len=1-512;pattern=(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	NewUserName string `aws:"NewUserName" check:"len=1-64;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user as it is. UpdateUser asks about the new one.
func (in *UpdateUserInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// UpdateGroupInput is the request of UpdateGroup. What it leaves out stays.
type UpdateGroupInput struct {
	GroupName    string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	NewPath      string `aws:"NewPath" check:"len=1-512;pattern=(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	NewGroupName string `aws:"NewGroupName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group as it is. UpdateGroup asks about the new one.
func (in *UpdateGroupInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// UpdateUser gives a user another name and path; the unique id, keys, groups and
// policies stay. The caller needs the permission for both ARNs. See AWS UpdateUser.
func (s *Service) UpdateUser(ctx context.Context, caller Caller, in *UpdateUserInput) (*struct{}, error) {
	user, err := s.users().Get(ctx, in.UserName)
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	path, name := cmp.Or(in.NewPath, user.Path), cmp.Or(in.NewUserName, user.Name)
	if err := s.mayBecome(ctx, caller, "iam:UpdateUser", arn.User(s.Account, path, name)); err != nil {
		return nil, err
	}
	err = s.users().Update(ctx, in.UserName, func(now *User) error {
		if now.ARN() != user.ARN() {
			return movedAway()
		}
		now.Path, now.Name = path, name
		return nil
	})
	return nil, translate(err, noSuchUser(in.UserName), entityAlreadyExists("User with name %s already exists.", name))
}

// UpdateGroup gives a group another name and path; the unique id, users and policies
// stay. The caller needs the permission for both ARNs. See AWS UpdateGroup.
func (s *Service) UpdateGroup(ctx context.Context, caller Caller, in *UpdateGroupInput) (*struct{}, error) {
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	path, name := cmp.Or(in.NewPath, group.Path), cmp.Or(in.NewGroupName, group.Name)
	if err := s.mayBecome(ctx, caller, "iam:UpdateGroup", arn.Group(s.Account, path, name)); err != nil {
		return nil, err
	}
	err = s.groups().Update(ctx, in.GroupName, func(now *Group) error {
		if now.ARN() != group.ARN() {
			return movedAway()
		}
		now.Path, now.Name = path, name
		return nil
	})
	return nil, translate(err, noSuchGroup(in.GroupName), entityAlreadyExists("Group with name %s already exists.", name))
}

// mayBecome refuses an entity an ARN that the caller has no permission for. It can be
// asked only here, where the parts that stay are known.
func (s *Service) mayBecome(ctx context.Context, caller Caller, action string, become arn.ARN) error {
	decision, err := s.Authorize(ctx, caller, action, become.String(), policy.NewContext())
	if err != nil {
		return serviceFailure(err)
	}
	if !decision.Allowed {
		return accessDenied(Denied(caller, action, become.String(), decision)).With(&DeniedError{action, decision})
	}
	return nil
}

// movedAway is the answer to a change of what somebody else renamed meanwhile: the
// permission was for another ARN.
func movedAway() *fault.Error {
	return fault.New("ConcurrentModification", 409, "The entity was changed by another request at the same time. Try again.")
}
