package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/cenotehq/cenote/conformance"
)

func groupNames(groups []iamtypes.Group) []string {
	return names(groups, func(g iamtypes.Group) *string { return g.GroupName })
}

func (tr *tour) groups(t *testing.T) {
	ctx := t.Context()
	name := aws.String("Staff")
	created := ok(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name, Path: aws.String("/people/")}))(t).Group
	if want := accountARN + ":group/people/Staff"; *created.Arn != want {
		t.Errorf("ARN is %s, want %s", *created.Arn, want)
	}
	same(t, "GetGroup after CreateGroup", created, ok(tr.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: name}))(t).Group)
	refused(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("STAFF")}))(t, "EntityAlreadyExists", "Group with name STAFF already exists.")

	want := []string{"list-a", "list-b", "list-c"}
	for _, name := range want {
		ok(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &name, Path: aws.String("/listed/")}))(t)
	}
	wantPages(t, "groups", want, iam.NewListGroupsPaginator(tr.iam, &iam.ListGroupsInput{PathPrefix: aws.String("/listed/"), MaxItems: aws.Int32(2)}),
		func(out *iam.ListGroupsOutput) []string { return groupNames(out.Groups) })

	ok(tr.iam.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: name, NewGroupName: aws.String("Team"), NewPath: aws.String("/teams/")}))(t)
	refused(tr.iam.UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: aws.String("Team"), NewGroupName: &want[0]}))(t, "EntityAlreadyExists", "Group with name list-a already exists.")
	created.GroupName, created.Path, created.Arn = aws.String("Team"), aws.String("/teams/"), aws.String(accountARN+":group/teams/Team")
	same(t, "GetGroup after UpdateGroup", created, ok(tr.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String("team")}))(t).Group)
	tr.members(t, want)
	tr.groupPolicies(t, aws.String("Team"))
	ok(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String("Team")}))(t)
	refused(tr.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String("Team")}))(t, "NoSuchEntity", "The group with name Team cannot be found.")
	for _, name := range want {
		ok(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: &name}))(t)
	}
}

// members puts two users into some groups and takes them out.
func (tr *tour) members(t *testing.T, groups []string) {
	ctx := t.Context()
	users := []string{"member-a", "member-b"}
	for _, user := range users {
		ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &user}))(t)
		for _, group := range groups {
			ok(tr.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &group, UserName: &user}))(t)
		}
	}
	wantPages(t, "groups of the user", groups, iam.NewListGroupsForUserPaginator(tr.iam, &iam.ListGroupsForUserInput{UserName: &users[0], MaxItems: aws.Int32(2)}),
		func(out *iam.ListGroupsForUserOutput) []string { return groupNames(out.Groups) })
	wantPages(t, "users of the group", users, iam.NewGetGroupPaginator(tr.iam, &iam.GetGroupInput{GroupName: &groups[0], MaxItems: aws.Int32(1)}),
		func(out *iam.GetGroupOutput) []string {
			return names(out.Users, func(u iamtypes.User) *string { return u.UserName })
		})
	refused(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: &groups[0]}))(t, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	refused(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &users[0]}))(t, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	for _, user := range users {
		for _, group := range groups {
			ok(tr.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: &group, UserName: &user}))(t)
		}
		ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &user}))(t)
	}
	if left := ok(tr.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: &groups[0]}))(t).Users; len(left) != 0 {
		t.Errorf("%d users are left in the group", len(left))
	}
}

func (tr *tour) groupPolicies(t *testing.T, group *string) {
	ctx := t.Context()
	policies := []string{"p1", "p2", "p3"}
	text := allow("s3:GetObject", "arn:aws:s3:::bucket/a b+c%d/é")
	for _, name := range policies {
		ok(tr.iam.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: group, PolicyName: &name, PolicyDocument: &text}))(t)
	}
	got := ok(tr.iam.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: group, PolicyName: &policies[0]}))(t)
	wantDocument(t, "group policy", text, got.PolicyDocument)
	wantPages(t, "policies", policies, iam.NewListGroupPoliciesPaginator(tr.iam, &iam.ListGroupPoliciesInput{GroupName: group, MaxItems: aws.Int32(2)}),
		func(out *iam.ListGroupPoliciesOutput) []string { return out.PolicyNames })
	refused(tr.iam.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: group}))(t, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	for _, name := range policies {
		ok(tr.iam.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: group, PolicyName: &name}))(t)
	}
	refused(tr.iam.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: group, PolicyName: &policies[0]}))(t,
		"NoSuchEntity", "The group policy with name p1 cannot be found.")
}

// renames gives a user another name and path; key, tags and unique id stay.
func (tr *tour) renames(t *testing.T) {
	ctx := t.Context()
	keys := tr.newUser(t, "maiden")
	before := ok(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("maiden")}))(t).User
	ok(tr.iam.UpdateUser(ctx, &iam.UpdateUserInput{UserName: aws.String("maiden"), NewUserName: aws.String("married"), NewPath: aws.String("/staff/")}))(t)
	before.UserName, before.Path, before.Arn = aws.String("married"), aws.String("/staff/"), aws.String(accountARN+":user/staff/married")
	same(t, "GetUser after UpdateUser", before, ok(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("married")}))(t).User)
	refused(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("maiden")}))(t, "NoSuchEntity", "The user with name maiden cannot be found.")
	for _, client := range conformance.SDKs(t) {
		if got := tr.caller(t, client, keys); got != *before.Arn {
			t.Errorf("%s: caller is %s, want %s", client.Name(), got, *before.Arn)
		}
	}
}
