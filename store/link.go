package store

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/cenotehq/cenote/cognito"
)

// parties are whom a decision about logins is shown.
type parties struct {
	self   *cognito.Identity
	owners []cognito.Identity
}

// LinkLogins shows decide the identity called self (nil where self is empty) and
// the distinct owners of logins in the order of logins, and carries out what it
// returns, all in one transaction; where that changes nothing, nothing is
// written. It returns the identity that decide kept or created. An error of
// decide changes nothing and is returned as it is.
//
// A missing self is fs.ErrNotExist, as are identities to keep or merge that are
// not of pool; an id or a login to add that is taken is fs.ErrExist. decide may
// run more than once, on another goroutine, and may still run after LinkLogins
// returned an error of ctx.
func (s *Store) LinkLogins(ctx context.Context, pool, self string, logins []cognito.Login,
	decide func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error),
) (cognito.Identity, error) {
	logins = slices.Clone(logins)
	seen, err := s.parties(ctx, pool, self, logins)
	if err != nil {
		return cognito.Identity{}, err
	}
	link, err := decide(seen.self, seen.owners)
	if err != nil {
		return cognito.Identity{}, err
	}
	if kept, ok := seen.settled(link); ok {
		return kept, nil
	}
	return s.link(ctx, pool, self, logins, decide)
}

// settled returns the identity to keep if link asks for nothing that is not so
// already: the usual case, since clients present the same logins again and again.
func (p parties) settled(link cognito.Link) (cognito.Identity, bool) {
	if link.Create != nil || link.Disable || len(link.Add)+len(link.Merge)+len(link.Remove) > 0 {
		return cognito.Identity{}, false
	}
	kept := p.self
	if kept == nil || kept.ID != link.Keep {
		i := slices.IndexFunc(p.owners, func(owner cognito.Identity) bool { return owner.ID == link.Keep })
		if i < 0 {
			return cognito.Identity{}, false
		}
		kept = &p.owners[i]
	}
	return *kept, kept.Authenticated || len(kept.Logins) == 0
}

func (s *Store) link(ctx context.Context, pool, self string, logins []cognito.Login,
	decide func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error),
) (cognito.Identity, error) {
	var result cognito.Identity
	var touched []string
	err := s.db.write(ctx, write{
		do: func(c conn) error {
			seen, err := loadParties(c, pool, self, logins)
			if err != nil {
				return err
			}
			link, err := decide(seen.self, seen.owners)
			if err != nil {
				return err
			}
			var settled bool
			if result, settled = seen.settled(link); settled { // by one who was quicker
				touched = nil
				return nil
			}
			result, err = carryOut(c, pool, link, s.now())
			touched = append(slices.Clone(link.Merge), result.ID)
			return err
		},
		committed: func() {
			if len(touched) > 0 {
				s.identities.drop(touched...)
				s.identities.replace(result)
			}
		},
	})
	if err != nil {
		return cognito.Identity{}, err
	}
	return unshared(result), nil
}

// parties reads whom decide is to see from the cache, or else in one snapshot.
func (s *Store) parties(ctx context.Context, pool, self string, logins []cognito.Login) (parties, error) {
	seen, since, ok := s.identities.parties(pool, self, logins)
	if ok {
		return seen, nil
	}
	err := s.db.snapshot(ctx, func(c conn) error {
		var err error
		seen, err = loadParties(c, pool, self, logins)
		return err
	})
	if err != nil {
		return parties{}, err
	}
	if seen.self != nil {
		s.identities.put(since, *seen.self)
	}
	for _, owner := range seen.owners {
		s.identities.put(since, owner)
	}
	return seen, nil
}

func loadParties(c conn, pool, self string, logins []cognito.Login) (parties, error) {
	var seen parties
	if self != "" {
		var err error
		if seen.self, err = loadIdentity(c, self); err != nil {
			return parties{}, err
		}
	}
	var ids []string
	for _, login := range logins {
		id, err := ownerOf(c, pool, login)
		if err != nil {
			return parties{}, err
		}
		if id == "" || slices.Contains(ids, id) {
			continue
		}
		owner, err := loadIdentity(c, id)
		if err != nil {
			return parties{}, err
		}
		ids = append(ids, id)
		seen.owners = append(seen.owners, *owner)
	}
	return seen, nil
}

