package store

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenotehq/cenote/iam"
)

const (
	// flushEvery is how long a use stays in memory alone, at most.
	flushEvery = 5 * time.Second

	// maxFresh bounds the uses in memory. The quotas of users and roles allow fewer ids,
	// but ids come and go.
	maxFresh = 20_000

	// flushBatch bounds how long one write of uses keeps others from theirs.
	flushBatch = 500
)

// Uses is an iam.Uses. Uses gather in memory, and are written down together every few
// seconds and when the store closes, so that no request waits for them. A crash loses
// those that were not written; a write that fails is tried again.
type Uses struct {
	db     database
	report func(error) // of Config.ReportUses

	mu    sync.Mutex
	fresh map[string]iam.Use // not on disk yet

	stopping sync.Once
	stopped  chan struct{}
	done     chan struct{} // closed when nothing is written any more; nil before start
}

func newUses(db database, report func(error)) *Uses {
	if report == nil {
		report = func(error) {}
	}
	return &Uses{db: db, report: report, fresh: map[string]iam.Use{}, stopped: make(chan struct{})}
}

// Record notes a use in memory, unless a later one is known or there is no room.
func (u *Uses) Record(id string, use iam.Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	known, ok := u.fresh[id]
	if !ok && len(u.fresh) >= maxFresh || ok && use.At.Before(known.At) {
		return
	}
	u.fresh[id] = use
}

// Last returns the last use of id, in memory or on disk, or fs.ErrNotExist.
func (u *Uses) Last(ctx context.Context, id string) (iam.Use, error) {
	// Memory first: what is not there any more by then is on disk.
	u.mu.Lock()
	last, found := u.fresh[id]
	u.mu.Unlock()
	err := u.db.read(ctx, func(c conn) error {
		return c.query(`SELECT at, service, region FROM last_used WHERE id = $1`, func(r row) error {
			var at int64
			var kept iam.Use
			if err := r.scan(&at, &kept.Service, &kept.Region); err != nil {
				return err
			}
			if kept.At = moment(at); !found || kept.At.After(last.At) {
				last = kept
			}
			found = true
			return nil
		}, id)
	})
	if err == nil && !found {
		err = fmt.Errorf("store: use of %q: %w", id, fs.ErrNotExist)
	}
	if err != nil {
		return iam.Use{}, err
	}
	return last, nil
}

// start writes down what gathers, until stop.
func (u *Uses) start() {
	u.done = make(chan struct{})
	go func() {
		defer close(u.done)
		ticks := time.NewTicker(flushEvery)
		defer ticks.Stop()
		for failing := false; ; {
			select {
			case <-ticks.C:
				err := u.flush(context.Background()) // what could not be written is still there at the next tick
				if (err != nil) != failing {
					failing = err != nil
					u.report(err)
				}
			case <-u.stopped:
				return
			}
		}
	}()
}

// stop writes down what is left. Only its first call does.
func (u *Uses) stop() (err error) {
	u.stopping.Do(func() {
		close(u.stopped)
		<-u.done
		err = u.flush(context.Background())
	})
	return err
}

// flush writes down what there is now.
func (u *Uses) flush(ctx context.Context) error {
	all := u.copy()
	// In one order, or two servers that write the same could wait for each other.
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(all)), flushBatch) {
		written := map[string]iam.Use{}
		var statements []statement
		for _, id := range ids {
			written[id] = all[id]
			statements = append(statements, keep(id, all[id]))
		}
		if err := u.db.write(ctx, write{statements: statements, committed: func() { u.forget(written) }}); err != nil {
			return fmt.Errorf("writing down the last uses of keys and roles: %w", err)
		}
	}
	return nil
}

// keep writes a use unless a later one is there, of another server perhaps, or the key
// or role is gone.
func keep(id string, use iam.Use) statement {
	return statement{`INSERT INTO last_used (id, at, service, region)
		SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT)
		WHERE EXISTS (SELECT 1 FROM entity_aliases WHERE kind IN ('user', 'role') AND alias = $1)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at, service = excluded.service, region = excluded.region
		WHERE excluded.at > last_used.at`, []any{id, use.At.UnixMilli(), use.Service, use.Region}}
}

// dropUses forgets those of the ids that there are no more.
func dropUses(c conn, before, after []string) error {
	for _, id := range before {
		if slices.Contains(after, id) {
			continue
		}
		if _, err := c.exec(`DELETE FROM last_used WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

func (u *Uses) copy() map[string]iam.Use {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.fresh)
}

// forget drops from memory what is on disk, and keeps what came since.
func (u *Uses) forget(written map[string]iam.Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, use := range written {
		if u.fresh[id] == use {
			delete(u.fresh, id)
		}
	}
}
