package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// boundaryAPI is the operations on permissions boundaries of one kind of entity.
type boundaryAPI struct {
	create, put func(arn string) error
	drop        func() error
	remove      func() error
	get         func() *iam.AttachedPermissionsBoundary
	caller      func() iam.Caller
}

func boundaryAPIs(t *testing.T, s *iam.Service, name string) map[string]boundaryAPI {
	t.Helper()
	ctx, c := t.Context(), root()
	return map[string]boundaryAPI{
		"role": {
			func(arn string) error {
				_, err := s.CreateRole(ctx, c, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustsRoot(), PermissionsBoundary: arn})
				return err
			},
			func(arn string) error {
				_, err := s.PutRolePermissionsBoundary(ctx, c, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: arn})
				return err
			},
			func() error {
				_, err := s.DeleteRolePermissionsBoundary(ctx, c, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})
				return err
			},
			func() error { _, err := s.DeleteRole(ctx, c, &iam.DeleteRoleInput{RoleName: name}); return err },
			func() *iam.AttachedPermissionsBoundary {
				return must[iam.GetRoleOutput](t)(s.GetRole(ctx, c, &iam.GetRoleInput{RoleName: name})).Role.PermissionsBoundary
			},
			func() iam.Caller {
				role, err := s.Roles.Get(ctx, name)
				if err != nil {
					t.Fatal(err)
				}
				role.Policies = map[string]*policy.Document{"p": parsed(t, allows("s3:*", 0))}
				return iam.Caller{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/s", Role: &role}
			},
		},
		"user": {
			func(arn string) error {
				_, err := s.CreateUser(ctx, c, &iam.CreateUserInput{UserName: name, PermissionsBoundary: arn})
				return err
			},
			func(arn string) error {
				_, err := s.PutUserPermissionsBoundary(ctx, c, &iam.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: arn})
				return err
			},
			func() error {
				_, err := s.DeleteUserPermissionsBoundary(ctx, c, &iam.DeleteUserPermissionsBoundaryInput{UserName: name})
				return err
			},
			func() error { _, err := s.DeleteUser(ctx, c, &iam.DeleteUserInput{UserName: name}); return err },
			func() *iam.AttachedPermissionsBoundary {
				return must[iam.GetUserOutput](t)(s.GetUser(ctx, c, &iam.GetUserInput{UserName: name})).User.PermissionsBoundary
			},
			func() iam.Caller {
				_, _ = s.CreateGroup(ctx, c, &iam.CreateGroupInput{GroupName: "all"}) // once
				must[struct{}](t)(s.PutGroupPolicy(ctx, c, &iam.PutGroupPolicyInput{GroupName: "all", PolicyName: "p", PolicyDocument: allows("s3:*", 0)}))
				must[struct{}](t)(s.AddUserToGroup(ctx, c, &iam.AddUserToGroupInput{GroupName: "all", UserName: name}))
				return signedBy(t, s, name)
			},
		},
	}
}

func parsed(t *testing.T, text string) *policy.Document {
	t.Helper()
	document, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func usedAsBoundary(t *testing.T, s *iam.Service, arn string) int32 {
	t.Helper()
	return must[iam.GetPolicyOutput](t)(s.GetPolicy(t.Context(), root(), &iam.GetPolicyInput{PolicyARN: arn})).Policy.PermissionsBoundaryUsageCount
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	for name := range boundaryAPIs(t, nil, "") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			api := boundaryAPIs(t, s, "e")[name]
			first, second := createPolicy(t, s, "first", "s3:Get*"), createPolicy(t, s, "second", "s3:Put*")
			expect := func(want string) {
				t.Helper()
				var output *iam.AttachedPermissionsBoundary
				if want != "" {
					output = &iam.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryARN: want}
				}
				if diff := cmp.Diff(output, api.get()); diff != "" {
					t.Errorf("boundary (-want +got):\n%s", diff)
				}
				for _, p := range []string{first, second, administrator} {
					if n := usedAsBoundary(t, s, p); (n == 1) != (p == want) || n > 1 {
						t.Errorf("%s is the boundary of %d", p, n)
					}
				}
			}
			for _, step := range []struct {
				do   func(string) error
				want string
			}{{api.create, first}, {api.put, first}, {api.put, second}, {api.put, administrator}, {api.put, first}} {
				if err := step.do(step.want); err != nil {
					t.Fatal(err)
				}
				expect(step.want)
			}
			_, err := s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: first})
			refused(t, err, 409, "DeleteConflict", "Cannot delete a policy attached to entities.")
			for range 2 { // the second time there is none
				if err := api.drop(); err != nil {
					t.Error(err)
				}
				expect("")
			}
			if err := api.put(first); err != nil {
				t.Error(err)
			}
			if err := api.remove(); err != nil {
				t.Error(err)
			}
			if n := usedAsBoundary(t, s, first); n != 0 {
				t.Errorf("still the boundary of %d", n)
			}
			must[struct{}](t)(s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: first}))
			refused(t, api.create(first), 404, "NoSuchEntity", "Scope ARN: "+first+" does not exist or is not attachable.")
		})
	}
}

