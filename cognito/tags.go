package cognito

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// RequestKeys returns the condition keys of the tags that a pool is to have.
func (s PoolSettings) RequestKeys() policy.Context { return iam.RequestTags(s.Tags) }

// ResourceTags returns the tags of the pool that an ARN names, none if it names no
// pool.
func (s *Service) ResourceTags(ctx context.Context, name string) (map[string]string, error) {
	_, id, ok := strings.Cut(name, ":identitypool/")
	if !ok {
		return nil, nil
	}
	pool, err := s.Pools.Get(ctx, id)
	if errors.Is(err, fs.ErrNotExist) || err == nil && pool.ARN().String() != name {
		return nil, nil
	}
	return pool.Tags, err
}

// mayTag returns nil if the caller may change the tags of a pool from before to after,
// which takes permissions of its own, whatever it is a part of.
func (s *Service) mayTag(ctx context.Context, caller iam.Caller, resource string, before, after map[string]string) error {
	put := maps.Clone(after)
	maps.DeleteFunc(put, func(key, value string) bool { old, ok := before[key]; return ok && old == value })
	if len(put) > 0 {
		if err := s.may(ctx, caller, "cognito-identity:TagResource", resource, iam.RequestTags(put), before); err != nil {
			return err
		}
	}
	gone := slices.DeleteFunc(slices.Sorted(maps.Keys(before)), func(key string) bool { _, kept := after[key]; return kept })
	if len(gone) == 0 {
		return nil
	}
	keys := policy.NewContext()
	keys.SetList("aws:TagKeys", gone)
	return s.may(ctx, caller, "cognito-identity:UntagResource", resource, keys, before)
}

// may returns nil if the caller has a permission beside the one of the operation. tags
// are those of the resource.
func (s *Service) may(ctx context.Context, caller iam.Caller, action, resource string, keys policy.Context, tags map[string]string) error {
	for key, value := range tags {
		keys.Set("aws:ResourceTag/"+key, value)
	}
	decision, err := s.IAM.Authorize(ctx, caller, action, resource, keys)
	if err != nil || decision.Allowed {
		return err
	}
	return accessDenied(iam.Denied(caller, action, resource, decision)).With(&iam.DeniedError{Action: action, Decision: decision})
}
