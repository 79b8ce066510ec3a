package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

// safe is a Custody with keys by their notes. The key that it makes has the note next.
type safe struct {
	keys   map[string]*seal.Key
	next   string
	before func() // what happens elsewhere while it makes a key
	made   int
}

func newSafe(notes ...string) *safe {
	s := &safe{keys: map[string]*seal.Key{}, next: notes[0]}
	for _, note := range notes {
		s.keys[note], _ = seal.GenerateKey()
	}
	return s
}

var errSafe = errors.New("the safe is locked")

func (s *safe) Make(context.Context) (*seal.Key, string, error) {
	s.made++
	if s.before != nil {
		s.before()
	}
	return s.keys[s.next], s.next, nil
}

func (s *safe) Find(_ context.Context, note string) (*seal.Key, error) {
	key, ok := s.keys[note]
	if !ok {
		return nil, errSafe
	}
	return key, nil
}

func openSafe(path string, s *safe) (*store.Store, error) {
	return store.Open(context.Background(), store.Config{Path: path, Custody: s})
}

// rowsOf runs SQL on a file, open or not, and returns the first column.
func rowsOf(t *testing.T, path, sql string) []string {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(path, "cenote.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	stmt, _, err := db.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stmt.Close() }()
	var rows []string
	for stmt.Step() {
		rows = append(rows, stmt.ColumnText(0))
	}
	if err := stmt.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestCustody makes a key for an empty database alone, and finds it by the note.
func TestCustody(t *testing.T) {
	t.Parallel()
	path, held := t.TempDir(), newSafe("first", "second")
	s := ok(openSafe(path, held))(t)
	ok(s.AddKey(t.Context(), "sign", storeKey("a", 1, "secret"), false))(t)
	mustClose(t, s)
	held.next = "second"
	s = ok(openSafe(path, held))(t)
	same(t, []store.Key{storeKey("a", 1, "secret")})(s.Keys(t.Context(), "sign"))
	mustClose(t, s)
	if held.made != 1 {
		t.Errorf("%d keys were made", held.made)
	}
	if _, err := openSafe(path, newSafe("other")); !errors.Is(err, errSafe) {
		t.Errorf("with a custody that has no such key: %v", err)
	}
	if _, err := openSafe(path, newSafe("first")); !is[*store.MasterKeyError](err) {
		t.Errorf("with a custody that returns another key: %v", err)
	}
}

// TestAnotherStarterWins makes a key while another server makes the first one: its key
// is that of both.
func TestAnotherStarterWins(t *testing.T) {
	t.Parallel()
	winner, path, both := t.TempDir(), t.TempDir(), newSafe("winner", "loser")
	s := ok(openSafe(winner, both))(t)
	mustClose(t, s)
	both.next = "loser"
	both.before = func() {
		for _, row := range rowsOf(t, winner, `SELECT 'INSERT INTO secret_keys VALUES ('||quote(purpose)||','||quote(id)||','||created||','||quote(secret)||')' FROM secret_keys`) {
			rowsOf(t, path, row)
		}
	}
	s = ok(openSafe(path, both))(t)
	mustClose(t, s)
	if notes := rowsOf(t, path, `SELECT secret FROM secret_keys WHERE purpose = 'master key note'`); both.made != 2 || !cmp.Equal(notes, []string{"winner"}) {
		t.Errorf("the notes are %q, after %d makings", notes, both.made)
	}
	mustClose(t, ok(openSafe(path, newSafeWith("winner", both.keys["winner"])))(t))
}

func newSafeWith(note string, key *seal.Key) *safe {
	return &safe{keys: map[string]*seal.Key{note: key}}
}

// TestReseal seals everything anew: what the old key can read is nothing, and what was
// there is there.
func TestReseal(t *testing.T) {
	t.Parallel()
	path, held := t.TempDir(), newSafe("first", "second")
	s := ok(openSafe(path, held))(t)
	user, provider := iam.User{Name: "ann", ID: "AIDA1"}, iam.SAMLProvider{Name: "corp"}
	key := storeKey("a", 1, "secret")
	ok(s.AddKey(t.Context(), "sign", key, false))(t)
	if err := errors.Join(s.Users().Create(t.Context(), user), s.SAMLProviders().Create(t.Context(), provider)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = ok(openSafe(path, held))(t)
	const all = `SELECT secret FROM secret_keys UNION ALL SELECT doc FROM entities`
	before := rowsOf(t, path, all)
	held.next = "second"
	if err := s.Reseal(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	after := rowsOf(t, path, all)
	if len(after) != len(before) || len(after) != 5 {
		t.Errorf("%d rows before, %d after", len(before), len(after))
	}
	for _, text := range after {
		for _, old := range before {
			if text == old {
				t.Error("a row is as it was")
			}
		}
	}
	stale := map[string]error{
		"AddKey":     func() error { _, err := s.AddKey(t.Context(), "sign", storeKey("b", 1, "x"), false); return err }(),
		"ChangeKeys": s.ChangeKeys(t.Context(), "sign", func(keys []store.Key) ([]store.Key, error) { return keys, nil }),
		"Create":     s.Users().Create(t.Context(), iam.User{Name: "bob"}),
		"Update":     s.Users().Update(t.Context(), "ann", func(*iam.User) error { return nil }),
		"Reseal":     s.Reseal(t.Context(), held),
	}
	for name, err := range stale {
		if !is[*store.MasterKeyError](err) {
			t.Errorf("%s under the old key: %v", name, err)
		}
	}
	wantError[[]store.Key](t, seal.ErrOpen)(s.Keys(t.Context(), "sign"))
	mustClose(t, s)
	if _, err := openSafe(path, newSafeWith("second", held.keys["first"])); !is[*store.MasterKeyError](err) {
		t.Errorf("Open with the old key: %v", err)
	}
	s = ok(openSafe(path, held))(t)
	closeLater(t, s)
	same(t, []store.Key{key})(s.Keys(t.Context(), "sign"))
	same(t, user)(s.Users().Get(t.Context(), "ann"))
	same(t, provider)(s.SAMLProviders().Get(t.Context(), "corp"))
}

// TestResealAllOrNothing leaves everything under the old key where one row can not be
// read.
func TestResealAllOrNothing(t *testing.T) {
	t.Parallel()
	path, held := t.TempDir(), newSafe("first", "second")
	s := ok(openSafe(path, held))(t)
	ok(s.AddKey(t.Context(), "sign", storeKey("a", 1, "secret"), false))(t)
	if err := s.Users().Create(t.Context(), iam.User{Name: "ann"}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	inFile(t, path, `UPDATE entities SET doc = 'x' WHERE kind = 'user'`)
	s = ok(openSafe(path, held))(t)
	held.next = "second"
	if err := s.Reseal(t.Context(), held); !errors.Is(err, seal.ErrOpen) || !strings.Contains(err.Error(), `user "ann" is damaged`) {
		t.Errorf("Reseal: %v", err)
	}
	same(t, []store.Key{storeKey("a", 1, "secret")})(s.Keys(t.Context(), "sign"))
	mustClose(t, s)
	mustClose(t, ok(openSafe(path, held))(t))
}

// TestShared opens a folder beside whoever holds it, reads and writes, while the other
// writes without a pause.
func TestShared(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	server := openAt(t, path)
	ok(server.AddKey(t.Context(), "sign", storeKey("a", 1, "old"), false))(t)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for i := range 16 {
		load.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := server.CreateIdentity(t.Context(), guest(fmt.Sprintf("r:%d-%d", i, n), "p")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 5 {
		beside := ok(store.Open(t.Context(), store.Config{Path: path, MasterKey: masterKey(t), Shared: true}))(t)
		err := beside.ChangeKeys(t.Context(), "sign", func(keys []store.Key) ([]store.Key, error) {
			return append(keys, storeKey(fmt.Sprintf("b%d", i), int64(2+i), "new")), nil
		})
		if err != nil {
			t.Errorf("ChangeKeys: %v", err)
		}
		mustClose(t, beside)
	}
	stop()
	load.Wait()
	keys := ok(server.Keys(t.Context(), "sign"))(t)
	if len(keys) != 6 || keys[0].ID != "b4" {
		t.Errorf("the server sees %v", keys)
	}
}

// TestSharedRefuses shares nothing that is not there, or not as this program wants it,
// and makes nothing.
func TestSharedRefuses(t *testing.T) {
	t.Parallel()
	shared := func(path string) error {
		s, err := store.Open(t.Context(), store.Config{Path: path, MasterKey: masterKey(t), Shared: true})
		if err == nil {
			closeLater(t, s)
		}
		return err
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if err := shared(missing); err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), "has been started once") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if left, _ := filepath.Glob(missing + "*"); left != nil {
		t.Errorf("it left %v", left)
	}
	older := closedFolder(t)
	inFile(t, older, `DELETE FROM goose_db_version WHERE version_id > 1`)
	if err := shared(older); !is[*store.OlderError](err) || !strings.Contains(err.Error(), "schema version 1") {
		t.Errorf("an older file: %v", err)
	}
	newer := closedFolder(t)
	inFile(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`)
	if err := shared(newer); !is[*store.NewerError](err) {
		t.Errorf("a newer file: %v", err)
	}
	empty := closedFolder(t)
	inFile(t, empty, `DELETE FROM secret_keys`)
	if err := shared(empty); err == nil || !strings.Contains(err.Error(), "no server has been started") {
		t.Errorf("a file without a master key: %v", err)
	}
}
