package main_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	bench "github.com/cenotehq/cenote/bench"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

const filledPool = "us-east-1:b0b00000-0000-4000-8000-000000000002"

// TestEngines fills, renames, copies and removes data with each engine.
func TestEngines(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, err := os.MkdirTemp("", "cenote-bench-")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.RemoveAll(folder) }()
			if err := os.Chmod(folder, 0o755); err != nil { // PostgreSQL is another user
				t.Fatal(err)
			}
			e, err := bench.StartEngine(t.Context(), name, folder)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Stop()
			checkEngine(t, e)
		})
	}
}

func checkEngine(t *testing.T, e bench.Engine) {
	t.Helper()
	ctx := t.Context()
	key, _ := seal.GenerateKey()
	if err := e.Create(ctx, "draft"); err != nil {
		t.Fatal(err)
	}
	withStore(t, e, "draft", key, func(*store.Store) {}) // makes the tables
	err := errors.Join(e.Fill(ctx, "draft", filledPool, 1000), e.Rename(ctx, "draft", "filled"), e.Copy(ctx, "filled", "working"))
	if err != nil {
		t.Fatal(err)
	}
	checkList(t, e, "filled", "working")
	if size, err := e.Size(ctx, "working"); err != nil || size < 400_000 {
		t.Errorf("a thousand identities have %d bytes, %v", size, err)
	}
	withStore(t, e, "working", key, func(s *store.Store) { checkFilled(t, s) })
	if err := errors.Join(e.Remove(ctx, "working"), e.Remove(ctx, "working")); err != nil {
		t.Error(err)
	}
	checkList(t, e, "filled")
}

// checkList looks for data besides those that are a cluster's own.
func checkList(t *testing.T, e bench.Engine, want ...string) {
	t.Helper()
	names, err := e.List(t.Context())
	names = slices.DeleteFunc(names, func(name string) bool { return name == "postgres" || strings.HasPrefix(name, "template") })
	slices.Sort(names)
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("there are %q, %v; want %q", names, err, want)
	}
}

func withStore(t *testing.T, e bench.Engine, data string, key *seal.Key, do func(*store.Store)) {
	t.Helper()
	config := e.Config(data)
	config.MasterKey = key
	s, err := store.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	do(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// checkFilled reads guests and users as the server does.
func checkFilled(t *testing.T, s *store.Store) {
	t.Helper()
	for i := range 500 {
		guest, err := s.Identity(t.Context(), bench.Guest(i))
		if err != nil || guest.Pool != filledPool || guest.Authenticated || guest.Disabled || len(guest.Logins) > 0 || guest.Created.IsZero() {
			t.Fatalf("guest %d is %+v, %v", i, guest, err)
		}
		id, login := bench.User(i)
		user, err := s.LinkLogins(t.Context(), filledPool, "", []cognito.Login{login},
			func(_ *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
				return cognito.Link{Keep: owners[0].ID}, nil
			})
		if err != nil || user.ID != id || !user.Authenticated || !slices.Equal(user.Logins, []cognito.Login{login}) {
			t.Fatalf("user %d is %+v, %v", i, user, err)
		}
	}
}
