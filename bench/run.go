package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"github.com/cenotehq/cenote/sigv4"
)

// rounds is how often each kind of window is measured.
const rounds = 3

// bench is a run.
type bench struct {
	settings
	folder string // of all that is kept from run to run
	binary string // of the server
	schema string // of its store
	root   sigv4.Credentials
	pools  *userPools
}

// run measures everything that the settings ask for.
func run(ctx context.Context, s settings) (r *report, err error) {
	folder, err := cacheFolder(s.cache)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, fmt.Errorf("another run uses the folder %s: wait for it, or give another with -cache", folder)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	b := &bench{settings: s, folder: folder, root: newRootKey()}
	progress("building the server")
	if err := b.build(ctx); err != nil {
		return nil, fmt.Errorf("building the server: %w", err)
	}
	if b.pools, err = startUserPools(); err != nil {
		return nil, err
	}
	defer b.pools.stop()
	return b.report(ctx)
}

func (b *bench) report(ctx context.Context) (*report, error) {
	r := &report{
		Date: time.Now().UTC().Format(time.DateOnly), Machine: machine(), Go: runtime.Version(), CPUs: runtime.NumCPU(),
		Rounds: rounds, WindowSeconds: b.window.Seconds(),
	}
	for _, name := range b.engines {
		places, err := b.measureEngine(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r.Places = append(r.Places, places...)
	}
	if b.peer {
		peer, err := b.measurePeer(ctx)
		if err != nil {
			return nil, fmt.Errorf("moto: %w", err)
		}
		r.Peer = peer
	}
	costs, err := b.measureDecisions()
	if err != nil {
		return nil, err
	}
	r.Decisions = costs
	r.conclude()
	return r, nil
}

func (b *bench) measureEngine(ctx context.Context, name string) ([]place, error) {
	e, err := startEngine(ctx, name, b.folder)
	if err != nil {
		return nil, err
	}
	defer e.stop()
	var places []place
	for _, p := range b.identities {
		at, err := b.measurePlace(ctx, e, p)
		if err != nil {
			return nil, fmt.Errorf("%s identities: %w", countText(int(p)), err)
		}
		places = append(places, at)
	}
	return places, nil
}
