package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"

	"github.com/cenotehq/cenote/store"
)

const okta = "http://www.okta.com/exk1example"

// TestAssertions lets one taker have an assertion, again and again, and nobody else.
func TestAssertions(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	later := time.Now().Add(time.Hour)
	for i, step := range []struct {
		service, issuer, id, taker string
		taken                      bool
	}{
		{"sts", okta, "_1", "a", false},
		{"sts", okta, "_1", "a", false},
		{"sts", okta, "_1", "b", true},
		{"sts", okta, "_2", "b", false},
		{"sts", okta + "_", "1", "b", false},
		{"sts", okta + "2", "_1", "b", false},
		{"cognito-identity", okta, "_1", "b", false},
		{"cognito-identity", okta, "_1", "a", true},
	} {
		err := s.Assertions(step.service).Take(t.Context(), step.issuer, step.id, step.taker, later)
		if errors.Is(err, fs.ErrExist) != step.taken || !step.taken && err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	mustClose(t, s)
	s = openAt(t, path)
	if err := s.Assertions("sts").Take(t.Context(), okta, "_1", "b", later); !errors.Is(err, fs.ErrExist) {
		t.Errorf("after a restart: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Assertions("sts").Take(gone, okta, "_9", "b", later); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %v", err)
	}
	mustClose(t, s)
	if err := s.Assertions("sts").Take(t.Context(), okta, "_9", "b", later); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestAssertionTakenOnce has a crowd ask for one assertion.
func TestAssertionTakenOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	var got atomic.Int32
	var crowd sync.WaitGroup
	for i := range 50 {
		crowd.Go(func() {
			err := s.Assertions("sts").Take(context.Background(), okta, "_1", fmt.Sprint(i), time.Now().Add(time.Hour))
			if err == nil {
				got.Add(1)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if got.Load() != 1 {
		t.Errorf("%d got it", got.Load())
	}
}

// TestAssertionsAreForgotten when they are over, a few at a time, and not before.
func TestAssertionsAreForgotten(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	path := place(t)
	config := at(path, masterKey(t))
	config.Now = func() time.Time { return start.Add(time.Duration(offset.Load())) }
	s, err := store.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, s)
	take := func(id int, life time.Duration) {
		t.Helper()
		until := start.Add(time.Duration(offset.Load()) + life)
		if err := s.Assertions("sts").Take(t.Context(), okta, fmt.Sprint(id), fmt.Sprint(id), until); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		take(i, time.Minute)
	}
	take(30, time.Hour)
	offset.Store(int64(time.Minute))
	if take(31, time.Hour); rows(t, path) != 32 {
		t.Errorf("%d rows: some were forgotten at the very end of their time", rows(t, path))
	}
	offset.Store(int64(time.Minute + time.Millisecond))
	for i, want := range []int{25, 18, 11, 6, 7, 8} { // at first eight go for one that comes
		take(40+i, time.Hour)
		if got := rows(t, path); got != want {
			t.Errorf("%d rows after %d more, want %d", got, i+1, want)
		}
	}
}

// rows counts the assertions in the file, or database, of an open store.
func rows(t *testing.T, path string) (n int) {
	t.Helper()
	if strings.HasPrefix(path, "postgres://") {
		c, err := pgx.Connect(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		err = c.QueryRow(t.Context(), `SELECT count(*) FROM saml_assertions`).Scan(&n)
		if err := errors.Join(err, c.Close(t.Context())); err != nil {
			t.Fatal(err)
		}
		return n
	}
	db, err := sqlite3.OpenFlags("file:"+filepath.Join(path, "cenote.db"), sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		t.Fatal(err)
	}
	stmt, _, err := db.Prepare(`SELECT count(*) FROM saml_assertions`)
	if err != nil {
		t.Fatal(err)
	}
	if stmt.Step() {
		n = stmt.ColumnInt(0)
	}
	if err := errors.Join(stmt.Err(), stmt.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}
