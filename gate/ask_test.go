package gate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/sigv4"
)

// TestServiceMayNotAsk tells the owner's own problems from those of the signer.
func TestServiceMayNotAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, key := w.identity("alice")
	stranger := w.user("stranger", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"notes:*","Resource":"*"}}`)
	wrong := w.service
	wrong.SecretAccessKey = "another"
	const notAllowed = "User: arn:aws:iam::123456789012:user/%s is not authorized to perform: cenote:AuthorizeRequest" +
		" on resource: arn:aws:cenote:eu-west-1:123456789012:service/%s because no identity-based policy allows the cenote:AuthorizeRequest action"
	for name, tt := range map[string]struct {
		change func(*gate.Client)
		q      gate.Question
		want   gate.Error
	}{
		"no permission": {func(c *gate.Client) { c.Credentials = stranger }, gate.Question{}, gate.Error{
			Status: 400, Code: "AccessDeniedException", Message: fmt.Sprintf(notAllowed, "stranger", "notes"),
		}},
		"another service": {func(c *gate.Client) { c.Service = "photos" }, gate.Question{}, gate.Error{
			Status: 400, Code: "AccessDeniedException", Message: fmt.Sprintf(notAllowed, "notes-service", "photos"),
		}},
		"wrong secret": {func(c *gate.Client) { c.Credentials = wrong }, gate.Question{}, gate.Error{
			Status: 400, Code: "InvalidSignatureException", Message: mismatch,
		}},
		"clock": {func(c *gate.Client) { c.HTTPClient = &http.Client{Transport: older{w, 6 * time.Minute}} }, gate.Question{}, gate.Error{
			Status: 400, Code: "InvalidSignatureException",
			Message: "Signature expired: 20260701T120000Z is now earlier than 20260701T120100Z (20260701T120600Z - 5 min.)",
		}},
		"proven key": {func(*gate.Client) {}, gate.Question{Keys: map[string]string{"AWS:PrincipalTag/dept": "all"}}, gate.Error{
			Status: 400, Code: "InvalidInput",
			Message: "The context key AWS:PrincipalTag/dept cannot be told: only keys of the service and of the action can, and of aws: those about the request and the resource.",
		}},
		"no action": {func(*gate.Client) {}, gate.Question{Action: "Read"}, gate.Error{
			Status: 400, Code: "ValidationException",
			Message: "1 validation error detected: Value 'Read' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-]+:[A-Za-z0-9_.-]+",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := w.client()
			tt.change(c)
			r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/"+alice+"/1", nil)
			sigv4.Sign(r, nil, key, region, c.Service, w.now())
			q := reading(r)
			q.Keys = tt.q.Keys
			if tt.q.Action != "" {
				q.Action = tt.q.Action
			}
			answer, err := c.Authorize(t.Context(), r, nil, q)
			e, ok := errors.AsType[*gate.Error](err)
			if !ok {
				t.Fatalf("got %+v, %v", answer, err)
			}
			if diff := cmp.Diff(tt.want, *e); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(gate.Answer{}, answer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRefusedOnTheSpot does not ask Cenote, which is not there, what needs no secret.
func TestRefusedOnTheSpot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, key := w.identity("alice")
	c := w.client()
	c.Endpoint = "http://cenote.invalid"
	for code, change := range map[string]func(*http.Request){
		"MissingAuthenticationTokenException": func(*http.Request) {},
		"IncompleteSignatureException":        func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") },
		"InvalidSignatureException":           func(r *http.Request) { sigv4.Sign(r, nil, key, region, "sts", w.now()) },
		"RequestHeaderFieldsTooLarge": func(r *http.Request) {
			sigv4.Sign(r, nil, key, region, "notes", w.now())
			r.Header.Set("User-Agent", strings.Repeat("x", 2049))
		},
		"AccessDeniedException": func(r *http.Request) {
			r.URL.RawQuery, r.RequestURI = "X-Amz-Expires=0", ""
			sigv4.Presign(r, nil, key, region, "notes", w.now().Add(-time.Second))
		},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
		change(r)
		answer, err := c.Authorize(t.Context(), r, nil, reading(r))
		if err != nil || answer.Allowed || answer.Refusal.Code != code {
			t.Errorf("%s: %+v, %v", code, answer, err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
	sigv4.Sign(r, nil, key, region, "notes", w.now())
	if answer, err := c.Authorize(t.Context(), r, nil, reading(r)); err == nil {
		t.Errorf("a good signature without Cenote: %+v", answer)
	}
}

// TestFollowsNoRedirect sends nobody else what proves a signature.
func TestFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, key := w.identity("alice")
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(other.Close)
	stand := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(stand.Close)
	for _, client := range []*http.Client{nil, {}} {
		c := w.client()
		c.Endpoint, c.HTTPClient = stand.URL, client
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
		sigv4.Sign(r, nil, key, region, "notes", w.now())
		if answer, err := c.Authorize(t.Context(), r, nil, reading(r)); err == nil {
			t.Errorf("the answer is %+v", answer)
		}
	}
}

// TestNoAnswer lets nobody in where Cenote does not answer, or something else does.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, key := w.identity("alice")
	reply := func(status int, body string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, body)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"nothing":           reply(http.StatusOK, ""),
		"a page":            reply(http.StatusOK, "<html>"),
		"no verdict":        reply(http.StatusOK, "{}"),
		"allowed, nobody":   reply(http.StatusOK, `{"Allowed":true}`),
		"allowed, refused":  reply(http.StatusOK, `{"Allowed":true,"Signer":{"Arn":"x"},"Refused":{"Code":"x"}}`),
		"allowed, but 500":  reply(http.StatusInternalServerError, `{"Allowed":true,"Signer":{"Arn":"x"}}`),
		"allowed, but 302":  reply(http.StatusFound, `{"Allowed":true,"Signer":{"Arn":"x"}}`),
		"hangs up":          func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"more than it says": reply(http.StatusOK, `{"Allowed":true,"Signer":{"Arn":"`+strings.Repeat("x", 1<<20)+`"}}`),
	} {
		stand := httptest.NewServer(handler)
		c := w.client()
		c.Endpoint = stand.URL
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
		sigv4.Sign(r, nil, key, region, "notes", w.now())
		answer, err := c.Authorize(t.Context(), r, nil, reading(r))
		if diff := cmp.Diff(gate.Answer{}, answer); err == nil || diff != "" {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
		if err != nil && (strings.Contains(err.Error(), key.SessionToken) || strings.Contains(err.Error(), w.service.SecretAccessKey)) {
			t.Errorf("%s: the error tells a secret", name)
		}
		stand.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
	sigv4.Sign(r, nil, key, region, "notes", w.now())
	if answer, err := w.client().Authorize(ctx, r, nil, reading(r)); answer.Allowed || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %+v, %v", answer, err)
	}
}

// older lets so much time pass for Cenote between the signature and its arrival.
type older struct {
	w  *world
	by time.Duration
}

func (o older) RoundTrip(r *http.Request) (*http.Response, error) {
	o.w.advance(o.by)
	defer o.w.advance(-o.by)
	return http.DefaultTransport.RoundTrip(r)
}
