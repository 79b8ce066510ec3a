package cognito_test

import (
	"testing"
	"time"

	"github.com/cenotehq/cenote/cognito"
)

// TestGuestsExpire lets a guest come now and then, one stay away, and a user, too.
func TestGuestsExpire(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := newWorld(t)
	pool := w.pool()
	began := w.clock.Now()
	comes, away := w.getID(pool, nil), w.getID(pool, nil)
	user := w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")})
	expiry := &cognito.Expiry{Identities: w.store, After: 10 * day, Since: began.Add(5 * day), Now: w.clock.Now}
	expire := func() int { return ok(expiry.Expire(t.Context()))(t) }

	for range 14 {
		w.clock.move(day + time.Second)
		ok(w.getToken(comes, nil))(t)
		commits := w.store.Stats().Commits
		ok(w.getToken(comes, nil))(t)
		if w.store.Stats().Commits != commits {
			t.Error("a second visit on one day was written down")
		}
		if n := expire(); n != 0 {
			t.Fatalf("%d guests went after %s, when uses were noted for less than 10 days", n, w.clock.Now().Sub(began))
		}
	}
	w.clock.move(2 * day)
	if n := expire(); n != 1 {
		t.Errorf("%d guests went, not the one who was away", n)
	}
	refused(w.getToken(away, nil))(t, "ResourceNotFoundException", "Identity '"+away+"' not found.")
	ok(w.getToken(comes, nil))(t)
	w.clock.move(11 * day)
	if n := expire(); n != 1 {
		t.Errorf("%d guests went, not the one who stayed away at last", n)
	}
	if got := w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")}); got != user {
		t.Errorf("the user is %s, was %s", got, user)
	}
}
