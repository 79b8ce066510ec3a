package iam_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := &iam.CreateUserInput{UserName: "Alice", Path: "/staff/", Tags: []iam.Tag{{Key: "k", Value: "v"}}}
	created := must[iam.CreateUserOutput](t)(s.CreateUser(t.Context(), root(), in)).User
	if !regexp.MustCompile(`^AIDA[A-Z2-7]{17}$`).MatchString(created.UserID) {
		t.Errorf("UserId = %q", created.UserID)
	}
	want := iam.UserOutput{
		Path:       "/staff/",
		UserName:   "Alice",
		UserID:     created.UserID,
		ARN:        "arn:aws:iam::123456789012:user/staff/Alice",
		CreateDate: noon(),
		Tags:       []iam.Tag{{Key: "k", Value: "v"}},
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("CreateUser (-want +got):\n%s", diff)
	}
	got := must[iam.GetUserOutput](t)(s.GetUser(t.Context(), root(), &iam.GetUserInput{UserName: "aLICE"})).User
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("GetUser (-want +got):\n%s", diff)
	}
	listed := must[iam.ListUsersOutput](t)(s.ListUsers(t.Context(), root(), &iam.ListUsersInput{PathPrefix: "/st"})).Users
	want.Tags = nil
	if diff := cmp.Diff([]iam.UserOutput{want}, listed); diff != "" {
		t.Errorf("ListUsers (-want +got):\n%s", diff)
	}
}

func TestCreateUserRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "Taken")
	tests := map[string]struct {
		in            iam.CreateUserInput
		status        int
		code, message string
	}{
		"taken":    {iam.CreateUserInput{UserName: "TAKEN"}, 409, "EntityAlreadyExists", "User with name TAKEN already exists."},
		"boundary": {iam.CreateUserInput{UserName: "u", PermissionsBoundary: "arn:aws:iam::aws:policy/x"}, 404, "NoSuchEntity", "Scope ARN: arn:aws:iam::aws:policy/x does not exist or is not attachable."},
		"tags": {
			iam.CreateUserInput{UserName: "u", Tags: []iam.Tag{{Key: "a"}, {Key: "a"}}},
			400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.CreateUser(t.Context(), root(), &tt.in)
			refused(t, err, tt.status, tt.code, tt.message)
			_, err = s.GetUser(t.Context(), root(), &iam.GetUserInput{UserName: "u"})
			refused(t, err, 404, "NoSuchEntity", "The user with name u cannot be found.")
		})
	}
}

func TestUserQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 5000, func(name string) error {
		return s.Users.Create(t.Context(), iam.User{Account: account, Path: "/", Name: name, ID: "AIDA" + name})
	})
	_, err := s.CreateUser(t.Context(), root(), &iam.CreateUserInput{UserName: "u"})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for UsersPerAccount: 5000")
}

func TestGetUserWithoutNameIsTheCaller(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "alice")
	got := must[iam.GetUserOutput](t)(s.GetUser(t.Context(), signedBy(t, s, "alice"), &iam.GetUserInput{}))
	if got.User.UserName != "alice" {
		t.Errorf("got %+v", got.User)
	}
	got = must[iam.GetUserOutput](t)(s.GetUser(t.Context(), root(), &iam.GetUserInput{}))
	want := iam.UserOutput{UserID: account, ARN: "arn:aws:iam::" + account + ":root"}
	if diff := cmp.Diff(want, got.User); diff != "" {
		t.Errorf("root (-want +got):\n%s", diff)
	}
	_, err := s.GetUser(t.Context(), session(), &iam.GetUserInput{})
	refused(t, err, 400, "ValidationError", "Must specify userName when calling with non-User credentials")
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	key := createKey(t, s, "u")
	must[struct{}](t)(s.PutUserPolicy(t.Context(), root(),
		&iam.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: allows("s3:*", 0)}))
	_, err := s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must[struct{}](t)(s.DeleteUserPolicy(t.Context(), root(), &iam.DeleteUserPolicyInput{UserName: "u", PolicyName: "p"}))
	_, err = s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
	must[struct{}](t)(s.DeleteAccessKey(t.Context(), root(), &iam.DeleteAccessKeyInput{UserName: "u", AccessKeyID: key.AccessKeyID}))
	must[struct{}](t)(s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"}))
	_, err = s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"})
	refused(t, err, 404, "NoSuchEntity", "The user with name u cannot be found.")
}

func TestNoSuchUser(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	const id = "AKIAIOSFODNN7EXAMPLE"
	calls := map[string]func() error{
		"GetUser": func() error { _, err := s.GetUser(ctx, c, &iam.GetUserInput{UserName: "n"}); return err },
		"GetUser of the caller, deleted since": func() error {
			_, err := s.GetUser(ctx, iam.Caller{User: "n"}, &iam.GetUserInput{})
			return err
		},
		"CreateAccessKey": func() error {
			_, err := s.CreateAccessKey(ctx, c, &iam.CreateAccessKeyInput{UserName: "n"})
			return err
		},
		"ListAccessKeys": func() error {
			_, err := s.ListAccessKeys(ctx, c, &iam.ListAccessKeysInput{UserName: "n"})
			return err
		},
		"UpdateAccessKey": func() error {
			_, err := s.UpdateAccessKey(ctx, c, &iam.UpdateAccessKeyInput{UserName: "n", AccessKeyID: id, Status: "Active"})
			return err
		},
		"DeleteAccessKey": func() error {
			_, err := s.DeleteAccessKey(ctx, c, &iam.DeleteAccessKeyInput{UserName: "n", AccessKeyID: id})
			return err
		},
		"PutUserPolicy": func() error {
			_, err := s.PutUserPolicy(ctx, c, &iam.PutUserPolicyInput{UserName: "n", PolicyName: "p", PolicyDocument: allows("s3:*", 0)})
			return err
		},
		"GetUserPolicy": func() error {
			_, err := s.GetUserPolicy(ctx, c, &iam.GetUserPolicyInput{UserName: "n", PolicyName: "p"})
			return err
		},
		"DeleteUserPolicy": func() error {
			_, err := s.DeleteUserPolicy(ctx, c, &iam.DeleteUserPolicyInput{UserName: "n", PolicyName: "p"})
			return err
		},
		"ListUserPolicies": func() error {
			_, err := s.ListUserPolicies(ctx, c, &iam.ListUserPoliciesInput{UserName: "n"})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			refused(t, call(), 404, "NoSuchEntity", "The user with name n cannot be found.")
		})
	}
}
