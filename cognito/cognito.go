// Package cognito answers the operations of Amazon Cognito identity pools: it
// turns logins into lasting identities, and identities into credentials.
package cognito

import (
	"context"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// Service answers the operations for the identity pools of one account. Its
// fields are set once, before the first call; it is safe for concurrent use.
type Service struct {
	// Account is the 12-digit id of the only account of this server.
	Account string

	Pools      iam.Table[Pool]
	Identities Identities
	Assertions sts.Assertions
	IAM        *iam.Service
	STS        *sts.Service
	Issuers    sts.Issuers
	UserPools  UserPools
	OpenID     Signer
	Sweeper    *Sweeper // of the same pools and identities

	// Now is the clock; nil means time.Now.
	Now func() time.Time

	ids ids
}

// Signer makes OpenID tokens of ours out of claims.
type Signer interface {
	Sign(ctx context.Context, claims any) (string, error)
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
