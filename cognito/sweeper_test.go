package cognito_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

// sweep is what Run reports.
type sweep struct {
	removed int
	err     error
}

// guests makes guests of a pool.
func (w *world) guests(pool string, n int) {
	w.t.Helper()
	errs := make(chan error, n)
	for range n {
		go func() {
			_, err := w.GetID(w.t.Context(), &cognito.GetIDInput{IdentityPoolID: pool})
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			w.t.Fatal(err)
		}
	}
}

// run runs the sweeper until stop, which waits for its end.
func (w *world) run(s *cognito.Sweeper) (reports chan sweep, stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	reports, done := make(chan sweep, 1), make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, func(removed int, err error) { reports <- sweep{removed, err} })
	}()
	return reports, func() { cancel(); <-done }
}

func TestSweeperIsWoken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, kept := w.pool(), w.pool(), w.pool()
	w.guests(first, 501)
	w.guests(second, 3)
	w.guests(kept, 2)
	ok(w.delete(root(), first))(t) // before it runs, as after a restart
	reports, stop := w.run(w.Sweeper)
	if got := <-reports; got.removed != 501 || got.err != nil {
		t.Errorf("the first sweep: %+v", got)
	}
	ok(w.delete(root(), second))(t)
	if got := <-reports; got.removed != 3 || got.err != nil {
		t.Errorf("after it was woken: %+v", got)
	}
	stop()
	if n := len(w.list(kept, cognito.ListIdentitiesInput{MaxResults: 60}).Identities); n != 2 {
		t.Errorf("%d identities are left in a pool that is there", n)
	}
	ok(w.delete(root(), kept))(t) // nobody listens; it must not wait
	w.Sweeper.Wake()
	w.Sweeper.Wake()
}

func TestSweeperGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.guests(pool, 250)
	ok(w.delete(root(), pool))(t)
	ctx, cancel := context.WithCancel(t.Context())
	part := &interrupted{Identities: w.Identities, cancel: cancel}
	n, err := cognito.NewSweeper(w.Pools, part).Sweep(ctx)
	if n != 100 || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted after a batch: %d, %v", n, err)
	}
	if n := ok(cognito.NewSweeper(w.Pools, w.Identities).Sweep(t.Context()))(t); n != 150 {
		t.Errorf("another sweeper found %d", n)
	}
	if n := ok(w.Sweeper.Sweep(t.Context()))(t); n != 0 {
		t.Errorf("nothing was left, yet it removed %d", n)
	}
}

// interrupted ends the context after the first batch.
type interrupted struct {
	cognito.Identities
	cancel func()
}

func (i *interrupted) DeleteIdentitiesOf(ctx context.Context, pool string, limit int) (int, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	defer i.cancel()
	return i.Identities.DeleteIdentitiesOf(ctx, pool, limit)
}

func TestSweeperReportsFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.guests(pool, 1)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	reports, stop := w.run(w.Sweeper)
	defer stop()
	for range 2 { // it does not give up
		if got := <-reports; got.removed != 0 || !errors.Is(got.err, store.ErrClosed) {
			t.Errorf("a sweep over a closed store: %+v", got)
		}
		w.Sweeper.Wake()
	}
}

// A pool that cannot be read is not one that is gone.
func TestSweeperFailsClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.guests(pool, 1)
	n, err := cognito.NewSweeper(unreadable{w.Pools}, w.Identities).Sweep(t.Context())
	if n != 0 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("swept %d, %v", n, err)
	}
	if n := len(w.list(pool, cognito.ListIdentitiesInput{MaxResults: 60}).Identities); n != 1 {
		t.Errorf("%d identities are left", n)
	}
}

// unreadable pools are there, but cannot be had.
type unreadable struct{ iam.Table[cognito.Pool] }

func (unreadable) Get(context.Context, string) (cognito.Pool, error) {
	return cognito.Pool{}, fs.ErrPermission
}

// Without being woken it looks every hour.
func TestSweeperLooksNowAndThen(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		master, _ := seal.GenerateKey()
		s := ok(store.Open(t.Context(), store.Config{Path: path, MasterKey: master}))(t)
		ctx, cancel := context.WithCancel(t.Context())
		reports, done := make(chan sweep), make(chan struct{})
		go func() {
			defer close(done)
			cognito.NewSweeper(s.Pools(), s).Run(ctx, func(removed int, err error) { reports <- sweep{removed, err} })
		}()
		synctest.Wait() // it has found nothing
		left := cognito.Identity{ID: "us-east-1:0-1", Pool: "us-east-1:0-0", Created: time.Now()}
		if err := s.CreateIdentity(t.Context(), left); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if got := <-reports; got.removed != 1 || got.err != nil || time.Since(begin) != time.Hour {
			t.Errorf("after %s: %+v", time.Since(begin), got)
		}
		cancel()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
