package conformance

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Kept is all that a server keeps, after Stop, by the file or the table that has it.
func (s *Server) Kept(t testing.TB) map[string][]byte {
	t.Helper()
	if s.database != "" {
		return tables(t, s.database)
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(s.Data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// tables is the text of all rows of a database.
func tables(t testing.TB, database string) map[string][]byte {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := c.Query(t.Context(), `SELECT table_name, query_to_xml('SELECT * FROM ' || quote_ident(table_name), true, false, '')::text
		FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string][]byte{}
	var table, content string
	_, err = pgx.ForEachRow(rows, []any{&table, &content}, func() error {
		kept[table] = []byte(content)
		return nil
	})
	if err := errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return kept
}
