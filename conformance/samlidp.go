package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"
)

// SAMLPrefix begins the names of the attributes that are meant for AWS.
const SAMLPrefix = "https://aws.amazon.com/SAML/Attributes/"

// signInURL is where AWS takes SAML responses.
const signInURL = "https://signin.aws.amazon.com/saml"

// SAMLProvider is an identity provider that signs people in at AWS with SAML.
type SAMLProvider interface {
	// Metadata is what an IAM SAML provider is made from.
	Metadata(t testing.TB) string
	// SAMLResponse is the response in base64 with which the provider sends a user who signs in to AWS.
	SAMLResponse(t testing.TB, user string) string
}

// SAMLAttributes are what a response says of a user.
type SAMLAttributes map[string][]string

// SAMLOptions say how a samlp is started.
type SAMLOptions struct {
	Issuer  string
	Users   map[string]SAMLAttributes
	Options map[string]any // of samlp, such as signResponse
}

// SAML is a running npm samlp. Its assertions are signed unless the options say otherwise.
type SAML struct {
	URL string // where it listens
}

// StartSAML starts samlp with a key of its own and returns when it is ready; it ends with the test.
func StartSAML(t testing.TB, o SAMLOptions) *SAML {
	t.Helper()
	key, certificate := NewKey(t)
	port := freePort(t)
	settings, err := json.Marshal(map[string]any{
		"issuer": o.Issuer, "port": port, "key": key, "cert": certificate, "users": o.Users, "options": o.Options,
	})
	if err != nil {
		t.Fatalf("samlp: %v", err)
	}
	p := &SAML{URL: fmt.Sprintf("http://127.0.0.1:%d", port)}
	launch(t, "samlp", node(t, 0, "saml.mjs", string(settings))).waitReady(t, p.URL+"/metadata")
	return p
}

// Metadata is what an IAM SAML provider is made from.
func (p *SAML) Metadata(t testing.TB) string {
	t.Helper()
	response, err := http.Get(p.URL + "/metadata")
	if err != nil {
		t.Fatalf("samlp: %v", err)
	}
	return body(t, response)
}

// SAMLResponse is the response in base64 with which samlp sends a user to AWS.
func (p *SAML) SAMLResponse(t testing.TB, user string) string {
	t.Helper()
	response, err := http.Get(p.URL + "/sso?" + url.Values{"user": {user}}.Encode())
	if err != nil {
		t.Fatalf("samlp: %v", err)
	}
	return postedResponse(t, response)
}

// postedResponse is what the form on a page, which a browser would send at once, holds for AWS.
func postedResponse(t testing.TB, page *http.Response) string {
	t.Helper()
	text := body(t, page)
	field := regexp.MustCompile(`(?i)name="SAMLResponse"\s+value="([^"]+)"`).FindStringSubmatch(text)
	if field == nil {
		t.Fatalf("no SAML response but %s at %s:\n%s", page.Status, page.Request.URL, text)
	}
	return html.UnescapeString(field[1])
}

// NewKey makes an RSA key and a certificate of it, in PEM.
func NewKey(t testing.TB) (key, certificate string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "conformance"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatalf("certificate: %v", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	return armour("PRIVATE KEY", encoded), armour("CERTIFICATE", signed)
}

func armour(kind string, data []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
}
