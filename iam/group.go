package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// groupQuota is how many groups an account may have (IAM User Guide, "IAM and AWS
// STS quotas").
const groupQuota = 300

// Group is users who have policies in common.
type Group struct {
	Account  string
	Path     string
	Name     string
	ID       string                      // AGPA…
	Policies map[string]*policy.Document // inline policies by name
	Attached []Attachment
	Members  []string // the users' unique ids. See Service.AddUserToGroup.
	Created  time.Time
}

// ARN returns the group's name in policies and on the wire.
func (g Group) ARN() arn.ARN { return arn.Group(g.Account, g.Path, g.Name) }

// EntityName returns the key under which a Table keeps the group.
func (g Group) EntityName() string { return g.Name }

// EntityAliases returns the group's unique id.
func (g Group) EntityAliases() []string { return []string{g.ID} }

// GroupOutput is a group as answers show it.
type GroupOutput struct {
	Path       string    `aws:"Path"`
	GroupName  string    `aws:"GroupName"`
	GroupID    string    `aws:"GroupId"`
	ARN        string    `aws:"Arn"`
	CreateDate time.Time `aws:"CreateDate"`
}

func groupOutput(g Group) GroupOutput {
	return GroupOutput{Path: g.Path, GroupName: g.Name, GroupID: g.ID, ARN: g.ARN().String(), CreateDate: g.Created}
}

// groupResource is the ARN of a group of which the request tells only the name.
func groupResource(caller Caller, name string) string {
	return arn.Group(caller.Account, "/", name).String()
}

// CreateGroupInput is the request of CreateGroup.
type CreateGroupInput struct {
	Path      string `aws:"Path" check:"len=1-512;pattern=(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN that the group will have.
func (in *CreateGroupInput) Resource(caller Caller) string {
	return arn.Group(caller.Account, in.Path, in.GroupName).String()
}

// CreateGroupOutput is the answer of CreateGroup.
type CreateGroupOutput struct {
	Group GroupOutput `aws:"Group"`
}

// GetGroupInput is the request of GetGroup.
type GetGroupInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Marker    string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems  int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the group.
func (in *GetGroupInput) Resource(caller Caller) string { return groupResource(caller, in.GroupName) }

// GetGroupOutput is the answer of GetGroup. It leaves out the users' tags and
// boundaries.
type GetGroupOutput struct {
	Group       GroupOutput  `aws:"Group"`
	Users       []UserOutput `aws:"Users,always"`
	IsTruncated bool         `aws:"IsTruncated"`
	Marker      string       `aws:"Marker"`
}

// ListGroupsInput is the request of ListGroups.
type ListGroupsInput struct {
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=\\u002F[\\u0021-\\u007F]*"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN that AWS names in refusals: the prefix as a path.
func (in *ListGroupsInput) Resource(caller Caller) string {
	return arn.Group(caller.Account, folder(in.PathPrefix), "").String()
}

// ListGroupsOutput is the answer of ListGroups.
type ListGroupsOutput struct {
	Groups      []GroupOutput `aws:"Groups,always"`
	IsTruncated bool          `aws:"IsTruncated"`
	Marker      string        `aws:"Marker"`
}

// DeleteGroupInput is the request of DeleteGroup.
type DeleteGroupInput struct {
	GroupName string `aws:"GroupName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the group.
func (in *DeleteGroupInput) Resource(caller Caller) string {
	return groupResource(caller, in.GroupName)
}

// CreateGroup makes a group without users and policies. See AWS CreateGroup.
func (s *Service) CreateGroup(ctx context.Context, _ Caller, in *CreateGroupInput) (*CreateGroupOutput, error) {
	switch isFull, err := full(ctx, s.groups(), groupQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("GroupsPerAccount", groupQuota)
	}
	group := Group{
		Account: s.Account,
		Path:    pathOrRoot(in.Path),
		Name:    in.GroupName,
		ID:      arn.NewEntityID("AGPA", s.Account),
		Created: s.now().UTC().Truncate(time.Second),
	}
	if err := s.Groups.Create(ctx, group); err != nil {
		return nil, translate(err, nil, entityAlreadyExists("Group with name %s already exists.", in.GroupName))
	}
	return &CreateGroupOutput{Group: groupOutput(group)}, nil
}

// GetGroup shows a group and its users by name. See AWS GetGroup.
func (s *Service) GetGroup(ctx context.Context, _ Caller, in *GetGroupInput) (*GetGroupOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "GetGroup", in.GroupName)
	if err != nil {
		return nil, err
	}
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	members, err := s.members(ctx, group)
	if err != nil {
		return nil, err
	}
	users, next := cut(members, func(u User) string { return u.Name }, p)
	return &GetGroupOutput{Group: groupOutput(group), Users: listedUsers(users), IsTruncated: next != "", Marker: next}, nil
}

// ListGroups lists groups by name. See AWS ListGroups.
func (s *Service) ListGroups(ctx context.Context, _ Caller, in *ListGroupsInput) (*ListGroupsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListGroups")
	if err != nil {
		return nil, err
	}
	groups, next, err := collect(ctx, s.groups(), p, func(g Group) bool { return strings.HasPrefix(g.Path, in.PathPrefix) })
	if err != nil {
		return nil, err
	}
	return &ListGroupsOutput{Groups: listedGroups(groups), IsTruncated: next != "", Marker: next}, nil
}

func listedGroups(groups []Group) []GroupOutput {
	list := make([]GroupOutput, len(groups))
	for i, group := range groups {
		list[i] = groupOutput(group)
	}
	return list
}

// DeleteGroup removes a group that has neither users nor policies. See AWS
// DeleteGroup.
func (s *Service) DeleteGroup(ctx context.Context, _ Caller, in *DeleteGroupInput) (*struct{}, error) {
	s.links.Lock()
	defer s.links.Unlock()
	group, err := s.groups().Get(ctx, in.GroupName)
	if err != nil {
		return nil, translate(err, noSuchGroup(in.GroupName), nil)
	}
	members, err := s.members(ctx, group)
	if err != nil {
		return nil, err
	}
	err = s.groups().Delete(ctx, in.GroupName, func(now Group) error {
		if len(members) > 0 || !slices.Equal(now.Members, group.Members) {
			return deleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return deletable(now.Attached, now.Policies)
	})
	return nil, translate(err, noSuchGroup(in.GroupName), nil)
}
