package cognito_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const (
	account = "123456789012"
	region  = "us-east-1"
	host    = "cognito-identity.amazonaws.com"

	userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
	oidc     = "idp.example/org"
	oidcARN  = "arn:aws:iam::" + account + ":oidc-provider/" + oidc
	google   = "accounts.google.com"
	facebook = "graph.facebook.com"
	amazon   = "www.amazon.com"
	twitter  = "api.twitter.com"
	client   = "client1"
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.nanos.Load()) }
func (c *clock) move(by time.Duration)   { c.nanos.Add(int64(by)) }
func (c *clock) moveTo(seconds int64)    { c.nanos.Store(seconds * int64(time.Second)) }
func (c *clock) in(by time.Duration) int { return int(c.Now().Add(by).Unix()) }

// networks are Facebook, Amazon and Twitter, with their address.
type networks struct {
	*testidp.AccessTokens
	patient *testidp.Patient
	web     *httptest.Server
}

// idp is an identity provider with its address.
type idp struct {
	*testidp.Provider
	web *httptest.Server
}

// world is all services over a store of their own, and three identity providers.
type world struct {
	*cognito.Service
	t     *testing.T
	clock *clock
	store *store.Store
	own   *issuer.Issuer

	users, oidc, google idp
	networks            networks
}

func newWorld(t *testing.T) *world { return newWorldOf(t, "ES256") }

// newWorldOf makes a world whose OpenID tokens are signed by this algorithm.
func newWorldOf(t *testing.T, algorithm string) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}}
	w.clock.moveTo(1782900000)
	w.users, w.oidc, w.google = w.idp(userPool), w.idp(oidc), w.idp(google)
	var redirects []provider.Redirect
	for name, p := range map[string]idp{userPool: w.users, oidc: w.oidc, google: w.google} {
		authority, _, _ := strings.Cut(name, "/")
		redirects = append(redirects, provider.Redirect{Host: authority, Base: ok(url.Parse(p.web.URL))(t)})
	}
	w.networks = w.newNetworks()
	for _, name := range []string{facebook, amazon, twitter} {
		redirects = append(redirects, provider.Redirect{Host: name, Base: ok(url.Parse(w.networks.web.URL))(t)})
	}
	master, _ := seal.GenerateKey()
	folder, database := pgtest.Place(t)
	w.store = ok(store.Open(t.Context(), store.Config{Path: folder, URL: database, MasterKey: master, Now: w.clock.Now}))(t)
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	pkcs8 := ok(issuer.GenerateKey(algorithm))(t)
	w.own = ok(issuer.New(ok(issuer.ParseKey("us-east-11", algorithm, pkcs8))(t)))(t)
	issuers := server.Issuers{Own: w.own, Network: provider.New(provider.Config{Redirects: redirects, Now: w.clock.Now})}
	iams := &iam.Service{
		Account: account, Roles: w.store.Roles(), Users: w.store.Users(), Groups: w.store.Groups(),
		ManagedPolicies: w.store.ManagedPolicies(), Providers: w.store.OIDCProviders(), SAMLProviders: w.store.SAMLProviders(), Uses: w.store.Uses(), Now: w.clock.Now,
	}
	sealing, _ := seal.GenerateKey()
	w.Service = &cognito.Service{
		Account: account, Pools: w.store.Pools(), Identities: w.store, IAM: iams, Issuers: issuers, UserPools: issuers, OpenID: w.own, Now: w.clock.Now,
		Assertions: w.store.Assertions("cognito-identity"), Sweeper: cognito.NewSweeper(w.store.Pools(), w.store),
		STS: &sts.Service{
			Account: account, IAM: iams, Issuers: issuers, Now: w.clock.Now,
			Sealer: sts.NewSealer(sts.SealingKey{ID: "s1", Key: sealing}), Assertions: w.store.Assertions("sts"),
		},
	}
	ok(iams.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + oidc, ClientIDList: []string{client, "client2"},
	}))(t)
	return w
}

func (w *world) newNetworks() networks {
	tokens := ok(testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: w.clock.Now}))(w.t)
	patient := &testidp.Patient{Handler: tokens}
	web := httptest.NewServer(patient)
	w.t.Cleanup(web.Close)
	return networks{tokens, patient, web}
}

func (w *world) idp(name string) idp {
	p := ok(testidp.New(testidp.Config{Issuer: "https://" + name, ClientID: client, Algorithm: "ES256", Now: w.clock.Now}))(w.t)
	web := httptest.NewServer(p)
	w.t.Cleanup(web.Close)
	return idp{p, web}
}

// sign returns a token of the provider for its user.
func (w *world) sign(p idp, user string, claims ...any) string {
	w.t.Helper()
	override := map[string]any{}
	for i := 0; i < len(claims); i += 2 {
		override[claims[i].(string)] = claims[i+1]
	}
	return ok(p.Token(user, override))(w.t)
}

// root is the account itself in a region.
func root() iam.Caller { return rootIn(region) }

func rootIn(region string) iam.Caller {
	return iam.Caller{Account: account, Region: region, ARN: "arn:aws:iam::" + account + ":root", UserID: account, Root: true}
}

