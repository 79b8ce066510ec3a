package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/synctest"

	"github.com/ncruces/go-sqlite3"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/store"
)

// hold keeps the committer busy until release is called: a write whose decision
// takes its time. release returns what became of it, when all is quiet again. It
// must run in a synctest bubble.
func hold(t *testing.T, s *store.Store) (release func() error) {
	t.Helper()
	gate, runs := make(chan struct{}), 0
	fresh := guest("r:hold", "hold")
	var err error
	go func() {
		_, err = s.LinkLogins(t.Context(), "hold", "", nil, func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
			if runs++; runs == 2 {
				<-gate
			}
			return cognito.Link{Create: &fresh}, nil
		})
	}()
	synctest.Wait()
	return func() error {
		close(gate)
		synctest.Wait()
		return err
	}
}

// inBubble runs test with an open store where all goroutines are known to wait.
func inBubble(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openAt(t, path)
		test(t, s)
		mustClose(t, s)
	})
}

func TestConcurrentWritesShareCommits(t *testing.T) {
	t.Parallel()
	const writers = 600
	inBubble(t, func(t *testing.T, s *store.Store) {
		create(t, s, guest("r:7", "taken"))
		before := s.Stats()
		release := hold(t, s)
		errs := make([]error, writers)
		for i := range errs {
			go func() { errs[i] = s.CreateIdentity(t.Context(), guest(fmt.Sprint("r:", i), "p")) }()
		}
		synctest.Wait()
		if err := release(); err != nil {
			t.Error(err)
		}
		after := s.Stats()
		if writes, commits := after.Writes-before.Writes, after.Commits-before.Commits; writes != writers+1 || commits != 3 {
			t.Errorf("%d writes in %d commits, want %d in 3: the held one, 512, the rest", writes, commits, writers+1)
		}
		for i, err := range errs {
			if i == 7 && !errors.Is(err, fs.ErrExist) || i != 7 && err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
			want := "p"
			if i == 7 {
				want = "taken"
			}
			if got, err := s.Identity(t.Context(), fmt.Sprint("r:", i)); err != nil || got.Pool != want {
				t.Errorf("identity %d: %v, %v", i, got, err)
			}
		}
	})
}

// A write that fails after its first statement takes that back, and no other.
func TestFailedWriteFailsAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *store.Store) {
		a := []cognito.Login{{Provider: "a", Subject: "1"}}
		create(t, s, guest("r:1", "p"))
		if _, err := s.LinkLogins(t.Context(), "p", "r:1", a, do(cognito.Link{Keep: "r:1", Add: a})); err != nil {
			t.Fatal(err)
		}
		release := hold(t, s)
		var first, failed, last error
		go func() { first = s.CreateIdentity(t.Context(), guest("r:2", "p")) }()
		synctest.Wait()
		fresh := guest("r:3", "p")
		go func() {
			_, failed = s.LinkLogins(t.Context(), "p", "", a, do(cognito.Link{Create: &fresh, Add: a}))
		}()
		synctest.Wait()
		go func() { last = s.CreateIdentity(t.Context(), guest("r:4", "p")) }()
		synctest.Wait()
		if err := release(); err != nil {
			t.Error(err)
		}
		if first != nil || !errors.Is(failed, fs.ErrExist) || last != nil {
			t.Errorf("errors: %v, %v, %v", first, failed, last)
		}
		same(t, guest("r:2", "p"))(s.Identity(t.Context(), "r:2"))
		wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "r:3"))
		same(t, guest("r:4", "p"))(s.Identity(t.Context(), "r:4"))
	})
}

func TestPanicBelongsToTheCaller(t *testing.T) {
	t.Parallel()
	s := open(t)
	create(t, s, guest("r:1", "p"))
	runs := 0
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("recovered %v", got)
		}
		create(t, s, guest("r:2", "p"))
		same(t, guest("r:1", "p"))(s.Identity(t.Context(), "r:1"))
	}()
	_, err := s.LinkLogins(t.Context(), "p", "", nil, func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
		if runs++; runs == 2 {
			panic("boom")
		}
		return cognito.Link{Keep: "r:1", Merge: []string{"r:0"}}, nil
	})
	t.Errorf("LinkLogins returned %v", err)
}

func TestCancelledWriteStillHappens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *store.Store) {
		release := hold(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.CreateIdentity(ctx, guest("r:1", "p")) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("CreateIdentity: %v", err)
		}
		if err := s.CreateIdentity(ctx, guest("r:2", "p")); !errors.Is(err, context.Canceled) {
			t.Errorf("CreateIdentity with a dead context: %v", err)
		}
		if err := release(); err != nil {
			t.Error(err)
		}
		same(t, guest("r:1", "p"))(s.Identity(t.Context(), "r:1"))
		wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "r:2"))
	})
}

func TestCloseWaitsForWrites(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openAt(t, path)
		release := hold(t, s)
		var created, closed error
		go func() { created = s.CreateIdentity(t.Context(), guest("r:1", "p")) }()
		synctest.Wait()
		go func() { closed = s.Close() }()
		synctest.Wait()
		if err := release(); err != nil {
			t.Error(err)
		}
		if created != nil || closed != nil {
			t.Errorf("CreateIdentity: %v, Close: %v", created, closed)
		}
	})
	same(t, guest("r:1", "p"))(openAt(t, path).Identity(t.Context(), "r:1"))
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, s *store.Store) {
		if err := store.LimitPages(s, 1); err != nil {
			t.Fatal(err)
		}
		var full error
		n := 0
		for ; full == nil && n < 10_000; n++ {
			full = s.CreateIdentity(t.Context(), guest(fmt.Sprint("r:", n), "p"))
		}
		if !errors.Is(full, sqlite3.FULL) {
			t.Fatalf("%d identities, then %v", n, full)
		}
		release := hold(t, s)
		errs := make([]error, 8)
		for i := range errs {
			go func() { errs[i] = s.CreateIdentity(t.Context(), guest(fmt.Sprint("full:", i), "p")) }()
		}
		synctest.Wait()
		if err := release(); !errors.Is(err, sqlite3.FULL) {
			t.Errorf("held writer of a full disk: %v", err)
		}
		for i, err := range errs {
			if !errors.Is(err, sqlite3.FULL) {
				t.Errorf("writer %d of a full disk: %v", i, err)
			}
			wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), fmt.Sprint("full:", i)))
		}
		if err := store.LimitPages(s, 1<<30); err != nil {
			t.Fatal(err)
		}
		create(t, s, guest(fmt.Sprint("r:", n-1), "p"))
		for i := range n {
			same(t, guest(fmt.Sprint("r:", i), "p"))(s.Identity(t.Context(), fmt.Sprint("r:", i)))
		}
	})
}
