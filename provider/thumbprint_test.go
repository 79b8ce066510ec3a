package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
)

// pair is a certificate and its private key.
type pair struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// certify makes a certificate, signed by issuer, or by itself without one. change
// makes it other than good.
func certify(t *testing.T, issuer *pair, isCA bool, change ...func(*x509.Certificate)) *pair {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: fmt.Sprint("test ", serial)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: isCA,
	}
	if isCA {
		template.KeyUsage = x509.KeyUsageCertSign
	} else {
		template.DNSNames, template.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, c := range change {
		c(template)
	}
	key := ecKey(t)
	signer := &pair{template, key}
	if issuer != nil {
		signer = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.Certificate, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{parsed, key}
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// chain is what a server sends: its own certificate first.
func chain(first *pair, more ...*pair) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{first.Raw}, PrivateKey: first.key}
	for _, p := range more {
		c.Certificate = append(c.Certificate, p.Raw)
	}
	return c
}

func printOf(p *pair) string {
	sum := sha1.Sum(p.Raw)
	return hex.EncodeToString(sum[:])
}

// serveTLS serves with the certificates that current holds at the moment.
func serveTLS(t *testing.T, handler http.Handler, current *atomic.Pointer[tls.Certificate]) *httptest.Server {
	t.Helper()
	return serveNames(t, handler, func(string) tls.Certificate { return *current.Load() })
}

// serveNames serves with the certificates for the name that a client asks for.
func serveNames(t *testing.T, handler http.Handler, certificate func(name string) tls.Certificate) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{certificate(hello.ServerName)}}, nil
	}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are what is tested
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func isUntrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok && isUnreachable(err)
}

func TestThumbprints(t *testing.T) {
	t.Parallel()
	root := certify(t, nil, true)
	middle := certify(t, root, true)
	leaf := certify(t, middle, false)
	alone := certify(t, nil, false)
	evilRoot := certify(t, nil, true)
	evil := certify(t, evilRoot, false)
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
	future := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }
	elsewhere := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"idp.example.com"}, nil }
	forClients := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	oldMiddle, oldRoot := certify(t, root, true, expired), certify(t, nil, true, expired)
	other := strings.Repeat("a", 40)

	for name, test := range map[string]struct {
		sent        tls.Certificate
		thumbprints []string
		trusted     *pair // by the system
		check       func(error) bool
	}{
		"root, whole chain":              {chain(leaf, middle, root), []string{printOf(root)}, nil, isNil},
		"intermediate, root not sent":    {chain(leaf, middle), []string{printOf(middle)}, nil, isNil},
		"leaf, sent alone":               {chain(leaf), []string{printOf(leaf)}, nil, isNil},
		"signed by itself":               {chain(alone), []string{printOf(alone)}, nil, isNil},
		"in upper case":                  {chain(leaf, middle, root), []string{strings.ToUpper(printOf(root))}, nil, isNil},
		"the last of five":               {chain(leaf, middle), []string{other, other, other, other, printOf(middle)}, nil, isNil},
		"trusted, thumbprint of another": {chain(leaf, middle), []string{other}, root, isNil},
		"trusted, no thumbprint":         {chain(leaf, middle), nil, root, isNil},

		"no thumbprint":                   {chain(leaf, middle, root), nil, nil, isUntrusted},
		"thumbprint of another":           {chain(leaf, middle, root), []string{other}, nil, isUntrusted},
		"another is trusted":              {chain(leaf, middle, root), []string{other}, evilRoot, isUntrusted},
		"not the top but the leaf":        {chain(leaf, middle, root), []string{printOf(leaf)}, nil, isUntrusted},
		"not the top but in between":      {chain(leaf, middle, root), []string{printOf(middle)}, nil, isUntrusted},
		"top that signed nothing":         {chain(evil, evilRoot, root), []string{printOf(root)}, nil, isUntrusted},
		"top beside a lone leaf":          {chain(evil, root), []string{printOf(root)}, nil, isUntrusted},
		"top beside one signed by itself": {chain(alone, root), []string{printOf(root)}, nil, isUntrusted},
		"signed by a leaf":                {chain(certify(t, leaf, false), leaf), []string{printOf(leaf)}, nil, isUntrusted},
		"intermediate left out":           {chain(leaf, root), []string{printOf(root)}, nil, isUntrusted},
		"expired":                         {chain(certify(t, middle, false, expired), middle, root), []string{printOf(root)}, nil, isUntrusted},
		"expired, though trusted":         {chain(certify(t, middle, false, expired), middle, root), []string{printOf(root)}, root, isUntrusted},
		"not yet valid":                   {chain(certify(t, middle, false, future), middle, root), []string{printOf(root)}, nil, isUntrusted},
		"expired intermediate":            {chain(certify(t, oldMiddle, false), oldMiddle, root), []string{printOf(root)}, nil, isUntrusted},
		"expired root":                    {chain(certify(t, oldRoot, false), oldRoot), []string{printOf(oldRoot)}, nil, isUntrusted},
		"another host's":                  {chain(certify(t, middle, false, elsewhere), middle, root), []string{printOf(root)}, nil, isUntrusted},
		"another host's, itself known":    {chain(certify(t, nil, false, elsewhere)), nil, nil, isUntrusted},
		"another host's, though trusted":  {chain(certify(t, middle, false, elsewhere), middle), []string{other}, root, isUntrusted},
		"not for servers":                 {chain(certify(t, middle, false, forClients), middle, root), []string{printOf(root)}, nil, isUntrusted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var current atomic.Pointer[tls.Certificate]
			current.Store(&test.sent)
			server := serveTLS(t, w.idp, &current)
			roots := x509.NewCertPool()
			if test.trusted != nil {
				roots.AddCert(test.trusted.Certificate)
			}
			client := provider.New(provider.Config{
				Redirects: []provider.Redirect{redirect(t, "idp.example.com="+server.URL)}, RootCAs: roots,
			})
			if _, err := client.Keys(t.Context(), issuer, "", test.thumbprints...); !test.check(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A certificate of another host is refused where its own thumbprint is known, too.
func TestThumbprintOfAnotherHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := certify(t, nil, false, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"idp.example.com"}, nil })
	var current atomic.Pointer[tls.Certificate]
	current.Store(new(chain(foreign)))
	server := serveTLS(t, w.idp, &current)
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		client := provider.New(provider.Config{Redirects: []provider.Redirect{redirect(t, "idp.example.com="+base)}})
		if _, err := client.Keys(t.Context(), issuer, "", printOf(foreign)); !isUntrusted(err) {
			t.Errorf("%s: got %v", base, err)
		}
	}
}

