package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

func lockFolder(path string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(path, "lock"), flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, folderError(path, err)
	}
	if !held {
		return nil, errors.Join(&LockedError{Path: path}, lock.Close())
	}
	return lock, nil
}

// provideFile makes the file unless it exists; a shared one has to.
func provideFile(file string, shared bool) error {
	if !shared {
		if err := createFile(file); err != nil {
			return openError(file, err)
		}
		return nil
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: there is no %s: name the data folder of a server that has been started once: %w", file, err)
	}
	return nil
}

// createFile makes an empty file that only this user can read, unless it exists;
// SQLite gives its other files the same mode.
func createFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes the name of a new file survive a power failure. Windows can
// not sync folders.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
