package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/cenotehq/cenote/iam"
)

const maxPools = 1000

// CreateIdentityPoolInput is the request of CreateIdentityPool.
type CreateIdentityPoolInput struct {
	PoolSettings
}

// IdentityPool is a pool as the API shows it, and the request of
// UpdateIdentityPool.
type IdentityPool struct {
	poolInput
	PoolSettings
}

func show(p Pool) *IdentityPool {
	return &IdentityPool{poolInput: poolInput{p.ID}, PoolSettings: p.PoolSettings}
}

// CreateIdentityPool makes a pool in the region that the caller signed for.
func (s *Service) CreateIdentityPool(ctx context.Context, caller iam.Caller, in *CreateIdentityPoolInput) (*IdentityPool, error) {
	settings := in.normalized()
	if refusal := settings.check(s.Account); refusal != nil {
		return nil, refusal
	}
	if refusal := settings.checkDeveloper(); refusal != nil {
		return nil, refusal
	}
	pools, err := s.Pools.List(ctx, "", maxPools)
	if err != nil {
		return nil, fmt.Errorf("counting the pools: %w", err)
	}
	if err := s.mayTag(ctx, caller, "*", nil, settings.Tags); err != nil {
		return nil, err
	}
	if len(pools) >= maxPools {
		return nil, limitExceeded("The account has %d identity pools, as many as it may have.", maxPools)
	}
	now := s.now()
	pool := Pool{
		ID: s.ids.next(caller.Region, now), Region: caller.Region, Account: s.Account,
		PoolSettings: settings, Created: now,
	}
	if err := s.Pools.Create(ctx, pool); err != nil {
		return nil, fmt.Errorf("keeping a new pool: %w", err)
	}
	return show(pool), nil
}

// pool returns the pool called id, as seen from region; empty means any.
func (s *Service) pool(ctx context.Context, region, id string) (Pool, error) {
	pool, err := s.Pools.Get(ctx, id)
	if errors.Is(err, fs.ErrNotExist) || err == nil && region != "" && pool.Region != region {
		return Pool{}, poolNotFound(id)
	}
	if err != nil {
		return Pool{}, fmt.Errorf("reading pool %s: %w", id, err)
	}
	return pool, nil
}

