package iam

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// Use is a request that somebody signed.
type Use struct {
	At      time.Time
	Service string // as in signatures, such as sts
	Region  string
}

// Uses remembers the last use of access keys and roles under their unique ids, as long
// as these exist. Safe for concurrent use.
type Uses interface {
	// Record notes a use, unless a later one is known. It does not wait for a disk, so
	// that uses shortly before a crash may be forgotten.
	Record(id string, use Use)

	// Last returns the last use of id, whoever recorded it; fs.ErrNotExist means that
	// there was none.
	Last(ctx context.Context, id string) (Use, error)
}

// notAvailable is what AWS says about the last use of a key that was never used.
const notAvailable = "N/A"

// GetAccessKeyLastUsedInput is the request of GetAccessKeyLastUsed.
type GetAccessKeyLastUsedInput struct {
	AccessKeyID string `aws:"AccessKeyId" check:"required;len=16-128;pattern=[\\w]+"`
}

// Resource returns what AWS calls the key in refusals. Policies name its user.
func (in *GetAccessKeyLastUsedInput) Resource(Caller) string { return keyResource + in.AccessKeyID }

// AccessKeyLastUsed is the last use of a key. Without one there is no date, and the rest
// is N/A.
type AccessKeyLastUsed struct {
	LastUsedDate time.Time `aws:"LastUsedDate"`
	ServiceName  string    `aws:"ServiceName"`
	Region       string    `aws:"Region"`
}

// GetAccessKeyLastUsedOutput is the answer of GetAccessKeyLastUsed.
type GetAccessKeyLastUsedOutput struct {
	UserName          string            `aws:"UserName"`
	AccessKeyLastUsed AccessKeyLastUsed `aws:"AccessKeyLastUsed"`
}

// RoleLastUsed is the last use of a role, empty without one.
type RoleLastUsed struct {
	LastUsedDate time.Time `aws:"LastUsedDate"`
	Region       string    `aws:"Region"`
}

// Used notes that caller signed a request to a service. A user's key counts when it
// signs itself, not when a session does that it opened; sessions count for their role.
func (s *Service) Used(caller Caller, service string) {
	use := Use{At: s.now(), Service: service, Region: caller.Region}
	switch {
	case caller.Role != nil:
		s.Uses.Record(caller.Role.ID, use)
	case caller.User != "" && caller.Opener == nil:
		s.Uses.Record(caller.KeyID, use)
	}
}

// GetAccessKeyLastUsed tells when a key was last used, and whose it is. See AWS
// GetAccessKeyLastUsed.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, _ Caller, in *GetAccessKeyLastUsedInput) (*GetAccessKeyLastUsedOutput, error) {
	user, err := s.Users.Find(ctx, in.AccessKeyID)
	if err == nil && user.key(in.AccessKeyID) < 0 {
		err = fs.ErrNotExist // the unique id of a user is no key
	}
	if err != nil {
		return nil, translate(err, noSuchKey(in.AccessKeyID), nil)
	}
	out := &GetAccessKeyLastUsedOutput{UserName: user.Name, AccessKeyLastUsed: AccessKeyLastUsed{ServiceName: notAvailable, Region: notAvailable}}
	use, err := s.Uses.Last(ctx, in.AccessKeyID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return out, nil
	case err != nil:
		return nil, serviceFailure(err)
	default:
		out.AccessKeyLastUsed = AccessKeyLastUsed{LastUsedDate: use.At, ServiceName: use.Service, Region: use.Region}
		return out, nil
	}
}

// roleLastUsed is what AWS shows of a role that was never used as well.
func (s *Service) roleLastUsed(ctx context.Context, role Role) (*RoleLastUsed, error) {
	use, err := s.Uses.Last(ctx, role.ID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, serviceFailure(err)
	}
	return &RoleLastUsed{LastUsedDate: use.At, Region: use.Region}, nil
}
