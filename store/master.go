package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cenotehq/cenote/seal"
)

// Custody is where the master key is, which is never in the database.
type Custody interface {
	// Make returns the key of a database that has none yet, and a note that helps to
	// find it again, which is no secret and stays in the database. Of several servers
	// that start at once the key of one is taken, and the others find that.
	Make(ctx context.Context) (key *seal.Key, note string, err error)

	// Find returns the key that Make returned with this note.
	Find(ctx context.Context, note string) (*seal.Key, error)
}

// held is the Custody of whoever has the key already.
type held struct{ key *seal.Key }

func (h held) Make(context.Context) (*seal.Key, string, error) { return h.key, "", nil }

func (h held) Find(context.Context, string) (*seal.Key, error) { return h.key, nil }

// found is the Custody of whoever found a key by its note, which a new database keeps.
type found struct {
	key  *seal.Key
	note string
}

func (f found) Make(context.Context) (*seal.Key, string, error) { return f.key, f.note, nil }

func (f found) Find(context.Context, string) (*seal.Key, error) { return f.key, nil }

// master is the master key of an open database. Whoever holds it knows by the probe
// whether it still is.
type master struct {
	key   *seal.Key
	note  string // that helps to find it again, not secret
	probe string // something that the key sealed
	file  string // or another name of the database, for errors
}

// Purposes of rows in secret_keys that are no keys. Both have one row, whose id is the
// same at all who start, so that the database lets one of them win.
const (
	purposeProbe = "master key check"
	purposeNote  = "master key note" // not sealed
	onlyID       = "1"
)

// unlock finds the master key of a database, or makes it if there is none yet.
func unlock(ctx context.Context, db database, config Config, file string) (master, error) {
	m := master{file: file}
	note, err := m.read(ctx, db)
	if err != nil {
		return master{}, err
	}
	made := ""
	switch {
	case m.probe == "" && config.Shared:
		return master{}, fmt.Errorf("store: no server has been started on %s: do that first, or name another place", file)
	case m.probe == "":
		if m.key, made, err = config.Custody.Make(ctx); err != nil {
			return master{}, err
		}
		if err := m.keep(ctx, db, made); err != nil {
			return master{}, err
		}
		if note, err = m.read(ctx, db); err != nil {
			return master{}, err
		}
	}
	if m.key == nil || made != note {
		if m.key, err = config.Custody.Find(ctx, note); err != nil {
			return master{}, err
		}
	}
	if _, err := m.codec().open(m.probe, keyKind(purposeProbe), onlyID); err != nil {
		return master{}, &MasterKeyError{Path: file}
	}
	m.note = note
	return m, nil
}

func (m master) codec() codec { return codec{master: m} }

// read reads the probe, "" if there is none, and returns the note.
func (m *master) read(ctx context.Context, db database) (note string, err error) {
	m.probe = ""
	err = db.snapshot(ctx, func(c conn) error {
		for purpose, text := range map[string]*string{purposeProbe: &m.probe, purposeNote: &note} {
			err := c.query(`SELECT secret FROM secret_keys WHERE purpose = $1 AND id = $2`, func(r row) error { return r.scan(text) }, purpose, onlyID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return note, err
}

// keep makes the key that of the database, unless another has become it.
func (m *master) keep(ctx context.Context, db database, note string) error {
	err := db.write(ctx, write{do: func(c conn) error {
		has, err := hasKeys(c, purposeProbe)
		if err != nil || has {
			return err
		}
		return m.insert(c, note)
	}})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// insert writes a probe and the note.
func (m *master) insert(c conn, note string) error {
	now := time.Now().UnixMilli()
	const sql = `INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`
	probe := m.codec().seal([]byte(rand.Text()), keyKind(purposeProbe), onlyID)
	if _, err := c.exec(sql, purposeProbe, onlyID, now, probe); err != nil || note == "" {
		return err
	}
	_, err := c.exec(sql, purposeNote, onlyID, now, note)
	return err
}

// Check reports whether the database answers and still has the master key with which the
// store was opened: the error is a *MasterKeyError if it has not.
func (s *Store) Check(ctx context.Context) error {
	now := master{}
	_, err := now.read(ctx, s.db)
	if err == nil && now.probe != s.master.probe {
		err = &MasterKeyError{Path: s.master.file}
	}
	return err
}

// guard begins a transaction that changes what is sealed: it ends with an error if the
// database has another master key by now. It writes, though it changes nothing, so that
// such transactions come one after the other and see what those before them did.
func (m master) guard(c conn) error {
	still, err := c.exec(`UPDATE secret_keys SET created = created WHERE purpose = $1 AND id = $2 AND secret = $3`, purposeProbe, onlyID, m.probe)
	if err == nil && still == 0 {
		err = &MasterKeyError{Path: m.file}
	}
	return err
}
