package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Crowd are many clients that ask for identities, as guests and as users, and keep a ledger of what they were answered.
// Each has a connection of its own and tries nothing twice: an answer that does not come is a failure.
type Crowd struct {
	Address string
	Pool    string              // that guests and users come to
	Users   []map[string]string // logins of each, who come one after the other, each to several servers at once
	Limit   time.Duration       // that a request may take

	mu     sync.Mutex
	ledger Ledger
}

// Ledger is what happened to a Crowd.
type Ledger struct {
	Answered int            // requests
	Guests   []string       // an identity for each answer
	Users    []Answers      // what each user was answered
	Failed   int            // requests
	Failures map[string]int // by kind
	Hung     int            // requests that reached the limit
	Slowest  time.Duration
	Silence  time.Duration  // the longest without an answer

	last time.Time // of an answer
}

// Answers are the identities that one user was given, and how often.
type Answers map[string]int

// Run lets clients ask until ctx is done, and returns the ledger since the last Run.
func (c *Crowd) Run(ctx context.Context, clients int) Ledger {
	c.ledger = Ledger{Users: make([]Answers, len(c.Users)), Failures: map[string]int{}}
	for i := range c.ledger.Users {
		c.ledger.Users[i] = Answers{}
	}
	var work sync.WaitGroup
	for i := range clients {
		work.Go(func() {
			connection := &connection{}
			defer connection.close()
			for n := i; ctx.Err() == nil; n++ {
				c.visit(ctx, connection, n)
			}
		})
	}
	work.Wait()
	return c.ledger
}

// visit asks as a guest, or as one of the users.
func (c *Crowd) visit(ctx context.Context, over *connection, n int) {
	input := map[string]any{"IdentityPoolId": c.Pool}
	user := -1
	if n%2 == 1 && len(c.Users) > 0 {
		user = n / 2 % len(c.Users)
		input["Logins"] = c.Users[user]
	}
	begin := time.Now()
	id, err := over.getID(c.Address, input, c.Limit)
	took := time.Since(begin)
	c.mu.Lock()
	c.ledger.add(user, id, err, took, c.Limit)
	c.mu.Unlock()
	if err != nil {
		select { // nobody hammers a server that is gone
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func (l *Ledger) add(user int, id string, err error, took, limit time.Duration) {
	l.Slowest = max(l.Slowest, took)
	switch {
	case err != nil:
		l.Failures[kindOf(err)]++
		l.Failed++
		if took >= limit {
			l.Hung++
		}
	case user < 0:
		l.answered()
		l.Guests = append(l.Guests, id)
	default:
		l.answered()
		l.Users[user][id]++
	}
}

func (l *Ledger) answered() {
	now := time.Now()
	if !l.last.IsZero() {
		l.Silence = max(l.Silence, now.Sub(l.last))
	}
	l.Answered, l.last = l.Answered+1, now
}

// kindOf is an error without what is different each time.
func kindOf(err error) string {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Op + ": " + e.Err.Error()
	}
	return err.Error()
}

// connection is one of HTTP, which is kept as long as the server keeps it.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// getID calls GetId, once.
func (c *connection) getID(address string, input any, limit time.Duration) (id string, err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	deadline := time.Now().Add(limit)
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", address, limit); err != nil {
			return "", err
		}
		c.reader = bufio.NewReader(c.conn)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return "", err
	}
	body, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequest(http.MethodPost, "http://"+address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
	if err := request.Write(c.conn); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(c.reader, request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.Close {
		c.close()
	}
	return answered(response, text)
}

func answered(response *http.Response, text []byte) (id string, err error) {
	var out struct {
		IdentityID string `json:"IdentityId"`
		Type       string `json:"__type"`
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return "", fmt.Errorf("%s that is no JSON", response.Status)
	}
	if response.StatusCode != http.StatusOK || out.IdentityID == "" {
		return "", fmt.Errorf("%d %s", response.StatusCode, out.Type)
	}
	return out.IdentityID, nil
}

// Check fails the test for each answer that does not hold: kept is all identities that there are.
func (l *Ledger) Check(t testing.TB, kept map[string]bool) (lost, doubled int) {
	t.Helper()
	for _, id := range l.Guests {
		if !kept[id] {
			lost++
		}
	}
	seen := map[string]bool{}
	for _, id := range l.Guests {
		if seen[id] {
			doubled++
		}
		seen[id] = true
	}
	for _, answers := range l.Users {
		if len(answers) > 1 {
			doubled++
		}
		for id := range answers {
			if !kept[id] {
				lost++
			}
		}
	}
	if lost > 0 {
		t.Errorf("%d answered identities are lost", lost)
	}
	if doubled > 0 {
		t.Errorf("%d identities have two owners, or logins two identities", doubled)
	}
	if l.Hung > 0 {
		t.Errorf("%d requests hung over their limit", l.Hung)
	}
	return lost, doubled
}

// String tells what happened.
func (l *Ledger) String() string {
	return fmt.Sprintf("%d answered, %d failed %v, slowest %s, no answer for %s at most",
		l.Answered, l.Failed, l.Failures, l.Slowest.Round(time.Millisecond), l.Silence.Round(time.Millisecond))
}

// Await returns when so many requests more were answered.
func (c *Crowd) Await(t testing.TB, more int) {
	t.Helper()
	c.await(t, more, func() int { return c.ledger.Answered })
}

// AwaitFailures returns when so many requests more have failed.
func (c *Crowd) AwaitFailures(t testing.TB, more int) {
	t.Helper()
	c.await(t, more, func() int { return c.ledger.Failed })
}

func (c *Crowd) await(t testing.TB, more int, count func() int) {
	t.Helper()
	now := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return count()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(startTimeout)
	for until := now() + more; now() < until; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d of %d requests within %s", now(), until, startTimeout)
		}
	}
}