// change is Pools.Update for a pool as seen from region.
func (s *Service) change(ctx context.Context, region, id string, change func(*Pool) error) error {
	err := s.Pools.Update(ctx, id, func(p *Pool) error {
		if p.Region != region {
			return fs.ErrNotExist
		}
		return change(p)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return poolNotFound(id)
	}
	return err
}

// DescribeIdentityPoolInput is the request of DescribeIdentityPool.
type DescribeIdentityPoolInput struct{ poolInput }

// DescribeIdentityPool shows a pool.
func (s *Service) DescribeIdentityPool(ctx context.Context, caller iam.Caller, in *DescribeIdentityPoolInput) (*IdentityPool, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	return show(pool), nil
}

// UpdateIdentityPool replaces the settings of a pool: what is not sent returns to
// its default, except the developer provider name, which stays. The attribute maps of
// providers that the pool takes no more go with them.
func (s *Service) UpdateIdentityPool(ctx context.Context, caller iam.Caller, in *IdentityPool) (*IdentityPool, error) {
	settings := in.normalized()
	if refusal := settings.check(s.Account); refusal != nil {
		return nil, refusal
	}
	before, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	if err := s.mayName(ctx, before, settings.DeveloperProviderName); err != nil {
		return nil, err
	}
	if err := s.mayTag(ctx, caller, before.ARN().String(), before.Tags, settings.Tags); err != nil {
		return nil, err
	}
	var updated Pool
	err = s.change(ctx, caller.Region, in.IdentityPoolID, func(p *Pool) error {
		if !maps.Equal(p.Tags, before.Tags) {
			return concurrentModification() // the permission was for other changes
		}
		next := settings
		if next.DeveloperProviderName == "" {
			next.DeveloperProviderName = p.DeveloperProviderName
		}
		if p.DeveloperProviderName != "" && next.DeveloperProviderName != p.DeveloperProviderName {
			return invalidParameter("The developer provider name of an identity pool cannot be changed.")
		}
		p.PoolSettings = next
		p.dropAttributes()
		if refusal := p.checkDeveloper(); refusal != nil {
			return refusal
		}
		updated = *p
		return nil
	})
	if err != nil {
		return nil, err
	}
	return show(updated), nil
}

// mayName refuses a pool that had none a developer provider whose name is that of a
// provider which it took logins of before: the developer's word would be good for the
// identities of its users.
func (s *Service) mayName(ctx context.Context, pool Pool, name string) error {
	if name == "" || name == pool.DeveloperProviderName {
		return nil
	}
	used, err := s.Identities.HasLogins(ctx, pool.ID, name)
	if err != nil {
		return fmt.Errorf("looking for logins of pool %s: %w", pool.ID, err)
	}
	if used {
		return invalidParameter("The identity pool has logins of another provider called %s.", name)
	}
	return nil
}

// DeleteIdentityPoolInput is the request of DeleteIdentityPool.
type DeleteIdentityPoolInput struct{ poolInput }

// DeleteIdentityPool removes a pool. Nothing can be had for its identities from then on;
// the sweeper removes them.
func (s *Service) DeleteIdentityPool(ctx context.Context, caller iam.Caller, in *DeleteIdentityPoolInput) (*struct{}, error) {
	err := s.Pools.Delete(ctx, in.IdentityPoolID, func(p Pool) error {
		if p.Region != caller.Region {
			return fs.ErrNotExist
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, poolNotFound(in.IdentityPoolID)
	}
	if err != nil {
		return nil, fmt.Errorf("deleting pool %s: %w", in.IdentityPoolID, err)
	}
	s.Sweeper.Wake()
	return nil, nil
}

// ListIdentityPoolsInput is the request of ListIdentityPools.
type ListIdentityPoolsInput struct {
	MaxResults int32  `aws:"MaxResults" check:"required;range=1-60"`
	NextToken  string `aws:"NextToken" check:"len=1-65535;pattern=[\\S]+"`
}

// ListIdentityPoolsOutput is the answer of ListIdentityPools.
type ListIdentityPoolsOutput struct {
	IdentityPools []PoolSummary `aws:"IdentityPools"`
	NextToken     string        `aws:"NextToken"`
}

// PoolSummary is a pool in a list.
type PoolSummary struct {
	IdentityPoolID   string `aws:"IdentityPoolId"`
	IdentityPoolName string `aws:"IdentityPoolName"`
}

// Resource returns what AWS authorizes a listing on: the ARN of a pool without a
// name.
func (in ListIdentityPoolsInput) Resource(c iam.Caller) string {
	return poolInput{}.Resource(c)
}

// ListIdentityPools lists the pools of the region that the caller signed for. A
// page goes on after the last pool of the one before, so pools that come and go in
// between are neither shown twice nor pushed out.
func (s *Service) ListIdentityPools(ctx context.Context, caller iam.Caller, in *ListIdentityPoolsInput) (*ListIdentityPoolsOutput, error) {
	pages := listing("ListIdentityPools " + caller.Region)
	after, refusal := pages.after(in.NextToken)
	if refusal != nil {
		return nil, refusal
	}
	pools, err := s.Pools.List(ctx, max(after, caller.Region+":"), int(in.MaxResults)+1) // ids begin with the region
	if err != nil {
		return nil, fmt.Errorf("listing pools: %w", err)
	}
	out := &ListIdentityPoolsOutput{IdentityPools: []PoolSummary{}}
	for _, p := range pools {
		if p.Region != caller.Region {
			break // the rest belongs to later ones
		}
		if len(out.IdentityPools) == int(in.MaxResults) {
			out.NextToken = pages.next(out.IdentityPools[in.MaxResults-1].IdentityPoolID)
			break
		}
		out.IdentityPools = append(out.IdentityPools, PoolSummary{p.ID, p.Name})
	}
	return out, nil
}
