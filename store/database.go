package store

import "context"

// database is where rows are kept. All SQL of this package keeps to what SQLite
// and PostgreSQL share, with YugabyteDB, CockroachDB and Aurora DSQL: TEXT and BIGINT,
// $N parameters, no names of an engine.
type database interface {
	// ordered reports whether writes are told of (write.committed) in the order in which
	// they were committed, and nobody else writes.
	ordered() bool

	// read runs do, which asks one query, and again where the connection broke meanwhile.
	read(ctx context.Context, do func(conn) error) error

	// snapshot runs do, whose queries all see one state of the database.
	snapshot(ctx context.Context, do func(conn) error) error

	// hold is a snapshot for as long as do takes. do runs once.
	hold(ctx context.Context, do func(conn) error) error

	// write carries out w in one transaction.
	write(ctx context.Context, w write) error

	// loosen lets a power cut undo the last writes, which makes many of them quicker; with
	// false, whatever was written is on disk after the next. Nobody writes meanwhile.
	loosen(loose bool) error

	stats() Stats

	// close waits for what is under way; afterwards all return ErrClosed.
	close() error
}

// write is a transaction: statements, whose results nobody needs to see, and then do,
// which may be nil; without it many writes can go to a far database at once. An error of
// do undoes it and is returned as it is. A transaction may be tried again, and goes on
// after its caller gave up waiting: do and committed must write only to variables that
// nobody reads before database.write returned nil.
type write struct {
	statements []statement
	do         func(conn) error

	// inTurn is for writes that all begin with a change of one row, and that alone touch
	// what they read: they come one after the other, whatever process they are of.
	inTurn bool

	// committed runs once after a successful commit and before the caller is told: the
	// place to bring caches up to date. May be nil.
	committed func()
}

type statement struct {
	sql  string
	args []any
}

func (w write) carryOut(c conn) error {
	for _, s := range w.statements {
		if _, err := c.exec(s.sql, s.args...); err != nil {
			return err
		}
	}
	if w.do == nil {
		return nil
	}
	return w.do(c)
}

// conn is a connection, within a transaction where there is one. It is used by
// one goroutine at a time and not kept.
type conn interface {
	// query shows each row to row, until that returns an error.
	query(sql string, row func(row) error, args ...any) error

	// exec returns how many rows it changed. A taken unique key is fs.ErrExist.
	exec(sql string, args ...any) (int64, error)
}

// row is a row of a result.
type row interface {
	// scan copies the columns into dest: pointers to string or int64.
	scan(dest ...any) error
}
