package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cenotehq/cenote/seal"
)

// keyFile is the custody of a file with a key in hexadecimal digits.
type keyFile struct {
	path string
	own  bool // made by this program where it is missing
}

// Make returns the key of the file, or makes the file if that is ours to do.
func (f keyFile) Make(context.Context) (*seal.Key, string, error) {
	key, err := f.read()
	if errors.Is(err, fs.ErrNotExist) && f.own {
		if err := f.create(); err != nil {
			return nil, "", fmt.Errorf("making the master key: %w", err)
		}
		key, err = f.read()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("there is no master key in %s: `(umask 077; openssl rand -hex %d >%s)` makes one", f.path, seal.KeySize, f.path)
	}
	return key, "", err
}

// Find returns the key of the file.
func (f keyFile) Find(_ context.Context, note string) (*seal.Key, error) {
	if err := notWrapped(note); err != nil {
		return nil, err
	}
	key, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the master key is missing: restore %s, or give the key in %s or with --master-key-file; without it, the secrets in the database are lost", f.path, envMasterKey)
	}
	return key, err
}

// read returns an error of fs.ErrNotExist if there is no file.
func (f keyFile) read() (*seal.Key, error) {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("reading the master key: %w; give this user the right to, or the key in %s", err, envMasterKey)
	}
	key, err := parseMasterKey(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("the master key in %s is damaged: restore that file", f.path)
	}
	return key, nil
}

func parseMasterKey(digits string) (*seal.Key, error) {
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return nil, errors.New("not hexadecimal digits") // the error of hex tells one of them
	}
	return seal.NewKey(raw)
}

// create writes the key under another name first: what is cut off must not leave half of
// it. Of two at the same moment the first one's link stays.
func (f keyFile) create() error {
	_, raw := seal.GenerateKey()
	folder := filepath.Dir(f.path)
	draft, err := os.CreateTemp(folder, "master-*.key")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(hex.EncodeToString(raw) + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), f.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(folder)
}

// successor is where the key is that is to take the place of this one.
func (f keyFile) successor() keyFile { return keyFile{path: f.path + ".new", own: true} }

// succeed puts the successor in the place of this file, which is never empty, and returns
// where the old key is: backups from before need it.
func (f keyFile) succeed(now time.Time) (before string, err error) {
	before = f.retired(now)
	if err := os.Link(f.path, before); err != nil {
		return "", fmt.Errorf("keeping the old master key: %w", err)
	}
	if err := os.Rename(f.successor().path, f.path); err != nil {
		return "", fmt.Errorf("putting the new master key into %s: %w", f.path, err)
	}
	return before, syncFolder(filepath.Dir(f.path))
}

// retire takes the file away, whose key the database does not have any more, and returns
// where it is.
func (f keyFile) retire(now time.Time) (before string, err error) {
	before = f.retired(now)
	if err := os.Rename(f.path, before); err != nil {
		return "", fmt.Errorf("putting the old master key aside: %w", err)
	}
	return before, syncFolder(filepath.Dir(f.path))
}

// retired is a name that says until when the key was in use.
func (f keyFile) retired(now time.Time) string {
	return f.path + ".until-" + now.UTC().Format("20060102T150405.000Z")
}
