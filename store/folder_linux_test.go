package store_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/cenotehq/cenote/store"
)

// Root may write everywhere, so that whoever runs the tests the folder is opened by
// a thread that looks at files as nobody.
func TestOpenRefusesFolderOfOthers(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	if err := os.Chmod(path, 0o500); err != nil {
		t.Fatal(err)
	}
	config := store.Config{Path: path, MasterKey: masterKey(t)}
	opened := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := asNobody(); err != nil {
			opened <- err
			return
		}
		_, err := store.Open(context.Background(), config)
		opened <- err
	}()
	if err := <-opened; !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open: %v, want a permission error that names %s", err, path)
	}
}

// asNobody takes the right to pass over file modes from the current thread.
func asNobody() error {
	if os.Geteuid() != 0 {
		return nil
	}
	return syscall.Setfsuid(65534)
}
