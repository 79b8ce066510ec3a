package store

import (
	"context"
	"errors"
	"fmt"
)

// Reseal seals all secrets anew under the key that custody makes, in one transaction.
// Afterwards the store can be closed and nothing else, and whoever has the database
// open besides can neither read nor write secrets any more.
func (s *Store) Reseal(ctx context.Context, custody Custody) error {
	key, note, err := custody.Make(ctx)
	if err != nil {
		return err
	}
	next := master{key: key, file: s.master.file}
	return s.db.write(ctx, write{inTurn: true, do: func(c conn) error {
		if err := s.master.guard(c); err != nil {
			return err
		}
		if _, err := next.codec().open(s.master.probe, keyKind(purposeProbe), onlyID); err == nil {
			return errors.New("store: the new master key is the old one: give another")
		}
		if _, err := c.exec(`DELETE FROM secret_keys WHERE purpose IN ($1, $2)`, purposeProbe, purposeNote); err != nil {
			return err
		}
		if err := s.reseal(c, next); err != nil {
			return err
		}
		return next.insert(c, note)
	}})
}

func (s *Store) reseal(c conn, next master) error {
	keys := sealedRows{
		selected: `SELECT purpose, id, secret FROM secret_keys WHERE purpose <> $1`,
		args:     []any{firstKey}, // not sealed
		update:   `UPDATE secret_keys SET secret = $1 WHERE purpose = $2 AND id = $3`,
		kind:     keyKind,
	}
	if err := keys.reseal(c, s.master.codec(), next.codec()); err != nil {
		return err
	}
	for _, name := range s.sealed {
		entities := sealedRows{
			selected: `SELECT kind, name, doc FROM entities WHERE kind = $1`,
			args:     []any{name},
			update:   `UPDATE entities SET doc = $1 WHERE kind = $2 AND name = $3`,
			kind:     func(kind string) string { return kind },
		}
		if err := entities.reseal(c, s.master.codec(), next.codec()); err != nil {
			return err
		}
	}
	return nil
}

// sealedRows are rows of a table with something sealed, and the two names of their
// place.
type sealedRows struct {
	selected string // both names, and what is sealed
	args     []any  // of selected
	update   string // sets what is sealed, by both names
	kind     func(string) string
}

func (rows sealedRows) reseal(c conn, old, next codec) error {
	type sealedRow struct{ group, name, text string }
	var all []sealedRow
	err := c.query(rows.selected, func(r row) error {
		var one sealedRow
		err := r.scan(&one.group, &one.name, &one.text)
		all = append(all, one)
		return err
	}, rows.args...)
	if err != nil {
		return err
	}
	for _, one := range all {
		plain, err := old.open(one.text, rows.kind(one.group), one.name)
		if err != nil {
			return fmt.Errorf("store: %s %q is damaged: %w", one.group, one.name, err)
		}
		if _, err := c.exec(rows.update, next.seal(plain, rows.kind(one.group), one.name), one.group, one.name); err != nil {
			return err
		}
	}
	return nil
}
