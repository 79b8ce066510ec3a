package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/token"
)

// tokenGrace is how far the clock of a provider may be off ("OIDC providers").
const tokenGrace = 5 * time.Minute

// proof is a login whose token is verified: all that linking, role selection and
// tokens of ours may know of it.
type proof struct {
	Login
	client    string         // the app that the token was made for
	mapping   string         // the provider's key in RoleMappings
	tagging   string         // the provider's key in PrincipalTags
	qualified string         // the user in the amr of our tokens
	claims    map[string]any // of the token
	roles     []string       // that a SAML assertion offers

	// defaults are the principal tags by default, nil for those of subject and client.
	defaults map[string]string
}

// verifyLogin proves one login.
func (s *Service) verifyLogin(ctx context.Context, pool Pool, name, raw string) (proof, error) {
	if name == sts.CognitoIdentity {
		return proof{}, invalidLogin("Can't pass in a Cognito token.")
	}
	if isSAML(name) {
		return s.verifySAML(ctx, pool, name, raw)
	}
	if isOpaque(name) {
		return s.verifyAccessToken(ctx, pool, name, raw)
	}
	t, err := token.Parse(raw)
	if err != nil {
		return proof{}, invalidLogin("Not a valid OpenId Connect identity token.").With(err)
	}
	if !s.Issuers.SameIssuer(t.Issuer, name) {
		return proof{}, invalidLogin("Issuer doesn't match providerName").
			With(fmt.Errorf("the token is of %q, the login of %q", t.Issuer, name))
	}
	if err := requireClaims(t, name); err != nil {
		return proof{}, err
	}
	provider, err := s.provider(ctx, pool, name)
	if err != nil {
		return proof{}, err
	}
	if err := s.verifyToken(ctx, t, name, tokenGrace, provider.thumbprints...); err != nil {
		return proof{}, err
	}
	p, err := provider.proof(t)
	if err != nil {
		return proof{}, err
	}
	return p, s.checkUser(ctx, pool, p)
}

// requireClaims refuses what is no ID token. An access token of a user pool has no aud
// unless the pool's pre token generation trigger adds it; it stays what it is.
func requireClaims(t *token.Token, name string) error {
	for _, claim := range []string{"aud", "sub", "exp"} {
		if err := t.Require(claim); err != nil {
			return invalidLogin("Missing a required claim: %s", claim).With(err)
		}
	}
	if use := t.Claims["token_use"]; isUserPool(name) && use != nil && use != "id" {
		return invalidLogin("Missing a required claim: aud").With(errors.New("it has an aud, but its token_use is not id"))
	}
	return nil
}

// verifyToken checks the signature and the times of a token of the provider called
// name, which is good for a while after it expired. The thumbprints are of the
// provider's certificates.
func (s *Service) verifyToken(ctx context.Context, t *token.Token, name string, after time.Duration, thumbprints ...string) error {
	now := s.now()
	if expired, ok := errors.AsType[*token.ExpiredError](t.CheckTime(now, after)); ok {
		return invalidLogin("Token expired: %d >= %d", now.Unix(), t.Expires.Unix()).With(expired)
	}
	keys, err := s.Issuers.Keys(ctx, "https://"+name, t.KeyID, thumbprints...)
	if err != nil {
		return keysFault(name, err)
	}
	if err := t.VerifySignature(keys); err != nil {
		return unverified(err)
	}
	if err := t.CheckTime(now, tokenGrace); err != nil {
		return unverified(err)
	}
	return nil
}

func unverified(cause error) *fault.Error {
	return invalidLogin("Couldn't verify signed token.").With(cause)
}

// keysFault tells a provider whose certificate is no good from one that does not answer, or
// not with keys. The latter says nothing about the token: clients give up the identity
// of a user whose token is refused.
func keysFault(name string, cause error) *fault.Error {
	if errors.Is(cause, sts.ErrCertificate) {
		return invalidLogin("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint").With(cause)
	}
	return externalService("The identity provider %s is not responding.", name).With(cause)
}

// entry is a provider as a pool has it configured.
type entry struct {
	name        string
	clients     []string
	thumbprints []string
	mapping     func(client string) string
	tagging     string
	// qualify names a user in our tokens.
	qualify func(client, subject string) string
}

