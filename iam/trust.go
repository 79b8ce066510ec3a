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
	err = s.Roles.Update(ctx, in.RoleName, func(role *Role) error {
		role.Trust = trust
		return nil
	})
	return nil, translate(err, noSuchRole(in.RoleName), nil)
}

// parseTrust reads a trust policy that is to be saved.
func (s *Service) parseTrust(ctx context.Context, text string) (*policy.Document, error) {
	trust, err := parseDocument(text, policy.Trust)
	if err != nil {
		return nil, err
	}
	if documentSize(trust) > trustQuota {
		return nil, quotaExceeded("ACLSizePerRole", trustQuota)
	}
	return trust, s.checkPrincipals(ctx, trust)
}

// checkPrincipals refuses a trust policy that names a user or role of this account
// that does not exist: whoever later took the name would be trusted. Terraform
// tries again, without end, on the words of this message and no others.
func (s *Service) checkPrincipals(ctx context.Context, trust *policy.Document) error {
	for _, statement := range trust.Statements {
		if statement.Principals == nil {
			continue
		}
		for _, name := range statement.Principals.AWS {
			err := s.checkPrincipal(ctx, name)
			if errors.Is(err, fs.ErrNotExist) {
				return malformedPolicy(`Invalid principal in policy: "AWS":"` + name + `"`).With(err)
			}
			if err != nil {
				return serviceFailure(err)
			}
		}
	}
	return nil
}

// checkPrincipal returns fs.ErrNotExist for what names a user or role of this
// account that there is not. An ARN has to be that of the entity to the letter,
// since it would match no caller otherwise. Other accounts are beyond our sight.
func (s *Service) checkPrincipal(ctx context.Context, name string) error {
	a, err := arn.Parse(name)
	if err != nil {
		return s.checkUniqueID(ctx, name)
	}
	if a.Account != s.Account {
		return nil
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch a.Service + ":" + kind {
	case "iam:user":
		_, err := named(ctx, s.Users, last, a)
		return err
	case "iam:role":
		_, err := named(ctx, s.Roles, last, a)
		return err
	case "sts:assumed-role":
		role, _, _ := strings.Cut(path, "/")
		found, err := s.Roles.Get(ctx, role)
		if err == nil && found.Name != role {
			return fs.ErrNotExist
		}
		return err
	default:
		return nil
	}
}

// checkUniqueID is checkPrincipal for the unique ids of users and roles; what is
// none, such as an account, is no concern of it.
func (s *Service) checkUniqueID(ctx context.Context, id string) error {
	if account, err := arn.Account(id); err == nil && account != s.Account {
		return nil
	}
	var err error
	switch {
	case strings.HasPrefix(id, "AIDA"):
		_, err = s.Users.Find(ctx, id)
	case strings.HasPrefix(id, "AROA"):
		_, err = s.Roles.Find(ctx, id)
	}
	return err
}

// named returns the entity called name if want is its ARN to the letter.
func named[T interface{ ARN() arn.ARN }](ctx context.Context, table Table[T], name string, want arn.ARN) (T, error) {
	entity, err := table.Get(ctx, name)
	if err == nil && entity.ARN() != want {
		err = fs.ErrNotExist
	}
	return entity, err
}
