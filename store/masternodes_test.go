package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/store"
)

// openURL opens a database with a custody.
func openURL(t *testing.T, url string, custody store.Custody) (*store.Store, error) {
	t.Helper()
	return store.Open(t.Context(), store.Config{URL: url, Custody: custody})
}

// TestNodesAgreeOnAMasterKey lets nodes that start at once make a master key each: one of
// the keys is that of all.
func TestNodesAgreeOnAMasterKey(t *testing.T) {
	t.Parallel()
	url := database(t, server(t))
	const n = 4
	shared := newSafe("0", "1", "2", "3")
	var all [n]*store.Store
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			own := &safe{keys: shared.keys, next: fmt.Sprint(i)}
			s, err := openURL(t, url, own)
			if err != nil {
				t.Error(err)
				return
			}
			all[i] = s
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	for i, s := range all {
		closeLater(t, s)
		ok(s.AddKey(t.Context(), "sign", storeKey(fmt.Sprint(i), int64(i), "secret"), false))(t)
	}
	for _, s := range all {
		if keys := ok(s.Keys(t.Context(), "sign"))(t); len(keys) != n {
			t.Errorf("a node sees %d keys", len(keys))
		}
	}
}

// TestNodesTakeTurns lets nodes write secrets all at once: none is kept from it by the
// others.
func TestNodesTakeTurns(t *testing.T) {
	t.Parallel()
	url, held := database(t, server(t)), newSafe("first")
	const nodes, each = 4, 100
	var group sync.WaitGroup
	for n := range nodes {
		s := ok(openURL(t, url, held))(t)
		closeLater(t, s)
		group.Go(func() {
			for i := range each {
				name := fmt.Sprintf("u%d-%d", n, i)
				if err := s.Users().Create(t.Context(), iam.User{Name: name, ID: "AIDA" + name}); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				if err := s.Users().Delete(t.Context(), name, nil); err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestResealBesideANode seals everything anew while a node goes on that has the old key:
// nothing remains under that one.
func TestResealBesideANode(t *testing.T) {
	t.Parallel()
	url := database(t, server(t))
	held := newSafe("first", "second")
	node := ok(openURL(t, url, held))(t)
	closeLater(t, node)
	stopped, under := make(chan error), make(chan struct{})
	go func() { // makes users until it is refused
		for i := 0; ; i++ {
			if i == 10 {
				close(under)
			}
			if err := node.Users().Create(t.Context(), iam.User{Name: fmt.Sprintf("u%04d", i), ID: fmt.Sprintf("AIDA%d", i)}); err != nil {
				stopped <- err
				return
			}
		}
	}()
	select {
	case <-under:
	case err := <-stopped:
		t.Fatal(err)
	}
	other := ok(openURL(t, url, held))(t)
	held.next = "second"
	if err := other.Reseal(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	mustClose(t, other)
	if err := <-stopped; !is[*store.MasterKeyError](err) {
		t.Errorf("the node: %v", err)
	}
	if err := node.Check(t.Context()); !is[*store.MasterKeyError](err) {
		t.Errorf("the node's check: %v", err)
	}
	again := ok(openURL(t, url, held))(t)
	closeLater(t, again)
	users := ok(again.Users().List(t.Context(), "", 10_000))(t)
	if len(users) < 10 {
		t.Errorf("%d users are left", len(users))
	}
}
