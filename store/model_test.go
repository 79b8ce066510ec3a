package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

// model is what a store is believed to hold, in maps.
type model struct {
	store      *store.Store
	path       string
	now        time.Time
	ids        []string // ever made
	identities map[string]cognito.Identity
	users      map[string]iam.User
}

func (m *model) open(t *rapid.T, cached int) {
	key := masterKey(t)
	var err error
	config := at(m.path, key)
	config.CachedIdentities, config.Now = cached, func() time.Time { return m.now }
	m.store, err = store.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
}

func TestStoreEqualsModel(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		m := &model{path: place(outer), now: time.UnixMilli(1).UTC(), identities: map[string]cognito.Identity{}, users: map[string]iam.User{}}
		cached := rapid.SampledFrom([]int{-1, 2, 8, 0}).Draw(t, "cached")
		m.open(t, cached)
		defer func() { _ = m.store.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"create": m.create,
			"link":   m.link,
			"delete": m.delete,
			"remove": m.remove,
			"list":   m.list,
			"pools":  m.pools,
			"user":   m.user,
			"reopen": func(t *rapid.T) {
				mustClose(t, m.store)
				m.open(t, cached)
			},
			"": m.check,
		})
	})
}

func drawPool(t *rapid.T) string { return rapid.SampledFrom([]string{"p", "q"}).Draw(t, "pool") }

func (m *model) fresh(pool string) cognito.Identity {
	m.now = m.now.Add(time.Millisecond)
	id := fmt.Sprint("r:", len(m.ids))
	m.ids = append(m.ids, id)
	return cognito.Identity{ID: id, Pool: pool, Created: m.now, Modified: m.now}
}

func (m *model) create(t *rapid.T) {
	i := m.fresh(drawPool(t))
	create(t, m.store, i)
	m.identities[i.ID] = i
}

// link draws logins and what to do about them, and does it to store and model.
func (m *model) link(t *rapid.T) {
	pool := drawPool(t)
	logins := rapid.SliceOfNDistinct(rapid.Custom(drawLogin), 1, 3, rapid.ID[cognito.Login]).Draw(t, "logins")
	self := ""
	if own := m.of(pool); len(own) > 0 && rapid.Bool().Draw(t, "with self") {
		self = rapid.SampledFrom(own).Draw(t, "self")
	}
	fresh, refusal := m.fresh(pool), errors.New("refused")
	seed := rapid.IntRange(0, 9).Draw(t, "seed")
	decide := func(self *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
		if seed == 9 {
			return cognito.Link{}, refusal
		}
		return decision(seed, fresh, logins, self, owners), nil
	}
	shown, owners := m.shown(pool, self, logins)
	want, wantErr := decide(shown, owners)
	got, err := m.store.LinkLogins(context.Background(), pool, self, logins,
		func(s *cognito.Identity, o []cognito.Identity) (cognito.Link, error) {
			if diff := cmp.Diff(shown, s) + cmp.Diff(owners, o); diff != "" {
				t.Fatalf("decide was shown (-want +got)\n%s", diff)
			}
			return decide(s, o)
		})
	if !errors.Is(err, wantErr) {
		t.Fatalf("LinkLogins: %v, want %v", err, wantErr)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(m.carryOut(want), got); diff != "" {
		t.Fatalf("LinkLogins (-want +got)\n%s", diff)
	}
}

func drawLogin(t *rapid.T) cognito.Login {
	return cognito.Login{
		Provider: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "provider"),
		Subject:  rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "subject"),
	}
}

// decision is any decision that a domain might take, chosen by seed.
func decision(seed int, fresh cognito.Identity, logins []cognito.Login, self *cognito.Identity, owners []cognito.Identity) cognito.Link {
	var l cognito.Link
	for _, login := range logins {
		if !slices.ContainsFunc(owners, func(o cognito.Identity) bool { return slices.Contains(o.Logins, login) }) {
			l.Add = append(l.Add, login)
		}
	}
	all := slices.Clone(owners)
	if self != nil && !slices.ContainsFunc(all, func(o cognito.Identity) bool { return o.ID == self.ID }) {
		all = append(all, *self)
	}
	if len(all) == 0 || seed == 0 {
		l.Create = &fresh
	} else {
		l.Keep = all[seed%len(all)].ID
	}
	if seed%3 != 0 {
		for _, i := range all {
			if i.ID != l.Keep {
				l.Merge = append(l.Merge, i.ID)
			}
		}
	}
	if l.Create == nil && seed%4 > 1 {
		l.Remove = logins[:len(logins)-seed%2] // also such as are not there, or come just now
		l.Disable = seed%4 > 2
	}
	return l
}

