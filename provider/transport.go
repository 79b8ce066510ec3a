package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	// maxBody is the longest answer in bytes.
	maxBody = 1 << 20

	// maxHops bounds the HTTP redirects of one request.
	maxHops = 3

	// maxHeader is the longest answer header in bytes.
	maxHeader = 64 << 10
)

// gate is the one way out: it rewrites or refuses every request, the redirected
// ones included.
type gate struct {
	redirects redirects
	next      http.RoundTripper
}

func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	target, err := g.redirects.rewrite(req.URL)
	if err != nil {
		return nil, err
	}
	out := req.Clone(req.Context())
	out.URL, out.Host = target, target.Host
	return g.next.RoundTrip(out)
}

// dialer looks at each address before it dials.
func (rs redirects) dialer() *net.Dialer {
	return &net.Dialer{
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			return checkAddress(ctx, rs, address)
		},
	}
}

// newTransport makes one without a bound on the connections to a host, where providers
// behind one redirect would queue for each other's: shares bound the questions.
func newTransport(dialer *net.Dialer, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		// No proxy, not even one from the environment: it would dial in our
		// place, and the check of the dialled address would see only the proxy.
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    share,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

func newHTTPClient(rs redirects, transport *http.Transport) *http.Client {
	return &http.Client{
		Transport: gate{redirects: rs, next: transport},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxHops {
				return &URLError{URL: via[0].URL.Redacted(), Reason: fmt.Sprintf("more than %d redirects", maxHops)}
			}
			return nil
		},
	}
}

// checkAddress looks at the address when it is dialled, after every name is
// resolved: a name may resolve differently from one moment to the next.
func checkAddress(ctx context.Context, rs redirects, address string) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return &AddressError{Address: address}
	}
	if isPublic(parsed.Addr()) || rs.allows(ctx, parsed) {
		return nil
	}
	return &AddressError{Address: address}
}

// get fetches a document of at most maxBody bytes.
func get(ctx context.Context, client *http.Client, issuer, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, &InvalidError{Issuer: issuer, Cause: err}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "cenote")
	resp, err := client.Do(req)
	if err != nil {
		return nil, classify(issuer, err)
	}
	body, err := readBody(resp, url)
	if resp.StatusCode != http.StatusOK {
		return nil, classify(issuer, &StatusError{URL: url, Status: resp.StatusCode})
	}
	if err != nil {
		return nil, classify(issuer, err)
	}
	return body, nil
}

// readBody reads an answer of at most maxBody bytes, and closes it.
func readBody(resp *http.Response, url string) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if closing := resp.Body.Close(); err == nil {
		err = closing
	}
	if len(body) > maxBody {
		return nil, &URLError{URL: url, Reason: fmt.Sprintf("answered more than %d bytes", maxBody)}
	}
	return body, err
}

// classify tells a sick provider from a wrong one.
func classify(issuer string, err error) error {
	if status, ok := errors.AsType[*StatusError](err); ok {
		if status.Status == http.StatusTooManyRequests || status.Status >= http.StatusInternalServerError {
			return &UnreachableError{Issuer: issuer, Cause: err}
		}
		return &InvalidError{Issuer: issuer, Cause: err}
	}
	if _, ok := errors.AsType[*AddressError](err); ok {
		return &InvalidError{Issuer: issuer, Cause: err}
	}
	if _, ok := errors.AsType[*URLError](err); ok {
		return &InvalidError{Issuer: issuer, Cause: err}
	}
	return &UnreachableError{Issuer: issuer, Cause: err}
}
