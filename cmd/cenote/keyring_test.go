package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/token"
)

// openMade opens a new data folder with keys of ES256, which are quick to draw.
func openMade(t *testing.T, path string) *store.Store {
	t.Helper()
	key, _ := seal.GenerateKey()
	st, err := store.Open(t.Context(), store.Config{Path: path, MasterKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func mustRing(t *testing.T, st *store.Store) *keyring {
	t.Helper()
	r, err := newKeyring(t.Context(), st, "ES256")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// seals is the id of the key that a server seals with.
func (r *keyring) seals() string {
	_, text := r.sealer.Seal("ASIA1", sts.Session{})
	id, _, _ := strings.Cut(text, ".")
	return id
}

// signs is the id of the key that a server signs with.
func (r *keyring) signs(t *testing.T) string {
	t.Helper()
	raw, err := r.issuer.Sign(t.Context(), map[string]any{"iss": issuer.URL})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := token.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.KeyID
}

// opens reports whether a server can read a session token of another.
func (r *keyring) opens(other *keyring) bool {
	_, text := other.sealer.Seal("ASIA1", sts.Session{})
	_, _, err := r.sealer.Open("ASIA1", text)
	return err == nil
}

func mustRotate(t *testing.T, st *store.Store) rotation {
	t.Helper()
	done, err := rotate(t.Context(), st, false)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// pass lets time pass on the clock of the test's bubble, which jumps ahead as soon as all
// goroutines in it wait: what is due by then has begun, and the machine's clock does not
// count.
func pass(d time.Duration) { time.Sleep(d) }

// TestServersChangeKeysTogether rotates while two servers run that look at different
// moments: at no moment has one of them a token that the other cannot check, and soon
// both use the new keys.
func TestServersChangeKeysTogether(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openMade(t, path)
		defer func() { _ = st.Close() }()
		log := slog.New(slog.DiscardHandler)
		running, stop := context.WithCancel(t.Context())
		one := mustRing(t, st)
		go one.run(running, log)
		pass(300 * time.Millisecond)
		two := mustRing(t, st)
		go two.run(running, log)
		pass(time.Minute + 500*time.Millisecond)
		before := []string{one.seals(), one.signs(t)}

		done := mustRotate(t, st)
		fresh := []string{done.Added[0].ID, done.Added[1].ID}
		if len(done.Added) != 2 || len(done.Removed) != 0 {
			t.Errorf("the rotation is %+v", done)
		}
		rotated := time.Now()
		for time.Since(rotated) < settle+2*pollEvery {
			for _, r := range []*keyring{one, two} {
				now := []string{r.seals(), r.signs(t)}
				switch {
				case time.Since(rotated) < settle && !cmp.Equal(now, before):
					t.Errorf("after %s a server uses %v", time.Since(rotated), now)
				case time.Since(rotated) > settle+pollEvery+100*time.Millisecond && !cmp.Equal(now, fresh):
					t.Errorf("after %s a server uses %v", time.Since(rotated), now)
				}
			}
			if !one.opens(two) || !two.opens(one) || !one.issuer.Keys().Has(two.signs(t)) || !two.issuer.Keys().Has(one.signs(t)) {
				t.Errorf("after %s one has what the other cannot check", time.Since(rotated))
			}
			pass(50 * time.Millisecond)
		}
		if !one.issuer.Keys().Has(before[1]) {
			t.Error("the old key is not published any more")
		}

		third := mustRing(t, st)
		if now := []string{third.seals(), third.signs(t)}; !cmp.Equal(now, fresh) {
			t.Errorf("a server that starts now uses %v", now)
		}
		stop()
		pass(maxSession + slack)
		done = mustRotate(t, st)
		var removed []string
		for _, k := range done.Removed {
			removed = append(removed, k.ID)
		}
		if !cmp.Equal(removed, before) {
			t.Errorf("the next rotation removes %v", removed)
		}
		one.refresh(t.Context())
		if one.issuer.Keys().Has(before[1]) {
			t.Error("the removed key is still published")
		}
	})
}

// TestStartAfterRotation starts a server between the moment of a rotation and that in
// which the others use the new keys.
func TestStartAfterRotation(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openMade(t, path)
		defer func() { _ = st.Close() }()
		first := mustRing(t, st)
		pass(time.Minute)
		mustRotate(t, st)
		pass(settle / 2)
		late := mustRing(t, st)
		if late.seals() != first.seals() || late.signs(t) != first.signs(t) {
			t.Error("it uses a key that others may not know")
		}
	})
}

// TestRevoke leaves nothing of the old keys, and a server goes on with the new ones.
func TestRevoke(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openMade(t, path)
		defer func() { _ = st.Close() }()
		one, old := mustRing(t, st), mustRing(t, st)
		go one.run(t.Context(), slog.New(slog.DiscardHandler))
		pass(time.Minute + pollEvery/2)
		done, err := rotate(t.Context(), st, true)
		if err != nil || len(done.Added) != 2 || len(done.Removed) != 2 {
			t.Fatalf("the rotation is %+v, %v", done, err)
		}
		pass(pollEvery)
		if one.opens(old) || one.issuer.Keys().Has(old.signs(t)) || one.seals() != done.Added[0].ID || one.signs(t) != done.Added[1].ID {
			t.Error("it takes what was made with the old keys, or does not use the new ones")
		}
	})
}

// TestRefresh looks for a key that somebody asks for, but not again and again.
func TestRefresh(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openMade(t, path)
		defer func() { _ = st.Close() }()
		r := mustRing(t, st)
		knows := func(k keyFacts) bool { return r.issuer.Keys().Has(k.ID) }
		pass(time.Minute)
		first := mustRotate(t, st).Added[1]
		r.refresh(t.Context())
		if !knows(first) {
			t.Error("it does not find the new key")
		}
		second := mustRotate(t, st).Added[1]
		r.refresh(t.Context())
		if knows(second) {
			t.Error("it looked again at once")
		}
		pass(askEvery)
		r.refresh(t.Context())
		if !knows(second) {
			t.Error("it does not look any more")
		}
	})
}

// TestKeyringGoesOn keeps its keys while the database does not answer, and tells of it
// once.
func TestKeyringGoesOn(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st := openMade(t, path)
		r := mustRing(t, st)
		before := r.seals()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		var lines bytes.Buffer
		go r.run(t.Context(), slog.New(slog.NewTextHandler(&lines, nil)))
		pass(time.Minute)
		synctest.Wait()
		if now := r.seals(); now != before {
			t.Errorf("it seals with %s", now)
		}
		if n := strings.Count(lines.String(), "cannot look for new keys"); n != 1 {
			t.Errorf("it tells of it %d times:\n%s", n, lines.String())
		}
	})
}
