package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/ncruces/go-sqlite3"
)

// ErrClosed means that the store was closed.
var ErrClosed = errors.New("store: closed")

// LockedError means that another process has the data folder open.
type LockedError struct {
	Path string // the data folder
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("store: data folder %s is in use by another process: stop it, or choose another folder", e.Path)
}

// NewerError means that a newer program wrote the file.
type NewerError struct {
	Path  string // the file
	Have  int64  // the schema version of the file
	Known int64  // the newest schema version that this program knows
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("store: %s has schema version %d, this program knows versions up to %d: run the newer program that wrote it, or restore an older backup",
		e.Path, e.Have, e.Known)
}

// OlderError means that an older program wrote a file that is to be shared.
type OlderError struct {
	Path  string // the file
	Have  int64  // the schema version of the file
	Known int64  // the schema version of this program
}

func (e *OlderError) Error() string {
	return fmt.Sprintf("store: %s has schema version %d, this program wants %d: start the server with this program once, which brings the file up to date, or use the older program",
		e.Path, e.Have, e.Known)
}

// DamagedError means that the file is no intact database.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("store: %s is damaged or not a database: restore it from a backup, or move it away to start empty: %v", e.Path, e.Err)
}

// Unwrap returns what the database engine found.
func (e *DamagedError) Unwrap() error { return e.Err }

// MasterKeyError means that the secrets in the file were sealed under another
// master key.
type MasterKeyError struct {
	Path string
}

func (e *MasterKeyError) Error() string {
	return fmt.Sprintf("store: the master key is not the one that %s is sealed under: start with that key, or with another data folder", e.Path)
}

// UnfinishedError means that an import into the file or database began and did not end.
type UnfinishedError struct {
	Path string
}

func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("store: an import into %s did not end, so only some of it is there: import again, which begins anew, or choose another place", e.Path)
}

// NotEmptyError means that there is something already where an import was to go.
type NotEmptyError struct {
	Path string
}

func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("store: %s is not empty: import into a new data folder or database, on which no server has been started", e.Path)
}

// ExportError means that what was to be imported is no export, not a whole one, or one
// that this program cannot read. It names no secrets.
type ExportError struct {
	Line   int // the first is 1
	Reason string
}

func (e *ExportError) Error() string {
	return fmt.Sprintf("store: line %d of the export: %s", e.Line, e.Reason)
}

func folderError(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return fmt.Errorf("store: data folder %s is or lies in a file: choose another folder: %w", path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("store: data folder %s may not be read or written: give this user the right to, or choose another folder: %w", path, err)
	}
	return fmt.Errorf("store: data folder %s cannot be used: %w", path, err)
}

func openError(file string, err error) error {
	switch {
	case errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.CORRUPT):
		return &DamagedError{Path: file, Err: err}
	case errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.PERM), errors.Is(err, sqlite3.READONLY):
		return fmt.Errorf("store: %s may not be read or written: give this user the right to: %w", file, err)
	}
	return fmt.Errorf("store: cannot open %s: %w", file, err)
}
