package pgtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cenotehq/cenote/pgtest"
)

// TestServer kills a server: what was committed is there when it is back at its address.
func TestServer(t *testing.T) {
	t.Parallel()
	s, err := pgtest.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := s.Create(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	if err := s.Exec(t.Context(), "shop", "CREATE TABLE sold (id BIGINT)"); err != nil {
		t.Fatal(err)
	}
	address := s.Address()
	for _, end := range []func() error{s.Kill, s.Stop} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), "shop", "SELECT 1"); err == nil {
			t.Fatal("it still answers")
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), "shop", "INSERT INTO sold VALUES (1)"); err != nil || s.Address() != address {
			t.Fatal(err, s.Address())
		}
	}
}

// TestStandby loses a primary: what was committed there is on the standby, which takes over.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary, err := pgtest.Start(t.Context(), "", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := primary.Remove(); err != nil {
			t.Error(err)
		}
	}()
	standby, err := primary.Standby(t.Context(), "", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := standby.Remove(); err != nil {
			t.Error(err)
		}
	}()
	if err := primary.Exec(t.Context(), "postgres", "CREATE TABLE sold (id BIGINT PRIMARY KEY); INSERT INTO sold VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	if err := standby.Exec(t.Context(), "postgres", "INSERT INTO sold VALUES (2)"); err == nil {
		t.Error("the standby takes writes")
	}
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := standby.Exec(t.Context(), "postgres", "INSERT INTO sold VALUES (2)"); err != nil {
		t.Error(err)
	}
	if err := standby.Exec(t.Context(), "postgres", "INSERT INTO sold VALUES (1)"); err == nil {
		t.Error("the standby lost a commit")
	}
}

// TestOpen opens a folder twice: the second time has what the first one kept.
func TestOpen(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("", "cenote-pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	if err := os.Chmod(parent, 0o755); err != nil { // root's is not the server's to enter
		t.Fatal(err)
	}
	for _, sql := range []string{"CREATE TABLE sold (id BIGINT)", "INSERT INTO sold VALUES (1)"} {
		s, err := pgtest.Open(t.Context(), filepath.Join(parent, "cluster"), "fsync=off")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), "postgres", sql); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", s.PID())); err != nil {
			t.Error(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}
