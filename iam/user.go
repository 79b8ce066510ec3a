package iam

import (
	"context"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// userQuota is how many users an account may have (IAM User Guide, "IAM and AWS
// STS quotas").
const userQuota = 5000

// User is a person or program with keys of its own that do not expire.
type User struct {
	Account  string
	Path     string
	Name     string
	ID       string                      // AIDA…
	Policies map[string]*policy.Document // inline policies by name
	Attached []Attachment
	Boundary *Attachment // nil where there is none
	Groups   []string    // unique ids, at most ten
	Keys     []AccessKey // at most two
	Tags     []Tag
	Created  time.Time
}

// ARN returns the user's name in policies and on the wire.
func (u User) ARN() arn.ARN { return arn.User(u.Account, u.Path, u.Name) }

// EntityName returns the key under which a Table keeps the user.
func (u User) EntityName() string { return u.Name }

// EntityAliases returns the user's unique id and the ids of the access keys.
func (u User) EntityAliases() []string {
	aliases := []string{u.ID}
	for _, k := range u.Keys {
		aliases = append(aliases, k.ID)
	}
	return aliases
}

// UserOutput is a user as answers show it. The account itself has no name, path
// and date.
type UserOutput struct {
	Path       string    `aws:"Path"`
	UserName   string    `aws:"UserName"`
	UserID     string    `aws:"UserId"`
	ARN        string    `aws:"Arn"`
	CreateDate time.Time `aws:"CreateDate"`
	Tags       []Tag     `aws:"Tags"`

	PermissionsBoundary *AttachedPermissionsBoundary `aws:"PermissionsBoundary"`
}

func userOutput(u User) UserOutput {
	return UserOutput{
		Path:       u.Path,
		UserName:   u.Name,
		UserID:     u.ID,
		ARN:        u.ARN().String(),
		CreateDate: u.Created,
		Tags:       u.Tags,

		PermissionsBoundary: boundaryOutput(u.Boundary),
	}
}

// userResource is the ARN of a user of which the request tells only the name, or of
// the caller if it tells none.
func userResource(caller Caller, name string) string {
	switch {
	case name != "":
		return arn.User(caller.Account, "/", name).String()
	case caller.Role != nil:
		return "*"
	default:
		return caller.ARN
	}
}

// CreateUserInput is the request of CreateUser.
type CreateUserInput struct {
	Path                string `aws:"Path" check:"len=1-512;pattern=(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	UserName            string `aws:"UserName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PermissionsBoundary string `aws:"PermissionsBoundary" check:"len=20-2048"`
	Tags                []Tag  `aws:"Tags" check:"len=-50"`
}

// Resource returns the ARN that the user will have.
func (in *CreateUserInput) Resource(caller Caller) string {
	return arn.User(caller.Account, in.Path, in.UserName).String()
}

// CreateUserOutput is the answer of CreateUser.
type CreateUserOutput struct {
	User UserOutput `aws:"User"`
}

// GetUserInput is the request of GetUser; without a name it means the caller.
type GetUserInput struct {
	UserName string `aws:"UserName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *GetUserInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// GetUserOutput is the answer of GetUser.
type GetUserOutput struct {
	User UserOutput `aws:"User"`
}

// ListUsersInput is the request of ListUsers.
type ListUsersInput struct {
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=\\u002F[\\u0021-\\u007F]*"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN that AWS names in refusals: the prefix as a path.
func (in *ListUsersInput) Resource(caller Caller) string {
	return arn.User(caller.Account, folder(in.PathPrefix), "").String()
}

// ListUsersOutput is the answer of ListUsers. It leaves out tags and boundaries.
type ListUsersOutput struct {
	Users       []UserOutput `aws:"Users,always"`
	IsTruncated bool         `aws:"IsTruncated"`
	Marker      string       `aws:"Marker"`
}

// DeleteUserInput is the request of DeleteUser.
type DeleteUserInput struct {
	UserName string `aws:"UserName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *DeleteUserInput) Resource(caller Caller) string { return userResource(caller, in.UserName) }

// CreateUser makes a user, who can do nothing yet. See AWS CreateUser.
func (s *Service) CreateUser(ctx context.Context, _ Caller, in *CreateUserInput) (*CreateUserOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	switch isFull, err := full(ctx, s.users(), userQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("UsersPerAccount", userQuota)
	}
	user := User{
		Account: s.Account,
		Path:    pathOrRoot(in.Path),
		Name:    in.UserName,
		ID:      arn.NewEntityID("AIDA", s.Account),
		Tags:    in.Tags,
		Created: s.now().UTC().Truncate(time.Second),
	}
	err := s.bound(ctx, in.PermissionsBoundary, user.ID, func(ctx context.Context, boundary *Attachment) error {
		user.Boundary = boundary
		return s.Users.Create(ctx, user)
	})
	if err != nil {
		return nil, translate(err, nil, entityAlreadyExists("User with name %s already exists.", in.UserName))
	}
	return &CreateUserOutput{User: userOutput(user)}, nil
}

// GetUser shows a user, by default the caller; root sees the account. See AWS
// GetUser.
func (s *Service) GetUser(ctx context.Context, caller Caller, in *GetUserInput) (*GetUserOutput, error) {
	if in.UserName == "" && caller.Root {
		return &GetUserOutput{User: UserOutput{UserID: caller.Account, ARN: caller.ARN}}, nil
	}
	name, err := userName(caller, in.UserName)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, name)
	if err != nil {
		return nil, translate(err, noSuchUser(name), nil)
	}
	return &GetUserOutput{User: userOutput(user)}, nil
}

// ListUsers lists users by name. See AWS ListUsers.
func (s *Service) ListUsers(ctx context.Context, _ Caller, in *ListUsersInput) (*ListUsersOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListUsers")
	if err != nil {
		return nil, err
	}
	users, next, err := collect(ctx, s.users(), p, func(u User) bool { return strings.HasPrefix(u.Path, in.PathPrefix) })
	if err != nil {
		return nil, err
	}
	return &ListUsersOutput{Users: listedUsers(users), IsTruncated: next != "", Marker: next}, nil
}

// listedUsers shows users as lists do.
func listedUsers(users []User) []UserOutput {
	list := make([]UserOutput, len(users))
	for i, user := range users {
		list[i] = userOutput(user)
		list[i].Tags, list[i].PermissionsBoundary = nil, nil
	}
	return list
}

// DeleteUser removes a user who has neither policies, groups nor access keys. See
// AWS DeleteUser.
func (s *Service) DeleteUser(ctx context.Context, _ Caller, in *DeleteUserInput) (*struct{}, error) {
	var gone User
	err := s.users().Delete(ctx, in.UserName, func(user User) error {
		gone = user
		switch {
		case len(user.Groups) > 0:
			return deleteConflict("Cannot delete entity, must remove users from group first.")
		case len(user.Keys) > 0 && len(user.Attached)+len(user.Policies) == 0:
			return deleteConflict("Cannot delete entity, must delete access keys first.")
		}
		return deletable(user.Attached, user.Policies)
	})
	if err != nil {
		return nil, translate(err, noSuchUser(in.UserName), nil)
	}
	return nil, translate(s.unbind(ctx, gone.Boundary, gone.ID), nil, nil)
}

// userName is the user whom a request means: the one that it names, or else the
// caller.
func userName(caller Caller, name string) (string, error) {
	switch {
	case name != "":
		return name, nil
	case caller.User != "":
		return caller.User, nil
	default:
		return "", validation("Must specify userName when calling with non-User credentials")
	}
}