func TestBoundaryLimits(t *testing.T) {
	t.Parallel()
	s := newService(t)
	reads := createPolicy(t, s, "reads", "s3:Get*")
	for name, api := range boundaryAPIs(t, s, "e") {
		if err := api.create(reads); err != nil {
			t.Fatal(err)
		}
		if !may(t, s, api.caller(), "s3:GetObject") || may(t, s, api.caller(), "s3:PutObject") {
			t.Errorf("%s: the boundary does not limit", name)
		}
		d, err := s.Authorize(t.Context(), api.caller(), "s3:PutObject", "*", policy.NewContext())
		if want := "because no permissions boundary allows the s3:PutObject action"; err != nil || d.Reason("s3:PutObject") != want {
			t.Errorf("%s: %q, %v", name, d.Reason("s3:PutObject"), err)
		}
		if err := api.drop(); err != nil {
			t.Error(err)
		}
		if !may(t, s, api.caller(), "s3:PutObject") {
			t.Errorf("%s: the boundary still limits", name)
		}
		if err := api.put(reads); err != nil {
			t.Error(err)
		}
	}
	if err := s.ManagedPolicies.Delete(t.Context(), "reads", nil); err != nil {
		t.Fatal(err)
	}
	createPolicy(t, s, "reads", "s3:*")
	for name, api := range boundaryAPIs(t, s, "e") {
		if may(t, s, api.caller(), "s3:GetObject") {
			t.Errorf("%s: a boundary that is gone allows", name)
		}
	}
}

func TestBoundaryRefusals(t *testing.T) {
	t.Parallel()
	s := newService(t)
	p := createPolicy(t, s, "p", "s3:*")
	for name, api := range boundaryAPIs(t, s, "e") {
		if err := api.create(""); err != nil {
			t.Fatal(err)
		}
		refused(t, api.put(p+"x"), 404, "NoSuchEntity", "Scope ARN: "+p+"x does not exist or is not attachable.")
		refused(t, api.put("x"), 400, "InvalidInput", "ARN x is not valid.")
		if err := api.create(p); err == nil {
			t.Errorf("%s created twice", name)
		}
		if api.get() != nil || usedAsBoundary(t, s, p) != 0 {
			t.Errorf("%s: a boundary of what was refused", name)
		}
	}
	for name, api := range boundaryAPIs(t, s, "n") {
		refused(t, api.put(p), 404, "NoSuchEntity", "The "+name+" with name n cannot be found.")
		refused(t, api.drop(), 404, "NoSuchEntity", "The "+name+" with name n cannot be found.")
	}
}

func TestListsLeaveOutBoundaries(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	for _, api := range boundaryAPIs(t, s, "e") {
		if err := api.create(administrator); err != nil {
			t.Fatal(err)
		}
	}
	roles := must[iam.ListRolesOutput](t)(s.ListRoles(ctx, root(), &iam.ListRolesInput{})).Roles
	users := must[iam.ListUsersOutput](t)(s.ListUsers(ctx, root(), &iam.ListUsersInput{})).Users
	if len(roles) != 1 || roles[0].PermissionsBoundary != nil || len(users) != 1 || users[0].PermissionsBoundary != nil {
		t.Errorf("listed %+v and %+v", roles, users)
	}
}
