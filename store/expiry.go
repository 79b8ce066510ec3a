package store

import (
	"context"
	"fmt"
	"io/fs"
	"time"
)

// UseIdentity notes when a guest was here; fs.ErrNotExist if there is none.
func (s *Store) UseIdentity(ctx context.Context, id string, at time.Time) error {
	return s.db.write(ctx, write{
		do: func(c conn) error {
			changed, err := c.exec(`UPDATE identities SET used = $1 WHERE id = $2`, at.UnixMilli(), id)
			if err == nil && changed == 0 {
				return fmt.Errorf("store: identity %s: %w", id, fs.ErrNotExist)
			}
			return err
		},
		committed: func() { s.identities.drop(id) },
	})
}

// ExpireGuests looks at no more than limit identities whose ids sort after the given one,
// and removes the guests among them that were made and used before a moment, in one
// transaction. It returns how many there were, and the last id that it looked at, which is
// empty at the end.
func (s *Store) ExpireGuests(ctx context.Context, after string, before time.Time, limit int) (last string, removed int, err error) {
	var candidates []string
	seen := 0
	err = s.db.read(ctx, func(c conn) error {
		candidates, seen = nil, 0
		return c.query(`SELECT id, authenticated, created, COALESCE(used, 0) FROM identities WHERE id > $1 ORDER BY id LIMIT $2`,
			func(r row) error {
				var authenticated, created, used int64
				if err := r.scan(&last, &authenticated, &created, &used); err != nil {
					return err
				}
				seen++
				if authenticated == 0 && max(created, used) < before.UnixMilli() {
					candidates = append(candidates, last)
				}
				return nil
			}, after, limit)
	})
	if err != nil {
		return "", 0, err
	}
	if seen < limit {
		last = ""
	}
	if len(candidates) == 0 {
		return last, 0, nil
	}
	err = s.db.write(ctx, write{
		do: func(c conn) error {
			removed = 0
			for _, id := range candidates {
				// Again, since it may have come, or signed in, meanwhile.
				n, err := c.exec(`DELETE FROM identities
					WHERE id = $1 AND authenticated = 0 AND created < $2 AND COALESCE(used, 0) < $2`, id, before.UnixMilli())
				if err != nil {
					return err
				}
				removed += int(n)
			}
			return nil
		},
		committed: func() { s.identities.drop(candidates...) },
	})
	if err != nil {
		return "", 0, err
	}
	return last, removed, nil
}
