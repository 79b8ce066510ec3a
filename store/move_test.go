package store_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

// moment is when tests of moving move.
func moment() time.Time { return time.Date(2026, 5, 6, 7, 8, 9, 123_000_000, time.UTC) }

const account = "111122223333"

// filled makes a store with something of everything, and n identities.
func filled(t testing.TB, path string, n int) *store.Store {
	t.Helper()
	s := openClock(t, path, moment())
	ctx := t.Context()
	yes := true
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Roles().Create(ctx, role(t, "App <&> 'é", "AROA1")))
	must(s.Roles().Create(ctx, role(t, "b", "AROA2")))
	must(s.Users().Create(ctx, user("Alice", "AIDA1", "AKIA1", "AKIA2")))
	must(s.Groups().Create(ctx, iam.Group{Account: account, Name: "Staff", ID: "AGPA1"}))
	must(s.ManagedPolicies().Create(ctx, iam.ManagedPolicy{Account: account, Name: "Read", ID: "ANPA1"}))
	must(s.OIDCProviders().Create(ctx, iam.OIDCProvider{Account: account, Host: "id.example.com:8443/realm", ClientIDs: []string{"a"}}))
	must(s.SAMLProviders().Create(ctx, iam.SAMLProvider{Account: account, Name: "Corp", Document: "<x>\r\n</x>"}))
	must(s.Pools().Create(ctx, cognito.Pool{ID: "p", Region: "r", Account: account, PoolSettings: cognito.PoolSettings{Name: "Shop", AllowClassicFlow: &yes}}))
	for i, purpose := range []string{"account", "session tokens", "session tokens", "sign RS512"} {
		_, err := s.AddKey(ctx, purpose, storeKey(fmt.Sprint("k", i), int64(i+1), "very-secret"), i != 2)
		must(err)
	}
	var group errgroup.Group
	group.SetLimit(256)
	for i := range n {
		group.Go(func() error { return furnish(ctx, s, i) })
	}
	must(group.Wait())
	must(s.Assertions("sts").Take(ctx, "saml", "1", "ann", moment().Add(time.Minute)))
	must(s.Assertions("sts").Take(ctx, "saml", "over", "ann", moment().Add(-time.Minute)))
	s.Uses().Record("AROA1", use(1))
	s.Uses().Record("AKIA2", use(2))
	must(store.FlushUses(ctx, s))
	return s
}

// furnish makes the i-th identity: a guest, one with logins, or one that was merged away.
func furnish(ctx context.Context, s *store.Store, i int) error {
	fresh := guest(fmt.Sprintf("r:%08x-%d", uint32(i)*2654435761, i), fmt.Sprint("p", i%2))
	fresh.Created, fresh.Modified = moment().Add(time.Duration(i)), moment()
	if i%3 == 0 {
		err := s.CreateIdentity(ctx, fresh)
		if err == nil && i%2 == 0 {
			err = s.UseIdentity(ctx, fresh.ID, moment().Add(time.Hour))
		}
		return err
	}
	var logins []cognito.Login
	for n := range i % 3 {
		logins = append(logins, cognito.Login{Provider: fmt.Sprint("idp", n), Subject: fmt.Sprintf("%d \"<é\u2028😀\x01>&\\", i)})
	}
	_, err := s.LinkLogins(ctx, fresh.Pool, "", logins, do(cognito.Link{Create: &fresh, Add: logins, Disable: i%7 == 0}))
	return err
}

func export(t testing.TB, s *store.Store) (string, store.Counts) {
	t.Helper()
	var out bytes.Buffer
	counts, err := s.Export(t.Context(), &out, account, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), counts
}

func importInto(t testing.TB, path, text string) (store.Imported, error) {
	t.Helper()
	config := at(path, masterKey(t))
	config.Now = moment
	return store.Import(t.Context(), config, strings.NewReader(text), "")
}

// body is an export without what is sealed anew each time, in its first and last line.
func body(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[1 : len(lines)-1]
}

