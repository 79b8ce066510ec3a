package provider_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

func contextWithCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

// discovery answers with these documents, whoever asks.
func discovery(document, keys string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration") {
			_, _ = io.WriteString(w, document)
			return
		}
		_, _ = io.WriteString(w, keys)
	}
}

func keySet(t *testing.T, w *world) string {
	t.Helper()
	rec := httptest.NewRecorder()
	w.idp.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/jwks.json", nil))
	return rec.Body.String()
}

// Documents in which SELF stands for the server's own address and PORT for its
// port.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document string
		check    func(error) bool
	}{
		"keys at the issuer":          {`{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/k"}`, isNil},
		"trailing slash":              {`{"issuer":"https://idp.example.com/","jwks_uri":"https://idp.example.com/k"}`, isNil},
		"plain http issuer":           {`{"issuer":"http://idp.example.com","jwks_uri":"http://idp.example.com/k"}`, isNil},
		"issuer is the base":          {`{"issuer":"SELF","jwks_uri":"SELF/k"}`, isNil},
		"issuer is localhost":         {`{"issuer":"http://localhost:PORT","jwks_uri":"http://localhost:PORT/k"}`, isNil},
		"issuer is 0.0.0.0":           {`{"issuer":"http://0.0.0.0:PORT","jwks_uri":"https://idp.example.com:443/k"}`, isNil},
		"host in upper case":          {`{"issuer":"https://idp.example.com","jwks_uri":"https://IDP.example.com/k"}`, isNil},
		"other issuer":                {`{"issuer":"https://evil.example","jwks_uri":"https://idp.example.com/k"}`, isWrongIssuer},
		"issuer below it":             {`{"issuer":"https://idp.example.com/a","jwks_uri":"https://idp.example.com/k"}`, isWrongIssuer},
		"no issuer":                   {`{"jwks_uri":"https://idp.example.com/k"}`, isWrongIssuer},
		"issuer on another port":      {`{"issuer":"http://localhost:1","jwks_uri":"https://idp.example.com/k"}`, isWrongIssuer},
		"no jwks_uri":                 {`{"issuer":"https://idp.example.com"}`, isInvalid},
		"relative jwks_uri":           {`{"issuer":"https://idp.example.com","jwks_uri":"/k"}`, isURL},
		"jwks_uri is a file":          {`{"issuer":"https://idp.example.com","jwks_uri":"file:///etc/passwd"}`, isURL},
		"jwks_uri in plain http":      {`{"issuer":"https://idp.example.com","jwks_uri":"http://8.8.8.8/k"}`, isURL},
		"jwks_uri with a user":        {`{"issuer":"https://idp.example.com","jwks_uri":"https://u:p@idp.example.com/k"}`, isURL},
		"jwks_uri is garbage":         {`{"issuer":"https://idp.example.com","jwks_uri":"https://%zz"}`, isInvalid},
		"jwks_uri on another port":    {`{"issuer":"https://idp.example.com","jwks_uri":"https://127.0.0.1:1/k"}`, isAddress},
		"jwks_uri is private":         {`{"issuer":"https://idp.example.com","jwks_uri":"https://10.0.0.1/k"}`, isAddress},
		"jwks_uri is link-local":      {`{"issuer":"https://idp.example.com","jwks_uri":"https://169.254.169.254/k"}`, isAddress},
		"jwks_uri is CGNAT":           {`{"issuer":"https://idp.example.com","jwks_uri":"https://100.100.100.200/k"}`, isAddress},
		"jwks_uri is mapped":          {`{"issuer":"https://idp.example.com","jwks_uri":"https://[::ffff:127.0.0.1]/k"}`, isAddress},
		"jwks_uri resolves privately": {`{"issuer":"https://idp.example.com","jwks_uri":"https://localhost:1/k"}`, isAddress},
		"not JSON":                    {`<html>`, isInvalid},
		"a list":                      {`[]`, isInvalid},
		"empty":                       {``, isInvalid},
		"issuer is a number":          {`{"issuer":1}`, isInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			self, err := url.Parse(w.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			document := strings.NewReplacer("SELF", w.server.URL, "PORT", self.Port()).Replace(test.document)
			w.answer(discovery(document, keySet(t, w)))
			if _, err := w.client.Keys(t.Context(), issuer, ""); !test.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func isNil(err error) bool { return err == nil }

func isWrongIssuer(err error) bool {
	_, ok := errors.AsType[*provider.IssuerError](err)
	return ok && isInvalid(err)
}

func isURL(err error) bool {
	_, ok := errors.AsType[*provider.URLError](err)
	return ok && isInvalid(err)
}

func isAddress(err error) bool {
	_, ok := errors.AsType[*provider.AddressError](err)
	return ok && isInvalid(err)
}

func isStatus(code int, kind func(error) bool) func(error) bool {
	return func(err error) bool {
		status, ok := errors.AsType[*provider.StatusError](err)
		return ok && status.Status == code && kind(err)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const document = `{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/k"}`
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		check  func(error) bool
	}{
		"404":             {status(http.StatusNotFound), isStatus(http.StatusNotFound, isInvalid)},
		"403":             {status(http.StatusForbidden), isStatus(http.StatusForbidden, isInvalid)},
		"204":             {status(http.StatusNoContent), isStatus(http.StatusNoContent, isInvalid)},
		"304":             {status(http.StatusNotModified), isStatus(http.StatusNotModified, isInvalid)},
		"429":             {status(http.StatusTooManyRequests), isStatus(http.StatusTooManyRequests, isUnreachable)},
		"500":             {status(http.StatusInternalServerError), isStatus(http.StatusInternalServerError, isUnreachable)},
		"503":             {status(http.StatusServiceUnavailable), isStatus(http.StatusServiceUnavailable, isUnreachable)},
		"hangs up":        {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, isUnreachable},
		"short body":      {shortBody, isUnreachable},
		"garbage keys":    {discovery(document, `<html>`), isInvalid},
		"no keys":         {discovery(document, `{"keys":[]}`), isInvalid},
		"symmetric key":   {discovery(document, `{"keys":[{"kty":"oct","k":"AAAA","kid":"k"}]}`), isNil}, // see TestNoUsableKey
		"50 MB discovery": {huge, isURL},
		"endless gzip":    {bomb(t), isURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.answer(test.answer)
			if _, err := w.client.Keys(t.Context(), issuer, "k"); !test.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func shortBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, "{}")
}

func huge(w http.ResponseWriter, _ *http.Request) {
	chunk := []byte(strings.Repeat(" ", 1<<20))
	for range 50 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// TestSlow must end by the client's own time limit: the server never answers.
func TestSlow(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	client := provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "idp.example.com="+server.URL)},
		Timeout:   50 * time.Millisecond,
	})
	_, err := client.Keys(t.Context(), issuer, "")
	if !isUnreachable(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestSlowBody trickles for ever, so that only a limit on the whole helps.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	client := provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "idp.example.com="+server.URL)},
		Timeout:   50 * time.Millisecond,
	})
	if _, err := client.Keys(t.Context(), issuer, ""); !isUnreachable(err) {
		t.Errorf("got %v", err)
	}
}

