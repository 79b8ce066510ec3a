package cognito

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/cenotehq/cenote/iam"
)

// defaultDeveloperLifetime is how long a token for a developer's user is valid unless
// the request says otherwise (AWS GetOpenIdTokenForDeveloperIdentity).
const defaultDeveloperLifetime = 15 * time.Minute

// GetOpenIDTokenForDeveloperIdentityInput is the request of
// GetOpenIdTokenForDeveloperIdentity.
type GetOpenIDTokenForDeveloperIdentityInput struct {
	poolInput
	IdentityID    string            `aws:"IdentityId" check:"len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Logins        map[string]string `aws:"Logins" check:"required;secret;len=-10" key:"len=1-128" each:"secret;len=1-50000"`
	PrincipalTags map[string]string `aws:"PrincipalTags" check:"len=-50" key:"len=1-128" each:"len=1-256"`
	TokenDuration int64             `aws:"TokenDuration" check:"range=1-86400"` // seconds
}

// GetOpenIDTokenForDeveloperIdentity gives a user whom the developer vouches for a token
// of ours, and makes the user an identity at the first time. Public logins may come
// along, and are proven as ever.
func (s *Service) GetOpenIDTokenForDeveloperIdentity(ctx context.Context, caller iam.Caller, in *GetOpenIDTokenForDeveloperIdentityInput) (*GetOpenIDTokenOutput, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	proofs, err := s.proveWithDeveloper(ctx, pool, in.Logins)
	if err != nil {
		return nil, err
	}
	if refusal := checkTagKeys(in.PrincipalTags); refusal != nil {
		return nil, refusal
	}
	if refusal := checkTagSize(in.PrincipalTags); refusal != nil {
		return nil, refusal
	}
	v := visit{pool: pool, proofs: proofs, tags: in.PrincipalTags}
	if v.identity, err = s.linkDeveloper(ctx, pool, in.IdentityID, proofs); err != nil {
		return nil, err
	}
	lifetime := defaultDeveloperLifetime
	if in.TokenDuration != 0 {
		lifetime = time.Duration(in.TokenDuration) * time.Second
	}
	signed, err := s.sign(ctx, v, lifetime)
	if err != nil {
		return nil, err
	}
	return &GetOpenIDTokenOutput{IdentityID: v.identity.ID, Token: signed}, nil
}

// proveWithDeveloper takes the developer's word for the developer's user, who comes
// first in the result, and proves the other logins.
func (s *Service) proveWithDeveloper(ctx context.Context, pool Pool, logins map[string]string) ([]proof, error) {
	name := pool.DeveloperProviderName
	user, ok := logins[name]
	if !ok || name == "" {
		return nil, unsupportedDeveloper()
	}
	if utf8.RuneCountInString(user) > maxDeveloperUser {
		return nil, invalidParameter("A developer user identifier has at most %d characters.", maxDeveloperUser)
	}
	public := maps.Clone(logins)
	delete(public, name)
	proofs, err := s.verifyLogins(ctx, pool, public)
	if err != nil {
		return nil, err
	}
	return append([]proof{{
		Login:     Login{Provider: name, Subject: user},
		qualified: name + ":" + pool.ID + ":" + user,
	}}, proofs...), nil
}

// maxDeveloperUser is the length of a developer user identifier elsewhere in the API.
const maxDeveloperUser = 1024

// linkDeveloper links logins, of which the first is the developer's, to the identity
// that was asked for, or to the one that they belong to.
func (s *Service) linkDeveloper(ctx context.Context, pool Pool, id string, proofs []proof) (Identity, error) {
	presented, fresh := pool.claim(proofs), s.newIdentity(pool)
	if id != "" {
		if _, err := s.identityOf(ctx, pool, id); err != nil {
			return Identity{}, err
		}
	}
	identity, err := s.Identities.LinkLogins(ctx, pool.ID, id, presented.logins,
		func(self *Identity, owners []Identity) (Link, error) {
			return presented.linkDeveloper(self, presented.logins[0], fresh, owners)
		})
	if errors.Is(err, fs.ErrNotExist) {
		return Identity{}, identityNotFound(id)
	}
	return identity, err
}

// LookupDeveloperIdentityInput is the request of LookupDeveloperIdentity.
type LookupDeveloperIdentityInput struct {
	poolInput
	IdentityID              string `aws:"IdentityId" check:"len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	DeveloperUserIdentifier string `aws:"DeveloperUserIdentifier" check:"len=1-1024"`
	MaxResults              int32  `aws:"MaxResults" check:"range=1-60"`
	NextToken               string `aws:"NextToken" check:"len=1-65535;pattern=[\\S]+"`
}

// LookupDeveloperIdentityOutput is the answer of LookupDeveloperIdentity.
type LookupDeveloperIdentityOutput struct {
	IdentityID                  string   `aws:"IdentityId"`
	DeveloperUserIdentifierList []string `aws:"DeveloperUserIdentifierList,always"`
	NextToken                   string   `aws:"NextToken"`
}

