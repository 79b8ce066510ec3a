package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/store"
)

func guest(id, pool string) cognito.Identity {
	at := time.UnixMilli(1_000_000).UTC()
	return cognito.Identity{ID: id, Pool: pool, Created: at, Modified: at}
}

func create(t testingT, s *store.Store, identities ...cognito.Identity) {
	t.Helper()
	for _, i := range identities {
		if err := s.CreateIdentity(context.Background(), i); err != nil {
			t.Fatal(err)
		}
	}
}

// openClock opens a store whose clock stands still.
func openClock(t testing.TB, path string, now time.Time) *store.Store {
	t.Helper()
	config := at(path, masterKey(t))
	config.Now = func() time.Time { return now }
	s, err := store.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, s)
	return s
}

// do returns a decision that was made beforehand.
func do(l cognito.Link) func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
	return func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) { return l, nil }
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	fine := guest("r:1", "p")
	fine.Created = time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.FixedZone("x", 3600))
	kept := fine
	kept.Created = time.Date(2026, 1, 2, 2, 4, 5, 678_000_000, time.UTC)
	create(t, s, fine)
	same(t, kept)(s.Identity(t.Context(), "r:1"))
	wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "R:1"))
	if err := s.CreateIdentity(t.Context(), guest("r:1", "q")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("taken id: %v", err)
	}
	withLogins := guest("r:2", "p")
	withLogins.Logins = []cognito.Login{{Provider: "a", Subject: "b"}}
	if err := s.CreateIdentity(t.Context(), withLogins); err == nil {
		t.Error("CreateIdentity took logins")
	}
	mustClose(t, s)
	s = openAt(t, path)
	same(t, kept)(s.Identity(t.Context(), "r:1"))
}

func TestLinkLoginsCreate(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, a := cognito.Login{Provider: "b", Subject: "1"}, cognito.Login{Provider: "a", Subject: "2"}
	fresh := guest("r:1", "p")
	want := fresh
	want.Authenticated = true
	want.Logins = []cognito.Login{a, b}
	got, err := s.LinkLogins(t.Context(), "p", "", []cognito.Login{b, a},
		func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
			if self != nil || owners != nil {
				t.Errorf("decide was shown %v, %v", self, owners)
			}
			return cognito.Link{Create: &fresh, Add: []cognito.Login{b, a}}, nil
		})
	same(t, want)(got, err)
	same(t, want)(s.Identity(t.Context(), "r:1"))
	got.Logins[0] = cognito.Login{} // must not reach the cache
	same(t, want)(s.Identity(t.Context(), "r:1"))

	other := guest("r:2", "q")
	if _, err := s.LinkLogins(t.Context(), "q", "", []cognito.Login{a}, do(cognito.Link{Create: &other, Add: []cognito.Login{a}})); err != nil {
		t.Errorf("the same login in another pool: %v", err)
	}
}

func TestLinkLoginsKeepAndMerge(t *testing.T) {
	t.Parallel()
	path := place(t)
	now := time.UnixMilli(2_000_000).UTC()
	s := openClock(t, path, now)
	a, b, c := cognito.Login{Provider: "a", Subject: "1"}, cognito.Login{Provider: "b", Subject: "2"}, cognito.Login{Provider: "c", Subject: "3"}
	one, two, three := guest("r:1", "p"), guest("r:2", "p"), guest("r:3", "p")
	create(t, s, one)
	for _, l := range []cognito.Link{{Create: &two, Add: []cognito.Login{a}}, {Create: &three, Add: []cognito.Login{b}}} {
		if _, err := s.LinkLogins(t.Context(), "p", "", l.Add, do(l)); err != nil {
			t.Fatal(err)
		}
	}
	two.Authenticated, two.Logins = true, []cognito.Login{a}
	three.Authenticated, three.Logins = true, []cognito.Login{b}

	kept := three
	kept.Modified, kept.Logins = now, []cognito.Login{a, b, c}
	got, err := s.LinkLogins(t.Context(), "p", "r:1", []cognito.Login{b, c, a, b},
		func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
			if diff := cmp.Diff(&one, self); diff != "" {
				t.Errorf("self (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([]cognito.Identity{three, two}, owners); diff != "" {
				t.Errorf("owners (-want +got)\n%s", diff)
			}
			return cognito.Link{Keep: "r:3", Add: []cognito.Login{c}, Merge: []string{"r:1", "r:2"}}, nil
		})
	same(t, kept)(got, err)
	one.Disabled, one.Modified = true, now
	two.Disabled, two.Modified, two.Logins = true, now, nil
	for range 2 {
		for _, want := range []cognito.Identity{one, two, kept} {
			same(t, want)(s.Identity(t.Context(), want.ID))
		}
		mustClose(t, s)
		s = openAt(t, path)
	}
}

