package sts

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/token"
)

// Hosts of the issuers that roles may trust without an OpenID Connect provider in
// the account.
const (
	CognitoIdentity = "cognito-identity.amazonaws.com"
	google          = "accounts.google.com"
)

const (
	// clockGrace is how far ahead of ours an issuer's clock may be.
	clockGrace = 5 * time.Minute

	// maxTokenAge is when a token is too old, whatever it says of itself. AWS has
	// such a limit, of unknown length.
	maxTokenAge = 24 * time.Hour
)

// AssumeRoleWithWebIdentityInput is the request of AssumeRoleWithWebIdentity.
type AssumeRoleWithWebIdentityInput struct {
	RoleARN          string             `aws:"RoleArn" check:"required;len=20-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+"`
	RoleSessionName  string             `aws:"RoleSessionName" check:"required;len=2-64;pattern=[\\w+=,.@-]*"`
	WebIdentityToken string             `aws:"WebIdentityToken" check:"required;secret;len=4-20000"`
	ProviderID       string             `aws:"ProviderId" check:"len=4-2048"`
	PolicyARNs       []PolicyDescriptor `aws:"PolicyArns" check:"len=-10"`
	Policy           string             `aws:"Policy" check:"len=1-2048;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	DurationSeconds  int32              `aws:"DurationSeconds" check:"range=900-43200"`
}

// AssumeRoleWithWebIdentityOutput is the answer of AssumeRoleWithWebIdentity.
type AssumeRoleWithWebIdentityOutput struct {
	SubjectFromWebIdentityToken string          `aws:"SubjectFromWebIdentityToken"`
	Audience                    string          `aws:"Audience"`
	AssumedRoleUser             AssumedRoleUser `aws:"AssumedRoleUser"`
	Credentials                 Credentials     `aws:"Credentials"`
	Provider                    string          `aws:"Provider"`
	PackedPolicySize            *int32          `aws:"PackedPolicySize"`
	SourceIdentity              string          `aws:"SourceIdentity"`
}

// AssumeRoleWithWebIdentity gives the bearer of an OpenID token, or of an access token
// of the provider that ProviderID names, a session of a role that trusts the issuer.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, in *AssumeRoleWithWebIdentityInput) (*AssumeRoleWithWebIdentityOutput, error) {
	if in.ProviderID != "" && in.ProviderID != facebook && in.ProviderID != amazon {
		return nil, validation("ProviderId must be www.amazon.com or graph.facebook.com, and left out for OpenID Connect tokens.")
	}
	if _, err := roleName(in.RoleARN); err != nil {
		return nil, err
	}
	who, err := s.bearer(ctx, in)
	if err != nil {
		return nil, err
	}
	assumed, err := s.AssumeWebIdentity(ctx, who, WebRequest{
		RoleARN:     in.RoleARN,
		SessionName: in.RoleSessionName,
		Seconds:     in.DurationSeconds,
		Policy:      in.Policy,
		PolicyARNs:  in.PolicyARNs,
	})
	if err != nil {
		return nil, err
	}
	return &AssumeRoleWithWebIdentityOutput{
		SubjectFromWebIdentityToken: who.Subject,
		Audience:                    who.Audience,
		AssumedRoleUser:             assumed.User,
		Credentials:                 assumed.Credentials,
		Provider:                    who.Federated,
		PackedPolicySize:            percent(assumed.PackedSize),
		SourceIdentity:              who.SourceIdentity,
	}, nil
}

func (s *Service) bearer(ctx context.Context, in *AssumeRoleWithWebIdentityInput) (WebIdentity, error) {
	if in.ProviderID != "" {
		return s.verifyAccessToken(ctx, in.ProviderID, in.WebIdentityToken)
	}
	return s.verify(ctx, in.WebIdentityToken)
}

func percent(size int32) *int32 {
	if size == 0 {
		return nil
	}
	return &size
}

// verify proves a token and returns its bearer.
func (s *Service) verify(ctx context.Context, raw string) (WebIdentity, error) {
	t, err := token.Parse(raw)
	if err != nil {
		return WebIdentity{}, invalidIdentityToken(
			"The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)").With(err)
	}
	issuer, err := s.issuerOf(ctx, t)
	if err != nil {
		return WebIdentity{}, err
	}
	if err := s.verifySignature(ctx, t, issuer); err != nil {
		return WebIdentity{}, err
	}
	if err := s.checkAge(t); err != nil {
		return WebIdentity{}, err
	}
	if err := t.Require("aud", "sub"); err != nil {
		return WebIdentity{}, missingClaim(err)
	}
	return issuer.bearer(t)
}

// Bearer returns who a verified token of an identity pool says its bearer is.
func Bearer(t *token.Token) (WebIdentity, error) { return identityPools().bearer(t) }

// bearer returns whom a verified token is about.
func (i issuer) bearer(t *token.Token) (WebIdentity, error) {
	who, ok := i.identity(t)
	if !ok {
		return WebIdentity{}, invalidIdentityToken("Incorrect token audience")
	}
	if refusal := who.readTags(t); refusal != nil {
		return WebIdentity{}, refusal
	}
	return who, nil
}

// issuer is a token issuer as the account knows it.
type issuer struct {
	name        string   // host and path
	federated   string   // its name in trust policies
	anyClient   bool     // the trust policy alone decides about the audience
	clients     []string // audiences
	thumbprints []string // of its servers' certificates
}

func identityPools() issuer {
	return issuer{name: CognitoIdentity, federated: CognitoIdentity, anyClient: true}
}

// issuerOf finds the issuer of a token: a built-in one goes by its host in trust
// policies, also where the account has a provider for it to name its clients. What the
// account calls by another name is not Google, though one emulator stand in for both.
func (s *Service) issuerOf(ctx context.Context, t *token.Token) (issuer, error) {
	if s.Issuers.SameIssuer(t.Issuer, CognitoIdentity) {
		return identityPools(), nil
	}
	provider, err := s.provider(ctx, t.Issuer)
	switch {
	case err == nil && strings.TrimSuffix(provider.Host, "/") == google:
		return issuer{name: google, federated: google, clients: provider.ClientIDs, thumbprints: provider.Thumbprints}, nil
	case err == nil:
		return issuer{name: provider.Host, federated: provider.ARN().String(), clients: provider.ClientIDs, thumbprints: provider.Thumbprints}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return issuer{}, err
	case s.Issuers.SameIssuer(t.Issuer, google):
		return issuer{name: google, federated: google, anyClient: true}, nil
	}
	return issuer{}, invalidIdentityToken("No OpenIDConnect provider found in your account for %s", t.Issuer)
}

// provider returns the account's provider that issued tokens of this iss, or
// fs.ErrNotExist.
func (s *Service) provider(ctx context.Context, iss string) (iam.OIDCProvider, error) {
	host := strings.TrimPrefix(strings.TrimPrefix(iss, "https://"), "http://")
	provider, err := s.IAM.Providers.Get(ctx, host)
	if err == nil && s.Issuers.SameIssuer(iss, provider.Host) {
		return provider, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return iam.OIDCProvider{}, err
	}
	all, err := s.IAM.Providers.List(ctx, "", maxProviders)
	if err != nil {
		return iam.OIDCProvider{}, err
	}
	for _, provider := range all {
		if s.Issuers.SameIssuer(iss, provider.Host) {
			return provider, nil
		}
	}
	return iam.OIDCProvider{}, fs.ErrNotExist
}

// maxProviders is how many OpenID Connect providers an account may have.
const maxProviders = 100

func (s *Service) verifySignature(ctx context.Context, t *token.Token, from issuer) error {
	const unreachable = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	keys, err := s.Issuers.Keys(ctx, "https://"+from.name, t.KeyID, from.thumbprints...)
	if errors.Is(err, ErrCertificate) {
		return invalidIdentityToken("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint").With(err)
	}
	if err != nil {
		return invalidIdentityToken(unreachable).With(err)
	}
	err = t.VerifySignature(keys)
	if errors.Is(err, token.ErrUnknownKey) {
		return invalidIdentityToken(unreachable).With(err)
	}
	if err != nil {
		return invalidIdentityToken("The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.").With(err)
	}
	return nil
}

func (s *Service) checkAge(t *token.Token) error {
	now := s.now()
	if t.Expires.IsZero() {
		return missingClaim(&token.MissingClaimError{Claim: "exp"})
	}
	if !now.Before(t.Expires) {
		return expiredToken("Token expired: current date/time %d must be before the expiration date/time %d", now.Unix(), t.Expires.Unix())
	}
	if t.IssuedAt.IsZero() {
		return missingClaim(&token.MissingClaimError{Claim: "iat"})
	}
	if age := now.Sub(t.IssuedAt); age > maxTokenAge {
		return expiredToken("Token too old: %d", int64(age.Seconds()))
	}
	if err := t.CheckTime(now, clockGrace); err != nil {
		return invalidIdentityToken("The ID Token provided is not yet valid.").With(err)
	}
	return nil
}

func missingClaim(err error) *fault.Error {
	missing, ok := errors.AsType[*token.MissingClaimError](err)
	if !ok {
		return invalidIdentityToken("The ID Token provided is not a valid JWT.").With(err)
	}
	return invalidIdentityToken("Missing a required claim: %s", missing.Claim).With(err)
}

// identity returns the bearer, unless the token was meant for a client that the
// account does not know.
func (i issuer) identity(t *token.Token) (WebIdentity, bool) {
	clients := t.Client()
	audience := clients[0]
	if !i.anyClient {
		known := slices.IndexFunc(clients, func(c string) bool { return slices.Contains(i.clients, c) })
		if known < 0 {
			return WebIdentity{}, false
		}
		audience = clients[known]
	}
	who := WebIdentity{
		Federated: i.federated,
		Issuer:    i.name,
		Subject:   t.Subject,
		Audience:  audience,
		AMR:       stringsOf(t.Claims["amr"]),
		TrustKeys: map[string]string{},
	}
	if t.AuthorizedParty != "" && i.name != google {
		who.TrustKeys[i.name+":azp"] = t.AuthorizedParty
	}
	if i.name == google && len(t.Audience) > 0 {
		who.TrustKeys[google+":oaud"] = t.Audience[0]
	}
	return who, true
}

// stringsOf reads a claim that holds a string or a list of strings.
func stringsOf(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}
