package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"golang.org/x/sync/errgroup"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
)

// writersAtOnce is how many identities are written at the same time, to share a commit.
const writersAtOnce = 64

// tally counts the identities of a pool.
type tally struct {
	guests, developers int          // read
	users              int          // of other providers, which are left
	created            atomic.Int64 // of the first two
	taken              atomic.Int64 // whose login has another owner here
}

func (c *tally) note() string {
	note := fmt.Sprintf("%d guests and %d of developers' users, of which %d are new; %d of other users are left, who get new ones when they sign in",
		c.guests, c.developers, c.created.Load(), c.users)
	if taken := c.taken.Load(); taken > 0 {
		note += fmt.Sprintf("; %d of developers' users are left, for these have others here", taken)
	}
	return note
}

// takeIdentities imports the identities of guests and of a developer's users. Any other
// identity with logins is left: whose they are no API tells, and without its logins it
// would be anybody's who knows its id.
func (m *Import) takeIdentities(ctx context.Context, p poolOf) (taken, error) {
	var count tally
	writers, writing := errgroup.WithContext(ctx)
	writers.SetLimit(writersAtOnce)
	var reading error
	for identity, err := range p.region.identities(writing, p.ID) {
		if reading = err; err != nil {
			break
		}
		switch {
		case len(identity.Logins) == 0:
			count.guests++
		case p.DeveloperProviderName != "" && slices.Contains(identity.Logins, p.DeveloperProviderName):
			count.developers++
		default:
			count.users++
			continue
		}
		if n := count.guests + count.developers; n%pageSize == 0 {
			m.progress(fmt.Sprintf("%d identities of", n), p.ID)
		}
		writers.Go(func() error { return m.takeIdentity(writing, p, identity, &count) })
	}
	if err := writers.Wait(); err != nil {
		return taken{}, err
	}
	return taken{iam.Adoption{Created: count.created.Load() > 0}, count.note()}, reading
}

func (m *Import) takeIdentity(ctx context.Context, p poolOf, identity types.IdentityDescription, count *tally) error {
	adopted := cognito.Identity{
		ID: aws.ToString(identity.IdentityId), Pool: p.ID,
		Created: moment(identity.CreationDate), Modified: moment(identity.LastModifiedDate),
	}
	if len(identity.Logins) > 0 {
		users, err := p.region.developerUsers(ctx, p.ID, adopted.ID)
		if isGone(err) || err == nil && len(users) == 0 {
			return nil // since it was listed
		}
		if err != nil {
			return err
		}
		for _, user := range users {
			adopted.Logins = append(adopted.Logins, cognito.Login{Provider: p.DeveloperProviderName, Subject: user})
		}
	}
	created, err := m.Cognito.AdoptIdentity(ctx, adopted)
	if refusal, refused := errors.AsType[*fault.Error](err); refused && refusal.Code == "ResourceConflictException" {
		count.taken.Add(1)
		return nil
	}
	if created {
		count.created.Add(1)
	}
	return err
}
