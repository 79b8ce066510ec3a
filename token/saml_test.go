package token_test

import (
	"crypto"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const (
	samlIssuer    = "https://saml.cenote.test/idp"
	samlRecipient = "https://signin.aws.amazon.com/saml"
	samlAudience  = "urn:amazon:webservices"
)

func samlProvider(t testing.TB) *testidp.SAMLProvider {
	t.Helper()
	p, err := testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: issuedAt})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func samlCheck(t testing.TB, p *testidp.SAMLProvider) token.SAMLCheck {
	t.Helper()
	m, err := token.ParseMetadata(p.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	return token.SAMLCheck{Metadata: *m, Recipients: []string{"https://other.example", samlRecipient}, Audiences: []string{samlAudience}, Grace: time.Minute}
}

func TestVerifySAML(t *testing.T) {
	t.Parallel()
	p := samlProvider(t)
	key := rsaKey(t, 2048)
	check := samlCheck(t, p)
	check.Decryption = []crypto.Decrypter{rsaKey(t, 2048), key}
	for name, options := range map[string]testidp.SAMLOptions{
		"assertion signed":           {},
		"response signed":            {SignResponse: true, LeaveAssertion: true},
		"both signed":                {SignResponse: true},
		"encrypted":                  {Encrypt: &key.PublicKey},
		"encrypted, response signed": {Encrypt: &key.PublicKey, SignResponse: true, LeaveAssertion: true},
	} {
		options.Session = time.Hour
		response, err := p.Response("alice", samlRecipient, map[string][]string{"groups": {"a", "b"}}, options)
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.VerifySAML(response, check, issuedAt().Add(time.Minute))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := token.Assertion{
			ID: got.ID, Issuer: samlIssuer, Subject: "alice", Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
			Issued: issuedAt().UTC(), Recipient: samlRecipient, Audience: samlAudience,
			NotOnOrAfter: issuedAt().Add(6 * time.Minute).UTC(), SessionNotOnOrAfter: issuedAt().Add(time.Hour).UTC(),
			Attributes: map[string][]string{
				"groups": {"a", "b"},
				"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":           {"alice"},
				"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": {"alice"},
				"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":   {"alice@example.com"},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" || got.ID == "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
