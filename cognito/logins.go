package cognito

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
)

// verifyLogins proves every login, or fails for the first one that is not good, in
// the order of the providers' names. It may wait for the network, so it runs
// before any transaction, and waits for all providers at once: Logins has ten at most.
func (s *Service) verifyLogins(ctx context.Context, pool Pool, logins map[string]string) ([]proof, error) {
	if len(logins) > 0 && !pool.hasProviders() {
		return nil, notAuthorized("Identity pool - %s does not have identity providers configured.", pool.ID)
	}
	if len(logins) == 1 { // as in most calls, and nobody else waits then
		for name, raw := range logins {
			p, err := s.verifyLogin(ctx, pool, name, raw)
			return []proof{p}, err
		}
	}
	return s.verifyAtOnce(ctx, pool, logins)
}

func (s *Service) verifyAtOnce(ctx context.Context, pool Pool, logins map[string]string) ([]proof, error) {
	names := slices.Sorted(maps.Keys(logins))
	attempts := make([]attempt, len(names))
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is under way after a failure no longer counts
	for i := range attempts {
		attempts[i].done = make(chan struct{})
		group.Go(func() {
			attempts[i].run(func() (proof, error) { return s.verifyLogin(ctx, pool, names[i], logins[names[i]]) })
		})
	}
	proofs := make([]proof, 0, len(names))
	for i := range attempts {
		p, err := attempts[i].wait()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(proofs, func(other proof) bool { return other.Provider == p.Provider }) {
			return nil, invalidParameter("Logins has more than one token of %s.", p.Provider)
		}
		proofs = append(proofs, p)
	}
	return proofs, nil
}

// attempt is a login that is verified beside others.
type attempt struct {
	done     chan struct{} // closed when it is over
	proof    proof
	err      error
	panicked error
}

// run keeps a panic for who waits: in a goroutine of its own it would end the process, not
// the request.
func (a *attempt) run(verify func() (proof, error)) {
	defer close(a.done)
	defer func() {
		if reason := recover(); reason != nil {
			a.panicked = fmt.Errorf("%v\n%s", reason, debug.Stack())
		}
	}()
	a.proof, a.err = verify()
}

func (a *attempt) wait() (proof, error) {
	<-a.done
	if a.panicked != nil {
		panic(a.panicked)
	}
	return a.proof, a.err
}
