package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"
	goosedb "github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrateSQLite brings the schema of the file up to date; that of a shared one has to be.
func migrateSQLite(ctx context.Context, file string, shared bool) (err error) {
	db, err := driver.Open(file, func(c *sqlite3.Conn) error {
		return c.Exec(`PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL`)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// A step at a time: what is halfway when the machine goes down is not there at all.
	inOne := func(text string) string { return strings.ReplaceAll(text, "-- +goose NO TRANSACTION\n", "") }
	return migrate(ctx, db, goosedb.DialectSQLite3, file, shared, inOne)
}

// migratePostgres brings the schema of a database up to date. Each statement is a
// transaction, which some engines want, and can be run again after a crash. Several servers
// may do so at once: what is there already is left alone, and whoever loses a race looks
// again.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig, name string, shared bool) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	inBytes := false // texts are compared byte by byte
	err = retry(ctx, patience, mendsMigration, func(ctx context.Context) error {
		return db.QueryRowContext(ctx, `SELECT 'B' < 'a' AND 'a' < 'b' AND '-' < '0'`).Scan(&inBytes)
	})
	if err != nil {
		return unreachable(name, err)
	}
	return retry(ctx, migrationPatience, mendsMigration, func(ctx context.Context) error {
		return migrate(ctx, db, goosedb.DialectAuroraDSQL, name, shared, func(text string) string {
			text = strings.ReplaceAll(text, " WITHOUT ROWID", "")
			text = strings.ReplaceAll(text, " ADD COLUMN ", " ADD COLUMN IF NOT EXISTS ")
			if inBytes {
				return text
			}
			return strings.ReplaceAll(text, " TEXT ", ` TEXT COLLATE "C" `)
		})
	})
}

// migrationPatience is how long all steps of a schema may take, on servers that take seconds
// for a table.
const migrationPatience = 2 * time.Minute

// mendsMigration looks again, too, after another server made a table in that moment.
func mendsMigration(err error, attempt int) bool {
	switch sqlState(err) {
	case uniqueViolation, "42P07", "42710": // in the catalog; the table, the object is there
		return attempt < 20
	}
	return isPassing(err)
}

// migrate runs the steps that are missing.
func migrate(ctx context.Context, db *sql.DB, dialect goosedb.Dialect, name string, shared bool, rewrite func(string) string) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	kept, err := goosedb.NewStore(dialect, goose.DefaultTablename)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectCustom, db, rewritten{steps, rewrite}, goose.WithStore(versionTable{kept}), goose.WithIsolateDDL(true))
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return &NewerError{Path: name, Have: have, Known: known}
	}
	if shared {
		if have < known {
			return &OlderError{Path: name, Have: have, Known: known}
		}
		return nil
	}
	_, err = provider.Up(ctx)
	return err
}

// versionTable is goose's table of the steps that were made. It is there when its first row
// is, which comes in a second transaction: another may be between the two, or have died there.
type versionTable struct{ goosedb.Store }

// TableExists takes an error for an answer: where the table is to be made, it comes again.
func (t versionTable) TableExists(ctx context.Context, db goosedb.DBTxConn) (bool, error) {
	_, err := t.GetMigration(ctx, db, 0)
	return err == nil, nil
}

func (t versionTable) CreateVersionTable(ctx context.Context, db goosedb.DBTxConn) error {
	if _, err := t.ListMigrations(ctx, db); err == nil {
		return nil
	}
	return t.Store.CreateVersionTable(ctx, db)
}

// rewritten is a folder whose files say something else when they are read.
type rewritten struct {
	fs.FS
	rewrite func(string) string
}

func (r rewritten) Open(name string) (fs.File, error) {
	file, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	text, err := fs.ReadFile(r.FS, name)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return rewrittenFile{file, strings.NewReader(r.rewrite(string(text)))}, nil
}

type rewrittenFile struct {
	fs.File
	text *strings.Reader
}

func (f rewrittenFile) Read(p []byte) (int, error) { return f.text.Read(p) }

func unreachable(name string, err error) error {
	return fmt.Errorf("store: the database %s cannot be used: see that it runs and lets this user in: %w", name, err)
}
