package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

// account looks at everything there is in the account, to which it first adds a user, a role and a group that have all
// that they can have.
func (tr *tour) account(t *testing.T) {
	ctx := t.Context()
	before := ok(tr.iam.GetAccountSummary(ctx, nil))(t).SummaryMap
	name := aws.String("everything")
	text := allow("s3:*", "*")
	tags := tagsOf("team", "x")
	p := ok(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, Description: aws.String("all of it"), PolicyDocument: &text}))(t).Policy
	user := ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: p.Arn, Tags: tags}))(t).User
	role := ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, PermissionsBoundary: p.Arn, Tags: tags, AssumeRolePolicyDocument: aws.String(rootTrust())}))(t).Role
	group := ok(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name}))(t).Group
	ok(tr.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: name, UserName: name}))(t)
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: name, PolicyDocument: &text}))(t)
	ok(tr.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: name, PolicyDocument: &text}))(t)
	ok(tr.iam.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: name, PolicyName: name, PolicyDocument: &text}))(t)
	ok(tr.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: p.Arn}))(t)
	ok(tr.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: p.Arn}))(t)
	ok(tr.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: name, PolicyArn: p.Arn}))(t)

	attached := []iamtypes.AttachedPolicy{{PolicyName: name, PolicyArn: p.Arn}}
	all := tr.accountDetails(t)
	wantUser := iamtypes.UserDetail{
		Arn: user.Arn, CreateDate: user.CreateDate, Path: user.Path, UserId: user.UserId, UserName: name, Tags: tags, PermissionsBoundary: user.PermissionsBoundary,
		AttachedManagedPolicies: attached, GroupList: []string{*name},
	}
	wantGroup := iamtypes.GroupDetail{
		Arn: group.Arn, CreateDate: group.CreateDate, Path: group.Path, GroupId: group.GroupId, GroupName: name, AttachedManagedPolicies: attached,
	}
	wantRole := iamtypes.RoleDetail{
		Arn: role.Arn, CreateDate: role.CreateDate, Path: role.Path, RoleId: role.RoleId, RoleName: name, Tags: tags, PermissionsBoundary: role.PermissionsBoundary,
		AssumeRolePolicyDocument: role.AssumeRolePolicyDocument, AttachedManagedPolicies: attached, InstanceProfileList: []iamtypes.InstanceProfile{}, RoleLastUsed: &iamtypes.RoleLastUsed{},
	}
	for _, u := range all.UserDetailList {
		if *u.UserName == *name {
			wantUser.UserPolicyList = wantInline(t, "user", text, u.UserPolicyList)
			same(t, "details of the user", wantUser, u)
		}
	}
	for _, g := range all.GroupDetailList {
		if *g.GroupName == *name {
			wantGroup.GroupPolicyList = wantInline(t, "group", text, g.GroupPolicyList)
			same(t, "details of the group", wantGroup, g)
		}
	}
	for _, r := range all.RoleDetailList {
		if *r.RoleName == *name {
			wantRole.RolePolicyList = wantInline(t, "role", text, r.RolePolicyList)
			same(t, "details of the role", wantRole, r)
		}
	}
	tr.summary(t, before)
	ok(tr.iam.ListAccountAliases(ctx, nil))(t)
	ok(tr.iam.ListInstanceProfiles(ctx, nil))(t)
}

// wantInline checks that the only inline policy has a text, and returns the list.
func wantInline(t *testing.T, what, text string, list []iamtypes.PolicyDetail) []iamtypes.PolicyDetail {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("the %s has %d inline policies", what, len(list))
	}
	wantDocument(t, "inline policy of the "+what, text, list[0].PolicyDocument)
	return list
}

// accountDetails are those of all pages; each entity must be there once, as the lists know it.
func (tr *tour) accountDetails(t *testing.T) iam.GetAccountAuthorizationDetailsOutput {
	ctx := t.Context()
	var all iam.GetAccountAuthorizationDetailsOutput
	for pages := iam.NewGetAccountAuthorizationDetailsPaginator(tr.iam, &iam.GetAccountAuthorizationDetailsInput{MaxItems: aws.Int32(5)}); pages.HasMorePages(); {
		page := ok(pages.NextPage(ctx))(t)
		all.UserDetailList, all.GroupDetailList = append(all.UserDetailList, page.UserDetailList...), append(all.GroupDetailList, page.GroupDetailList...)
		all.RoleDetailList, all.Policies = append(all.RoleDetailList, page.RoleDetailList...), append(all.Policies, page.Policies...)
	}
	want := [][]string{
		names(ok(tr.iam.ListUsers(ctx, nil))(t).Users, func(u iamtypes.User) *string { return u.Arn }),
		names(ok(tr.iam.ListGroups(ctx, nil))(t).Groups, func(g iamtypes.Group) *string { return g.Arn }),
		names(ok(tr.iam.ListRoles(ctx, nil))(t).Roles, func(r iamtypes.Role) *string { return r.Arn }),
		names(ok(tr.iam.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal}))(t).Policies, func(p iamtypes.Policy) *string { return p.Arn }),
	}
	got := [][]string{
		names(all.UserDetailList, func(u iamtypes.UserDetail) *string { return u.Arn }),
		names(all.GroupDetailList, func(g iamtypes.GroupDetail) *string { return g.Arn }),
		names(all.RoleDetailList, func(r iamtypes.RoleDetail) *string { return r.Arn }),
		names(all.Policies, func(p iamtypes.ManagedPolicyDetail) *string { return p.Arn }),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users, groups, roles and policies (-lists +details):\n%s", diff)
	}
	return all
}

// summary expects one user, group, role and policy more than before.
func (tr *tour) summary(t *testing.T, before map[string]int32) {
	got := ok(tr.iam.GetAccountSummary(t.Context(), nil))(t).SummaryMap
	for _, kind := range []string{"Users", "Groups", "Roles", "Policies"} {
		before[kind]++
	}
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	for quota, want := range map[string]int32{"AccessKeysPerUserQuota": 2, "VersionsPerPolicyQuota": 5, "GroupsPerUserQuota": 10, "UsersQuota": 5000, "RolesQuota": 1000, "PolicySizeQuota": 6144} {
		if got[quota] != want {
			t.Errorf("%s is %d, want %d", quota, got[quota], want)
		}
	}
}
