package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// TestDeleteFullPool deletes a pool with 100,000 identities while another pool serves its guests, who must not notice.
func TestDeleteFullPool(t *testing.T) {
	const identities, fillers, visitors = 100_000, 64, 4
	w := startWorld(t, conformance.Options{})
	full, other := newPopular(t, w, fillers), newPopular(t, w, visitors)
	start := time.Now()
	full.visits(t, fillers, func(n int) bool { return n < identities })
	t.Logf("made %d identities in %s", identities, time.Since(start).Round(time.Millisecond))

	before := other.visits(t, visitors, func(n int) bool { return n < 5000 })
	offset := len(w.Log())
	over := make(chan struct{})
	var during []time.Duration
	var visiting sync.WaitGroup
	visiting.Go(func() {
		during = other.visits(t, visitors, func(int) bool {
			select {
			case <-over:
				return false
			default:
				return true
			}
		})
	})
	end := sync.OnceFunc(func() { close(over); visiting.Wait() })
	defer end()
	start = time.Now()
	ok(w.cognito.DeleteIdentityPool(t.Context(), &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &full.pool}))(t)
	removed := awaitSweep(t, w, offset, identities)
	end()
	t.Logf("removed %d identities in %s", removed, time.Since(start).Round(time.Millisecond))
	t.Logf("GetId before: p50 %s, p99 %s, slowest %s of %d", quantile(before, 50), quantile(before, 99), quantile(before, 100), len(before))
	t.Logf("GetId during: p50 %s, p99 %s, slowest %s of %d", quantile(during, 50), quantile(during, 99), quantile(during, 100), len(during))
	if removed != identities {
		t.Errorf("removed %d identities, want %d", removed, identities)
	}
	// Everybody would wait for the end of a sweep in one transaction; as it is, guests come in between its batches.
	if len(during) < identities/200 {
		t.Errorf("no more than %d guests were let in meanwhile", len(during))
	}
}

// popular is a pool to which many guests come. They bring no SDK: it would be the slowest part.
type popular struct {
	client    *http.Client
	url, pool string
	body      []byte
}

func newPopular(t *testing.T, w *world, connections int) *popular {
	t.Helper()
	p := &popular{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}, url: w.URL, pool: w.createPool(t, guests("popular"))}
	var err error
	if p.body, err = json.Marshal(map[string]string{"IdentityPoolId": p.pool}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

// visits calls GetId over some connections at once as long as more wants another, and returns what each call took. It
// stops at an error.
func (p *popular) visits(t *testing.T, connections int, more func(n int) bool) []time.Duration {
	t.Helper()
	var (
		mu    sync.Mutex
		begun int
		times []time.Duration
		wait  sync.WaitGroup
	)
	next := func() bool {
		mu.Lock()
		defer mu.Unlock()
		begun++
		return more(begun - 1)
	}
	for range connections {
		wait.Go(func() {
			for next() {
				start := time.Now()
				if err := p.visit(t.Context()); err != nil {
					t.Errorf("GetId: %v", err)
					return
				}
				mu.Lock()
				times = append(times, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return times
}

func (p *popular) visit(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return err
}

// awaitSweep returns how many identities the server says that it removed, once they are as many as wanted.
func awaitSweep(t *testing.T, w *world, offset, want int) (removed int) {
	t.Helper()
	line := regexp.MustCompile(`msg="removed the identities of deleted pools" removed=(\d+)\n`)
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text := w.LogFrom(t, offset)
		text = text[:1+bytes.LastIndexByte(text, '\n')]
		offset += len(text)
		for _, match := range line.FindAllSubmatch(text, -1) {
			n, err := strconv.Atoi(string(match[1]))
			if err != nil {
				t.Fatal(err)
			}
			removed += n
		}
		if removed >= want {
			return removed
		}
		select {
		case <-deadline:
			t.Fatalf("after a minute %d of %d identities are removed", removed, want)
		case <-tick.C:
		}
	}
}

// quantile is the time within which percent of the calls were done.
func quantile(times []time.Duration, percent int) time.Duration {
	slices.Sort(times)
	return times[percent*(len(times)-1)/100].Round(10 * time.Microsecond)
}
