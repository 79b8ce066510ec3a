package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// copyFile copies a small file to a new one that only this user can read.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeNew(to, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// makeFolder makes a folder with what fill puts into it: whole and on disk, or not at all.
func makeFolder(path string, fill func(draft string) error) error {
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already: choose another folder", path)
	}
	draft, err := os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("making a folder beside %s: %w", path, err)
	}
	defer func() { _ = os.RemoveAll(draft) }() // after the rename it is not there
	if err := fill(draft); err != nil {
		return err
	}
	if err := syncFolder(draft); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// writeNew makes a file that only this user can read, with what write writes: whole and
// on disk, or not at all.
func writeNew(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return takenError(path)
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("making a file beside %s: %w", path, err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	err = write(draft)
	if err == nil {
		err = draft.Sync()
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	// A link, unlike a new name, replaces nothing.
	if err := os.Link(draft.Name(), path); errors.Is(err, fs.ErrExist) {
		return takenError(path)
	} else if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

func takenError(path string) error {
	return fmt.Errorf("%s is there already: choose another file", path)
}

// syncFolder makes new names in a folder survive a power failure.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
