package awsaccount

import (
	"context"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/cognito"
)

// poolOf is a pool and the region that it was read in.
type poolOf struct {
	region region
	cognito.Pool
}

// readPools reads the pools of all regions.
func (m *Import) readPools(ctx context.Context) ([]poolOf, error) {
	var pools []poolOf
	for _, r := range m.From.regions {
		every := arn.IdentityPool(r.name, m.From.here(), "*").String()
		m.progress("pools of", r.name)
		ids, err := r.poolIDs(ctx)
		if err := m.miss(KindPool, every, err); err != nil {
			return nil, err
		}
		for _, id := range ids {
			m.progress(KindPool, id)
			pool, err := m.From.pool(ctx, r, id)
			if err := m.miss(KindPool, id, err); err != nil {
				return nil, err
			}
			if err == nil {
				pools = append(pools, poolOf{r, pool})
			}
		}
	}
	return pools, nil
}

// miss reports what could not be read; it returns an error that says nothing about this
// one thing.
func (m *Import) miss(kind, name string, err error) error {
	if err == nil {
		return nil
	}
	item, err := unread(kind, name, err)
	if err == nil {
		m.Report(item)
	}
	return err
}

func (m *Import) takePool(ctx context.Context, p poolOf) error {
	result, err := m.take(KindPool, p.ID, func() (taken, error) {
		done, err := m.Cognito.AdoptPool(ctx, p.Pool)
		return taken{done, p.Name}, err
	})
	if err != nil || result == Skipped || !m.Identities {
		return err
	}
	_, err = m.take(KindIdentities, p.ID, func() (taken, error) { return m.takeIdentities(ctx, p) })
	return err
}
