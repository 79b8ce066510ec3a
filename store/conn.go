package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// sqliteConn is a connection that keeps every statement it ever prepared.
type sqliteConn struct {
	db    *sqlite3.Conn
	stmts map[string]*sqliteStmt
}

// sqliteStmt knows which argument each of its parameters takes: to SQLite, $2 is
// a name like any other and says nothing about the order.
type sqliteStmt struct {
	*sqlite3.Stmt
	args []int
}

func openConn(file, setup string) (*sqliteConn, error) {
	db, err := sqlite3.OpenFlags(file, sqlite3.OPEN_READWRITE)
	if err != nil {
		return nil, err
	}
	if err := db.Exec(setup); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &sqliteConn{db: db, stmts: map[string]*sqliteStmt{}}, nil
}

func (c *sqliteConn) close() error {
	var errs []error
	for _, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.db.Close())...)
}

// interruptible stops queries of do when ctx ends.
func (c *sqliteConn) interruptible(ctx context.Context, do func() error) error {
	old := c.db.SetInterrupt(ctx)
	defer c.db.SetInterrupt(old)
	err := do()
	if errors.Is(err, sqlite3.INTERRUPT) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *sqliteConn) query(sql string, each func(row) error, args ...any) (err error) {
	stmt, err := c.bound(sql, args)
	if err != nil {
		return err
	}
	// Only a reset ends the read; it repeats the error of the last step.
	defer func() {
		if reset := stmt.Reset(); err == nil && reset != nil {
			err = rowError(reset)
		}
	}()
	for stmt.Step() {
		if err := each(sqliteRow{stmt.Stmt}); err != nil {
			return err
		}
	}
	// An interrupt that comes before the first step is told here alone: without it,
	// a request that is given up would find nothing where there is something.
	if err := stmt.Err(); err != nil {
		return rowError(err)
	}
	return nil
}

func (c *sqliteConn) exec(sql string, args ...any) (int64, error) {
	stmt, err := c.bound(sql, args)
	if err != nil {
		return 0, err
	}
	if err := stmt.Exec(); err != nil {
		return 0, rowError(err)
	}
	return c.db.Changes(), nil
}

func rowError(err error) error {
	if errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY) || errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) {
		return fmt.Errorf("store: %w", fs.ErrExist)
	}
	return fmt.Errorf("store: %w", err)
}

func (c *sqliteConn) bound(sql string, args []any) (*sqliteStmt, error) {
	stmt, ok := c.stmts[sql]
	if !ok {
		var err error
		if stmt, err = c.prepare(sql); err != nil {
			return nil, err
		}
		c.stmts[sql] = stmt
	}
	for i, arg := range stmt.args {
		if err := bind(stmt.Stmt, i+1, args[arg]); err != nil {
			return nil, err
		}
	}
	return stmt, nil
}

func (c *sqliteConn) prepare(sql string) (*sqliteStmt, error) {
	stmt, _, err := c.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, fmt.Errorf("store: prepare: %w", err)
	}
	prepared := &sqliteStmt{Stmt: stmt}
	for i := range stmt.BindCount() {
		n, err := strconv.Atoi(strings.TrimPrefix(stmt.BindName(i+1), "$"))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("store: parameter of %q is not $N", sql), stmt.Close())
		}
		prepared.args = append(prepared.args, n-1)
	}
	return prepared, nil
}

func bind(stmt *sqlite3.Stmt, param int, arg any) error {
	switch v := arg.(type) {
	case string:
		return stmt.BindText(param, v)
	case int64:
		return stmt.BindInt64(param, v)
	case int:
		return stmt.BindInt64(param, int64(v))
	}
	return fmt.Errorf("store: cannot bind a %T", arg)
}

type sqliteRow struct{ stmt *sqlite3.Stmt }

func (r sqliteRow) scan(dest ...any) error {
	for i, d := range dest {
		switch d := d.(type) {
		case *string:
			*d = r.stmt.ColumnText(i)
		case *int64:
			*d = r.stmt.ColumnInt64(i)
		default:
			return fmt.Errorf("store: cannot scan into a %T", d)
		}
	}
	return nil
}
