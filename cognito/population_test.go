package cognito_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/cognito"
)

// visitors calls the service and keeps in a population what should come of it.
type visitors struct {
	*world
	population
	pool   string
	tokens map[cognito.Login]string
}

// The service over the store does what the decisions say.
func TestStoreKeepsTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := w.tokensOf("a", "b")
	rapid.Check(t, func(t *rapid.T) {
		v := visitors{world: w, population: newPopulation(), pool: w.developerPool(), tokens: tokens}
		v.comeAsGuest()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			w.clock.move(time.Duration(rapid.IntRange(0, 1).Draw(t, "seconds")) * time.Second)
			calls := []func(*rapid.T){v.comeAsUser, v.comeAgain, v.comeAgain, v.comeVouchedFor, v.mergeUsers, v.unlink, v.unlinkUser}
			rapid.SampledFrom(calls).Draw(t, "call")(t)
			switch rapid.IntRange(0, 5).Draw(t, "before or after") {
			case 0:
				v.comeAsGuest()
			case 1:
				v.leave(t)
			}
		}
		v.compare(t)
	})
}

// tokensOf are tokens of every provider for subjects, good for a day.
func (w *world) tokensOf(subjects ...string) map[cognito.Login]string {
	w.t.Helper()
	tokens := map[cognito.Login]string{}
	for name, p := range map[string]idp{userPool: w.users, oidc: w.oidc, google: w.google} {
		for _, subject := range subjects {
			tokens[login(name, subject)] = w.sign(p, "alice", "sub", subject, "exp", w.clock.in(24*time.Hour))
		}
	}
	return tokens
}

func (v visitors) comeAsGuest() {
	id := v.getID(v.pool, nil)
	v.all[id] = cognito.Identity{ID: id, Created: v.clock.Now()}
}

func (v visitors) leave(t *rapid.T) {
	id := v.self(t)
	ok(v.deleteIdentities(root(), id))(t)
	v.remove(id)
}

// self draws an identity, with a guest where there is none.
func (v visitors) self(t *rapid.T) string {
	if len(v.all) == 0 {
		v.comeAsGuest()
	}
	return rapid.SampledFrom(v.ids()).Draw(t, "self")
}

// expect fails unless the service answered as decided, and carries out what was.
func (v visitors) expect(t *rapid.T, call string, id string, err error, l cognito.Link, refused error) {
	if refusal(t, err) != refusal(t, refused) {
		t.Fatalf("%s: %v, want %v", call, err, refused)
	}
	if err != nil {
		return
	}
	if want := v.carryOut(l); id != want {
		t.Fatalf("%s gives %s, want %s", call, id, want)
	}
}

func (v visitors) comeAsUser(t *rapid.T) {
	logins, tokens := v.draw(t)
	id := v.getID(v.pool, tokens)
	l, err := cognito.FindOrCreate(cognito.Identity{ID: id, Created: v.clock.Now()}, logins, v.owners(logins...))
	v.expect(t, "GetId", id, nil, l, err)
}

func (v visitors) comeAgain(t *rapid.T) {
	self := v.all[v.self(t)]
	logins, tokens := v.draw(t)
	out, err := v.getToken(self.ID, tokens)
	l, refused := cognito.LinkOf(self, logins, v.owners(logins...))
	v.expect(t, "GetOpenIdToken", idOf(out), err, l, refused)
}

func (v visitors) comeVouchedFor(t *rapid.T) {
	logins, tokens := v.draw(t)
	if rapid.Bool().Draw(t, "no public logins") {
		logins, tokens = nil, map[string]string{}
	}
	user := drawUser(t)
	logins, tokens[developer] = append([]cognito.Login{user}, logins...), user.Subject
	var self *cognito.Identity
	id := ""
	if rapid.Bool().Draw(t, "asked for") {
		id = v.self(t)
		asked := v.all[id]
		self = &asked
	}
	out, err := v.vouch(v.pool, id, tokens)
	l, refused := cognito.LinkDeveloper(self, cognito.Identity{ID: idOf(out), Created: v.clock.Now()}, logins, v.owners(logins...))
	v.expect(t, "GetOpenIdTokenForDeveloperIdentity", idOf(out), err, l, refused)
}

func idOf(out *cognito.GetOpenIDTokenOutput) string {
	if out == nil {
		return ""
	}
	return out.IdentityID
}

func (v visitors) mergeUsers(t *rapid.T) {
	from, to := drawUser(t), drawUser(t)
	out, err := v.merge(v.pool, from.Subject, to.Subject)
	l, refused := cognito.MergeUsers(from, to, v.owners(from, to))
	id := ""
	if out != nil {
		id = out.IdentityID
	}
	v.expect(t, "MergeDeveloperIdentities", id, err, l, refused)
}

func (v visitors) unlink(t *rapid.T) {
	self := v.all[v.self(t)]
	logins, tokens := v.draw(t)
	providers := rapid.SliceOfN(rapid.SampledFrom([]string{userPool, oidc, google, developer}), 0, 2).Draw(t, "providers")
	_, err := v.world.unlink(self.ID, tokens, providers...)
	l, refused := cognito.Unlink(self, logins, v.owners(logins...), providers...)
	v.expect(t, "UnlinkIdentity", self.ID, err, l, refused)
}

func (v visitors) unlinkUser(t *rapid.T) {
	self, user := v.all[v.self(t)], drawUser(t)
	_, err := v.world.unlinkUser(v.pool, self.ID, user.Subject)
	l, refused := cognito.UnlinkUser(self, user)
	v.expect(t, "UnlinkDeveloperIdentity", self.ID, err, l, refused)
}

// draw draws one login of each of some providers, and their tokens.
func (v visitors) draw(t *rapid.T) (logins []cognito.Login, tokens map[string]string) {
	providers := rapid.SampledFrom([]string{userPool, oidc, google})
	subjects := rapid.MapOfN(providers, rapid.SampledFrom([]string{"a", "b"}), 1, 3).Draw(t, "logins")
	tokens = map[string]string{}
	for _, provider := range slices.Sorted(maps.Keys(subjects)) {
		l := login(provider, subjects[provider])
		logins, tokens[provider] = append(logins, l), v.tokens[l]
	}
	return logins, tokens
}

func (v visitors) compare(t *rapid.T) {
	for id, want := range v.all {
		want.Logins = sortedLogins(want.Logins)
		times := cmpopts.IgnoreFields(cognito.Identity{}, "Pool", "Created", "Modified")
		if diff := cmp.Diff(want, v.identity(id), times, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("identity (-want +got):\n%s", diff)
		}
	}
	if n := len(v.list(v.pool, cognito.ListIdentitiesInput{MaxResults: 60}).Identities); n != len(v.all) {
		t.Fatalf("%d identities are listed, want %d", n, len(v.all))
	}
}
