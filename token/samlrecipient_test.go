package token_test

import (
	"errors"
	"testing"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

// TestSAMLRecipients takes sign-in URLs to the letter, save for the region of one.
func TestSAMLRecipients(t *testing.T) {
	t.Parallel()
	p := samlProvider(t)
	check := samlCheck(t, p)
	check.Recipients = []string{samlRecipient, "https://*.signin.aws.amazon.com/saml"}
	for recipient, good := range map[string]bool{
		samlRecipient: true,
		"https://eu-west-1.signin.aws.amazon.com/saml":               true,
		"https://us-gov-west-1.signin.aws.amazon.com/saml":           true,
		"https://.signin.aws.amazon.com/saml":                        false,
		"https://*.signin.aws.amazon.com/saml":                       false,
		"https://a.b.signin.aws.amazon.com/saml":                     false,
		"https://evil.test/.signin.aws.amazon.com/saml":              false,
		"https://evil.test#.signin.aws.amazon.com/saml":              false,
		"https://EU-WEST-1.signin.aws.amazon.com/saml":               false,
		"https://eu-west-1.signin.aws.amazon.com/saml/":              false,
		"https://signin.aws.amazon.com/saml?":                        false,
		"http://signin.aws.amazon.com/saml":                          false,
		"https://eu-west-1.signin.aws.amazon.com.evil.test/saml":     false,
		"https://eu-west-1.signin.aws.amazon.com/saml/acs/SAMLSPABC": false,
	} {
		response, err := p.Response("alice", recipient, nil, testidp.SAMLOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.VerifySAML(response, check, issuedAt())
		if good && (err != nil || got.Recipient != recipient) {
			t.Errorf("%s: %q, %v", recipient, got.Recipient, err)
		}
		if !good && !errors.Is(err, token.ErrSAMLRecipient) {
			t.Errorf("%s: %v", recipient, err)
		}
	}
}
