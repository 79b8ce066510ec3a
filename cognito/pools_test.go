package cognito_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
)

func missing(pool string) string { return "IdentityPool '" + pool + "' not found." }

// describe returns the settings of a pool.
func (w *world) describe(pool string) cognito.PoolSettings {
	w.t.Helper()
	var in cognito.DescribeIdentityPoolInput
	in.IdentityPoolID = pool
	out := ok(w.DescribeIdentityPool(w.t.Context(), root(), &in))(w.t)
	if out.IdentityPoolID != pool {
		w.t.Errorf("described %s, want %s", out.IdentityPoolID, pool)
	}
	return out.PoolSettings
}

// update replaces the settings of a pool.
func (w *world) update(pool string, s cognito.PoolSettings) (*cognito.IdentityPool, error) {
	in := cognito.IdentityPool{PoolSettings: s}
	in.IdentityPoolID = pool
	return w.UpdateIdentityPool(w.t.Context(), root(), &in)
}

func (w *world) delete(caller iam.Caller, pool string) (*struct{}, error) {
	var in cognito.DeleteIdentityPoolInput
	in.IdentityPoolID = pool
	return w.DeleteIdentityPool(w.t.Context(), caller, &in)
}

// full is a pool with every setting.
func full() cognito.PoolSettings {
	s := settings()
	s.AllowClassicFlow = new(true)
	s.DeveloperProviderName = "login.example"
	s.SAMLProviders = []string{"arn:aws:iam::" + account + ":saml-provider/okta"}
	s.Tags = map[string]string{"team": "a"}
	s.CognitoIdentityProviders[0].ServerSideTokenCheck = new(false)
	return s
}

func TestPoolsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	least := cognito.PoolSettings{Name: "least"}
	for _, want := range []cognito.PoolSettings{least, settings(), full()} {
		created := ok(w.CreateIdentityPool(t.Context(), root(), &cognito.CreateIdentityPoolInput{PoolSettings: want}))(t)
		if !strings.HasPrefix(created.IdentityPoolID, region+":") {
			t.Errorf("pool %s is not of region %s", created.IdentityPoolID, region)
		}
		if diff := cmp.Diff(want, created.PoolSettings); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, w.describe(created.IdentityPoolID)); diff != "" {
			t.Errorf("described (-want +got):\n%s", diff)
		}
	}
}

func TestEmptyCountsAsUnset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) {
		*s = cognito.PoolSettings{
			Name: "p", SupportedLoginProviders: map[string]string{}, OpenIDConnectProviders: []string{},
			CognitoIdentityProviders: []cognito.UserPoolClient{}, SAMLProviders: []string{}, Tags: map[string]string{},
		}
	})
	if diff := cmp.Diff(cognito.PoolSettings{Name: "p"}, w.describe(pool)); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestUpdateReplaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) { *s = full() })
	w.bothRoles(pool)
	for _, flow := range []*bool{new(false), new(true), nil} {
		want := cognito.PoolSettings{Name: "renamed", AllowClassicFlow: flow}
		got := ok(w.update(pool, want))(t)
		want.DeveloperProviderName = "login.example"
		if diff := cmp.Diff(want, got.PoolSettings); diff != "" {
			t.Errorf("updated (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, w.describe(pool)); diff != "" {
			t.Errorf("described (-want +got):\n%s", diff)
		}
	}
	var in cognito.GetIdentityPoolRolesInput
	in.IdentityPoolID = pool
	if out := ok(w.GetIdentityPoolRoles(t.Context(), root(), &in))(t); len(out.Roles) != 2 {
		t.Errorf("an update changed the roles to %v", out.Roles)
	}
}

func TestDeveloperProviderNameStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	s := settings()
	s.DeveloperProviderName = "login.example"
	ok(w.update(pool, s))(t)
	ok(w.update(pool, s))(t)
	s.DeveloperProviderName = "login.other"
	s.Name = "x"
	refused(w.update(pool, s))(t, invalidParameter, "The developer provider name of an identity pool cannot be changed.")
	if got := w.describe(pool); got.DeveloperProviderName != "login.example" || got.Name != "pool" {
		t.Errorf("a refusal changed the pool to %+v", got)
	}
}

