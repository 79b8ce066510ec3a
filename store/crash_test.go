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

// The environment that makes the test program a child to be killed.
const crashFolder = "CENOTE_TEST_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFolder); path != "" {
		fmt.Fprintln(os.Stderr, writeForever(path))
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

func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
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
func killedAfter(t *testing.T, path string, n int, acknowledged map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashFolder+"="+path)
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