func TestHTTPRedirects(t *testing.T) {
	t.Parallel()
	neighbour := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the neighbour was called")
	}))
	t.Cleanup(neighbour.Close)
	secure := httptest.NewTLSServer(neighbour.Config.Handler)
	t.Cleanup(secure.Close)
	for name, test := range map[string]struct {
		to    func(w *world) string
		check func(error) bool
	}{
		"to its own path":         {func(*world) string { return "/real" }, isNil},
		"to its own host":         {func(*world) string { return issuer + "/real" }, isNil},
		"to the base":             {func(w *world) string { return w.server.URL + "/real" }, isNil},
		"to a neighbour":          {func(*world) string { return neighbour.URL }, isURL},
		"to a secure neighbour":   {func(*world) string { return secure.URL }, isAddress},
		"to the metadata service": {func(*world) string { return "http://169.254.169.254/latest" }, isURL},
		"to a file":               {func(*world) string { return "file:///etc/passwd" }, isURL},
		"in circles":              {func(*world) string { return "/.well-known/openid-configuration" }, isURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.answer(func(rw http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/.well-known/openid-configuration":
					http.Redirect(rw, r, test.to(w), http.StatusFound)
				case "/real":
					_, _ = fmt.Fprintf(rw, `{"issuer":"%s","jwks_uri":"%s/jwks.json"}`, issuer, issuer)
				default:
					w.idp.ServeHTTP(rw, r)
				}
			})
			if _, err := w.client.Keys(t.Context(), issuer, ""); !test.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRedirectLimit(t *testing.T) {
	t.Parallel()
	for hops, check := range map[int]func(error) bool{3: isNil, 4: isURL} {
		w := newWorld(t)
		w.answer(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/jwks.json") {
				w.idp.ServeHTTP(rw, r)
				return
			}
			var n int
			_, _ = fmt.Sscanf(r.URL.Query().Get("n"), "%d", &n)
			if n < hops {
				http.Redirect(rw, r, fmt.Sprint("/hop?n=", n+1), http.StatusFound)
				return
			}
			_, _ = fmt.Fprintf(rw, `{"issuer":"%s","jwks_uri":"%s/jwks.json"}`, issuer, issuer)
		})
		if _, err := w.client.Keys(t.Context(), issuer, ""); !check(err) {
			t.Errorf("%d hops: got %v", hops, err)
		}
	}
}