// A server may have several names, and a certificate for each.
func TestThumbprintByServerName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	private := certify(t, nil, false, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"localhost"}, nil })
	fallback := certify(t, nil, false, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"fallback.example"}, nil })
	server := serveNames(t, w.idp, func(name string) tls.Certificate {
		if name == "localhost" {
			return chain(private)
		}
		return chain(fallback)
	})
	base := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	client := provider.New(provider.Config{Redirects: []provider.Redirect{redirect(t, "idp.example.com="+base)}})
	if _, err := client.Keys(t.Context(), issuer, "", printOf(private)); err != nil {
		t.Error(err)
	}
}

// The keys may be at another host than the issuer; each has to show what is known.
func TestThumbprintOfEachHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := certify(t, nil, false), certify(t, nil, false)
	var first, second atomic.Pointer[tls.Certificate]
	first.Store(new(chain(one)))
	second.Store(new(chain(two)))
	front := serveTLS(t, discovery(`{"issuer":"https://idp.example.com","jwks_uri":"https://keys.example.com/jwks.json"}`, ""), &first)
	back := serveTLS(t, w.idp, &second)
	for _, test := range []struct {
		thumbprints []string
		check       func(error) bool
	}{
		{[]string{printOf(one), printOf(two)}, isNil},
		{[]string{printOf(one)}, isUntrusted},
		{[]string{printOf(two)}, isUntrusted},
	} {
		client := provider.New(provider.Config{Redirects: []provider.Redirect{
			redirect(t, "idp.example.com="+front.URL), redirect(t, "keys.example.com="+back.URL),
		}})
		if _, err := client.Keys(t.Context(), issuer, "", test.thumbprints...); !test.check(err) {
			t.Errorf("got %v", err)
		}
	}
}

// Keys count for those alone who trust the server that they came from. A server that
// shows another certificate is none of the provider's: it does not take keys back.
func TestThumbprintsChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tok := w.token()
	old, next := certify(t, nil, false), certify(t, nil, false)
	var current atomic.Pointer[tls.Certificate]
	current.Store(new(chain(old)))
	server := serveTLS(t, w.idp, &current)
	client := provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "idp.example.com="+server.URL)}, Now: w.clock,
	})
	check := func(is func(error) bool, kid string, thumbprints ...string) {
		t.Helper()
		keys, err := client.Keys(t.Context(), issuer, kid, thumbprints...)
		if !is(err) || err == nil && tok.VerifySignature(keys) != nil {
			t.Errorf("got %v, %v", keys, err)
		}
	}
	check(isNil, tok.KeyID, printOf(old))
	check(isUntrusted, tok.KeyID, printOf(next))
	check(isUntrusted, tok.KeyID)
	check(isNil, tok.KeyID, printOf(old))

	current.Store(new(chain(next)))
	w.pass(time.Hour)
	check(isUntrusted, "unknown", printOf(old))
	check(isNil, tok.KeyID, printOf(old)) // for a day
	check(isNil, tok.KeyID, printOf(next), printOf(old))
	w.pass(24 * time.Hour)
	check(isUntrusted, tok.KeyID, printOf(old))
}
