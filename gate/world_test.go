package gate_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	account = "123456789012"
	region  = "eu-west-1"
	idp     = "idp.example.test"
)

// world is a whole Cenote with an identity pool, which takes guests and the users of
// one provider, and with the key of a service that may ask for "notes".
type world struct {
	*httptest.Server
	config  server.Config
	idp     *testidp.Provider
	seconds atomic.Int64 // Unix
	pool    string
	service sigv4.Credentials

	closers []func()
}

// must is the value of what has to work.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := makeWorld()
	t.Cleanup(w.close)
	return w
}

// makeWorld is newWorld for examples, which have no testing.T.
func makeWorld() *world {
	w := &world{}
	w.seconds.Store(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).Unix())
	w.idp = must(testidp.New(testidp.Config{Issuer: "https://" + idp, ClientID: "app", Algorithm: "ES256", Now: w.now}))
	web := httptest.NewServer(w.idp)
	w.closers = append(w.closers, web.Close)
	w.config = w.wire(provider.Redirect{Host: idp, Base: must(url.Parse(web.URL))})
	w.Server = httptest.NewServer(server.New(w.config))
	w.closers = append(w.closers, w.Close)
	w.service = w.user("notes-service", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cenote:AuthorizeRequest",
		"Resource":"arn:aws:cenote:*:*:service/notes"}}`)
	w.makePool()
	return w
}

func (w *world) wire(redirect provider.Redirect) server.Config {
	folder := must(os.MkdirTemp("", "gate-"))
	master, _ := seal.GenerateKey()
	kept := must(store.Open(context.Background(), store.Config{Path: folder, MasterKey: master, Now: w.now}))
	w.closers = append(w.closers, func() { _ = os.RemoveAll(folder) }, func() { _ = kept.Close() })
	own := must(issuer.New(must(issuer.ParseKey("own", "ES256", must(issuer.GenerateKey("ES256"))))))
	issuers := server.Issuers{Own: own, Network: provider.New(provider.Config{Redirects: []provider.Redirect{redirect}, Now: w.now})}
	iams := &iam.Service{
		Account: account, Roles: kept.Roles(), Users: kept.Users(), Groups: kept.Groups(),
		ManagedPolicies: kept.ManagedPolicies(), Providers: kept.OIDCProviders(), SAMLProviders: kept.SAMLProviders(), Uses: kept.Uses(), Now: w.now,
	}
	sealing, _ := seal.GenerateKey()
	stss := &sts.Service{
		Account: account, IAM: iams, Issuers: issuers, Now: w.now, Sealer: sts.NewSealer(sts.SealingKey{ID: "k", Key: sealing}),
	}
	return server.Config{
		Account: account, Root: iam.AccessKey{ID: "AKIAROOTROOTROOTROOT", Secret: iam.NewSecret(), Active: true},
		IAM: iams, STS: stss, Issuer: own, Now: w.now,
		Cognito: &cognito.Service{
			Account: account, Pools: kept.Pools(), Identities: kept, IAM: iams, STS: stss, Issuers: issuers, UserPools: issuers, OpenID: own, Now: w.now,
		},
		Audit: audit.Log{Logger: slog.New(slog.DiscardHandler)},
		Ready: func(context.Context) error { return nil },
	}
}

func (w *world) close() {
	for i := range w.closers {
		w.closers[len(w.closers)-1-i]()
	}
}

func (w *world) now() time.Time          { return time.Unix(w.seconds.Load(), 0).UTC() }
func (w *world) advance(d time.Duration) { w.seconds.Add(int64(d / time.Second)) }

func root() iam.Caller {
	return iam.Caller{Account: account, Region: region, ARN: "arn:aws:iam::" + account + ":root", UserID: account, Root: true}
}

// user makes a user with a policy and returns a key of it.
func (w *world) user(name, policy string) sigv4.Credentials {
	ctx := context.Background()
	must(w.config.IAM.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: name}))
	must(w.config.IAM.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{UserName: name, PolicyName: "p", PolicyDocument: policy}))
	made := must(w.config.IAM.CreateAccessKey(ctx, root(), &iam.CreateAccessKeyInput{UserName: name})).AccessKey
	return sigv4.Credentials{AccessKeyID: made.AccessKeyID, SecretAccessKey: string(made.SecretAccessKey)}
}

// ownPrefix lets an identity do actions below its own id.
const ownPrefix = `{"Version":"2012-10-17","Statement":{"Sid":"Own","Effect":"Allow","Action":%q,
	"Resource":"arn:aws:%s:::${cognito-identity.amazonaws.com:sub}/*"}}`

// makePool makes the pool and its roles. Of a guest's session AWS takes away all that
// is not on its list of services: of it, execute-api is for HTTP APIs.
func (w *world) makePool() {
	ctx := context.Background()
	provider := must(w.config.IAM.CreateOpenIDConnectProvider(ctx, root(), &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + idp, ClientIDList: []string{"app"},
	}))
	w.pool = must(w.config.Cognito.CreateIdentityPool(ctx, root(), &cognito.CreateIdentityPoolInput{PoolSettings: cognito.PoolSettings{
		Name: "people", AllowUnauthenticated: true, OpenIDConnectProviders: []string{provider.OpenIDConnectProviderARN},
	}})).IdentityPoolID
	roles := map[string]string{
		"authenticated":   w.role("member", "authenticated", fmt.Sprintf(ownPrefix, "notes:*", "notes")),
		"unauthenticated": w.role("guest", "unauthenticated", fmt.Sprintf(ownPrefix, "*", "execute-api")),
	}
	must(w.config.Cognito.SetIdentityPoolRoles(ctx, root(), &cognito.SetIdentityPoolRolesInput{IdentityPoolID: w.pool, Roles: roles}))
}

func (w *world) role(name, amr, policy string) (roleARN string) {
	ctx := context.Background()
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
		"Principal":{"Federated":"cognito-identity.amazonaws.com"},"Condition":{
		"StringEquals":{"cognito-identity.amazonaws.com:aud":%q},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%q}}}}`, w.pool, amr)
	made := must(w.config.IAM.CreateRole(ctx, root(), &iam.CreateRoleInput{
		RoleName: name, AssumeRolePolicyDocument: trust, Tags: []iam.Tag{{Key: "kind", Value: name}},
	}))
	must(w.config.IAM.PutRolePolicy(ctx, root(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: "own", PolicyDocument: policy}))
	return made.Role.ARN
}

