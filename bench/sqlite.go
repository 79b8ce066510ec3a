package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// sqlite keeps the data of a server in a folder each.
type sqlite struct{ folder string }

func (s sqlite) name() string { return "SQLite" }

func (s sqlite) path(data string) string { return filepath.Join(s.folder, data) }

func (s sqlite) file(data string) string { return filepath.Join(s.path(data), "cenote.db") }

func (s sqlite) serve(data string) []string { return []string{"--data", s.path(data)} }

func (s sqlite) create(_ context.Context, data string) error { return os.MkdirAll(s.path(data), 0o700) }

func (s sqlite) list(context.Context) ([]string, error) {
	entries, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

func (s sqlite) rename(_ context.Context, from, to string) error {
	return os.Rename(s.path(from), s.path(to))
}

func (s sqlite) copy(_ context.Context, from, to string) error {
	return os.CopyFS(s.path(to), os.DirFS(s.path(from)))
}

func (s sqlite) remove(_ context.Context, data string) error { return os.RemoveAll(s.path(data)) }

func (s sqlite) size(_ context.Context, data string) (int64, error) {
	info, err := os.Stat(s.file(data))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (s sqlite) pid() int { return 0 }

func (s sqlite) stop() {}

// insert spares itself the care that a server takes: what fails is made again from the
// beginning.
func (s sqlite) insert(ctx context.Context, data, table string, columns []string, rows iter.Seq[[]any]) (err error) {
	db, err := sqlite3.OpenContext(ctx, s.file(data))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Exec(`PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN`); err != nil {
		return err
	}
	stmt, _, err := db.Prepare(fmt.Sprintf(`INSERT INTO %s (%s) VALUES (?%s)`,
		table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for row := range rows {
		if err := insertRow(stmt, row); err != nil {
			return err
		}
	}
	return db.Exec(`COMMIT; PRAGMA journal_mode=WAL; PRAGMA wal_checkpoint(TRUNCATE)`)
}

func insertRow(stmt *sqlite3.Stmt, row []any) error {
	for i, value := range row {
		var err error
		switch value := value.(type) {
		case string:
			err = stmt.BindText(i+1, value)
		case int64:
			err = stmt.BindInt64(i+1, value)
		default:
			err = fmt.Errorf("a column of %T", value)
		}
		if err != nil {
			return err
		}
	}
	return stmt.Exec()
}
