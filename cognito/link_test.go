package cognito_test

import (
	"errors"
	"fmt"
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

const dontMatch = "Logins don't match. Please include at least one valid login for this identity or identity pool."

// at is an identity that was made so many seconds after the others, a user if it
// has logins.
func at(second int64, id string, logins ...cognito.Login) cognito.Identity {
	return cognito.Identity{ID: id, Logins: logins, Authenticated: len(logins) > 0, Created: time.Unix(second, 0)}
}

func login(provider, subject string) cognito.Login {
	return cognito.Login{Provider: provider, Subject: subject}
}

func TestLink(t *testing.T) {
	t.Parallel()
	a, b, c := login("p", "a"), login("q", "b"), login("r", "c")
	list := func(l ...cognito.Login) []cognito.Login { return l }
	tests := map[string]struct {
		self   cognito.Identity
		logins []cognito.Login
		owners []cognito.Identity
		want   cognito.Link
	}{
		"a guest keeps the id with a login that is nobody's": {
			at(1, "g"), list(a), nil, cognito.Link{Keep: "g", Add: list(a)},
		},
		"a guest gives way to the owner, younger though it be": {
			at(1, "g"), list(a), []cognito.Identity{at(2, "x", a)}, cognito.Link{Keep: "x", Merge: []string{"g"}},
		},
		"the owner also gets what is nobody's": {
			at(1, "g"), list(a, b), []cognito.Identity{at(2, "x", a)}, cognito.Link{Keep: "x", Add: list(b), Merge: []string{"g"}},
		},
		"a user comes again": {
			at(1, "x", a), list(a), []cognito.Identity{at(1, "x", a)}, cognito.Link{Keep: "x"},
		},
		"a user with a login of theirs links another": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "x", a)}, cognito.Link{Keep: "x", Add: list(b)},
		},
		"of two users the older goes on: self": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "x", a), at(2, "y", b)}, cognito.Link{Keep: "x", Merge: []string{"y"}},
		},
		"of two users the older goes on: the other": {
			at(2, "x", a), list(a, b), []cognito.Identity{at(2, "x", a), at(1, "y", b)}, cognito.Link{Keep: "y", Merge: []string{"x"}},
		},
		"of two of the same moment the lower id goes on": {
			at(1, "x", a), list(a, b), []cognito.Identity{at(1, "w", b), at(1, "x", a)}, cognito.Link{Keep: "w", Merge: []string{"x"}},
		},
		"a guest brings two users together": {
			at(1, "g"), list(a, b, c),
			[]cognito.Identity{at(3, "y", b), at(2, "x", a)},
			cognito.Link{Keep: "x", Add: list(c), Merge: []string{"g", "y"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ok(cognito.LinkOf(tt.self, tt.logins, tt.owners))(t)
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty(), sorted); diff != "" {
				t.Errorf("link (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	a, b := login("p", "a"), login("q", "b")
	disabled, was := at(1, "x"), at(1, "x")
	disabled.Disabled, disabled.Authenticated, was.Authenticated = true, true, true
	many := at(1, "many")
	more := at(2, "more")
	many.Logins = append(many.Logins, login("l", "u"))
	for i := range 10 {
		many.Logins = append(many.Logins, login(fmt.Sprint("m", i), "u"))
		more.Logins = append(more.Logins, login(fmt.Sprint("n", i), "u"))
	}
	many.Authenticated, more.Authenticated = true, true
	tests := map[string]struct {
		self          cognito.Identity
		logins        []cognito.Login
		owners        []cognito.Identity
		code, message string
	}{
		"disabled":                      {disabled, []cognito.Login{a}, nil, notAuthorized, "Access to Identity 'x' is forbidden."},
		"a user's, none of the logins":  {at(1, "x", a), []cognito.Login{b}, nil, notAuthorized, dontMatch},
		"a user's, somebody else's":     {at(1, "x", a), []cognito.Login{b}, []cognito.Identity{at(2, "y", b)}, notAuthorized, dontMatch},
		"once a user, without logins":   {was, []cognito.Login{a}, nil, notAuthorized, dontMatch},
		"another user of that provider": {at(1, "x", a, login("q", "old")), []cognito.Login{a, b}, []cognito.Identity{at(1, "x", a, login("q", "old"))}, conflict, "Identity 'x' already has a different login of provider q."},
		"merge of two users of one provider": {
			at(1, "x", a, login("s", "1")),
			[]cognito.Login{a, b},
			[]cognito.Identity{at(1, "x", a, login("s", "1")), at(2, "y", b, login("s", "2"))},
			conflict, "Identity 'x' already has a different login of provider s.",
		},
		"21 logins": {
			many,
			[]cognito.Login{many.Logins[0], more.Logins[0]},
			[]cognito.Identity{many, more},
			conflict, "Identity 'many' would have more than 20 logins.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(cognito.LinkOf(tt.self, tt.logins, tt.owners))(t, tt.code, tt.message)
		})
	}
}

func TestTwentyLoginsAreAllowed(t *testing.T) {
	t.Parallel()
	x, y := at(1, "x"), at(2, "y")
	for i := range 10 {
		x.Logins = append(x.Logins, login(fmt.Sprint("m", i), "u"))
		y.Logins = append(y.Logins, login(fmt.Sprint("n", i), "u"))
	}
	x.Authenticated, y.Authenticated = true, true
	got := ok(cognito.LinkOf(x, []cognito.Login{x.Logins[3], y.Logins[4]}, []cognito.Identity{x, y}))(t)
	if diff := cmp.Diff(cognito.Link{Keep: "x", Merge: []string{"y"}}, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("link (-want +got):\n%s", diff)
	}
}

func TestFindOrCreate(t *testing.T) {
	t.Parallel()
	a, b := login("p", "a"), login("q", "b")
	fresh := at(9, "new")
	created := fresh
	created.Authenticated = true
	tests := map[string]struct {
		owners []cognito.Identity
		want   cognito.Link
	}{
		"nobody's":      {nil, cognito.Link{Create: &created, Add: []cognito.Login{a, b}}},
		"one owner":     {[]cognito.Identity{at(2, "x", b)}, cognito.Link{Keep: "x"}},
		"two owners":    {[]cognito.Identity{at(2, "x", a), at(1, "y", b)}, cognito.Link{Keep: "y"}},
		"equally old":   {[]cognito.Identity{at(1, "y", a), at(1, "x", b)}, cognito.Link{Keep: "x"}},
		"owner of both": {[]cognito.Identity{at(1, "x", a, b)}, cognito.Link{Keep: "x"}},
	}
	for name, tt := range tests {
		got := ok(cognito.FindOrCreate(fresh, []cognito.Login{a, b}, tt.owners))(t)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// population carries out links in memory.
type population struct {
	all map[string]cognito.Identity
	now int64
}

// owners are the distinct owners of logins.
func (p population) owners(logins []cognito.Login) (owners []cognito.Identity) {
	for _, id := range slices.Sorted(maps.Keys(p.all)) {
		if slices.ContainsFunc(logins, func(l cognito.Login) bool { return slices.Contains(p.all[id].Logins, l) }) {
			owners = append(owners, p.all[id])
		}
	}
	return owners
}

func (p population) carryOut(l cognito.Link) string {
	id := l.Keep
	if l.Create != nil {
		id = l.Create.ID
		p.all[id] = *l.Create
	}
	kept := p.all[id]
	kept.Logins = append(slices.Clone(kept.Logins), l.Add...)
	for _, other := range l.Merge {
		merged := p.all[other]
		kept.Logins = append(kept.Logins, merged.Logins...)
		merged.Logins, merged.Disabled = nil, true
		p.all[other] = merged
	}
	kept.Authenticated = kept.Authenticated || len(kept.Logins) > 0
	p.all[id] = kept
	return id
}

// mayRefuse is when link has to refuse, and with which code, by the letter of
// "linking and merging".
func (p population) mayRefuse(self cognito.Identity, logins []cognito.Login) string {
	owners := p.owners(logins)
	union := slices.Concat(self.Logins, logins)
	own := false
	for _, o := range owners {
		union = append(union, o.Logins...)
		own = own || o.ID == self.ID
	}
	if self.Disabled || self.Authenticated && !own {
		return notAuthorized
	}
	for _, one := range union {
		for _, two := range union {
			if one.Provider == two.Provider && one.Subject != two.Subject {
				return conflict
			}
		}
	}
	return ""
}

// check fails unless every login has one owner, no identity two users of a
// provider, and no disabled one any login.
func (p population) check(t *rapid.T) {
	owned := map[cognito.Login]string{}
	for id, identity := range p.all {
		users := map[string]bool{}
		for _, l := range identity.Logins {
			if other, twice := owned[l]; twice || users[l.Provider] || identity.Disabled || !identity.Authenticated {
				t.Fatalf("%v of %+v, also of %q", l, identity, other)
			}
			owned[l], users[l.Provider] = id, true
		}
	}
}

func TestLinkKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := population{all: map[string]cognito.Identity{}}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			p.now += rapid.Int64Range(0, 1).Draw(t, "seconds")
			fresh := at(p.now, fmt.Sprintf("%02d", rapid.IntRange(0, 99).Draw(t, "id")))
			logins := drawLogins(t)
			_, taken := p.all[fresh.ID]
			switch rapid.IntRange(0, 3).Draw(t, "call") {
			case 0:
				if !taken {
					p.all[fresh.ID] = fresh
				}
			case 1:
				if !taken {
					p.carryOut(ok(cognito.FindOrCreate(fresh, logins, p.owners(logins)))(t))
				}
			default:
				if len(p.all) > 0 {
					p.link(t, rapid.SampledFrom(slices.Sorted(maps.Keys(p.all))).Draw(t, "self"), logins)
				}
			}
			p.check(t)
		}
	})
}

