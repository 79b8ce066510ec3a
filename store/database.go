package store

import "context"

// database is where rows are kept. All SQL of this package keeps to what SQLite
// and PostgreSQL share: TEXT and BIGINT, $N parameters, no names of an engine.
type database interface {
	// read runs do, which asks one query.
	read(ctx context.Context, do func(conn) error) error

	// snapshot runs do, whose queries all see one state of the database.
	snapshot(ctx context.Context, do func(conn) error) error

	// write carries out w in one transaction.
	write(ctx context.Context, w write) error

	stats() Stats

	// close waits for what is under way; afterwards all return ErrClosed.
	close() error
}

// write is a transaction. An error of do undoes it and is returned as it is. A
// transaction may be tried again, and goes on after its caller gave up waiting:
// do and committed must write only to variables that nobody reads before
// database.write returned nil.
type write struct {
	do func(conn) error

	// committed runs once after a successful commit, in the order of commits and
	// before the caller is told: the place to bring caches up to date. May be nil.
	committed func()
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