// settings are those of a pool that takes guests and users of all providers.
func settings() cognito.PoolSettings {
	return cognito.PoolSettings{
		Name: "pool", AllowUnauthenticated: true,
		SupportedLoginProviders:  map[string]string{google: client},
		OpenIDConnectProviders:   []string{oidcARN},
		CognitoIdentityProviders: []cognito.UserPoolClient{{ProviderName: userPool, ClientID: client}},
	}
}

// pool makes a pool with settings() as change leaves them.
func (w *world) pool(change ...func(*cognito.PoolSettings)) string {
	w.t.Helper()
	in := cognito.CreateIdentityPoolInput{PoolSettings: settings()}
	for _, c := range change {
		c(&in.PoolSettings)
	}
	return ok(w.CreateIdentityPool(w.t.Context(), root(), &in))(w.t).IdentityPoolID
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// role makes a role with one policy that allows actions on everything.
func (w *world) role(name, trust string, actions ...string) string {
	w.t.Helper()
	ok(w.IAM.CreateRole(w.t.Context(), root(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust}))(w.t)
	if len(actions) > 0 {
		ok(w.IAM.PutRolePolicy(w.t.Context(), root(), &iam.PutRolePolicyInput{
			RoleName: name, PolicyName: "p",
			PolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}}`,
		}))(w.t)
	}
	return roleARN(name)
}

// trust is the trust policy that the console writes for a pool: kind is
// authenticated or unauthenticated.
func trust(pool, kind string) string {
	return statement(`"StringEquals":{"` + host + `:aud":"` + pool + `"},"ForAnyValue:StringLike":{"` + host + `:amr":"` + kind + `"}`)
}

// statement is a trust policy for identity pools under conditions.
func statement(conditions string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + host +
		`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + conditions + `}}}`
}

// setRoles gives a pool its two roles, and mappings if there are any.
func (w *world) setRoles(pool string, roles map[string]string, mappings map[string]cognito.RoleMapping) {
	w.t.Helper()
	ok(w.SetIdentityPoolRoles(w.t.Context(), root(), &cognito.SetIdentityPoolRolesInput{
		IdentityPoolID: pool, Roles: roles, RoleMappings: mappings,
	}))(w.t)
}

// bothRoles makes a pool's roles "guest" and "user", which allow everything.
func (w *world) bothRoles(pool string) {
	w.t.Helper()
	w.setRoles(pool, map[string]string{
		"authenticated":   w.role("user", trust(pool, "authenticated"), "*"),
		"unauthenticated": w.role("guest", trust(pool, "unauthenticated"), "*"),
	}, nil)
}

func (w *world) getID(pool string, logins map[string]string) string {
	w.t.Helper()
	return ok(w.GetID(w.t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(w.t).IdentityID
}

func (w *world) getToken(id string, logins map[string]string) (*cognito.GetOpenIDTokenOutput, error) {
	return w.GetOpenIDToken(w.t.Context(), &cognito.GetOpenIDTokenInput{IdentityID: id, Logins: logins})
}

func (w *world) getCredentials(id string, logins map[string]string) (*cognito.GetCredentialsForIdentityOutput, error) {
	return w.GetCredentialsForIdentity(w.t.Context(), &cognito.GetCredentialsForIdentityInput{IdentityID: id, Logins: logins})
}

// identity reads an identity from the store.
func (w *world) identity(id string) cognito.Identity {
	w.t.Helper()
	return ok(w.Identities.Identity(context.WithoutCancel(w.t.Context()), id))(w.t)
}

// claims are those of a token of ours, verified.
func (w *world) claims(raw string) *token.Token {
	w.t.Helper()
	parsed := ok(token.Parse(raw))(w.t)
	if err := parsed.VerifySignature(w.own.Keys()); err != nil {
		w.t.Fatal(err)
	}
	return parsed
}

// fataler is what rapid.T has in common with testing.T.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// ok returns out, or fails the test for err.
func ok[T any](out T, err error) func(fataler) T {
	return func(t fataler) T {
		t.Helper()
		if err != nil {
			if f, is := errors.AsType[*fault.Error](err); is {
				err = fmt.Errorf("%w (%w)", err, f.Cause)
			}
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless err is this refusal, whose status is always 400.
func refused[T any](_ T, err error) func(t testing.TB, code, message string) {
	return func(t testing.TB, code, message string) {
		t.Helper()
		f, is := errors.AsType[*fault.Error](err)
		if !is {
			t.Errorf("got error %v, want %s: %s", err, code, message)
			return
		}
		if diff := cmp.Diff([]any{400, code, message}, []any{f.Status, f.Code, f.Message}); diff != "" {
			t.Errorf("refusal (-want +got), because of %v:\n%s", f.Cause, diff)
		}
	}
}

// Codes of the refusals of this API.
const (
	notAuthorized        = "NotAuthorizedException"
	notFound             = "ResourceNotFoundException"
	conflict             = "ResourceConflictException"
	invalidParameter     = "InvalidParameterException"
	invalidConfiguration = "InvalidIdentityPoolConfigurationException"
	externalService      = "ExternalServiceException"

	checkRoles = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
)
