package sts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/seal"
)

// Session is what a session token holds: everything about the session that does
// not depend on what an administrator changes later. The policies of the role
// are read when a request is authorized.
type Session struct {
	Kind    Kind
	Name    string // of the session of a role, or of the federated user
	Issued  int64  // Unix seconds
	Expires int64  // Unix seconds

	// RoleName and RoleID are the role of a session of a role, which ends with it.
	RoleName string
	RoleID   string

	// OpenedBy is the access key that opened a session of another kind, which ends
	// with the key; ByRoot is whether it is one of root.
	OpenedBy string
	ByRoot   bool

	// Keys and Lists are condition keys for the life of the session, with one
	// value and with several: who the federated user is.
	Keys  map[string]string
	Lists map[string][]string

	Tags           map[string]string // session tags
	TransitiveTags []string          // keys of tags that survive role chaining
	SourceIdentity string

	Policy   string   // inline session policy
	Policies []string // names of further session policies
}

// Kind is whose a session is. The numbers stand in session tokens.
type Kind int

// What a session may be of.
const (
	OfRole      Kind = iota // a role
	OfOpener                // the user or root that opened it (GetSessionToken)
	OfFederated             // a user of whoever opened it (GetFederationToken)
)

// ErrInvalidToken means that a session token is none of ours, belongs to another
// access key, or that its role or the key that opened it is gone.
var ErrInvalidToken = errors.New("sts: invalid session token")

// errUnknownKey is the ErrInvalidToken of a token whose key another server may have
// made a moment ago.
var errUnknownKey = fmt.Errorf("%w: no such sealing key", ErrInvalidToken)

// ErrExpired means that a session is over.
var ErrExpired = errors.New("sts: session expired")

// Sealer turns sessions into session tokens and back. A token is self-contained
// and bound to its access key id, so verifying one needs no look-up. The first
// key seals, all of them open: keys rotate with overlap. Safe for concurrent use.
type Sealer struct {
	keys atomic.Pointer[[]sessionKey]
}

// SealingKey is a key of a Sealer under the name that stands in front of tokens.
type SealingKey struct {
	ID  string // without a dot
	Key *seal.Key
}

// NewSealer makes a Sealer of at least one key.
func NewSealer(keys ...SealingKey) *Sealer {
	s := &Sealer{}
	s.Use(keys...)
	return s
}

// Use replaces the keys by others, at least one. Calls that are under way go on with
// those that they began with.
func (s *Sealer) Use(keys ...SealingKey) {
	var list []sessionKey
	for _, k := range keys {
		list = append(list, newSessionKey(k))
	}
	s.keys.Store(&list)
}

// sealing is the key that seals.
func (s *Sealer) sealing() sessionKey { return (*s.keys.Load())[0] }

// named returns the key with this id, or errUnknownKey.
func (s *Sealer) named(id string) (sessionKey, error) {
	for _, k := range *s.keys.Load() {
		if k.ID == id {
			return k, nil
		}
	}
	return sessionKey{}, errUnknownKey
}

// sessionKey is a SealingKey with what it derives secrets with.
type sessionKey struct {
	SealingKey
	macs *sync.Pool // of hash.Hash: HMACs under a key that is derived from the other
}

func newSessionKey(k SealingKey) sessionKey {
	secrets := k.Key.Derive("secret access key", sha256.Size)
	return sessionKey{k, &sync.Pool{New: func() any { return hmac.New(sha256.New, secrets) }}}
}

// Seal returns the session's secret access key and session token.
func (s *Sealer) Seal(keyID string, session Session) (secret, token string) {
	k := s.sealing()
	return k.secretOf(keyID), k.ID + "." + base64.StdEncoding.EncodeToString(k.Key.Seal(session.pack(), keyID))
}

// Open returns the session and secret of a session token, or ErrInvalidToken. It
// does not look at the clock.
func (s *Sealer) Open(keyID, token string) (Session, string, error) {
	id, text, _ := strings.Cut(token, ".")
	k, err := s.named(id)
	if err != nil {
		return Session{}, "", err
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodedLen(len(sealed)) != len(text) { // decoders skip line breaks
		return Session{}, "", ErrInvalidToken
	}
	plain, err := k.Key.Open(sealed, keyID)
	if err != nil {
		return Session{}, "", ErrInvalidToken
	}
	session, ok := unpack(plain)
	if !ok {
		return Session{}, "", ErrInvalidToken
	}
	return session, k.secretOf(keyID), nil
}

// secretOf derives 40 characters, as AWS's secrets have, so that no secret of a
// session is ever kept.
func (k sessionKey) secretOf(keyID string) string {
	mac, _ := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(keyID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)[:30])
}

func (s Session) transitiveTags() map[string]string {
	tags := make(map[string]string, len(s.TransitiveTags))
	for _, key := range s.TransitiveTags {
		tags[key] = s.Tags[key]
	}
	return tags
}

// context adds to the tags of the session's role or user, which it takes over, the
// condition keys that every request of the session carries. A session tag overrides
// the other of that name, whatever its case.
func (s Session) context(keys policy.Context) policy.Context {
	for key, value := range s.Tags {
		keys.Set("aws:PrincipalTag/"+key, value)
	}
	for key, value := range s.Keys {
		keys.Set(key, value)
	}
	for key, values := range s.Lists {
		keys.SetList(key, values)
	}
	if s.SourceIdentity != "" {
		keys.Set("aws:SourceIdentity", s.SourceIdentity)
	}
	return keys
}
