package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/seal"
)

func newKey(t rapid.TB, raw []byte) *seal.Key {
	t.Helper()
	key, err := seal.NewKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func drawKey(t *rapid.T, name string) []byte {
	return rapid.SliceOfN(rapid.Byte(), seal.KeySize, seal.KeySize).Draw(t, name)
}

// TestRoundTrip seals anything under anything and gets it back, from the same bytes
// of a key and not only from the same Key.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := drawKey(t, "key")
		plain, context := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.String().Draw(t, "context")
		key := newKey(t, raw)
		sealed := key.Seal(plain, context)
		clear(raw) // the key has its own copy
		if len(plain) > 8 && bytes.Contains(sealed, plain) {
			t.Fatal("the sealed bytes show the plain ones")
		}
		if again := key.Seal(plain, context); bytes.Equal(sealed, again) {
			t.Fatal("two seals of the same are the same")
		}
		got, err := key.Open(sealed, context)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened %x, %v, not %x", got, err, plain)
		}
	})
}

// TestNothingElseOpens changes the sealed bytes, the context or the key.
func TestNothingElseOpens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := drawKey(t, "key")
		plain, context := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.String().Draw(t, "context")
		key := newKey(t, raw)
		sealed := key.Seal(plain, context)
		refused := func(what string, key *seal.Key, sealed []byte, context string) {
			t.Helper()
			if got, err := key.Open(sealed, context); !errors.Is(err, seal.ErrOpen) || got != nil {
				t.Fatalf("%s: opened %x, %v", what, got, err)
			}
		}
		flipped := bytes.Clone(sealed)
		flipped[rapid.IntRange(0, len(sealed)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		refused("one bit", key, flipped, context)
		refused("cut off", key, sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "length")], context)
		refused("longer", key, append(bytes.Clone(sealed), 0), context)
		if other := rapid.String().Draw(t, "other context"); other != context {
			refused("another context", key, sealed, other)
		}
		if other := drawKey(t, "other key"); !bytes.Equal(other, raw) {
			refused("another key", newKey(t, other), sealed, context)
		}
	})
}

// TestKeySize takes keys of one length only.
func TestKeySize(t *testing.T) {
	t.Parallel()
	for size := range 100 {
		key, err := seal.NewKey(make([]byte, size))
		if (err == nil) != (size == seal.KeySize) || (key == nil) != (err != nil) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestGenerateKey returns the bytes of the key that it returns, and never the same.
func TestGenerateKey(t *testing.T) {
	t.Parallel()
	key, raw := seal.GenerateKey()
	got, err := newKey(t, raw).Open(key.Seal([]byte("x"), ""), "")
	if err != nil || string(got) != "x" {
		t.Errorf("the bytes are not the key's: %q, %v", got, err)
	}
	if _, other := seal.GenerateKey(); bytes.Equal(raw, other) {
		t.Error("two keys are the same")
	}
}

// TestDerive depends on the key and the info, and on nothing else.
func TestDerive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw, info := drawKey(t, "key"), rapid.String().Draw(t, "info")
		size := rapid.IntRange(8, 255*32).Draw(t, "size")
		one := newKey(t, raw).Derive(info, size)
		if len(one) != size || !bytes.Equal(one, newKey(t, raw).Derive(info, size)) {
			t.Fatal("not the same bytes twice")
		}
		if bytes.Contains(one, raw) {
			t.Fatal("the bytes hold the key")
		}
		if other := rapid.String().Draw(t, "other info"); other != info && bytes.Equal(one, newKey(t, raw).Derive(other, size)) {
			t.Fatal("another info, the same bytes")
		}
		if other := drawKey(t, "other key"); !bytes.Equal(other, raw) && bytes.Equal(one, newKey(t, other).Derive(info, size)) {
			t.Fatal("another key, the same bytes")
		}
	})
}
