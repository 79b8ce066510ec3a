package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"github.com/ncruces/go-sqlite3"
)

// sqlite is a database in one file: one connection that writes, and as many that
// read as there are cores.
type sqlite struct {
	committer *committer
	readers   chan *sqliteConn
	closing   chan struct{}
	once      sync.Once
	shared    bool // with another process, perhaps
}

func openSQLite(ctx context.Context, file string, shared bool) (*sqlite, error) {
	if err := provideFile(file, shared); err != nil {
		return nil, err
	}
	// The writer is opened before the migration: whoever closes last removes the
	// log, and would do so each time.
	writer, err := openWriter(file)
	if err != nil {
		return nil, openError(file, err)
	}
	db := &sqlite{
		readers: make(chan *sqliteConn, runtime.GOMAXPROCS(0)),
		closing: make(chan struct{}),
		shared:  shared,
	}
	err = migrateSQLite(ctx, file, shared)
	if err == nil {
		err = db.openReaders(file)
	}
	if err != nil {
		return nil, errors.Join(upgradeError(file, err), db.closeReaders(len(db.readers)), writer.close())
	}
	db.committer = startCommitter(writer)
	return db, nil
}

func upgradeError(file string, err error) error {
	if _, newer := errors.AsType[*NewerError](err); newer {
		return err
	}
	if _, older := errors.AsType[*OlderError](err); older {
		return err
	}
	return openError(file, err)
}

// Measured: cache_size beyond 4 MB gains nothing, mapping the file loses on a
// growing one, a longer log than 1000 pages costs latency, and a checkpoint apart
// from the commits never lets the log start over.
const tuning = `
PRAGMA busy_timeout=5000;
PRAGMA synchronous=FULL;
PRAGMA cache_size=-4096;
PRAGMA mmap_size=0;
PRAGMA trusted_schema=OFF;`

func openWriter(file string) (*sqliteConn, error) {
	c, err := openConn(file, tuning+`PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=1000; SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return nil, err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Chmod(file+suffix, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

// compact writes the file anew, since what was replaced stays in pages that are free.
func compact(file string) error {
	c, err := openConn(file, tuning+`VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`)
	if err != nil {
		return openError(file, err)
	}
	return c.close()
}

func (db *sqlite) openReaders(file string) error {
	for range cap(db.readers) {
		c, err := openConn(file, tuning+`PRAGMA query_only=ON`)
		if err != nil {
			return err
		}
		db.readers <- c
	}
	return nil
}

func (db *sqlite) read(ctx context.Context, do func(conn) error) error {
	c, err := db.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { db.readers <- c }()
	return c.interruptible(ctx, func() error { return do(c) })
}

func (db *sqlite) snapshot(ctx context.Context, do func(conn) error) error {
	c, err := db.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { db.readers <- c }()
	if _, err := c.exec(`BEGIN`); err != nil {
		return err
	}
	err = c.interruptible(ctx, func() error { return do(c) })
	_, end := c.exec(`ROLLBACK`)
	return errors.Join(err, end)
}

func (db *sqlite) hold(ctx context.Context, do func(conn) error) error { return db.snapshot(ctx, do) }

func (db *sqlite) reader(ctx context.Context) (*sqliteConn, error) {
	select {
	case <-db.closing:
		return nil, ErrClosed
	default:
	}
	select {
	case c := <-db.readers:
		return c, nil
	case <-db.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (db *sqlite) ordered() bool { return true }

func (db *sqlite) write(ctx context.Context, w write) error { return db.committer.write(ctx, w) }

func (db *sqlite) stats() Stats { return db.committer.stats() }

func (db *sqlite) close() error {
	err := ErrClosed
	db.once.Do(func() {
		close(db.closing)
		writer := db.committer.stop()
		err = db.closeReaders(cap(db.readers))
		if !db.shared {
			err = errors.Join(err, writer.checkpoint())
		}
		err = errors.Join(err, writer.close())
	})
	return err
}

// closeReaders waits for n connections to come back.
func (db *sqlite) closeReaders(n int) error {
	var errs []error
	for range n {
		errs = append(errs, (<-db.readers).close())
	}
	return errors.Join(errs...)
}

func (c *sqliteConn) checkpoint() error {
	if _, _, err := c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return fmt.Errorf("store: checkpoint: %w", err)
	}
	return nil
}
