package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
)

var (
	_ iam.Table[iam.Role]         = (*store.Table[iam.Role])(nil)
	_ iam.Table[iam.User]         = (*store.Table[iam.User])(nil)
	_ iam.Table[iam.OIDCProvider] = (*store.Table[iam.OIDCProvider])(nil)
	_ iam.Table[iam.SAMLProvider] = (*store.Table[iam.SAMLProvider])(nil)
	_ iam.Table[cognito.Pool]     = (*store.Table[cognito.Pool])(nil)
	_ iam.Uses                    = (*store.Uses)(nil)
	_ cognito.Identities          = (*store.Store)(nil)
	_ sts.Assertions              = (*store.Assertions)(nil)
)

func newMasterKey() (*seal.Key, error) { return seal.NewKey(make([]byte, seal.KeySize)) }

func masterKey(t testingT) *seal.Key {
	t.Helper()
	key, err := newMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// place is where a new store can be opened: on the PostgreSQL server that the tests were
// given, or else in a folder.
func place(t testing.TB) string {
	t.Helper()
	folder, url := pgtest.Place(t)
	return folder + url // one is empty
}

// at is the configuration of a store in a place.
func at(place string, key *seal.Key) store.Config {
	if strings.HasPrefix(place, "postgres://") {
		return store.Config{URL: place, MasterKey: key}
	}
	return store.Config{Path: place, MasterKey: key}
}

func openWith(place string, key *seal.Key) (*store.Store, error) {
	return store.Open(context.Background(), at(place, key))
}

func openAt(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := openWith(path, masterKey(t))
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, s)
	return s
}

func closeLater(t testing.TB, s *store.Store) {
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
}

func open(t testing.TB) *store.Store {
	t.Helper()
	return openAt(t, place(t))
}

func mustClose(t testingT, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// inFile runs SQL on the file, or database, of a closed store.
func inFile(t testing.TB, path, sql string) {
	t.Helper()
	if strings.HasPrefix(path, "postgres://") {
		if err := pgtest.Execute(t.Context(), path, sql); err != nil {
			t.Fatal(err)
		}
		return
	}
	db, err := sqlite3.Open(filepath.Join(path, "cenote.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Exec(sql), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path    func(t *testing.T) string
		matches func(error) bool
		says    string
	}{
		"a folder that another holds": {
			path: func(t *testing.T) string {
				path := t.TempDir()
				openAt(t, path)
				return path
			},
			matches: is[*store.LockedError],
			says:    "in use by another process",
		},
		"a file for a folder": {
			path: func(t *testing.T) string {
				path := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			},
			matches: anyError,
			says:    "choose another folder",
		},
		"a folder that is below a file": {
			path: func(t *testing.T) string {
				path := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				return filepath.Join(path, "below")
			},
			matches: anyError,
			says:    "choose another folder",
		},
		"a newer schema": {
			path: func(t *testing.T) string {
				path := closedFolder(t)
				inFile(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`)
				return path
			},
			matches: is[*store.NewerError],
			says:    "schema version 9000",
		},
		"a file that is no database": {
			path: func(t *testing.T) string {
				path := t.TempDir()
				if err := os.WriteFile(filepath.Join(path, "cenote.db"), []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			},
			matches: is[*store.DamagedError],
			says:    "restore it from a backup",
		},
		"a damaged file": {
			path: func(t *testing.T) string {
				path := closedFolder(t)
				overwrite(t, filepath.Join(path, "cenote.db"), 100, 2000)
				return path
			},
			matches: is[*store.DamagedError],
			says:    "restore it from a backup",
		},
		"a folder for a file": {
			path: func(t *testing.T) string {
				path := t.TempDir()
				if err := os.Mkdir(filepath.Join(path, "cenote.db"), 0o700); err != nil {
					t.Fatal(err)
				}
				return path
			},
			matches: anyError,
			says:    "cenote.db may not be read or written",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := test.path(t)
			_, err := store.Open(context.Background(), store.Config{Path: path, MasterKey: masterKey(t)})
			if err == nil || !test.matches(err) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open: %v (%T), want %q and %q", err, err, test.says, path)
			}
		})
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func anyError(err error) bool { return err != nil }

func closedFolder(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	mustClose(t, openAt(t, path))
	return path
}

func overwrite(t *testing.T, file string, offset, length int) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(strings.Repeat("x", length)), int64(offset))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenWantsTheSameMasterKey(t *testing.T) {
	t.Parallel()
	path := closedFolder(t)
	other, _ := seal.GenerateKey()
	_, err := store.Open(t.Context(), store.Config{Path: path, MasterKey: other})
	if !is[*store.MasterKeyError](err) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open with another key: %v", err)
	}
	if _, err := store.Open(t.Context(), store.Config{Path: path}); err == nil {
		t.Error("Open without a key succeeded")
	}
	openAt(t, path) // a failed Open let go of the lock
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "data")
	openAt(t, path)
	for _, name := range []string{".", "cenote.db", "cenote.db-wal", "cenote.db-shm", "lock"} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	s := openAt(t, path)
	if err := s.CreateIdentity(t.Context(), cognito.Identity{ID: "r:1", Pool: "p"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if err := s.Close(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
	if err := s.CreateIdentity(t.Context(), cognito.Identity{ID: "r:2", Pool: "p"}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("CreateIdentity after Close: %v", err)
	}
	if _, err := s.Identity(t.Context(), "r:2"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Identity after Close: %v", err)
	}
	if _, err := os.Stat(filepath.Join(path, "cenote.db-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is left behind: %v", err)
	}
}

// ok returns what a call does, and fails the test if that is an error.
func ok[T any](value T, err error) func(t testingT) T {
	return func(t testingT) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// testingT is what *testing.T, *testing.B and *rapid.T share.
type testingT interface {
	Helper()
	Fatal(args ...any)
}