// link calls link for an identity and holds the answer against the rules.
func (p population) link(t *rapid.T, id string, logins []cognito.Login) {
	self, owners := p.all[id], p.owners(logins)
	l, err := cognito.LinkOf(self, logins, owners)
	if code := p.mayRefuse(self, logins); code != "" {
		if f, is := errors.AsType[*fault.Error](err); !is || f.Code != code {
			t.Fatalf("link(%+v, %v) gives %+v, %v; want %s", self, logins, l, err, code)
		}
		return
	}
	if err != nil {
		t.Fatalf("link(%+v, %v): %v", self, logins, err)
	}
	kept := p.all[l.Keep]
	if kept.ID == "" || kept.Disabled || l.Create != nil {
		t.Fatalf("link(%+v, %v) gives %+v", self, logins, l)
	}
	if !slices.ContainsFunc(append(owners, self), func(i cognito.Identity) bool { return i.ID == l.Keep }) {
		t.Fatalf("%s is none of the parties", l.Keep)
	}
	if !kept.Authenticated && len(owners) > 0 {
		t.Fatalf("the guest %s wins over %v", l.Keep, owners)
	}
	for _, o := range owners {
		if o.Created.Before(kept.Created) {
			t.Fatalf("%s wins over the older %s", l.Keep, o.ID)
		}
	}
	p.carryOut(l)
	for _, login := range logins {
		if !slices.Contains(p.all[l.Keep].Logins, login) {
			t.Fatalf("%v is not of %s", login, l.Keep)
		}
	}
	again := ok(cognito.LinkOf(p.all[l.Keep], logins, p.owners(logins)))(t)
	if diff := cmp.Diff(cognito.Link{Keep: l.Keep}, again, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the second time (-want +got):\n%s", diff)
	}
}

// drawLogins draws one login of each of some providers, as a Logins map holds.
func drawLogins(t *rapid.T) (logins []cognito.Login) {
	subjects := rapid.MapOfN(rapid.SampledFrom([]string{"p", "q", "r"}), rapid.SampledFrom([]string{"a", "b"}), 1, 3).Draw(t, "logins")
	for _, provider := range slices.Sorted(maps.Keys(subjects)) {
		logins = append(logins, login(provider, subjects[provider]))
	}
	return logins
}
