package awsaccount_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/awsaccount"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
)

const (
	account = "123456789012"
	region  = "eu-west-1"
)

// services are those of one account over a store of its own.
type services struct {
	store   *store.Store
	iam     *iam.Service
	cognito *cognito.Service
	config  server.Config
}

func newServices(t *testing.T) *services {
	t.Helper()
	master, _ := seal.GenerateKey()
	st := ok(store.Open(t.Context(), store.Config{Path: t.TempDir(), MasterKey: master}))(t)
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	own := ok(issuer.New(ok(issuer.ParseKey("k", "ES256", ok(issuer.GenerateKey("ES256"))(t)))(t)))(t)
	iams := &iam.Service{
		Account: account, Roles: st.Roles(), Users: st.Users(), Groups: st.Groups(), ManagedPolicies: st.ManagedPolicies(),
		Providers: st.OIDCProviders(), SAMLProviders: st.SAMLProviders(), Uses: st.Uses(),
	}
	sealing, _ := seal.GenerateKey()
	issuers := server.Issuers{Own: own}
	stss := &sts.Service{Account: account, IAM: iams, Issuers: issuers, Sealer: sts.NewSealer(sts.SealingKey{ID: "s", Key: sealing}), Assertions: st.Assertions("sts")}
	pools := &cognito.Service{
		Account: account, Pools: st.Pools(), Identities: st, IAM: iams, STS: stss, Issuers: issuers, OpenID: own,
		Assertions: st.Assertions("cognito-identity"), Sweeper: cognito.NewSweeper(st.Pools(), st),
	}
	return &services{st, iams, pools, server.Config{
		Account: account, Root: iam.AccessKey{ID: "AKIAROOTROOTROOTROOT", Secret: "root/secret", Active: true},
		IAM: iams, STS: stss, Cognito: pools, Issuer: own,
		Audit: audit.Log{Logger: slog.New(slog.DiscardHandler)}, Ready: func(context.Context) error { return nil },
	}}
}

// serve answers as the account, where front does not answer itself.
func (s *services) serve(t *testing.T, front func(w http.ResponseWriter, r *http.Request) bool) (endpoint string) {
	t.Helper()
	handler := server.New(s.config)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if front == nil || !front(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}

// open is the account at an endpoint, for its root.
func (s *services) open(t *testing.T, endpoint string) *awsaccount.Account {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": s.config.Root.ID, "AWS_SECRET_ACCESS_KEY": string(s.config.Root.Secret), "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	return ok(awsaccount.Open(t.Context(), awsaccount.Config{Regions: []string{region}, Endpoint: endpoint}))(t)
}

// run imports into s and returns what became of each thing.
func (s *services) run(t *testing.T, from *awsaccount.Account, change ...func(*awsaccount.Import)) (map[string]awsaccount.Item, error) {
	t.Helper()
	items := map[string]awsaccount.Item{}
	m := &awsaccount.Import{From: from, IAM: s.iam, Cognito: s.cognito, Report: func(item awsaccount.Item) {
		key := item.Kind + " " + item.Name
		if _, twice := items[key]; twice {
			t.Errorf("%s is reported twice", key)
		}
		items[key] = item
	}}
	for _, c := range change {
		c(m)
	}
	return items, m.Run(t.Context())
}

func root() iam.Caller {
	return iam.Caller{Account: account, Region: region, ARN: arn.Root(account).String(), UserID: account, Root: true}
}

const trustsRoot = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`

// pool makes a pool that gives guests this role.
func (s *services) pool(t *testing.T, role string) (id string) {
	t.Helper()
	pool := ok(s.cognito.CreateIdentityPool(t.Context(), root(), &cognito.CreateIdentityPoolInput{PoolSettings: cognito.PoolSettings{Name: "p", AllowUnauthenticated: true}}))(t)
	ok(s.cognito.SetIdentityPoolRoles(t.Context(), root(), &cognito.SetIdentityPoolRolesInput{
		IdentityPoolID: pool.IdentityPoolID, Roles: map[string]string{"unauthenticated": arn.Role(account, "/", role).String()},
	}))(t)
	return pool.IdentityPoolID
}

func (s *services) role(t *testing.T, name string) {
	t.Helper()
	ok(s.iam.CreateRole(t.Context(), root(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trustsRoot}))(t)
}

func ok[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func noon() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }
