// Package token reads, verifies and signs JSON Web Tokens, given the keys, and reads and
// verifies what SAML identity providers send; it never touches the network.
package token

import (
	"time"
)

// MaxSize is the longest token in bytes, as in the Cognito model (Logins
// values).
const MaxSize = 50_000

// Token is a parsed JSON Web Token (RFC 7519). Nothing in it is proven until
// VerifySignature and CheckTime have passed. It is safe for concurrent use as
// long as nobody changes it.
type Token struct {
	Issuer, Subject string
	// Audience is the aud claim; a single string becomes a list of one.
	Audience []string
	// AuthorizedParty is the azp claim.
	AuthorizedParty string
	// Expires, IssuedAt and NotBefore have whole seconds, and are zero when the
	// claim is absent.
	Expires, IssuedAt, NotBefore time.Time
	// KeyID and Algorithm come from the header.
	KeyID, Algorithm string
	// Claims holds every claim; numbers are json.Number, so that they print as
	// they were written.
	Claims map[string]any

	signed    string // header and payload as they were signed
	signature []byte
}

// Client lists the client ids that the token may have been issued to: the
// authorized party alone if there is one, and the audience otherwise. (Amazon
// Cognito developer guide, "OpenID Connect providers".)
func (t *Token) Client() []string {
	if t.AuthorizedParty != "" {
		return []string{t.AuthorizedParty}
	}
	return t.Audience
}

// CheckTime reports whether the token is valid at now, give or take grace. It
// returns *ExpiredError, *NotYetError, or *MissingClaimError when there is no
// exp at all.
func (t *Token) CheckTime(now time.Time, grace time.Duration) error {
	if t.Expires.IsZero() {
		return &MissingClaimError{Claim: "exp"}
	}
	if !now.Before(t.Expires.Add(grace)) {
		return &ExpiredError{Now: now, Expires: t.Expires}
	}
	latest := now.Add(grace)
	if t.NotBefore.After(latest) {
		return &NotYetError{Claim: "nbf", Now: now, From: t.NotBefore}
	}
	if t.IssuedAt.After(latest) {
		return &NotYetError{Claim: "iat", Now: now, From: t.IssuedAt}
	}
	return nil
}

// Require returns *MissingClaimError for the first of the claims that is
// absent, null, an empty string or an empty list.
func (t *Token) Require(claims ...string) error {
	for _, name := range claims {
		if isEmpty(t.Claims[name]) {
			return &MissingClaimError{Claim: name}
		}
	}
	return nil
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}
