package token

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"
)

// MaxSAMLSize is the longest SAML response in base64, in bytes, as in the model of
// AssumeRoleWithSAML.
const MaxSAMLSize = 100_000

// Why a SAML response is refused, beside *ExpiredError and *NotYetError. The errors of
// VerifySAML wrap one of these and say more; they repeat nothing that an assertion says
// about its subject.
var (
	ErrSAMLSyntax     = errors.New("token: not a SAML response as it is read here")
	ErrSAMLBase64     = fmt.Errorf("%w: not base64", ErrSAMLSyntax)
	ErrSAMLStatus     = errors.New("token: the SAML response tells no success")
	ErrSAMLMetadata   = errors.New("token: the SAML provider's metadata is no longer valid")
	ErrSAMLSignature  = errors.New("token: the SAML signature does not verify")
	ErrSAMLEncryption = errors.New("token: the SAML assertion is not encrypted as it has to be")
	ErrSAMLIssuer     = errors.New("token: the SAML response is from another issuer")
	ErrSAMLSubject    = errors.New("token: the SAML subject is not confirmed as its bearer")
	ErrSAMLRecipient  = errors.New("token: the SAML response is for another recipient")
	ErrSAMLAudience   = errors.New("token: the SAML assertion is for another audience")
)

// SAMLCheck is what a SAML response is verified against.
type SAMLCheck struct {
	// Metadata is of the identity provider: its entity id and signing certificates.
	Metadata Metadata
	// Recipients are the sign-in URLs that a response may be meant for. A * in one stands
	// for small letters, digits and hyphens, at least one: for any region.
	Recipients []string
	// Audiences are the names of the service that an assertion may be meant for.
	Audiences []string
	// Decryption holds the keys that assertions may be encrypted to; without any,
	// encrypted assertions are refused. (STS takes them, Cognito does not: IAM User
	// Guide, "SAML 2.0 federation".)
	Decryption []crypto.Decrypter
	// Encrypted refuses assertions that are not encrypted.
	Encrypted bool
	// Grace is how far the clocks may be apart.
	Grace time.Duration
}

// Assertion is what a verified response says, all of it from exactly the element that
// was signed.
type Assertion struct {
	ID, Issuer string
	// Subject is the NameID, and Format its format, empty where there is none.
	Subject, Format string
	// Issued is when the provider made the assertion.
	Issued time.Time
	// Recipient and Audience are those of the check that the assertion is meant for.
	Recipient, Audience string
	// NotOnOrAfter is when the assertion can no longer be presented, grace included: as
	// long has one-time use to be remembered.
	NotOnOrAfter time.Time
	// SessionNotOnOrAfter is when the provider ends the user's session, zero where it
	// does not say.
	SessionNotOnOrAfter time.Time
	// Attributes holds the values of each attribute by its Name. Values that are not
	// text are left out, so an attribute may have none.
	Attributes map[string][]string
}

// VerifySAML reads a SAML 2.0 response in base64 and proves its one assertion: signed by
// the provider, alone or within its response, meant for this service, and valid at now.
// A response need not answer a request, for sign-in at AWS begins at the provider. It
// returns an error that wraps one of the ErrSAML values, *ExpiredError or *NotYetError.
// See SAML V2.0 Core, section 2, and Profiles, section 4.1.4.
func VerifySAML(response string, check SAMLCheck, now time.Time) (Assertion, error) {
	if until := check.Metadata.ValidUntil; !until.IsZero() && !now.Before(until) {
		return Assertion{}, fmt.Errorf("%w: valid until %s", ErrSAMLMetadata, until.Format(time.RFC3339))
	}
	if len(response) > MaxSAMLSize {
		return Assertion{}, fmt.Errorf("%w: longer than %d bytes", ErrSAMLSyntax, MaxSAMLSize)
	}
	document, err := base64.StdEncoding.Strict().DecodeString(response)
	if err != nil {
		return Assertion{}, ErrSAMLBase64
	}
	root, err := parseSAML(bytes.TrimPrefix(document, []byte("\uFEFF"))) // some writers begin with a mark
	if err != nil {
		return Assertion{}, err
	}
	signed, err := check.proven(root)
	if err != nil {
		return Assertion{}, err
	}
	return check.read(signed, now)
}

// proven returns the one assertion of a response as the provider signed it. Whatever is
// signed takes the place of what arrived, before anything of it is looked at.
func (c SAMLCheck) proven(response *etree.Element) (*etree.Element, error) {
	if err := checkStructure(response); err != nil {
		return nil, err
	}
	whole, err := verifyEnveloped(response, c.Metadata.Certificates)
	if err != nil {
		return nil, err
	}
	if whole != nil {
		response = whole
	}
	if err := c.checkResponse(response); err != nil {
		return nil, err
	}
	assertion, err := c.plain(response, whole != nil)
	if err != nil {
		return nil, err
	}
	own, err := verifyEnveloped(assertion, c.Metadata.Certificates)
	if err != nil {
		return nil, err
	}
	switch {
	case own != nil:
		assertion = own
	case whole == nil:
		return nil, fmt.Errorf("%w: neither the response nor the assertion has one", ErrSAMLSignature)
	}
	return assertion, nil
}

// checkStructure refuses whatever could be taken for another assertion or signature than
// the one that is verified.
func checkStructure(response *etree.Element) error {
	if !is(response, spaceProtocol, "Response") || count(response, "Response") != 1 {
		return fmt.Errorf("%w: not one Response", ErrSAMLSyntax)
	}
	assertions := append(children(response, spaceAssertion, "Assertion"), children(response, spaceAssertion, "EncryptedAssertion")...)
	if len(assertions) != 1 || count(response, "Assertion", "EncryptedAssertion") != 1 {
		return fmt.Errorf("%w: not one assertion", ErrSAMLSyntax)
	}
	signatures := len(children(response, spaceSignature, "Signature")) + len(children(assertions[0], spaceSignature, "Signature"))
	if count(response, "Signature") != signatures {
		return fmt.Errorf("%w: a signature where none belongs", ErrSAMLSyntax)
	}
	return checkIDs(response, make(map[string]bool))
}

// checkIDs refuses two elements of one id. What an id is depends on schemas, so any
// attribute of that name counts, in whatever case and name space.
func checkIDs(el *etree.Element, seen map[string]bool) error {
	for _, a := range el.Attr {
		if !isID(a) {
			continue
		}
		if seen[a.Value] {
			return fmt.Errorf("%w: two elements have one id", ErrSAMLSyntax)
		}
		seen[a.Value] = true
	}
	for _, c := range el.ChildElements() {
		if err := checkIDs(c, seen); err != nil {
			return err
		}
	}
	return nil
}
