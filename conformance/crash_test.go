package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// TestCrash kills the server in the middle of a load, several times on the same data: every identity that was
// answered is there afterwards, and every user still has the same one.
func TestCrash(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	const rounds, loaders, each, killAfter = 4, 32, 400, 1500
	users := make([]logins, rounds)
	for i := range users {
		users[i] = logins{o.Name(): o.SignIn(t, conformance.ClientApp, fmt.Sprintf("user-%d", i)).ID}
	}
	public := cognitoidentity.NewFromConfig(conformance.Once(conformance.Config(t, w.URL, aws.Credentials{})))
	owners := make([]string, 0, rounds)
	for round := range rounds {
		owners = append(owners, w.getID(t, conformance.GoSDK{}, users[round]))
		answered := killUnderLoad(t, w, public, loaders, each, killAfter)
		w.Restart(t)

		if len(answered) < killAfter || len(answered) == loaders*each {
			t.Fatalf("%d answers: the server did not die in the middle of the load", len(answered))
		}
		checkIdentities(t, w, public, answered)
		for n, id := range owners {
			if again := w.getID(t, conformance.GoSDK{}, users[n]); again != id {
				t.Errorf("round %d: user %d is %s, was %s", round, n, again, id)
			}
		}
	}
}

// TestCrashAtFirstStart kills the very first start at moments when the data folder is half made: the next one works.
func TestCrashAtFirstStart(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"master.key", "cenote.db", "cenote.db-wal"} {
		t.Run(file, func(t *testing.T) {
			data := t.TempDir()
			for range 3 {
				conformance.Interrupt(t, data, func() bool {
					_, err := os.Stat(filepath.Join(data, file))
					return err == nil
				})
			}
			w := startWorld(t, conformance.Options{Data: data})
			w.pool = w.createPool(t, guests("people"))
			w.getID(t, conformance.GoSDK{}, nil)
		})
	}
}

// killUnderLoad asks for guests from many goroutines, kills the server once killAfter were answered, and returns
// every id that an answer held.
func killUnderLoad(t *testing.T, w *world, public *cognitoidentity.Client, loaders, each, killAfter int) []string {
	t.Helper()
	var (
		answers atomic.Int64
		due     = make(chan struct{})
		lists   = make([][]string, loaders)
		wait    sync.WaitGroup
	)
	for i := range lists {
		wait.Go(func() {
			for range each {
				out, err := public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &w.pool})
				if err != nil {
					return // the server is gone
				}
				lists[i] = append(lists[i], *out.IdentityId)
				if answers.Add(1) == int64(killAfter) {
					close(due)
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		wait.Wait()
		close(finished)
	}()
	select {
	case <-due:
	case <-finished:
	}
	w.Kill()
	<-finished
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// checkIdentities fails the test for each id that the server does not know.
func checkIdentities(t *testing.T, w *world, public *cognitoidentity.Client, ids []string) {
	t.Helper()
	seen := map[string]bool{}
	queue := make(chan string)
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for id := range queue {
				out, err := public.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &id})
				if err != nil {
					t.Errorf("identity %s was answered, but is lost: %v", id, err)
				} else if *out.IdentityId != id {
					t.Errorf("identity %s became %s", id, *out.IdentityId)
				}
			}
		})
	}
	for _, id := range ids {
		if seen[id] {
			t.Errorf("identity %s was given to two guests", id)
		}
		seen[id] = true
		queue <- id
	}
	close(queue)
	wait.Wait()
}
