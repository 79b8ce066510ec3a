package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	maxHeader = 2 << 10 // bytes of a header that policies look at: Cenote takes no more
	maxAnswer = 1 << 20 // bytes
)

// Error is a question that Cenote refused: the service is not allowed to ask, or asks
// what cannot be asked. It is none of the signer's business.
type Error struct {
	Status  int // HTTP
	Code    string
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("gate: Cenote answers %d %s: %s", e.Status, e.Code, e.Message)
}

// question is the request of Cenote.AuthorizeRequest.
type question struct {
	Service                string
	Credential             string
	Date                   string
	Signature              string
	SessionToken           string `json:",omitempty"`
	CanonicalRequestHashes []string
	Action                 string
	Resource               string
	ContextEntries         []entry
}

type entry struct {
	ContextKeyName   string
	ContextKeyValues []string
	ContextKeyType   string
}

// answer is its response, in one with that of a refusal.
type answer struct {
	Allowed bool
	Signer  *struct {
		Account, Arn, UserID       string
		IdentityID, IdentityPoolID string
		Amr                        []string
		Tags                       map[string]string
	}
	Refused                     *Refusal
	Explanation                 string
	EncodedAuthorizationMessage string

	Type    string `json:"__type"`
	Message string
}

// ask makes the call. Whatever is not plainly an answer is an error.
func (c *Client) ask(ctx context.Context, q question) (Answer, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return Answer{}, fmt.Errorf("gate: writing the question: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("gate: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Cenote.AuthorizeRequest")
	sigv4.Sign(r, body, c.Credentials, c.Region, "cenote", c.now())
	response, err := c.httpClient().Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("gate: asking Cenote: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("gate: reading the answer: %w", err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return Answer{}, fmt.Errorf("gate: %s answers with status %d and no JSON: %w", c.Endpoint, response.StatusCode, err)
	}
	if response.StatusCode != http.StatusOK {
		return Answer{}, &Error{Status: response.StatusCode, Code: a.Type, Message: a.Message}
	}
	return a.read()
}

// httpClient follows no redirect: the question holds a signature and a session token.
func (c *Client) httpClient() *http.Client {
	client := http.Client{Timeout: 10 * time.Second}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (a answer) read() (Answer, error) {
	if a.Allowed != (a.Refused == nil) || a.Allowed && a.Signer == nil {
		return Answer{}, errors.New("gate: the answer contradicts itself")
	}
	out := Answer{Allowed: a.Allowed, Explanation: a.Explanation, EncodedMessage: a.EncodedAuthorizationMessage}
	if a.Refused != nil {
		out.Refusal = *a.Refused
	}
	if s := a.Signer; s != nil {
		out.Signer = Signer{
			Account: s.Account, ARN: s.Arn, UserID: s.UserID,
			IdentityID: s.IdentityID, IdentityPoolID: s.IdentityPoolID, AMR: s.Amr, Tags: s.Tags,
		}
	}
	return out, nil
}

// entries are the condition keys of q, and those of r that q has not.
func (q Question) entries(r *http.Request) []entry {
	all := map[string]entry{} // by name in lower case: names compare without regard to it
	tell := func(name, of string, values ...string) {
		all[strings.ToLower(name)] = entry{ContextKeyName: name, ContextKeyValues: values, ContextKeyType: of}
	}
	tell("aws:SourceIp", "string", sourceIP(r))
	tell("aws:SecureTransport", "string", strconv.FormatBool(r.TLS != nil))
	if agent := r.UserAgent(); agent != "" {
		tell("aws:UserAgent", "string", agent)
	}
	if referer := strings.TrimSpace(r.Referer()); referer != "" {
		tell("aws:Referer", "string", referer)
	}
	for name, value := range q.Keys {
		tell(name, "string", value)
	}
	for name, values := range q.Lists {
		tell(name, "stringList", slices.Clone(values)...)
	}
	return slices.Collect(maps.Values(all))
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
