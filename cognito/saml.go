package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/token"
)

// isSAML reports whether a login is one with a SAML provider, which goes by its ARN.
func isSAML(name string) bool { return strings.Contains(name, ":saml-provider/") }

// verifySAML proves a login with a SAML response. The response stays with the pool that
// it comes to first: to get an identity and then its credentials takes it twice, but what
// one app was shown opens no other.
func (s *Service) verifySAML(ctx context.Context, pool Pool, name, response string) (proof, error) {
	if !slices.Contains(pool.SAMLProviders, name) {
		return proof{}, unsupportedLogin().With(fmt.Errorf("the pool has no provider %q", name))
	}
	provider, err := s.IAM.SAMLProvider(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return proof{}, unsupportedLogin().With(fmt.Errorf("%s is gone from the account", name))
	}
	if err != nil {
		return proof{}, fmt.Errorf("reading %s: %w", name, err)
	}
	// Identity pools take no encrypted assertions, whatever keys the provider has (IAM User
	// Guide, "SAML 2.0 federation").
	provider.PrivateKeys = nil
	a, err := s.STS.VerifySAML(provider, response)
	if err != nil {
		return proof{}, samlFault(err)
	}
	err = s.Assertions.Take(ctx, a.Issuer, a.ID, pool.ID, a.NotOnOrAfter)
	if errors.Is(err, fs.ErrExist) {
		return proof{}, invalidLogin("The SAML response was used with another identity pool.").With(err)
	}
	return samlProof(name, a), err
}

// samlProof is the login of a verified assertion. The user is who the NameID says,
// whatever its format.
func samlProof(provider string, a token.Assertion) proof {
	p := proof{
		Login:   Login{Provider: provider, Subject: a.Subject},
		mapping: provider, tagging: provider, qualified: provider + ":SAML:" + a.Subject,
		roles:    sts.SAMLRoles(a, provider),
		claims:   make(map[string]any, len(a.Attributes)),
		defaults: map[string]string{"username": a.Subject},
	}
	for name, values := range a.Attributes {
		p.claims[name] = claimOf(values)
	}
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	for tag, claim := range map[string]string{"username": claims + "nameidentifier", "client": claims + "name"} {
		if values := a.Attributes[claim]; len(values) == 1 {
			p.defaults[tag] = values[0]
		}
	}
	return p
}

// claimOf is the values of an attribute as a token would have them.
func claimOf(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}

// samlFault says why a response is not taken, in the words that AWS has for tokens. What
// is none of these is no refusal.
func samlFault(err error) error {
	if expired, ok := errors.AsType[*token.ExpiredError](err); ok {
		return invalidLogin("Token expired: %d >= %d", expired.Now.Unix(), expired.Expires.Unix()).With(err)
	}
	if late, ok := errors.AsType[*sts.LateError](err); ok {
		return invalidLogin("Token expired: %d >= %d", late.Now.Unix(), late.Until.Unix()).With(err)
	}
	if _, early := errors.AsType[*token.NotYetError](err); early {
		return unverified(err)
	}
	is := func(reasons ...error) bool {
		return slices.ContainsFunc(reasons, func(reason error) bool { return errors.Is(err, reason) })
	}
	switch {
	case is(token.ErrSAMLEncryption):
		return invalidLogin("Not a valid SAML assertion.").With(fmt.Errorf("identity pools take no encrypted assertions: %w", err))
	case is(token.ErrSAMLSyntax, token.ErrSAMLStatus, token.ErrSAMLSubject):
		return invalidLogin("Not a valid SAML assertion.").With(err)
	case is(token.ErrSAMLIssuer):
		return invalidLogin("Issuer doesn't match providerName").With(err)
	case is(token.ErrSAMLAudience, token.ErrSAMLRecipient):
		return unsupportedLogin().With(err)
	case is(token.ErrSAMLSignature, token.ErrSAMLMetadata):
		return unverified(err)
	}
	return err
}
