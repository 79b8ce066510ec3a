// Package iam keeps the part of AWS Identity and Access Management that
// identity pools stand on: roles, users with access keys, groups, inline and managed
// policies, OpenID Connect and SAML providers, and it decides what a caller may do.
package iam

import (
	"sync"
	"time"
)

// Service answers the IAM operations of one account. Its fields are set once,
// before the first call; it is safe for concurrent use.
type Service struct {
	// Account is the 12-digit id of the only account of this server.
	Account string

	Roles           Table[Role]
	Users           Table[User]
	Groups          Table[Group]
	ManagedPolicies Table[ManagedPolicy]
	Providers       Table[OIDCProvider]
	SAMLProviders   Table[SAMLProvider]
	Uses            Uses

	// PlainIssuer reports whether an OpenID issuer on this host (host or
	// host:port) may use plain http, which AWS allows no issuer. Nil means none
	// may.
	PlainIssuer func(host string) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// links is held by whatever changes two entities that point at each other, so
	// that of two opposite changes to one pair neither undoes half of the other.
	links sync.Mutex

	builtinOnce sync.Once
	builtins    builtins
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
