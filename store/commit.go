package store

import (
	"errors"
	"fmt"
)

// committer carries out the writes of a queue on the one connection that writes to a
// file, each batch in one transaction.
type committer struct {
	*queue
	counters
	conn *sqliteConn
	done chan struct{} // closed when the last batch is through
}

func startCommitter(c *sqliteConn) *committer {
	k := &committer{queue: newQueue(), conn: c, done: make(chan struct{})}
	go k.run()
	return k
}

// stop refuses new writes, waits for those accepted and returns the connection.
func (k *committer) stop() *sqliteConn {
	k.close()
	<-k.done
	return k.conn
}

func (k *committer) run() {
	defer close(k.done)
	for batch := k.next(); batch != nil; batch = k.next() {
		k.commit(batch)
	}
}

func (k *committer) commit(batch []*queued) {
	if failed := k.transaction(batch); failed != nil {
		// Also for those that had an error of their own: that may rest on what
		// another of the batch wrote and is no more.
		for _, q := range batch {
			q.outcome.err = failed
		}
		k.wrote(len(batch), 0)
	} else {
		k.wrote(len(batch), 1)
	}
	settle(batch)
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
	if q.do == nil && len(q.statements) == 1 {
		// A statement that fails has done nothing, so it needs no savepoint: the usual
		// case, a new guest, takes a third of the statements.
		q.outcome = attempt(q.carryOut, k.conn)
		return k.lost(q)
	}
	if _, err := k.conn.exec(`SAVEPOINT apart`); err != nil {
		return fmt.Errorf("store: savepoint: %w", err)
	}
	q.outcome = attempt(q.carryOut, k.conn)
	if q.outcome.ok() {
		_, err := k.conn.exec(`RELEASE apart`)
		return err
	}
	if err := k.lost(q); err != nil {
		return err
	}
	_, back := k.conn.exec(`ROLLBACK TO apart`)
	_, release := k.conn.exec(`RELEASE apart`)
	return errors.Join(back, release)
}

// lost reports whether the failure of a write has ended the transaction.
func (k *committer) lost(q *queued) error {
	if q.outcome.ok() || !k.conn.db.GetAutocommit() {
		return nil
	}
	return errors.Join(errors.New("store: transaction lost"), q.outcome.err)
}