func (m *model) of(pool string) []string {
	return slices.DeleteFunc(slices.Clone(m.ids), func(id string) bool {
		i, ok := m.identities[id]
		return !ok || i.Pool != pool
	})
}

func (m *model) shown(pool, self string, logins []cognito.Login) (*cognito.Identity, []cognito.Identity) {
	var shown *cognito.Identity
	if i, ok := m.identities[self]; ok {
		shown = &i
	}
	var owners []cognito.Identity
	for _, login := range logins {
		for _, id := range m.of(pool) {
			i := m.identities[id]
			seen := slices.ContainsFunc(owners, func(o cognito.Identity) bool { return o.ID == id })
			if slices.Contains(i.Logins, login) && !seen {
				owners = append(owners, i)
			}
		}
	}
	return shown, owners
}

func (m *model) carryOut(l cognito.Link) cognito.Identity {
	keep := m.identities[l.Keep]
	changed := len(l.Add)+len(l.Merge)+len(l.Remove) > 0 || l.Disable
	if l.Create != nil {
		keep = *l.Create
	} else if changed {
		keep.Modified = m.now
	}
	keep.Logins = slices.Concat(keep.Logins, l.Add)
	for _, id := range l.Merge {
		from := m.identities[id]
		keep.Logins = slices.Concat(keep.Logins, from.Logins)
		from.Logins, from.Disabled, from.Modified = nil, true, m.now
		m.identities[id] = from
	}
	slices.SortFunc(keep.Logins, func(a, b cognito.Login) int {
		return strings.Compare(a.Provider+a.Subject, b.Provider+b.Subject)
	})
	keep.Logins = slices.DeleteFunc(keep.Logins, func(login cognito.Login) bool { return slices.Contains(l.Remove, login) })
	if len(keep.Logins) == 0 {
		keep.Logins = nil
	}
	keep.Authenticated = keep.Authenticated || len(keep.Logins) > 0
	keep.Disabled = keep.Disabled || l.Disable
	m.identities[keep.ID] = keep
	return keep
}

func (m *model) delete(t *rapid.T) {
	pool, limit := drawPool(t), rapid.IntRange(0, 3).Draw(t, "limit")
	doomed := m.of(pool)
	slices.Sort(doomed)
	doomed = doomed[:min(limit, len(doomed))]
	n, err := m.store.DeleteIdentitiesOf(context.Background(), pool, limit)
	if err != nil || n != len(doomed) {
		t.Fatalf("DeleteIdentitiesOf = %d, %v, want %d", n, err, len(doomed))
	}
	for _, id := range doomed {
		delete(m.identities, id)
	}
}

// remove deletes one identity, which may be gone already.
func (m *model) remove(t *rapid.T) {
	if len(m.ids) == 0 {
		return
	}
	id := rapid.SampledFrom(m.ids).Draw(t, "id")
	_, exists := m.identities[id]
	err := m.store.DeleteIdentity(context.Background(), id)
	if exists && err != nil || !exists && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("DeleteIdentity(%s): %v, exists: %v", id, err, exists)
	}
	delete(m.identities, id)
}

func (m *model) list(t *rapid.T) {
	pool, hide, limit := drawPool(t), rapid.Bool().Draw(t, "hide"), rapid.IntRange(0, 4).Draw(t, "limit")
	after := rapid.SampledFrom(append([]string{"", "r:", "r:99"}, m.ids...)).Draw(t, "after")
	var want []cognito.Identity
	ids := m.of(pool)
	slices.Sort(ids)
	for _, id := range ids {
		if i := m.identities[id]; id > after && len(want) < limit && !(hide && i.Disabled) {
			want = append(want, i)
		}
	}
	got, err := m.store.ListIdentities(context.Background(), pool, after, hide, limit)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatalf("ListIdentities(%s, %q, %t, %d): %v (-want +got)\n%s", pool, after, hide, limit, err, diff)
	}
}

