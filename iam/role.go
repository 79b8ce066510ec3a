package iam

import (
	"context"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

const (
	// roleQuota is how many roles an account may have (IAM User Guide, "IAM and
	// AWS STS quotas").
	roleQuota = 1000

	// defaultMaxSession is how long sessions of a role last at most, unless the
	// role says otherwise (AWS CreateRole).
	defaultMaxSession = time.Hour
)

// Tag is a key and a value that an administrator attached to an entity.
type Tag struct {
	Key   string `aws:"Key" check:"required;len=1-128;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
	Value string `aws:"Value,always" check:"required;len=0-256;pattern=[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"`
}

// Role is an identity that others assume: a trust policy says who may, inline and
// managed policies say what they then can do.
type Role struct {
	Account     string
	Path        string // "/" or "/…/"
	Name        string
	ID          string // AROA…, never used again after the role is gone
	Description string
	MaxSession  time.Duration
	Trust       *policy.Document
	Policies    map[string]*policy.Document // inline policies by name
	Attached    []Attachment
	Boundary    *Attachment // nil where there is none
	Tags        []Tag
	Created     time.Time
}

// ARN returns the role's name in policies and on the wire.
func (r Role) ARN() arn.ARN { return arn.Role(r.Account, r.Path, r.Name) }

// EntityName returns the key under which a Table keeps the role.
func (r Role) EntityName() string { return r.Name }

// EntityAliases returns the role's unique id.
func (r Role) EntityAliases() []string { return []string{r.ID} }

// RoleOutput is a role as answers show it.
type RoleOutput struct {
	Path                     string    `aws:"Path"`
	RoleName                 string    `aws:"RoleName"`
	RoleID                   string    `aws:"RoleId"`
	ARN                      string    `aws:"Arn"`
	CreateDate               time.Time `aws:"CreateDate"`
	AssumeRolePolicyDocument string    `aws:"AssumeRolePolicyDocument"` // percent-encoded
	Description              string    `aws:"Description"`
	MaxSessionDuration       int32     `aws:"MaxSessionDuration"` // seconds
	Tags                     []Tag     `aws:"Tags"`

	PermissionsBoundary *AttachedPermissionsBoundary `aws:"PermissionsBoundary"`
	RoleLastUsed        *RoleLastUsed                `aws:"RoleLastUsed"` // in GetRole only
}

func (s *Service) roleOutput(ctx context.Context, r Role) (RoleOutput, error) {
	trust, err := s.shownTrust(ctx, r.Trust)
	return RoleOutput{
		Path:                     r.Path,
		RoleName:                 r.Name,
		RoleID:                   r.ID,
		ARN:                      r.ARN().String(),
		CreateDate:               r.Created,
		AssumeRolePolicyDocument: encodeDocument(trust),
		Description:              r.Description,
		MaxSessionDuration:       int32(r.MaxSession / time.Second),
		Tags:                     r.Tags,
		PermissionsBoundary:      boundaryOutput(r.Boundary),
	}, err
}

// roleResource is the ARN of a role of which the request tells only the name.
func roleResource(caller Caller, name string) string {
	return arn.Role(caller.Account, "/", name).String()
}

// CreateRoleInput is the request of CreateRole.
type CreateRoleInput struct {
	Path                     string `aws:"Path" check:"len=1-512;pattern=(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"`
	RoleName                 string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	AssumeRolePolicyDocument string `aws:"AssumeRolePolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	Description              string `aws:"Description" check:"len=-1000;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration       int32  `aws:"MaxSessionDuration" check:"range=3600-43200"`
	PermissionsBoundary      string `aws:"PermissionsBoundary" check:"len=20-2048"`
	Tags                     []Tag  `aws:"Tags" check:"len=-50"`
}

// Resource returns the ARN that the role will have.
func (in *CreateRoleInput) Resource(caller Caller) string {
	return arn.Role(caller.Account, in.Path, in.RoleName).String()
}

// CreateRoleOutput is the answer of CreateRole.
type CreateRoleOutput struct {
	Role RoleOutput `aws:"Role"`
}

// GetRoleInput is the request of GetRole.
type GetRoleInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the role.
func (in *GetRoleInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// GetRoleOutput is the answer of GetRole.
type GetRoleOutput struct {
	Role RoleOutput `aws:"Role"`
}

// ListRolesInput is the request of ListRoles.
type ListRolesInput struct {
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=\\u002F[\\u0021-\\u007F]*"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN that AWS names in refusals: the prefix as a path.
func (in *ListRolesInput) Resource(caller Caller) string {
	return arn.Role(caller.Account, folder(in.PathPrefix), "").String()
}

// ListRolesOutput is the answer of ListRoles. It leaves out tags and boundaries.
type ListRolesOutput struct {
	Roles       []RoleOutput `aws:"Roles,always"`
	IsTruncated bool         `aws:"IsTruncated"`
	Marker      string       `aws:"Marker"`
}

// DeleteRoleInput is the request of DeleteRole.
type DeleteRoleInput struct {
	RoleName string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the role.
func (in *DeleteRoleInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// UpdateRoleInput is the request of UpdateRole. What it leaves out stays.
type UpdateRoleInput struct {
	RoleName           string  `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Description        *string `aws:"Description" check:"len=-1000;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration int32   `aws:"MaxSessionDuration" check:"range=3600-43200"`
}

// Resource returns the ARN of the role.
func (in *UpdateRoleInput) Resource(caller Caller) string { return roleResource(caller, in.RoleName) }

// UpdateRoleOutput is the empty answer of UpdateRole.
type UpdateRoleOutput struct{}

// UpdateRoleDescriptionInput is the request of UpdateRoleDescription.
type UpdateRoleDescriptionInput struct {
	RoleName    string `aws:"RoleName" check:"required;len=1-64;pattern=[\\w+=,.@-]+"`
	Description string `aws:"Description" check:"required;len=-1000;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
}

// Resource returns the ARN of the role.
func (in *UpdateRoleDescriptionInput) Resource(caller Caller) string {
	return roleResource(caller, in.RoleName)
}

// UpdateRoleDescriptionOutput is the answer of UpdateRoleDescription.
type UpdateRoleDescriptionOutput struct {
	Role RoleOutput `aws:"Role"`
}

// CreateRole makes a role. See AWS CreateRole.
func (s *Service) CreateRole(ctx context.Context, _ Caller, in *CreateRoleInput) (*CreateRoleOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	trust, err := s.parseTrust(ctx, in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	switch isFull, err := full(ctx, s.roles(), roleQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("RolesPerAccount", roleQuota)
	}
	role := Role{
		Account:     s.Account,
		Path:        pathOrRoot(in.Path),
		Name:        in.RoleName,
		ID:          arn.NewEntityID("AROA", s.Account),
		Description: in.Description,
		MaxSession:  defaultMaxSession,
		Trust:       trust,
		Tags:        in.Tags,
		Created:     s.now().UTC().Truncate(time.Second),
	}
	if in.MaxSessionDuration != 0 {
		role.MaxSession = time.Duration(in.MaxSessionDuration) * time.Second
	}
	err = s.bound(ctx, in.PermissionsBoundary, role.ID, func(ctx context.Context, boundary *Attachment) error {
		role.Boundary = boundary
		return s.Roles.Create(ctx, role)
	})
	if err != nil {
		return nil, translate(err, nil, entityAlreadyExists("Role with name %s already exists.", in.RoleName))
	}
	shown, err := s.roleOutput(ctx, role)
	return &CreateRoleOutput{Role: shown}, err
}

// GetRole shows a role. See AWS GetRole.
func (s *Service) GetRole(ctx context.Context, _ Caller, in *GetRoleInput) (*GetRoleOutput, error) {
	role, err := s.roles().Get(ctx, in.RoleName)
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	out := &GetRoleOutput{}
	if out.Role, err = s.roleOutput(ctx, role); err != nil {
		return nil, err
	}
	out.Role.RoleLastUsed, err = s.roleLastUsed(ctx, role)
	return out, err
}

// ListRoles lists roles by name. See AWS ListRoles.
func (s *Service) ListRoles(ctx context.Context, _ Caller, in *ListRolesInput) (*ListRolesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListRoles")
	if err != nil {
		return nil, err
	}
	roles, next, err := collect(ctx, s.roles(), p, func(r Role) bool { return strings.HasPrefix(r.Path, in.PathPrefix) })
	if err != nil {
		return nil, err
	}
	out := &ListRolesOutput{Roles: make([]RoleOutput, len(roles)), IsTruncated: next != "", Marker: next}
	for i, role := range roles {
		if out.Roles[i], err = s.roleOutput(ctx, role); err != nil {
			return nil, err
		}
		out.Roles[i].Tags, out.Roles[i].PermissionsBoundary = nil, nil
	}
	return out, nil
}

// DeleteRole removes a role that has no policies. See AWS DeleteRole.
func (s *Service) DeleteRole(ctx context.Context, _ Caller, in *DeleteRoleInput) (*struct{}, error) {
	var gone Role
	err := s.roles().Delete(ctx, in.RoleName, func(role Role) error {
		gone = role
		return deletable(role.Attached, role.Policies)
	})
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	return nil, translate(s.unbind(ctx, gone.Boundary, gone.ID), nil, nil)
}

// deletable refuses to delete what has policies.
func deletable(attached []Attachment, inline map[string]*policy.Document) error {
	switch {
	case len(attached) > 0:
		return deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(inline) > 0:
		return deleteConflict("Cannot delete entity, must delete policies first.")
	default:
		return nil
	}
}

// UpdateRole changes a role's description and the longest duration of its
// sessions. See AWS UpdateRole.
func (s *Service) UpdateRole(ctx context.Context, _ Caller, in *UpdateRoleInput) (*UpdateRoleOutput, error) {
	err := s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		if in.Description != nil {
			role.Description = *in.Description
		}
		if in.MaxSessionDuration != 0 {
			role.MaxSession = time.Duration(in.MaxSessionDuration) * time.Second
		}
		return nil
	})
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	return &UpdateRoleOutput{}, nil
}

// UpdateRoleDescription changes a role's description and shows the role. See AWS
// UpdateRoleDescription.
func (s *Service) UpdateRoleDescription(ctx context.Context, _ Caller, in *UpdateRoleDescriptionInput) (*UpdateRoleDescriptionOutput, error) {
	var changed Role
	err := s.roles().Update(ctx, in.RoleName, func(role *Role) error {
		role.Description = in.Description
		changed = *role
		return nil
	})
	if err != nil {
		return nil, translate(err, noSuchRole(in.RoleName), nil)
	}
	shown, err := s.roleOutput(ctx, changed)
	return &UpdateRoleDescriptionOutput{Role: shown}, err
}

func pathOrRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// folder makes a path of a prefix of one.
func folder(prefix string) string {
	if strings.HasSuffix(prefix, "/") {
		return prefix
	}
	return prefix + "/"
}
