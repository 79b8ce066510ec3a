package store

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"
	"unique"

	"github.com/cenotehq/cenote/cognito"
)

// Identity returns the identity called id, its logins sorted by provider and
// subject; fs.ErrNotExist if there is none.
func (s *Store) Identity(ctx context.Context, id string) (cognito.Identity, error) {
	identity, since, ok := s.identities.get(id)
	if ok {
		return identity, nil
	}
	var found *cognito.Identity
	err := s.db.read(ctx, func(c conn) error {
		var err error
		found, err = loadIdentity(c, id)
		return err
	})
	if err != nil {
		return cognito.Identity{}, err
	}
	s.identities.put(since, *found)
	return *found, nil
}

// CreateIdentity adds an identity without logins; a taken id is fs.ErrExist.
func (s *Store) CreateIdentity(ctx context.Context, identity cognito.Identity) error {
	if len(identity.Logins) > 0 {
		return fmt.Errorf("store: identity %s created with logins: LinkLogins adds them", identity.ID)
	}
	identity = asKept(identity)
	return s.db.write(ctx, write{
		statements: []statement{insertIdentity(identity)},
		committed:  func() { s.identities.add(identity) },
	})
}

// DeleteIdentity removes an identity with its logins; fs.ErrNotExist if there is none.
func (s *Store) DeleteIdentity(ctx context.Context, id string) error {
	return s.db.write(ctx, write{
		do: func(c conn) error {
			if _, err := c.exec(`DELETE FROM logins WHERE identity = $1`, id); err != nil {
				return err
			}
			changed, err := c.exec(`DELETE FROM identities WHERE id = $1`, id)
			if err == nil && changed == 0 {
				return fmt.Errorf("store: identity %s: %w", id, fs.ErrNotExist)
			}
			return err
		},
		committed: func() { s.identities.drop(id) },
	})
}

// ListIdentities returns at most limit identities of a pool whose ids sort after the
// given one, in the order of their ids, without the disabled ones if hideDisabled is set.
func (s *Store) ListIdentities(ctx context.Context, pool, after string, hideDisabled bool, limit int) ([]cognito.Identity, error) {
	var list []cognito.Identity
	err := s.db.snapshot(ctx, func(c conn) error {
		list = nil
		ids, err := idsAfter(c, pool, after, hideDisabled, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			identity, err := loadIdentity(c, id)
			if err != nil {
				return err
			}
			list = append(list, *identity)
		}
		return nil
	})
	return list, err
}

func idsAfter(c conn, pool, after string, hideDisabled bool, limit int) (ids []string, err error) {
	err = c.query(`SELECT id FROM identities WHERE pool = $1 AND id > $2 AND disabled <= $3 ORDER BY id LIMIT $4`,
		func(r row) error {
			var id string
			err := r.scan(&id)
			ids = append(ids, id)
			return err
		}, pool, after, truth(!hideDisabled), limit)
	return ids, err
}

// HasLogins reports whether any identity of a pool has a login of a provider.
func (s *Store) HasLogins(ctx context.Context, pool, provider string) (has bool, err error) {
	err = s.db.read(ctx, func(c conn) error {
		return c.query(`SELECT subject FROM logins WHERE pool = $1 AND provider = $2 LIMIT 1`,
			func(row) error { has = true; return nil }, pool, provider)
	})
	return has, err
}

// PoolAfter returns the first pool, in the order of their ids, that has identities and
// whose id sorts after the given one; fs.ErrNotExist if there is none.
func (s *Store) PoolAfter(ctx context.Context, pool string) (string, error) {
	next := ""
	err := s.db.read(ctx, func(c conn) error {
		return c.query(`SELECT pool FROM identities WHERE pool > $1 ORDER BY pool LIMIT 1`,
			func(r row) error { return r.scan(&next) }, pool)
	})
	if err == nil && next == "" {
		err = fmt.Errorf("store: a pool after %q: %w", pool, fs.ErrNotExist)
	}
	return next, err
}

// DeleteIdentitiesOf removes at most limit identities of a pool with their
// logins, and reports how many there were.
func (s *Store) DeleteIdentitiesOf(ctx context.Context, pool string, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	var ids []string
	err := s.db.write(ctx, write{
		do: func(c conn) error {
			var err error
			if ids, err = identitiesOf(c, pool, limit); err != nil {
				return err
			}
			return deleteIdentities(c, pool, ids)
		},
		committed: func() { s.identities.drop(ids...) },
	})
	if err != nil {
		return 0, err
	}
	return len(ids), nil
}

func identitiesOf(c conn, pool string, limit int) ([]string, error) {
	var ids []string
	err := c.query(`SELECT id FROM identities WHERE pool = $1 ORDER BY id LIMIT $2`, func(r row) error {
		var id string
		err := r.scan(&id)
		ids = append(ids, id)
		return err
	}, pool, limit)
	return ids, err
}

// deleteIdentities removes the first identities of a pool, sorted, with few trips to a
// server that is far.
func deleteIdentities(c conn, pool string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	last := ids[len(ids)-1]
	if _, err := c.exec(`DELETE FROM logins WHERE identity IN (SELECT id FROM identities WHERE pool = $1 AND id <= $2)`, pool, last); err != nil {
		return err
	}
	_, err := c.exec(`DELETE FROM identities WHERE pool = $1 AND id <= $2`, pool, last)
	return err
}

func insertIdentity(i cognito.Identity) statement {
	return statement{
		`INSERT INTO identities (id, pool, authenticated, disabled, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		[]any{i.ID, i.Pool, truth(i.Authenticated), truth(i.Disabled), i.Created.UnixMilli(), i.Modified.UnixMilli()},
	}
}

// loadIdentity reads an identity with its logins in one query, so that the two
// belong together even outside a snapshot.
func loadIdentity(c conn, id string) (*cognito.Identity, error) {
	var found *cognito.Identity
	err := c.query(`SELECT i.pool, i.authenticated, i.disabled, i.created, i.modified, COALESCE(i.used, 0),
			COALESCE(l.provider, ''), COALESCE(l.subject, '')
		FROM identities i LEFT JOIN logins l ON l.identity = i.id WHERE i.id = $1`,
		func(r row) error {
			var pool string
			var login cognito.Login
			var authenticated, disabled, created, modified, used int64
			if err := r.scan(&pool, &authenticated, &disabled, &created, &modified, &used, &login.Provider, &login.Subject); err != nil {
				return err
			}
			if found == nil {
				found = &cognito.Identity{
					ID: id, Pool: pool, Authenticated: authenticated != 0, Disabled: disabled != 0,
					Created: moment(created), Modified: moment(modified), Used: momentOrNone(used),
				}
			}
			if login != (cognito.Login{}) {
				found.Logins = append(found.Logins, login)
			}
			return nil
		}, id)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("store: identity %s: %w", id, fs.ErrNotExist)
	}
	slices.SortFunc(found.Logins, compareLogins)
	*found = asKept(*found)
	return found, nil
}

func compareLogins(a, b cognito.Login) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Subject, b.Subject))
}

// asKept returns the identity as a later read would: times in milliseconds, and
// the pool's name, which very many share, in memory once.
func asKept(i cognito.Identity) cognito.Identity {
	i.Pool = unique.Make(i.Pool).Value()
	i.Created = moment(i.Created.UnixMilli())
	i.Modified = moment(i.Modified.UnixMilli())
	return i
}

func momentOrNone(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return moment(ms)
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
