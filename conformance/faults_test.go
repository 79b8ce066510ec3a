package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cenotehq/cenote/conformance"
	"github.com/cenotehq/cenote/pgtest"
)

// fault is something that goes wrong under load.
type fault struct {
	name  string
	users int
	harm  func(*conformance.Crowd) // returns when it is over
}

// suffer runs a fault under load, and then looks whether everything that was answered is there.
func (c *cluster) suffer(t *testing.T, f fault) conformance.Ledger {
	t.Helper()
	crowd := c.crowd(t, f.users)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan conformance.Ledger, 1)
	go func() { done <- crowd.Run(ctx, 24) }()
	crowd.Await(t, 500)
	f.harm(crowd)
	crowd.Await(t, 500)
	stop()
	ledger := <-done
	c.balancer.AwaitReady(t)
	lost, doubled := ledger.Check(t, c.kept(t))
	t.Logf("tried: %s; %s; lost: %d; with two owners: %d", f.name, &ledger, lost, doubled)
	return ledger
}

// scan fails the test unless each login in a database has one owner, which exists.
func scan(t *testing.T, database string) {
	t.Helper()
	c := ok(pgx.Connect(t.Context(), database))(t)
	defer func() { _ = c.Close(t.Context()) }()
	var logins, owned, doubled int
	err := c.QueryRow(t.Context(), `SELECT
		(SELECT count(*) FROM logins),
		(SELECT count(*) FROM logins l JOIN identities i ON i.id = l.identity AND i.pool = l.pool WHERE i.authenticated = 1 AND i.disabled = 0),
		(SELECT count(*) FROM (SELECT FROM logins GROUP BY pool, provider, subject HAVING count(DISTINCT identity) > 1) d)`).Scan(&logins, &owned, &doubled)
	if err != nil {
		t.Fatal(err)
	}
	if logins == 0 || owned != logins || doubled != 0 {
		t.Errorf("of %d logins %d have an owner, and %d have two", logins, owned, doubled)
	}
}

// TestFaultKilledNode kills each of three nodes under load.
func TestFaultKilledNode(t *testing.T) {
	t.Parallel()
	database := ok(postgres(t).Create(t.Context(), "cenote"))(t)
	c := newCluster(t, 3, conformance.Options{Database: database})
	c.suffer(t, fault{"kill -9 of three nodes, one after the other", 3000, func(crowd *conformance.Crowd) {
		for _, n := range c.nodes {
			n.Kill()
			crowd.Await(t, 500)
			n.Restart(t)
			c.balancer.AwaitReady(t)
			crowd.Await(t, 500)
		}
	}})
	scan(t, database)
}

// replicated is a primary and its synchronous standby, and the URL of a database that is always at one of them.
func replicated(t *testing.T) (primary, standby *pgtest.Server, database string) {
	t.Helper()
	primary = postgres(t)
	standby = cleanedUp(t, ok(primary.Standby(t.Context(), ""))(t))
	ok(primary.Create(t.Context(), "cenote"))(t)
	return primary, standby, fmt.Sprintf("postgres://cenote@%s,%s/cenote?sslmode=disable&target_session_attrs=read-write", primary.Address(), standby.Address())
}

// TestFaultLostPrimary kills the primary under load, and promotes the standby.
func TestFaultLostPrimary(t *testing.T) {
	t.Parallel()
	primary, standby, database := replicated(t)
	c := newCluster(t, 3, conformance.Options{Database: database})
	c.suffer(t, fault{"kill -9 of the primary, its standby promoted", 3000, func(crowd *conformance.Crowd) {
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		crowd.AwaitFailures(t, 24)
		if err := standby.Promote(t.Context()); err != nil {
			t.Fatal(err)
		}
	}})
	scan(t, standby.URL("cenote"))
}

// TestFaultLostStandby kills the standby, so that nothing is on two disks, and the primary a while later, whose disk is
// never seen again. Statements have a time-out, which ends the wait for the standby, too.
func TestFaultLostStandby(t *testing.T) {
	t.Parallel()
	primary, standby, database := replicated(t)
	c := newCluster(t, 3, conformance.Options{Database: database + "&statement_timeout=300"})
	c.suffer(t, fault{"kill -9 of the standby, and then of the primary; the standby promoted", 3000, func(crowd *conformance.Crowd) {
		if err := standby.Kill(); err != nil {
			t.Fatal(err)
		}
		crowd.AwaitFailures(t, 144) // so that some come again whose first request failed
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := standby.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := standby.Promote(t.Context()); err != nil {
			t.Fatal(err)
		}
	}})
	scan(t, standby.URL("cenote"))
}

// disk is a small file system in memory.
type disk struct {
	folder  string
	ballast string
}

func newDisk(t *testing.T, megabytes int) disk {
	t.Helper()
	folder := ok(os.MkdirTemp("", "cenote-disk-"))(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0755", megabytes), "cenote-test", folder).CombinedOutput(); err != nil {
		_ = os.Remove(folder)
		t.Skipf("no file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
		if err := os.Remove(folder); err != nil {
			t.Error(err)
		}
	})
	return disk{folder, filepath.Join(folder, "ballast")}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// fill leaves no room.
func (d disk) fill(t *testing.T) {
	t.Helper()
	file := ok(os.Create(d.ballast))(t)
	_, err := io.Copy(file, zeros{})
	_ = file.Close() // it has what there was room for
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
}

func (d disk) empty(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.ballast); err != nil {
		t.Fatal(err)
	}
}

// TestFaultFullDisk fills the disk of a data folder, and makes room again: the server goes on by itself.
func TestFaultFullDisk(t *testing.T) {
	t.Parallel()
	d := newDisk(t, 64)
	c := newCluster(t, 1, conformance.Options{Data: filepath.Join(d.folder, "data")})
	c.suffer(t, fault{"a full disk below SQLite", 3000, func(crowd *conformance.Crowd) {
		d.fill(t)
		crowd.AwaitFailures(t, 200)
		d.empty(t)
	}})
	c.Kill()
	c.Restart(t)
	c.kept(t)
}

// TestFaultFullDatabase fills the disk of a PostgreSQL server, which ends over that, and makes room again.
func TestFaultFullDatabase(t *testing.T) {
	t.Parallel()
	d := newDisk(t, 160)
	pg := cleanedUp(t, ok(pgtest.Start(t.Context(), d.folder, "max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off"))(t))
	database := ok(pg.Create(t.Context(), "cenote"))(t)
	c := newCluster(t, 3, conformance.Options{Database: database})
	c.suffer(t, fault{"a full disk below PostgreSQL", 3000, func(crowd *conformance.Crowd) {
		d.fill(t)
		crowd.AwaitFailures(t, 200)
		d.empty(t)
		if err := errors.Join(pg.Kill(), pg.Restart(t.Context())); err != nil {
			t.Fatal(err)
		}
	}})
	scan(t, database)
}
