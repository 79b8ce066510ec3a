package store_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"
)

// TestExportHasAllColumns reminds whoever adds a column that it has to move, too.
func TestExportHasAllColumns(t *testing.T) {
	t.Parallel()
	db, err := sqlite3.Open(filepath.Join(closedFolder(t), "cenote.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	stmt, _, err := db.Prepare(`SELECT t.name || ' ' || group_concat(c.name, ' ') FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'goose%' GROUP BY t.name ORDER BY t.name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stmt.Close() }()
	var got []string
	for stmt.Step() {
		got = append(got, stmt.ColumnText(0))
	}
	want := []string{
		"entities kind name doc",
		"entity_aliases kind alias name",
		"identities id pool authenticated disabled created modified used",
		"last_used id at service region",
		"logins pool provider subject identity",
		"saml_assertions id taker expires",
		"secret_keys purpose id created secret",
	}
	if diff := cmp.Diff(want, got); diff != "" || stmt.Err() != nil {
		t.Errorf("let Export and Import have them, then this test: %s %v", diff, stmt.Err())
	}
}

// TestExportUnderLoad exports from beside while others sign in: what was answered before
// is there, and each identity with all of its logins or not at all.
func TestExportUnderLoad(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	stop, answered := signInForever(t, s)
	defer stop()
	for range 3 {
		before := answered()
		beside, err := openBeside(t, path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := export(t, beside)
		mustClose(t, beside)
		target := t.TempDir()
		if _, err := importInto(t, target, text); err != nil {
			t.Fatal(err)
		}
		checkSignedIn(t, openAt(t, target), before)
	}
}

// TestExportGivesUp ends an export whose context ends or whose reader is gone.
func TestExportGivesUp(t *testing.T) {
	t.Parallel()
	s := filled(t, place(t), 2500)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Export(ctx, &bytes.Buffer{}, account, func(int64, int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %v", err)
	}
	if _, err := s.Export(t.Context(), brokenPipe{}, account, nil); !errors.Is(err, errPipe) {
		t.Errorf("without a reader: %v", err)
	}
	if _, counts := export(t, s); counts.Identities != 2500 {
		t.Errorf("afterwards there are %+v", counts)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func TestExportOfDamagedData(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ sql, says string }{
		"a login of nobody":       {`INSERT INTO logins (pool, provider, subject, identity) VALUES ('p0', 'x', 'y', 'r:nobody')`, "belongs to none that is there"},
		"a login in another pool": {`UPDATE logins SET pool = 'elsewhere' WHERE identity LIKE '%-2'`, "belongs to none that is there"},
		"a kind of the future":    {`INSERT INTO entities (kind, name, doc) VALUES ('future', 'x', '{}')`, "1 documents are of kinds that this program does not know"},
	} {
		path := place(t)
		mustClose(t, filled(t, path, 10))
		inFile(t, path, tt.sql)
		if _, err := openAt(t, path).Export(t.Context(), &bytes.Buffer{}, account, nil); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