// identity gets credentials as a user of the provider, or as a guest.
func (w *world) identity(user string) (id string, key sigv4.Credentials) {
	ctx := context.Background()
	var logins map[string]string
	if user != "" {
		logins = map[string]string{idp: must(w.idp.Token(user, nil))}
	}
	id = must(w.config.Cognito.GetID(ctx, &cognito.GetIDInput{IdentityPoolID: w.pool, Logins: logins})).IdentityID
	c := must(w.config.Cognito.GetCredentialsForIdentity(ctx, &cognito.GetCredentialsForIdentityInput{IdentityID: id, Logins: logins})).Credentials
	return id, sigv4.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretKey, SessionToken: c.SessionToken}
}

func (w *world) client() *gate.Client {
	return &gate.Client{Endpoint: w.URL, Credentials: w.service, Region: region, Service: "notes", HTTPClient: w.Client(), Now: w.now}
}

// notes is a service that asks a gate. It answers with what the gate said.
type notes struct {
	*httptest.Server
	answer gate.Answer
	err    error
}

// serve starts a service whose resources are named by path. ask is the action.
func serve(t *testing.T, c *gate.Client, q func(*http.Request) gate.Question) *notes {
	t.Helper()
	n := &notes{}
	n.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		n.answer, n.err = c.Authorize(r.Context(), r, body, q(r))
		switch {
		case n.err != nil:
			rw.WriteHeader(http.StatusInternalServerError)
		case !n.answer.Allowed:
			n.answer.Refusal.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(n.Close)
	return n
}
