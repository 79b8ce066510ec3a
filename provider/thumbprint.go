package provider

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"strings"
)

// source is where keys come from: an issuer, and the certificates that its servers
// may show although the system does not trust them. Keys are as good as the servers
// that gave them, so other thumbprints make another source.
type source struct {
	issuer      string
	thumbprints []string // SHA-1 in hexadecimal digits
}

func newSource(issuer string, thumbprints []string) source {
	s := source{issuer: issuer}
	for _, t := range thumbprints {
		s.thumbprints = append(s.thumbprints, strings.ToLower(t))
	}
	slices.Sort(s.thumbprints)
	return s
}

// key has a line for each part: there is no line end in any.
func (s source) key() string {
	if len(s.thumbprints) == 0 {
		return s.issuer
	}
	return s.issuer + "\n" + strings.Join(s.thumbprints, "\n")
}

// client returns what reaches the source's servers. Where thumbprints count it is a
// new one, whose connections serve nobody who trusts other certificates.
func (c *Client) client(from source) *http.Client {
	if len(from.thumbprints) == 0 {
		return c.http
	}
	dialer := c.redirects.dialer()
	transport := newTransport(dialer, c.roots)
	transport.DisableKeepAlives = true
	transport.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&tls.Dialer{NetDialer: dialer, Config: from.tls(host, c.roots)}).DialContext(ctx, network, address)
	}
	return newHTTPClient(c.redirects, transport)
}

// tls replaces the verification of the standard library by one that does the same,
// and looks at the thumbprints where that fails.
func (s source) tls(host string, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         host,
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			return s.verify(state.PeerCertificates, host, roots)
		},
	}
}

// verify returns nil if the first of the certificates that a server sent leads to one
// of the roots, or else to the last that it sent, provided that its thumbprint is
// known. Names, times and signatures have to be good in either case: whoever sends a
// certificate has not shown that it issued the others. See "Obtain the thumbprint for
// an OpenID Connect identity provider" in the IAM user guide.
func (s source) verify(sent []*x509.Certificate, host string, roots *x509.CertPool) error {
	options := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range sent[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := sent[0].Verify(options)
	if top := sent[len(sent)-1]; err != nil && slices.Contains(s.thumbprints, thumbprint(top)) {
		options.Roots = x509.NewCertPool()
		options.Roots.AddCert(top)
		_, err = sent[0].Verify(options)
	}
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: sent, Err: err}
	}
	return nil
}

// thumbprint is by SHA-1, as AWS's: it takes a second preimage to forge one.
func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}
