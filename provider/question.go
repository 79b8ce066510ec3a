package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/cenotehq/cenote/token"
)

// question is a request that shows somebody's token to its provider. Where it goes
// may be told in errors; what it carries may not.
type question struct {
	provider      string
	host, path    string
	query         url.Values
	authorization string
	token         string
}

func (q question) at(path string) question {
	q.path = path
	return q
}

// address is where the question goes, without the query.
func (q question) address() string { return "https://" + q.host + q.path }

// ask returns the answer, a JSON object. HTTP redirects are not followed: a token goes
// nowhere but to its provider.
func (c *Client) ask(ctx context.Context, q question) (map[string]any, error) {
	if len(q.token) > maxAccessToken || q.token == "" || strings.ContainsFunc(q.token, notVisible) {
		return nil, &RejectedError{Provider: q.provider, Status: http.StatusBadRequest}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.address(), nil)
	if err != nil {
		return nil, &InvalidError{Issuer: q.provider, Cause: err}
	}
	req.URL.RawQuery = q.query.Encode()
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "cenote")
	if q.authorization != "" {
		req.Header.Set("Authorization", q.authorization)
	}
	direct := http.Client{Transport: c.http.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := direct.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // which has the query
			err = wrapped.Err
		}
		return nil, classify(q.provider, err)
	}
	body, err := readBody(resp, q.address())
	if resp.StatusCode != http.StatusOK {
		return nil, q.refusal(resp.StatusCode, body)
	}
	if err != nil {
		return nil, classify(q.provider, err)
	}
	return q.read(resp.Header.Get("Content-Type"), body)
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

// read takes a JSON object and nothing that only looks like one. Its errors do not
// have the body in them, which may repeat the token.
func (q question) read(contentType string, body []byte) (map[string]any, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "application/json" && kind != "text/javascript" { // the latter from old Graph versions
		return nil, &InvalidError{Issuer: q.provider, Cause: &URLError{URL: q.address(), Reason: "its answer is not declared as JSON"}}
	}
	object, err := token.Object(body)
	if err != nil {
		return nil, &InvalidError{Issuer: q.provider, Cause: &URLError{URL: q.address(), Reason: "its answer is not one JSON object"}}
	}
	return object, nil
}

// identifier reads an id from an answer.
func (q question) identifier(answer map[string]any, name string) (string, error) {
	id, _ := answer[name].(string)
	if id == "" || len(id) > maxIdentifier || strings.ContainsFunc(id, notIdentifier) {
		return "", &InvalidError{Issuer: q.provider, Cause: &URLError{URL: q.address(), Reason: "its answer has no " + name}}
	}
	return id, nil
}

// notIdentifier leaves out colons above all, which separate ids in our own tokens.
func notIdentifier(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-')
}

// refusal tells a provider that says no from one that is sick or out of order.
func (q question) refusal(status int, body []byte) error {
	cause := classify(q.provider, &StatusError{URL: q.address(), Status: status})
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
	default:
		return cause
	}
	rejected := &RejectedError{Provider: q.provider, Status: status}
	if q.provider == Facebook {
		code, sub := graphError(body)
		if isPassing(code) {
			return &UnreachableError{Issuer: q.provider, Cause: fmt.Errorf("error %d of the Graph API: %w", code, errors.Unwrap(cause))}
		}
		rejected.Expired = code == 190 && sub == 463
	}
	return rejected
}

// graphError reads code and error_subcode of the Graph API's errors ("Handling
// Errors"), which all come with status 400; zeros where there are none.
func graphError(body []byte) (code, sub int64) {
	answer, _ := token.Object(body)
	members, _ := answer["error"].(map[string]any)
	number := func(name string) int64 {
		n, _ := members[name].(json.Number)
		i, _ := n.Int64()
		return i
	}
	return number("code"), number("error_subcode")
}

// isPassing reports whether an error of the Graph API has nothing to do with the
// token: trouble of its own, and limits of rate.
func isPassing(code int64) bool {
	switch code {
	case 1, 2, 4, 17, 32, 341, 613:
		return true
	}
	return false
}
