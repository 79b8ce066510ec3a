package iam

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/cenotehq/cenote/policy"
)

// Authenticate returns the secret of a user's access key, and the caller whom a
// signature with it proves. A key that does not exist or is not active is
// fs.ErrNotExist.
func (s *Service) Authenticate(ctx context.Context, keyID string) (secret string, caller Caller, err error) {
	user, err := s.Users.Find(ctx, keyID)
	if err != nil {
		return "", Caller{}, fmt.Errorf("reading an access key: %w", err)
	}
	for _, key := range user.Keys {
		if key.ID == keyID && key.Active {
			return string(key.Secret), Caller{
				Account: user.Account, ARN: user.ARN().String(), UserID: user.ID, KeyID: keyID, User: user.Name,
				Keys: principalTags(user.Tags),
			}, nil
		}
	}
	return "", Caller{}, fs.ErrNotExist
}

func principalTags(tags []Tag) policy.Context {
	keys := policy.NewContext()
	for _, tag := range tags {
		keys.Set("aws:PrincipalTag/"+tag.Key, tag.Value)
	}
	return keys
}
