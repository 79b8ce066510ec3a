package iam

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// trustQuota is how many characters a trust policy may have, white space not
// counted (IAM User Guide, "IAM and AWS STS quotas").
const trustQuota = 2048

// UpdateAssumeRolePolicyInput is the request of UpdateAssumeRolePolicy.
type UpdateAssumeRolePolicyInput struct {
	RoleName       string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN of the role.
func (in *UpdateAssumeRolePolicyInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// UpdateAssumeRolePolicy replaces a role's trust policy. See AWS
// UpdateAssumeRolePolicy.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, _ Caller, in *UpdateAssumeRolePolicyInput) (*struct{}, error) {
	trust, err := s.parseTrust(ctx, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	err = s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		role.Trust = trust
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// parseTrust reads a trust policy that is to be saved. It binds the policy to the users
// and roles that it names: whoever is made again under one of these names is not the
// one who was trusted ("AWS JSON policy elements: Principal").
func (s *Service) parseTrust(ctx context.Context, text string) (*policy.Document, error) {
	trust, err := parseDocument(text, policy.Trust)
	if err != nil {
		return nil, err
	}
	if documentSize(trust) > trustQuota {
		return nil, quotaExceeded("ACLSizePerRole", trustQuota)
	}
	ids := map[string]string{}
	for _, name := range trust.Principals() {
		id, err := s.principalID(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			// Terraform tries again, without end, on these words and no others.
			return nil, malformedPolicy(`Invalid principal in policy: "AWS":"` + name + `"`).With(err)
		}
		if err != nil {
			return nil, serviceFailure(err)
		}
		if id != "" {
			ids[name] = id
		}
	}
	bound, err := trust.Rename(ids)
	return bound, translate(err, nil, nil)
}

// shownTrust is a trust policy with the names that the users and roles it is bound to
// have now. An id shows what is gone.
func (s *Service) shownTrust(ctx context.Context, trust *policy.Document) (*policy.Document, error) {
	if trust == nil {
		return nil, nil
	}
	names := map[string]string{}
	for _, id := range trust.Principals() {
		a, err := s.principalARN(ctx, id)
		if errors.Is(err, errNoUniqueID) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, serviceFailure(err)
		}
		names[id] = a.String()
	}
	shown, err := trust.Rename(names)
	return shown, translate(err, nil, nil)
}

// principalID returns the unique id of the user or role of this account that a trust
// policy names, or nothing if it names something else; fs.ErrNotExist if there is none
// of that ARN, to the letter, since it would match no caller otherwise. Other accounts
// are beyond our sight.
func (s *Service) principalID(ctx context.Context, name string) (string, error) {
	a, err := arn.Parse(name)
	if err != nil {
		return "", s.checkUniqueID(ctx, name)
	}
	if a.Account != s.Account {
		return "", nil
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch a.Service + ":" + kind {
	case "iam:user":
		user, err := named(ctx, s.users(), last, a)
		return user.ID, err
	case "iam:role":
		role, err := named(ctx, s.roles(), last, a)
		return role.ID, err
	case "sts:assumed-role":
		name, _, _ := strings.Cut(path, "/")
		role, err := s.roles().Get(ctx, name)
		if err == nil && role.Name != name {
			err = fs.ErrNotExist
		}
		return "", err // a session has no id before it begins
	default:
		return "", nil
	}
}

// checkUniqueID returns fs.ErrNotExist for a unique id of a user or role that this
// account does not have; what is none, such as an account, is no concern of it.
func (s *Service) checkUniqueID(ctx context.Context, id string) error {
	if account, err := arn.Account(id); err == nil && account != s.Account {
		return nil
	}
	_, err := s.principalARN(ctx, id)
	if errors.Is(err, errNoUniqueID) {
		return nil
	}
	return err
}

// errNoUniqueID means that a principal is not named by a unique id.
var errNoUniqueID = errors.New("iam: not the unique id of a user or role")

// principalARN returns the ARN of the user or role with a unique id, fs.ErrNotExist if
// there is none, or errNoUniqueID.
func (s *Service) principalARN(ctx context.Context, id string) (arn.ARN, error) {
	switch {
	case strings.HasPrefix(id, "AIDA"):
		user, err := s.Users.Find(ctx, id)
		return user.ARN(), err
	case strings.HasPrefix(id, "AROA"):
		role, err := s.Roles.Find(ctx, id)
		return role.ARN(), err
	default:
		return arn.ARN{}, errNoUniqueID
	}
}

// named returns the entity called name if want is its ARN to the letter.
func named[T interface{ ARN() arn.ARN }](ctx context.Context, table Table[T], name string, want arn.ARN) (T, error) {
	entity, err := table.Get(ctx, name)
	if err == nil && entity.ARN() != want {
		err = fs.ErrNotExist
	}
	return entity, err
}
