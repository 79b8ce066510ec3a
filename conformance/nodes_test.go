package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/testidp"
)

// cluster is several servers on one database, behind a balancer.
type cluster struct {
	*world
	nodes    []*conformance.Server
	balancer *conformance.Balancer
	idp      *testidp.Provider
}

// postgres starts a database server of the test's own.
func postgres(t *testing.T) *pgtest.Server {
	t.Helper()
	return cleanedUp(t, ok(pgtest.Start(t.Context(), ""))(t))
}

func cleanedUp(t *testing.T, pg *pgtest.Server) *pgtest.Server {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(pg.Log())
		}
		if err := pg.Remove(); err != nil {
			t.Error(err)
		}
	})
	return pg
}

// newCluster starts servers on a database, or one on a data folder where there is no database.
func newCluster(t *testing.T, n int, o conformance.Options) *cluster {
	t.Helper()
	idp := ok(testidp.New(testidp.Config{Issuer: "https://login.example.test", ClientID: conformance.ClientApp, Algorithm: "ES256"}))(t)
	web := httptest.NewServer(idp)
	t.Cleanup(web.Close)
	o.Redirects = map[string]string{"login.example.test": web.URL}
	c := &cluster{world: startWorld(t, o), idp: idp}
	c.nodes = append(c.nodes, c.Server)
	o.With, o.Database, o.Data = c.Server, "", ""
	for range n - 1 {
		c.nodes = append(c.nodes, conformance.Start(t, o))
	}
	c.balancer = conformance.Balance(t, c.nodes...)
	issuer := idp.Issuer()
	provider := ok(c.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: &issuer, ClientIDList: []string{conformance.ClientApp},
	}))(t)
	in := guests("people")
	in.OpenIdConnectProviderARNs = []string{*provider.OpenIDConnectProviderArn}
	c.pool = c.createPool(t, in)
	c.guestRole = c.createRole(t, "guest", poolTrust(c.pool, "unauthenticated"))
	c.memberRole = c.createRole(t, "member", poolTrust(c.pool, "authenticated"))
	c.setRoles(t, c.pool, c.guestRole, c.memberRole)
	return c
}

// at is the world as one node shows it.
func (c *cluster) at(t *testing.T, n int) *world {
	t.Helper()
	w := *c.world
	w.Server = c.nodes[n]
	config := conformance.Once(conformance.Config(t, w.URL, w.Root))
	w.cognito, w.iam = cognitoidentity.NewFromConfig(config), iam.NewFromConfig(config)
	return &w
}

// requestLimit is how long no request may take.
const requestLimit = 30 * time.Second

// crowd are clients of all nodes, with many users who have never been there.
func (c *cluster) crowd(t *testing.T, users int) *conformance.Crowd {
	t.Helper()
	crowd := &conformance.Crowd{Address: c.balancer.Address(), Pool: c.pool, Limit: requestLimit}
	for i := range users {
		token := ok(c.idp.Token(testidp.DefaultUsers()[0].Name, map[string]any{"sub": fmt.Sprint("user-", i)}))(t)
		crowd.Users = append(crowd.Users, map[string]string{"login.example.test": token})
	}
	return crowd
}

