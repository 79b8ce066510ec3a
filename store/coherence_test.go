package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

// Who has written a number reads no other one, however many read meanwhile.
func TestTableIsCoherent(t *testing.T) {
	t.Parallel()
	roles := open(t).Roles()
	if err := roles.Create(t.Context(), role(t, "app", "AROA1")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, err := roles.Find(context.Background(), "AROA1"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 100 {
		want := time.Duration(i)
		err := roles.Update(t.Context(), "app", func(r *iam.Role) error {
			r.MaxSession = want
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := roles.Get(t.Context(), "app"); err != nil || got.MaxSession != want {
			t.Fatalf("read %v after %v was written: %v", got.MaxSession, want, err)
		}
	}
	stop()
	readers.Wait()
}

// A reader that loads an old row while a writer commits must not leave it in the
// cache.
func TestLateReaderLeavesNothingStale(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	a := []cognito.Login{{Provider: "a", Subject: "1"}}
	create(t, s, guest("r:1", "p"), guest("r:2", "p"))
	if err := s.Roles().Create(t.Context(), role(t, "app", "AROA1")); err != nil {
		t.Fatal(err)
	}
	rename := func(to string) func() {
		return func() {
			err := s.Roles().Update(t.Context(), "app", func(r *iam.Role) error { r.Description = to; return nil })
			if err != nil {
				t.Error(err)
			}
		}
	}
	link := func() {
		if _, err := s.LinkLogins(t.Context(), "p", "r:1", a, do(cognito.Link{Keep: "r:1", Add: a})); err != nil {
			t.Error(err)
		}
	}
	unlink := func() {
		if _, err := s.LinkLogins(t.Context(), "p", "r:1", a, do(cognito.Link{Keep: "r:1", Remove: a, Disable: true})); err != nil {
			t.Error(err)
		}
	}
	deleteOne := func() {
		if err := s.DeleteIdentity(t.Context(), "r:2"); err != nil {
			t.Error(err)
		}
	}
	remove := func() {
		if _, err := s.DeleteIdentitiesOf(t.Context(), "p", 9); err != nil {
			t.Error(err)
		}
	}
	getRole := func() (string, error) {
		got, err := s.Roles().Get(t.Context(), "app")
		return got.Description, err
	}
	findRole := func() (string, error) {
		got, err := s.Roles().Find(t.Context(), "AROA1")
		return got.Description, err
	}
	identity := func() (string, error) {
		got, err := s.Identity(t.Context(), "r:1")
		return fmt.Sprint(got.Logins, got.Disabled), err
	}
	another := func() (string, error) {
		got, err := s.Identity(t.Context(), "r:2")
		return got.ID, err
	}
	for _, test := range []struct {
		name  string
		write func()
		read  func() (string, error)
		want  string
		err   error
	}{
		{"get", rename("one"), getRole, "one", nil},
		{"find", rename("two"), findRole, "two", nil},
		{"link", link, identity, "[{a 1}] false", nil},
		{"unlink", unlink, identity, "[] true", nil},
		{"delete one", deleteOne, another, "", fs.ErrNotExist},
		{"delete", remove, identity, "[] false", fs.ErrNotExist},
	} {
		mustClose(t, s)
		s = openAt(t, path)
		store.AfterNextRead(s, test.write)
		if _, err := test.read(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got, err := test.read(); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: read %q, %v after %q was written", test.name, got, err, test.want)
		}
	}
}