// TestDeveloperProviderIsNobodyElse gives a pool the name of a provider as its developer
// provider that it takes no logins of any more.
func TestDeveloperProviderIsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	alice := []cognito.Login{login("left.example", "alice")}
	ok(w.Identities.LinkLogins(t.Context(), pool, "", alice, func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
		return cognito.Link{Create: &cognito.Identity{ID: region + ":0-1", Pool: pool}, Add: alice}, nil
	}))(t)
	s := settings()
	s.DeveloperProviderName = "left.example"
	refused(w.update(pool, s))(t, invalidParameter, "The identity pool has logins of another provider called left.example.")
	ok(w.update(other, s))(t)
	s.DeveloperProviderName = "right.example"
	ok(w.update(pool, s))(t)
	ok(w.vouch(pool, "", map[string]string{"right.example": "alice"}))(t)
	ok(w.update(pool, s))(t)
}

// TestUpdateLosesNoTag updates a pool by somebody who may not take off tags, at the moment
// when it gets one.
func TestUpdateLosesNoTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	updater := w.user("updater", `{"Effect":"Allow","Action":"cognito-identity:UpdateIdentityPool","Resource":"*"}`)
	for range 50 {
		pool := w.pool()
		resource := "arn:aws:cognito-identity:" + region + ":" + account + ":identitypool/" + pool
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := w.TagResource(t.Context(), root(), &cognito.TagResourceInput{ResourceARN: resource, Tags: map[string]string{"keep": "1"}}); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			update := cognito.IdentityPool{PoolSettings: settings()}
			update.IdentityPoolID = pool
			_, err := w.UpdateIdentityPool(t.Context(), updater, &update)
			if f, is := errors.AsType[*fault.Error](err); err != nil && (!is || f.Code != accessDenied && f.Code != "ConcurrentModificationException") {
				t.Error(err)
			}
		})
		both.Wait()
		if tags := w.describe(pool).Tags; tags["keep"] != "1" {
			t.Fatalf("the tags are %v", tags)
		}
	}
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	const badUserPool = "Invalid Cognito Identity Provider"
	users := func(name, client string) func(*cognito.PoolSettings) {
		return func(s *cognito.PoolSettings) {
			s.CognitoIdentityProviders = []cognito.UserPoolClient{{ProviderName: name, ClientID: client}}
		}
	}
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint("k", i)] = ""
	}
	tests := map[string]struct {
		change        func(*cognito.PoolSettings)
		code, message string
	}{
		"bare user pool":          {users("us-east-1_Example", client), invalidParameter, badUserPool},
		"user pool with scheme":   {users("https://"+userPool, client), invalidParameter, badUserPool},
		"user pool with client":   {users(userPool+"/x", client), invalidParameter, badUserPool},
		"host of a user pool":     {users("cognito-idp.us-east-1.amazonaws.com/", client), invalidParameter, badUserPool},
		"host that is not AWS's":  {users("cognito-idp.us-east-1.amazonaws.com.example/us-east-1_x", client), invalidParameter, badUserPool},
		"host without its domain": {users("cognito-idp.us-east-1/us-east-1_x", client), invalidParameter, badUserPool},
		"no user pool":            {users("", client), invalidParameter, badUserPool},
		"no client":               {users(userPool, ""), invalidParameter, badUserPool},
		"51 user pools": {
			func(s *cognito.PoolSettings) { s.CognitoIdentityProviders = make([]cognito.UserPoolClient, 51) },
			"LimitExceededException", "An identity pool takes at most 50 Cognito identity providers.",
		},
		"a login provider that is none": {
			func(s *cognito.PoolSettings) { s.SupportedLoginProviders["idp.example"] = "x" },
			invalidParameter, "idp.example is not a supported login provider.",
		},
		"our own name": {
			func(s *cognito.PoolSettings) { s.SupportedLoginProviders[host] = "x" },
			invalidParameter, host + " is not a supported login provider.",
		},
		"a provider of another account": {
			func(s *cognito.PoolSettings) {
				s.OpenIDConnectProviders = []string{"arn:aws:iam::210987654321:oidc-provider/x"}
			},
			invalidParameter, "arn:aws:iam::210987654321:oidc-provider/x is not the ARN of an OpenID Connect provider of this account.",
		},
		"SAML for OIDC": {
			func(s *cognito.PoolSettings) {
				s.OpenIDConnectProviders = []string{"arn:aws:iam::" + account + ":saml-provider/x"}
			},
			invalidParameter, "arn:aws:iam::" + account + ":saml-provider/x is not the ARN of an OpenID Connect provider of this account.",
		},
		"OIDC for SAML": {
			func(s *cognito.PoolSettings) { s.SAMLProviders = []string{oidcARN} },
			invalidParameter, oidcARN + " is not the ARN of a SAML provider of this account.",
		},
		"51 tags":        {func(s *cognito.PoolSettings) { s.Tags = many }, invalidParameter, "An identity pool has at most 50 tags."},
		"a tag of AWS's": {func(s *cognito.PoolSettings) { s.Tags = map[string]string{"AWS:x": ""} }, invalidParameter, "Tag keys must not begin with aws:, as AWS:x does."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := settings()
			tt.change(&s)
			refused(w.CreateIdentityPool(t.Context(), root(), &cognito.CreateIdentityPoolInput{PoolSettings: s}))(t, tt.code, tt.message)
			refused(w.update(pool, s))(t, tt.code, tt.message)
		})
	}
	if diff := cmp.Diff(settings(), w.describe(pool)); diff != "" {
		t.Errorf("refusals changed the pool (-want +got):\n%s", diff)
	}
	if n := len(ok(w.ListIdentityPools(t.Context(), root(), &cognito.ListIdentityPoolsInput{MaxResults: 60}))(t).IdentityPools); n != 1 {
		t.Errorf("%d pools after refusals, want 1", n)
	}
}

func TestRegionsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	away := rootIn("eu-west-1")
	var describe cognito.DescribeIdentityPoolInput
	describe.IdentityPoolID = pool
	refused(w.DescribeIdentityPool(t.Context(), away, &describe))(t, notFound, missing(pool))
	update := cognito.IdentityPool{PoolSettings: cognito.PoolSettings{Name: "x"}}
	update.IdentityPoolID = pool
	refused(w.UpdateIdentityPool(t.Context(), away, &update))(t, notFound, missing(pool))
	refused(w.delete(away, pool))(t, notFound, missing(pool))
	var roles cognito.GetIdentityPoolRolesInput
	roles.IdentityPoolID = pool
	refused(w.GetIdentityPoolRoles(t.Context(), away, &roles))(t, notFound, missing(pool))
	refused(w.SetIdentityPoolRoles(t.Context(), away, &cognito.SetIdentityPoolRolesInput{IdentityPoolID: pool}))(t, notFound, missing(pool))
	if n := len(ok(w.ListIdentityPools(t.Context(), away, &cognito.ListIdentityPoolsInput{MaxResults: 60}))(t).IdentityPools); n != 0 {
		t.Errorf("%d pools in a region without any", n)
	}
	if diff := cmp.Diff(settings(), w.describe(pool)); diff != "" {
		t.Errorf("the pool has changed (-want +got):\n%s", diff)
	}
}

func TestDeletedPoolTakesItsIdentitiesAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	guest, kept := w.getID(pool, nil), w.getID(other, nil)
	logins := map[string]string{userPool: w.sign(w.users, "alice")}
	user := w.getID(pool, logins)
	var wait sync.WaitGroup
	for range 8 { // more than are deleted at once
		wait.Go(func() {
			for range 80 {
				if _, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	ok(w.delete(root(), pool))(t)
	refused(w.delete(root(), pool))(t, notFound, missing(pool))
	refused(w.update(pool, settings()))(t, notFound, missing(pool))
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, notFound, missing(pool))
	refused(w.getCredentials(guest, nil))(t, notFound, "Identity '"+guest+"' not found.")
	refused(w.getToken(user, logins))(t, notFound, "Identity '"+user+"' not found.")
	if n := ok(w.Sweeper.Sweep(t.Context()))(t); n != 642 {
		t.Errorf("%d identities went", n)
	}
	if n := ok(w.Identities.DeleteIdentitiesOf(t.Context(), pool, 1))(t); n != 0 {
		t.Error("identities are left in the store")
	}
	w.identity(kept)
}

func TestIdentitiesGoWithTheirPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	guest := w.getID(pool, nil)
	if err := w.Pools.Delete(t.Context(), pool, nil); err != nil { // as after a crash before the identities went
		t.Fatal(err)
	}
	refused(w.getCredentials(guest, nil))(t, notFound, "Identity '"+guest+"' not found.")
	refused(w.getToken(guest, nil))(t, notFound, "Identity '"+guest+"' not found.")
}

func TestPagesOfPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	originals := map[string]bool{}
	for range 7 {
		originals[w.pool()] = true
	}
	for _, elsewhere := range []string{"us-east-2", "eu-west-1"} {
		in := cognito.CreateIdentityPoolInput{PoolSettings: settings()}
		ok(w.CreateIdentityPool(t.Context(), rootIn(elsewhere), &in))(t)
	}
	seen := map[string]int{}
	for token := ""; ; {
		out := ok(w.ListIdentityPools(t.Context(), root(), &cognito.ListIdentityPoolsInput{MaxResults: 2, NextToken: token}))(t)
		for _, p := range out.IdentityPools {
			seen[p.IdentityPoolID]++
			if p.IdentityPoolName != "pool" || !strings.HasPrefix(p.IdentityPoolID, region+":") {
				t.Errorf("listed %+v", p)
			}
		}
		if token = out.NextToken; token == "" {
			break
		}
		last := out.IdentityPools[1].IdentityPoolID
		ok(w.delete(root(), last))(t)
		w.pool()
		if len(seen) > 50 {
			t.Fatal("the list has no end")
		}
	}
	for id := range originals {
		if seen[id] != 1 {
			t.Errorf("%s was listed %d times", id, seen[id])
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was listed %d times", id, n)
		}
	}
	for _, token := range []string{"?", "bm9uc2Vuc2U"} {
		refused(w.ListIdentityPools(t.Context(), root(), &cognito.ListIdentityPoolsInput{MaxResults: 2, NextToken: token}))(t,
			invalidParameter, "Invalid NextToken.")
	}
}

func TestLastPageHasNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool()
	w.pool()
	for size, want := range map[int32]int{1: 1, 2: 2, 3: 2} {
		out := ok(w.ListIdentityPools(t.Context(), root(), &cognito.ListIdentityPoolsInput{MaxResults: size}))(t)
		if len(out.IdentityPools) != want || (out.NextToken != "") != (size < 2) {
			t.Errorf("page of %d: %d pools, token %q", size, len(out.IdentityPools), out.NextToken)
		}
	}
}

func TestThousandPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			for j := range 50 {
				p := cognito.Pool{ID: fmt.Sprintf("eu-west-1:%d-%d", i, j), Region: "eu-west-1", Account: account}
				if err := w.Pools.Create(t.Context(), p); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	in := cognito.CreateIdentityPoolInput{PoolSettings: settings()}
	refused(w.CreateIdentityPool(t.Context(), root(), &in))(t,
		"LimitExceededException", "The account has 1000 identity pools, as many as it may have.")
	ok(w.delete(rootIn("eu-west-1"), "eu-west-1:0-0"))(t)
	ok(w.CreateIdentityPool(t.Context(), root(), &in))(t)
}
