package cognito

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
)

// UserPools asks user pools about their users.
type UserPools interface {
	// User returns what the user pool of this name (as in Logins) says of a user now,
	// or fs.ErrNotExist.
	User(ctx context.Context, pool, name string) (PoolUser, error)
}

// PoolUser is a user of a user pool.
type PoolUser struct {
	Subject string
	Enabled bool
	Status  string // UserStatus
}

// is returns nil if the user is the subject of a token and may still sign in.
func (u PoolUser) is(subject string) error {
	switch {
	case u.Subject != subject:
		return errors.New("the user of that name is another one by now")
	case !u.Enabled:
		return errors.New("the user is disabled")
	case u.Status == "ARCHIVED" || u.Status == "COMPROMISED":
		return errors.New("the user is " + u.Status)
	}
	return nil
}

// checkUser asks the user pool of a verified login whether it is still its user's,
// where the identity pool wants that ("ServerSideTokenCheck" in the API reference).
func (s *Service) checkUser(ctx context.Context, pool Pool, p proof) error {
	if !pool.checksUsers(p.Provider, p.client) {
		return nil
	}
	name, _ := p.claims["cognito:username"].(string)
	user, err := s.UserPools.User(ctx, p.Provider, cmp.Or(name, p.Subject))
	if errors.Is(err, fs.ErrNotExist) {
		return userRevoked().With(err)
	}
	if err != nil {
		return externalService("The identity provider %s is not responding.", p.Provider).With(err)
	}
	if err := user.is(p.Subject); err != nil {
		return userRevoked().With(err)
	}
	return nil
}

func (p Pool) checksUsers(userPool, client string) bool {
	return slices.ContainsFunc(p.CognitoIdentityProviders, func(c UserPoolClient) bool {
		return c.ProviderName == userPool && c.ClientID == client && c.ServerSideTokenCheck != nil && *c.ServerSideTokenCheck
	})
}
