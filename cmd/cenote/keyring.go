package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/token"
)

const (
	// pollEvery is how often a server looks for new keys.
	pollEvery = time.Second

	// settle is how long a server knows a key before it uses it: by then, all others
	// that look every pollEvery can check what it makes.
	settle = 2 * time.Second

	// askEvery is how often it looks, besides, for those who send tokens under keys that
	// it does not know.
	askEvery = 100 * time.Millisecond

	// lookFor bounds one look.
	lookFor = 5 * time.Second
)

// keyring keeps the keys of sessions and of OpenID tokens as the store has them. Any of
// them may be replaced while servers run (cenote keys rotate). It is safe for concurrent
// use.
type keyring struct {
	store     *store.Store
	algorithm string // of new OpenID tokens
	sealer    *sts.Sealer
	issuer    *issuer.Issuer

	mu    sync.Mutex
	known map[string]time.Time // since when this server has each key, by its id
	using []string             // ids, in the order in which sealer and issuer have them
	asked time.Time            // the last look for somebody
}

// newKeyring makes the first keys, if there are none.
func newKeyring(ctx context.Context, st *store.Store, algorithm string) (*keyring, error) {
	for _, k := range []rotatingKey{sessionKey(), openIDKey(algorithm)} {
		if _, err := secrets(ctx, st, k.purpose, k.fresh); err != nil {
			return nil, fmt.Errorf("making the first key of %s: %w", k.purpose, err)
		}
	}
	r := &keyring{store: st, algorithm: algorithm}
	return r, r.look(ctx)
}

// run looks for new keys until ctx is done.
func (r *keyring) run(ctx context.Context, log *slog.Logger) {
	ticks := time.NewTicker(pollEvery)
	defer ticks.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		r.mu.Lock()
		err := r.look(ctx)
		r.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			log.Error("cannot look for new keys, and goes on with those that it has", slog.Any("error", err))
		case err == nil && failing:
			log.Info("can look for new keys again")
		}
		failing = err != nil
	}
}

// refresh looks for new keys at once, unless that was done a moment ago. Those who come
// while it looks wait for the outcome.
func (r *keyring) refresh(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < askEvery {
		return
	}
	// Whoever hangs up must not make all others look again.
	_ = r.look(context.WithoutCancel(ctx)) // run tells of failures
	r.asked = time.Now()
}

// look brings sealer and issuer up to date.
func (r *keyring) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	sessions, openIDs, err := r.read(ctx)
	if errors.Is(err, seal.ErrOpen) {
		err = cmp.Or(r.store.Check(ctx), err)
	}
	if err != nil {
		return fmt.Errorf("reading the keys of tokens: %w", err)
	}
	r.notice(append(slices.Clone(sessions), openIDs...), time.Now())
	sessions, openIDs = r.ordered(sessions), r.ordered(openIDs)
	using := ids(append(slices.Clone(sessions), openIDs...))
	if slices.Equal(using, r.using) {
		return nil
	}
	if err := r.use(sessions, openIDs); err != nil {
		return err
	}
	r.using = using
	return nil
}

// tokenKey is a key of the store, and the algorithm that it signs by.
type tokenKey struct {
	store.Key
	algorithm string
	current   bool // new tokens are of this algorithm
}

// read returns all keys, of each kind the newest first.
func (r *keyring) read(ctx context.Context) (sessions, openIDs []tokenKey, err error) {
	stored, err := r.store.Keys(ctx, purposeSession)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range stored {
		sessions = append(sessions, tokenKey{Key: k, current: true})
	}
	for _, algorithm := range tokenAlgorithms() {
		stored, err := r.store.Keys(ctx, openIDKey(algorithm).purpose)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range stored {
			openIDs = append(openIDs, tokenKey{Key: k, algorithm: algorithm, current: algorithm == r.algorithm})
		}
	}
	return sessions, openIDs, nil
}

// notice remembers since when each key is known.
func (r *keyring) notice(keys []tokenKey, now time.Time) {
	known, starting := map[string]time.Time{}, r.known == nil
	for _, k := range keys {
		since, ok := r.known[k.ID]
		if !ok {
			since = knownSince(k.Created, starting, now)
		}
		known[k.ID] = since
	}
	r.known = known
}

// knownSince is since when a server has a key that it sees for the first time. One that
// starts takes an old key for one that it has long had. It believes no other clock but
// for that, since clocks differ.
func knownSince(created time.Time, starting bool, now time.Time) time.Time {
	if starting && created.Add(settle).Before(now) {
		return time.Time{}
	}
	return now
}

// ordered moves the key for new tokens to the front.
func (r *keyring) ordered(keys []tokenKey) []tokenKey {
	return frontOf(keys, inUse(keys, r.known, time.Now()))
}

// inUse is the index of the key for new tokens: of those of the current algorithm, the
// newest that every server has by now, or else the oldest, which most have.
func inUse(keys []tokenKey, known map[string]time.Time, now time.Time) int {
	last := 0
	for i, k := range keys {
		if !k.current {
			continue
		}
		if now.Sub(known[k.ID]) >= settle {
			return i
		}
		last = i
	}
	return last
}

func frontOf(keys []tokenKey, i int) []tokenKey {
	if len(keys) == 0 {
		return nil
	}
	front := []tokenKey{keys[i]}
	front = append(front, keys[:i]...)
	return append(front, keys[i+1:]...)
}

func ids(keys []tokenKey) []string {
	var list []string
	for _, k := range keys {
		list = append(list, k.ID)
	}
	return list
}

// use hands the keys to sealer and issuer.
func (r *keyring) use(sessions, openIDs []tokenKey) error {
	if len(sessions) == 0 || len(openIDs) == 0 {
		return errors.New("the database has no keys of tokens any more: restore it from a backup")
	}
	var sealing []sts.SealingKey
	for _, k := range sessions {
		key, err := seal.NewKey(k.Secret)
		if err != nil {
			return fmt.Errorf("reading the key %s of session tokens: %w", k.ID, err)
		}
		sealing = append(sealing, sts.SealingKey{ID: k.ID, Key: key})
	}
	var signing []token.SigningKey
	for _, k := range openIDs {
		key, err := issuer.ParseKey(k.ID, k.algorithm, k.Secret)
		if err != nil {
			return err
		}
		signing = append(signing, key)
	}
	if r.issuer == nil {
		own, err := issuer.New(signing[0], signing[1:]...)
		r.issuer, r.sealer = own, sts.NewSealer(sealing...)
		return err
	}
	if err := r.issuer.Use(signing[0], signing[1:]...); err != nil {
		return err
	}
	r.sealer.Use(sealing...)
	return nil
}
