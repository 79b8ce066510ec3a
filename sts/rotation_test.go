package sts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/sts"
)

// TestKeysChangeUnderLoad replaces the keys while others seal and open.
func TestKeysChangeUnderLoad(t *testing.T) {
	t.Parallel()
	first, second := sealingKey("s1"), sealingKey("s2")
	s := sts.NewSealer(first)
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for range 200 {
				want, token := s.Seal("ASIA1", someSession())
				if _, got, err := s.Open("ASIA1", token); err != nil || got != want {
					t.Errorf("a token of a moment ago: %v", err)
				}
			}
		})
	}
	for i := range 200 {
		if i%2 == 0 {
			s.Use(second, first)
		} else {
			s.Use(first, second)
		}
	}
	load.Wait()
	s.Use(second)
	if _, token := s.Seal("ASIA1", someSession()); !strings.HasPrefix(token, "s2.") {
		t.Error("a new token is not under the new key")
	}
}

// TestTokenOfAnotherServer looks for new keys before it refuses a token whose key it
// does not know, and for no other reason.
func TestTokenOfAnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, fresh := sealingKey("s1"), sealingKey("s2")
	other := sts.NewSealer(fresh, old)
	w.Sealer = sts.NewSealer(old)
	looked := 0
	w.Refresh = func(context.Context) {
		looked++
		w.Sealer.Use(old, fresh)
	}
	session := sts.Session{Kind: sts.OfOpener, OpenedBy: "AKIAROOT", ByRoot: true, Expires: w.clock.Now().Unix() + 60}
	want, token := other.Seal("ASIA1", session)
	for range 2 {
		if got, _, err := w.Authenticate(t.Context(), "ASIA1", token); err != nil || got != want {
			t.Errorf("a token under the new key: %v", err)
		}
	}
	if looked != 1 {
		t.Errorf("it looked for keys %d times", looked)
	}
	if _, _, err := w.Authenticate(t.Context(), "ASIA2", token); !errors.Is(err, sts.ErrInvalidToken) || looked != 1 {
		t.Errorf("with another key id: %v, %d looks", err, looked)
	}
	if _, _, err := w.Authenticate(t.Context(), "ASIA1", "s3."+token[3:]); !errors.Is(err, sts.ErrInvalidToken) || looked != 2 {
		t.Errorf("under a key that there is not: %v, %d looks", err, looked)
	}
}

// TestMessageOfAnotherServer does the same for authorization messages.
func TestMessageOfAnotherServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, fresh := sealingKey("s1"), sealingKey("s2")
	w.Sealer = sts.NewSealer(fresh)
	message := ok(w.EncodeDenial(w.denial("ann", "")))(t)
	w.Sealer = sts.NewSealer(old)
	w.Refresh = func(context.Context) { w.Sealer.Use(fresh, old) }
	w.decoded(message)
}
