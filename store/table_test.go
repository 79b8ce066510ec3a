package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/seal"
)

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`

func parsed(t testing.TB, text string) *policy.Document {
	t.Helper()
	doc, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func sources() cmp.Option {
	return cmp.Transformer("source", func(d *policy.Document) string {
		if d == nil {
			return "none"
		}
		return d.Source()
	})
}

func role(t testing.TB, name, id string) iam.Role {
	return iam.Role{
		Account: "000000000000", Path: "/", Name: name, ID: id, Description: "d", MaxSession: time.Hour,
		Trust: parsed(t, trust), Tags: []iam.Tag{{Key: "k", Value: "v"}},
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
	}
}

func user(name, id string, keys ...string) iam.User {
	u := iam.User{Account: "000000000000", Path: "/", Name: name, ID: id, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for _, k := range keys {
		u.Keys = append(u.Keys, iam.AccessKey{ID: k, Secret: iam.Secret("very-secret-" + k), Active: true})
	}
	return u
}

func TestTableKeepsEverything(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	s := openAt(t, path)
	yes := true
	aRole, aUser := role(t, "App", "AROA1"), user("Alice", "AIDA1", "AKIA1", "AKIA2")
	aProvider := iam.OIDCProvider{Account: "000000000000", Host: "id.example.com:8443/realm", ClientIDs: []string{"a", "b"}}
	aSAML := iam.SAMLProvider{
		Account: "000000000000", Name: "Corp", UUID: "SAMLSP1", Document: "<x>\r\n</x>", Encryption: "Allowed",
		PrivateKeys: []iam.SAMLPrivateKey{{ID: "K", PEM: "very-secret-key", Added: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}},
		ValidUntil:  time.Date(2126, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	aPool := cognito.Pool{ID: "us-east-1:1", RoleMappings: map[string]cognito.RoleMapping{"p": {Type: "Token"}}}
	aPool.Name, aPool.AllowClassicFlow, aPool.Tags = "n", &yes, map[string]string{"a": "b"}
	for _, err := range []error{
		s.Roles().Create(t.Context(), aRole),
		s.Users().Create(t.Context(), aUser),
		s.OIDCProviders().Create(t.Context(), aProvider),
		s.SAMLProviders().Create(t.Context(), aSAML),
		s.Pools().Create(t.Context(), aPool),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for range 2 { // from the file, then from the cache
			same(t, aRole)(s.Roles().Get(t.Context(), "aPP"))
			same(t, aRole)(s.Roles().Find(t.Context(), "AROA1"))
			same(t, aUser)(s.Users().Get(t.Context(), "ALICE"))
			same(t, aUser)(s.Users().Find(t.Context(), "AKIA2"))
			same(t, aProvider)(s.OIDCProviders().Get(t.Context(), aProvider.Host))
			same(t, aSAML)(s.SAMLProviders().Get(t.Context(), "cORP"))
			same(t, aPool)(s.Pools().Get(t.Context(), aPool.ID))
		}
		mustClose(t, s)
		s = openAt(t, path)
	}
}

func same[T any](t *testing.T, want T) func(T, error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
			return
		}
		if diff := cmp.Diff(want, got, sources()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func wantError[T any](t *testing.T, want error) func(T, error) {
	t.Helper()
	return func(_ T, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestTableMissing(t *testing.T) {
	t.Parallel()
	roles := open(t).Roles()
	never := func(*iam.Role) error { t.Error("change ran"); return nil }
	wantError[iam.Role](t, fs.ErrNotExist)(roles.Get(t.Context(), "no"))
	wantError[iam.Role](t, fs.ErrNotExist)(roles.Find(t.Context(), "no"))
	wantError[int](t, fs.ErrNotExist)(0, roles.Update(t.Context(), "no", never))
	wantError[int](t, fs.ErrNotExist)(0, roles.Delete(t.Context(), "no", nil))
}

func TestTableTaken(t *testing.T) {
	t.Parallel()
	users := open(t).Users()
	for _, u := range []iam.User{user("Alice", "AIDA1", "AKIA1"), user("Bob", "AIDA2", "AKIA2")} {
		if err := users.Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	for name, u := range map[string]iam.User{"name": user("aLICE", "AIDA3"), "id": user("Carol", "AIDA1"), "key": user("Carol", "AIDA3", "AKIA2")} {
		if err := users.Create(t.Context(), u); !errors.Is(err, fs.ErrExist) {
			t.Errorf("taken %s: %v", name, err)
		}
	}
	wantError[iam.User](t, fs.ErrNotExist)(users.Get(t.Context(), "carol"))
	wantError[iam.User](t, fs.ErrNotExist)(users.Find(t.Context(), "AIDA3"))
	err := users.Update(t.Context(), "bob", func(u *iam.User) error {
		u.Keys = append(u.Keys, iam.AccessKey{ID: "AKIA1"})
		return nil
	})
	wantError[int](t, fs.ErrExist)(0, err)
	same(t, user("Bob", "AIDA2", "AKIA2"))(users.Find(t.Context(), "AKIA2"))
}

func TestTableUpdate(t *testing.T) {
	t.Parallel()
	users := open(t).Users()
	if err := users.Create(t.Context(), user("Alice", "AIDA1", "AKIA1")); err != nil {
		t.Fatal(err)
	}
	shared, err := users.Find(t.Context(), "AKIA1")
	if err != nil {
		t.Fatal(err)
	}
	refusal := errors.New("no")
	err = users.Update(t.Context(), "alice", func(u *iam.User) error {
		u.Keys[0].Active = false
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("Update: %v", err)
	}
	same(t, user("Alice", "AIDA1", "AKIA1"))(users.Find(t.Context(), "AKIA1"))
	err = users.Update(t.Context(), "alice", func(u *iam.User) error {
		u.Name = "Alicia"
		u.Keys[0] = iam.AccessKey{ID: "AKIA9", Secret: "s"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if shared.Keys[0].ID != "AKIA1" || shared.Name != "Alice" {
		t.Error("Update changed what Find had returned")
	}
	wantError[iam.User](t, fs.ErrNotExist)(users.Get(t.Context(), "alice"))
	wantError[iam.User](t, fs.ErrNotExist)(users.Find(t.Context(), "AKIA1"))
	changed, err := users.Find(t.Context(), "AKIA9")
	if err != nil || changed.Name != "Alicia" || changed.ID != "AIDA1" {
		t.Errorf("Find: %v, %v", changed, err)
	}
}

func TestTableDelete(t *testing.T) {
	t.Parallel()
	roles := open(t).Roles()
	if err := roles.Create(t.Context(), role(t, "App", "AROA1")); err != nil {
		t.Fatal(err)
	}
	same(t, role(t, "App", "AROA1"))(roles.Find(t.Context(), "AROA1"))
	refusal := errors.New("no")
	if err := roles.Delete(t.Context(), "app", func(iam.Role) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("Delete: %v", err)
	}
	same(t, role(t, "App", "AROA1"))(roles.Get(t.Context(), "App"))
	if err := roles.Delete(t.Context(), "aPP", func(r iam.Role) error { return nil }); err != nil {
		t.Fatal(err)
	}
	wantError[iam.Role](t, fs.ErrNotExist)(roles.Get(t.Context(), "App"))
	wantError[iam.Role](t, fs.ErrNotExist)(roles.Find(t.Context(), "AROA1"))
	if err := roles.Create(t.Context(), role(t, "app", "AROA1")); err != nil {
		t.Errorf("Create after Delete: %v", err)
	}
}

func TestTableList(t *testing.T) {
	t.Parallel()
	roles := open(t).Roles()
	for i, name := range []string{"b", "A", "d", "C", "e"} {
		if err := roles.Create(t.Context(), role(t, name, fmt.Sprint("AROA", i))); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		after string
		limit int
		want  string
	}{{"", 10, "AbCde"}, {"", 2, "Ab"}, {"B", 2, "Cd"}, {"bb", 9, "Cde"}, {"e", 9, ""}, {"", 0, ""}} {
		list, err := roles.List(t.Context(), test.after, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var names strings.Builder
		for _, r := range list {
			names.WriteString(r.Name)
		}
		if names.String() != test.want {
			t.Errorf("List(%q, %d) = %s, want %s", test.after, test.limit, &names, test.want)
		}
	}
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	s := openAt(t, path)
	for _, u := range []iam.User{user("alice", "AIDA1", "AKIA1"), user("bob", "AIDA2", "AKIA2")} {
		if err := s.Users().Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	saml := iam.SAMLProvider{Name: "idp", PrivateKeys: []iam.SAMLPrivateKey{{PEM: "very-secret-key"}}}
	if err := s.SAMLProviders().Create(t.Context(), saml); err != nil {
		t.Fatal(err)
	}
	if err := s.Pools().Create(t.Context(), twitterPool("r:1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddKey(t.Context(), "sign", storeKey("k1", 1, "very-secret-signing"), false); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	file, err := os.ReadFile(filepath.Join(path, "cenote.db"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(file), "very-secret") {
		t.Error("a secret stands in the file")
	}
	inFile(t, path, `UPDATE entities SET doc = (SELECT doc FROM entities WHERE name = 'bob') WHERE name = 'alice'`)
	s = openAt(t, path)
	wantError[iam.User](t, seal.ErrOpen)(s.Users().Get(t.Context(), "alice"))
	wantError[iam.User](t, seal.ErrOpen)(s.Users().Find(t.Context(), "AKIA1"))
	wantError[[]iam.User](t, seal.ErrOpen)(s.Users().List(t.Context(), "", 9))
	same(t, user("bob", "AIDA2", "AKIA2"))(s.Users().Get(t.Context(), "bob"))
}

func TestDamagedDocuments(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{"text": "%%%", "short": "AAAA", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir()
			s := openAt(t, path)
			err := errors.Join(s.Users().Create(t.Context(), user("alice", "AIDA1")), s.Roles().Create(t.Context(), role(t, "app", "AROA1")))
			if err != nil {
				t.Fatal(err)
			}
			mustClose(t, s)
			inFile(t, path, `UPDATE entities SET doc = '`+doc+`'`)
			s = openAt(t, path)
			wantError[iam.User](t, seal.ErrOpen)(s.Users().Get(t.Context(), "alice"))
			if _, err := s.Roles().Get(t.Context(), "app"); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("damaged role: %v", err)
			}
		})
	}
}
