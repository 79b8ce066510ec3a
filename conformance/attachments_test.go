package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// attachments gives a user, a role and a group two policies each, and takes them away again.
func (tr *tour) attachments(t *testing.T) {
	ctx := t.Context()
	name := aws.String("holder")
	ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name}))(t)
	ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(rootTrust())}))(t)
	ok(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name}))(t)
	text := allow("s3:*", "*")
	first := tr.newPolicy(t, "first", text)
	second := ok(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("second"), Path: aws.String("/deep/"), PolicyDocument: &text}))(t).Policy.Arn
	for _, policyARN := range []*string{second, first, first} { // the last changes nothing
		ok(tr.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: policyARN}))(t)
		ok(tr.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policyARN}))(t)
		ok(tr.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: name, PolicyArn: policyARN}))(t)
	}
	missing := accountARN + ":policy/missing"
	refused(tr.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &missing}))(t,
		"NoSuchEntity", "Policy "+missing+" does not exist or is not attachable.")

	tr.attached(t, name)
	if p := ok(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: first}))(t).Policy; *p.AttachmentCount != 3 {
		t.Errorf("the policy is attached %d times, want 3", *p.AttachmentCount)
	}
	wantPages(t, "entities", []string{"Group holder", "Role holder", "User holder"},
		iam.NewListEntitiesForPolicyPaginator(tr.iam, &iam.ListEntitiesForPolicyInput{PolicyArn: first, MaxItems: aws.Int32(1)}), entityNames)

	refused(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	refused(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	refused(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: name}))(t, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	refused(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: first}))(t, "DeleteConflict", "Cannot delete a policy attached to entities.")
	for _, policyARN := range []*string{first, second} {
		ok(tr.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: policyARN}))(t)
		ok(tr.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policyARN}))(t)
		ok(tr.iam.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: name, PolicyArn: policyARN}))(t)
	}
	refused(tr.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: first}))(t, "NoSuchEntity", "Policy "+*first+" was not found.")
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
	ok(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
	ok(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: name}))(t)
	ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: first}))(t)
	ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: second}))(t)
}

// attached lists what a user, a role and a group of one name have, in pages of one.
func (tr *tour) attached(t *testing.T, name *string) {
	ctx := t.Context()
	want := []string{"first", "second"}
	wantPages(t, "policies of the user", want, iam.NewListAttachedUserPoliciesPaginator(tr.iam, &iam.ListAttachedUserPoliciesInput{UserName: name, MaxItems: aws.Int32(1)}),
		func(out *iam.ListAttachedUserPoliciesOutput) []string { return attachedNames(out.AttachedPolicies) })
	wantPages(t, "policies of the role", want, iam.NewListAttachedRolePoliciesPaginator(tr.iam, &iam.ListAttachedRolePoliciesInput{RoleName: name, MaxItems: aws.Int32(1)}),
		func(out *iam.ListAttachedRolePoliciesOutput) []string { return attachedNames(out.AttachedPolicies) })
	wantPages(t, "policies of the group", want, iam.NewListAttachedGroupPoliciesPaginator(tr.iam, &iam.ListAttachedGroupPoliciesInput{GroupName: name, MaxItems: aws.Int32(1)}),
		func(out *iam.ListAttachedGroupPoliciesOutput) []string { return attachedNames(out.AttachedPolicies) })
	deep := ok(tr.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name, PathPrefix: aws.String("/deep/")}))(t)
	same(t, "policies of a path", []iamtypes.AttachedPolicy{{PolicyName: aws.String("second"), PolicyArn: aws.String(accountARN + ":policy/deep/second")}}, deep.AttachedPolicies)
}

func entityNames(out *iam.ListEntitiesForPolicyOutput) []string {
	var all []string
	for _, group := range out.PolicyGroups {
		all = append(all, "Group "+*group.GroupName)
	}
	for _, role := range out.PolicyRoles {
		all = append(all, "Role "+*role.RoleName)
	}
	for _, user := range out.PolicyUsers {
		all = append(all, "User "+*user.UserName)
	}
	return all
}

// boundaries makes a user and a role with a boundary, replaces it, and takes it away.
func (tr *tour) boundaries(t *testing.T) {
	ctx := t.Context()
	name := aws.String("bounded")
	first, second := tr.newPolicy(t, "bound-1", allow("s3:*", "*")), tr.newPolicy(t, "bound-2", allow("sts:*", "*"))
	boundary := func(policyARN *string) *iamtypes.AttachedPermissionsBoundary {
		// AWS documents and sends Policy, which the SDK's enumeration does not have.
		return &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: policyARN}
	}
	user := ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: first}))(t).User
	role := ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, PermissionsBoundary: first, AssumeRolePolicyDocument: aws.String(rootTrust())}))(t).Role
	getUser := func() *iamtypes.User { return ok(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: name}))(t).User }
	getRole := func() *iamtypes.Role { return ok(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role }
	same(t, "boundary of the new user", boundary(first), user.PermissionsBoundary)
	same(t, "boundary of the new role", boundary(first), role.PermissionsBoundary)
	same(t, "GetUser after CreateUser", user, getUser())
	same(t, "GetRole after CreateRole", unused(role), getRole())
	described := ok(tr.iam.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("narrow")}))(t).Role
	same(t, "GetRole after UpdateRoleDescription", unused(described), getRole())

	ok(tr.iam.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: second}))(t)
	ok(tr.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: second}))(t)
	same(t, "boundary of the user, replaced", boundary(second), getUser().PermissionsBoundary)
	same(t, "boundary of the role, replaced", boundary(second), getRole().PermissionsBoundary)
	missing := accountARN + ":policy/missing"
	refused(tr.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: &missing}))(t,
		"NoSuchEntity", "Scope ARN: "+missing+" does not exist or is not attachable.")
	ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: first}))(t)
	if p := ok(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: second}))(t).Policy; *p.PermissionsBoundaryUsageCount != 2 || *p.AttachmentCount != 0 {
		t.Errorf("the policy bounds %d and is attached to %d, want 2 and 0", *p.PermissionsBoundaryUsageCount, *p.AttachmentCount)
	}
	refused(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: second}))(t, "DeleteConflict", "Cannot delete a policy attached to entities.")

	ok(tr.iam.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name}))(t)
	ok(tr.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
	if u, r := getUser().PermissionsBoundary, getRole().PermissionsBoundary; u != nil || r != nil {
		t.Errorf("after the deletions the boundaries are %v and %v", u, r)
	}
	ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: second}))(t)
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
	ok(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
}
