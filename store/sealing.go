package store

import (
	"context"
	"fmt"
)

// sealLegacy seals what an earlier build kept in the clear, if there is anything, and
// leaves no trace of it in the file. A shared file has to be sealed.
func (s *Store) sealLegacy(ctx context.Context, file string, shared bool) error {
	if shared {
		plain, err := s.pools.plain(ctx)
		if err == nil && len(plain) > 0 {
			err = fmt.Errorf("store: an older program wrote %s: start the server with this program once, which brings the file up to date", file)
		}
		return err
	}
	sealed, err := s.pools.sealDocuments(ctx)
	if err != nil || !sealed {
		return err
	}
	return compact(file)
}

// plain are the documents that are not sealed. A sealed one never begins as JSON does.
func (t *Table[T]) plain(ctx context.Context) ([]entityRow, error) {
	return t.rows(ctx, `SELECT name, doc FROM entities WHERE kind = $1 AND doc LIKE '{%'`, t.kind.name)
}

// sealDocuments reports whether it had to seal any.
func (t *Table[T]) sealDocuments(ctx context.Context) (bool, error) {
	plain, err := t.plain(ctx)
	if err != nil || len(plain) == 0 {
		return false, err
	}
	return true, t.db.write(ctx, write{do: func(c conn) error {
		for _, r := range plain {
			sealed := t.codec.seal([]byte(r.doc), t.kind.name, r.key)
			if _, err := c.exec(`UPDATE entities SET doc = $1 WHERE kind = $2 AND name = $3`, sealed, t.kind.name, r.key); err != nil {
				return err
			}
		}
		return nil
	}})
}
