package sts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/seal"
)

// Session is what a session token holds: everything about the session that does
// not depend on what an administrator changes later. The policies of the role
// are read when a request is authorized.
type Session struct {
	RoleName string `json:"r"`
	RoleID   string `json:"i"`
	Name     string `json:"n"`
	Issued   int64  `json:"t"` // Unix seconds
	Expires  int64  `json:"x"` // Unix seconds

	// Keys and Lists are condition keys for the life of the session, with one
	// value and with several: who the federated user is.
	Keys  map[string]string   `json:"k,omitempty"`
	Lists map[string][]string `json:"l,omitempty"`

	Tags           map[string]string `json:"g,omitempty"` // session tags
	TransitiveTags []string          `json:"v,omitempty"` // keys of tags that survive role chaining
	SourceIdentity string            `json:"s,omitempty"`

	Policy   string   `json:"p,omitempty"` // inline session policy
	Policies []string `json:"a,omitempty"` // names of further session policies
}

// ErrInvalidToken means that a session token is none of ours, belongs to another
// access key, or that its role is gone.
var ErrInvalidToken = errors.New("sts: invalid session token")

// ErrExpired means that a session is over.
var ErrExpired = errors.New("sts: session expired")

// Sealer turns sessions into session tokens and back. A token is self-contained
// and bound to its access key id, so verifying one needs no look-up. The first
// key seals, all of them open: keys rotate with overlap. Safe for concurrent use.
type Sealer struct {
	keys []SealingKey
}

// SealingKey is a key of a Sealer under the name that stands in front of tokens.
type SealingKey struct {
	ID  string // without a dot
	Key *seal.Key
}

// NewSealer makes a Sealer of at least one key.
func NewSealer(keys ...SealingKey) *Sealer { return &Sealer{keys: keys} }

// Seal returns the session's secret access key and session token.
func (s *Sealer) Seal(keyID string, session Session) (secret, token string, err error) {
	plain, err := json.Marshal(session)
	if err != nil {
		return "", "", fmt.Errorf("sealing a session: %w", err)
	}
	k := s.keys[0]
	return secretOf(k.Key, keyID), k.ID + "." + base64.StdEncoding.EncodeToString(k.Key.Seal(plain, keyID)), nil
}

// Open returns the session and secret of a session token, or ErrInvalidToken. It
// does not look at the clock.
func (s *Sealer) Open(keyID, token string) (Session, string, error) {
	id, text, _ := strings.Cut(token, ".")
	for _, k := range s.keys {
		if k.ID != id {
			continue
		}
		sealed, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || strings.ContainsAny(text, "\r\n") { // which decoders skip
			return Session{}, "", ErrInvalidToken
		}
		plain, err := k.Key.Open(sealed, keyID)
		if err != nil {
			return Session{}, "", ErrInvalidToken
		}
		var session Session
		if err := json.Unmarshal(plain, &session); err != nil {
			return Session{}, "", ErrInvalidToken
		}
		return session, secretOf(k.Key, keyID), nil
	}
	return Session{}, "", ErrInvalidToken
}

// secretOf derives 40 characters, as AWS's secrets have, so that no secret of a
// session is ever kept.
func secretOf(key *seal.Key, keyID string) string {
	mac := hmac.New(sha256.New, key.Derive("secret access key", sha256.Size))
	mac.Write([]byte(keyID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)[:30])
}

// Authenticate returns the secret of the session that a request's access key and
// session token name, and the caller whom a signature with that secret proves.
// The error is ErrInvalidToken, ErrExpired, or that of the store.
func (s *Service) Authenticate(ctx context.Context, keyID, token string) (secret string, caller iam.Caller, err error) {
	session, secret, err := s.Sealer.Open(keyID, token)
	if err != nil {
		return "", iam.Caller{}, err
	}
	if !s.now().Before(time.Unix(session.Expires, 0)) {
		return secret, iam.Caller{}, ErrExpired
	}
	role, err := s.IAM.Roles.Get(ctx, session.RoleName)
	if errors.Is(err, fs.ErrNotExist) || err == nil && role.ID != session.RoleID {
		return "", iam.Caller{}, ErrInvalidToken // ends with its role, even if one of that name exists again
	}
	if err != nil {
		return "", iam.Caller{}, fmt.Errorf("reading the role of a session: %w", err)
	}
	caller, err = s.caller(keyID, session, role)
	return secret, caller, err
}

func (s *Service) caller(keyID string, session Session, role iam.Role) (iam.Caller, error) {
	c := iam.Caller{
		Account: role.Account,
		ARN:     arn.AssumedRole(role.Account, role.Name, session.Name).String(),
		UserID:  role.ID + ":" + session.Name,
		KeyID:   keyID,
		Role:    &role,
		Keys:    session.context(role),
		Issued:  time.Unix(session.Issued, 0),

		TransitiveTags: session.transitiveTags(),
		SourceIdentity: session.SourceIdentity,
	}
	policies, err := s.sessionPolicies(session)
	if err != nil {
		return iam.Caller{}, err
	}
	c.SessionPolicies, c.HasSession = policies, len(policies) > 0
	return c, nil
}

func (s *Service) sessionPolicies(session Session) ([]policy.Source, error) {
	var list []policy.Source
	if session.Policy != "" {
		document, err := policy.Parse(session.Policy)
		if err != nil {
			return nil, fmt.Errorf("the session policy of a sealed session: %w", err)
		}
		list = append(list, policy.Source{Name: "inline session policy", Kind: policy.Session, Document: document})
	}
	for _, name := range session.Policies {
		document, ok := s.IAM.ManagedPolicy(name)
		if !ok {
			return nil, fmt.Errorf("the session policy %s of a sealed session is not known", name)
		}
		list = append(list, policy.Source{Name: name, Kind: policy.Session, Document: document})
	}
	return list, nil
}

func (s Session) transitiveTags() map[string]string {
	tags := make(map[string]string, len(s.TransitiveTags))
	for _, key := range s.TransitiveTags {
		tags[key] = s.Tags[key]
	}
	return tags
}

// context returns the condition keys that every request of the session carries. A
// session tag overrides the role's tag of that name, whatever its case.
func (s Session) context(role iam.Role) policy.Context {
	keys := policy.NewContext()
	for _, tag := range role.Tags {
		keys.Set("aws:PrincipalTag/"+tag.Key, tag.Value)
	}
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
