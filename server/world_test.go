package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/pgtest"
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

	idpHost   = "idp.example.test"
	idpClient = "app"
)

// noon is when every world begins.
func noon() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }

func rootKey() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: "AKIAROOTROOTROOTROOT", SecretAccessKey: "root+secret/root+secret/root+secret/root"}
}

// world is a whole server on a store of its own, with an identity provider and a
// clock that the test sets.
type world struct {
	*httptest.Server
	config  server.Config
	idp     *testidp.Provider
	sick    *testidp.Patient      // where idp answers
	access  *testidp.AccessTokens // Facebook, Amazon and Twitter
	patient *testidp.Patient      // where they answer
	time    atomic.Int64          // Unix seconds
	log     journal
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{}
	w.time.Store(noon().Unix())
	idp, err := testidp.New(testidp.Config{Issuer: "https://" + idpHost, ClientID: idpClient, Algorithm: "ES256", Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.idp, w.sick = idp, &testidp.Patient{Handler: idp}
	idpServer := httptest.NewServer(w.sick)
	t.Cleanup(idpServer.Close)
	redirects := append(w.openNetworks(t), redirectTo(t, idpHost, idpServer.URL))
	w.config = w.wire(t, redirects...)
	w.Server = httptest.NewServer(server.New(w.config))
	t.Cleanup(w.Close)
	return w
}

// openNetworks starts Facebook, Amazon and Twitter.
func (w *world) openNetworks(t testing.TB) []provider.Redirect {
	t.Helper()
	access, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.access, w.patient = access, &testidp.Patient{Handler: access}
	web := httptest.NewServer(w.patient)
	t.Cleanup(web.Close)
	var list []provider.Redirect
	for _, host := range []string{testidp.Facebook, testidp.Amazon, testidp.Twitter} {
		list = append(list, redirectTo(t, host, web.URL))
	}
	return list
}

func redirectTo(t testing.TB, host, address string) provider.Redirect {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Redirect{Host: host, Base: base}
}

func (w *world) wire(t testing.TB, redirects ...provider.Redirect) server.Config {
	t.Helper()
	master, _ := seal.GenerateKey()
	folder, database := pgtest.Place(t)
	kept, err := store.Open(t.Context(), store.Config{Path: folder, URL: database, MasterKey: master, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	own := newIssuer(t)
	issuers := server.Issuers{Own: own, Network: provider.New(provider.Config{Redirects: redirects, Now: w.now})}
	sealing, _ := seal.GenerateKey()
	iams := &iam.Service{
		Account: account, Roles: kept.Roles(), Users: kept.Users(), Groups: kept.Groups(),
		ManagedPolicies: kept.ManagedPolicies(), Providers: kept.OIDCProviders(), SAMLProviders: kept.SAMLProviders(), Uses: kept.Uses(), Now: w.now,
	}
	stss := &sts.Service{
		Account: account, IAM: iams, Issuers: issuers, Now: w.now,
		Sealer: sts.NewSealer(sts.SealingKey{ID: "k", Key: sealing}), Assertions: kept.Assertions("sts"),
	}
	return server.Config{
		Account: account,
		Root:    iam.AccessKey{ID: rootKey().AccessKeyID, Secret: iam.Secret(rootKey().SecretAccessKey), Active: true},
		IAM:     iams,
		STS:     stss,
		Cognito: &cognito.Service{
			Account: account, Pools: kept.Pools(), Identities: kept,
			IAM: iams, STS: stss, Issuers: issuers, UserPools: issuers, OpenID: own, Now: w.now,
			Assertions: kept.Assertions("cognito-identity"), Sweeper: cognito.NewSweeper(kept.Pools(), kept),
		},
		Issuer: own,
		Audit:  audit.Log{Logger: slog.New(slog.NewJSONHandler(&w.log, nil))},
		Ready:  func(context.Context) error { return nil },
		Now:    w.now,
	}
}

func newIssuer(t testing.TB) *issuer.Issuer {
	t.Helper()
	pkcs8, err := issuer.GenerateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	key, err := issuer.ParseKey("own", "ES256", pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	own, err := issuer.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func (w *world) now() time.Time { return time.Unix(w.time.Load(), 0).UTC() }

func (w *world) advance(d time.Duration) { w.time.Add(int64(d / time.Second)) }

// journal is the audit log.
type journal struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buffer.Write(p)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buffer.String()
}

// lines returns the events of the log. The last is there only once the server is
// closed, since it is written after the answer.
func (j *journal) lines(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(j.text()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("the log has a line that is no JSON: %s", line)
		}
		list = append(list, event)
	}
	return list
}
