package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/cenotehq/cenote/cognito"
)

// TestExpireGuests removes those who were neither made nor here since, a few at a time.
func TestExpireGuests(t *testing.T) {
	t.Parallel()
	s := open(t)
	old, then, now := time.UnixMilli(1_000).UTC(), time.UnixMilli(5_000).UTC(), time.UnixMilli(9_000).UTC()
	if err := s.UseIdentity(t.Context(), "r:none", now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("use of what is not there: %v", err)
	}
	for n := range 20 {
		i := guest(fmt.Sprintf("r:%02d", n), "p")
		i.Created = old
		if n%5 == 1 {
			i.Created = now
		}
		create(t, s, i)
	}
	if err := s.UseIdentity(t.Context(), "r:02", now); err != nil {
		t.Fatal(err)
	}
	used, err := s.Identity(t.Context(), "r:02")
	if err != nil || !used.Used.Equal(now) {
		t.Errorf("used at %s: %v", used.Used, err)
	}
	login := []cognito.Login{{Provider: "a", Subject: "1"}}
	for _, link := range []cognito.Link{{Keep: "r:03", Add: login}, {Keep: "r:03", Remove: login}} { // once a user, a user for ever
		if _, err := s.LinkLogins(t.Context(), "p", "r:03", login, do(link)); err != nil {
			t.Fatal(err)
		}
	}
	removed, looks := 0, 0
	for last := ""; ; looks++ {
		var n int
		last, n, err = s.ExpireGuests(t.Context(), last, then, 3)
		if err != nil {
			t.Fatal(err)
		}
		if removed += n; last == "" {
			break
		}
	}
	left, err := s.ListIdentities(t.Context(), "p", "", false, 99)
	if len(left) != 4+2 || removed != 20-6 || looks != 6 || err != nil {
		t.Errorf("%d are left, %d removed in %d looks: %v", len(left), removed, looks, err)
	}
	for _, gone := range []string{"r:00", "r:19"} {
		wantError[cognito.Identity](t, fs.ErrNotExist)(s.Identity(t.Context(), gone))
	}
}