// TestNodesAgree starts three nodes on one database: what is changed at one is so at the others a second later at the
// most, all sign with the same keys, and take what the others gave.
func TestNodesAgree(t *testing.T) {
	t.Parallel()
	pg := postgres(t)
	c := newCluster(t, 3, conformance.Options{Database: ok(pg.Create(t.Context(), "cenote"))(t)})
	sdk := conformance.GoSDK{}

	t.Run("configuration", func(t *testing.T) {
		var slowest time.Duration
		for round := range 6 {
			from, name := round%len(c.nodes), fmt.Sprint("people", round)
			pool := ok(c.at(t, from).cognito.UpdateIdentityPool(t.Context(), &cognitoidentity.UpdateIdentityPoolInput{
				IdentityPoolId: &c.pool, IdentityPoolName: &name, AllowUnauthenticatedIdentities: round%2 == 1,
			}))(t)
			slowest = max(slowest, c.soon(t, from, func(w *world) bool {
				out := ok(w.cognito.DescribeIdentityPool(t.Context(), &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &c.pool}))(t)
				_, err := do[identity](t, w, sdk, "cognito-identity:GetId", map[string]any{"IdentityPoolId": c.pool}, aws.Credentials{})
				return *out.IdentityPoolName == *pool.IdentityPoolName && (err == nil) == (round%2 == 1)
			}))
		}
		t.Logf("tried: 6 changes of a pool at three nodes; the last of the others knew after %s", slowest.Round(time.Millisecond))
	})
	t.Run("keys of users", func(t *testing.T) {
		ok(c.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("dev")}))(t)
		var slowest time.Duration
		for round := range 3 {
			w := c.at(t, round)
			key := ok(w.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("dev")}))(t).AccessKey
			as := aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
			known := func(w *world) bool {
				_, err := do[struct{ Arn string }](t, w, sdk, "sts:GetCallerIdentity", nil, as)
				return err == nil
			}
			slowest = max(slowest, c.soon(t, round, known))
			ok(w.iam.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("dev"), AccessKeyId: key.AccessKeyId}))(t)
			slowest = max(slowest, c.soon(t, round, func(w *world) bool { return !known(w) }))
		}
		t.Logf("tried: 3 keys made and deleted; the last of the others knew after %s", slowest.Round(time.Millisecond))
	})
	t.Run("signing keys", func(t *testing.T) {
		sets := map[string]bool{}
		for _, n := range c.nodes {
			sets[keySet(t, n.URL+"/.well-known/jwks_uri")] = true
		}
		if len(sets) != 1 {
			t.Errorf("the nodes publish %d sets of keys: %v", len(sets), sets)
		}
		for from := range c.nodes {
			w := c.at(t, from)
			id := w.getID(t, sdk, nil)
			token := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id}, aws.Credentials{}).Token
			keys := w.getCredentials(t, sdk, id, nil)
			for to := range c.nodes {
				other := c.at(t, to)
				verifyToken(t, other.Server, token)
				must[assumed](t, other, sdk, "sts:AssumeRoleWithWebIdentity", webIdentity(c.guestRole, token), aws.Credentials{})
				other.caller(t, sdk, keys)
			}
		}
	})
}

func keySet(t *testing.T, url string) string {
	t.Helper()
	response := ok(http.Get(url))(t)
	defer func() { _ = response.Body.Close() }()
	text := ok(io.ReadAll(response.Body))(t)
	if response.StatusCode != http.StatusOK || !json.Valid(text) || !regexp.MustCompile(`"kid"`).Match(text) {
		t.Fatalf("%s: %s %s", url, response.Status, text)
	}
	return string(text)
}

// soon returns when all nodes see something, and fails the test if that is not a second later at the latest, or if the one
// that did it does not see it at once.
func (c *cluster) soon(t *testing.T, from int, sees func(*world) bool) time.Duration {
	t.Helper()
	begin := time.Now()
	var after time.Duration // that who asked was told
	for n := range c.nodes {
		w := c.at(t, n)
		for after = time.Since(begin); !sees(w); after = time.Since(begin) {
			if n == from || after > time.Second {
				t.Fatalf("node %d does not see it %s later", n, after)
			}
		}
	}
	return after
}

// TestRollingRestart restarts three nodes, one after the other, under load: not a request fails.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	pg := postgres(t)
	c := newCluster(t, 3, conformance.Options{
		Database: ok(pg.Create(t.Context(), "cenote"))(t), Flags: []string{"--notice", "1s"},
	})
	crowd := c.crowd(t, 1000)
	ctx, stop := context.WithCancel(t.Context())
	ledgers := make(chan conformance.Ledger)
	go func() { ledgers <- crowd.Run(ctx, 24) }()
	for _, n := range c.nodes {
		crowd.Await(t, 500)
		if code := n.Stop(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		n.Restart(t)
		c.balancer.AwaitReady(t)
	}
	crowd.Await(t, 500)
	stop()
	ledger := <-ledgers
	lost, doubled := ledger.Check(t, c.kept(t))
	if ledger.Failed > 0 {
		t.Errorf("%d requests failed: %v", ledger.Failed, ledger.Failures)
	}
	t.Logf("tried: a rolling restart of three nodes under load: %s; lost: %d; with two owners: %d", &ledger, lost, doubled)
}

// kept are the identities of the pool.
func (w *world) kept(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	in := &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &w.pool, MaxResults: aws.Int32(60)}
	for {
		out := ok(w.cognito.ListIdentities(t.Context(), in))(t)
		for _, i := range out.Identities {
			all[*i.IdentityId] = true
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}
