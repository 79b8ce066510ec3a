package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

func storeKey(id string, ms int64, secret string) store.Key {
	return store.Key{ID: id, Created: time.UnixMilli(ms).UTC(), Secret: []byte(secret)}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	path := place(t)
	s := openAt(t, path)
	old, young := storeKey("b", 1000, "old"), storeKey("a", 2000, "young")
	for _, test := range []struct {
		purpose string
		key     store.Key
		ifNone  bool
		added   bool
		err     error
	}{
		{"sign", old, true, true, nil},
		{"sign", young, true, false, nil},
		{"sign", young, false, true, nil},
		{"sign", young, false, false, fs.ErrExist},
		{"seal", young, true, true, nil},
	} {
		added, err := s.AddKey(t.Context(), test.purpose, test.key, test.ifNone)
		if added != test.added || !errors.Is(err, test.err) {
			t.Errorf("AddKey(%s, %s, %v) = %v, %v", test.purpose, test.key.ID, test.ifNone, added, err)
		}
	}
	mustClose(t, s)
	s = openAt(t, path)
	same(t, []store.Key{young, old})(s.Keys(t.Context(), "sign"))
	same(t, []store.Key{young})(s.Keys(t.Context(), "seal"))
	same(t, []store.Key(nil))(s.Keys(t.Context(), "none"))
	mustClose(t, s)
	inFile(t, path, `UPDATE secret_keys SET id = 'c' WHERE id = 'b'`)
	s = openAt(t, path)
	wantError[[]store.Key](t, seal.ErrOpen)(s.Keys(t.Context(), "sign"))
}

func TestStartersAgreeOnAKey(t *testing.T) {
	t.Parallel()
	s := open(t)
	var starters sync.WaitGroup
	var won atomic.Int64
	for i := range 16 {
		starters.Go(func() {
			added, err := s.AddKey(t.Context(), "sign", storeKey(fmt.Sprint(i), 1, "s"), true)
			if err != nil {
				t.Error(err)
			}
			if added {
				won.Add(1)
			}
		})
	}
	starters.Wait()
	keys, err := s.Keys(t.Context(), "sign")
	if diff := cmp.Diff(1, len(keys)); err != nil || diff != "" || won.Load() != 1 {
		t.Errorf("%d keys, %d winners, %v", len(keys), won.Load(), err)
	}
}

// TestChangeKeys adds and drops keys by their ids, together or not at all.
func TestChangeKeys(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b, c := storeKey("a", 1000, "a"), storeKey("b", 2000, "b"), storeKey("c", 3000, "c")
	ok(s.AddKey(t.Context(), "other", a, false))(t)
	stop := errors.New("stop")
	for _, test := range []struct {
		sees, returns []store.Key
		err           error
		has           []store.Key
	}{
		{nil, []store.Key{a}, nil, []store.Key{a}},
		{[]store.Key{a}, []store.Key{b, a}, nil, []store.Key{b, a}},
		{[]store.Key{b, a}, []store.Key{c}, stop, []store.Key{b, a}},
		{[]store.Key{b, a}, []store.Key{c, b}, nil, []store.Key{c, b}},
		{[]store.Key{c, b}, []store.Key{storeKey("c", 1, "x"), b}, nil, []store.Key{c, b}},
		{[]store.Key{c, b}, nil, nil, nil},
	} {
		err := s.ChangeKeys(t.Context(), "sign", func(keys []store.Key) ([]store.Key, error) {
			if diff := cmp.Diff(test.sees, keys); diff != "" {
				t.Error(diff)
			}
			return test.returns, test.err
		})
		if !errors.Is(err, test.err) {
			t.Errorf("ChangeKeys to %v: %v", test.returns, err)
		}
		same(t, test.has)(s.Keys(t.Context(), "sign"))
	}
	same(t, []store.Key{a})(s.Keys(t.Context(), "other"))
}
