package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// uniqueViolation is the SQLSTATE of a taken unique key.
const uniqueViolation = "23505"

// postgresConn is a connection for the time of ctx. pgx keeps its prepared statements.
type postgresConn struct {
	ctx context.Context
	c   *pgx.Conn
}

func (c postgresConn) query(sql string, each func(row) error, args ...any) error {
	rows, err := c.c.Query(c.ctx, sql, args...)
	if err != nil {
		return rowOf(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(postgresRow{rows}); err != nil {
			return err
		}
	}
	return rowOf(rows.Err())
}

func (c postgresConn) exec(sql string, args ...any) (int64, error) {
	tag, err := c.c.Exec(c.ctx, sql, args...)
	return tag.RowsAffected(), rowOf(err)
}

// rowOf is an error of the server as this package tells it.
func rowOf(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == uniqueViolation {
		return fmt.Errorf("store: %w", &takenError{e})
	}
	return fmt.Errorf("store: %w", err)
}

// takenError is a taken unique key.
type takenError struct{ cause *pgconn.PgError }

func (e *takenError) Error() string { return e.cause.Message }

func (e *takenError) Unwrap() []error { return []error{fs.ErrExist, e.cause} }

type postgresRow struct{ rows pgx.Rows }

func (r postgresRow) scan(dest ...any) error {
	if err := r.rows.Scan(dest...); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
