package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/store"
)

// signInForever makes identities with two logins each, in one transaction, until stop;
// answered are those whose making was answered by now.
func signInForever(t testing.TB, s *store.Store) (stop func(), answered func() []string) {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	stopping := make(chan struct{})
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stopping:
					return
				default:
				}
				fresh := guest(fmt.Sprintf("r:%d-%06d", worker, n), "p")
				logins := []cognito.Login{{Provider: "a", Subject: fresh.ID}, {Provider: "b", Subject: fresh.ID}}
				if _, err := s.LinkLogins(t.Context(), "p", "", logins, do(cognito.Link{Create: &fresh, Add: logins})); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ids = append(ids, fresh.ID)
				mu.Unlock()
			}
		})
	}
	stop = sync.OnceFunc(func() { close(stopping); group.Wait() })
	return stop, func() []string {
		for {
			mu.Lock()
			done := slices.Clone(ids)
			mu.Unlock()
			if len(done) > 0 {
				return done
			}
		}
	}
}

// checkSignedIn finds a copy to be one state: of a worker all identities up to one, each
// with its two logins, and those of them that were answered.
func checkSignedIn(t *testing.T, s *store.Store, answered []string) {
	t.Helper()
	list, err := s.ListIdentities(t.Context(), "p", "", false, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	var ids []string
	for _, i := range list {
		var worker string
		var n int
		if _, err := fmt.Sscanf(i.ID, "r:%1s-%06d", &worker, &n); err != nil {
			t.Fatal(err)
		}
		if n != next[worker] || len(i.Logins) != 2 {
			t.Fatalf("%s with %d logins comes after %d of its worker", i.ID, len(i.Logins), next[worker])
		}
		next[worker] = n + 1
		ids = append(ids, i.ID)
	}
	for _, id := range answered {
		if _, found := slices.BinarySearch(ids, id); !found {
			t.Errorf("%s was answered before and is not there", id)
		}
	}
}

// TestSignInAtOnce has one user sign in for the first time on many connections: whoever
// comes second writes nothing.
func TestSignInAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	alice := []cognito.Login{{Provider: "a", Subject: "alice"}}
	const n = 100
	ids := make([]string, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			fresh := guest(fmt.Sprintf("r:%03d", i), "p")
			kept, err := s.LinkLogins(t.Context(), "p", "", alice, func(_ *cognito.Identity, owners []cognito.Identity) (cognito.Link, error) {
				if len(owners) > 0 {
					return cognito.Link{Keep: owners[0].ID}, nil
				}
				return cognito.Link{Create: &fresh, Add: alice}, nil
			})
			if err != nil {
				t.Error(err)
			}
			ids[i] = kept.ID
		})
	}
	group.Wait()
	if distinct := slices.Compact(slices.Sorted(slices.Values(ids))); len(distinct) != 1 {
		t.Fatalf("one user is %q", distinct)
	}
	if kept := ok(s.Identity(t.Context(), ids[0]))(t); !kept.Modified.Equal(guest("", "").Modified) {
		t.Errorf("modified at %s", kept.Modified)
	}
}
