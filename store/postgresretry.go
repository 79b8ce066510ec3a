package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// patience is how long an operation may take with all its attempts: longer than
	// conflicts need, and as long as a request may wait for a new primary.
	patience = 2 * time.Second

	firstPause, longestPause = 5 * time.Millisecond, 250 * time.Millisecond

	// conflicts is how often a write runs that finds a key taken: what it had seen
	// before may be what another has changed since, and then it decides otherwise.
	conflicts = 3
)

// commitError is an error of COMMIT itself.
type commitError struct{ error }

func (e *commitError) Unwrap() error { return e.error }

// unsentError is one that came before anything was asked of the database.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// retry runs do until it succeeds, or fails in a way that another attempt does not mend,
// or its time is over.
func retry(outer context.Context, within time.Duration, mends func(err error, attempt int) bool, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(outer, within)
	defer cancel()
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if outer.Err() != nil {
			return outer.Err()
		}
		if !mends(err, attempt) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause/2 + rand.N(pause)): // apart from each other, or they would meet again
		}
		pause = min(2*pause, longestPause)
	}
}

// mendsRead is for what changes nothing.
func mendsRead(err error, _ int) bool { return isPassing(err) || isLost(err) }

// mendsWrite is for transactions that decide by what they see. Whether a commit happened
// whose answer was lost, nobody knows, so such a write is not tried again.
func mendsWrite(err error, attempt int) bool {
	if _, committing := errors.AsType[*commitError](err); committing {
		return isUndone(err)
	}
	return mendsRead(err, attempt) || errors.Is(err, fs.ErrExist) && attempt < conflicts
}

// mendsBatch is for what is sent together with its commit.
func mendsBatch(err error, _ int) bool {
	if _, unsent := errors.AsType[*unsentError](err); unsent {
		return isPassing(err) || isLost(err)
	}
	return isUndone(err)
}

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// isConflict reports whether a transaction lost against another.
func isConflict(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01" // serialization failure, deadlock
}

// isUndone reports whether a transaction lost against another, or met a standby, which was
// a primary a moment ago: it did not happen.
func isUndone(err error) bool { return isConflict(err) || sqlState(err) == "25006" }

// isPassing reports whether the server said no to what it would do a moment later.
func isPassing(err error) bool {
	switch sqlState(err) {
	case "57P01", "57P02", "57P03", // it shuts down, crashed, or starts
		"53300": // too many connections
		return true
	}
	return isUndone(err) || strings.HasPrefix(sqlState(err), "08") // connection exceptions
}

// isLost reports whether a connection broke or was not to be had.
func isLost(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused {
		return true
	}
	_, broken := errors.AsType[net.Error](err)
	return broken || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