// LookupDeveloperIdentity finds the identity of a developer's user, or the developer's
// users of an identity; given both it verifies that they belong together.
func (s *Service) LookupDeveloperIdentity(ctx context.Context, caller iam.Caller, in *LookupDeveloperIdentityInput) (*LookupDeveloperIdentityOutput, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	user := Login{Provider: pool.DeveloperProviderName, Subject: in.DeveloperUserIdentifier}
	switch {
	case in.IdentityID == "" && user.Subject == "":
		return nil, invalidParameter("Either IdentityId or DeveloperUserIdentifier must be given.")
	case in.IdentityID == "":
		owner, err := s.ownerOf(ctx, pool, user)
		if err != nil {
			return nil, err
		}
		return &LookupDeveloperIdentityOutput{IdentityID: owner.ID, DeveloperUserIdentifierList: []string{user.Subject}}, nil
	}
	identity, err := s.identityOf(ctx, pool, in.IdentityID)
	if err != nil {
		return nil, err
	}
	if user.Subject == "" {
		return in.page(identity, pool.DeveloperProviderName)
	}
	if !slices.Contains(identity.Logins, user) {
		return nil, resourceConflict("The developer user identifier is not one of identity '%s'.", identity.ID)
	}
	return &LookupDeveloperIdentityOutput{IdentityID: identity.ID, DeveloperUserIdentifierList: []string{user.Subject}}, nil
}

// page shows the developer's users of an identity, by name. The next page goes on after
// the last of this one.
func (in *LookupDeveloperIdentityInput) page(identity Identity, provider string) (*LookupDeveloperIdentityOutput, error) {
	pages := listing("LookupDeveloperIdentity " + identity.ID)
	after, refusal := pages.after(in.NextToken)
	if refusal != nil {
		return nil, refusal
	}
	limit := int(in.MaxResults)
	if limit == 0 {
		limit = maxLogins
	}
	out := &LookupDeveloperIdentityOutput{IdentityID: identity.ID, DeveloperUserIdentifierList: []string{}}
	for _, login := range identity.Logins { // sorted
		if login.Provider != provider || login.Subject <= after {
			continue
		}
		if len(out.DeveloperUserIdentifierList) == limit {
			out.NextToken = pages.next(out.DeveloperUserIdentifierList[limit-1])
			break
		}
		out.DeveloperUserIdentifierList = append(out.DeveloperUserIdentifierList, login.Subject)
	}
	return out, nil
}

// ownerOf returns the identity of a developer's user.
func (s *Service) ownerOf(ctx context.Context, pool Pool, user Login) (Identity, error) {
	return s.Identities.LinkLogins(ctx, pool.ID, "", []Login{user}, func(_ *Identity, owners []Identity) (Link, error) {
		if len(owners) == 0 {
			return Link{}, userNotFound()
		}
		return Link{Keep: owners[0].ID}, nil
	})
}

// MergeDeveloperIdentitiesInput is the request of MergeDeveloperIdentities.
type MergeDeveloperIdentitiesInput struct {
	poolInput
	SourceUserIdentifier      string `aws:"SourceUserIdentifier" check:"required;len=1-1024"`
	DestinationUserIdentifier string `aws:"DestinationUserIdentifier" check:"required;len=1-1024"`
	DeveloperProviderName     string `aws:"DeveloperProviderName" check:"required;len=1-128;pattern=[\\w._-]+"`
}

// MergeDeveloperIdentitiesOutput is the answer of MergeDeveloperIdentities.
type MergeDeveloperIdentitiesOutput struct {
	IdentityID string `aws:"IdentityId"`
}

// MergeDeveloperIdentities gives all logins of one developer's user to the identity of
// another, which goes on; the identity of the first is disabled.
func (s *Service) MergeDeveloperIdentities(ctx context.Context, caller iam.Caller, in *MergeDeveloperIdentitiesInput) (*MergeDeveloperIdentitiesOutput, error) {
	pool, err := s.developerPool(ctx, caller, in.IdentityPoolID, in.DeveloperProviderName)
	if err != nil {
		return nil, err
	}
	from := Login{Provider: in.DeveloperProviderName, Subject: in.SourceUserIdentifier}
	to := Login{Provider: in.DeveloperProviderName, Subject: in.DestinationUserIdentifier}
	presented := claim{logins: []Login{from, to}, developer: in.DeveloperProviderName}
	identity, err := s.Identities.LinkLogins(ctx, pool.ID, "", presented.logins,
		func(_ *Identity, owners []Identity) (Link, error) { return presented.mergeUsers(from, to, owners) })
	if err != nil {
		return nil, err
	}
	return &MergeDeveloperIdentitiesOutput{IdentityID: identity.ID}, nil
}

// developerPool returns a pool that has the developer provider called name.
func (s *Service) developerPool(ctx context.Context, caller iam.Caller, id, name string) (Pool, error) {
	pool, err := s.pool(ctx, caller.Region, id)
	if err != nil {
		return Pool{}, err
	}
	if pool.DeveloperProviderName != name {
		return Pool{}, unsupportedDeveloper()
	}
	return pool, nil
}

// identityOf returns an identity of a pool.
func (s *Service) identityOf(ctx context.Context, pool Pool, id string) (Identity, error) {
	v, err := s.find(ctx, id)
	if err != nil {
		return Identity{}, err
	}
	if v.pool.ID != pool.ID {
		return Identity{}, identityNotFound(id)
	}
	return v.identity, nil
}
