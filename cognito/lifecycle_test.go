package cognito_test

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
)

const noGuests = "Unauthenticated access is not supported for this identity pool."

func forbidden(id string) string { return "Access to Identity '" + id + "' is forbidden." }

func TestGuests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	shape := regexp.MustCompile(`^us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, logins := range []map[string]string{nil, nil, {}} {
		id := w.getID(pool, logins)
		if seen[id] || !shape.MatchString(id) {
			t.Errorf("a guest is %q, after %v", id, seen)
		}
		seen[id] = true
		now := w.clock.Now().UTC()
		want := cognito.Identity{ID: id, Pool: pool, Created: now, Modified: now}
		if diff := cmp.Diff(want, w.identity(id)); diff != "" {
			t.Errorf("guest (-want +got):\n%s", diff)
		}
	}
}

func TestGuestsAreNotLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	before := w.getID(pool, nil)
	update := cognito.IdentityPool{PoolSettings: settings()}
	update.IdentityPoolID, update.AllowUnauthenticated = pool, false
	ok(w.UpdateIdentityPool(t.Context(), root(), &update))(t)
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool}))(t, notAuthorized, noGuests)
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{}}))(t, notAuthorized, noGuests)
	refused(w.getToken(before, nil))(t, notAuthorized, noGuests)
	refused(w.getCredentials(before, nil))(t, notAuthorized, noGuests)
	if out := ok(w.getToken(before, map[string]string{userPool: w.sign(w.users, "alice")}))(t); out.IdentityID != before {
		t.Errorf("a guest who signs in is %s, want %s", out.IdentityID, before)
	}
}

func TestOneIdentityForEachUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	alice := map[string]string{userPool: w.sign(w.users, "alice")}
	id := w.getID(pool, alice)
	w.clock.move(time.Minute)
	if again := w.getID(pool, map[string]string{userPool: w.sign(w.users, "alice")}); again != id {
		t.Errorf("alice is %s and %s", id, again)
	}
	for name, got := range map[string]string{
		"another user":     w.getID(pool, map[string]string{userPool: w.sign(w.users, "bob")}),
		"another provider": w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")}),
		"another pool":     w.getID(other, alice),
	} {
		if got == id {
			t.Errorf("%s has alice's identity", name)
		}
	}
	both := map[string]string{userPool: w.sign(w.users, "alice"), google: w.sign(w.google, "alice")}
	if got := w.getID(pool, both); got != id {
		t.Errorf("alice with a login more is %s, want %s", got, id)
	}
	if n := len(w.identity(id).Logins); n != 1 {
		t.Errorf("GetId linked: alice has %d logins", n)
	}
}

func TestFirstLoginsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	alice := map[string]string{userPool: w.sign(w.users, "alice")}
	bob := map[string]string{userPool: w.sign(w.users, "bob")}
	const n = 16
	var guests, found, linked [n]string
	for i := range n {
		guests[i] = w.getID(pool, nil)
	}
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			out, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: alice})
			if err != nil {
				t.Error(err)
				return
			}
			found[i] = out.IdentityID
		})
		wait.Go(func() {
			out, err := w.getCredentials(guests[i], bob)
			if err != nil {
				t.Error(err)
				return
			}
			linked[i] = out.IdentityID
		})
	}
	wait.Wait()
	for i := range n {
		if found[i] != found[0] || linked[i] != linked[0] {
			t.Errorf("two identities at once: %s and %s, %s and %s", found[0], found[i], linked[0], linked[i])
		}
		if i := w.identity(guests[i]); i.Disabled == (i.ID == linked[0]) {
			t.Errorf("of the guests who became bob, %s, one is %+v", linked[0], i)
		}
	}
}

func TestGuestBecomesUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	alice := map[string]string{userPool: w.sign(w.users, "alice")}
	w.clock.move(time.Minute)
	if out := ok(w.getCredentials(guest, alice))(t); out.IdentityID != guest {
		t.Fatalf("the id changed from %s to %s", guest, out.IdentityID)
	}
	got := w.identity(guest)
	want := cognito.Identity{
		ID: guest, Pool: pool, Authenticated: true, Logins: []cognito.Login{login(userPool, "a11ce000-0000-4000-8000-000000000001")},
		Created: got.Modified.Add(-time.Minute), Modified: w.clock.Now().UTC(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	refused(w.getCredentials(guest, nil))(t, notAuthorized, forbidden(guest))
	refused(w.getToken(guest, map[string]string{}))(t, notAuthorized, forbidden(guest))
	refused(w.getToken(guest, map[string]string{userPool: w.sign(w.users, "bob")}))(t, notAuthorized, dontMatch)
	if id := w.getID(pool, alice); id != guest {
		t.Errorf("alice is %s, want %s", id, guest)
	}
}

func TestGuestGivesWayToUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	w.clock.move(time.Minute)
	alice := map[string]string{userPool: w.sign(w.users, "alice")}
	id := w.getID(pool, alice)
	if out := ok(w.getToken(guest, alice))(t); out.IdentityID != id || w.claims(out.Token).Subject != id {
		t.Fatalf("the token is for %s, want %s", out.IdentityID, id)
	}
	if i := w.identity(guest); !i.Disabled || i.Authenticated {
		t.Errorf("the guest is left as %+v", i)
	}
	for _, logins := range []map[string]string{nil, alice} {
		refused(w.getToken(guest, logins))(t, notAuthorized, forbidden(guest))
		refused(w.getCredentials(guest, logins))(t, notAuthorized, forbidden(guest))
	}
	refused(w.getCredentials(guest, map[string]string{host: "anything"}))(t, notAuthorized, forbidden(guest))
}

func TestUsersMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	alice := map[string]string{userPool: w.sign(w.users, "alice")}
	googler := map[string]string{google: w.sign(w.google, "alice")}
	older := w.getID(pool, alice)
	w.clock.move(time.Minute)
	younger := w.getID(pool, googler)
	both := map[string]string{userPool: alice[userPool], google: googler[google]}
	if out := ok(w.getCredentials(younger, both))(t); out.IdentityID != older {
		t.Fatalf("%s goes on, want the older %s", out.IdentityID, older)
	}
	if n := len(w.identity(older).Logins); n != 2 {
		t.Errorf("%d logins after the merge", n)
	}
	for _, logins := range []map[string]string{alice, googler, both} {
		if id := w.getID(pool, logins); id != older {
			t.Errorf("got %s, want %s", id, older)
		}
		refused(w.getToken(younger, logins))(t, notAuthorized, forbidden(younger))
		if out := ok(w.getToken(older, logins))(t); out.IdentityID != older {
			t.Errorf("got %s, want %s", out.IdentityID, older)
		}
	}
}

func TestOneUserOfEachProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	alice := map[string]string{userPool: w.sign(w.users, "alice"), oidc: w.sign(w.oidc, "alice")}
	id := w.getID(pool, alice)
	before := w.identity(id)
	mixed := map[string]string{userPool: alice[userPool], oidc: w.sign(w.oidc, "bob")}
	message := "Identity '" + id + "' already has a different login of provider " + oidc + "."
	refused(w.getToken(id, mixed))(t, conflict, message)
	refused(w.getCredentials(id, mixed))(t, conflict, message)
	if diff := cmp.Diff(before, w.identity(id)); diff != "" {
		t.Errorf("a refusal changed the identity (-before +after):\n%s", diff)
	}
}

func TestUnknownIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const id, pool = "us-east-1:00000000-0000-4000-8000-000000000000", "us-east-1:00000000-0000-4000-8000-000000000001"
	logins := map[string]string{userPool: w.sign(w.users, "alice")}
	for _, l := range []map[string]string{nil, logins, {host: "x"}} {
		refused(w.getToken(id, l))(t, notFound, "Identity '"+id+"' not found.")
		refused(w.getCredentials(id, l))(t, notFound, "Identity '"+id+"' not found.")
		refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: l}))(t, notFound, "IdentityPool '"+pool+"' not found.")
	}
}
