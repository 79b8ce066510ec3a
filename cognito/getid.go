package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cenotehq/cenote/sts"
)

// GetIDInput is the request of GetId. AccountId is a relic that AWS's clients may
// still send; the pool's id alone says where to look.
type GetIDInput struct {
	AccountID      string            `aws:"AccountId" check:"len=1-15;pattern=\\d+"`
	IdentityPoolID string            `aws:"IdentityPoolId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Logins         map[string]string `aws:"Logins" check:"secret;len=-10" key:"len=1-128" each:"secret;len=1-50000"`
}

// GetIDOutput is the answer of GetId.
type GetIDOutput struct {
	IdentityID string `aws:"IdentityId"`
}

// GetID returns the identity whom the logins belong to, or a new one. Without
// logins it makes a new guest at every call.
func (s *Service) GetID(ctx context.Context, in *GetIDInput) (*GetIDOutput, error) {
	pool, err := s.pool(ctx, "", in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	fresh := s.newIdentity(pool)
	if len(in.Logins) == 0 {
		if !pool.AllowUnauthenticated {
			return nil, unauthenticatedAccess()
		}
		if err := s.Identities.CreateIdentity(ctx, fresh); err != nil {
			return nil, fmt.Errorf("keeping a new guest: %w", err)
		}
		return &GetIDOutput{IdentityID: fresh.ID}, nil
	}
	proofs, err := s.verifyLogins(ctx, pool, in.Logins)
	if err != nil {
		return nil, err
	}
	presented := pool.claim(proofs)
	identity, err := s.Identities.LinkLogins(ctx, pool.ID, "", presented.logins,
		func(_ *Identity, owners []Identity) (Link, error) { return presented.findOrCreate(fresh, owners) })
	if err != nil {
		return nil, err
	}
	return &GetIDOutput{IdentityID: identity.ID}, nil
}

func (s *Service) newIdentity(pool Pool) Identity {
	now := s.now().UTC().Truncate(time.Millisecond)
	return Identity{ID: s.ids.next(pool.Region, now), Pool: pool.ID, Created: now, Modified: now}
}

func (p Pool) claim(proofs []proof) claim {
	c := claim{logins: make([]Login, 0, len(proofs)), developer: p.DeveloperProviderName}
	for _, proof := range proofs {
		c.logins = append(c.logins, proof.Login)
	}
	return c
}

// visit is an identity as it comes to a call that gives something out: proven, and
// with its logins linked.
type visit struct {
	pool     Pool
	identity Identity
	proofs   []proof
	vouched  *sts.WebIdentity  // the bearer of a token of ours that stands for the logins, or nil
	tags     map[string]string // principal tags
}

func (v visit) guest() bool { return v.vouched == nil && len(v.proofs) == 0 }

// find returns an identity with its pool.
func (s *Service) find(ctx context.Context, id string) (visit, error) {
	identity, err := s.Identities.Identity(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return visit{}, identityNotFound(id)
	}
	if err != nil {
		return visit{}, fmt.Errorf("reading an identity: %w", err)
	}
	pool, err := s.Pools.Get(ctx, identity.Pool)
	if errors.Is(err, fs.ErrNotExist) {
		return visit{}, identityNotFound(id) // goes with its pool, though it may still be stored
	}
	if err != nil {
		return visit{}, fmt.Errorf("reading the pool of an identity: %w", err)
	}
	return visit{pool: pool, identity: identity}, nil
}

// enter proves that the bearer of logins may act as the identity, and links the
// logins. Afterwards the visit may be another identity's: that of the user whom
// the logins belong to.
func (s *Service) enter(ctx context.Context, v visit, logins map[string]string) (visit, error) {
	if v.identity.Disabled {
		return visit{}, identityForbidden(v.identity.ID)
	}
	if len(logins) == 0 {
		switch {
		case v.identity.Authenticated:
			return visit{}, identityForbidden(v.identity.ID)
		case !v.pool.AllowUnauthenticated:
			return visit{}, unauthenticatedAccess()
		}
		return v, s.noteGuest(ctx, v.identity)
	}
	proofs, err := s.verifyLogins(ctx, v.pool, logins)
	if err != nil {
		return visit{}, err
	}
	tags, refusal := v.pool.principalTags(proofs)
	if refusal != nil {
		return visit{}, refusal
	}
	presented := v.pool.claim(proofs)
	identity, err := s.linkTo(ctx, v, presented, func(self Identity, owners []Identity) (Link, error) {
		return presented.link(self, owners)
	})
	return visit{pool: v.pool, identity: identity, proofs: proofs, tags: tags}, err
}

// linkTo has decide say what becomes of the identity of a visit and of the owners of
// logins.
func (s *Service) linkTo(ctx context.Context, v visit, presented claim, decide func(self Identity, owners []Identity) (Link, error)) (Identity, error) {
	identity, err := s.Identities.LinkLogins(ctx, v.pool.ID, v.identity.ID, presented.logins,
		func(self *Identity, owners []Identity) (Link, error) {
			if self == nil {
				return Link{}, identityNotFound(v.identity.ID)
			}
			return decide(*self, owners)
		})
	if errors.Is(err, fs.ErrNotExist) {
		return Identity{}, identityNotFound(v.identity.ID)
	}
	return identity, err
}
