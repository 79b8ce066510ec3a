package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/cenotehq/cenote/pgtest"
)

// postgres is a cluster of PostgreSQL of ours, set as its distribution sets it, which
// keeps the data of a server in a database each.
type postgres struct{ server *pgtest.Server }

// startPostgres starts the cluster in folder, made first if there is none.
func startPostgres(ctx context.Context, folder string) (postgres, error) {
	s, err := pgtest.Open(ctx, folder)
	return postgres{s}, err
}

func (p postgres) name() string { return "PostgreSQL" }

func (p postgres) serve(data string) []string { return []string{"--database", p.server.URL(data)} }

func (p postgres) pid() int { return p.server.PID() }

func (p postgres) stop() { _ = p.server.Stop() } // it is over with this process at the latest

func (p postgres) create(ctx context.Context, data string) error {
	_, err := p.server.Create(ctx, data)
	return err
}

func (p postgres) do(ctx context.Context, sql string) error {
	return p.server.Exec(ctx, "postgres", sql)
}

func (p postgres) list(ctx context.Context) (names []string, err error) {
	err = p.ask(ctx, &names, `SELECT array_agg(datname::text) FROM pg_database`)
	return names, err
}

func (p postgres) size(ctx context.Context, data string) (bytes int64, err error) {
	err = p.ask(ctx, &bytes, `SELECT pg_database_size($1)`, data)
	return bytes, err
}

// rename also brings to order what was filled, so that nothing is left to do for it
// while something is measured.
func (p postgres) rename(ctx context.Context, from, to string) error {
	if err := p.server.Exec(ctx, from, "VACUUM (ANALYZE, FREEZE)"); err != nil {
		return err
	}
	return p.do(ctx, "ALTER DATABASE "+from+" RENAME TO "+to)
}

func (p postgres) copy(ctx context.Context, from, to string) error {
	return p.do(ctx, "CREATE DATABASE "+to+" TEMPLATE "+from+" STRATEGY FILE_COPY")
}

func (p postgres) remove(ctx context.Context, data string) error {
	return p.do(ctx, "DROP DATABASE IF EXISTS "+data)
}

// ask reads one value.
func (p postgres) ask(ctx context.Context, value any, sql string, args ...any) (err error) {
	c, err := pgx.Connect(ctx, p.server.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	return c.QueryRow(ctx, sql, args...).Scan(value)
}

func (p postgres) insert(ctx context.Context, data, table string, columns []string, rows iter.Seq[[]any]) (err error) {
	c, err := pgx.Connect(ctx, p.server.URL(data))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	out, in := io.Pipe()
	go func() { _ = in.CloseWithError(writeRows(in, rows)) }() // never fails
	_, err = c.PgConn().CopyFrom(ctx, out, fmt.Sprintf("COPY %s (%s) FROM STDIN", table, strings.Join(columns, ", ")))
	_ = out.Close() // lets the writer go
	return err
}

// writeRows writes what COPY reads: none of our texts has a character to escape.
func writeRows(out io.Writer, rows iter.Seq[[]any]) error {
	w := bufio.NewWriterSize(out, 1<<16)
	for row := range rows {
		for i, value := range row {
			separator := "\t"
			if i == len(row)-1 {
				separator = "\n"
			}
			if _, err := fmt.Fprint(w, value, separator); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
