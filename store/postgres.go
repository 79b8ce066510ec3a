package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connectTimeout is how long one host may take to take a connection, unless the URL
	// says otherwise.
	connectTimeout = 2 * time.Second

	// maxConns is the most connections to the database, unless the URL says otherwise.
	maxConns = 16
)

// postgres is a database on a server that speaks PostgreSQL's protocol, and that other
// processes use as well. Transactions are of the isolation REPEATABLE READ, the strictest
// that all such servers have, but for those that are inTurn.
type postgres struct {
	pool *pgxpool.Pool
	name string // for errors, without secrets
	counters

	turn    chan struct{} // has room for the one write that is inTurn
	batches *queue
	done    chan struct{} // closed when the last batch is through

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // what close waits for
}

func openPostgres(ctx context.Context, url string, shared bool) (*postgres, error) {
	config, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	name := databaseName(config.ConnConfig)
	if err := migratePostgres(ctx, config.ConnConfig, name, shared); err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("store: database %s: %w", name, err)
	}
	db := &postgres{pool: pool, name: name, turn: make(chan struct{}, 1), batches: newQueue(), done: make(chan struct{})}
	go db.runBatches()
	return db, nil
}

// parseURL reads a URL as libpq has them, with several hosts, target_session_attrs and
// sslmode, and pgxpool's own pool_max_conns. Other parameters, such as statement_timeout,
// go to the server with each connection.
func parseURL(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("store: the database URL cannot be read: give postgres://USER@HOST:PORT/NAME: %w", err)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = maxConns
	}
	config.BeforeConnect = neverCancel
	if _, set := config.ConnConfig.RuntimeParams["application_name"]; !set {
		config.ConnConfig.RuntimeParams["application_name"] = "cenote"
	}
	return config, nil
}

// databaseName is where a database is, without secrets.
func databaseName(c *pgx.ConnConfig) string {
	hosts := []string{address(c.Host, c.Port)}
	for _, f := range c.Fallbacks {
		if a := address(f.Host, f.Port); a != hosts[len(hosts)-1] {
			hosts = append(hosts, a)
		}
	}
	return strings.Join(hosts, ",") + "/" + c.Database
}

func address(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

func (db *postgres) loosen(bool) error { return nil }

func (db *postgres) ordered() bool { return false }

// enter reports whether the database is open; the caller then has to leave.
func (db *postgres) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return ErrClosed
	}
	db.running.Add(1)
	return nil
}

func (db *postgres) read(ctx context.Context, do func(conn) error) error {
	return db.again(ctx, func(ctx context.Context) error {
		c, err := db.pool.Acquire(ctx)
		if err != nil {
			return &unsentError{err}
		}
		defer c.Release()
		return do(postgresConn{ctx, c.Conn()})
	})
}

func (db *postgres) snapshot(ctx context.Context, do func(conn) error) error {
	return db.again(ctx, func(ctx context.Context) error {
		return db.transaction(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, do)
	})
}

func (db *postgres) hold(ctx context.Context, do func(conn) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.running.Done()
	return db.transaction(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, do)
}

// transaction runs do in a transaction and commits it.
func (db *postgres) transaction(ctx context.Context, options pgx.TxOptions, do func(conn) error) error {
	tx, err := db.pool.BeginTx(ctx, options)
	if err != nil {
		return &unsentError{err}
	}
	// In the case of a panic, too. After the commit it does nothing. With its own time to
	// the end, since a server that hangs must not keep anybody.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	if err := do(postgresConn{ctx, tx.Conn()}); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return &commitError{rowOf(err)}
	}
	return nil
}

// write carries out a write with nothing to see together with others, and any other on
// a connection of its own: the server lets concurrent commits share one trip to the disk.
func (db *postgres) write(ctx context.Context, w write) error {
	if w.do == nil {
		return db.batches.write(ctx, w)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := db.enter(); err != nil {
		return err
	}
	result := make(chan outcome, 1)
	go func() {
		defer db.running.Done()
		result <- db.alone(context.WithoutCancel(ctx), w)
	}()
	select {
	case o := <-result:
		return o.result()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone carries out one write in a transaction of its own.
func (db *postgres) alone(ctx context.Context, w write) (o outcome) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	if w.inTurn {
		// The server's own isolation: where that is READ COMMITTED, a transaction that
		// waited for the row goes on with what the one before it left, and would
		// otherwise have to begin again, for ever beside a busy neighbour.
		options = pgx.TxOptions{}
		select {
		case db.turn <- struct{}{}:
			defer func() { <-db.turn }()
		case <-time.After(patience):
			return outcome{err: errTurn}
		}
	}
	o.err = retry(ctx, patience, mendsWrite, func(ctx context.Context) error {
		return db.transaction(ctx, options, func(c conn) error {
			done := attempt(w.carryOut, c)
			if o.panicked = done.panicked; o.panicked != nil {
				return errPanicked
			}
			return done.err
		})
	})
	if !o.ok() {
		db.wrote(1, 0)
		return o
	}
	db.wrote(1, 1)
	if w.committed != nil {
		w.committed()
	}
	return o
}

var (
	errPanicked = errors.New("store: the write panicked")
	errTurn     = errors.New("store: the writes before this one take too long")
)

func (db *postgres) close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return ErrClosed
	}
	db.closed = true
	db.mu.Unlock()
	db.batches.close()
	<-db.done
	db.running.Wait()
	db.pool.Close()
	return nil
}

// again is retry for what only reads, as long as the database is open.
func (db *postgres) again(ctx context.Context, do func(context.Context) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.running.Done()
	return retry(ctx, patience, mendsRead, do)
}
