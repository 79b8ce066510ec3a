// Package iam keeps the part of AWS Identity and Access Management that
// identity pools stand on: roles, users with access keys, inline policies and
// OpenID Connect providers, and it decides what a caller may do.
package iam

import (
	"sync"
	"time"

	"github.com/cenotehq/cenote/policy"
)

// Service answers the IAM operations of one account. Its fields are set once,
// before the first call; it is safe for concurrent use.
type Service struct {
	// Account is the 12-digit id of the only account of this server.
	Account string

	Roles     Table[Role]
	Users     Table[User]
	Providers Table[OIDCProvider]

	// PlainIssuer reports whether an OpenID issuer on this host (host or
	// host:port) may use plain http, which AWS allows no issuer. Nil means none
	// may.
	PlainIssuer func(host string) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	managedOnce sync.Once
	managed     map[string]*policy.Document
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
