package cognito_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
)

// population carries out links in memory.
type population struct {
	all  map[string]cognito.Identity
	once map[string]bool // ids that ever were a user's, of those that are left
	now  int64
}

func newPopulation() population {
	return population{all: map[string]cognito.Identity{}, once: map[string]bool{}}
}

// owners are the distinct owners of logins.
func (p population) owners(logins ...cognito.Login) (owners []cognito.Identity) {
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
	kept.Logins = slices.DeleteFunc(kept.Logins, func(login cognito.Login) bool { return slices.Contains(l.Remove, login) })
	kept.Disabled = kept.Disabled || l.Disable
	p.all[id] = kept
	return id
}

func (p population) remove(id string) {
	delete(p.all, id)
	delete(p.once, id)
}

// ids are all ids, in order.
func (p population) ids() []string { return slices.Sorted(maps.Keys(p.all)) }

// refusal is the code of err, empty if there is none.
func refusal(t *rapid.T, err error) string {
	if err == nil {
		return ""
	}
	f, is := errors.AsType[*fault.Error](err)
	if !is {
		t.Fatalf("no refusal: %v", err)
	}
	return f.Code
}

// mustRefuse is when link has to refuse, and with which code, by the letter of
// "linking and merging".
func (p population) mustRefuse(self cognito.Identity, logins []cognito.Login) string {
	owners := p.owners(logins...)
	own := slices.ContainsFunc(owners, func(o cognito.Identity) bool { return o.ID == self.ID })
	if self.Disabled || self.Authenticated && !own {
		return notAuthorized
	}
	return cannotUnite(slices.Concat(self.Logins, logins), owners...)
}

// cannotUnite is why logins and those of identities cannot be one identity's.
func cannotUnite(logins []cognito.Login, identities ...cognito.Identity) string {
	for _, i := range identities {
		logins = append(logins, i.Logins...)
	}
	distinct := map[cognito.Login]bool{}
	for _, one := range logins {
		distinct[one] = true
		for _, two := range logins {
			if one.Provider == two.Provider && one.Subject != two.Subject && one.Provider != developer {
				return conflict
			}
		}
	}
	if len(distinct) > 20 {
		return conflict
	}
	return ""
}

// check fails unless every login has one owner, no identity two users of a public
// provider or more than 20 logins, no disabled one any login, and no guest was a user.
func (p population) check(t interface{ Fatalf(string, ...any) }) {
	owned := map[cognito.Login]string{}
	for id, identity := range p.all {
		users := map[string]bool{}
		for _, l := range identity.Logins {
			second := users[l.Provider] && l.Provider != developer
			if other, twice := owned[l]; twice || second || identity.Disabled || !identity.Authenticated {
				t.Fatalf("%v of %+v, also of %q", l, identity, other)
			}
			owned[l], users[l.Provider] = id, true
		}
		if len(identity.Logins) > 20 || p.once[id] && !identity.Authenticated {
			t.Fatalf("%+v, once a user: %t", identity, p.once[id])
		}
		if identity.Authenticated && len(identity.Logins) == 0 && !identity.Disabled {
			t.Fatalf("%+v is of no use, but not disabled", identity)
		}
		p.once[id] = identity.Authenticated
	}
}

func TestLinkKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPopulation()
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			p.now += rapid.Int64Range(0, 1).Draw(t, "seconds")
			fresh := at(p.now, fmt.Sprintf("%d-%d", rapid.IntRange(0, 9).Draw(t, "id"), step))
			logins := drawLogins(t)
			if len(p.all) == 0 || rapid.IntRange(0, 4).Draw(t, "new") == 0 {
				p.all[fresh.ID] = fresh
			}
			self := rapid.SampledFrom(p.ids()).Draw(t, "self")
			switch rapid.IntRange(0, 6).Draw(t, "call") {
			case 0:
				p.carryOut(ok(cognito.FindOrCreate(fresh, logins, p.owners(logins...)))(t))
			case 1:
				p.link(t, self, logins)
			case 2:
				p.linkDeveloper(t, self, fresh, logins)
			case 3:
				p.mergeUsers(t, drawUser(t), drawUser(t))
			case 4:
				p.unlink(t, self, logins, drawProviders(t))
			case 5:
				p.unlinkUser(t, self, drawUser(t))
			case 6:
				p.remove(self)
			}
			p.check(t)
		}
	})
}

// link calls link for an identity and holds the answer against the rules.
func (p population) link(t *rapid.T, id string, logins []cognito.Login) {
	self, owners := p.all[id], p.owners(logins...)
	l, err := cognito.LinkOf(self, logins, owners)
	if code := p.mustRefuse(self, logins); code != refusal(t, err) {
		t.Fatalf("link(%+v, %v) gives %+v, %v; want %q", self, logins, l, err, code)
	}
	if err != nil {
		return
	}
	p.linked(t, l, append(owners, self), owners, logins)
	again := ok(cognito.LinkOf(p.all[l.Keep], logins, p.owners(logins...)))(t)
	if diff := cmp.Diff(cognito.Link{Keep: l.Keep}, again, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the second time (-want +got):\n%s", diff)
	}
}