func TestLinkLoginsOfAGuest(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(2_000_000).UTC()
	s := openClock(t, place(t), now)
	create(t, s, guest("r:1", "p"))
	a := cognito.Login{Provider: "a", Subject: "1"}
	want := guest("r:1", "p")
	want.Modified, want.Authenticated, want.Logins = now, true, []cognito.Login{a}
	same(t, want)(s.LinkLogins(t.Context(), "p", "r:1", []cognito.Login{a}, do(cognito.Link{Keep: "r:1", Add: []cognito.Login{a}})))
}

// The usual call presents logins that are linked already: it must cost no write.
func TestLinkLoginsWithoutChangeWritesNothing(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	a := []cognito.Login{{Provider: "a", Subject: "1"}}
	fresh := guest("r:1", "p")
	want, err := s.LinkLogins(t.Context(), "p", "", a, do(cognito.Link{Create: &fresh, Add: a}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		before := s.Stats()
		same(t, want)(s.LinkLogins(t.Context(), "p", "", a, do(cognito.Link{Keep: "r:1"})))
		same(t, want)(s.LinkLogins(t.Context(), "p", "r:1", a, do(cognito.Link{Keep: "r:1"})))
		if after := s.Stats(); after != before {
			t.Errorf("writes: %+v, then %+v", before, after)
		}
		mustClose(t, s)
		s = openAt(t, path)
	}
}

func TestLinkLoginsRefuses(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b := cognito.Login{Provider: "a", Subject: "1"}, cognito.Login{Provider: "b", Subject: "2"}
	owner, fresh, foreign := guest("r:1", "p"), guest("r:9", "p"), guest("r:9", "q")
	create(t, s, guest("r:2", "p"), guest("r:3", "q"))
	if _, err := s.LinkLogins(t.Context(), "p", "", nil, do(cognito.Link{Create: &owner, Add: []cognito.Login{a}})); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		self string
		link cognito.Link
		want error // nil for any
	}{
		"missing self":       {"r:0", cognito.Link{Keep: "r:1"}, fs.ErrNotExist},
		"missing keep":       {"", cognito.Link{Keep: "r:0"}, fs.ErrNotExist},
		"keep in other pool": {"", cognito.Link{Keep: "r:3", Add: []cognito.Login{b}}, fs.ErrNotExist},
		"missing merge":      {"", cognito.Link{Keep: "r:2", Add: []cognito.Login{b}, Merge: []string{"r:0"}}, fs.ErrNotExist},
		"merge of a pool":    {"", cognito.Link{Keep: "r:2", Add: []cognito.Login{b}, Merge: []string{"r:3"}}, fs.ErrNotExist},
		"merge into itself":  {"", cognito.Link{Keep: "r:2", Add: []cognito.Login{b}, Merge: []string{"r:2"}}, nil},
		"taken login":        {"", cognito.Link{Keep: "r:2", Add: []cognito.Login{b, a}}, fs.ErrExist},
		"taken login, new":   {"", cognito.Link{Create: &fresh, Add: []cognito.Login{b, a}}, fs.ErrExist},
		"taken id":           {"", cognito.Link{Create: &owner, Add: []cognito.Login{b}}, fs.ErrExist},
		"create and keep":    {"", cognito.Link{Create: &fresh, Keep: "r:2"}, nil},
		"create elsewhere":   {"", cognito.Link{Create: &foreign}, nil},
		"nothing":            {"", cognito.Link{}, fs.ErrNotExist},
	} {
		_, err := s.LinkLogins(t.Context(), "p", test.self, []cognito.Login{b}, do(test.link))
		if err == nil || (test.want != nil && !errors.Is(err, test.want)) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	owner.Authenticated, owner.Logins = true, []cognito.Login{a}
	for _, want := range []cognito.Identity{owner, guest("r:2", "p"), guest("r:3", "q")} {
		same(t, want)(s.Identity(t.Context(), want.ID))
	}
	wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "r:9"))
	if got := ownersOf(t, s, "p", b); got != nil {
		t.Errorf("login %v has owners %v", b, got)
	}
}

// ownersOf asks through a decision that is refused.
func ownersOf(t testing.TB, s *store.Store, pool string, logins ...cognito.Login) []cognito.Identity {
	t.Helper()
	refusal := errors.New("only looking")
	var seen []cognito.Identity
	_, err := s.LinkLogins(context.Background(), pool, "", logins,
		func(_ *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
			seen = owners
			return cognito.Link{}, refusal
		})
	if !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	return seen
}

