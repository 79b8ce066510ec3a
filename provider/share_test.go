package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

// jam is a server of HTTP/1.1 that holds up the requests that held picks.
type jam struct {
	*httptest.Server
	entered chan struct{} // one for each that is held up
	ended   chan error    // of the questions that are held up
	release func()
}

func newJam(t *testing.T, held func(*http.Request) bool, next http.Handler) *jam {
	t.Helper()
	released := make(chan struct{})
	j := &jam{entered: make(chan struct{}), ended: make(chan error), release: sync.OnceFunc(func() { close(released) })}
	j.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if held(r) {
			select {
			case j.entered <- struct{}{}:
				<-released
			case <-released:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(j.Close)
	t.Cleanup(j.release)
	return j
}

// hold asks n questions, and returns when the server has all of them.
func (j *jam) hold(t *testing.T, n int, question func(i int) error) {
	t.Helper()
	for i := range n {
		go func() { j.ended <- question(i) }()
	}
	for range n {
		select {
		case <-j.entered:
		case err := <-j.ended:
			t.Fatalf("a question did not get to the server: %v", err)
		}
	}
}

// wait returns when n questions have their answers.
func (j *jam) wait(t *testing.T, n int, check func(error) bool) {
	t.Helper()
	for range n {
		if err := <-j.ended; !check(err) {
			t.Errorf("got %v", err)
		}
	}
}

// TestFloodOfAccessTokens brings made-up tokens of Facebook, which thinks about them.
func TestFloodOfAccessTokens(t *testing.T) {
	t.Parallel()
	tokens, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{})
	if err != nil {
		t.Fatal(err)
	}
	junk := func(r *http.Request) bool { return strings.HasPrefix(r.FormValue("access_token"), "junk") }
	j := newJam(t, junk, tokens)
	client := redirected(t, j.URL, time.Now, 5*time.Second)
	ask := func(name string) error {
		app := "1"
		if name == provider.Twitter {
			app = twitterApp
		}
		value, err := tokens.Token(name, "alice", app)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Holder(t.Context(), provider.AccessToken{Provider: name, App: app, Value: value})
		return err
	}
	flood := func(n int, prefix string) {
		t.Helper()
		j.hold(t, n, func(i int) error {
			_, err := client.Holder(t.Context(), provider.AccessToken{Provider: provider.Facebook, Value: fmt.Sprint("junk-", prefix, i)})
			return err
		})
	}
	others := func() {
		t.Helper()
		for _, name := range []string{provider.Amazon, provider.Twitter} {
			if err := ask(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	flood(30, "a")
	others()
	if err := ask(provider.Facebook); err != nil {
		t.Errorf("beside 30 made-up tokens: %v", err)
	}
	flood(provider.Share-30, "b")
	others()
	if err := ask(provider.Facebook); !isBusy(err) {
		t.Errorf("beyond the share: got %v", err)
	}
	j.release()
	j.wait(t, provider.Share, isRejected)
	if err := ask(provider.Facebook); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

func isBusy(err error) bool {
	return isUnreachable(err) && strings.HasSuffix(err.Error(), "are under way")
}

// TestFloodOfUserPoolTokens asks one user pool of a host about many users.
func TestFloodOfUserPoolTokens(t *testing.T) {
	t.Parallel()
	held := func(r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		return err == nil && strings.Contains(string(body), "us-east-1_Example")
	}
	j := newJam(t, held, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"s"}]}`)
	}))
	client := provider.New(provider.Config{Redirects: []provider.Redirect{redirect(t, "cognito-idp.us-east-1.amazonaws.com="+j.URL)}})
	ask := func(pool string) error {
		_, err := client.User(t.Context(), pool, "alice")
		return err
	}
	j.hold(t, provider.Share, func(int) error { return ask(userPool) })
	if err := ask(userPool); !isBusy(err) {
		t.Errorf("beyond the share: got %v", err)
	}
	if err := ask("cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"); err != nil {
		t.Errorf("another pool: %v", err)
	}
	j.release()
	j.wait(t, provider.Share, isNil)
	if err := ask(userPool); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// TestHangingRealms asks for the keys of a realm whose neighbours on the same host hang.
func TestHangingRealms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	j := newJam(t, func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/sick") }, w.idp)
	client := provider.New(provider.Config{Redirects: []provider.Redirect{redirect(t, "idp.example.com="+j.URL)}})
	const realms = 20
	j.hold(t, realms, func(i int) error {
		_, err := client.Keys(t.Context(), fmt.Sprint(issuer, "/sick", i), "")
		return err
	})
	if _, err := client.Keys(t.Context(), issuer, ""); err != nil {
		t.Error(err)
	}
	j.release()
	j.wait(t, realms, isInvalid) // 404
}
