package provider_test

import (
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

const twitterApp = "key;secret/with.signs"

// networks are the three providers of access tokens in a box, and a client that is
// redirected to them.
type networks struct {
	*testidp.AccessTokens
	patient *testidp.Patient
	client  *provider.Client
	now     atomic.Int64
}

func newNetworks(t *testing.T) *networks {
	t.Helper()
	n := &networks{}
	n.now.Store(1_700_000_000)
	clock := func() time.Time { return time.Unix(n.now.Load(), 0) }
	tokens, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	n.AccessTokens, n.patient = tokens, &testidp.Patient{Handler: tokens}
	server := httptest.NewServer(n.patient)
	t.Cleanup(server.Close)
	n.client = redirected(t, server.URL, clock, time.Minute)
	return n
}

func redirected(t *testing.T, base string, now func() time.Time, timeout time.Duration) *provider.Client {
	t.Helper()
	var rs []provider.Redirect
	for _, host := range []string{provider.Facebook, provider.Amazon, provider.Twitter} {
		rs = append(rs, redirect(t, host+"="+base))
	}
	return provider.New(provider.Config{Redirects: rs, Now: now, Timeout: timeout})
}

// token is one of alice for an app.
func (n *networks) token(t *testing.T, name, app string) provider.AccessToken {
	t.Helper()
	value, err := n.Token(name, "alice", app)
	if err != nil {
		t.Fatal(err)
	}
	return provider.AccessToken{Provider: name, App: app, Value: value}
}
