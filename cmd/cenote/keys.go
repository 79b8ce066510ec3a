package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/token"
)

// Purposes of the secret keys that the store keeps.
const (
	purposeRoot    = "root access key"
	purposeSession = "session tokens"
	purposeOpenID  = "OpenID tokens" // followed by the algorithm
	purposeTestIDP = "test provider"
	purposeAccount = "account"
	purposeUses    = "uses of guests noted" // since its creation
)

// checkAccount refuses another account than the one that the data were made for:
// its roles and pools would be a stranger's.
func checkAccount(ctx context.Context, st *store.Store, s Settings) error {
	kept, err := secrets(ctx, st, purposeAccount, func() (store.Key, error) {
		return store.Key{ID: s.Account, Created: time.Now()}, nil
	})
	if err != nil {
		return fmt.Errorf("reading the account of the data: %w", err)
	}
	if kept[0].ID != s.Account {
		return fmt.Errorf("%s belongs to account %s: set --account %s, or another place with --data or --database", s.place(), kept[0].ID, kept[0].ID)
	}
	return nil
}

// masterKeyFile is the name of the file with the master key in a data folder.
const masterKeyFile = "master.key"

// importCustody is where the master key of an import is, which is that of the place that
// was exported: a file of it has to be there already.
func importCustody(s Settings, otherwise string) (store.Custody, error) {
	if s.Database != "" && s.MasterKey == (MasterKey{}) {
		return nil, noMasterKey()
	}
	custody := s.MasterKey.custody(s.Data)
	if file, is := custody.(keyFile); is {
		_, err := file.read()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no master key %s: %s, or give the key in %s", file.path, otherwise, envMasterKey)
		}
		if err != nil {
			return nil, err
		}
	}
	return custody, nil
}

func noMasterKey() error {
	return fmt.Errorf("a database needs a master key, which all its servers share: give it in %s, with --master-key-file or with --master-key-kms; `openssl rand -hex %d` makes one", envMasterKey, seal.KeySize)
}

// secrets returns the newest key of a purpose, made first if there is none, and the
// older ones.
func secrets(ctx context.Context, st *store.Store, purpose string, make func() (store.Key, error)) ([]store.Key, error) {
	keys, err := st.Keys(ctx, purpose)
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	key, err := make()
	if err != nil {
		return nil, err
	}
	if _, err := st.AddKey(ctx, purpose, key, true); err != nil {
		return nil, err
	}
	return st.Keys(ctx, purpose)
}

// rootKey returns the root access key, and whether it was made just now.
func rootKey(ctx context.Context, st *store.Store, s Settings) (key iam.AccessKey, fresh bool, err error) {
	if s.RootKey != nil {
		return *s.RootKey, false, nil
	}
	keys, err := secrets(ctx, st, purposeRoot, func() (store.Key, error) {
		fresh = true
		return store.Key{ID: arn.NewKeyID("AKIA", s.Account), Created: time.Now(), Secret: []byte(iam.NewSecret())}, nil
	})
	if err != nil {
		return iam.AccessKey{}, false, fmt.Errorf("reading the root access key: %w", err)
	}
	return iam.AccessKey{ID: keys[0].ID, Secret: iam.Secret(keys[0].Secret), Active: true}, fresh, nil
}

func signingKeys(ctx context.Context, st *store.Store, purpose, algorithm string) ([]token.SigningKey, error) {
	stored, err := secrets(ctx, st, purpose, func() (store.Key, error) {
		pkcs8, err := issuer.GenerateKey(algorithm)
		return store.Key{ID: keyName(), Created: time.Now(), Secret: pkcs8}, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the keys of %s: %w", purpose, err)
	}
	return parseKeys(stored, algorithm)
}

func parseKeys(stored []store.Key, algorithm string) ([]token.SigningKey, error) {
	var keys []token.SigningKey
	for _, k := range stored {
		key, err := issuer.ParseKey(k.ID, algorithm, k.Secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// keyName draws the id of a key; it is public.
func keyName() string { return strings.ToLower(rand.Text()[:12]) }
