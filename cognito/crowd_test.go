package cognito_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
)

// crowd is several people who come at once, each with logins of their own, and with
// whatever identity ids they have heard of.
type crowd struct {
	*world
	pool   string
	tokens map[cognito.Login]string

	mu     sync.Mutex
	heard  []string
	owners map[string]string // identity to the person who once had it as a user
	served atomic.Int64
}

func people() []string { return []string{"ann", "bob", "cid", "dan"} }

// No sequence of calls gives a person the identity of another, whatever happens at the
// same time, and afterwards all is in order.
func TestCrowd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &crowd{world: w, pool: w.developerPool(), tokens: w.tokensOf(people()...), owners: map[string]string{}}
	w.bothRoles(c.pool)
	c.hear(w.getID(c.pool, nil))
	seed := rand.Uint64()
	t.Log("seed", seed)
	var wait sync.WaitGroup
	for worker := range 8 {
		draw := rand.New(rand.NewPCG(seed, uint64(worker)))
		wait.Go(func() {
			for range 100 {
				c.step(draw)
			}
		})
	}
	wait.Wait()
	c.check()
	if n := c.served.Load(); n < 200 {
		t.Errorf("only %d of 800 calls were served", n)
	}
}

// step is one call of one person.
func (c *crowd) step(draw *rand.Rand) {
	person := people()[draw.IntN(4)]
	logins, id := c.loginsOf(draw, person), c.anybodys(draw)
	user := fmt.Sprint(person, draw.IntN(2)) // each is two of the developer's users
	switch draw.IntN(10) {
	case 0:
		out, err := c.GetID(c.t.Context(), &cognito.GetIDInput{IdentityPoolID: c.pool})
		if c.isServed(err) {
			c.hear(out.IdentityID)
		}
	case 1, 2:
		out, err := c.GetID(c.t.Context(), &cognito.GetIDInput{IdentityPoolID: c.pool, Logins: logins})
		if c.isServed(err) {
			c.has(person, out.IdentityID)
		}
	case 3, 4:
		out, err := c.getToken(id, logins)
		if c.isServed(err) {
			c.has(person, out.IdentityID)
		}
	case 5:
		out, err := c.getCredentials(id, logins)
		if c.isServed(err) {
			c.has(person, out.IdentityID)
		}
	case 6:
		if draw.IntN(2) == 0 {
			id = ""
		}
		logins[developer] = user
		out, err := c.vouch(c.pool, id, logins)
		if c.isServed(err) {
			c.has(person, out.IdentityID)
			credentials, err := c.getCredentials(out.IdentityID, map[string]string{host: out.Token})
			if c.isServed(err) {
				c.has(person, credentials.IdentityID)
			}
		}
	case 7:
		out, err := c.merge(c.pool, person+"0", person+"1")
		if c.isServed(err) {
			c.has(person, out.IdentityID)
		}
	case 8:
		_, err := c.unlink(id, logins, []string{google, oidc, userPool}[draw.IntN(3)])
		c.isServed(err)
	case 9:
		if draw.IntN(3) == 0 {
			_, err := c.deleteIdentities(root(), id)
			c.isServed(err)
			return
		}
		_, err := c.unlinkUser(c.pool, id, user)
		c.isServed(err)
	}
}

// loginsOf draws one or more logins of a person.
func (c *crowd) loginsOf(draw *rand.Rand, person string) map[string]string {
	logins := map[string]string{}
	providers := []string{google, oidc, userPool}
	for _, i := range draw.Perm(3)[:1+draw.IntN(3)] {
		logins[providers[i]] = c.tokens[login(providers[i], person)]
	}
	return logins
}

func (c *crowd) hear(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, id)
}

// anybodys draws one of the ids that were heard of lately.
func (c *crowd) anybodys(draw *rand.Rand) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lately := c.heard[max(0, len(c.heard)-20):]
	return lately[draw.IntN(len(lately))]
}

// has notes that a person was given an identity, which must not be another's.
func (c *crowd) has(person, id string) {
	c.hear(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if other, ok := c.owners[id]; ok && other != person {
		c.t.Errorf("%s was given the identity of %s", person, other)
	}
	c.owners[id] = person
}

// isServed reports whether a call was served rather than refused; it must be one of these.
func (c *crowd) isServed(err error) bool {
	if err == nil {
		c.served.Add(1)
		return true
	}
	f, is := errors.AsType[*fault.Error](err)
	if !is || !slices.Contains([]string{notAuthorized, notFound, conflict, duplicateUser}, f.Code) {
		c.t.Error(err)
	}
	return false
}

// check holds what is stored, and what the cache tells of it, against the rules.
func (c *crowd) check() {
	c.t.Helper()
	p := newPopulation()
	for _, stored := range ok(c.Identities.ListIdentities(c.t.Context(), c.pool, "", false, 10_000))(c.t) {
		p.all[stored.ID] = stored
		if diff := cmp.Diff(stored, c.identity(stored.ID)); diff != "" {
			c.t.Errorf("in the store and in the cache (-store +cache):\n%s", diff)
		}
		for _, l := range stored.Logins {
			if owner := c.owners[stored.ID]; owner != l.Subject[:3] {
				c.t.Errorf("%v is a login of the identity of %q", l, owner)
			}
		}
	}
	p.check(c.t)
	for _, id := range c.heard {
		_, err := c.Identities.Identity(c.t.Context(), id)
		if _, stored := p.all[id]; errors.Is(err, fs.ErrNotExist) == stored {
			c.t.Errorf("%s is stored: %t; the cache: %v", id, stored, err)
		}
	}
}

// Whatever comes first, of one user's first logins there comes one identity.
func TestFirstVouchesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	alice := map[string]string{google: w.sign(w.google, "alice")}
	both := map[string]string{google: alice[google], developer: "ann"}
	const n = 12
	var ids [2 * n]string
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			out, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: alice})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = out.IdentityID
		})
		wait.Go(func() {
			out, err := w.vouch(pool, "", both)
			if err != nil {
				t.Error(err)
				return
			}
			ids[n+i] = out.IdentityID
		})
	}
	wait.Wait()
	if distinct := slices.Compact(slices.Sorted(slices.Values(ids[:]))); len(distinct) != 1 {
		t.Errorf("one user is %v", distinct)
	}
	if list := w.list(pool, cognito.ListIdentitiesInput{MaxResults: 60}).Identities; len(list) != 1 {
		t.Errorf("%d identities were made", len(list))
	}
}
