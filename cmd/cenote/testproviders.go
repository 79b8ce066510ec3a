package main

import (
	"crypto"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

// The built-in test provider of cenote dev. Its host exists nowhere (RFC 6761
// reserves .test): a redirect leads to the server itself.
const (
	testHost   = "idp.cenote.test"
	testPath   = "/testidp"
	testClient = "demo"

	// accessPath and samlPath are below testPath.
	accessPath = "/access"
	samlPath   = "/saml"

	// signInURL is whom responses of the SAML provider are for.
	signInURL = "https://signin.aws.amazon.com/saml"
)

// testApps are the apps of the demo pool at the test providers of access tokens.
func testApps() map[string]string {
	return map[string]string{testidp.Facebook: "demo", testidp.Amazon: "demo", testidp.Twitter: "demo;demo-secret"}
}

// testProviders answers for all test providers, below testPath, and returns the metadata
// of the one of SAML.
func testProviders(key crypto.Signer) (handler http.Handler, metadata string, err error) {
	idp, err := testidp.New(testidp.Config{Issuer: "https://" + testHost, ClientID: testClient, Key: key})
	if err != nil {
		return nil, "", err
	}
	saml, err := testidp.NewSAML(testidp.SAMLConfig{EntityID: "https://" + testHost + samlPath, Key: key})
	if err != nil {
		return nil, "", err
	}
	access, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{})
	if err != nil {
		return nil, "", err
	}
	all := http.NewServeMux()
	all.Handle(testPath+"/", http.StripPrefix(testPath, idp))
	all.Handle(testPath+samlPath+"/", http.StripPrefix(testPath, saml))
	all.Handle(testPath+accessPath+"/", http.StripPrefix(testPath+accessPath, access))
	return all, saml.Metadata(), nil
}

// knownOnly refuses requests for a name that is not known to be this server's: a page
// whose own name turns to this machine's address would read tokens of any user, which
// a browser keeps from all other pages.
func (s *Settings) knownOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.knows(r.Host) {
			http.Error(w, fmt.Sprintf("%.100q is not known as a name of this server; cenote dev --host adds it", r.Host), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// knows reports whether a Host header is an address, which no page can take for its own
// name, or a name of this server.
func (s *Settings) knows(host string) bool {
	name := hostname(host)
	if _, err := netip.ParseAddr(name); err == nil || strings.EqualFold(name, "localhost") {
		return true
	}
	own := append([]string{s.Listen}, s.Hosts...)
	if public, err := url.Parse(s.PublicURL); err == nil {
		own = append(own, public.Host)
	}
	return name != "" && slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(hostname(o), name) })
}

// hostname takes the port off an authority.
func hostname(authority string) string { return (&url.URL{Host: authority}).Hostname() }

// testRedirects lead to the test providers: on the server's own port. They come after
// redirects that are asked for, which may bring back the real ones.
func testRedirects(address net.Addr) []provider.Redirect {
	base := &url.URL{Scheme: "http", Host: address.String(), Path: testPath}
	list := []provider.Redirect{{Host: testHost, Base: base}}
	for _, host := range slices.Sorted(maps.Keys(testApps())) {
		list = append(list, provider.Redirect{Host: host, Base: base.JoinPath(accessPath)})
	}
	return list
}
