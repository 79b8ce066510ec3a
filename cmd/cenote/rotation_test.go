package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/store"
)

// at is a moment some hours after the beginning of these tests.
func at(hours float64) time.Time {
	return time.UnixMilli(1_800_000_000_000).UTC().Add(time.Duration(hours * float64(time.Hour)))
}

// made are keys by the hours at which they were made: the id says which.
func made(keys ...string) []store.Key {
	var list []store.Key
	for _, text := range keys {
		id, hours, _ := strings.Cut(text, "@")
		d, err := time.ParseDuration(hours + "h")
		if err != nil {
			panic(err) // of this file alone
		}
		list = append(list, store.Key{ID: id, Created: at(0).Add(d)})
	}
	return list
}

// TestRotated keeps what a token may still need, and nothing else.
func TestRotated(t *testing.T) {
	t.Parallel()
	session, openID := sessionKey(), openIDKey("RS512")
	for name, test := range map[string]struct {
		kind rotatingKey
		keys []store.Key
		now  time.Time
		want []store.Key
	}{
		"the first":                       {session, nil, at(1), made("new@1")},
		"the second":                      {session, made("a@0"), at(1000), made("new@1000", "a@0")},
		"one that tokens need":            {session, made("b@1", "a@0"), at(37.9), made("new@37.9", "b@1", "a@0")},
		"one that none needs":             {session, made("b@1", "a@0"), at(38), made("new@38", "b@1")},
		"OpenID tokens live less long":    {openID, made("b@1", "a@0"), at(26), made("new@26", "b@1")},
		"old, but replaced a moment ago":  {session, made("b@99.9", "a@0"), at(100), made("new@100", "b@99.9", "a@0")},
		"many":                            {session, made("d@90", "c@40", "b@10", "a@0"), at(100), made("new@100", "d@90", "c@40")},
		"a clock that was ahead":          {session, made("a@200"), at(1), []store.Key{{ID: "new", Created: at(200).Add(time.Millisecond)}, made("a@200")[0]}},
		"made in the same moment as this": {session, made("a@1"), at(1), []store.Key{{ID: "new", Created: at(1).Add(time.Millisecond)}, made("a@1")[0]}},
	} {
		got := test.kind.rotated(test.keys, store.Key{ID: "new"}, test.now, false)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		revoked := test.kind.rotated(test.keys, store.Key{ID: "new"}, test.now, true)
		if diff := cmp.Diff(test.want[:1], revoked); diff != "" {
			t.Errorf("%s, revoked: %s", name, diff)
		}
	}
}

// TestRotatedKeepsWhatTokensNeed rotates at any moments: no key goes while a token can be
// about that was made before its successor.
func TestRotatedKeepsWhatTokensNeed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := sessionKey()
		replaced := map[string]time.Time{} // when a key ceased to be the newest
		var keys []store.Key
		now := at(0)
		for i := range rapid.IntRange(1, 20).Draw(t, "rotations") {
			now = now.Add(time.Duration(rapid.IntRange(0, 50*60).Draw(t, "minutes")) * time.Minute)
			before := keys
			keys = kind.rotated(keys, store.Key{ID: string(rune('a' + i))}, now, false)
			if len(before) > 0 {
				replaced[before[0].ID] = keys[0].Created // later than now, where two came in one moment
			}
			for j, k := range keys[1:] {
				if !keys[j].Created.After(k.Created) {
					t.Fatalf("not the newest first: %v", keys)
				}
			}
			kept := map[string]bool{}
			for _, k := range keys {
				kept[k.ID] = true
			}
			for _, k := range before {
				if age := now.Sub(replaced[k.ID]); kept[k.ID] != (age < maxSession+slack) {
					t.Fatalf("a key that was replaced %s ago: kept is %v", age, kept[k.ID])
				}
			}
		}
	})
}

// TestKeyInUse is the choice among keys, the newest first.
func TestKeyInUse(t *testing.T) {
	t.Parallel()
	now := at(0)
	for name, test := range map[string]struct {
		known string // seconds for which each is known; x is of another algorithm
		want  int
	}{
		"the only one":                     {"0", 0},
		"the newest":                       {"9 99", 0},
		"not before all have it":           {"1.9 99", 1},
		"as soon as all have it":           {"2 99", 0},
		"two new ones":                     {"0.5 1.5 99", 2},
		"the newer of two":                 {"2 2 99", 0},
		"all are new":                      {"0 0 0", 2},
		"another algorithm":                {"99x 99 99", 1},
		"new, and the other algorithm old": {"99x 0 99x", 1},
	} {
		var keys []tokenKey
		known := map[string]time.Time{}
		for i, text := range strings.Fields(test.known) {
			seconds, other := strings.CutSuffix(text, "x")
			d, err := time.ParseDuration(seconds + "s")
			if err != nil {
				t.Fatal(err)
			}
			id := string(rune('a' + i))
			known[id] = now.Add(-d)
			keys = append(keys, tokenKey{Key: store.Key{ID: id}, current: !other})
		}
		if got := inUse(keys, known, now); got != test.want {
			t.Errorf("%s: %d of %s, want %d", name, got, test.known, test.want)
		}
	}
}

// TestKnownSince believes the time at which a key was made only where a server starts, and
// only where it says that the key is old.
func TestKnownSince(t *testing.T) {
	t.Parallel()
	now := at(1)
	for name, test := range map[string]struct {
		age      time.Duration
		starting bool
		want     time.Time
	}{
		"old, at the start":        {time.Minute, true, time.Time{}},
		"new, at the start":        {settle / 2, true, now},
		"of the future":            {-time.Hour, true, now},
		"found while it runs":      {0, false, now},
		"old, found while it runs": {time.Hour, false, now},
	} {
		if got := knownSince(now.Add(-test.age), test.starting, now); !got.Equal(test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
