package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/cenotehq/cenote/store"
)

// newMaster is where the master key is after a change.
type newMaster struct {
	In     string `json:"masterKey"`           // what has it
	Before string `json:"before,omitempty"`    // the file with the key of before
	Start  string `json:"startWith,omitempty"` // what servers have to be started with from now on
}

// rotateMaster seals all secrets under a new master key, in one transaction.
func rotateMaster(ctx context.Context, s Settings, kept *keptFlags, flags masterFlags, asJSON bool, stdout io.Writer) error {
	next, err := flags.read(kept.endpoint)
	if err != nil {
		return err
	}
	to, err := successorOf(s, &next)
	if err != nil {
		return err
	}
	if err := reseal(ctx, s, to); err != nil {
		return err
	}
	done, err := settleMaster(s, next)
	if err != nil {
		return fmt.Errorf("everything is sealed under the new master key, but: %w", err)
	}
	if asJSON {
		return json.NewEncoder(stdout).Encode(done)
	}
	return done.print(stdout)
}

// successorOf is the custody of the new master key. Without flags it is of the same sort
// as that of the old one, and next becomes what they would have said.
func successorOf(s Settings, next *MasterKey) (store.Custody, error) {
	switch old := s.MasterKey.custody(s.Data).(type) {
	case givenKey:
		if *next == (MasterKey{}) {
			return nil, &usageError{fmt.Sprintf("where is the new master key? Set %s, --new-master-key-file or --new-master-key-kms", envNewMaster)}
		}
	case wrappedKey:
		if *next == (MasterKey{}) {
			next.KMS = s.MasterKey.KMS
		}
	case keyFile:
		if *next == (MasterKey{}) || next.File == old.path {
			*next = MasterKey{File: old.path}
			return old.successor(), nil
		}
	}
	if next.File != "" {
		return keyFile{path: next.File, own: true}, nil
	}
	return next.custody(s.Data), nil
}

// reseal wants the database for itself: a server beside it could not read what it needs.
func reseal(ctx context.Context, s Settings, to store.Custody) error {
	if _, err := os.Stat(filepath.Join(s.Data, "cenote.db")); err != nil && s.Database == "" {
		return fmt.Errorf("no server has kept anything in %s: name the data folder of a server with --data", s.Data)
	}
	st, err := openKept(ctx, s, store.Config{})
	if _, held := errors.AsType[*store.LockedError](err); held {
		return fmt.Errorf("%w; the master key can be changed only while no server runs", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(st.Reseal(ctx, to), st.Close())
}

// settleMaster brings the files in line with the database, and says what is where.
func settleMaster(s Settings, next MasterKey) (newMaster, error) {
	old, inFile := s.MasterKey.custody(s.Data).(keyFile)
	done := newMaster{}
	var err error
	switch {
	case inFile && next.File == old.path:
		done.In = old.path
		done.Before, err = old.succeed(time.Now())
		return done, err
	case next.KMS != nil:
		done.In, done.Start = next.KMS.ID, "--master-key-kms "+next.KMS.ID
	case next.File != "":
		done.In, done.Start = next.File, "--master-key-file "+next.File
	default:
		done.In, done.Start = envNewMaster, fmt.Sprintf("%s set to what %s has", envMasterKey, envNewMaster)
	}
	if inFile && old.own {
		done.Before, err = old.retire(time.Now())
	}
	return done, err
}

func (m newMaster) print(out io.Writer) error {
	fmt.Fprintf(out, "All secrets are sealed under a new master key, that of %s.\n", m.In)
	if m.Start != "" {
		fmt.Fprintf(out, "Start servers with %s from now on.\n", m.Start)
	}
	if m.Before != "" {
		fmt.Fprintf(out, "Backups from before need the old key, which is in %s.\n", m.Before)
	}
	_, err := fmt.Fprintln(out, "Make a new backup.")
	return err
}
