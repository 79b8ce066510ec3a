package cognito_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
)

// front stands before a provider, and does to it what answer says.
type front struct {
	sets   atomic.Int64 // how often keys were asked for
	answer atomic.Pointer[http.HandlerFunc]
}

// stand puts a front before the OIDC provider, and a client with an empty memory
// before all providers.
func (w *world) stand() *front {
	w.t.Helper()
	f := &front{}
	f.set(w.oidc.ServeHTTP)
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			f.sets.Add(1)
		}
		(*f.answer.Load())(rw, r)
	}))
	w.t.Cleanup(web.Close)
	var redirects []provider.Redirect
	for host, base := range map[string]string{
		"idp.example": web.URL, google: w.google.web.URL, "cognito-idp.us-east-1.amazonaws.com": w.users.web.URL,
	} {
		redirects = append(redirects, provider.Redirect{Host: host, Base: ok(url.Parse(base))(w.t)})
	}
	issuers := server.Issuers{Own: w.own, Network: provider.New(provider.Config{Redirects: redirects, Now: w.clock.Now, Timeout: time.Minute})}
	w.Issuers, w.STS.Issuers, w.UserPools = issuers, issuers, issuers
	return f
}

func (f *front) set(h http.HandlerFunc) { f.answer.Store(&h) }

// TestHerdOfLogins signs 200 users of a provider in that nobody has asked for keys yet.
func TestHerdOfLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.stand()
	pool := w.pool()
	start := make(chan struct{})
	var group sync.WaitGroup
	for range 200 {
		in := &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{oidc: w.sign(w.oidc, "alice")}}
		group.Go(func() {
			<-start
			if _, err := w.GetID(t.Context(), in); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
	if n := f.sets.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// TestSickProviderHarmsNobodyElse keeps 100 logins of a hanging provider waiting, while
// users of others sign in.
func TestSickProviderHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.stand()
	pool := w.pool()
	well := w.tookLogins(pool)
	waiting, proceed := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(proceed) })
	t.Cleanup(release)
	var once sync.Once
	f.set(func(rw http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(waiting) })
		<-proceed
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	var group sync.WaitGroup
	for range 100 {
		in := &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{oidc: w.sign(w.oidc, "alice")}}
		group.Go(func() {
			refused(w.GetID(t.Context(), in))(t, externalService, "The identity provider "+oidc+" is not responding.")
		})
	}
	<-waiting
	beside := w.tookLogins(pool)
	release()
	group.Wait()
	t.Logf("a login of others: p99 %v, beside a hanging provider %v", well, beside)

	f.set(w.oidc.ServeHTTP)
	w.clock.move(time.Second)
	w.getID(pool, map[string]string{oidc: w.sign(w.oidc, "alice")})
}

// tookLogins signs users of two other providers in, and returns how long 99 of 100
// logins took at most.
func (w *world) tookLogins(pool string) (p99 time.Duration) {
	w.t.Helper()
	var took []time.Duration
	for range 100 {
		for name, p := range map[string]idp{userPool: w.users, google: w.google} {
			logins := map[string]string{name: w.sign(p, "alice")}
			begin := time.Now()
			w.getID(pool, logins)
			took = append(took, time.Since(begin))
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100-1]
}
