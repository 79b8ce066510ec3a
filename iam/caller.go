package iam

import (
	"time"

	"github.com/cenotehq/cenote/policy"
)

// Caller is who signed a request, as far as it is proven. An operation that
// takes one cannot run for anybody else.
type Caller struct {
	Account string
	Region  string // the region that the request was signed for

	// ARN names the caller in messages and resource policies: a user, a session of a
	// role, a federated user, or root.
	ARN string

	// UserID is the caller's unique id: AIDA…, AROA…:session, account:name, or the
	// account.
	UserID string

	// KeyID is the access key that signed.
	KeyID string

	// User is the name of the user that signed, else empty.
	User string

	// Role is the role of the session that signed, else nil.
	Role *Role

	// Root is whether the account itself signed.
	Root bool

	// Opener is the user or root that gave itself or a federated user the session
	// that signed, as its access key proves it at the moment. It is nil without such a
	// session.
	Opener *Caller

	// SessionPolicies narrow what a session may do; HasSession is whether the
	// session carries any.
	SessionPolicies []policy.Source
	HasSession      bool

	// Keys are the condition keys that the session brings along, such as
	// cognito-identity.amazonaws.com:sub and aws:PrincipalTag/….
	Keys policy.Context

	// TransitiveTags and SourceIdentity go over to every session that this caller
	// begins.
	TransitiveTags map[string]string
	SourceIdentity string

	// Issued is when a session began, zero for long-term keys.
	Issued time.Time
}

// Federated reports whether the caller is somebody to whom a user or root gave a
// session in a name of their own, of what it may do itself (GetFederationToken).
func (c Caller) Federated() bool {
	return c.Opener != nil && c.ARN != c.Opener.ARN
}

// Principal returns the caller as policies see it.
func (c Caller) Principal() policy.Principal {
	p := policy.Principal{Account: c.Account, ARN: c.ARN, UserID: c.UserID}
	if c.Role != nil {
		p.RoleARN = c.Role.ARN().String()
	}
	if c.Federated() {
		p.OpenerARN, p.OpenerID = c.Opener.ARN, c.Opener.UserID
	}
	return p
}
