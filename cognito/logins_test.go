package cognito_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/token"
)

// threeLogins are logins of all OpenID providers, in the order of their names.
func (w *world) threeLogins() map[string]string {
	return map[string]string{google: w.sign(w.google, "alice"), userPool: w.sign(w.users, "alice"), oidc: w.sign(w.oidc, "alice")}
}

// before puts something before the providers' key sets: it gets the provider's name.
func (w *world) before(keys func(name string, rw http.ResponseWriter, r *http.Request) (answered bool)) {
	w.t.Helper()
	var redirects []provider.Redirect
	for name, p := range map[string]idp{google: w.google, userPool: w.users, oidc: w.oidc} {
		web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/jwks.json") || !keys(name, rw, r) {
				p.ServeHTTP(rw, r)
			}
		}))
		w.t.Cleanup(web.Close)
		authority, _, _ := strings.Cut(name, "/")
		redirects = append(redirects, provider.Redirect{Host: authority, Base: ok(url.Parse(web.URL))(w.t)})
	}
	issuers := server.Issuers{Own: w.own, Network: provider.New(provider.Config{Redirects: redirects, Now: w.clock.Now})}
	w.Issuers, w.STS.Issuers, w.UserPools = issuers, issuers, issuers
}

// TestLoginsTogether has each provider wait until all are asked.
func TestLoginsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	var all sync.WaitGroup
	all.Add(3)
	w.before(func(_ string, _ http.ResponseWriter, r *http.Request) bool {
		all.Done()
		asked := make(chan struct{})
		go func() {
			all.Wait()
			close(asked)
		}()
		select {
		case <-asked:
		case <-r.Context().Done():
		}
		return false
	})
	logins := w.threeLogins()
	id := w.getID(pool, logins)
	for name, raw := range logins {
		if got := w.getID(pool, map[string]string{name: raw}); got != id {
			t.Errorf("%s: %s, not %s", name, got, id)
		}
	}
}

// TestFirstRefusal has several logins fail: the one whose provider's name is first is
// told, also where it takes longest, and is told at once.
func TestFirstRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	hanging, over, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	hangs := sync.OnceFunc(func() { close(hanging) })
	w.before(func(name string, rw http.ResponseWriter, _ *http.Request) bool {
		switch name {
		case google: // answers after the last
			<-over
			rw.WriteHeader(http.StatusNotFound)
			return true
		case oidc: // answers never
			hangs()
			<-ended
			return true
		}
		return false
	})
	t.Cleanup(func() { close(ended) })
	logins := w.threeLogins()
	logins[userPool] = w.sign(w.users, "alice", "aud", "other")
	go func() {
		<-hanging
		close(over)
	}()
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(
		t, externalService, "The identity provider "+google+" is not responding.")
	delete(logins, google)
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, notAuthorized, unsupported)
}

// panicking breaks down over keys.
type panicking struct{ server.Issuers }

func (panicking) Keys(context.Context, string, string, ...string) (token.Keys, error) { panic("boom") }

// A panic is the caller's, who may recover from it, and ends nobody else's request.
func TestPanicOfLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.Issuers = panicking{w.Issuers.(server.Issuers)}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "boom\n") || !strings.Contains(err.Error(), "verifyLogin") {
			t.Errorf("got %v", err)
		}
	}()
	_, _ = w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: w.threeLogins()})
	t.Error("did not panic")
}
