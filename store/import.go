package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
)

// importBatch is how many rows are written in one transaction: some engines take no
// more than 3000.
const importBatch = 2000

// Imported is what Import brought in.
type Imported struct {
	Account string    `json:"account"`
	Created time.Time `json:"created"` // when it was exported
	Counts
}

// Import fills an empty place with what Export wrote, under the same master key. Until it
// is through, nothing but another Import opens the place, which begins anew. Errors, of
// which those of Open are some, say what to do; those of what is imported are
// *MasterKeyError and *ExportError, those of the place *NotEmptyError. account has to be that
// of the export, unless it is empty.
func Import(ctx context.Context, config Config, from io.Reader, account string) (result Imported, err error) {
	custody, err := config.custody()
	if err != nil {
		return Imported{}, err
	}
	r := newExportReader(from)
	h, key, err := r.header(ctx, custody)
	if err != nil {
		return Imported{}, err
	}
	if account != "" && account != h.Account {
		return Imported{}, r.errorf("it is of account %s, not %s: set that one, or none", h.Account, account)
	}
	config.importing, config.MasterKey, config.Custody = true, nil, found{key, h.Note}
	s, err := Open(ctx, config)
	if err != nil {
		return Imported{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	run := rand.Text()
	if err := s.beginImport(ctx, run); err != nil {
		return Imported{}, err
	}
	counts, err := s.loadLoosely(ctx, r)
	if err == nil {
		err = s.endImport(ctx, run, counts)
	}
	if err != nil {
		return Imported{}, fmt.Errorf("%w\n%w", err, &UnfinishedError{Path: s.master.file})
	}
	return Imported{Account: h.Account, Created: h.Created, Counts: counts}, nil
}

// purposeImport is the purpose of the row that is there while an import goes on.
const purposeImport = "unfinished import"

func checkWhole(ctx context.Context, db database, name string) error {
	return db.read(ctx, func(c conn) error {
		return c.query(`SELECT id FROM secret_keys WHERE purpose = $1`, func(row) error {
			return &UnfinishedError{Path: name}
		}, purposeImport)
	})
}

// beginImport marks the place as unfinished, in the name of this run, and empties it if
// another run has left something.
func (s *Store) beginImport(ctx context.Context, run string) error {
	again := false
	err := s.db.write(ctx, write{do: func(c conn) error {
		changed, err := c.exec(`UPDATE secret_keys SET secret = $1 WHERE purpose = $2`, run, purposeImport)
		if again = changed > 0; again || err != nil {
			return err
		}
		if err := s.checkEmpty(c); err != nil {
			return err
		}
		_, err = c.exec(`INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`, purposeImport, "1", s.now().UnixMilli(), run)
		return err
	}})
	if err != nil || !again {
		return err
	}
	return s.clear(ctx)
}

func (s *Store) checkEmpty(c conn) error {
	for _, sql := range []string{
		`SELECT name FROM entities LIMIT 1`,
		`SELECT id FROM identities LIMIT 1`,
		`SELECT subject FROM logins LIMIT 1`,
		`SELECT id FROM last_used LIMIT 1`,
		`SELECT id FROM saml_assertions LIMIT 1`,
	} {
		if err := c.query(sql, func(row) error { return &NotEmptyError{Path: s.master.file} }); err != nil {
			return err
		}
	}
	return c.query(`SELECT id FROM secret_keys WHERE purpose NOT IN ($1, $2, $3)`,
		func(row) error { return &NotEmptyError{Path: s.master.file} }, purposeProbe, purposeNote, firstKey)
}

// clear removes all but the master key's probe and the mark of the import.
func (s *Store) clear(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM logins WHERE (pool, provider, subject) IN (SELECT pool, provider, subject FROM logins LIMIT $1)`,
		`DELETE FROM identities WHERE id IN (SELECT id FROM identities LIMIT $1)`,
		`DELETE FROM entity_aliases WHERE (kind, alias) IN (SELECT kind, alias FROM entity_aliases LIMIT $1)`,
		`DELETE FROM entities WHERE (kind, name) IN (SELECT kind, name FROM entities LIMIT $1)`,
		`DELETE FROM last_used WHERE id IN (SELECT id FROM last_used LIMIT $1)`,
		`DELETE FROM saml_assertions WHERE id IN (SELECT id FROM saml_assertions LIMIT $1)`,
	} {
		for left := int64(1); left > 0; {
			err := s.db.write(ctx, write{do: func(c conn) (err error) {
				left, err = c.exec(sql, importBatch)
				return err
			}})
			if err != nil {
				return err
			}
		}
	}
	return s.db.write(ctx, write{do: func(c conn) error {
		_, err := c.exec(`DELETE FROM secret_keys WHERE purpose NOT IN ($1, $2, $3, $4)`, purposeProbe, purposeNote, firstKey, purposeImport)
		return err
	}})
}

// endImport takes the mark away if all that was counted is there, and no other import
// has begun since.
func (s *Store) endImport(ctx context.Context, run string, want Counts) error {
	have, err := s.counts(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("store: %+v are there, and not %+v: did another import or server work on %s meanwhile?", have, want, s.master.file)
	}
	return s.db.write(ctx, write{do: func(c conn) error {
		changed, err := c.exec(`DELETE FROM secret_keys WHERE purpose = $1 AND secret = $2`, purposeImport, run)
		if err == nil && changed == 0 {
			err = fmt.Errorf("store: another import into %s has begun", s.master.file)
		}
		return err
	}})
}

func (s *Store) counts(ctx context.Context) (n Counts, err error) {
	err = s.db.hold(ctx, func(c conn) error {
		for table, into := range map[string]*int64{
			"entities": &n.Entities, "identities": &n.Identities, "logins": &n.Logins, "last_used": &n.Uses, "saml_assertions": &n.Assertions,
		} {
			var err error
			if *into, err = count(c, table); err != nil {
				return err
			}
		}
		return c.query(`SELECT count(*) FROM secret_keys WHERE purpose NOT IN ($1, $2, $3, $4)`,
			func(r row) error { return r.scan(&n.Keys) }, purposeProbe, purposeNote, firstKey, purposeImport)
	})
	return n, err
}

// loadLoosely is load without waiting for the disk: nothing of it counts before endImport.
func (s *Store) loadLoosely(ctx context.Context, r *exportReader) (Counts, error) {
	if err := s.db.loosen(true); err != nil {
		return Counts{}, err
	}
	counts, err := s.load(ctx, r)
	if err == nil {
		err = s.db.loosen(false)
	}
	return counts, err
}

// load reads and writes at the same time, batch after batch.
func (s *Store) load(ctx context.Context, r *exportReader) (Counts, error) {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan batch, 2)
	l := s.loader()
	group.Go(func() error {
		defer close(batches)
		return l.read(ctx, r, batches)
	})
	group.Go(func() error {
		for b := range batches {
			if err := s.db.write(ctx, write{statements: b.statements}); err != nil {
				return fmt.Errorf("writing lines %d to %d of the export: %w", b.first, b.last, err)
			}
		}
		return nil
	})
	err := group.Wait()
	return l.counts, err
}