func (m *model) pools(t *rapid.T) {
	after := rapid.SampledFrom([]string{"", "o", "p", "pp", "q"}).Draw(t, "after")
	want := ""
	for _, pool := range []string{"q", "p"} {
		if pool > after && len(m.of(pool)) > 0 {
			want = pool
		}
	}
	got, err := m.store.PoolAfter(context.Background(), after)
	if got != want || errors.Is(err, fs.ErrNotExist) != (want == "") || want != "" && err != nil {
		t.Fatalf("PoolAfter(%q) = %q, %v, want %q", after, got, err, want)
	}
}

// user creates, changes or deletes a user, or fails as the model says.
func (m *model) user(t *rapid.T) {
	ctx := context.Background()
	name := rapid.SampledFrom([]string{"ann", "Ann", "bob"}).Draw(t, "name")
	key := strings.ToLower(name)
	old, exists := m.users[key]
	u := user(name, "AIDA-"+key, rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"AKIA1", "AKIA2", "AKIA3"}), 0, 2, rapid.ID[string]).Draw(t, "keys")...)
	taken := slices.ContainsFunc(u.EntityAliases(), func(alias string) bool { return m.holder(alias) != "" && m.holder(alias) != key })
	var err, want error
	switch rapid.SampledFrom([]string{"create", "update", "delete"}).Draw(t, "what") {
	case "create":
		if err, want = m.store.Users().Create(ctx, u), when(exists || taken, fs.ErrExist); want == nil {
			m.users[key] = u
		}
	case "update":
		u.ID = old.ID
		err = m.store.Users().Update(ctx, name, func(v *iam.User) error { *v = u; return nil })
		if want = errors.Join(when(!exists, fs.ErrNotExist), when(exists && taken, fs.ErrExist)); want == nil {
			m.users[key] = u
		}
	default:
		err = m.store.Users().Delete(ctx, name, nil)
		want = when(!exists, fs.ErrNotExist)
		delete(m.users, key)
	}
	for _, sentinel := range []error{fs.ErrExist, fs.ErrNotExist} {
		if errors.Is(err, sentinel) != errors.Is(want, sentinel) || (err == nil) != (want == nil) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
}

func when(condition bool, err error) error {
	if condition {
		return err
	}
	return nil
}

// holder is the key of the user with an alias.
func (m *model) holder(alias string) string {
	for key, u := range m.users {
		if slices.Contains(u.EntityAliases(), alias) {
			return key
		}
	}
	return ""
}

func (m *model) check(t *rapid.T) {
	ctx := context.Background()
	owners := map[string]string{}
	for _, id := range m.ids {
		got, err := m.store.Identity(ctx, id)
		want, ok := m.identities[id]
		if errors.Is(err, fs.ErrNotExist) == ok || ok && err != nil {
			t.Fatalf("identity %s: %v, exists: %v", id, err, ok)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("identity %s (-want +got)\n%s", id, diff)
		}
		for _, login := range got.Logins {
			key := fmt.Sprint(got.Pool, login)
			if owners[key] != "" {
				t.Fatalf("login %s has owners %s and %s", key, owners[key], id)
			}
			owners[key] = id
		}
	}
	for _, name := range []string{"ann", "bob"} {
		got, err := m.store.Users().Get(ctx, name)
		if diff := cmp.Diff(m.users[name], got); diff != "" || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("user %s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for _, alias := range []string{"AKIA1", "AKIA2", "AKIA3", "AIDA-ann"} {
		got, err := m.store.Users().Find(ctx, alias)
		if diff := cmp.Diff(m.users[m.holder(alias)], got); diff != "" || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("alias %s: %v (-want +got)\n%s", alias, err, diff)
		}
	}
}
