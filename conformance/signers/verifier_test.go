// Package signers_test lets the signers of the official SDKs sign, and the server's verifier verify.
package signers_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	accessKeyID     = "ASIACENOTEEXAMPLE234"
	secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	sessionToken    = "FwoGZXIvYXdzEB4aDH+x/y//w==" // with all that base64 has and a query must escape
	region          = "eu-central-1"
	service         = "cognito-identity"
)

// verifier is a server that accepts what is signed, and tries that nothing else would have been.
// It answers 200; 403 and why for a refused request; 500 and what for an accepted forgery.
type verifier struct {
	*httptest.Server
	accepted  atomic.Int64
	forgeries atomic.Int64
}

func newVerifier(t *testing.T) *verifier {
	t.Helper()
	v := &verifier{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := verify(r, body); err != nil {
		http.Error(w, fmt.Sprintf("%v (%s %s %q)", err, r.Method, r.RequestURI, r.Header), http.StatusForbidden)
		return
	}
	stride := int(v.accepted.Add(1))
	for name, forgery := range forgeries(r, body, stride) {
		if verify(forgery.Request, forgery.body) == nil {
			http.Error(w, fmt.Sprintf("accepted with another %s: %s %s %q", name,
				forgery.Method, forgery.RequestURI, forgery.Header), http.StatusInternalServerError)
			return
		}
		v.forgeries.Add(1)
	}
}

func verify(r *http.Request, body []byte) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	if s.AccessKeyID != accessKeyID || s.Region != region || s.SessionToken != "" && s.SessionToken != sessionToken {
		return fmt.Errorf("signer is %+v", s)
	}
	if err := s.CheckScope(service); err != nil {
		return err
	}
	return s.Verify(r, body, secretAccessKey, time.Now(), 15*time.Minute)
}

type forgery struct {
	*http.Request
	body []byte
}

// forgeries yields r with one byte changed, for one byte out of seven of each part that is signed; which ones they are
// turns with n. Of the path it is the last byte, which no dot segment removes.
func forgeries(r *http.Request, body []byte, n int) iter.Seq2[string, forgery] {
	return func(yield func(string, forgery) bool) {
		try := func(name, text string, set func(changed string) forgery) bool {
			for i := n % 7; i < len(text); i += 7 {
				if !yield(fmt.Sprintf("%s at %d", name, i), set(change(text, i))) {
					return false
				}
			}
			return true
		}
		path, query, _ := strings.Cut(r.RequestURI, "?")
		other := copyOf(r)
		other.RequestURI = strings.TrimSuffix(change(path, len(path)-1)+"?"+query, "?")
		ok := yield("path", forgery{other, body}) &&
			try("method", r.Method, func(method string) forgery {
				other := copyOf(r)
				other.Method = method
				return forgery{other, body}
			}) &&
			try("query", query, func(query string) forgery {
				other := copyOf(r)
				other.RequestURI = path + "?" + query
				return forgery{other, body}
			}) &&
			try("body", string(body), func(body string) forgery { return forgery{r, []byte(body)} }) &&
			try("host", r.Host, func(host string) forgery {
				other := copyOf(r)
				other.Host = host
				return forgery{other, body}
			})
		for _, name := range append(signedHeaders(r), "Authorization") {
			ok = ok && try(name, r.Header.Get(name), func(value string) forgery {
				other := copyOf(r)
				values := slices.Clone(r.Header.Values(name))
				values[0] = value
				other.Header[http.CanonicalHeaderKey(name)] = values
				return forgery{other, body}
			})
		}
	}
}

func copyOf(r *http.Request) *http.Request {
	other := *r
	other.Header = r.Header.Clone()
	return &other
}

func change(text string, i int) string {
	changed := []byte(text)
	changed[i] = 'Z'
	if text[i] == 'Z' {
		changed[i] = 'Y'
	}
	return string(changed)
}

// signedHeaders returns the names that r lists, but host, which net/http keeps elsewhere.
func signedHeaders(r *http.Request) []string {
	list := r.URL.Query().Get("X-Amz-SignedHeaders")
	if _, rest, found := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders="); found {
		list, _, _ = strings.Cut(rest, ",")
	}
	return slices.DeleteFunc(strings.Split(list, ";"), func(name string) bool { return name == "host" })
}

// The verifier must itself be able to fail.
func TestVerifierRefuses(t *testing.T) {
	t.Parallel()
	v := newVerifier(t)
	response, err := v.Client().Post(v.URL, "text/plain", bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusForbidden || v.accepted.Load() != 0 {
		t.Errorf("status is %d for an unsigned request", response.StatusCode)
	}
}
