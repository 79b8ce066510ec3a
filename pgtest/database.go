package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable with the URL of a server for tests.
const Variable = "CENOTE_TEST_DATABASE"

// Database returns the URL of a new database on the server of Variable, which is dropped
// when the test ends. Without that variable there is none, and tests take SQLite.
func Database(t testing.TB) (databaseURL string, ok bool) {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		return "", false
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	name := "t" + strings.ToLower(rand.Text())
	u.Path = "/" + name
	must := func(sql string) {
		if err := Execute(context.WithoutCancel(t.Context()), server, sql); err != nil {
			t.Fatalf("%s: %v", Variable, err)
		}
	}
	must("CREATE DATABASE " + name)
	t.Cleanup(func() { must("DROP DATABASE " + name + " WITH (FORCE)") })
	return u.String(), true
}

// Place is where a test opens a store: in a new database, as Database has them, or else in
// a new folder. One of the two is empty.
func Place(t testing.TB) (folder, databaseURL string) {
	t.Helper()
	if databaseURL, ok := Database(t); ok {
		return "", databaseURL
	}
	return t.TempDir(), ""
}

// Execute runs SQL in the database with a URL.
func Execute(ctx context.Context, databaseURL, sql string) error {
	c, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}