// provider returns the pool's entry for the login key name.
func (s *Service) provider(ctx context.Context, pool Pool, name string) (entry, error) {
	if client, ok := pool.SupportedLoginProviders[name]; ok {
		return entry{
			name: name, clients: []string{client}, tagging: name,
			mapping: func(string) string { return name },
			qualify: func(client, subject string) string { return qualifySocial(name, client, subject) },
		}, nil
	}
	if clients := pool.clientsOf(name); len(clients) > 0 {
		return entry{
			name: name, clients: clients, tagging: name,
			mapping: func(client string) string { return name + ":" + client },
			qualify: func(_, subject string) string { return name + ":CognitoSignIn:" + subject },
		}, nil
	}
	for _, arn := range pool.OpenIDConnectProviders {
		host := oidcHost(arn)
		if strings.TrimSuffix(host, "/") != strings.TrimSuffix(name, "/") {
			continue
		}
		provider, err := s.IAM.Providers.Get(ctx, host)
		if errors.Is(err, fs.ErrNotExist) {
			return entry{}, unsupportedLogin().With(fmt.Errorf("%s is gone from the account", arn))
		}
		if err != nil {
			return entry{}, fmt.Errorf("reading %s: %w", arn, err)
		}
		return entry{
			name: host, clients: provider.ClientIDs, thumbprints: provider.Thumbprints, tagging: arn,
			mapping: func(string) string { return arn },
			qualify: func(_, subject string) string { return arn + ":OIDC:" + subject },
		}, nil
	}
	return entry{}, unsupportedLogin().With(fmt.Errorf("the pool has no provider %q", name))
}

func (p Pool) clientsOf(userPool string) []string {
	var clients []string
	for _, c := range p.CognitoIdentityProviders {
		if c.ProviderName == userPool {
			clients = append(clients, c.ClientID)
		}
	}
	return clients
}

// proof returns the login of a verified token, unless it was made for an app that
// the pool does not know.
func (e entry) proof(t *token.Token) (proof, error) {
	for _, client := range t.Client() {
		if slices.Contains(e.clients, client) {
			return proof{
				Login:     Login{Provider: e.name, Subject: t.Subject},
				client:    client,
				mapping:   e.mapping(client),
				tagging:   e.tagging,
				qualified: e.qualify(client, t.Subject),
				claims:    t.Claims,
			}, nil
		}
	}
	return proof{}, unsupportedLogin().With(fmt.Errorf("the token is for %q, the pool takes %q", t.Client(), e.clients))
}

// verifyOwn proves a token of ours, which stands for a developer's word in
// GetCredentialsForIdentity: it must be for this identity.
func (s *Service) verifyOwn(ctx context.Context, identity Identity, raw string) (*sts.WebIdentity, error) {
	t, err := token.Parse(raw)
	if err != nil {
		return nil, invalidLogin("Not a valid OpenId Connect identity token.").With(err)
	}
	if !s.Issuers.SameIssuer(t.Issuer, sts.CognitoIdentity) {
		return nil, invalidLogin("Not a Cognito token.")
	}
	// AWS hands the token on to STS, where it is over when it says so.
	if err := s.verifyToken(ctx, t, sts.CognitoIdentity, 0); err != nil {
		return nil, err
	}
	if t.Subject != identity.ID || !slices.Equal(t.Audience, []string{identity.Pool}) {
		return nil, loginsDontMatch().With(errors.New("the token is another identity's")) // whose id is a secret
	}
	bearer, err := sts.Bearer(t)
	if err != nil {
		return nil, unverified(err)
	}
	if !slices.Contains(bearer.AMR, amrAuthenticated) {
		return nil, loginsDontMatch().With(errors.New("the token is a guest's"))
	}
	return &bearer, nil
}

// Login providers that an identity pool knows by their domains.
const (
	providerGoogle   = "accounts.google.com"
	providerApple    = "appleid.apple.com"
	providerFacebook = "graph.facebook.com"
	providerAmazon   = "www.amazon.com"
	providerTwitter  = "api.twitter.com"
	providerDigits   = "www.digits.com"
)

func isSocial(name string) bool {
	return name == providerGoogle || name == providerApple || isOpaque(name)
}

// isOpaque reports whether a provider's tokens are not JWTs but have to be shown
// to the provider.
func isOpaque(name string) bool {
	switch name {
	case providerFacebook, providerAmazon, providerTwitter, providerDigits:
		return true
	}
	return false
}
