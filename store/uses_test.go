package store_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

// use is one that was n seconds after another time.
func use(n int) iam.Use {
	return iam.Use{At: time.Date(2026, 7, 1, 12, 0, n, 0, time.UTC), Service: "sts", Region: fmt.Sprint("region-", n)}
}

// withKeys is a folder with a user, whose keys are AKIA1 and AKIA2, and a role AROA1.
func withKeys(t *testing.T) (path string, s *store.Store) {
	t.Helper()
	path = place(t)
	s = openAt(t, path)
	if err := s.Users().Create(t.Context(), user("alice", "AIDA1", "AKIA1", "AKIA2")); err != nil {
		t.Fatal(err)
	}
	if err := s.Roles().Create(t.Context(), role(t, "app", "AROA1")); err != nil {
		t.Fatal(err)
	}
	return path, s
}

func flush(t *testing.T, s *store.Store) {
	t.Helper()
	if err := store.FlushUses(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if n := store.FreshUses(s); n != 0 {
		t.Errorf("%d uses are in memory still", n)
	}
}

func lastUse(t *testing.T, s *store.Store, id string, want iam.Use) {
	t.Helper()
	got, err := s.Uses().Last(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("last use of %s (-want +got):\n%s", id, diff)
	}
}

// TestLastUse sees a use at once, on disk, and after a restart, and forgets none for an
// earlier one.
func TestLastUse(t *testing.T) {
	t.Parallel()
	path, s := withKeys(t)
	wantError[iam.Use](t, fs.ErrNotExist)(s.Uses().Last(t.Context(), "AKIA1"))
	s.Uses().Record("AKIA1", use(2))
	s.Uses().Record("AROA1", use(9))
	lastUse(t, s, "AKIA1", use(2))
	s.Uses().Record("AKIA1", use(1))
	lastUse(t, s, "AKIA1", use(2))
	flush(t, s)
	lastUse(t, s, "AKIA1", use(2))
	s.Uses().Record("AKIA1", use(1)) // a clock went back
	lastUse(t, s, "AKIA1", use(2))
	flush(t, s)
	lastUse(t, s, "AKIA1", use(2))
	s.Uses().Record("AKIA1", use(3))
	lastUse(t, s, "AKIA1", use(3))
	mustClose(t, s)
	s = openAt(t, path)
	lastUse(t, s, "AKIA1", use(3))
	lastUse(t, s, "AROA1", use(9))
	wantError[iam.Use](t, fs.ErrNotExist)(s.Uses().Last(t.Context(), "AKIA2"))
}

// TestUsesOfAnother does not take the place of what another server wrote later.
func TestUsesOfAnother(t *testing.T) {
	t.Parallel()
	path, s := withKeys(t)
	s.Uses().Record("AKIA1", use(2))
	mustClose(t, s)
	later := use(5)
	inFile(t, path, fmt.Sprintf(`UPDATE last_used SET at = %d, region = '%s'`, later.At.UnixMilli(), later.Region))
	s = openAt(t, path)
	s.Uses().Record("AKIA1", use(4))
	lastUse(t, s, "AKIA1", later)
	flush(t, s)
	lastUse(t, s, "AKIA1", later)
}

// TestUsesGoWithTheirIDs forgets the use of a key or role that is gone, also if it comes
// to be written down afterwards.
func TestUsesGoWithTheirIDs(t *testing.T) {
	t.Parallel()
	_, s := withKeys(t)
	if err := s.Users().Create(t.Context(), user("other", "AIDA2", "AKIA3")); err != nil {
		t.Fatal(err)
	}
	ids := []string{"AKIA1", "AKIA2", "AROA1"}
	for _, id := range ids {
		s.Uses().Record(id, use(1))
	}
	flush(t, s)
	removeKey := func(u *iam.User) error { u.Keys = u.Keys[1:]; return nil }
	if err := s.Users().Update(t.Context(), "alice", removeKey); err != nil {
		t.Fatal(err)
	}
	wantError[iam.Use](t, fs.ErrNotExist)(s.Uses().Last(t.Context(), "AKIA1"))
	lastUse(t, s, "AKIA2", use(1))
	rename := func(u *iam.User) error { u.Name = "bob"; return nil }
	if err := s.Users().Update(t.Context(), "alice", rename); err != nil {
		t.Fatal(err)
	}
	lastUse(t, s, "AKIA2", use(1))
	for _, err := range []error{s.Users().Delete(t.Context(), "bob", nil), s.Roles().Delete(t.Context(), "app", nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for _, id := range ids {
			wantError[iam.Use](t, fs.ErrNotExist)(s.Uses().Last(t.Context(), id))
			s.Uses().Record(id, use(2))
		}
		flush(t, s)
	}
}

// TestUsesAreWrittenDown by themselves, all in one commit, within seconds, and never
// without need.
func TestUsesAreWrittenDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := withKeys(t)
		defer mustClose(t, s)
		commits := s.Stats().Commits
		time.Sleep(time.Minute + time.Second) // of the test's own clock; not at a tick
		if n := s.Stats().Commits - commits; n != 0 {
			t.Errorf("%d commits for nothing", n)
		}
		for n := range 100 {
			s.Uses().Record("AKIA1", use(n))
			s.Uses().Record("AROA1", use(n))
		}
		if n := store.FreshUses(s); n != 2 {
			t.Errorf("%d uses are in memory, not 2", n)
		}
		time.Sleep(6 * time.Second) // of the test's own clock, too: past the next tick
		synctest.Wait()
		if n := store.FreshUses(s); n != 0 || s.Stats().Commits != commits+1 {
			t.Errorf("%d uses are in memory still, after %d commits", n, s.Stats().Commits-commits)
		}
		lastUse(t, s, "AKIA1", use(99))
	})
}

