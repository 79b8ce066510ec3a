package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/cenotehq/cenote/cognito"
)

const limitFolder = "CENOTE_TEST_LIMIT_FOLDER"

// A commit fails where the log may not grow: the limit on file sizes acts like a
// disk that is full when it comes to writing. The limit is the whole process's, so
// that it takes a process of its own.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(limitFolder); path != "" {
		failCommits(t, path)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestFailedCommit$", "-test.v")
	child.Env = append(os.Environ(), limitFolder+"="+t.TempDir())
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func failCommits(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	s := openAt(t, path)
	create(t, s, guest("r:0", "p"))
	info, err := os.Stat(filepath.Join(path, "cenote.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	before := s.Stats()
	limitFileSize(t, uint64(info.Size())+100)
	var failed error
	n := 1
	for ; failed == nil && n < 1000; n++ {
		failed = s.CreateIdentity(context.Background(), guest(fmt.Sprint("r:", n), "p"))
	}
	if failed == nil {
		t.Fatal("no commit failed")
	}
	a := []cognito.Login{{Provider: "a", Subject: "1"}}
	if _, err := s.LinkLogins(context.Background(), "p", "r:0", a, do(cognito.Link{Keep: "r:0", Add: a})); err == nil {
		t.Error("LinkLogins succeeded without room for it")
	}
	// Two writers of one new id, whether they share the failed commit or not: both
	// fail for want of room, since neither made the other's id exist.
	errs := make(chan error, 2)
	for range 2 {
		go func() { errs <- s.CreateIdentity(context.Background(), guest("r:twice", "p")) }()
	}
	for range 2 {
		if err := <-errs; err == nil || errors.Is(err, fs.ErrExist) {
			t.Errorf("one of two writers: %v", err)
		}
	}
	if after := s.Stats(); after.Commits-before.Commits != int64(n-2) {
		t.Errorf("%d commits for %d writes that succeeded", after.Commits-before.Commits, n-2)
	}
	same(t, guest("r:0", "p"))(s.Identity(context.Background(), "r:0"))
	limitFileSize(t, 1<<40)
	if _, err := s.Identity(context.Background(), fmt.Sprint("r:", n-1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the identity whose commit failed: %v", err)
	}
	create(t, s, guest(fmt.Sprint("r:", n-1), "p"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	for i := range n {
		same(t, guest(fmt.Sprint("r:", i), "p"))(s.Identity(context.Background(), fmt.Sprint("r:", i)))
	}
}

func limitFileSize(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}
