package provider_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const issuer = "https://idp.example.com"

// world is a provider behind a real server, a client that is redirected to it,
// and a clock.
type world struct {
	t       *testing.T
	idp     *testidp.Provider
	server  *httptest.Server
	client  *provider.Client
	sets    atomic.Int64 // how often the key set was served
	handler atomic.Pointer[http.HandlerFunc]

	mu   sync.Mutex
	now  time.Time
	once func() // runs in the next reading of the clock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Unix(1_700_000_000, 0)}
	idp, err := testidp.New(testidp.Config{Issuer: issuer, ClientID: "c", Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	w.idp = idp
	w.answer(idp.ServeHTTP)
	w.serve()
	return w
}

// serve starts the server, and makes the client that is redirected to it.
func (w *world) serve() {
	w.t.Helper()
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			w.sets.Add(1)
		}
		(*w.handler.Load())(rw, r)
	}))
	w.t.Cleanup(w.server.Close)
	w.client = provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(w.t, "idp.example.com="+w.server.URL)},
		Now:       w.clock,
	})
}

func (w *world) answer(h http.HandlerFunc) { w.handler.Store(&h) }

// answerKeys publishes this key set in place of the provider's.
func (w *world) answerKeys(set string) {
	w.answer(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/jwks.json") {
			_, _ = io.WriteString(rw, set)
			return
		}
		w.idp.ServeHTTP(rw, r)
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	once := w.once
	w.once = nil
	w.mu.Unlock()
	if once != nil {
		once()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) interpose(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once = f
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) token() *token.Token {
	w.t.Helper()
	raw, err := w.idp.Token("alice", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	parsed, err := token.Parse(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed
}

func (w *world) rotate() {
	w.t.Helper()
	if err := w.idp.RotateKey(); err != nil {
		w.t.Fatal(err)
	}
}

// verify does what a caller does: fetch the keys, check the signature.
func (w *world) verify(tok *token.Token) error {
	keys, err := w.client.Keys(w.t.Context(), issuer, tok.KeyID)
	if err != nil {
		return err
	}
	return tok.VerifySignature(keys)
}

func (w *world) mustVerify(tok *token.Token) {
	w.t.Helper()
	if err := w.verify(tok); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantFetches(want int64) {
	w.t.Helper()
	if got := w.sets.Load(); got != want {
		w.t.Fatalf("the keys were fetched %d times, want %d", got, want)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func isUnreachable(err error) bool {
	_, ok := errors.AsType[*provider.UnreachableError](err)
	return ok
}

func isInvalid(err error) bool {
	_, ok := errors.AsType[*provider.InvalidError](err)
	return ok
}
