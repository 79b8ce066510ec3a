package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
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

// presentMasterKey returns the master key of a place, of a data folder only if it has one;
// otherwise the error says what to do, in these words for a folder.
func presentMasterKey(s Settings, otherwise string) (*seal.Key, error) {
	if s.MasterKey != nil {
		return s.MasterKey, nil
	}
	if s.Database != "" {
		return nil, noMasterKey()
	}
	path := filepath.Join(s.Data, masterKeyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no master key %s: %s, or give the key in %s", path, otherwise, envMasterKey)
	}
	return masterKey(s.Data)
}

func noMasterKey() error {
	return fmt.Errorf("a database needs a master key, which all its servers share: give it in %s; `openssl rand -hex %d` makes one", envMasterKey, seal.KeySize)
}

// masterKey returns the key of the file master.key in the data folder, which it
// makes if the folder is new.
func masterKey(data string) (*seal.Key, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder %s: %w; choose another with --data", data, err)
	}
	path := filepath.Join(data, masterKeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newMasterKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the master key: %w; give it in %s, or choose another folder with --data", err, envMasterKey)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("the master key in %s is damaged: restore that file", path)
	}
	key, err := seal.NewKey(raw)
	if err != nil {
		return nil, fmt.Errorf("the master key in %s is damaged: restore that file", path)
	}
	return key, nil
}

// newMasterKey writes the key under another name first: a start that is cut off
// must not leave half of it. Of two starts at the same moment the first one's link
// stays.
func newMasterKey(path string) (*seal.Key, error) {
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "cenote.db")); err == nil {
		return nil, fmt.Errorf("the data folder has no master key any more: restore %s, or give the key in %s", path, envMasterKey)
	}
	_, raw := seal.GenerateKey()
	draft, err := os.CreateTemp(filepath.Dir(path), "master-*.key")
	if err != nil {
		return nil, fmt.Errorf("making the master key: %w; choose another folder with --data", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(hex.EncodeToString(raw) + "\n")
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err != nil {
		return nil, fmt.Errorf("making the master key: %w", err)
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the master key: %w", err)
	}
	return masterKey(filepath.Dir(path))
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

func sealer(ctx context.Context, st *store.Store) (*sts.Sealer, error) {
	keys, err := secrets(ctx, st, purposeSession, func() (store.Key, error) {
		_, raw := seal.GenerateKey()
		return store.Key{ID: keyName(), Created: time.Now(), Secret: raw}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the keys of session tokens: %w", err)
	}
	var list []sts.SealingKey
	for _, k := range keys {
		key, err := seal.NewKey(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("reading the keys of session tokens: %w", err)
		}
		list = append(list, sts.SealingKey{ID: k.ID, Key: key})
	}
	return sts.NewSealer(list...), nil
}

// openIDIssuer signs by algorithm. It publishes the keys of all, since tokens may be
// about that were signed before the setting was changed.
func openIDIssuer(ctx context.Context, st *store.Store, algorithm string) (*issuer.Issuer, error) {
	keys, err := signingKeys(ctx, st, purposeOpenID+" "+algorithm, algorithm)
	if err != nil {
		return nil, err
	}
	for _, other := range tokenAlgorithms() {
		if other == algorithm {
			continue
		}
		stored, err := st.Keys(ctx, purposeOpenID+" "+other)
		if err != nil {
			return nil, fmt.Errorf("reading the keys of %s %s: %w", purposeOpenID, other, err)
		}
		retired, err := parseKeys(stored, other)
		if err != nil {
			return nil, err
		}
		keys = append(keys, retired...)
	}
	return issuer.New(keys[0], keys[1:]...)
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
