package iam

import (
	"context"
	"slices"
	"time"

	"github.com/cenotehq/cenote/policy"
)

// GetAccountAuthorizationDetailsInput is the request of
// GetAccountAuthorizationDetails.
type GetAccountAuthorizationDetailsInput struct {
	Filter   []string `aws:"Filter" each:"enum=User,Role,Group,LocalManagedPolicy,AWSManagedPolicy"`
	Marker   string   `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32    `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns "*": the operation is about the account.
func (in *GetAccountAuthorizationDetailsInput) Resource(Caller) string { return "*" }

// wants reports whether a kind of entity passes the filter.
func (in *GetAccountAuthorizationDetailsInput) wants(kind string) bool {
	return len(in.Filter) == 0 || slices.Contains(in.Filter, kind)
}

// PolicyDetail is an inline policy.
type PolicyDetail struct {
	PolicyName     string `aws:"PolicyName"`
	PolicyDocument string `aws:"PolicyDocument"` // percent-encoded
}

// UserDetail is a user with all that entitles and limits.
type UserDetail struct {
	UserOutput
	UserPolicyList          []PolicyDetail   `aws:"UserPolicyList,always"`
	GroupList               []string         `aws:"GroupList,always"`
	AttachedManagedPolicies []AttachedPolicy `aws:"AttachedManagedPolicies,always"`
}

// GroupDetail is a group with all that entitles its users.
type GroupDetail struct {
	GroupOutput
	GroupPolicyList         []PolicyDetail   `aws:"GroupPolicyList,always"`
	AttachedManagedPolicies []AttachedPolicy `aws:"AttachedManagedPolicies,always"`
}

// RoleDetail is a role with all that entitles and limits.
type RoleDetail struct {
	Path                     string            `aws:"Path"`
	RoleName                 string            `aws:"RoleName"`
	RoleID                   string            `aws:"RoleId"`
	ARN                      string            `aws:"Arn"`
	CreateDate               time.Time         `aws:"CreateDate"`
	AssumeRolePolicyDocument string            `aws:"AssumeRolePolicyDocument"` // percent-encoded
	InstanceProfileList      []InstanceProfile `aws:"InstanceProfileList,always"`
	RolePolicyList           []PolicyDetail    `aws:"RolePolicyList,always"`
	AttachedManagedPolicies  []AttachedPolicy  `aws:"AttachedManagedPolicies,always"`
	Tags                     []Tag             `aws:"Tags"`

	PermissionsBoundary *AttachedPermissionsBoundary `aws:"PermissionsBoundary"`
	RoleLastUsed        *RoleLastUsed                `aws:"RoleLastUsed"`
}

// ManagedPolicyDetail is a managed policy with all its versions.
type ManagedPolicyDetail struct {
	ManagedPolicyOutput
	PolicyVersionList []PolicyVersionOutput `aws:"PolicyVersionList,always"`
}

// GetAccountAuthorizationDetailsOutput is the answer of
// GetAccountAuthorizationDetails.
type GetAccountAuthorizationDetailsOutput struct {
	UserDetailList  []UserDetail          `aws:"UserDetailList,always"`
	GroupDetailList []GroupDetail         `aws:"GroupDetailList,always"`
	RoleDetailList  []RoleDetail          `aws:"RoleDetailList,always"`
	Policies        []ManagedPolicyDetail `aws:"Policies,always"`
	IsTruncated     bool                  `aws:"IsTruncated"`
	Marker          string                `aws:"Marker"`
}

// detail is one entity of the account, which is shown only if it is on the page.
type detail struct {
	key  string // its place in the order of all
	show func(*GetAccountAuthorizationDetailsOutput) error
}

// GetAccountAuthorizationDetails shows all users, groups, roles and managed policies:
// those of the account, and those of AWS's own that somebody has. See AWS
// GetAccountAuthorizationDetails.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, _ Caller, in *GetAccountAuthorizationDetailsInput) (*GetAccountAuthorizationDetailsOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "GetAccountAuthorizationDetails")
	if err != nil {
		return nil, err
	}
	all, err := s.details(ctx, in)
	if err != nil {
		return nil, err
	}
	found, next := cut(all, func(d detail) string { return d.key }, p)
	out := &GetAccountAuthorizationDetailsOutput{IsTruncated: next != "", Marker: next}
	for _, d := range found {
		if err := d.show(out); err != nil {
			return nil, serviceFailure(err)
		}
	}
	return out, nil
}