// places are both engines.
func places(t testing.TB) map[string]string {
	pg := server(t)
	all := map[string]string{"SQLite": t.TempDir()}
	for _, name := range []string{"PostgreSQL", "another"} {
		url, err := pg.Create(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = url
	}
	return all
}

// TestMove moves everything from SQLite to PostgreSQL, from there to another PostgreSQL,
// and back: nothing changes on the way.
func TestMove(t *testing.T) {
	t.Parallel()
	const identities = 2345 // more than two pages
	from := filled(t, t.TempDir(), identities)
	first, counts := export(t, from)
	want := store.Counts{Keys: 4, Entities: 8, Identities: identities, Logins: identities - 1, Uses: 2, Assertions: 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Fatalf("counts: %s", diff)
	}
	if strings.Contains(first, "very-secret") {
		t.Error("a secret is in the clear")
	}
	there := places(t)
	text := first
	for _, name := range []string{"PostgreSQL", "another", "SQLite"} {
		got, err := importInto(t, there[name], text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(store.Imported{Account: account, Created: moment(), Counts: want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		s := openClock(t, there[name], moment())
		text, _ = export(t, s)
		if diff := cmp.Diff(body(first), body(text)); diff != "" {
			t.Fatalf("%s: another export: %s", name, diff)
		}
		checkMoved(t, s)
		mustClose(t, s)
	}
}

// checkMoved asks a store as servers do.
func checkMoved(t *testing.T, s *store.Store) {
	t.Helper()
	if got, err := s.Users().Find(t.Context(), "AKIA2"); err != nil || string(got.Keys[1].Secret) != "very-secret-AKIA2" {
		t.Errorf("the user of a key: %+v, %v", got, err)
	}
	if keys, err := s.Keys(t.Context(), "session tokens"); err != nil || len(keys) != 2 || string(keys[0].Secret) != "very-secret" {
		t.Errorf("keys: %v, %v", keys, err)
	}
	if added, err := s.AddKey(t.Context(), "account", storeKey("other", 9, ""), true); added || err != nil {
		t.Errorf("another first key: %v, %v", added, err)
	}
	if err := s.Assertions("sts").Take(t.Context(), "saml", "1", "bob", moment()); err == nil {
		t.Error("an assertion can be taken twice")
	}
	lastUse(t, s, "AROA1", use(1))
	if identity, err := s.Identity(t.Context(), "r:b54cda26-6"); err != nil || !identity.Used.Equal(moment().Add(time.Hour)) {
		t.Errorf("a guest: %+v, %v", identity, err)
	}
	login := cognito.Login{Provider: "idp0", Subject: "1 \"<é\u2028😀\x01>&\\"}
	if owners := ownersOf(t, s, "p1", login); len(owners) != 1 || !strings.HasSuffix(owners[0].ID, "-1") {
		t.Errorf("owners of a login: %v", owners)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	s := filled(t, t.TempDir(), 5)
	good, _ := export(t, s)
	lines := strings.SplitAfter(strings.TrimSuffix(good, "\n"), "\n")
	last := len(lines) - 1
	edit := func(n int, old, fresh string) string {
		changed := strings.Replace(lines[n], old, fresh, 1)
		if changed == lines[n] {
			t.Fatalf("line %d has no %s: %s", n+1, old, lines[n])
		}
		return strings.Join(lines[:n], "") + changed + strings.Join(lines[n+1:], "")
	}
	user, identity := 0, 0
	for i, l := range lines {
		if strings.Contains(l, `"kind":"user"`) {
			user = i
		}
		if strings.Contains(l, `"subject":"1 `) {
			identity = i
		}
	}
	for name, tt := range map[string]struct{ text, says string }{
		"nothing":                  {"", "line 1 of the export: there is nothing"},
		"something else":           {`{"a":1}`, "line 1 of the export: this is no export"},
		"no JSON":                  {"hunter2\n", "this is no export"},
		"a newer version":          {edit(0, `"version":1`, `"version":2,"new":{}`), "it has version 2, this program knows version 1: import it with"},
		"a new member in front":    {edit(0, `"account"`, `"hunter2":1,"account"`), "line 1 of the export: it has a member or value that this program does not know"},
		"a new member":             {edit(identity, `"pool"`, `"hunter2":1,"pool"`), fmt.Sprintf("line %d of the export: it has a member", identity+1)},
		"a new kind of line":       {edit(1, `"key"`, `"hunter2"`), "line 2 of the export: it has a member"},
		"a new kind of document":   {edit(user, `"user"`, `"alien"`), `no documents of kind "alien"`},
		"a document under a name":  {edit(user, `"name":"alice"`, `"name":"bob"`), "this user cannot be read"},
		"another type":             {edit(identity, `"authenticated":true`, `"authenticated":"hunter2"`), "its member identity.authenticated is of another type"},
		"a key under another name": {edit(1, `"id":"k0"`, `"id":"k1"`), "line 2 of the export: the master key does not open the key"},
		"a login of somebody else": {edit(identity, `"subject":"1 `, `"subject":"9 `), "the export is damaged or was changed"},
		"another account":          {edit(0, account, "999999999999"), "the export is damaged or was changed"},
		"a line twice":             {edit(identity, lines[identity], lines[identity]+lines[identity]), "changed"},
		"a line less":              {edit(identity, lines[identity], ""), "changed"},
		"an end of another":        {strings.Join(lines[:last], "") + strings.Replace(lines[last], `"check":"`, `"check":"A`, 1), "changed"},
		"cut off between lines":    {strings.Join(lines[:last], ""), fmt.Sprintf("line %d of the export: the export is cut off", last+1)},
		"cut off within a line":    {good[:len(good)-20], "it is not JSON: the export is damaged or cut off"},
		"cut off after the header": {lines[0], "line 2 of the export: the export is cut off"},
		"something behind":         {good + "{}\n", "there is something behind the end"},
		"two on a line":            {edit(1, "\n", "{}\n"), "there is more than one thing on it"},
		"a line that says nothing": {edit(1, lines[1], "{}\n"), "line 2 of the export: it says nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := place(t)
			_, err := importInto(t, path, tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("says %v, want %q", err, tt.says)
			}
			if !is[*store.ExportError](err) {
				t.Errorf("it is a %T", err)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("it quotes: %v", err)
			}
		})
	}
}

func TestImportOfAnotherAccount(t *testing.T) {
	t.Parallel()
	text, _ := export(t, filled(t, t.TempDir(), 1))
	_, err := store.Import(t.Context(), at(place(t), masterKey(t)), strings.NewReader(text), "999999999999")
	if !is[*store.ExportError](err) || !strings.Contains(err.Error(), "it is of account "+account) {
		t.Error(err)
	}
}

// TestImportAgain begins anew over what a failed import has left, which nothing else opens.
func TestImportAgain(t *testing.T) {
	t.Parallel()
	for name, path := range places(t) {
		t.Run(name, func(t *testing.T) {
			old, _ := export(t, filled(t, t.TempDir(), 1500))
			if _, err := importInto(t, path, old[:len(old)-10]); !is[*store.UnfinishedError](err) || !is[*store.ExportError](err) {
				t.Fatalf("a cut export: %v", err)
			}
			if _, err := openWith(path, masterKey(t)); !is[*store.UnfinishedError](err) {
				t.Errorf("Open: %v", err)
			}
			if _, err := openBeside(t, path); !is[*store.UnfinishedError](err) {
				t.Errorf("Open beside: %v", err)
			}
			fresh, _ := export(t, filled(t, t.TempDir(), 30))
			if _, err := importInto(t, path, fresh); err != nil {
				t.Fatal(err)
			}
			again, _ := export(t, openClock(t, path, moment()))
			if diff := cmp.Diff(body(fresh), body(again)); diff != "" {
				t.Errorf("something is left: %s", diff)
			}
		})
	}
}

func TestImportIntoWhatIsNotEmpty(t *testing.T) {
	t.Parallel()
	text, _ := export(t, filled(t, t.TempDir(), 3))
	for name, fill := range map[string]func(*store.Store) error{
		"a pool":      func(s *store.Store) error { return s.Pools().Create(t.Context(), cognito.Pool{ID: "p"}) },
		"an identity": func(s *store.Store) error { return s.CreateIdentity(t.Context(), guest("r:1", "p")) },
		"a key": func(s *store.Store) error {
			_, err := s.AddKey(t.Context(), "x", storeKey("a", 1, "b"), true)
			return err
		},
		"an assertion": func(s *store.Store) error { return s.Assertions("sts").Take(t.Context(), "a", "b", "c", time.Now()) },
	} {
		path := place(t)
		s := openAt(t, path)
		if err := fill(s); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
		if _, err := importInto(t, path, text); !is[*store.NotEmptyError](err) {
			t.Errorf("%s: %v", name, err)
		}
		mustClose(t, openAt(t, path)) // it is as good as before
	}
	path := place(t)
	mustClose(t, openAt(t, path))
	if _, err := importInto(t, path, text); err != nil {
		t.Errorf("a place without anything but its master key: %v", err)
	}
	if _, err := importInto(t, path, text); !is[*store.NotEmptyError](err) {
		t.Errorf("a second import: %v", err)
	}
}

// TestImportWantsTheMasterKey makes nothing under another key.
func TestImportWantsTheMasterKey(t *testing.T) {
	t.Parallel()
	text, _ := export(t, filled(t, t.TempDir(), 3))
	other, err := seal.NewKey(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	path := place(t)
	_, err = store.Import(t.Context(), at(path, other), strings.NewReader(text), "")
	if !is[*store.MasterKeyError](err) || !strings.Contains(err.Error(), "that of the place that was exported") {
		t.Errorf("another key: %v", err)
	}
	if _, err := importInto(t, path, text); err != nil {
		t.Errorf("with the right key afterwards: %v", err)
	}
}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

// FuzzImport reads what may be an export. If it is one, it is none any more with another
// bit anywhere before its last line.
func FuzzImport(f *testing.F) {
	s := filled(f, f.TempDir(), 7)
	good, _ := export(f, s)
	for at := range 40 {
		f.Add(good, at*len(good)/40, byte(1<<(at%8)))
		f.Add(good[:at*len(good)/40], 0, byte(1))
	}
	f.Fuzz(func(t *testing.T, text string, at int, bits byte) {
		if store.ReadExport(t.Context(), s, strings.NewReader(text)) != nil {
			return
		}
		end := strings.LastIndex(strings.TrimSuffix(text, "\n"), "\n")
		if at < 0 || at >= end || bits == 0 {
			return
		}
		raw := []byte(text)
		raw[at] ^= bits
		if err := store.ReadExport(t.Context(), s, bytes.NewReader(raw)); err == nil {
			t.Fatalf("changed at %d by %x, it is still taken", at, bits)
		}
	})
}
