package server_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestClockThatJumps moves the server's clock forth and back, by seconds and by years, while guests and users come. Their
// tokens may be refused meanwhile; what is answered holds, and nothing fails in any other way.
func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	const workers, users, rounds = 6, 10, 5
	f := newFlow(t)
	var (
		mu       sync.Mutex
		guests   = map[string]int{}
		owners   [users]map[string]bool
		refused  int
		answered int
		longest  time.Duration
	)
	visit := func(user int, logins string) {
		begin := time.Now()
		got := f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+logins+`}`)
		took := time.Since(begin)
		mu.Lock()
		defer mu.Unlock()
		longest = max(longest, took)
		switch {
		case got.status == http.StatusOK && user < 0:
			answered++
			guests[got.value(t, "IdentityId")]++
		case got.status == http.StatusOK:
			answered++
			owners[user][got.value(t, "IdentityId")] = true
		case got.code() == "NotAuthorizedException" && user >= 0:
			refused++
		default:
			t.Errorf("user %d: %d %s", user, got.status, got.body)
		}
	}
	for i := range owners {
		owners[i] = map[string]bool{}
	}
	jumps := []time.Duration{0, 24 * time.Hour, -48 * time.Hour, 3 * time.Second, -10 * 365 * 24 * time.Hour, 20 * 365 * 24 * time.Hour, 0}
	over := make(chan struct{})
	var clock sync.WaitGroup
	clock.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond): // what the test moves is time itself
				f.time.Store(noon().Add(jumps[n%len(jumps)]).Unix())
			}
		}
	})
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for range rounds {
				for user := range users {
					visit(-1, "")
					visit(user, logins(f.login(t, map[string]any{"sub": fmt.Sprint("u", user)})))
				}
			}
		})
	}
	wait.Wait()
	close(over)
	clock.Wait()
	f.time.Store(noon().Unix())

	lost := 0
	known := func(id string) bool {
		return f.cognito(t, rootKey(), "DescribeIdentity", `{"IdentityId":"`+id+`"}`).status == http.StatusOK
	}
	for id, times := range guests {
		if times != 1 {
			t.Errorf("guest %s was made %d times", id, times)
		}
		if !known(id) {
			lost++
		}
	}
	for user := range users {
		now := f.identity(t, logins(f.login(t, map[string]any{"sub": fmt.Sprint("u", user)})))
		owners[user][now] = true
		if len(owners[user]) != 1 {
			t.Errorf("user %d has the identities %v", user, owners[user])
		}
	}
	if lost != 0 || answered == 0 {
		t.Errorf("%d of %d answers are lost", lost, answered)
	}
	t.Logf("tried: a clock that jumps between %s and %s; %d answered, %d tokens refused, slowest %s; lost: %d",
		noon().Add(jumps[4]).Format(time.DateOnly), noon().Add(jumps[5]).Format(time.DateOnly), answered, refused, longest.Round(time.Millisecond), lost)
}
