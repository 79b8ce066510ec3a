package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// runBatches carries out writes of statements alone, each batch in one transaction and
// one trip to the server.
func (db *postgres) runBatches() {
	defer close(db.done)
	for batch := db.batches.next(); batch != nil; batch = db.batches.next() {
		db.commit(batch)
	}
}

// commit carries out a batch. Where the server refused it, nothing of it happened, and
// each is tried alone, since one may have spoilt it for the others: savepoints, which
// would keep them apart, are not everywhere. A server that takes nothing at the moment is
// not asked for each: that would take patience for each. Where the answer was lost, each
// gets the error, and nobody knows what happened.
func (db *postgres) commit(batch []*queued) {
	err := db.send(batch)
	if len(batch) > 1 && sqlState(err) != "" && (isConflict(err) || !isPassing(err)) {
		for i := range batch {
			db.commit(batch[i : i+1])
		}
		return
	}
	if err == nil {
		db.wrote(len(batch), 1)
	} else {
		db.wrote(len(batch), 0)
	}
	for _, q := range batch {
		q.outcome.err = err
	}
	settle(batch)
}

// send sends the statements of a batch, which the server takes for one transaction.
func (db *postgres) send(batch []*queued) error {
	return retry(context.Background(), patience, mendsBatch, func(ctx context.Context) error {
		c, err := db.pool.Acquire(ctx)
		if err != nil {
			return &unsentError{err}
		}
		defer c.Release()
		var all pgx.Batch
		for _, q := range batch {
			for _, s := range q.statements {
				all.Queue(s.sql, s.args...)
			}
		}
		return rowOf(c.SendBatch(ctx, &all).Close())
	})
}
