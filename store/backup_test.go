package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/store"
)

// TestBackup is a whole copy that a server can start on, with what is still in the log of
// the file, which nobody has to be able to open.
func TestBackup(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := filled(t, folder, 1000)
	var done, all int64
	to := filepath.Join(t.TempDir(), "a b%20c?d#e")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := store.Backup(t.Context(), folder, to, func(d, a int64) { done, all = d, a }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(to, "cenote.db"))
	if err != nil || info.Mode() != 0o600 || info.Size() != all || done != all || all == 0 {
		t.Errorf("%v, %v; %d of %d", info, err, done, all)
	}
	if left, _ := filepath.Glob(filepath.Join(to, "*")); len(left) != 1 {
		t.Errorf("there are %v", left)
	}
	want, _ := export(t, s)
	copied := openClock(t, to, moment())
	got, _ := export(t, copied)
	if diff := cmp.Diff(body(want), body(got)); diff != "" {
		t.Error(diff)
	}
	checkMoved(t, copied)
	create(t, copied, guest("r:new", "p"))
}

// TestBackupUnderLoad backs up while others sign in: what was answered before is there,
// and each identity with all of its logins or not at all.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openAt(t, folder)
	stop, answered := signInForever(t, s)
	defer stop()
	for range 5 {
		before, to := answered(), t.TempDir()
		if err := store.Backup(t.Context(), folder, to, nil); err != nil {
			t.Fatal(err)
		}
		checkSignedIn(t, openAt(t, to), before)
	}
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mustClose(t, filled(t, folder, 2000))
	to := t.TempDir()
	if err := store.Backup(t.Context(), t.TempDir(), to, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Backup(ctx, folder, to, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up before: %v", err)
	}
	if err := store.Backup(t.Context(), folder, filepath.Join(to, "missing"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("to nowhere: %v", err)
	}
	damaged := t.TempDir()
	mustClose(t, filled(t, damaged, 2000))
	overwrite(t, filepath.Join(damaged, "cenote.db"), 3*4096+8, 4096)
	if err := store.Backup(t.Context(), damaged, to, nil); !is[*store.DamagedError](err) {
		t.Errorf("of a damaged file: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(to, "*")); left != nil {
		t.Errorf("there are %v", left)
	}
	if err := store.Backup(t.Context(), folder, to, nil); err != nil {
		t.Fatal(err)
	}
	if err := store.Backup(t.Context(), folder, to, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
}
