package main

import (
	"slices"
	"time"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

// A token may be checked for as long as it lives. slack is for clocks that differ and
// for servers that learn late of a new key.
const (
	maxSession = 36 * time.Hour // GetSessionToken and GetFederationToken
	maxOpenID  = 24 * time.Hour // GetOpenIdTokenForDeveloperIdentity
	slack      = time.Hour
)

// rotatingKey is a kind of key that a new one can replace while servers run.
type rotatingKey struct {
	purpose string
	life    time.Duration // of what is made with it
	secret  func() ([]byte, error)
}

func sessionKey() rotatingKey {
	return rotatingKey{purpose: purposeSession, life: maxSession, secret: func() ([]byte, error) {
		_, raw := seal.GenerateKey()
		return raw, nil
	}}
}

func openIDKey(algorithm string) rotatingKey {
	return rotatingKey{purpose: purposeOpenID + " " + algorithm, life: maxOpenID, secret: func() ([]byte, error) {
		return issuer.GenerateKey(algorithm)
	}}
}

// rotatingKeys are all that there may be.
func rotatingKeys() []rotatingKey {
	kinds := []rotatingKey{sessionKey()}
	for _, algorithm := range tokenAlgorithms() {
		kinds = append(kinds, openIDKey(algorithm))
	}
	return kinds
}

// fresh draws a key.
func (k rotatingKey) fresh() (store.Key, error) {
	secret, err := k.secret()
	return store.Key{ID: keyName(), Created: time.Now(), Secret: secret}, err
}

// rotated puts a fresh key before the others, the newest first, and takes away those
// that no token can need any more. What counts as the newest is the newest of all, even
// where another clock made the one before. To revoke takes all others away.
func (k rotatingKey) rotated(keys []store.Key, fresh store.Key, now time.Time, revoke bool) (next []store.Key) {
	fresh.Created = now
	if len(keys) > 0 && !keys[0].Created.Before(now) {
		fresh.Created = keys[0].Created.Add(time.Millisecond)
	}
	if revoke {
		return []store.Key{fresh}
	}
	all := slices.Insert(slices.Clone(keys), 0, fresh)
	for i, key := range all {
		if until, ends := k.neededUntil(all, i); !ends || now.Before(until) {
			next = append(next, key)
		}
	}
	return next
}

// neededUntil is when the last token of keys[i] is over, if another key has taken its
// place.
func (k rotatingKey) neededUntil(keys []store.Key, i int) (until time.Time, ends bool) {
	if i == 0 {
		return time.Time{}, false
	}
	return keys[i-1].Created.Add(k.life + slack), true
}
