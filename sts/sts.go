// Package sts gives out session credentials: it assumes roles for those whom the
// roles' trust policies name, and says who a caller is.
package sts

import (
	"context"
	"errors"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/token"
)

// Service answers the STS operations of one account. Its fields are set once,
// before the first call; it is safe for concurrent use.
type Service struct {
	// Account is the 12-digit id of the only account of this server.
	Account string

	IAM     *iam.Service
	Issuers Issuers
	Sealer  *Sealer

	// Refresh brings the keys of Sealer up to date. It is called for whoever sends a
	// token under an unknown key, so it bounds its work by itself. Nil where the keys
	// never change.
	Refresh func(context.Context)

	// SignIn are URLs beside AWS's own that SAML responses may be meant for.
	SignIn     []string
	Assertions Assertions

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	samlChecks samlChecks
}

// ErrCertificate means that nobody vouches for the certificate of an identity
// provider's server, neither an authority nor a thumbprint.
var ErrCertificate = errors.New("sts: the identity provider's certificate is not trusted")

// Issuers reaches identity providers.
type Issuers interface {
	// Keys returns the signing keys of an OpenID issuer, given as a URL without a
	// trailing slash. kid is the key that is looked for: if it is not among the
	// known ones, they are fetched anew. thumbprints (SHA-1, hexadecimal) vouch for a
	// server whose certificate the system does not trust. The error wraps
	// ErrCertificate where that is the cause; with any other the provider is not there,
	// or is sick.
	Keys(ctx context.Context, issuer, kid string, thumbprints ...string) (token.Keys, error)

	// Holder asks a provider of access tokens whose one of them is. The error is a
	// *RejectedError where the provider says that it is no good; with any other the
	// provider did not tell. None has a part of the token in its text.
	Holder(ctx context.Context, t AccessToken) (Holder, error)

	// SameIssuer reports whether a token's iss claim names the provider that is
	// known by this host and path.
	SameIssuer(iss, name string) bool
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Credentials sign requests until they expire.
type Credentials struct {
	AccessKeyID     string    `aws:"AccessKeyId"`
	SecretAccessKey string    `aws:"SecretAccessKey"`
	SessionToken    string    `aws:"SessionToken"`
	Expiration      time.Time `aws:"Expiration"`
}

// AssumedRoleUser names a role session.
type AssumedRoleUser struct {
	AssumedRoleID string `aws:"AssumedRoleId"`
	ARN           string `aws:"Arn"`
}