func TestIssuersNotCalled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("was called")
	}))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	client := provider.New(provider.Config{})
	for iss, check := range map[string]func(error) bool{
		"":                              isURL,
		"idp.example.com":               isURL,
		"https://":                      isURL,
		"ftp://idp.example.com":         isURL,
		"http://idp.example.com":        isURL,
		"https://u:p@idp.example.com":   isURL,
		"https://idp.example.com?x=1":   isURL,
		"https://idp.example.com#x":     isURL,
		"https://idp.example.com/%zz":   isInvalid,
		"http://" + address:             isURL,
		"https://" + address:            isAddress,
		"https://0.0.0.0":               isAddress,
		"https://192.168.1.1/realms/a":  isAddress,
		"https://[::ffff:169.254.1.1]/": isAddress,
	} {
		_, err := client.Keys(t.Context(), iss, "k")
		if !check(err) || strings.Contains(err.Error(), "u:p@") {
			t.Errorf("%q: got %v", iss, err)
		}
	}
}

func TestUserPoolWithoutDiscovery(t *testing.T) {
	t.Parallel()
	const pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
	idp, err := testidp.New(testidp.Config{Issuer: pool, Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/base/us-east-1_Example/.well-known/jwks.json" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		http.StripPrefix("/base", idp).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client := provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "cognito-idp.us-east-1.amazonaws.com="+server.URL+"/base/")},
	})
	raw, err := idp.Token("alice", nil)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := token.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := client.Keys(t.Context(), pool, parsed.KeyID)
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.VerifySignature(keys); err != nil {
		t.Error(err)
	}
}

// TestOwnNetwork redirects a host to itself, which allows its private address and changes
// nothing else: the certificate and the virtual host are those of its name.
func TestOwnNetwork(t *testing.T) {
	t.Parallel()
	var idp *testidp.Provider
	var host string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host || r.TLS.ServerName != "" { // which an address is never sent as
			t.Errorf("asked as %s, over TLS as %s", r.Host, r.TLS.ServerName)
		}
		idp.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	host = strings.TrimPrefix(server.URL, "https://")
	var err error
	if idp, err = testidp.New(testidp.Config{Issuer: server.URL, ClientID: "c", Algorithm: "ES256"}); err != nil {
		t.Fatal(err)
	}
	config := provider.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AddCert(server.Certificate())
	if _, err := provider.New(config).Keys(t.Context(), server.URL, ""); !isAddress(err) {
		t.Errorf("without a redirect: got %v", err)
	}
	config.Redirects = []provider.Redirect{redirect(t, host+"="+server.URL)}
	if _, err := provider.New(config).Keys(t.Context(), server.URL, ""); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewTLSServer(w.idp)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	config := provider.Config{Redirects: []provider.Redirect{redirect(t, "idp.example.com="+server.URL)}}
	if _, err := provider.New(config).Keys(t.Context(), issuer, ""); !isUnreachable(err) {
		t.Errorf("untrusted certificate: got %v", err)
	}
	config.RootCAs = roots
	if _, err := provider.New(config).Keys(t.Context(), issuer, ""); err != nil {
		t.Error(err)
	}
}
