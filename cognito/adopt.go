package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
)

// sweptAtOnce is how many identities of a deleted pool one transaction removes.
const sweptAtOnce = 1000

// AdoptPool takes over a pool of another account with its id; one that is here becomes
// as it is there. When a pool was made no API tells, so that stays, or is now. The error
// is a fault, or that of a table.
func (s *Service) AdoptPool(ctx context.Context, pool Pool) (iam.Adoption, error) {
	pool.Account, pool.PoolSettings = s.Account, pool.normalized()
	if refusal := pool.checkWhole(); refusal != nil {
		return iam.Adoption{}, refusal
	}
	before, err := s.Pools.Get(ctx, pool.ID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = s.sweepRest(ctx, pool.ID)
	case err == nil:
		err = s.mayName(ctx, before, pool.DeveloperProviderName)
	}
	if err != nil {
		return iam.Adoption{}, err
	}
	now := s.now()
	return iam.Adopt(ctx, s.Pools, pool.ID, func(existing *Pool) (Pool, error) {
		next := pool
		next.Created = now
		if existing != nil {
			next.Created = existing.Created
		}
		return next, nil
	})
}

// sweepRest removes the identities of a pool that was deleted here: they are not to come
// to life again with its id.
func (s *Service) sweepRest(ctx context.Context, pool string) error {
	for {
		removed, err := s.Identities.DeleteIdentitiesOf(ctx, pool, sweptAtOnce)
		if err != nil || removed == 0 {
			return err
		}
	}
}

// checkWhole refuses what the operations that make a pool would refuse, one after the
// other. Tags of AWS's own are let pass: no request could make them, and policies may ask
// for them; and so are mappings of providers that the pool does not take any more.
func (p Pool) checkWhole() *fault.Error {
	region, uuid, ok := strings.Cut(p.ID, ":")
	if !ok || region == "" || region != p.Region || len(uuid) != 36 || strings.Trim(uuid, "0123456789abcdef-") != "" {
		return invalidParameter("%s is not the id of an identity pool of region %s.", p.ID, p.Region)
	}
	settings := p.PoolSettings
	settings.Tags = maps.Clone(p.Tags)
	maps.DeleteFunc(settings.Tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
	if refusal := settings.check(p.Account); refusal != nil {
		return refusal
	}
	if refusal := settings.checkDeveloper(); refusal != nil {
		return refusal
	}
	mappings := maps.Clone(p.RoleMappings)
	maps.DeleteFunc(mappings, func(name string, _ RoleMapping) bool { return !p.takesMapping(name) })
	if refusal := checkMappings(p, mappings); refusal != nil {
		return refusal
	}
	for _, role := range p.RoleARNs() {
		if !isRoleARN(role, p.Account) {
			return roleForbidden(role)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.PrincipalTags)) {
		if !p.takesAttributes(name) {
			return invalidParameter("%s is not a configured provider of this identity pool.", name)
		}
		if refusal := checkTagKeys(p.PrincipalTags[name].PrincipalTags); refusal != nil {
			return refusal
		}
	}
	return nil
}

// RoleARNs lists the roles that the pool gives, directly and by rules, sorted, each once.
func (p Pool) RoleARNs() []string { return roleARNs(p.Roles, p.RoleMappings) }

func roleARNs(direct map[string]string, mappings map[string]RoleMapping) []string {
	roles := slices.Collect(maps.Values(direct))
	for _, m := range mappings {
		if m.RulesConfiguration == nil {
			continue
		}
		for _, rule := range m.RulesConfiguration.Rules {
			roles = append(roles, rule.RoleARN)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// AdoptIdentity takes over an identity with its id, into a pool that is here: that of a
// guest, or of users of the pool's developer provider, for of other logins no API tells
// whose they are. It reports whether the identity was not here before; one that is here
// stays as it is, for its user may have signed in. The error is a fault, such as that a
// login has another owner here, or that of the store.
func (s *Service) AdoptIdentity(ctx context.Context, identity Identity) (created bool, err error) {
	pool, err := s.pool(ctx, "", identity.Pool)
	if err != nil {
		return false, err
	}
	foreign := func(l Login) bool { return l.Provider != pool.DeveloperProviderName || l.Subject == "" }
	if !strings.HasPrefix(identity.ID, pool.Region+":") || slices.ContainsFunc(identity.Logins, foreign) {
		return false, invalidParameter("%s is not the identity of a guest or of a developer's user of pool %s.", identity.ID, pool.ID)
	}
	existing, err := s.Identities.Identity(ctx, identity.ID)
	switch {
	case err == nil && existing.Pool == pool.ID:
		return false, s.noteAdopted(ctx, existing)
	case err == nil:
		return false, resourceConflict("Identity '%s' belongs to another identity pool.", identity.ID)
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("reading identity %s: %w", identity.ID, err)
	case len(identity.Logins) == 0:
		if err := s.Identities.CreateIdentity(ctx, identity); err != nil {
			return false, err
		}
		return true, s.noteAdopted(ctx, identity)
	}
	_, err = s.Identities.LinkLogins(ctx, pool.ID, "", identity.Logins, func(_ *Identity, owners []Identity) (Link, error) {
		if len(owners) > 0 {
			return Link{}, resourceConflict("A login of identity '%s' has another owner here.", identity.ID)
		}
		return Link{Create: &identity, Add: identity.Logins}, nil
	})
	return err == nil, err
}

// noteAdopted lets a guest whose visits nobody noted here have been here now: when it was
// made, long ago perhaps, must not make it expire.
func (s *Service) noteAdopted(ctx context.Context, guest Identity) error {
	if guest.Authenticated || !guest.Used.IsZero() {
		return nil
	}
	return s.Identities.UseIdentity(ctx, guest.ID, s.now())
}
