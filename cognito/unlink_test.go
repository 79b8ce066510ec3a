package cognito_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
)

func (w *world) unlink(id string, logins map[string]string, providers ...string) (*struct{}, error) {
	return w.UnlinkIdentity(w.t.Context(), &cognito.UnlinkIdentityInput{IdentityID: id, Logins: logins, LoginsToRemove: providers})
}

func sortedLogins(logins []cognito.Login) []cognito.Login {
	return slices.SortedFunc(slices.Values(logins), func(a, b cognito.Login) int {
		return strings.Compare(a.Provider+" "+a.Subject, b.Provider+" "+b.Subject)
	})
}

func TestUnlinkIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	g, o, u := w.sign(w.google, "alice", "sub", "1"), w.sign(w.oidc, "alice", "sub", "2"), w.sign(w.users, "alice", "sub", "3")
	all := []cognito.Login{login(google, "1"), login(userPool, "3"), login(oidc, "2"), login(developer, "ann")}
	tests := map[string]struct {
		logins map[string]string
		remove []string
		want   []cognito.Login
	}{
		"the other one":         {map[string]string{google: g}, []string{oidc}, []cognito.Login{all[0], all[1], all[3]}},
		"the one presented":     {map[string]string{google: g}, []string{google}, all[1:]},
		"several":               {map[string]string{google: g}, []string{oidc, userPool}, []cognito.Login{all[0], all[3]}},
		"one named twice":       {map[string]string{google: g}, []string{oidc, oidc, oidc + "/"}, []cognito.Login{all[0], all[1], all[3]}},
		"with a slash":          {map[string]string{google: g}, []string{oidc + "/"}, []cognito.Login{all[0], all[1], all[3]}},
		"all but the developer": {map[string]string{google: g, oidc: o, userPool: u}, []string{google, oidc, userPool}, all[3:]},
		"none":                  {map[string]string{google: g}, nil, all},
		"with a stranger's":     {map[string]string{google: g, oidc: w.sign(w.oidc, "bob", "sub", "4")}, []string{userPool}, []cognito.Login{all[0], all[2], all[3]}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id := ok(w.vouch(pool, "", map[string]string{developer: "ann", google: g, oidc: o, userPool: u}))(t).IdentityID
			ok(w.unlink(id, tt.logins, tt.remove...))(t)
			got := w.identity(id)
			if diff := cmp.Diff(sortedLogins(tt.want), got.Logins); diff != "" || got.Disabled || !got.Authenticated {
				t.Errorf("left with %+v (-want +got):\n%s", got, diff)
			}
			ok(w.deleteIdentities(root(), id))(t)
		})
	}
}

func TestUnlinkTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	both := map[string]string{google: w.sign(w.google, "alice"), oidc: w.sign(w.oidc, "alice")}
	id := w.getID(pool, both)
	w.clock.move(time.Minute)
	ok(w.unlink(id, map[string]string{google: both[google]}, google))(t)
	refused(w.unlink(id, map[string]string{google: both[google]}, oidc))(t, notAuthorized, dontMatch)
	refused(w.getToken(id, map[string]string{google: both[google]}))(t, notAuthorized, dontMatch)
	if another := w.getID(pool, map[string]string{google: both[google]}); another == id {
		t.Error("the login that was taken off still leads to the identity")
	}
	ok(w.unlink(id, map[string]string{oidc: both[oidc]}, oidc))(t)
	want := cognito.Identity{
		ID: id, Pool: pool, Authenticated: true, Disabled: true,
		Created: w.clock.Now().UTC().Add(-time.Minute), Modified: w.clock.Now().UTC(),
	}
	if diff := cmp.Diff(want, w.identity(id)); diff != "" {
		t.Errorf("without logins (-want +got):\n%s", diff)
	}
	for _, logins := range []map[string]string{nil, {oidc: both[oidc]}} {
		refused(w.getToken(id, logins))(t, notAuthorized, forbidden(id))
		refused(w.getCredentials(id, logins))(t, notAuthorized, forbidden(id))
		refused(w.unlink(id, logins, oidc))(t, notAuthorized, forbidden(id))
	}
	refused(w.unlink(id, map[string]string{oidc: "no token"}, oidc))(t, notAuthorized, forbidden(id)) // whatever is brought
	if again := w.getID(pool, map[string]string{oidc: both[oidc]}); again == id {
		t.Error("the last login still leads to the disabled identity")
	}
}

func TestUnlinkRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.developerPool(), w.pool()
	logins := map[string]string{google: w.sign(w.google, "alice"), developer: "ann"}
	id := ok(w.vouch(pool, "", logins))(t).IdentityID
	delete(logins, developer)
	guest, elsewhere := w.getID(pool, nil), w.getID(other, logins)
	bob := map[string]string{google: w.sign(w.google, "bob")}
	w.getID(pool, bob)
	own := ok(w.getToken(id, logins))(t).Token
	now := w.clock.in(0)
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	noLogin := func(id, provider string) string {
		return "Identity '" + id + "' has no such login of provider " + provider + "."
	}
	tests := map[string]struct {
		id            string
		logins        map[string]string
		remove        []string
		code, message string
	}{
		"another person":           {id, bob, []string{google}, notAuthorized, dontMatch},
		"a login of nobody":        {id, map[string]string{oidc: w.sign(w.oidc, "carol")}, []string{google}, notAuthorized, dontMatch},
		"no login":                 {id, map[string]string{}, []string{google}, notAuthorized, dontMatch},
		"a guest":                  {guest, logins, []string{google}, notAuthorized, dontMatch},
		"a guest without a login":  {guest, nil, []string{google}, notAuthorized, dontMatch},
		"not linked":               {id, logins, []string{oidc}, conflict, noLogin(id, oidc)},
		"one of two is not linked": {id, logins, []string{google, oidc}, conflict, noLogin(id, oidc)},
		"no provider at all":       {id, logins, []string{"x"}, conflict, noLogin(id, "x")},
		"the developer":            {id, logins, []string{developer}, conflict, noLogin(id, developer)},
		"the developer's word":     {id, map[string]string{developer: "ann"}, []string{google}, notAuthorized, notJWT},
		"a token of ours":          {id, map[string]string{host: own}, []string{google}, notAuthorized, "Invalid login token. Can't pass in a Cognito token."},
		"expired":                  {id, map[string]string{google: w.sign(w.google, "alice", "exp", now-301)}, []string{google}, notAuthorized, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", now, now-301)},
		"another app":              {id, map[string]string{google: w.sign(w.google, "alice", "aud", "x")}, []string{google}, notAuthorized, unsupported},
		"an unknown identity":      {nobody, logins, []string{google}, notFound, unknown(nobody)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { refused(w.unlink(tt.id, tt.logins, tt.remove...))(t, tt.code, tt.message) })
	}
	if n := len(w.identity(id).Logins); n != 2 {
		t.Errorf("refusals left %d logins", n)
	}
	ok(w.unlink(elsewhere, maps.Clone(logins), google))(t)
	if n := len(w.identity(id).Logins); n != 2 {
		t.Errorf("the same login in another pool took off one here, %d are left", n)
	}
	ok(w.delete(root(), pool))(t)
	refused(w.unlink(id, logins, google))(t, notFound, unknown(id))
}

func TestUnlinkWithoutProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	logins := map[string]string{google: w.sign(w.google, "alice")}
	id := w.getID(pool, logins)
	logins[oidc] = w.sign(w.oidc, "alice")
	w.oidc.web.Close()
	refused(w.unlink(id, logins, google))(t, externalService, "The identity provider "+oidc+" is not responding.")
	if i := w.identity(id); i.Disabled || len(i.Logins) != 1 {
		t.Errorf("a refusal left %+v", i)
	}
}
