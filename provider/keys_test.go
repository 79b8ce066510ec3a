package provider_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

func TestKeysAreCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.token()
	w.mustVerify(tok)
	w.pass(9*time.Minute + 59*time.Second)
	w.mustVerify(tok)
	for _, kid := range []string{"", "unknown", "unknown"} { // see TestSickProviderIsSpared
		if _, err := w.client.Keys(t.Context(), issuer+"/", kid); err != nil {
			t.Error(err)
		}
	}
	w.wantFetches(2)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustVerify(w.token())
	for i := range int64(3) { // at once, without a cooldown in between
		w.rotate()
		w.mustVerify(w.token())
		w.wantFetches(i + 2)
	}
}

func TestUnknownKeyStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustVerify(w.token())
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			keys, err := w.client.Keys(t.Context(), issuer, fmt.Sprint("made-up-", i))
			if err != nil || keys.Has("made-up-1") {
				t.Errorf("got %v, %v", keys, err)
			}
		})
	}
	group.Wait()
	w.wantFetches(2)
	w.pass(9 * time.Second)
	if err := w.verify(&token.Token{KeyID: "made-up", Algorithm: "ES256"}); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
	w.wantFetches(2)
	w.pass(time.Second)
	w.rotate()
	w.mustVerify(w.token())
	w.wantFetches(3)
}

// A caller that has seen the old keys, and is overtaken by another that fetches
// the new ones, does not fetch them again.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustVerify(w.token())
	w.rotate()
	w.interpose(func() { w.mustVerify(w.token()) })
	w.mustVerify(w.token())
	w.wantFetches(2)
}

func TestFirstSightStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.token()
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if err := w.verify(tok); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	w.wantFetches(1)
}

func TestBackgroundRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.token()
	w.mustVerify(old)
	w.pass(10 * time.Minute)
	w.rotate()
	waiting, proceed := make(chan struct{}), make(chan struct{})
	w.answer(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			close(waiting)
			<-proceed
		}
		w.idp.ServeHTTP(rw, r)
	})
	w.mustVerify(old) // starts the refresh and does not wait for it
	<-waiting
	w.mustVerify(old) // joins it and does not wait either
	close(proceed)
	w.mustVerify(w.token()) // joins it, or finds its result
	w.wantFetches(2)
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.token()
	w.mustVerify(tok)
	w.server.Close()
	for range 23 {
		w.pass(time.Hour)
		w.mustVerify(tok)
	}
	if _, err := w.client.Keys(t.Context(), issuer, "unknown"); !isUnreachable(err) {
		t.Errorf("unknown key of a sick provider: got %v", err)
	}
	if _, err := w.client.Keys(t.Context(), issuer, "unknown"); !isUnreachable(err) {
		t.Errorf("the same within the cooldown: got %v", err)
	}
	w.mustVerify(tok)
	w.pass(time.Hour)
	if err := w.verify(tok); !isUnreachable(err) {
		t.Errorf("after a day: got %v", err)
	}
}

// Keys that still serve are asked for once in ten seconds while the provider is
// sick, however many need them. A refresh in the background would show in the
// last question: it is not on behalf of the unknown key and starts no cooldown.
func TestSickProviderIsSpared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.token()
	w.mustVerify(tok)
	w.pass(10 * time.Minute)
	var asked atomic.Int64
	w.answer(func(rw http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		rw.WriteHeader(http.StatusBadGateway)
	})
	unknown := func() {
		if _, err := w.client.Keys(t.Context(), issuer, "unknown"); !isUnreachable(err) {
			t.Errorf("got %v", err)
		}
	}
	unknown()
	w.mustVerify(tok)
	w.pass(10 * time.Second)
	unknown()
	unknown()
	if got := asked.Load(); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(status(http.StatusServiceUnavailable))
	if err := w.verify(w.token()); !isUnreachable(err) {
		t.Fatalf("got %v", err)
	}
	w.answer(w.idp.ServeHTTP)
	if err := w.verify(w.token()); !isUnreachable(err) {
		t.Errorf("a failure is remembered for a second: got %v", err)
	}
	w.pass(time.Second)
	w.mustVerify(w.token())
}