// ownerOf returns the id of the identity that owns login, or nothing.
func ownerOf(c conn, pool string, login cognito.Login) (string, error) {
	var id string
	err := c.query(`SELECT identity FROM logins WHERE pool = $1 AND provider = $2 AND subject = $3`,
		func(r row) error { return r.scan(&id) }, pool, login.Provider, login.Subject)
	return id, err
}

func carryOut(c conn, pool string, link cognito.Link, now time.Time) (cognito.Identity, error) {
	id, err := claim(c, pool, link, now)
	if err != nil {
		return cognito.Identity{}, err
	}
	for _, login := range slices.SortedFunc(slices.Values(link.Add), compareLogins) {
		if err := addLogin(c, pool, login, id); err != nil {
			return cognito.Identity{}, err
		}
	}
	for _, from := range link.Merge {
		if _, err := c.exec(`UPDATE logins SET identity = $1 WHERE identity = $2`, id, from); err != nil {
			return cognito.Identity{}, err
		}
	}
	if err := unlink(c, pool, id, link); err != nil {
		return cognito.Identity{}, err
	}
	if _, err := c.exec(`UPDATE identities SET authenticated = 1
		WHERE id = $1 AND authenticated = 0 AND EXISTS (SELECT 1 FROM logins WHERE identity = $1)`, id); err != nil {
		return cognito.Identity{}, err
	}
	kept, err := loadIdentity(c, id)
	if err != nil {
		return cognito.Identity{}, err
	}
	return *kept, nil
}

// addLogin makes an identity the owner of a login; fs.ErrExist if it has one. An owner that
// came after the snapshot of the transaction is a conflict instead, which is tried again as
// long as it takes: with ON CONFLICT, the database tells the two apart.
func addLogin(c conn, pool string, login cognito.Login, id string) error {
	added, err := c.exec(`INSERT INTO logins (pool, provider, subject, identity) VALUES ($1, $2, $3, $4)
		ON CONFLICT (pool, provider, subject) DO NOTHING`, pool, login.Provider, login.Subject, id)
	if err == nil && added == 0 {
		err = fmt.Errorf("store: login of %s in pool %s: %w", login.Provider, pool, fs.ErrExist)
	}
	return err
}

// claim makes the identity that is to own the logins, or marks it modified, and disables
// those whose logins it gets; it returns its id. This comes before all else and in the order
// of the ids, as logins then come in theirs: of transactions that claim the same, one waits
// for the other, where they would wait for each other until the server ended one.
func claim(c conn, pool string, link cognito.Link, now time.Time) (string, error) {
	keep := link.Keep
	ids := slices.Clone(link.Merge)
	switch {
	case link.Create != nil && link.Keep != "":
		return "", fmt.Errorf("store: link both creates and keeps an identity")
	case link.Create == nil:
		ids = append(ids, keep)
	case link.Create.Pool != pool:
		return "", fmt.Errorf("store: link creates an identity of pool %s in pool %s", link.Create.Pool, pool)
	default:
		keep = link.Create.ID
		insert := insertIdentity(*link.Create)
		if _, err := c.exec(insert.sql, insert.args...); err != nil {
			return "", err
		}
	}
	if slices.Contains(link.Merge, keep) {
		return "", fmt.Errorf("store: link merges identity %s into itself", keep)
	}
	slices.Sort(ids)
	for _, id := range ids {
		changed, err := c.exec(`UPDATE identities SET modified = $1, disabled = CASE WHEN id = $4 THEN disabled ELSE 1 END
			WHERE id = $2 AND pool = $3`, now.UnixMilli(), id, pool, keep)
		if err := oneOf(pool, id, changed, err); err != nil {
			return "", err
		}
	}
	return keep, nil
}

// unlink takes logins off an identity, and disables it if that is asked for.
func unlink(c conn, pool, id string, link cognito.Link) error {
	for _, login := range link.Remove {
		if _, err := c.exec(`DELETE FROM logins WHERE pool = $1 AND provider = $2 AND subject = $3 AND identity = $4`,
			pool, login.Provider, login.Subject, id); err != nil {
			return err
		}
	}
	if !link.Disable {
		return nil
	}
	_, err := c.exec(`UPDATE identities SET disabled = 1 WHERE id = $1`, id)
	return err
}

func oneOf(pool, id string, changed int64, err error) error {
	if err == nil && changed == 0 {
		return fmt.Errorf("store: identity %s in pool %s: %w", id, pool, fs.ErrNotExist)
	}
	return err
}
