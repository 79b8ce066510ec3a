package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// withoutPermission is AWS's sentence for a user of the account.
func withoutPermission(user, action, resource, why string) string {
	return "User: " + accountARN + ":user/" + user + " is not authorized to perform: " + action + " on resource: " + resource + " because no " + why + " allows the " + action + " action"
}

// as is the same server for somebody else than root.
func (w *world) as(t *testing.T, keys aws.Credentials) *world {
	t.Helper()
	settings := conformance.Config(t, w.URL, keys)
	return &world{Server: w.Server, cognito: cognitoidentity.NewFromConfig(settings), iam: iam.NewFromConfig(settings)}
}

// TestAdministrator sets an account up as somebody other than root, who then makes the next administrator.
func TestAdministrator(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	ctx := t.Context()
	admin := w.as(t, w.newUser(t, "admin"))
	refused(admin.iam.ListUsers(ctx, nil))(t, "AccessDenied", withoutPermission("admin", "iam:ListUsers", accountARN+":user/", "identity-based policy"))
	administrator := aws.String(administratorAccess)
	ok(w.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("admin"), PolicyArn: administrator}))(t)

	pool := admin.createPool(t, guests("of the administrator"))
	admin.setRoles(t, pool, admin.createRole(t, "guest", poolTrust(pool, "unauthenticated")), admin.createRole(t, "member", poolTrust(pool, "authenticated")))
	next := admin.as(t, admin.newUser(t, "next"))
	ok(admin.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("next"), PolicyArn: administrator}))(t)
	refused(admin.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: administrator}))(t, "AccessDenied",
		withoutPermission("admin", "iam:DeletePolicy", "policy "+administratorAccess, "identity-based policy"))

	ok(next.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String("admin"), PolicyArn: administrator}))(t)
	refused(admin.iam.ListUsers(ctx, nil))(t, "AccessDenied", withoutPermission("admin", "iam:ListUsers", accountARN+":user/", "identity-based policy"))
	ok(next.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &pool}))(t)
}

// TestBoundaryCaps holds an administrator within a boundary, whose default version counts.
func TestBoundaryCaps(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	ctx := t.Context()
	name := aws.String("capped")
	capped := w.as(t, w.newUser(t, *name))
	ok(w.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(administratorAccess)}))(t)
	own := accountARN + ":user/capped"
	boundary := w.newPolicy(t, "boundary", allow("iam:Get*", "*"))
	ok(capped.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t)

	ok(w.iam.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: boundary}))(t)
	ok(capped.iam.GetUser(ctx, nil))(t)
	refused(capped.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t, "AccessDenied", withoutPermission("capped", "iam:ListUserTags", "user capped", "permissions boundary"))
	refused(capped.iam.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: name}))(t, "AccessDenied",
		withoutPermission("capped", "iam:DeleteUserPermissionsBoundary", own, "permissions boundary"))
	simulated := ok(w.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &own, ActionNames: []string{"iam:GetUser", "iam:ListUserTags"}, ResourceArns: []string{own},
	}))(t).EvaluationResults
	if len(simulated) != 2 || simulated[0].EvalDecision != "allowed" || simulated[1].EvalDecision != "implicitDeny" {
		t.Errorf("the simulation says %v, and the server allows the first and denies the second", simulated)
	}

	ok(w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: boundary, PolicyDocument: aws.String(allow("iam:List*", "*")), SetAsDefault: true}))(t)
	ok(capped.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t)
	refused(capped.iam.GetUser(ctx, nil))(t, "AccessDenied", withoutPermission("capped", "iam:GetUser", "user capped", "permissions boundary"))

	ok(w.iam.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: aws.String(administratorAccess)}))(t)
	refused(capped.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t, "AccessDenied", withoutPermission("capped", "iam:ListUserTags", "user capped", "identity-based policy"))
}

// TestBoundaryCapsRole holds the guests of a pool within the boundary of their role.
func TestBoundaryCapsRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	ctx := t.Context()
	role := aws.String("guest")
	ok(w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("pools"), PolicyDocument: aws.String(allow("cognito-identity:*", "*"))}))(t)
	sdk := conformance.GoSDK{}
	guest := w.as(t, w.getCredentials(t, sdk, w.getID(t, sdk, nil), nil))
	in := &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &w.pool}
	ok(guest.cognito.DescribeIdentityPool(ctx, in))(t)
	ok(w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: w.newPolicy(t, "s3-only", allow("s3:*", "*"))}))(t)
	refused(guest.cognito.DescribeIdentityPool(ctx, in))(t, "AccessDeniedException", "User: "+sessionARN("guest", enhanced)+
		" is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: arn:aws:cognito-identity:"+conformance.Region+":"+conformance.Account+":identitypool/"+w.pool+
		" because no permissions boundary allows the cognito-identity:DescribeIdentityPool action")
	ok(w.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: role}))(t)
	ok(guest.cognito.DescribeIdentityPool(ctx, in))(t)
}

// TestGroupGrants gives a user what the user's group has, inline and attached, for as long as the user is in it.
func TestGroupGrants(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	ctx := t.Context()
	user, group := aws.String("member"), aws.String("readers")
	member := w.as(t, w.newUser(t, *user))
	ok(w.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}))(t)
	ok(w.iam.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: group, PolicyName: aws.String("users"), PolicyDocument: aws.String(allow("iam:ListUsers", "*"))}))(t)
	ok(w.iam.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: group, PolicyArn: w.newPolicy(t, "roles", allow("iam:ListRoles", "*"))}))(t)
	denied := func() {
		t.Helper()
		refused(member.iam.ListUsers(ctx, nil))(t, "AccessDenied", withoutPermission("member", "iam:ListUsers", accountARN+":user/", "identity-based policy"))
		refused(member.iam.ListRoles(ctx, nil))(t, "AccessDenied", withoutPermission("member", "iam:ListRoles", accountARN+":role/", "identity-based policy"))
	}
	denied()
	ok(w.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: group, UserName: user}))(t)
	ok(member.iam.ListUsers(ctx, nil))(t)
	ok(member.iam.ListRoles(ctx, nil))(t)
	ok(w.iam.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: group, NewGroupName: aws.String("renamed")}))(t)
	ok(member.iam.ListUsers(ctx, nil))(t)
	ok(w.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("renamed"), UserName: user}))(t)
	denied()
}