// linked carries out a link of the identities all, of which owners own logins, and holds
// it against the rules.
func (p population) linked(t *rapid.T, l cognito.Link, all, owners []cognito.Identity, logins []cognito.Login) {
	kept := p.all[l.Keep]
	if kept.ID == "" || kept.Disabled || l.Create != nil {
		t.Fatalf("linked to %+v: %+v", kept, l)
	}
	if !slices.ContainsFunc(all, func(i cognito.Identity) bool { return i.ID == l.Keep }) {
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
}

// linkDeveloper calls linkDeveloper for an identity or for none.
func (p population) linkDeveloper(t *rapid.T, id string, fresh cognito.Identity, public []cognito.Login) {
	user := drawUser(t)
	logins := append([]cognito.Login{user}, public...)
	var self *cognito.Identity
	owners := p.owners(logins...)
	all := owners
	code := cannotUnite(logins, owners...)
	if rapid.Bool().Draw(t, "asked for") {
		asked := p.all[id]
		self, all = &asked, append(slices.Clone(owners), asked)
		code = p.mustRefuse(asked, logins)
		registered := p.owners(user)
		if len(registered) > 0 && registered[0].ID != id && !asked.Disabled {
			code = duplicateUser
		}
	}
	l, err := cognito.LinkDeveloper(self, fresh, logins, owners)
	if code != refusal(t, err) {
		t.Fatalf("linkDeveloper(%+v, %v) gives %+v, %v; want %q", self, logins, l, err, code)
	}
	switch {
	case err != nil:
	case self == nil && len(owners) == 0:
		if p.carryOut(l) != fresh.ID || !slices.Equal(p.all[fresh.ID].Logins, logins) {
			t.Fatalf("a new user is %+v", p.all[fresh.ID])
		}
	default:
		p.linked(t, l, all, owners, logins)
	}
}

func (p population) mergeUsers(t *rapid.T, from, to cognito.Login) {
	source, destination := p.owners(from), p.owners(to)
	code := notFound
	if len(source) == 1 && len(destination) == 1 {
		code = cannotUnite(source[0].Logins, destination[0])
	}
	l, err := cognito.MergeUsers(from, to, p.owners(from, to))
	if code != refusal(t, err) {
		t.Fatalf("mergeUsers(%v, %v) gives %+v, %v; want %q", from, to, l, err, code)
	}
	if err != nil {
		return
	}
	p.carryOut(l)
	if p.owners(from)[0].ID != destination[0].ID || p.owners(to)[0].ID != destination[0].ID {
		t.Fatalf("%v and %v are of %+v, want %s", from, to, p.owners(from, to), destination[0].ID)
	}
	if id := source[0].ID; id != destination[0].ID && !p.all[id].Disabled {
		t.Fatalf("of the source there is left %+v", p.all[id])
	}
}

func (p population) unlink(t *rapid.T, id string, logins []cognito.Login, providers []string) {
	self, owners := p.all[id], p.owners(logins...)
	code := ""
	var want []cognito.Login
	for _, l := range self.Logins {
		if !slices.Contains(providers, l.Provider) {
			want = append(want, l)
		}
	}
	for _, name := range providers {
		linked := slices.ContainsFunc(self.Logins, func(l cognito.Login) bool { return l.Provider == name })
		if !linked || name == developer {
			code = conflict
		}
	}
	if self.Disabled || !slices.ContainsFunc(owners, func(o cognito.Identity) bool { return o.ID == id }) {
		code = notAuthorized
	}
	l, err := cognito.Unlink(self, logins, owners, providers...)
	if code != refusal(t, err) {
		t.Fatalf("unlink(%+v, %v, %v) gives %+v, %v; want %q", self, logins, providers, l, err, code)
	}
	if err != nil {
		return
	}
	p.carryOut(l)
	if got := p.all[id]; !slices.Equal(got.Logins, want) || got.Disabled != (len(want) == 0) {
		t.Fatalf("unlink(%+v, %v) leaves %+v", self, providers, got)
	}
}

func (p population) unlinkUser(t *rapid.T, id string, user cognito.Login) {
	self := p.all[id]
	l, err := cognito.UnlinkUser(self, user)
	if linked := slices.Contains(self.Logins, user); linked != (err == nil) || !linked && refusal(t, err) != conflict {
		t.Fatalf("unlinkUser(%+v, %v): %v", self, user, err)
	}
	if err != nil {
		return
	}
	p.carryOut(l)
	if got := p.all[id]; len(p.owners(user)) > 0 || len(got.Logins) != len(self.Logins)-1 || got.Disabled != (len(got.Logins) == 0) {
		t.Fatalf("unlinkUser(%+v, %v) leaves %+v", self, user, got)
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

// drawUser draws a user of the developer.
func drawUser(t *rapid.T) cognito.Login {
	return login(developer, rapid.SampledFrom([]string{"u", "v", "w"}).Draw(t, "user"))
}

func drawProviders(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"p", "q", "r", developer}), 0, 3).Draw(t, "providers")
}
