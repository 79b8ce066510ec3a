package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/cenotehq/cenote/cognito"
)

// The environment that makes the test program a child to be killed, while it writes, or
// while it sweeps if that is set too.
const (
	crashFolder = "CENOTE_TEST_CRASH_FOLDER"
	crashSweep  = "CENOTE_TEST_CRASH_SWEEP"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFolder); path != "" {
		do := writeForever
		if os.Getenv(crashSweep) != "" {
			do = sweepSlowly
		}
		fmt.Fprintln(os.Stderr, do(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever prints every id and login once it is acknowledged.
func writeForever(path string) error {
	key, err := newMasterKey()
	if err != nil {
		return err
	}
	s, err := openWith(path, key)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for worker := range 8 {
		go func() {
			for n := 0; ; n++ {
				fresh := guest(fmt.Sprintf("r:%d-%d", worker, n), "p")
				logins := []cognito.Login{{Provider: "a", Subject: fresh.ID}}
				if _, err := s.LinkLogins(context.Background(), "p", "", logins, do(cognito.Link{Create: &fresh, Add: logins})); err != nil {
					failed <- err
					return
				}
				if _, err := fmt.Println(fresh.ID); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// sweepSlowly deletes the identities of pool p in batches of one, and prints how many
// are gone.
func sweepSlowly(path string) error {
	key, err := newMasterKey()
	if err != nil {
		return err
	}
	s, err := openWith(path, key)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if _, err := s.DeleteIdentitiesOf(context.Background(), "p", 1); err != nil {
			return err
		}
		if _, err := fmt.Println(n); err != nil {
			return err
		}
	}
}

// A sweep that was killed has removed whole identities, each with its logins, and leaves
// the rest to be found.
func TestKilledSweep(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	const all = 200
	login := func(i int) cognito.Login { return cognito.Login{Provider: "a", Subject: fmt.Sprint(i)} }
	for i := range all {
		fresh := guest(fmt.Sprintf("r:%03d", i), "p")
		if _, err := s.LinkLogins(t.Context(), "p", "", nil, do(cognito.Link{Create: &fresh, Add: []cognito.Login{login(i)}})); err != nil {
			t.Fatal(err)
		}
	}
	create(t, s, guest("r:x", "q"))
	mustClose(t, s)
	gone := map[string]bool{}
	killedAfter(t, path, 50, gone, crashSweep+"=1")
	s = openAt(t, path)
	left, err := s.ListIdentities(t.Context(), "p", "", false, all)
	if err != nil || len(left) == 0 || all-len(left) < len(gone) {
		t.Fatalf("%d are left after %d had gone: %v", len(left), len(gone), err)
	}
	for i := range all {
		owners := ownersOf(t, s, "p", login(i))
		if kept := i >= all-len(left); len(owners) == 1 != kept {
			t.Errorf("identity %d of the last %d: %v", i, len(left), owners)
		}
	}
	if pool, err := s.PoolAfter(t.Context(), ""); pool != "p" || err != nil {
		t.Errorf("the next sweep finds %q, %v", pool, err)
	}
	if n, err := s.DeleteIdentitiesOf(t.Context(), "p", all); n != len(left) || err != nil {
		t.Errorf("the next sweep removed %d of %d: %v", n, len(left), err)
	}
	if pool, err := s.PoolAfter(t.Context(), ""); pool != "q" || err != nil {
		t.Errorf("afterwards there are identities of %q, %v", pool, err)
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := place(t)
	acknowledged := map[string]bool{}
	for round := range 3 {
		killedAfter(t, path, 300, acknowledged)
		s := openAt(t, path)
		for id := range acknowledged {
			got, err := s.Identity(t.Context(), id)
			if err != nil || len(got.Logins) != 1 || got.Logins[0].Subject != id {
				t.Fatalf("round %d: acknowledged identity %s: %+v, %v", round, id, got, err)
			}
			if owners := ownersOf(t, s, "p", got.Logins...); len(owners) != 1 || owners[0].ID != id {
				t.Fatalf("round %d: owners of %s: %v", round, id, owners)
			}
		}
		if _, err := s.DeleteIdentitiesOf(t.Context(), "p", 1_000_000); err != nil {
			t.Fatal(err)
		}
		clear(acknowledged)
		mustClose(t, s)
	}
}

// killedAfter adds what a child acknowledged before it was killed.
func killedAfter(t *testing.T, path string, n int, acknowledged map[string]bool, env ...string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(append(os.Environ(), crashFolder+"="+path), env...)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the end, or half a line that the child died over
		}
		acknowledged[line[:len(line)-1]] = true
		if len(acknowledged) == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < n {
		t.Fatalf("the child acknowledged %d and ended with %v", len(acknowledged), err)
	}
}
