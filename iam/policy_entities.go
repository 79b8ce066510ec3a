package iam

import (
	"context"
	"slices"
	"strings"
)

// What a managed policy can be used as, in PolicyUsageFilter.
const (
	usagePolicy   = "PermissionsPolicy"
	usageBoundary = "PermissionsBoundary"
)

// ListEntitiesForPolicyInput is the request of ListEntitiesForPolicy.
type ListEntitiesForPolicyInput struct {
	PolicyARN         string `aws:"PolicyArn" check:"required;len=20-2048"`
	EntityFilter      string `aws:"EntityFilter" check:"enum=User,Role,Group,LocalManagedPolicy,AWSManagedPolicy"`
	PathPrefix        string `aws:"PathPrefix" check:"len=1-512;pattern=\\u002F[\\u0021-\\u007F]*"`
	PolicyUsageFilter string `aws:"PolicyUsageFilter" check:"enum=PermissionsPolicy,PermissionsBoundary"`
	Marker            string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems          int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the policy.
func (in *ListEntitiesForPolicyInput) Resource(Caller) string { return in.PolicyARN }

// PolicyGroup is a group that a managed policy is attached to.
type PolicyGroup struct {
	GroupName string `aws:"GroupName"`
	GroupID   string `aws:"GroupId"`
}

// PolicyUser is a user who has a managed policy.
type PolicyUser struct {
	UserName string `aws:"UserName"`
	UserID   string `aws:"UserId"`
}

// PolicyRole is a role that has a managed policy.
type PolicyRole struct {
	RoleName string `aws:"RoleName"`
	RoleID   string `aws:"RoleId"`
}

// ListEntitiesForPolicyOutput is the answer of ListEntitiesForPolicy.
type ListEntitiesForPolicyOutput struct {
	PolicyGroups []PolicyGroup `aws:"PolicyGroups,always"`
	PolicyUsers  []PolicyUser  `aws:"PolicyUsers,always"`
	PolicyRoles  []PolicyRole  `aws:"PolicyRoles,always"`
	IsTruncated  bool          `aws:"IsTruncated"`
	Marker       string        `aws:"Marker"`
}

// ListEntitiesForPolicy lists those who have a managed policy: groups, then roles,
// then users, each by name. See AWS ListEntitiesForPolicy.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, _ Caller, in *ListEntitiesForPolicyInput) (*ListEntitiesForPolicyOutput, error) {
	at, err := newPage(in.Marker, in.MaxItems, "ListEntitiesForPolicy", in.PolicyARN)
	if err != nil {
		return nil, err
	}
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	holders, err := s.holders(ctx, p)
	if err != nil {
		return nil, err
	}
	holders = slices.DeleteFunc(holders, func(h holder) bool { return !in.wants(p, h) })
	holders, next := cut(holders, func(h holder) string { return h.kind + " " + h.name }, at)
	out := &ListEntitiesForPolicyOutput{IsTruncated: next != "", Marker: next}
	for _, h := range holders {
		switch h.kind {
		case "Group":
			out.PolicyGroups = append(out.PolicyGroups, PolicyGroup{h.name, h.id})
		case "User":
			out.PolicyUsers = append(out.PolicyUsers, PolicyUser{h.name, h.id})
		default:
			out.PolicyRoles = append(out.PolicyRoles, PolicyRole{h.name, h.id})
		}
	}
	return out, nil
}

func (in *ListEntitiesForPolicyInput) wants(p ManagedPolicy, h holder) bool {
	attached, bounds := h.has(p.attachment())
	switch {
	case in.PolicyUsageFilter == usagePolicy && !attached, in.PolicyUsageFilter == usageBoundary && !bounds:
		return false
	case in.EntityFilter == "LocalManagedPolicy" && p.Account == awsAccount, in.EntityFilter == "AWSManagedPolicy" && p.Account != awsAccount:
		return false
	case in.EntityFilter == "User" || in.EntityFilter == "Role" || in.EntityFilter == "Group":
		return h.kind == in.EntityFilter && strings.HasPrefix(h.path, in.PathPrefix)
	default:
		return strings.HasPrefix(h.path, in.PathPrefix)
	}
}

// holders returns all who have a managed policy, attached or as their boundary.
func (s *Service) holders(ctx context.Context, p ManagedPolicy) ([]holder, error) {
	groups, err := holdersIn(ctx, s.groups(), p)
	if err != nil {
		return nil, err
	}
	roles, err := holdersIn(ctx, s.roles(), p)
	if err != nil {
		return nil, err
	}
	users, err := holdersIn(ctx, s.users(), p)
	return slices.Concat(groups, roles, users), err
}

func holdersIn[T Entity, P holding[T]](ctx context.Context, table Table[T], p ManagedPolicy) ([]holder, error) {
	var found []holder
	for entity, err := range every(ctx, table) {
		if err != nil {
			return nil, err
		}
		h := P(&entity).held()
		if attached, bounds := h.has(p.attachment()); attached || bounds {
			found = append(found, h)
		}
	}
	return found, nil
}

// counted returns p with those who use it. Policies of the account note them; AWS's
// own are not kept anywhere, so all roles, users and groups are looked at.
func (s *Service) counted(ctx context.Context, p ManagedPolicy) (ManagedPolicy, error) {
	if p.Account != awsAccount {
		return p, nil
	}
	holders, err := s.holders(ctx, p)
	for _, h := range holders {
		attached, bounds := h.has(p.attachment())
		if attached {
			p.Attached = append(p.Attached, h.id)
		}
		if bounds {
			p.Bounds = append(p.Bounds, h.id)
		}
	}
	return p, err
}
