package cognito

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

const (
	// notedEvery is how exactly the last use of a guest is known: a write a day, and none
	// for those who stay for less.
	notedEvery = 24 * time.Hour

	// expireBatch is how many identities are looked at, and removed, at once.
	expireBatch = 200

	// expireEvery is how often all identities are looked at.
	expireEvery = 24 * time.Hour
)

// noteGuest keeps in mind that a guest was here, on the disk before the guest is answered:
// an identity that is about to expire either does not, or is gone for its guest, too.
func (s *Service) noteGuest(ctx context.Context, guest Identity) error {
	now := s.now()
	if now.Sub(guest.Created) < notedEvery || now.Sub(guest.Used) < notedEvery {
		return nil
	}
	err := s.Identities.UseIdentity(ctx, guest.ID, now)
	if errors.Is(err, fs.ErrNotExist) {
		return identityNotFound(guest.ID)
	}
	if err != nil {
		return fmt.Errorf("noting that guest %s was here: %w", guest.ID, err)
	}
	return nil
}

// Expiry removes guests who have not been here for long. Users are never removed.
type Expiry struct {
	Identities Identities

	// After is how long a guest may stay away, at least two days: one is how exactly
	// the last use is known.
	After time.Duration

	// Since is when uses began to be noted. Nobody was unused before.
	Since time.Time

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Run looks at all identities at once, and then each day, until ctx is done. It reports
// every look that removed somebody or failed.
func (e *Expiry) Run(ctx context.Context, report func(removed int, err error)) {
	for {
		removed, err := e.Expire(ctx)
		if ctx.Err() != nil {
			return
		}
		if removed > 0 || err != nil {
			report(removed, err)
		}
		if !rest(ctx, expireEvery) {
			return
		}
	}
}

// Expire looks at all identities and returns how many it removed. It takes a small part
// of them at a time and then rests for longer than that took, so that it leaves most of
// the store to others.
func (e *Expiry) Expire(ctx context.Context) (removed int, err error) {
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	before := now().Add(-e.After)
	if before.Before(e.Since) {
		return 0, nil
	}
	for last := ""; ; {
		begin := time.Now()
		n := 0
		last, n, err = e.Identities.ExpireGuests(ctx, last, before, expireBatch)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("removing guests unused since %s: %w", before.UTC().Format(time.DateOnly), err)
		}
		if last == "" || !rest(ctx, 4*time.Since(begin)) {
			return removed, ctx.Err()
		}
	}
}

// rest waits; false means that ctx was done before.
func rest(ctx context.Context, long time.Duration) bool {
	alarm := time.NewTimer(long)
	defer alarm.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-alarm.C:
		return true
	}
}
