package conformance_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// populace is a pool with a few people, each of whom has several devices that do as they like at the same time.
type populace struct {
	*world
	public, admin *cognitoidentity.Client
	modelled      map[string][]string // errors by operation
	people        []*person
	owners        sync.Map // identity id to the person who was given it

	mu      sync.Mutex
	granted map[string]int // calls that succeeded, by operation
}

// person has a login at each of two providers, and two accounts with the developer. Nobody uses another's.
type person struct {
	logins   logins
	accounts []string

	mu     sync.Mutex
	guests []string // identities that the person had as a guest, which are a secret
	known  []string // identities that the person had as a user, which others may know
}

// TestPersons lets people sign in, link, unlink, merge and delete what is theirs, and try what is not, all at once. No
// person ever gets what is another's, every login has at most one owner, and every refusal is one of AWS's.
func TestPersons(t *testing.T) {
	t.Parallel()
	const devices, steps = 12, 300
	p := newPopulace(t, 5)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var wait sync.WaitGroup
	for device := range devices {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(device)))
			self := p.people[device%len(p.people)]
			for range steps {
				p.step(t, random, self)
			}
		})
	}
	wait.Wait()
	t.Logf("succeeded: %v", p.granted)
	for _, operation := range []string{
		"GetId", "GetOpenIdToken", "GetCredentialsForIdentity", "GetOpenIdTokenForDeveloperIdentity",
		"MergeDeveloperIdentities", "UnlinkIdentity", "UnlinkDeveloperIdentity", "DeleteIdentities",
	} {
		if p.granted[operation] < devices {
			t.Errorf("%s succeeded %d times: this tests too little", operation, p.granted[operation])
		}
	}
	p.checkOwners(t)
}

func newPopulace(t *testing.T, people int) *populace {
	t.Helper()
	a := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://a.example.test"})
	b := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://b.example.test"})
	p := &populace{world: newWorld(t, providers{oidc: []*conformance.OIDC{a, b}}), modelled: conformance.CognitoErrors(t), granted: map[string]int{}}
	ok(p.cognito.UpdateIdentityPool(t.Context(), &cognitoidentity.UpdateIdentityPoolInput{
		IdentityPoolId: &p.pool, IdentityPoolName: aws.String("people"), AllowUnauthenticatedIdentities: true,
		OpenIdConnectProviderARNs: []string{providerARN(a), providerARN(b)}, DeveloperProviderName: aws.String(company),
	}))(t)
	once := func(keys aws.Credentials) *cognitoidentity.Client {
		return cognitoidentity.NewFromConfig(conformance.Once(conformance.Config(t, p.URL, keys)))
	}
	p.public, p.admin = once(aws.Credentials{}), once(p.Root)
	for i := range people {
		name := string(rune('a' + i))
		p.people = append(p.people, &person{
			logins:   logins{a.Name(): a.SignIn(t, conformance.ClientApp, name).ID, b.Name(): b.SignIn(t, conformance.ClientApp, name).ID},
			accounts: []string{name + "1", name + "2"},
		})
	}
	return p
}

// some are one or both of the person's logins.
func (s *person) some(random *rand.Rand) logins {
	l := maps.Clone(s.logins)
	names := slices.Sorted(maps.Keys(l))
	if i := random.IntN(len(names) + 1); i < len(names) {
		delete(l, names[i])
	}
	return l
}

// identity is one of the person's, also as a guest if that is wanted; empty if there is none.
func (s *person) identity(random *rand.Rand, guest bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.known
	if guest {
		all = slices.Concat(all, s.guests)
	}
	if len(all) == 0 {
		return ""
	}
	// The last ones are the likeliest to be alive.
	return all[len(all)-1-random.IntN(min(len(all), 6))]
}

// step is one call of a device of self.
func (p *populace) step(t *testing.T, random *rand.Rand, self *person) {
	some, own := self.some(random), self.identity(random, true)
	switch dice := random.IntN(20); {
	case dice < 3:
		out, err := p.public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &p.pool, Logins: some})
		p.user(t, self, "GetId", out, err)
	case dice < 5:
		out, err := p.public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &p.pool})
		if id := p.answer(t, self, "GetId", out, err); id != "" {
			self.mu.Lock()
			self.guests = append(self.guests, id)
			self.mu.Unlock()
		}
	case dice < 7:
		p.vouch(t, random, self)
	case own == "":
	case dice < 10:
		p.token(t, self, own, some)
	case dice < 13:
		out, err := p.public.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &own, Logins: some})
		p.user(t, self, "GetCredentialsForIdentity", out, err)
	case dice < 15:
		p.attack(t, random, self)
	default:
		p.leave(t, random, self)
	}
}

