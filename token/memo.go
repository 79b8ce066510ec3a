package token

import (
	"crypto/sha256"
	"sync"
)

// memoSize is how many tokens a generation of a memo holds. Clients send a token for an
// id and for credentials within a moment, so few have to be remembered.
const memoSize = 1024

// memo remembers which signatures a set of keys has verified. Nothing else of a token is
// remembered, and nothing that failed. It goes with its keys. A nil memo has no memory.
type memo struct {
	mu            sync.Mutex
	recent, older map[[sha256.Size]byte]struct{}
}

// memoKey stands for all that the verification of a signature depends on, beside the keys.
func (t *Token) memoKey() [sha256.Size]byte {
	text := make([]byte, 0, 2<<10)
	text = append(append(text, t.signed...), '.')
	return sha256.Sum256(append(text, t.signature...))
}

func (m *memo) has(key [sha256.Size]byte) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, recent := m.recent[key]
	_, older := m.older[key]
	return recent || older
}

// add forgets the older half when the newer is full.
func (m *memo) add(key [sha256.Size]byte) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recent == nil || len(m.recent) >= memoSize {
		m.older, m.recent = m.recent, make(map[[sha256.Size]byte]struct{})
	}
	m.recent[key] = struct{}{}
}