func TestDecideMayRefuseAtItsSecondRun(t *testing.T) {
	t.Parallel()
	s := open(t)
	refusal := errors.New("no")
	runs := 0
	fresh := guest("r:1", "p")
	_, err := s.LinkLogins(t.Context(), "p", "", nil, func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
		if runs++; runs == 1 {
			return cognito.Link{Create: &fresh}, nil
		}
		return cognito.Link{}, refusal
	})
	if !errors.Is(err, refusal) || runs != 2 {
		t.Errorf("%v after %d runs", err, runs)
	}
	wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "r:1"))
}

func TestConcurrentLinkLoginsAgree(t *testing.T) {
	t.Parallel()
	s := open(t)
	logins := []cognito.Login{{Provider: "a", Subject: "1"}}
	ids := make([]string, 16)
	var clients sync.WaitGroup
	for i := range ids {
		clients.Go(func() {
			fresh := guest(fmt.Sprint("r:", i), "p")
			got, err := s.LinkLogins(t.Context(), "p", "", logins, func(_ *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
				if len(owners) > 0 {
					return cognito.Link{Keep: owners[0].ID}, nil
				}
				return cognito.Link{Create: &fresh, Add: logins}, nil
			})
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.ID
		})
	}
	clients.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("identities %q", ids)
		}
	}
	if n, err := s.DeleteIdentitiesOf(t.Context(), "p", 100); n != 1 || err != nil {
		t.Errorf("%d identities exist, %v", n, err)
	}
}

func TestDeleteIdentitiesOf(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 5 {
		create(t, s, guest(fmt.Sprint("r:", i), "p"))
	}
	create(t, s, guest("r:5", "q"))
	a := []cognito.Login{{Provider: "a", Subject: "1"}}
	if _, err := s.LinkLogins(t.Context(), "p", "r:0", a, do(cognito.Link{Keep: "r:0", Add: a})); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ limit, want int }{{0, 0}, {2, 2}, {2, 2}, {2, 1}, {2, 0}} {
		if n, err := s.DeleteIdentitiesOf(t.Context(), "p", test.limit); n != test.want || err != nil {
			t.Errorf("DeleteIdentitiesOf(%d) = %d, %v, want %d", test.limit, n, err, test.want)
		}
	}
	wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), "r:0"))
	same(t, guest("r:5", "q"))(s.Identity(t.Context(), "r:5"))
	if got := ownersOf(t, s, "p", a...); got != nil {
		t.Errorf("the login still belongs to %v", got)
	}
}

func TestIdentityCacheIsBounded(t *testing.T) {
	t.Parallel()
	for limit, most := range map[int]int{-1: 0, 1: 0, 2: 2, 10: 10} {
		config := at(place(t), masterKey(t))
		config.CachedIdentities = limit
		s, err := store.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		closeLater(t, s)
		for i := range 25 {
			create(t, s, guest(fmt.Sprint("r:", i), "p"))
			same(t, guest("r:0", "p"))(s.Identity(t.Context(), "r:0"))
		}
		if n := store.CachedIdentities(s); n > most || n == 0 && most > 0 {
			t.Errorf("%d identities are cached, the limit is %d", n, limit)
		}
	}
}

// What is taken off one identity stays with another that has it.
func TestUnlinkTakesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	a, b := cognito.Login{Provider: "a", Subject: "1"}, cognito.Login{Provider: "b", Subject: "2"}
	for id, login := range map[string]cognito.Login{"r:1": a, "r:2": b} {
		fresh := guest(id, "p")
		if _, err := s.LinkLogins(t.Context(), "p", "", nil, do(cognito.Link{Create: &fresh, Add: []cognito.Login{login}})); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.LinkLogins(t.Context(), "p", "r:1", nil, do(cognito.Link{Keep: "r:1", Remove: []cognito.Login{a, b}, Disable: true}))
	if err != nil || len(got.Logins) > 0 || !got.Disabled || !got.Authenticated {
		t.Errorf("without its logins there is left %+v, %v", got, err)
	}
	mustClose(t, s)
	s = openAt(t, path)
	same(t, got)(s.Identity(t.Context(), "r:1"))
	if owners := ownersOf(t, s, "p", a, b); len(owners) != 1 || owners[0].ID != "r:2" || owners[0].Disabled {
		t.Errorf("the logins are of %+v", owners)
	}
}
