package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxBatch bounds how long the first of many concurrent writes waits.
const maxBatch = 512

// committer lets concurrent writes share one commit: while one batch is on its
// way to the disk, the next gathers. There is no timer, so a lone write never
// waits.
type committer struct {
	conn *sqliteConn

	mu     sync.Mutex
	wake   sync.Cond // queue or closed changed
	queue  []*queued
	closed bool
	count  Stats

	done chan struct{} // closed when the last batch is through
}

type queued struct {
	write
	outcome outcome
	done    chan struct{}
}

type outcome struct {
	err      error
	panicked any // what do panicked with
}

func (o outcome) ok() bool { return o.err == nil && o.panicked == nil }

func startCommitter(c *sqliteConn) *committer {
	k := &committer{conn: c, done: make(chan struct{})}
	k.wake.L = &k.mu
	go k.run()
	return k
}

func (k *committer) write(ctx context.Context, w write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q := &queued{write: w, done: make(chan struct{})}
	if !k.enqueue(q) {
		return ErrClosed
	}
	select {
	case <-q.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if q.outcome.panicked != nil {
		panic(q.outcome.panicked)
	}
	return q.outcome.err
}

func (k *committer) enqueue(q *queued) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	k.queue = append(k.queue, q)
	k.wake.Signal()
	return true
}

func (k *committer) stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

// stop refuses new writes, waits for those accepted and returns the connection.
func (k *committer) stop() *sqliteConn {
	k.mu.Lock()
	k.closed = true
	k.wake.Signal()
	k.mu.Unlock()
	<-k.done
	return k.conn
}

func (k *committer) run() {
	defer close(k.done)
	for batch := k.next(); batch != nil; batch = k.next() {
		k.commit(batch)
	}
}

// next waits for writes; it returns nil when there will be none any more.
func (k *committer) next() []*queued {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.queue) == 0 && !k.closed {
		k.wake.Wait()
	}
	if len(k.queue) == 0 {
		return nil
	}
	n := min(len(k.queue), maxBatch)
	batch := k.queue[:n:n]
	k.queue = k.queue[n:]
	if len(k.queue) == 0 {
		k.queue = nil
	}
	return batch
}

func (k *committer) commit(batch []*queued) {
	failed := k.transaction(batch)
	k.mu.Lock()
	k.count.Writes += int64(len(batch))
	if failed == nil {
		k.count.Commits++
	}
	k.mu.Unlock()
	for _, q := range batch {
		switch {
		case failed != nil:
			// Also where it had an error of its own: that may rest on what
			// another of the batch wrote and is no more.
			q.outcome.err = failed
		case q.outcome.ok() && q.committed != nil:
			q.committed()
		}
		close(q.done)
	}
}

// transaction runs the writes of a batch, each of which can fail alone, and
// commits them. Its error is that of all; nothing of the batch happened then.
func (k *committer) transaction(batch []*queued) (err error) {
	// A failure may have ended the transaction already, or not.
	defer func() {
		if err != nil && !k.conn.db.GetAutocommit() {
			_, back := k.conn.exec(`ROLLBACK`)
			err = errors.Join(err, back)
		}
	}()
	if _, err := k.conn.exec(`BEGIN IMMEDIATE`); err != nil {
		return fmt.Errorf("store: begin: %w", err)
	}
	for _, q := range batch {
		if err := k.apart(q); err != nil {
			return err
		}
	}
	if _, err := k.conn.exec(`COMMIT`); err != nil {
		return fmt.Errorf("store: commit: %w", err)
	}
	return nil
}

// apart runs one write so that its failure leaves the others alone. Its error
// means that the whole transaction is lost, as after a full disk.
func (k *committer) apart(q *queued) error {
	if _, err := k.conn.exec(`SAVEPOINT apart`); err != nil {
		return fmt.Errorf("store: savepoint: %w", err)
	}
	q.outcome = attempt(q.do, k.conn)
	if q.outcome.ok() {
		_, err := k.conn.exec(`RELEASE apart`)
		return err
	}
	if k.conn.db.GetAutocommit() {
		return errors.Join(errors.New("store: transaction lost"), q.outcome.err)
	}
	_, back := k.conn.exec(`ROLLBACK TO apart`)
	_, release := k.conn.exec(`RELEASE apart`)
	return errors.Join(back, release)
}

// attempt keeps a panic of do from ending the committer: it belongs to the
// caller who brought do.
func attempt(do func(conn) error, c conn) (o outcome) {
	defer func() { o.panicked = recover() }()
	o.err = do(c)
	return o
}
