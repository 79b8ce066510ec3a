package iam

import (
	"context"
	"errors"

	"github.com/cenotehq/cenote/token"
)

// AdoptOIDCProvider takes over an OpenID Connect provider of another account. The error
// is a fault.
func (s *Service) AdoptOIDCProvider(ctx context.Context, p OIDCProvider) (Adoption, error) {
	host, err := issuerHost("https://"+p.Host, s.PlainIssuer)
	if err != nil {
		return Adoption{}, err
	}
	if err := checkThumbprints(p.Thumbprints); err != nil {
		return Adoption{}, err
	}
	p.Account, p.Host = s.Account, host
	done, err := Adopt(ctx, s.Providers, host, func(existing *OIDCProvider) (OIDCProvider, error) {
		next := p
		if existing != nil {
			next.ClientIDs = settled(next.ClientIDs, existing.ClientIDs)
			next.Thumbprints = settled(next.Thumbprints, existing.Thumbprints)
			next.Tags = settled(next.Tags, existing.Tags)
		}
		return next, nil
	})
	return done, translate(err, nil, nil)
}

// AdoptSAMLProvider takes over a SAML provider of another account. Private keys are
// never shown, so those stay that it has here. The error is a fault, or wraps ErrOther.
func (s *Service) AdoptSAMLProvider(ctx context.Context, p SAMLProvider) (Adoption, error) {
	if _, err := token.ParseMetadata(p.Document); err != nil {
		return Adoption{}, invalidInput("Could not parse metadata").With(err)
	}
	p.Account = s.Account
	if p.Encryption == "" {
		p.Encryption = encryptionAllowed
	}
	done, err := Adopt(ctx, s.SAMLProviders, p.Name, func(existing *SAMLProvider) (SAMLProvider, error) {
		next := p
		if existing == nil {
			return next, nil
		}
		next.PrivateKeys = existing.PrivateKeys
		next.Tags = settled(next.Tags, existing.Tags)
		if next.UUID == "" {
			next.UUID = existing.UUID
		}
		return next, checkSame("SAML provider", p.Name, existing.UUID, next.UUID)
	})
	if errors.Is(err, ErrOther) {
		return Adoption{}, err
	}
	return done, translate(err, nil, nil)
}
