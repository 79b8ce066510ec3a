package sts

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/seal"
)

const (
	maxMessage  = 10240          // characters, of an EncodedMessage
	messageLife = 24 * time.Hour // after which it is not decoded any more
	messageUse  = "authorization message"
)

// DecodeAuthorizationMessageInput is the request of DecodeAuthorizationMessage.
type DecodeAuthorizationMessageInput struct {
	EncodedMessage string `aws:"EncodedMessage" check:"required;len=1-10240"`
}

// DecodeAuthorizationMessageOutput is the answer of DecodeAuthorizationMessage.
type DecodeAuthorizationMessageOutput struct {
	DecodedMessage string `aws:"DecodedMessage"` // JSON
}

// DecodeAuthorizationMessage tells what an encoded message says about a refusal. See
// AWS DecodeAuthorizationMessage.
func (s *Service) DecodeAuthorizationMessage(ctx context.Context, caller iam.Caller, in *DecodeAuthorizationMessageInput) (*DecodeAuthorizationMessageOutput, error) {
	if caller.Opener != nil {
		return nil, accessDenied("Cannot call DecodeAuthorizationMessage with session credentials")
	}
	plain, err := s.Sealer.openMessage(in.EncodedMessage)
	if s.mayKnow(ctx, err) {
		plain, err = s.Sealer.openMessage(in.EncodedMessage)
	}
	if err != nil {
		return nil, invalidAuthorizationMessage(err)
	}
	const prefix = 8 // bytes of the expiry
	if len(plain) < prefix {
		return nil, invalidAuthorizationMessage(errors.New("it is too short"))
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	if !s.now().Before(expires) {
		return nil, invalidAuthorizationMessage(fmt.Errorf("it expired at %s", expires.UTC().Format(time.RFC3339)))
	}
	return &DecodeAuthorizationMessageOutput{DecodedMessage: string(plain[prefix:])}, nil
}

// Denial is a request that policies refused.
type Denial struct {
	Caller   iam.Caller
	Action   string
	Resource string
	Context  policy.Context // what the policies saw
	Decision policy.Decision
}

// EncodeDenial returns a message about a denial for those who may call
// DecodeAuthorizationMessage, and opaque to all others. It is good for a day and has
// at most 10240 characters, as many as can be decoded: where the conditions, or after
// them the statements, would make it longer, they are left out. The error means that
// the message could not be made at all.
func (s *Service) EncodeDenial(d Denial) (string, error) {
	m := d.message()
	expiry := binary.BigEndian.AppendUint64(nil, uint64(s.now().Add(messageLife).Unix()))
	for _, leaveOut := range []func(){
		func() {},
		func() { m.Context.Conditions = list[condition]{Items: []condition{}} },
		func() { m.MatchedStatements = list[matchedStatement]{Items: []matchedStatement{}} },
		func() { m.Context.Action, m.Context.Resource = begin(d.Action), begin(d.Resource) },
	} {
		leaveOut()
		text, err := m.encode()
		if err != nil {
			return "", err
		}
		sealed, err := s.Sealer.sealMessage(append(bytes.Clone(expiry), text...))
		if err != nil || len(sealed) <= maxMessage {
			return sealed, err
		}
	}
	return "", errors.New("encoding a denial: the principal is too long")
}

// begin is the first part of a text that is too long to be told.
func begin(text string) string {
	const most = 512
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// message is what AWS documents about a decoded message: its shape and its names.
type message struct {
	Allowed           bool                   `json:"allowed"`
	ExplicitDeny      bool                   `json:"explicitDeny"`
	MatchedStatements list[matchedStatement] `json:"matchedStatements"`
	Failures          list[struct{}]         `json:"failures"`
	Context           messageContext         `json:"context"`
}

type messageContext struct {
	Principal  messagePrincipal `json:"principal"`
	Action     string           `json:"action"`
	Resource   string           `json:"resource"`
	Conditions list[condition]  `json:"conditions"`
}

type messagePrincipal struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // of a user
	ARN  string `json:"arn"`
}

type list[T any] struct {
	Items []T `json:"items"`
}

type matchedStatement struct {
	StatementID string `json:"statementId"`
	Effect      string `json:"effect"`
}

type condition struct {
	Key    string               `json:"key"`
	Values list[conditionValue] `json:"values"`
}

type conditionValue struct {
	Value string `json:"value"`
}

func (d Denial) message() message {
	m := message{
		ExplicitDeny:      d.Decision.Explicit,
		MatchedStatements: list[matchedStatement]{Items: []matchedStatement{}},
		Failures:          list[struct{}]{Items: []struct{}{}},
		Context: messageContext{
			Principal:  messagePrincipal{ID: d.Caller.UserID, Name: d.Caller.User, ARN: d.Caller.ARN},
			Action:     d.Action,
			Resource:   d.Resource,
			Conditions: list[condition]{Items: []condition{}},
		},
	}
	for _, match := range d.Decision.Matched {
		m.MatchedStatements.Items = append(m.MatchedStatements.Items, matchedStatement{match.Sid, strings.ToUpper(string(match.Effect))})
	}
	for _, key := range d.Context.Keys() {
		values, _, _ := d.Context.Get(key)
		c := condition{Key: key, Values: list[conditionValue]{Items: []conditionValue{}}}
		for _, value := range values {
			c.Values.Items = append(c.Values.Items, conditionValue{value})
		}
		m.Context.Conditions.Items = append(m.Context.Conditions.Items, c)
	}
	return m
}

// encode leaves the characters of ARNs and addresses as they are.
func (m message) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encoding a denial: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// messageKey is another than that of session tokens, so that neither passes for the
// other.
func (k SealingKey) messageKey() (*seal.Key, error) {
	return seal.NewKey(k.Key.Derive(messageUse, seal.KeySize))
}

func (s *Sealer) sealMessage(plain []byte) (string, error) {
	k := s.sealing()
	key, err := k.messageKey()
	if err != nil {
		return "", err
	}
	return k.ID + "." + base64.RawURLEncoding.EncodeToString(key.Seal(plain, messageUse)), nil
}

func (s *Sealer) openMessage(text string) ([]byte, error) {
	id, text, _ := strings.Cut(text, ".")
	k, err := s.named(id)
	if err != nil {
		return nil, err
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // which decoders skip
		return nil, errors.New("it is not base64url")
	}
	key, err := k.messageKey()
	if err != nil {
		return nil, err
	}
	return key.Open(sealed, messageUse)
}
