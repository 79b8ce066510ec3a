package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/store"
)

// server starts a PostgreSQL server for one test, which may end it.
func server(t testing.TB, settings ...string) *pgtest.Server {
	t.Helper()
	s, err := pgtest.Start(context.Background(), "", append(settings, "fsync=off")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Log())
		}
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// nodes opens one database as many times at once, as servers do that start together.
func nodes(t testing.TB, url string, n int) []*store.Store {
	t.Helper()
	list, errs := make([]*store.Store, n), make([]error, n)
	var group sync.WaitGroup
	for i := range list {
		group.Go(func() { list[i], errs[i] = openWith(url, masterKey(t)) })
	}
	group.Wait()
	for i, s := range list {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		closeLater(t, s)
	}
	return list
}

func database(t testing.TB, s *pgtest.Server) string {
	t.Helper()
	url, err := s.Create(t.Context(), "cenote")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// TestNodesAgree lets nodes that start at once on an empty database, one that orders texts
// in its own way, do all that they could do differently.
func TestNodesAgree(t *testing.T) {
	t.Parallel()
	pg := server(t)
	if err := pg.Exec(t.Context(), "postgres", `CREATE DATABASE cenote TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`); err != nil {
		t.Fatal(err)
	}
	all := nodes(t, pg.URL("cenote"), 4)

	t.Run("one first key", func(t *testing.T) {
		var group sync.WaitGroup
		for i, s := range all {
			group.Go(func() {
				if _, err := s.AddKey(t.Context(), "sign", storeKey(fmt.Sprint("k", i), 1, "secret"), true); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, s := range all {
			if keys, err := s.Keys(t.Context(), "sign"); len(keys) != 1 || err != nil {
				t.Errorf("%d keys, %v", len(keys), err)
			}
		}
	})
	t.Run("one identity for a login", func(t *testing.T) {
		for n := range 40 {
			login := cognito.Login{Provider: "a", Subject: fmt.Sprint(n)}
			got, errs := make([]cognito.Identity, len(all)), make([]error, len(all))
			var group sync.WaitGroup
			for i, s := range all {
				group.Go(func() { got[i], errs[i] = signIn(s, fmt.Sprintf("r:%d-%d", n, i), login) })
			}
			group.Wait()
			for i := range all {
				if errs[i] != nil || got[i].ID != got[0].ID || len(got[i].Logins) != 1 {
					t.Fatalf("node %d: %+v, %v; node 0: %+v", i, got[i], errs[i], got[0])
				}
			}
		}
	})
	t.Run("every change of a document", func(t *testing.T) {
		if err := all[0].Roles().Create(t.Context(), role(t, "app", "AROA1")); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for _, s := range all {
			group.Go(func() {
				for range 10 {
					err := s.Roles().Update(t.Context(), "app", func(r *iam.Role) error { r.MaxSession++; return nil })
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		got, err := openAt(t, pg.URL("cenote")).Roles().Get(t.Context(), "app")
		if want := role(t, "app", "AROA1").MaxSession + time.Duration(10*len(all)); err != nil || got.MaxSession != want {
			t.Errorf("%d, want %d: %v", got.MaxSession, want, err)
		}
	})
	t.Run("one order", func(t *testing.T) {
		names := []string{"B", "a", "b", "é", "-"}
		for _, name := range names {
			if err := all[0].Pools().Create(t.Context(), cognito.Pool{ID: name}); err != nil {
				t.Fatal(err)
			}
		}
		pools, err := all[1].Pools().List(t.Context(), "-", 9)
		var got []string
		for _, p := range pools {
			got = append(got, p.ID)
		}
		if strings.Join(got, "") != "Babé" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// signIn finds the owner of a login or makes an identity for it.
func signIn(s *store.Store, id string, login cognito.Login) (cognito.Identity, error) {
	logins := []cognito.Login{login}
	return s.LinkLogins(context.Background(), "p", "", logins, func(_ *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
		if len(owners) > 0 {
			return cognito.Link{Keep: owners[0].ID}, nil
		}
		fresh := guest(id, "p")
		return cognito.Link{Create: &fresh, Add: logins}, nil
	})
}

// TestNodesAreFresh changes things on one node and waits, a second at the most, until the
// others, which have read them before, see that.
func TestNodesAreFresh(t *testing.T) {
	t.Parallel()
	all := nodes(t, database(t, server(t)), 3)
	ctx := t.Context()
	if err := all[0].Roles().Create(ctx, role(t, "app", "AROA1")); err != nil {
		t.Fatal(err)
	}
	login := cognito.Login{Provider: "a", Subject: "1"}
	if _, err := signIn(all[0], "r:1", login); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		soon(t, all, func(s *store.Store) bool {
			identity, err := s.Identity(ctx, "r:1")
			if err != nil {
				t.Fatal(err)
			}
			return len(identity.Logins) == 1
		})
		text := fmt.Sprint("round ", round)
		if err := all[0].Roles().Update(ctx, "app", func(r *iam.Role) error { r.Description = text; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := all[0].LinkLogins(ctx, "p", "r:1", nil, do(cognito.Link{Keep: "r:1", Remove: []cognito.Login{login}})); err != nil {
			t.Fatal(err)
		}
		soon(t, all, func(s *store.Store) bool {
			r, err := s.Roles().Get(ctx, "app")
			identity, err2 := s.Identity(ctx, "r:1")
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			return r.Description == text && len(identity.Logins) == 0
		})
		slices.Reverse(all) // another is the next to write
		if _, err := all[0].LinkLogins(ctx, "p", "r:1", []cognito.Login{login}, do(cognito.Link{Keep: "r:1", Add: []cognito.Login{login}})); err != nil {
			t.Fatal(err)
		}
	}
}

// soon fails the test unless all nodes see something a second later: the first, which wrote
// it, at once.
func soon(t *testing.T, all []*store.Store, sees func(*store.Store) bool) {
	t.Helper()
	begin := time.Now()
	for i, s := range all {
		for !sees(s) {
			if i == 0 || time.Since(begin) > time.Second {
				t.Fatalf("node %d does not see it after %s", i, time.Since(begin))
			}
			time.Sleep(time.Millisecond) // what the test asks is when
		}
	}
}

// TestBatches lets many write at once, some of them in vain.
func TestBatches(t *testing.T) {
	t.Parallel()
	s := openAt(t, database(t, server(t)))
	create(t, s, guest("r:taken", "p"))
	before := s.Stats()
	const writers = 400
	errs := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			id := fmt.Sprint("r:", i)
			if i%100 == 99 {
				id = "r:taken"
			}
			errs[i] = s.CreateIdentity(t.Context(), guest(id, "p"))
		})
	}
	group.Wait()
	for i, err := range errs {
		if taken := i%100 == 99; taken != errors.Is(err, fs.ErrExist) || !taken && err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if list, err := s.ListIdentities(t.Context(), "p", "", false, 2*writers); len(list) != writers-4+1 || err != nil {
		t.Errorf("%d identities, %v", len(list), err)
	}
	after := s.Stats()
	if writes, commits := after.Writes-before.Writes, after.Commits-before.Commits; writes != writers || commits > writers {
		t.Errorf("%d writes, %d commits", writes, commits)
	}
}

// TestSealedWritesTakeTurns has very many change what is sealed, which all changes one row.
func TestSealedWritesTakeTurns(t *testing.T) {
	t.Parallel()
	all := nodes(t, database(t, server(t)), 2)
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			name := fmt.Sprint("user", i)
			if err := all[i%len(all)].Users().Create(t.Context(), user(name, "AIDA"+name)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestDatabaseThatIsAway ends the server under a store: it fails fast meanwhile, and goes on
// by itself afterwards.
func TestDatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	pg := server(t)
	s := openAt(t, database(t, pg))
	create(t, s, guest("r:1", "p"))
	for _, end := range []func() error{pg.Kill, pg.Stop} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		for name, call := range map[string]func() error{
			"read":   func() error { _, err := s.Roles().Get(t.Context(), "app"); return err },
			"list":   func() error { _, err := s.ListIdentities(t.Context(), "p", "", false, 1); return err },
			"create": func() error { return s.CreateIdentity(t.Context(), guest("r:2", "p")) },
			"link":   func() error { _, err := signIn(s, "r:3", cognito.Login{Provider: "a", Subject: "3"}); return err },
		} {
			begin := time.Now()
			err := call()
			if took := time.Since(begin); err == nil || errors.Is(err, fs.ErrNotExist) || took > 5*time.Second {
				t.Errorf("%s, of a database that is away: %v after %s", name, err, took)
			}
		}
		if err := pg.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, guest("r:1", "p"))(s.Identity(t.Context(), "r:1"))
		wantError[iam.Role](t, fs.ErrNotExist)(s.Roles().Get(t.Context(), "app"))
	}
	create(t, s, guest("r:2", "p"))
}

func TestOpenRefusesDatabase(t *testing.T) {
	t.Parallel()
	pg := server(t)
	url := database(t, pg)
	mustClose(t, openAt(t, url))
	password := strings.Replace(url, "cenote@", "cenote:hunter2@", 1)
	for name, tt := range map[string]struct {
		url, says string
		first     func() error
	}{
		"no URL":           {"postgres://%zz", "give postgres://", nil},
		"another database": {strings.Replace(password, "/cenote?", "/none?", 1), `database "none" does not exist`, nil},
		"nobody there":     {"postgres://cenote:hunter2@127.0.0.1:1/cenote?sslmode=disable", "127.0.0.1:1/cenote cannot be used: see that it runs", nil},
		"a newer schema": {password, "newer program", func() error {
			return pg.Exec(t.Context(), "cenote", `INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (1000, 999, true)`)
		}},
		"TLS that is not on": {strings.Replace(password, "sslmode=disable", "sslmode=require", 1), "TLS", nil},
	} {
		if tt.first != nil {
			if err := tt.first(); err != nil {
				t.Fatal(err)
			}
		}
		_, err := openWith(tt.url, masterKey(t))
		if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
