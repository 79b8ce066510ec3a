package cognito

import (
	"context"

	"github.com/cenotehq/cenote/iam"
)

// UnlinkIdentityInput is the request of UnlinkIdentity.
type UnlinkIdentityInput struct {
	IdentityID     string            `aws:"IdentityId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Logins         map[string]string `aws:"Logins" check:"required;secret;len=-10" key:"len=1-128" each:"secret;len=1-50000"`
	LoginsToRemove []string          `aws:"LoginsToRemove" check:"required" each:"len=1-128"` // names of providers
}

// UnlinkIdentity takes logins off an identity, for whoever brings one of its logins.
// Without its last login an identity is disabled for good.
func (s *Service) UnlinkIdentity(ctx context.Context, in *UnlinkIdentityInput) (*struct{}, error) {
	v, err := s.find(ctx, in.IdentityID)
	if err != nil {
		return nil, err
	}
	if v.identity.Disabled {
		return nil, identityForbidden(v.identity.ID)
	}
	proofs, err := s.verifyLogins(ctx, v.pool, in.Logins)
	if err != nil {
		return nil, err
	}
	presented := v.pool.claim(proofs)
	_, err = s.linkTo(ctx, v, presented, func(self Identity, owners []Identity) (Link, error) {
		return presented.unlink(self, owners, in.LoginsToRemove)
	})
	return nil, err
}

// UnlinkDeveloperIdentityInput is the request of UnlinkDeveloperIdentity.
type UnlinkDeveloperIdentityInput struct {
	poolInput
	IdentityID              string `aws:"IdentityId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	DeveloperProviderName   string `aws:"DeveloperProviderName" check:"required;len=1-128;pattern=[\\w._-]+"`
	DeveloperUserIdentifier string `aws:"DeveloperUserIdentifier" check:"required;len=1-1024"`
}

// UnlinkDeveloperIdentity takes a developer's user off an identity. Without its last
// login an identity is disabled for good.
func (s *Service) UnlinkDeveloperIdentity(ctx context.Context, caller iam.Caller, in *UnlinkDeveloperIdentityInput) (*struct{}, error) {
	pool, err := s.developerPool(ctx, caller, in.IdentityPoolID, in.DeveloperProviderName)
	if err != nil {
		return nil, err
	}
	identity, err := s.identityOf(ctx, pool, in.IdentityID)
	if err != nil {
		return nil, err
	}
	user := Login{Provider: in.DeveloperProviderName, Subject: in.DeveloperUserIdentifier}
	_, err = s.linkTo(ctx, visit{pool: pool, identity: identity}, claim{logins: []Login{user}},
		func(self Identity, _ []Identity) (Link, error) { return unlinkUser(self, user) })
	return nil, err
}
