package iam_test

import (
	"context"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// TestOperationsAreHeldToWhatPoliciesSaw puts another entity under a name between the
// question to the policies and the operation: who could do that would have permissions for
// one act on the other.
func TestOperationsAreHeldToWhatPoliciesSaw(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, caller := t.Context(), root()
	boundary := createPolicy(t, s, "limit", "s3:*")
	makeRole := func(bounded string, tags ...iam.Tag) func() {
		return func() {
			must[iam.CreateRoleOutput](t)(s.CreateRole(ctx, caller, &iam.CreateRoleInput{
				RoleName: "r", AssumeRolePolicyDocument: trustsRoot(), PermissionsBoundary: bounded, Tags: tags,
			}))
		}
	}
	dropRole := func() { must[struct{}](t)(s.DeleteRole(ctx, caller, &iam.DeleteRoleInput{RoleName: "r"})) }
	makeUser := func(path string) func() {
		return func() {
			must[iam.CreateUserOutput](t)(s.CreateUser(ctx, caller, &iam.CreateUserInput{UserName: "u", Path: path}))
		}
	}
	dropUser := func() { must[struct{}](t)(s.DeleteUser(ctx, caller, &iam.DeleteUserInput{UserName: "u"})) }
	do := func(run func(ctx context.Context) error) func(context.Context) error { return run }
	put := do(func(ctx context.Context) error {
		_, err := s.PutRolePolicy(ctx, caller, &iam.PutRolePolicyInput{RoleName: "R", PolicyName: "p", PolicyDocument: allows("*", 0)})
		return err
	})
	tests := map[string]struct {
		before, meanwhile, after func()
		action, resource         string
		operation                func(context.Context) error
	}{
		"a role without the boundary": {
			makeRole(boundary), func() { dropRole(); makeRole("")() }, dropRole, "iam:PutRolePolicy", own + "role/R", put,
		},
		"a role that lost its boundary": {makeRole(boundary), func() {
			must[struct{}](t)(s.DeleteRolePermissionsBoundary(ctx, caller, &iam.DeleteRolePermissionsBoundaryInput{RoleName: "r"}))
		}, dropRole, "iam:PutRolePolicy", own + "role/R", put},
		"a role with another tag": {makeRole("", iam.Tag{Key: "k", Value: "1"}), func() {
			must[struct{}](t)(s.TagRole(ctx, caller, &iam.TagRoleInput{RoleName: "r", Tags: []iam.Tag{{Key: "k", Value: "2"}}}))
		}, dropRole, "iam:PutRolePolicy", own + "role/R", put},
		"a role like the one before": {
			makeRole(""), func() { dropRole(); makeRole("")() }, dropRole, "iam:PutRolePolicy", own + "role/R", put,
		},
		"a role where there was none": {func() {}, makeRole(""), dropRole, "iam:PutRolePolicy", own + "role/R", put},
		"attaching a policy": {makeRole(boundary), func() { dropRole(); makeRole("")() }, dropRole, "iam:AttachRolePolicy", own + "role/R", do(func(ctx context.Context) error {
			_, err := s.AttachRolePolicy(ctx, caller, &iam.AttachRolePolicyInput{RoleName: "R", PolicyARN: boundary})
			return err
		})},
		"taking a boundary off": {makeRole("", iam.Tag{Key: "k", Value: "1"}), func() { dropRole(); makeRole(boundary)() }, dropRole, "iam:DeleteRolePermissionsBoundary", own + "role/R", do(func(ctx context.Context) error {
			_, err := s.DeleteRolePermissionsBoundary(ctx, caller, &iam.DeleteRolePermissionsBoundaryInput{RoleName: "R"})
			return err
		})},
		"a user of another path": {makeUser("/a/"), func() { dropUser(); makeUser("/b/")() }, dropUser, "iam:GetUser", own + "user/u", do(func(ctx context.Context) error {
			_, err := s.GetUser(ctx, caller, &iam.GetUserInput{UserName: "u"})
			return err
		})},
		"a user's key": {makeUser("/a/"), func() { dropUser(); makeUser("/b/")() }, dropUser, "iam:CreateAccessKey", own + "user/u", do(func(ctx context.Context) error {
			_, err := s.CreateAccessKey(ctx, caller, &iam.CreateAccessKeyInput{UserName: "u"})
			return err
		})},
		"deleting a user": {makeUser("/a/"), func() { dropUser(); makeUser("/b/")() }, dropUser, "iam:DeleteUser", own + "user/u", do(func(ctx context.Context) error {
			_, err := s.DeleteUser(ctx, caller, &iam.DeleteUserInput{UserName: "u"})
			return err
		})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.before()
			operation, _, decision, err := s.AuthorizeOperation(ctx, caller, []string{tt.action}, tt.resource, policy.NewContext())
			if err != nil || !decision.Allowed {
				t.Fatal(decision, err)
			}
			tt.meanwhile()
			refused(t, tt.operation(operation), 409, "ConcurrentModification", "The entity was changed by another request at the same time. Try again.")
			tt.after() // which a policy or a key would stand in the way of
		})
	}
	makeRole(boundary)()
	operation, _, _, err := s.AuthorizeOperation(ctx, caller, []string{"iam:PutRolePolicy"}, own+"role/R", policy.NewContext())
	if err != nil || put(operation) != nil {
		t.Error("an operation on what the policies saw is refused")
	}
}

// TestCreationIsAboutWhatIsAskedFor makes somebody of a path while there is somebody of
// that name under another.
func TestCreationIsAboutWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "admin")
	must[struct{}](t)(s.PutUserPolicy(t.Context(), root(), &iam.PutUserPolicyInput{UserName: "admin", PolicyName: "p", PolicyDocument: `{"Version":"2012-10-17","Statement":` +
		`{"Effect":"Allow","Action":["iam:CreateUser","iam:TagUser"],"Resource":"` + own + `user/team/*"}}`}))
	createUser(t, s, "x")
	actions := []string{"iam:CreateUser", "iam:TagUser"}
	for resource, want := range map[string]bool{own + "user/team/x": true, own + "user/x": false} {
		_, _, decision, err := s.AuthorizeOperation(t.Context(), signedBy(t, s, "admin"), actions, resource, policy.NewContext())
		if err != nil || decision.Allowed != want {
			t.Errorf("creating %s: %v, %v", resource, decision.Allowed, err)
		}
	}
}
