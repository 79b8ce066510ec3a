package sts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/token"
)

const (
	// samlGrace is how far the clocks of a SAML provider and of this server may be apart.
	// Assertions live for minutes, so it is shorter than that for tokens.
	samlGrace = time.Minute

	// redemption is how long after it was issued an assertion is taken at AWS, whatever
	// it says itself.
	redemption = 5 * time.Minute
)

// LateError means that a SAML assertion was issued too long ago.
type LateError struct {
	Now, Until time.Time // Until is 5 minutes after the assertion was issued
}

func (e *LateError) Error() string {
	return fmt.Sprintf("sts: the SAML assertion could be redeemed until %d, and it is %d", e.Until.Unix(), e.Now.Unix())
}

// Assertions remembers who was shown which SAML assertion, for as long as it could be
// shown again. It is safe for concurrent use, also by several servers.
type Assertions interface {
	// Take gives an assertion, by the entity id of its issuer and its ID, to taker until
	// it is over. An ID is its issuer's (SAML V2.0 Core, section 1.3.4), and an issuer may
	// be several providers of the account. The error is fs.ErrExist where another has it;
	// whoever has it may take it again.
	Take(ctx context.Context, issuer, id, taker string, until time.Time) error
}

// VerifySAML proves a response in base64 of a SAML provider of the account, and returns
// its assertion, which can be presented until its NotOnOrAfter. The errors are those of
// token.VerifySAML and *LateError; any other means that the provider cannot be read.
func (s *Service) VerifySAML(provider iam.SAMLProvider, response string) (token.Assertion, error) {
	check, err := s.samlChecks.of(provider)
	if err != nil {
		return token.Assertion{}, err
	}
	check.Recipients = s.recipients(provider)
	check.Audiences = []string{"urn:amazon:webservices", "https://signin.aws.amazon.com/saml"}
	check.Grace = samlGrace
	now := s.now()
	a, err := token.VerifySAML(response, check, now)
	if err != nil {
		return token.Assertion{}, err
	}
	until := a.Issued.Add(redemption)
	if !now.Before(until) {
		return token.Assertion{}, &LateError{Now: now, Until: until}
	}
	if until.Before(a.NotOnOrAfter) {
		a.NotOnOrAfter = until
	}
	return a, nil
}

// recipients are the sign-in URLs of AWS, of each region too, and our own; those that
// end with the provider's id are for providers that encrypt (IAM User Guide, "Configure
// SAML assertions for the authentication response").
func (s *Service) recipients(provider iam.SAMLProvider) []string {
	urls := append([]string{"https://signin.aws.amazon.com/saml", "https://*.signin.aws.amazon.com/saml"}, s.SignIn...)
	for _, url := range urls {
		urls = append(urls, url+"/acs/"+provider.UUID)
	}
	return urls
}

// samlProvider returns a provider by its ARN.
func (s *Service) samlProvider(ctx context.Context, name string) (iam.SAMLProvider, error) {
	provider, err := s.IAM.SAMLProvider(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return iam.SAMLProvider{}, invalidIdentityToken("Specified provider doesn't exist")
	}
	if err != nil {
		return iam.SAMLProvider{}, fmt.Errorf("reading a SAML provider: %w", err)
	}
	return provider, nil
}

// takeOnce refuses an assertion that has got somebody a session already.
func (s *Service) takeOnce(ctx context.Context, a token.Assertion) error {
	err := s.Assertions.Take(ctx, a.Issuer, a.ID, rand.Text(), a.NotOnOrAfter)
	if errors.Is(err, fs.ErrExist) {
		return invalidIdentityToken("Response was used before").With(err)
	}
	return err
}

// samlFault says why a response is not taken, in AWS's words where they are known
// ("Troubleshoot SAML federation with IAM").
func samlFault(err error) error {
	for _, refusal := range []struct {
		is    error
		fault *fault.Error
	}{
		{token.ErrSAMLBase64, invalidIdentityToken("Invalid base64 SAMLResponse")},
		{token.ErrSAMLIssuer, invalidIdentityToken("Issuer not present in specified provider")},
		{token.ErrSAMLSignature, invalidIdentityToken("Response signature invalid")},
		{token.ErrSAMLMetadata, invalidIdentityToken("Response signature invalid")}, // its keys are of no use any more
		{token.ErrSAMLAudience, invalidIdentityToken("Response does not contain the required audience")},
		{token.ErrSAMLRecipient, invalidIdentityToken("Response does not contain the required audience")},
		{token.ErrSAMLSubject, notAuthorized(actionSAML)},
		{token.ErrSAMLSyntax, invalidSAML()},
		{token.ErrSAMLStatus, invalidSAML()},
		{token.ErrSAMLEncryption, invalidSAML()},
	} {
		if errors.Is(err, refusal.is) {
			return refusal.fault.With(err)
		}
	}
	if _, late := errors.AsType[*LateError](err); late {
		return expiredToken("Token must be redeemed within 5 minutes of issuance").With(err)
	}
	if _, over := errors.AsType[*token.ExpiredError](err); over {
		return expiredToken("Response has expired").With(err)
	}
	if _, early := errors.AsType[*token.NotYetError](err); early {
		return invalidIdentityToken("Response is not yet valid").With(err)
	}
	return err
}

func invalidSAML() *fault.Error {
	return invalidIdentityToken("Your request included an invalid SAML response.")
}
