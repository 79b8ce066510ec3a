package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// DescribeIdentityInput is the request of DescribeIdentity.
type DescribeIdentityInput struct {
	IdentityID string `aws:"IdentityId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
}

// IdentityDescription is an identity as administrators see it: of its logins the
// providers, never the users.
type IdentityDescription struct {
	IdentityID       string    `aws:"IdentityId"`
	Logins           []string  `aws:"Logins"`
	CreationDate     time.Time `aws:"CreationDate"`
	LastModifiedDate time.Time `aws:"LastModifiedDate"`
}

func describe(i Identity) IdentityDescription {
	d := IdentityDescription{IdentityID: i.ID, CreationDate: i.Created, LastModifiedDate: i.Modified}
	for _, login := range i.Logins {
		d.Logins = append(d.Logins, login.Provider)
	}
	d.Logins = slices.Compact(d.Logins) // sorted
	return d
}

// DescribeIdentity shows an identity. The permission is for no resource, but may be
// bound to the pool by a condition on cognito-identity:IdentityPoolArn.
func (s *Service) DescribeIdentity(ctx context.Context, caller iam.Caller, in *DescribeIdentityInput) (*IdentityDescription, error) {
	v, found, err := s.findFor(ctx, caller, "cognito-identity:DescribeIdentity", in.IdentityID)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, identityNotFound(in.IdentityID)
	}
	shown := describe(v.identity)
	return &shown, nil
}

// findFor returns an identity of the caller's region if the caller may act on it. Of one
// that there is not the policies learn no pool.
func (s *Service) findFor(ctx context.Context, caller iam.Caller, action, id string) (v visit, found bool, err error) {
	v, err = s.find(ctx, id)
	keys, pool := policy.NewContext(), Pool{}
	missing, isFault := errors.AsType[*fault.Error](err)
	switch {
	case err == nil && v.pool.Region == caller.Region:
		pool, found = v.pool, true
		keys.Set("cognito-identity:IdentityPoolArn", pool.ARN().String())
	case err != nil && !(isFault && missing.Code == notFound):
		return visit{}, false, err
	}
	return v, found, s.may(ctx, caller, action, "*", keys, pool.Tags)
}

// ListIdentitiesInput is the request of ListIdentities.
type ListIdentitiesInput struct {
	poolInput
	MaxResults   int32  `aws:"MaxResults" check:"required;range=1-60"`
	NextToken    string `aws:"NextToken" check:"len=1-65535;pattern=[\\S]+"`
	HideDisabled bool   `aws:"HideDisabled"`
}

// ListIdentitiesOutput is the answer of ListIdentities.
type ListIdentitiesOutput struct {
	IdentityPoolID string                `aws:"IdentityPoolId"`
	Identities     []IdentityDescription `aws:"Identities,always"`
	NextToken      string                `aws:"NextToken"`
}

// ListIdentities lists the identities of a pool. A page goes on after the last identity
// of the one before, so identities that come and go in between are neither shown twice
// nor pushed out.
func (s *Service) ListIdentities(ctx context.Context, caller iam.Caller, in *ListIdentitiesInput) (*ListIdentitiesOutput, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	pages := listing("ListIdentities " + pool.ID)
	after, refusal := pages.after(in.NextToken)
	if refusal != nil {
		return nil, refusal
	}
	limit := int(in.MaxResults)
	identities, err := s.Identities.ListIdentities(ctx, pool.ID, after, in.HideDisabled, limit+1)
	if err != nil {
		return nil, fmt.Errorf("listing the identities of pool %s: %w", pool.ID, err)
	}
	out := &ListIdentitiesOutput{IdentityPoolID: pool.ID, Identities: []IdentityDescription{}}
	if len(identities) > limit {
		identities = identities[:limit]
		out.NextToken = pages.next(identities[limit-1].ID)
	}
	for _, identity := range identities {
		out.Identities = append(out.Identities, describe(identity))
	}
	return out, nil
}

// DeleteIdentitiesInput is the request of DeleteIdentities.
type DeleteIdentitiesInput struct {
	IdentityIDsToDelete []string `aws:"IdentityIdsToDelete" check:"required;len=1-60" each:"len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
}

// DeleteIdentitiesOutput is the answer of DeleteIdentities: what could not be deleted.
type DeleteIdentitiesOutput struct {
	UnprocessedIdentityIDs []UnprocessedIdentityID `aws:"UnprocessedIdentityIds,always"`

	causes []error // one for each that is unprocessed
}

// Cause returns what stood in the way, for the log; nil where nothing did. Clients are
// told no more than the codes.
func (out *DeleteIdentitiesOutput) Cause() error { return errors.Join(out.causes...) }

func (out *DeleteIdentitiesOutput) add(id, code string, cause error) {
	out.UnprocessedIdentityIDs = append(out.UnprocessedIdentityIDs, UnprocessedIdentityID{id, code})
	out.causes = append(out.causes, cause)
}

// UnprocessedIdentityID is an identity that is still there, and why.
type UnprocessedIdentityID struct {
	IdentityID string `aws:"IdentityId"`
	ErrorCode  string `aws:"ErrorCode"`
}

// DeleteIdentities removes identities with their logins, each for itself; one that does
// not exist counts as done. The permission is for no resource, but may be bound to the
// pool by a condition on cognito-identity:IdentityPoolArn; who may delete none of them is
// refused.
func (s *Service) DeleteIdentities(ctx context.Context, caller iam.Caller, in *DeleteIdentitiesInput) (*DeleteIdentitiesOutput, error) {
	out := &DeleteIdentitiesOutput{UnprocessedIdentityIDs: []UnprocessedIdentityID{}}
	var refusal error
	for _, id := range in.IdentityIDsToDelete {
		err := s.deleteIdentity(ctx, caller, id)
		f, isFault := errors.AsType[*fault.Error](err)
		switch {
		case err == nil:
		case isFault && f.Code == denied:
			refusal = err
			out.add(id, "AccessDenied", err)
		default:
			out.add(id, "InternalServerError", err)
		}
	}
	if refusal != nil && len(out.UnprocessedIdentityIDs) == len(in.IdentityIDsToDelete) {
		return nil, refusal
	}
	return out, nil
}

func (s *Service) deleteIdentity(ctx context.Context, caller iam.Caller, id string) error {
	_, found, err := s.findFor(ctx, caller, "cognito-identity:DeleteIdentities", id)
	if err != nil || !found {
		return err
	}
	err = s.Identities.DeleteIdentity(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