// TestUsesThatCannotBeWritten stay in memory until they can be.
func TestUsesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	_, s := withKeys(t)
	s.Uses().Record("AKIA1", use(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.FlushUses(ctx, s); err == nil {
		t.Fatal("written without a context")
	}
	lastUse(t, s, "AKIA1", use(1))
	if n := store.FreshUses(s); n != 1 {
		t.Errorf("%d uses are in memory, not 1", n)
	}
	flush(t, s)
	lastUse(t, s, "AKIA1", use(1))
}

// TestFailureOfUsesIsReported when it begins, and when it is over, however often a write
// was tried meanwhile.
func TestFailureOfUsesIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reports := make(chan error, 9)
		s, err := store.Open(t.Context(), store.Config{
			Path: t.TempDir(), MasterKey: masterKey(t), ReportUses: func(err error) { reports <- err },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer mustClose(t, s)
		if err := s.Roles().Create(t.Context(), role(t, "app", "AROA1")); err != nil {
			t.Fatal(err)
		}
		minute := func() []error { // of the test's own clock, with twelve attempts
			time.Sleep(time.Minute)
			synctest.Wait()
			var got []error
			for len(reports) > 0 {
				got = append(got, <-reports)
			}
			return got
		}
		for n := range 2 {
			if err := store.LimitPages(s, 1); err != nil {
				t.Fatal(err)
			}
			large := use(n)
			large.Region = strings.Repeat("r", 1<<20*(n+1))
			s.Uses().Record("AROA1", large)
			if got := minute(); len(got) != 1 || got[0] == nil || !strings.Contains(got[0].Error(), "full") {
				t.Errorf("on a full disk: %v", got)
			}
			lastUse(t, s, "AROA1", large)
			if err := store.LimitPages(s, 1<<30); err != nil {
				t.Fatal(err)
			}
			if got := minute(); len(got) != 1 || got[0] != nil {
				t.Errorf("after it was made larger: %v", got)
			}
			if got := minute(); len(got) != 0 {
				t.Errorf("without a need: %v", got)
			}
			lastUse(t, s, "AROA1", large)
		}
	})
}

func TestUsesAreBounded(t *testing.T) {
	t.Parallel()
	_, s := withKeys(t)
	s.Uses().Record("AKIA1", use(1))
	for n := range 30_000 {
		s.Uses().Record(fmt.Sprint("AKIANONE", n), use(1))
	}
	if n := store.FreshUses(s); n != 20_000 {
		t.Errorf("%d uses are in memory", n)
	}
	s.Uses().Record("AKIA1", use(2))
	lastUse(t, s, "AKIA1", use(2))
	flush(t, s)
	lastUse(t, s, "AKIA1", use(2))
}

func TestUsesFromEverywhere(t *testing.T) {
	t.Parallel()
	path, s := withKeys(t)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for n := range 50 {
				s.Uses().Record("AKIA1", use(worker*50+n))
				if n%10 == worker {
					if err := store.FlushUses(t.Context(), s); err != nil {
						t.Error(err)
					}
				}
				if last, err := s.Uses().Last(t.Context(), "AKIA1"); err != nil || last.At.Before(use(worker*50+n).At) {
					t.Errorf("last use is %v, %v", last, err)
				}
			}
		})
	}
	group.Wait()
	mustClose(t, s)
	lastUse(t, openAt(t, path), "AKIA1", use(399))
}

// BenchmarkRecord is what a signed request pays.
func BenchmarkRecord(b *testing.B) {
	s := open(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.Uses().Record("AKIA1", iam.Use{At: time.Now(), Service: "sts", Region: "us-east-1"})
		}
	})
}
