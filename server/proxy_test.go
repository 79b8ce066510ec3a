package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/sigv4"
)

// TestProxyThatRewritesHost signs for the name of a proxy that puts the server's own
// address into Host: only a name that the server was told counts.
func TestProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	behind := func(hosts ...string) *httptest.Server {
		config := w.config
		config.Hosts = hosts
		back := httptest.NewServer(server.New(config))
		t.Cleanup(back.Close)
		base, err := url.Parse(back.URL)
		if err != nil {
			t.Fatal(err)
		}
		front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(base) // and with it Host
			r.SetXForwarded()
		}})
		t.Cleanup(front.Close)
		return front
	}
	call := func(front *httptest.Server, host string) answer {
		body := form(stsVersion, "GetCallerIdentity")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		sigv4.Sign(r, []byte(body), rootKey(), region, "sts", w.now())
		return w.do(t, r)
	}
	const mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	call(behind(), "login.example.test").is(t, http.StatusForbidden, "SignatureDoesNotMatch", mismatch)
	named := behind("id.example.test:8443", "login.example.test")
	call(named, "login.example.test").ok(t)
	call(named, "id.example.test:8443").ok(t)
	call(named, "id.example.test").is(t, http.StatusForbidden, "SignatureDoesNotMatch", mismatch)
}
