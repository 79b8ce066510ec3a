package token_test

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/token"
)

// Keys that remember answer as those that have just been read, whatever they were
// asked before.
func TestMemoChangesNothing(t *testing.T) {
	t.Parallel()
	var signers []token.SigningKey
	var sets [][]byte
	for i := range 3 {
		signers = append(signers, token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())})
		set, err := token.PublicKeys(signers[i].Public())
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	var raws []string
	for _, signer := range signers {
		for n := range 3 {
			claims := goodClaims()
			claims["sub"] = fmt.Sprint("user-", n)
			raws = append(raws, sign(t, claims, signer))
		}
	}
	for i := range raws { // each payload with each other's signature
		raws = append(raws, raws[i][:strings.LastIndex(raws[i], ".")]+raws[(i+1)%9][strings.LastIndex(raws[(i+1)%9], "."):])
	}
	rapid.Check(t, func(r *rapid.T) {
		var remembering []token.Keys
		for _, set := range sets {
			remembering = append(remembering, parseKeys(t, set))
		}
		for range rapid.IntRange(1, 60).Draw(r, "questions") {
			set := rapid.IntRange(0, len(sets)-1).Draw(r, "set")
			parsed := parse(t, rapid.SampledFrom(raws).Draw(r, "token"))
			got, want := parsed.VerifySignature(remembering[set]), parsed.VerifySignature(parseKeys(t, sets[set]))
			if !errors.Is(got, want) {
				r.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}

// What is remembered of a token is its signature alone: that it expired meanwhile, or
// that its key may not be used for what it says now, counts.
func TestMemoIsOfTheSignatureAlone(t *testing.T) {
	t.Parallel()
	key := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	keys, raw := keySet(t, key), sign(t, goodClaims(), key)
	for range 2 {
		if err := admit(raw, keys); err != nil {
			t.Fatal(err)
		}
	}
	old := parse(t, raw)
	if err := old.CheckTime(old.Expires.Add(1<<40), 0); !expired(err) {
		t.Errorf("got %v", err)
	}
	for want, change := range map[error]func(*token.Token){
		token.ErrUnknownKey: func(t *token.Token) { t.KeyID = "other" },
		token.ErrSignature:  func(t *token.Token) { t.Algorithm = "RS256" },
	} {
		changed := parse(t, raw)
		change(changed)
		if err := changed.VerifySignature(keys); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// A memo that many fill at once stays small.
func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	key := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	keys := keySet(t, key)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := range 1000 {
				claims := goodClaims()
				claims["jti"] = fmt.Sprint(worker, n)
				raw := sign(t, claims, key)
				for range 2 {
					if err := parse(t, raw).VerifySignature(keys); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	if n := token.Remembered(keys); n < 1024 || n > 2048 {
		t.Errorf("%d of 4000 tokens are remembered", n)
	}
	stranger := token.SigningKey{ID: "k", Algorithm: "ES256", Signer: ecKey(t, elliptic.P256())}
	if err := parse(t, sign(t, goodClaims(), stranger)).VerifySignature(keys); !badSignature(err) {
		t.Errorf("got %v", err)
	}
}
