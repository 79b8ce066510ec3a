package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// working is the data that the server under measurement works on: a copy, since it
// writes.
const working = "working"

// defaultCache is how many identities a server keeps in memory unless it is told.
const defaultCache = 200_000

// measurePlace measures a server whose database holds a population.
func (b *bench) measurePlace(ctx context.Context, e engine, p population) (place, error) {
	at := place{Engine: e.name(), Identities: int(p)}
	data, err := b.filled(ctx, e, p)
	if err != nil {
		return at, err
	}
	if at.DiskBytes, err = e.size(ctx, data); err != nil {
		return at, err
	}
	if err := e.remove(ctx, working); err != nil {
		return at, err
	}
	if err := e.copy(ctx, data, working); err != nil {
		return at, err
	}
	syscall.Sync() // or the disk would still be busy with the copy
	if at.StartMilliseconds, err = b.measureStart(ctx, e); err != nil {
		return at, err
	}
	// What reads the store comes first, before GetId makes more of it.
	cold, err := b.measureServer(ctx, e, p, 0)
	if err != nil {
		return at, err
	}
	warm, err := b.measureServer(ctx, e, p, defaultCache)
	if err != nil {
		return at, err
	}
	at.Operations = append(cold.rows, warm.rows...)
	at.MemoryUncached, at.MemoryCached = cold.memory, warm.memory
	return at, e.remove(ctx, working)
}

// filled returns the name of data with a population, made unless an earlier run did.
// Their last step is their name, so that there is no half of them.
func (b *bench) filled(ctx context.Context, e engine, p population) (string, error) {
	name := fmt.Sprintf("filled_%s_%d", b.schema, p)
	const draft = "draft"
	names, err := e.list(ctx)
	if err != nil || slices.Contains(names, name) {
		return name, err
	}
	for _, other := range names {
		if isOutdated(other, p) {
			if err := e.remove(ctx, other); err != nil {
				return "", err
			}
		}
	}
	progress("%s: filling with %s identities, for this run and later ones", e.name(), countText(int(p)))
	if err := e.remove(ctx, draft); err != nil {
		return "", err
	}
	if err := e.create(ctx, draft); err != nil {
		return "", err
	}
	pool, err := b.makeAccount(ctx, e, draft)
	if err != nil {
		return "", fmt.Errorf("making the pool: %w", err)
	}
	if err := fill(ctx, e, draft, pool, p); err != nil {
		return "", fmt.Errorf("filling: %w", err)
	}
	return name, e.rename(ctx, draft, name)
}

// isOutdated reports whether data are the same population in tables of another form.
func isOutdated(name string, p population) bool {
	return strings.HasPrefix(name, "filled_") && strings.HasSuffix(name, fmt.Sprintf("_%d", p))
}

// makeAccount has a server make the tables, the pool and what belongs to it.
func (b *bench) makeAccount(ctx context.Context, e engine, data string) (string, error) {
	server, err := b.startServer(ctx, e, data, defaultCache)
	if err != nil {
		return "", err
	}
	defer server.stop()
	return b.admin(server).makePool(ctx)
}

// measureStart returns how long a server takes from its start until it is ready.
func (b *bench) measureStart(ctx context.Context, e engine) (spread, error) {
	var times []time.Duration
	for range rounds {
		server, err := b.startServer(ctx, e, working, defaultCache)
		if err != nil {
			return spread{}, err
		}
		times = append(times, server.started)
		server.stop()
	}
	return spreadOf(times, func(d time.Duration) float64 { return milliseconds(d) }), nil
}

// serverResult is what was seen of one server.
type serverResult struct {
	rows   []row
	memory float64 // its own, in megabytes, the most at the end of a window
}

// measureServer measures a server that keeps so many identities in memory: the
// operations that read the store, where it keeps none, or else all others.
func (b *bench) measureServer(ctx context.Context, e engine, p population, cached int) (serverResult, error) {
	server, err := b.startServer(ctx, e, working, cached)
	if err != nil {
		return serverResult{}, err
	}
	defer server.stop()
	prepare := b.prepareCached
	if cached == 0 {
		prepare = b.prepareUncached
	}
	operations, err := prepare(ctx, server, p)
	if err != nil {
		return serverResult{}, fmt.Errorf("preparing: %w", err)
	}
	return b.measure(ctx, server, operations, e.name()+", "+countText(int(p))+" identities")
}

func cachedFlag(n int) string { return "--cached-identities=" + strconv.Itoa(n) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
