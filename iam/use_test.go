package iam_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func keyLastUsed(t *testing.T, s *iam.Service, id string) *iam.GetAccessKeyLastUsedOutput {
	t.Helper()
	return must[iam.GetAccessKeyLastUsedOutput](t)(s.GetAccessKeyLastUsed(t.Context(), root(), &iam.GetAccessKeyLastUsedInput{AccessKeyID: id}))
}

func TestGetAccessKeyLastUsed(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	userID := createUser(t, s, "Alice").UserID
	used, other := createKey(t, s, "alice").AccessKeyID, createKey(t, s, "alice").AccessKeyID
	never := &iam.GetAccessKeyLastUsedOutput{UserName: "Alice", AccessKeyLastUsed: iam.AccessKeyLastUsed{ServiceName: "N/A", Region: "N/A"}}
	check := func(what, id string, want *iam.GetAccessKeyLastUsedOutput) {
		t.Helper()
		if diff := cmp.Diff(want, keyLastUsed(t, s, id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("never used", used, never)
	_, caller, err := s.Authenticate(ctx, used)
	if err != nil {
		t.Fatal(err)
	}
	caller.Region = "eu-west-1"
	s.Used(caller, "sts")
	once := &iam.GetAccessKeyLastUsedOutput{
		UserName: "Alice", AccessKeyLastUsed: iam.AccessKeyLastUsed{LastUsedDate: noon(), ServiceName: "sts", Region: "eu-west-1"},
	}
	check("used once", used, once)
	check("the other key", other, never)

	session := caller
	session.KeyID, session.Opener, session.Region = "ASIASESSION", &caller, "us-east-1"
	s.Used(session, "cognito-identity")
	check("after a session signed", used, once)

	must[struct{}](t)(s.UpdateAccessKey(ctx, root(), &iam.UpdateAccessKeyInput{UserName: "alice", AccessKeyID: used, Status: "Inactive"}))
	check("switched off", used, once)
	must[struct{}](t)(s.DeleteAccessKey(ctx, root(), &iam.DeleteAccessKeyInput{UserName: "alice", AccessKeyID: used}))
	for _, id := range []string{used, userID, "AKIAIOSFODNN7EXAMPLE"} {
		_, err := s.GetAccessKeyLastUsed(ctx, root(), &iam.GetAccessKeyLastUsedInput{AccessKeyID: id})
		refused(t, err, 404, "NoSuchEntity", "The Access Key with id "+id+" cannot be found.")
	}
}

// TestRoleLastUsed shows the use of a role in GetRole and the account's details alone;
// a role that is made again was never used.
func TestRoleLastUsed(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createRole(t, s, "R")
	shown := func() []*iam.RoleLastUsed {
		details := must[iam.GetAccountAuthorizationDetailsOutput](t)(
			s.GetAccountAuthorizationDetails(ctx, root(), &iam.GetAccountAuthorizationDetailsInput{Filter: []string{"Role"}}))
		list := must[iam.ListRolesOutput](t)(s.ListRoles(ctx, root(), &iam.ListRolesInput{}))
		role := must[iam.GetRoleOutput](t)(s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "R"})).Role
		return []*iam.RoleLastUsed{role.RoleLastUsed, details.RoleDetailList[0].RoleLastUsed, list.Roles[0].RoleLastUsed}
	}
	check := func(what string, want iam.RoleLastUsed) {
		t.Helper()
		if diff := cmp.Diff([]*iam.RoleLastUsed{&want, &want, nil}, shown()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("never used", iam.RoleLastUsed{})
	role, err := s.Roles.Get(ctx, "R")
	if err != nil {
		t.Fatal(err)
	}
	s.Used(iam.Caller{Role: &role, KeyID: "ASIASESSION", Region: "eu-west-1"}, "sts")
	check("used once", iam.RoleLastUsed{LastUsedDate: noon(), Region: "eu-west-1"})
	must[struct{}](t)(s.DeleteRole(ctx, root(), &iam.DeleteRoleInput{RoleName: "R"}))
	createRole(t, s, "R")
	check("made again", iam.RoleLastUsed{})
}

func TestUsesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	createRole(t, s, "R")
	key := createKey(t, s, "u").AccessKeyID
	keyLastUsed(t, s, key) // so that the user and the role are in memory
	must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, ofKey := s.GetAccessKeyLastUsed(ctx, root(), &iam.GetAccessKeyLastUsedInput{AccessKeyID: key})
	_, ofRole := s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "R"})
	for _, err := range []error{ofKey, ofRole} {
		refused(t, err, 500, "ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the log does not learn the cause of %v", err)
		}
	}
}

// TestUsesOfNobody are those of root, which has no key to ask for, and of sessions that
// users and root opened.
func TestUsesOfNobody(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const id = "AKIAROOTROOTROOTROOT"
	for _, caller := range []iam.Caller{
		{Root: true, KeyID: id}, {Root: true, KeyID: id, Opener: &iam.Caller{Root: true}}, {User: "u", KeyID: id, Opener: &iam.Caller{User: "u"}}, {KeyID: id},
	} {
		s.Used(caller, "iam")
		if use, err := s.Uses.Last(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%+v is recorded: %+v, %v", caller, use, err)
		}
	}
}