// token asks for a token, which has to be for the identity of the answer.
func (p *populace) token(t *testing.T, self *person, id string, l logins) {
	out, err := p.public.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id, Logins: l})
	if got := p.user(t, self, "GetOpenIdToken", out, err); got != "" && subject(t, *out.Token) != got {
		t.Errorf("the token for %s is of %s", got, subject(t, *out.Token))
	}
}

func subject(t *testing.T, token string) string {
	parts := strings.Split(token, ".")
	var claims struct{ Sub string }
	if len(parts) != 3 || json.Unmarshal(decode(t, parts[1]), &claims) != nil {
		t.Errorf("not a token: %s", token)
	}
	return claims.Sub
}

// vouch has the developer sign one of the person's accounts in, now and then with an identity or a login of the person's.
func (p *populace) vouch(t *testing.T, random *rand.Rand, self *person) {
	in := &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: &p.pool, Logins: logins{}}
	if random.IntN(2) == 0 {
		in.Logins = self.some(random)
	}
	if own := self.identity(random, true); own != "" && random.IntN(2) == 0 {
		in.IdentityId = &own
	}
	in.Logins[company] = self.accounts[random.IntN(len(self.accounts))]
	out, err := p.admin.GetOpenIdTokenForDeveloperIdentity(t.Context(), in)
	if id := p.user(t, self, "GetOpenIdTokenForDeveloperIdentity", out, err); id != "" && subject(t, *out.Token) != id {
		t.Errorf("the token for %s is of %s", id, subject(t, *out.Token))
	}
}

// attack tries an identity of somebody else's with the person's own logins.
func (p *populace) attack(t *testing.T, random *rand.Rand, self *person) {
	victim := p.people[random.IntN(len(p.people))]
	id, some := victim.identity(random, false), self.some(random)
	if id == "" || victim == self {
		return
	}
	var err error
	operation := []string{"GetOpenIdToken", "GetCredentialsForIdentity", "UnlinkIdentity"}[random.IntN(3)]
	switch operation {
	case "GetOpenIdToken":
		_, err = p.public.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id, Logins: some})
	case "GetCredentialsForIdentity":
		_, err = p.public.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &id, Logins: some})
	default:
		_, err = p.public.UnlinkIdentity(t.Context(), &cognitoidentity.UnlinkIdentityInput{IdentityId: &id, Logins: some, LoginsToRemove: slices.Collect(maps.Keys(some))})
	}
	if err == nil {
		t.Errorf("%s of another's identity %s succeeded", operation, id)
	}
	p.note(t, operation, err)
}

// leave merges the person's accounts, or takes a login or an account off an identity, or has it deleted.
func (p *populace) leave(t *testing.T, random *rand.Rand, self *person) {
	id, proof := self.identity(random, false), self.some(random)
	from := random.IntN(2)
	switch dice := random.IntN(9); {
	case dice < 4:
		out, err := p.admin.MergeDeveloperIdentities(t.Context(), &cognitoidentity.MergeDeveloperIdentitiesInput{
			IdentityPoolId: &p.pool, DeveloperProviderName: aws.String(company), SourceUserIdentifier: &self.accounts[from], DestinationUserIdentifier: &self.accounts[1-from],
		})
		p.user(t, self, "MergeDeveloperIdentities", out, err)
	case id == "":
	case dice < 6:
		remove := []string{slices.Sorted(maps.Keys(self.logins))[random.IntN(2)]}
		_, err := p.public.UnlinkIdentity(t.Context(), &cognitoidentity.UnlinkIdentityInput{IdentityId: &id, Logins: proof, LoginsToRemove: remove})
		p.note(t, "UnlinkIdentity", err)
	case dice < 8:
		_, err := p.admin.UnlinkDeveloperIdentity(t.Context(), &cognitoidentity.UnlinkDeveloperIdentityInput{
			IdentityPoolId: &p.pool, IdentityId: &id, DeveloperProviderName: aws.String(company), DeveloperUserIdentifier: &self.accounts[from],
		})
		p.note(t, "UnlinkDeveloperIdentity", err)
	default:
		out, err := p.admin.DeleteIdentities(t.Context(), &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}})
		p.note(t, "DeleteIdentities", err)
		if err == nil && len(out.UnprocessedIdentityIds) != 0 {
			t.Errorf("%s was not deleted: %v", id, out.UnprocessedIdentityIds)
		}
	}
}

