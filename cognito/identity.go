package cognito

import (
	"context"
	"time"
)

// Identity is one visitor of a pool, the same at every visit.
type Identity struct {
	ID   string // REGION:UUID
	Pool string

	// Logins are the users who own the identity; a login has one owner only.
	Logins []Login

	// Authenticated is whether the identity ever had a login. It never turns
	// false again: whoever once signed in is no guest any more.
	Authenticated bool

	// Disabled is set by a merge into another identity or by removing the last
	// login; nothing can be had for a disabled identity.
	Disabled bool

	Created  time.Time
	Modified time.Time

	// Used is when a guest was here last, to a day, and zero before the second day.
	Used time.Time
}

// Login is a user of a provider: what identity pools call a linked login.
type Login struct {
	Provider string // as in a Logins map
	Subject  string // the user's id at the provider, or what the developer calls the user
}

// Identities keeps identities and their logins. Every method is one transaction
// and durable when it returns. A missing identity is fs.ErrNotExist. Safe for
// concurrent use.
type Identities interface {
	// Identity returns the identity called id, its logins sorted by provider and
	// subject.
	Identity(ctx context.Context, id string) (Identity, error)

	// CreateIdentity adds an identity without logins.
	CreateIdentity(ctx context.Context, identity Identity) error

	// LinkLogins shows decide the identity called self (nil where self is empty)
	// and the distinct owners of logins, and carries out what it returns, all in
	// one transaction. It returns the identity that decide kept or created. An
	// error of decide changes nothing and is returned as it is; decide may run
	// more than once.
	LinkLogins(ctx context.Context, pool, self string, logins []Login,
		decide func(self *Identity, owners []Identity) (Link, error)) (Identity, error)

	// ListIdentities returns at most limit identities of a pool whose ids sort after
	// the given one, in the order of their ids, without the disabled ones if
	// hideDisabled is set.
	ListIdentities(ctx context.Context, pool, after string, hideDisabled bool, limit int) ([]Identity, error)

	// DeleteIdentity removes an identity with its logins.
	DeleteIdentity(ctx context.Context, id string) error

	// DeleteIdentitiesOf removes at most limit identities of a pool with their
	// logins, and reports how many there were.
	DeleteIdentitiesOf(ctx context.Context, pool string, limit int) (int, error)

	// UseIdentity notes when a guest was here.
	UseIdentity(ctx context.Context, id string, at time.Time) error

	// ExpireGuests looks at no more than limit identities whose ids sort after the given
	// one, and removes the guests among them that were made and used before a moment. It
	// returns how many there were, and the last id that it looked at, which is empty at
	// the end.
	ExpireGuests(ctx context.Context, after string, before time.Time, limit int) (last string, removed int, err error)

	// HasLogins reports whether any identity of a pool has a login of a provider.
	HasLogins(ctx context.Context, pool, provider string) (bool, error)

	// PoolAfter returns the first pool, in the order of their ids, that has
	// identities and whose id sorts after the given one; fs.ErrNotExist if there is
	// none.
	PoolAfter(ctx context.Context, pool string) (string, error)
}
