package main

import (
	"context"
	"iter"
	"time"
)

// fill writes the population of a pool straight into the tables of the store, which
// takes a small part of the time that a server would need. Half of them have a login.
func fill(ctx context.Context, e engine, data, pool string, p population) error {
	identities := []string{"id", "pool", "authenticated", "disabled", "created", "modified"}
	if err := e.insert(ctx, data, "identities", identities, p.identityRows(pool, time.Now())); err != nil {
		return err
	}
	return e.insert(ctx, data, "logins", []string{"pool", "provider", "subject", "identity"}, p.loginRows(pool))
}

func (p population) identityRows(pool string, now time.Time) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for n := range int(p) {
			p.tell(n, "identities")
			if !yield([]any{idOf(n), pool, int64(n % 2), int64(0), now.UnixMilli(), now.UnixMilli()}) {
				return
			}
		}
	}
}

func (p population) loginRows(pool string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for i := range p.users() {
			p.tell(i, "logins")
			id, subject := p.user(i)
			if !yield([]any{pool, userPool, subject, id}) {
				return
			}
		}
	}
}

func (p population) tell(n int, what string) {
	if n > 0 && n%1_000_000 == 0 {
		progress("filling: %d million %s of a population of %d", n/1_000_000, what, p)
	}
}