// A provider that publishes other keys has taken back those of before, whether we can
// use the others or not.
func TestWithdrawnKeys(t *testing.T) {
	t.Parallel()
	for name, withdraw := range map[string]func(w *world){
		"rotated twice": func(w *world) {
			w.rotate()
			w.rotate()
		},
		"keys of another kind": func(w *world) {
			w.answerKeys(`{"keys":[{"kty":"OKP","kid":"new","crv":"Ed25519","x":"AA"}]}`)
		},
	} {
		w := newWorld(t)
		tok := w.token()
		w.mustVerify(tok)
		withdraw(w)
		w.pass(10 * time.Minute)
		if keys, err := w.client.Keys(t.Context(), issuer, "unknown"); err != nil || keys.Has("unknown") {
			t.Errorf("%s: got %v, %v", name, keys, err)
		}
		if err := w.verify(tok); !errors.Is(err, token.ErrUnknownKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A provider that is sick has taken nothing back, however it shows; and whoever brings a
// token with a made-up key id at that moment harms nobody else.
func TestSickProviderKeepsItsKeys(t *testing.T) {
	t.Parallel()
	page := func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "<html>We will be back soon") }
	const document = `{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/k"}`
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		check  func(error) bool
	}{
		"maintenance":       {page, isInvalid},
		"firewall":          {status(http.StatusForbidden), isInvalid},
		"not found":         {status(http.StatusNotFound), isInvalid},
		"down":              {status(http.StatusBadGateway), isUnreachable},
		"too much":          {huge, isInvalid},
		"maintenance later": {discovery(document, "<html>"), isInvalid},
		"no keys":           {discovery(document, `{"keys":[]}`), isInvalid},
		"garbage keys":      {discovery(document, `{"keys":[null,{},"x"]}`), isInvalid},
		"other issuer":      {discovery(`{"issuer":"https://evil.example"}`, ""), isInvalid},
		"private keys":      {discovery(`{"issuer":"https://idp.example.com","jwks_uri":"https://10.0.0.1/k"}`, ""), isAddress},
		"leads to itself":   {func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path, http.StatusFound) }, isURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tok := w.token()
			w.mustVerify(tok)
			w.answer(test.answer)
			for range 23 {
				w.pass(time.Hour)
				if _, err := w.client.Keys(t.Context(), issuer, "made-up"); !test.check(err) {
					t.Errorf("an unknown key: got %v", err)
				}
				w.mustVerify(tok)
			}
			w.pass(time.Hour)
			if err := w.verify(tok); !test.check(err) {
				t.Errorf("after a day: got %v", err)
			}
			w.answer(w.idp.ServeHTTP)
			w.pass(time.Second)
			w.mustVerify(tok)
		})
	}
}

func TestCallerGivesUpAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waiting, proceed := make(chan struct{}), make(chan struct{})
	w.answer(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			close(waiting)
			<-proceed
		}
		w.idp.ServeHTTP(rw, r)
	})
	impatient, cancel := contextWithCancel(t)
	gaveUp := make(chan error)
	go func() {
		_, err := w.client.Keys(impatient, issuer, "")
		gaveUp <- err
	}()
	<-waiting
	patient := make(chan error)
	tok := w.token()
	go func() { patient <- w.verify(tok) }()
	cancel()
	if err := <-gaveUp; !isUnreachable(err) {
		t.Errorf("got %v", err)
	}
	close(proceed)
	if err := <-patient; err != nil {
		t.Error(err)
	}
	w.wantFetches(1)
}

func TestManyIssuers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := httptest.NewRecorder()
	w.idp.ServeHTTP(keys, httptest.NewRequest(http.MethodGet, "/jwks.json", nil))
	w.answer(func(rw http.ResponseWriter, r *http.Request) {
		path, discovery := strings.CutSuffix(r.URL.Path, "/.well-known/openid-configuration")
		if discovery {
			_, _ = fmt.Fprintf(rw, `{"issuer":"%s%s","jwks_uri":"%s/jwks.json"}`, issuer, path, issuer)
			return
		}
		_, _ = rw.Write(keys.Body.Bytes())
	})
	ask := func(n int) {
		if _, err := w.client.Keys(t.Context(), fmt.Sprint(issuer, "/", n), ""); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 1000 {
		ask(n)
	}
	ask(0) // so that 1 is the one unused for longest
	w.wantFetches(1000)
	ask(1000)
	ask(0)
	w.wantFetches(1001)
	ask(1)
	w.wantFetches(1002)
}
