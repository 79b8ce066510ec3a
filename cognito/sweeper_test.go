package cognito_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"
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

// One pool that cannot be read keeps no identities of other pools alive.
func TestSweeperPassesWhatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pools := slices.Sorted(slices.Values([]string{w.pool(), w.pool(), w.pool()}))
	kept, gone := pools[0], pools[1:] // in the order in which it looks
	w.guests(kept, 1)
	for _, pool := range gone {
		w.guests(pool, 2)
		ok(w.delete(root(), pool))(t)
	}
	n, err := cognito.NewSweeper(unreadablePool{w.Pools, kept}, w.Identities).Sweep(t.Context())
	if n != 4 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("swept %d, %v", n, err)
	}
	if n := len(w.list(kept, cognito.ListIdentitiesInput{MaxResults: 60}).Identities); n != 1 {
		t.Errorf("%d identities are left", n)
	}
}

// unreadablePool is one that is there, but cannot be had.
type unreadablePool struct {
	iam.Table[cognito.Pool]
	id string
}

func (u unreadablePool) Get(ctx context.Context, id string) (cognito.Pool, error) {
	if id == u.id {
		return cognito.Pool{}, fs.ErrPermission
	}
	return u.Table.Get(ctx, id)
}

// ailing identities cannot be had until they are well.
type ailing struct {
	cognito.Identities
	well atomic.Bool
	gone int // how many there are to remove when they are well
}

func (a *ailing) PoolAfter(_ context.Context, pool string) (string, error) {
	switch {
	case !a.well.Load():
		return "", fs.ErrPermission
	case pool == "" && a.gone > 0:
		return "us-east-1:0-0", nil
	default:
		return "", fs.ErrNotExist
	}
}

func (a *ailing) DeleteIdentitiesOf(context.Context, string, int) (int, error) {
	n := a.gone
	a.gone = 0
	return n, nil
}

// none is a table without pools.
type none struct{ iam.Table[cognito.Pool] }

func (none) Get(context.Context, string) (cognito.Pool, error) { return cognito.Pool{}, fs.ErrNotExist }

// After a failure it tries again soon, then ever more rarely, and at once when it is
// woken; when it has recovered, the next failure is a first one.
func TestSweeperTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		identities := &ailing{}
		sweeper := cognito.NewSweeper(none{}, identities)
		ctx, cancel := context.WithCancel(t.Context())
		reports, done := make(chan sweep), make(chan struct{})
		go func() {
			defer close(done)
			sweeper.Run(ctx, func(removed int, err error) { reports <- sweep{removed, err} })
		}()
		last := time.Now()
		expect := func(after time.Duration, removed int, err error) {
			t.Helper()
			got := <-reports
			if waited := time.Since(last); waited != after || got.removed != removed || !errors.Is(got.err, err) {
				t.Errorf("after %s: %+v; want %d, %v after %s", waited, got, removed, err, after)
			}
			last = time.Now()
		}
		expect(0, 0, fs.ErrPermission)
		for _, seconds := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
			expect(seconds*time.Second, 0, fs.ErrPermission)
		}
		// In the bubble's clock, which jumps ahead while all wait: the sweeper is woken in
		// the middle of its pause.
		time.Sleep(time.Minute)
		sweeper.Wake()
		expect(time.Minute, 0, fs.ErrPermission)
		identities.gone = 3
		identities.well.Store(true)
		expect(5*time.Minute, 3, nil)
		identities.well.Store(false)
		expect(time.Hour, 0, fs.ErrPermission)
		expect(time.Second, 0, fs.ErrPermission)
		cancel()
		<-done
	})
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
