package provider

import (
	"errors"
	"sync"
)

// share is how many questions one provider is asked at once on behalf of tokens. What
// comes beyond is turned away, for anybody can bring tokens: in a queue the good ones
// would wait behind the made-up ones until their time is over. Keys need no share, since
// callers for one source share one question.
const share = 100

var errBusy = errors.New("as many questions as it is asked at once are under way")

// shares counts the questions under way for each provider, so that a flood of one's
// tokens costs the others nothing. The zero value has none.
type shares struct {
	mu    sync.Mutex
	taken map[string]int
}

// take returns *UnreachableError if the provider's share is taken; otherwise give has
// to follow.
func (s *shares) take(provider string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[provider] >= share {
		return &UnreachableError{Issuer: provider, Cause: errBusy}
	}
	if s.taken == nil {
		s.taken = make(map[string]int)
	}
	s.taken[provider]++
	return nil
}

func (s *shares) give(provider string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[provider]--; s.taken[provider] == 0 {
		delete(s.taken, provider)
	}
}
