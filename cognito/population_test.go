package cognito_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
)

// visitors calls the service and keeps in a population what should come of it.
type visitors struct {
	*world
	population
	pool   string
	tokens map[cognito.Login]string
}

// The service over the store does what link and findOrCreate say.
func TestStoreKeepsTheRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := map[cognito.Login]string{}
	for name, p := range map[string]idp{userPool: w.users, oidc: w.oidc, google: w.google} {
		for _, subject := range []string{"a", "b"} {
			tokens[login(name, subject)] = w.sign(p, "alice", "sub", subject, "exp", w.clock.in(24*time.Hour))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := visitors{world: w, population: population{all: map[string]cognito.Identity{}}, pool: w.pool(), tokens: tokens}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			w.clock.move(time.Duration(rapid.IntRange(0, 1).Draw(t, "seconds")) * time.Second)
			call := rapid.IntRange(0, 3).Draw(t, "call")
			switch {
			case call == 0:
				v.comeAsGuest()
			case call == 1 || len(v.all) == 0:
				v.comeAsUser(t)
			default:
				v.comeAgain(t)
			}
		}
		v.compare(t)
	})
}

func (v visitors) comeAsGuest() {
	id := v.getID(v.pool, nil)
	v.all[id] = cognito.Identity{ID: id, Created: v.clock.Now()}
}

func (v visitors) comeAsUser(t *rapid.T) {
	logins, tokens := v.draw(t)
	id := v.getID(v.pool, tokens)
	l := ok(cognito.FindOrCreate(cognito.Identity{ID: id, Created: v.clock.Now()}, logins, v.owners(logins)))(t)
	if want := v.carryOut(l); id != want {
		t.Fatalf("GetId of %v gives %s, want %s", logins, id, want)
	}
}

func (v visitors) comeAgain(t *rapid.T) {
	self := v.all[rapid.SampledFrom(slices.Sorted(maps.Keys(v.all))).Draw(t, "self")]
	logins, tokens := v.draw(t)
	out, err := v.getToken(self.ID, tokens)
	if code := v.mayRefuse(self, logins); code != "" {
		if f, is := errors.AsType[*fault.Error](err); !is || f.Code != code {
			t.Fatalf("GetOpenIdToken of %v for %+v: %v, want %s", logins, self, err, code)
		}
		return
	}
	id := ok(out, err)(t).IdentityID
	if want := v.carryOut(ok(cognito.LinkOf(self, logins, v.owners(logins)))(t)); id != want {
		t.Fatalf("GetOpenIdToken of %v for %+v gives %s, want %s", logins, self, id, want)
	}
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
		byProvider := cmpopts.SortSlices(func(a, b cognito.Login) bool { return a.Provider < b.Provider })
		times := cmpopts.IgnoreFields(cognito.Identity{}, "Pool", "Created", "Modified")
		if diff := cmp.Diff(want, v.identity(id), byProvider, times, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("identity (-want +got):\n%s", diff)
		}
	}
}
