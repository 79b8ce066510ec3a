package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Key is a secret of the server itself: it seals sessions or signs tokens.
type Key struct {
	ID      string    // unique among the keys of one purpose
	Created time.Time // in milliseconds
	Secret  []byte
}

// Keys returns the keys of a purpose, the newest first.
func (s *Store) Keys(ctx context.Context, purpose string) ([]Key, error) {
	var keys []Key
	err := s.db.read(ctx, func(c conn) error {
		var err error
		keys, err = s.keys(c, purpose)
		return err
	})
	return keys, err
}

func (s *Store) keys(c conn, purpose string) ([]Key, error) {
	var keys []Key
	err := c.query(`SELECT id, created, secret FROM secret_keys WHERE purpose = $1 ORDER BY created DESC, id`,
		func(r row) error {
			key, err := s.scanKey(purpose, r)
			keys = append(keys, key)
			return err
		}, purpose)
	if err != nil {
		return nil, err
	}
	return keys, nil
}

func (s *Store) scanKey(purpose string, r row) (Key, error) {
	var id, secret string
	var created int64
	if err := r.scan(&id, &created, &secret); err != nil {
		return Key{}, err
	}
	plain, err := s.master.codec().open(secret, keyKind(purpose), id)
	if err != nil {
		return Key{}, fmt.Errorf("store: %s key %q is damaged: %w", purpose, id, err)
	}
	return Key{ID: id, Created: moment(created), Secret: plain}, nil
}

// AddKey adds a key, sealed under the master key; a taken id is fs.ErrExist. With
// ifNone it adds it only if its purpose has no key yet, so that of many starters
// one wins: all then use what Keys returns. It reports whether it added the key.
func (s *Store) AddKey(ctx context.Context, purpose string, k Key, ifNone bool) (bool, error) {
	added := false
	err := s.db.write(ctx, write{inTurn: true, do: func(c conn) error {
		added = false
		if err := s.master.guard(c); err != nil {
			return err
		}
		if ifNone {
			taken, err := hasKeys(c, purpose)
			if err != nil || taken {
				return err
			}
			if err := claimFirst(c, purpose, k); err != nil {
				return err
			}
		}
		added = true
		return s.insertKey(c, purpose, k)
	}})
	return added && err == nil, err
}

func (s *Store) insertKey(c conn, purpose string, k Key) error {
	_, err := c.exec(`INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`,
		purpose, k.ID, k.Created.UnixMilli(), s.master.codec().seal(k.Secret, keyKind(purpose), k.ID))
	return err
}

// ChangeKeys replaces the keys of a purpose by those that change makes of them, the
// newest first. Of keys with the same id the old one stays. An error of change leaves
// all as it was and is returned as it is; change runs under the terms of Table.Update's.
func (s *Store) ChangeKeys(ctx context.Context, purpose string, change func([]Key) ([]Key, error)) error {
	return s.db.write(ctx, write{inTurn: true, do: func(c conn) error {
		if err := s.master.guard(c); err != nil {
			return err
		}
		old, err := s.keys(c, purpose)
		if err != nil {
			return err
		}
		next, err := change(slices.Clone(old))
		if err != nil {
			return err
		}
		for _, k := range without(old, next) {
			if _, err := c.exec(`DELETE FROM secret_keys WHERE purpose = $1 AND id = $2`, purpose, k.ID); err != nil {
				return err
			}
		}
		for _, k := range without(next, old) {
			if err := s.insertKey(c, purpose, k); err != nil {
				return err
			}
		}
		return nil
	}})
}

// without returns the keys whose ids others do not have.
func without(keys, others []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool {
		return slices.ContainsFunc(others, func(o Key) bool { return o.ID == k.ID })
	})
}

func hasKeys(c conn, purpose string) (bool, error) {
	has := false
	err := c.query(`SELECT id FROM secret_keys WHERE purpose = $1 LIMIT 1`, func(row) error {
		has = true
		return nil
	}, purpose)
	return has, err
}

// firstKey is the purpose of rows that say which key was the first of a purpose.
const firstKey = "first"

// claimFirst takes what only one of many starters gets: where two see no key and both
// add one, this is what the database refuses to the later.
func claimFirst(c conn, purpose string, k Key) error {
	_, err := c.exec(`INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`,
		firstKey, purpose, k.Created.UnixMilli(), k.ID)
	return err
}

func keyKind(purpose string) string { return "key " + purpose }
