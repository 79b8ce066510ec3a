package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/cenotehq/cenote/seal"
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
		keys = nil
		return c.query(`SELECT id, created, secret FROM secret_keys WHERE purpose = $1 ORDER BY created DESC, id`,
			func(r row) error {
				key, err := s.scanKey(purpose, r)
				keys = append(keys, key)
				return err
			}, purpose)
	})
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
	plain, err := codec{master: s.master}.open(secret, keyKind(purpose), id)
	if err != nil {
		return Key{}, fmt.Errorf("store: %s key %q is damaged: %w", purpose, id, err)
	}
	return Key{ID: id, Created: moment(created), Secret: plain}, nil
}

// AddKey adds a key, sealed under the master key; a taken id is fs.ErrExist. With
// ifNone it adds it only if its purpose has no key yet, so that of many starters
// one wins: all then use what Keys returns. It reports whether it added the key.
func (s *Store) AddKey(ctx context.Context, purpose string, k Key, ifNone bool) (bool, error) {
	sealed := codec{master: s.master}.seal(k.Secret, keyKind(purpose), k.ID)
	var added int64
	err := s.db.write(ctx, write{do: func(c conn) error {
		if ifNone {
			taken, err := hasKeys(c, purpose)
			if err != nil || taken {
				return err
			}
			if err := claimFirst(c, purpose, k); err != nil {
				return err
			}
		}
		var err error
		added, err = c.exec(`INSERT INTO secret_keys (purpose, id, created, secret) VALUES ($1, $2, $3, $4)`,
			purpose, k.ID, k.Created.UnixMilli(), sealed)
		return err
	}})
	if err != nil {
		return false, err
	}
	return added == 1, nil
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

// purposeProbe is the purpose of the row that tells the master key.
const purposeProbe = "master key check"

// checkMasterKey opens something that was sealed at the first Open, so that a
// wrong master key is found now and not at the first secret.
func (s *Store) checkMasterKey(ctx context.Context, file string, shared bool) error {
	if !shared {
		probe := Key{ID: "1", Created: s.now(), Secret: []byte(rand.Text())}
		if _, err := s.AddKey(ctx, purposeProbe, probe, true); err != nil {
			return err
		}
	}
	probes, err := s.Keys(ctx, purposeProbe)
	if err == nil && len(probes) == 0 {
		return fmt.Errorf("store: no server has been started on %s: do that first, or name another place", file)
	}
	if errors.Is(err, seal.ErrOpen) {
		return &MasterKeyError{Path: file}
	}
	return err
}
