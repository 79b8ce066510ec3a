package store

import "context"

// sealLegacy seals what an earlier build kept in the clear, if there is anything, and
// leaves no trace of it in the file.
func (s *Store) sealLegacy(ctx context.Context, file string) error {
	sealed, err := s.pools.sealDocuments(ctx)
	if err != nil || !sealed {
		return err
	}
	return compact(file)
}

// sealDocuments reports whether it had to seal any. A sealed document never begins as
// JSON does.
func (t *Table[T]) sealDocuments(ctx context.Context) (bool, error) {
	plain, err := t.rows(ctx, `SELECT name, doc FROM entities WHERE kind = $1 AND doc LIKE '{%'`, t.kind.name)
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
