package store

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// LimitPages makes the disk of s seem full at this many pages; the file's size
// counts where it is more.
func LimitPages(s *Store, pages int) error {
	return s.db.write(context.Background(), write{do: func(c conn) error {
		return c.query(fmt.Sprintf(`PRAGMA max_page_count=%d`, pages), func(row) error { return nil })
	}})
}

// CachedIdentities is how many identities s holds in memory.
func CachedIdentities(s *Store) int {
	return len(s.identities.byID.young) + len(s.identities.byID.old)
}

// FreshUses is how many uses s holds that are not on disk.
func FreshUses(s *Store) int { return len(s.uses.copy()) }

// FlushUses writes them down.
func FlushUses(ctx context.Context, s *Store) error { return s.uses.flush(ctx) }

// ReadExport is an import into s that writes nothing.
func ReadExport(ctx context.Context, s *Store, from io.Reader) error {
	r := newExportReader(from)
	l := s.loader()
	if _, _, err := r.header(ctx, held{s.master.key}); err != nil {
		return err
	}
	out := make(chan batch)
	done := make(chan error, 1)
	go func() {
		defer close(out)
		done <- l.read(ctx, r, out)
	}()
	for range out {
	}
	return <-done
}

// AfterNextRead runs after once, when the next reader of s has its rows, but has
// not yet come back with them.
func AfterNextRead(s *Store, after func()) {
	late := &lateReads{database: s.db, after: after}
	s.db, s.roles.db = late, late
}

type lateReads struct {
	database
	once  sync.Once
	after func()
}

func (d *lateReads) read(ctx context.Context, do func(conn) error) error {
	err := d.database.read(ctx, do)
	first := false
	d.once.Do(func() { first = true }) // after may read in its turn
	if first {
		d.after()
	}
	return err
}
