package iam_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

const (
	account   = "123456789012"
	elsewhere = "210987654321"
)

// noon is the time of all tests.
func noon() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }

// newService is the service over a store of its own.
func newService(t testing.TB) *iam.Service {
	t.Helper()
	key, _ := seal.GenerateKey()
	folder, database := pgtest.Place(t)
	s, err := store.Open(t.Context(), store.Config{Path: folder, URL: database, MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &iam.Service{
		Account:         account,
		Roles:           s.Roles(),
		Users:           s.Users(),
		Groups:          s.Groups(),
		ManagedPolicies: s.ManagedPolicies(),
		Providers:       s.OIDCProviders(),
		SAMLProviders:   s.SAMLProviders(),
		Uses:            s.Uses(),
		PlainIssuer: func(host string) bool {
			return host == "localhost:8080" || host == "[::1]:8080" || host == "idp.internal"
		},
		Now: noon,
	}
}

func root() iam.Caller {
	return iam.Caller{Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account, Root: true}
}

// signedBy is a user of s as a signature proves them.
func signedBy(t *testing.T, s *iam.Service, name string) iam.Caller {
	t.Helper()
	user, err := s.Users.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return iam.Caller{Account: account, ARN: user.ARN().String(), UserID: user.ID, User: user.Name}
}

func session() iam.Caller {
	return iam.Caller{
		Account: account,
		ARN:     "arn:aws:sts::" + account + ":assumed-role/R/s",
		Role:    &iam.Role{Account: account, Path: "/", Name: "R"},
	}
}

// trusts is a trust policy for one principal, given as JSON.
func trusts(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
}

// trustsRoot is a trust policy for the account.
func trustsRoot() string { return trusts(`{"AWS":"` + account + `"}`) }

// allows is an identity policy for one action, padded to a number of characters.
func allows(action string, size int) string {
	document := `{"Version":"2012-10-17","Statement":[{"Sid":"PAD","Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`
	return strings.Replace(document, "PAD", strings.Repeat("x", 3+max(0, size-len(document))), 1)
}

func createRole(t *testing.T, s *iam.Service, name string) iam.RoleOutput {
	t.Helper()
	out, err := s.CreateRole(t.Context(), root(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustsRoot()})
	if err != nil {
		t.Fatal(err)
	}
	return out.Role
}

func createUser(t *testing.T, s *iam.Service, name string) iam.UserOutput {
	t.Helper()
	out, err := s.CreateUser(t.Context(), root(), &iam.CreateUserInput{UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	return out.User
}

func createGroup(t *testing.T, s *iam.Service, name string) iam.GroupOutput {
	t.Helper()
	out, err := s.CreateGroup(t.Context(), root(), &iam.CreateGroupInput{GroupName: name})
	if err != nil {
		t.Fatal(err)
	}
	return out.Group
}

// createPolicy makes a managed policy that allows an action, and returns its ARN.
func createPolicy(t *testing.T, s *iam.Service, name, action string) string {
	t.Helper()
	out, err := s.CreatePolicy(t.Context(), root(), &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: allows(action, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Policy.ARN
}

// must fails the test unless err is nil; it takes what operations return.
func must[T any](t *testing.T) func(out *T, err error) *T {
	t.Helper()
	return func(out *T, err error) *T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless err is this answer.
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Errorf("got error %v, want %s: %s", err, code, message)
		return
	}
	if diff := cmp.Diff([]any{status, code, message}, []any{f.Status, f.Code, f.Message}); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
}

func TestFailuresOfTheStoreAreTheServices(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	const message = "The request processing has failed because of an unknown error, exception or failure."
	calls := map[string]func() error{
		"get":    func() error { _, err := s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "R"}); return err },
		"list":   func() error { _, err := s.ListUsers(ctx, root(), &iam.ListUsersInput{}); return err },
		"delete": func() error { _, err := s.DeleteUser(ctx, root(), &iam.DeleteUserInput{UserName: "u"}); return err },
		"create": func() error { _, err := s.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: "u"}); return err },
		"update": func() error {
			_, err := s.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{UserName: "u", PolicyName: "p", PolicyDocument: allows("s3:*", 0)})
			return err
		},
		"principal": func() error {
			_, err := s.CreateRole(ctx, root(), &iam.CreateRoleInput{
				RoleName: "R", AssumeRolePolicyDocument: trusts(`{"AWS":"arn:aws:iam::` + account + `:user/u"}`),
			})
			return err
		},
		"idempotent": func() error {
			_, err := s.DeleteOpenIDConnectProvider(ctx, root(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderARN: providers + "a"})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			err := call()
			refused(t, err, 500, "ServiceFailure", message)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the log does not learn the cause of %v", err)
			}
		})
	}
}