// user is answer for a call that makes the person a user of the identity.
func (p *populace) user(t *testing.T, self *person, operation string, out any, err error) (id string) {
	if id = p.answer(t, self, operation, out, err); id != "" {
		self.mu.Lock()
		self.known = append(self.known, id)
		self.mu.Unlock()
	}
	return id
}

// answer is the identity that a call gave to a person, which nobody else may ever have had. It is empty if the call was
// refused.
func (p *populace) answer(t *testing.T, self *person, operation string, out any, err error) (id string) {
	if p.note(t, operation, err); err != nil {
		return ""
	}
	id = plain(t, out).(map[string]any)["IdentityId"].(string)
	if owner, had := p.owners.LoadOrStore(id, self); had && owner != self {
		t.Errorf("%s gave %s to two people", operation, id)
	}
	return id
}

// note counts a call that succeeded, and fails the test for an error that AWS's model does not name.
func (p *populace) note(t *testing.T, operation string, err error) {
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.granted[operation]++
		return
	}
	f := conformance.AsFault(err)
	if f == nil || f.Exception == "" || f.Code == "InternalErrorException" || !slices.Contains(p.modelled[operation], f.Code) {
		t.Errorf("%s: %v", operation, err)
	}
}

// checkOwners asks the administrator's operations who owns what in the end.
func (p *populace) checkOwners(t *testing.T) {
	all, enabled := p.list(t, false), p.list(t, true)
	t.Logf("%d identities, %d of them enabled", len(all), len(enabled))
	owned := map[*person]map[string]string{} // provider or account to identity
	for _, self := range p.people {
		owned[self] = map[string]string{}
	}
	for id, providers := range all {
		owner, given := p.owners.Load(id)
		if !given {
			t.Errorf("identity %s was given to nobody", id)
			continue
		}
		shown := ok(p.admin.DescribeIdentity(t.Context(), &cognitoidentity.DescribeIdentityInput{IdentityId: &id}))(t).Logins
		same(t, "logins of "+id, providers, shown)
		for _, login := range append(slices.Clone(shown), p.accounts(t, id)...) {
			if other, twice := owned[owner.(*person)][login]; twice && login != company {
				t.Errorf("both %s and %s have the login at %s", id, other, login)
			}
			owned[owner.(*person)][login] = id
		}
		_, alive := enabled[id]
		if user := slices.Contains(owner.(*person).known, id); !alive && len(shown) != 0 || alive && user && len(shown) == 0 {
			t.Errorf("identity %s has logins %v, enabled %t, a user's %t", id, shown, alive, user)
		}
	}
	for _, self := range p.people {
		p.checkOwnersOf(t, self, owned[self])
	}
}

// checkOwnersOf asks for the owner of each login of a person's; a login that nobody owns gets a new identity.
func (p *populace) checkOwnersOf(t *testing.T, self *person, owned map[string]string) {
	t.Helper()
	for provider, token := range self.logins {
		id := *ok(p.public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &p.pool, Logins: logins{provider: token}}))(t).IdentityId
		if _, old := p.owners.Load(id); owned[provider] == "" && old || owned[provider] != "" && id != owned[provider] {
			t.Errorf("the login at %s is %s, want %q", provider, id, owned[provider])
		}
	}
	for _, account := range self.accounts {
		in := &cognitoidentity.LookupDeveloperIdentityInput{IdentityPoolId: &p.pool, DeveloperUserIdentifier: &account}
		if owned[account] == "" {
			refused(p.admin.LookupDeveloperIdentity(t.Context(), in))(t, notFound, "Developer user not found.")
			continue
		}
		if id := *ok(p.admin.LookupDeveloperIdentity(t.Context(), in))(t).IdentityId; id != owned[account] {
			t.Errorf("the account %s is %s, want %s", account, id, owned[account])
		}
	}
}

// list are the providers of each identity of the pool.
func (p *populace) list(t *testing.T, hideDisabled bool) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	in := &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &p.pool, MaxResults: aws.Int32(60), HideDisabled: hideDisabled}
	for {
		out := ok(p.admin.ListIdentities(t.Context(), in))(t)
		for _, i := range out.Identities {
			all[*i.IdentityId] = i.Logins
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

// accounts are the developer's accounts of an identity.
func (p *populace) accounts(t *testing.T, id string) []string {
	t.Helper()
	return ok(p.admin.LookupDeveloperIdentity(t.Context(), &cognitoidentity.LookupDeveloperIdentityInput{IdentityPoolId: &p.pool, IdentityId: &id}))(t).DeveloperUserIdentifierList
}
