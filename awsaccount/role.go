package awsaccount

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/cenotehq/cenote/arn"
	own "github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// servicePath begins the paths of roles that belong to services of AWS. Nobody else can
// make one, and nobody else can be given one.
const servicePath = "/aws-service-role/"

// roles lists the roles of the account, with their trust policies but without tags and
// boundaries.
func (a *Account) roles(ctx context.Context) ([]types.Role, error) {
	var all []types.Role
	pages := iam.NewListRolesPaginator(a.iam, &iam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, role := range page.Roles {
			if !strings.HasPrefix(aws.ToString(role.Path), servicePath) {
				all = append(all, role)
			}
		}
	}
	return all, nil
}

// role reads a role as a whole: without one of its policies it could do more than the
// role does.
func (a *Account) role(ctx context.Context, name string) (own.AdoptedRole, error) {
	out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return own.AdoptedRole{}, err
	}
	trust, err := a.document(out.Role.AssumeRolePolicyDocument)
	if err != nil {
		return own.AdoptedRole{}, err
	}
	role := own.AdoptedRole{
		Role: own.Role{
			Path:        aws.ToString(out.Role.Path),
			Name:        aws.ToString(out.Role.RoleName),
			ID:          aws.ToString(out.Role.RoleId),
			Description: aws.ToString(out.Role.Description),
			MaxSession:  time.Duration(aws.ToInt32(out.Role.MaxSessionDuration)) * time.Second,
			Tags:        tags(out.Role.Tags),
			Created:     moment(out.Role.CreateDate),
		},
		Trust: trust,
	}
	if b := out.Role.PermissionsBoundary; b != nil {
		role.Boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	if role.Inline, err = a.inline(ctx, name); err != nil {
		return own.AdoptedRole{}, err
	}
	if role.Attached, err = a.attached(ctx, name); err != nil {
		return own.AdoptedRole{}, err
	}
	role.Principals, err = a.principals(ctx, trust)
	return role, err
}

func (a *Account) inline(ctx context.Context, role string) (map[string]string, error) {
	all := map[string]string{}
	pages := iam.NewListRolePoliciesPaginator(a.iam, &iam.ListRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			out, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				return nil, err
			}
			if all[name], err = a.document(out.PolicyDocument); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (a *Account) attached(ctx context.Context, role string) ([]string, error) {
	var all []string
	pages := iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.AttachedPolicies {
			all = append(all, aws.ToString(p.PolicyArn))
		}
	}
	return all, nil
}

// principals returns the unique ids of the users and roles of the account that a trust
// policy names, by the ARNs that they have here. Those who are gone AWS names by their
// ids itself.
func (a *Account) principals(ctx context.Context, trust string) (map[string]string, error) {
	document, err := policy.Parse(trust)
	if err != nil {
		return nil, nil // to be refused, with the reason, by whoever takes the role
	}
	ids := map[string]string{}
	for _, name := range document.Principals() {
		parsed, err := arn.Parse(name)
		if err != nil || parsed.Service != "iam" || parsed.Account != a.here() {
			continue
		}
		kind, path, _ := strings.Cut(parsed.Resource, "/")
		id, err := a.uniqueID(ctx, kind, path[strings.LastIndexByte(path, '/')+1:])
		if err != nil {
			return nil, err
		}
		if id != "" {
			ids[name] = id
		}
	}
	return ids, nil
}

func (a *Account) uniqueID(ctx context.Context, kind, name string) (string, error) {
	switch kind {
	case "user":
		out, err := a.iam.GetUser(ctx, &iam.GetUserInput{UserName: &name})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.User.UserId), nil
	case "role":
		out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return "", err
		}
		return aws.ToString(out.Role.RoleId), nil
	default:
		return "", nil
	}
}

// document reads a policy that AWS shows percent-encoded.
func (a *Account) document(encoded *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return "", fmt.Errorf("a policy that is not percent-encoded: %w", err)
	}
	return a.names.text(text), nil
}

func tags(list []types.Tag) []own.Tag {
	var all []own.Tag
	for _, tag := range list {
		all = append(all, own.Tag{Key: aws.ToString(tag.Key), Value: aws.ToString(tag.Value)})
	}
	return all
}

func moment(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
