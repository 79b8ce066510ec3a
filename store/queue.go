package store

import (
	"context"
	"sync"
	"sync/atomic"
)

// maxBatch bounds how long the first of many concurrent writes waits.
const maxBatch = 512

// queue gathers writes for the one who carries them out: while one batch is on its way
// to the disk, the next gathers. There is no timer, so a lone write never waits.
type queue struct {
	mu      sync.Mutex
	wake    sync.Cond // waiting or closed changed
	waiting []*queued
	closed  bool
}

type queued struct {
	write
	outcome outcome
	done    chan struct{}
}

// outcome is what became of a write.
type outcome struct {
	err      error
	panicked any // what do panicked with
}

func (o outcome) ok() bool { return o.err == nil && o.panicked == nil }

// result returns the error of the write, or panics as its do did.
func (o outcome) result() error {
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}

func newQueue() *queue {
	q := &queue{}
	q.wake.L = &q.mu
	return q
}

// write returns when w was carried out, or when ctx ends.
func (q *queue) write(ctx context.Context, w write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	entry := &queued{write: w, done: make(chan struct{})}
	if !q.add(entry) {
		return ErrClosed
	}
	select {
	case <-entry.done:
		return entry.outcome.result()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) add(entry *queued) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.waiting = append(q.waiting, entry)
	q.wake.Signal()
	return true
}

// next waits for writes; it returns nil when there will be none any more.
func (q *queue) next() []*queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.wake.Wait()
	}
	if len(q.waiting) == 0 {
		return nil
	}
	n := min(len(q.waiting), maxBatch)
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return batch
}

// close refuses new writes; next goes on until it has given out those accepted.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake.Signal()
}

// settle tells the writer of each entry what became of it.
func settle(batch []*queued) {
	for _, entry := range batch {
		if entry.outcome.ok() && entry.committed != nil {
			entry.committed()
		}
		close(entry.done)
	}
}

// attempt keeps a panic of do from ending the one who carries it out: it belongs to the
// caller who brought do.
func attempt(do func(conn) error, c conn) (o outcome) {
	defer func() { o.panicked = recover() }()
	o.err = do(c)
	return o
}

// counters count what was written.
type counters struct{ writes, commits atomic.Int64 }

func (c *counters) wrote(writes, commits int) {
	c.writes.Add(int64(writes))
	c.commits.Add(int64(commits))
}

func (c *counters) stats() Stats { return Stats{Writes: c.writes.Load(), Commits: c.commits.Load()} }