func (s *Service) details(ctx context.Context, in *GetAccountAuthorizationDetailsInput) ([]detail, error) {
	var all []detail
	for kind, of := range map[string]func(context.Context) ([]detail, error){
		"User": s.userDetails, "Group": s.groupDetails, "Role": s.roleDetails,
		"LocalManagedPolicy": func(ctx context.Context) ([]detail, error) { return s.policyDetails(ctx, "Local") },
		"AWSManagedPolicy":   func(ctx context.Context) ([]detail, error) { return s.policyDetails(ctx, "AWS") },
	} {
		if !in.wants(kind) {
			continue
		}
		list, err := of(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (s *Service) userDetails(ctx context.Context) (list []detail, err error) {
	for user, err := range every(ctx, s.users()) {
		if err != nil {
			return nil, err
		}
		list = append(list, detail{"user " + user.Name, func(out *GetAccountAuthorizationDetailsOutput) error {
			groups, err := s.groupsOf(ctx, user)
			names := []string{}
			for _, group := range groups {
				names = append(names, group.Name)
			}
			out.UserDetailList = append(out.UserDetailList, UserDetail{
				UserOutput: userOutput(user), UserPolicyList: inlineDetails(user.Policies), GroupList: names,
				AttachedManagedPolicies: attachedDetails(user.Attached),
			})
			return err
		}})
	}
	return list, nil
}

func (s *Service) groupDetails(ctx context.Context) (list []detail, err error) {
	for group, err := range every(ctx, s.groups()) {
		if err != nil {
			return nil, err
		}
		list = append(list, detail{"group " + group.Name, func(out *GetAccountAuthorizationDetailsOutput) error {
			out.GroupDetailList = append(out.GroupDetailList, GroupDetail{
				GroupOutput: groupOutput(group), GroupPolicyList: inlineDetails(group.Policies),
				AttachedManagedPolicies: attachedDetails(group.Attached),
			})
			return nil
		}})
	}
	return list, nil
}

func (s *Service) roleDetails(ctx context.Context) (list []detail, err error) {
	for role, err := range every(ctx, s.roles()) {
		if err != nil {
			return nil, err
		}
		list = append(list, detail{"role " + role.Name, func(out *GetAccountAuthorizationDetailsOutput) error {
			shown, err := s.roleOutput(ctx, role)
			if err != nil {
				return err
			}
			lastUsed, err := s.roleLastUsed(ctx, role)
			out.RoleDetailList = append(out.RoleDetailList, RoleDetail{
				Path: shown.Path, RoleName: shown.RoleName, RoleID: shown.RoleID, ARN: shown.ARN, CreateDate: shown.CreateDate,
				AssumeRolePolicyDocument: shown.AssumeRolePolicyDocument, RolePolicyList: inlineDetails(role.Policies),
				AttachedManagedPolicies: attachedDetails(role.Attached), Tags: shown.Tags, PermissionsBoundary: shown.PermissionsBoundary,
				RoleLastUsed: lastUsed,
			})
			return err
		}})
	}
	return list, nil
}

func (s *Service) policyDetails(ctx context.Context, scope string) (list []detail, err error) {
	policies, err := s.policiesOf(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		if p.Account == awsAccount && len(p.Attached)+len(p.Bounds) == 0 {
			continue
		}
		list = append(list, detail{"policy " + p.Name + " " + p.Account, func(out *GetAccountAuthorizationDetailsOutput) error {
			shown := ManagedPolicyDetail{ManagedPolicyOutput: managedPolicyOutput(p)}
			shown.Tags = nil // as AWS does it
			for _, v := range slices.Backward(p.Versions) {
				version := p.versionOutput(v)
				version.Document = encodeDocument(v.Document)
				shown.PolicyVersionList = append(shown.PolicyVersionList, version)
			}
			out.Policies = append(out.Policies, shown)
			return nil
		}})
	}
	return list, nil
}

func inlineDetails(policies map[string]*policy.Document) []PolicyDetail {
	names, _ := inline(policies).page(page{limit: len(policies)})
	list := make([]PolicyDetail, len(names))
	for i, name := range names {
		list[i] = PolicyDetail{PolicyName: name, PolicyDocument: encodeDocument(policies[name])}
	}
	return list
}

func attachedDetails(attached []Attachment) []AttachedPolicy {
	list, _ := attachedPage(attached, "", page{limit: len(attached)})
	return list
}
