package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// reading asks whether a note may be read; its resource is the path.
func reading(r *http.Request) gate.Question {
	return gate.Question{Action: "notes:Read", Resource: "arn:aws:notes:::" + strings.TrimPrefix(r.URL.Path, "/")}
}

// call signs a request to n, changes it, sends it, and returns the status and the body.
func (w *world) call(t *testing.T, n *notes, key sigv4.Credentials, path, body string, tamper func(*http.Request)) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, n.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	sigv4.Sign(r, []byte(body), key, region, "notes", w.now())
	if tamper != nil {
		tamper(r)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// refuses fails the test unless the last answer of n was this refusal.
func (n *notes) refuses(t *testing.T, code, message string) {
	t.Helper()
	if n.err != nil || n.answer.Allowed {
		t.Errorf("allowed %t, error %v", n.answer.Allowed, n.err)
	}
	if diff := cmp.Diff(gate.Refusal{Code: code, Message: message}, n.answer.Refusal); diff != "" {
		t.Error(diff)
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := serve(t, w.client(), reading)
	alice, key := w.identity("alice")
	bob, _ := w.identity("bob")
	if status, text := w.call(t, n, key, "/"+alice+"/1", "text", nil); status != http.StatusOK || text != "" {
		t.Fatalf("her own note: %d %s, %v", status, text, n.err)
	}
	session := n.answer.Signer.ARN
	role := must(w.config.IAM.Roles.Get(t.Context(), "member"))
	want := gate.Answer{Allowed: true, Signer: gate.Signer{
		Account: account, ARN: "arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials",
		UserID:     role.ID + ":CognitoIdentityCredentials",
		IdentityID: alice, IdentityPoolID: w.pool, AMR: n.answer.Signer.AMR, Tags: map[string]string{"kind": "member"},
	}}
	if diff := cmp.Diff(want, n.answer); diff != "" {
		t.Error(diff)
	}
	if amr := n.answer.Signer.AMR; len(amr) != 3 || amr[0] != "authenticated" || amr[1] != idp {
		t.Errorf("amr is %q", amr)
	}

	status, text := w.call(t, n, key, "/"+bob+"/1", "text", nil)
	message := "User: " + session + " is not authorized to perform: notes:Read on resource: arn:aws:notes:::" + bob + "/1" +
		" because no identity-based policy allows the notes:Read action"
	n.refuses(t, "AccessDeniedException", message)
	if want := fmt.Sprintf("{\"message\":%q}\n", message); status != http.StatusForbidden || text != want {
		t.Errorf("the client is told %d %s", status, text)
	}
	if n.answer.Signer.IdentityID != alice {
		t.Errorf("whoever is denied is known as well, and is %+v", n.answer.Signer)
	}
	if want := `statement 1 (Own) of the identity-based policy of "own" would allow it but for its Resource`; !strings.HasPrefix(n.answer.Explanation, want) {
		t.Errorf("the explanation is %s", n.answer.Explanation)
	}
	decoded := must(w.config.STS.DecodeAuthorizationMessage(t.Context(), root(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: n.answer.EncodedMessage}))
	for _, part := range []string{
		`"explicitDeny":false`, `"action":"notes:Read"`, bob + "/1",
		`{"key":"aws:SourceIp","values":{"items":[{"value":"127.0.0.1"}]}}`, `{"key":"aws:RequestedRegion","values":{"items":[{"value":"eu-west-1"}]}}`,
	} {
		if !strings.Contains(decoded.DecodedMessage, part) {
			t.Errorf("the decoded message has no %s: %s", part, decoded.DecodedMessage)
		}
	}
}

// TestGuest shows what AWS's list of services leaves to guests.
func TestGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, key := w.identity("")
	action := "execute-api:Invoke"
	n := serve(t, w.client(), func(r *http.Request) gate.Question {
		return gate.Question{Action: action, Resource: "arn:aws:execute-api:::" + strings.TrimPrefix(r.URL.Path, "/")}
	})
	if status, text := w.call(t, n, key, "/"+id+"/1", "", nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if diff := cmp.Diff([]string{"unauthenticated"}, n.answer.Signer.AMR); diff != "" || n.answer.Signer.IdentityID != id {
		t.Errorf("the guest is %+v %s", n.answer.Signer, diff)
	}
	w.call(t, n, key, "/eu-west-1:00000000-0000-4000-8000-000000000000/1", "", nil)
	if n.answer.Allowed || n.answer.Refusal.Code != "AccessDeniedException" {
		t.Errorf("another's: %+v", n.answer)
	}
	action = "notes:Read"
	w.call(t, n, key, "/"+id+"/1", "", nil)
	if want := "because no session policy allows the notes:Read action"; !strings.HasSuffix(n.answer.Refusal.Message, want) {
		t.Errorf("an action that guests cannot be allowed: %+v", n.answer.Refusal)
	}
}

// TestTampered changes everything that a signature covers after it was made, and what
// it is about.
func TestTampered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := "notes:Read"
	n := serve(t, w.client(), func(r *http.Request) gate.Question {
		q := reading(r)
		q.Action = asked
		return q
	})
	alice, key := w.identity("alice")
	_, other := w.identity("bob")
	path := "/" + alice + "/1?rev=7"
	if w.call(t, n, key, path, "text", nil); !n.answer.Allowed {
		t.Fatalf("untouched: %+v %v", n.answer, n.err)
	}
	for name, tamper := range map[string]func(*http.Request){
		"method":        func(r *http.Request) { r.Method = http.MethodPost },
		"path":          func(r *http.Request) { r.URL.Path = "/" + alice + "/2" },
		"query":         func(r *http.Request) { r.URL.RawQuery = "rev=8" },
		"header":        func(r *http.Request) { r.Header.Set("Content-Type", "text/html") },
		"date":          func(r *http.Request) { r.Header.Set("X-Amz-Date", w.now().Add(time.Second).Format("20060102T150405Z")) },
		"host":          func(r *http.Request) { r.Host = "other.example.test" },
		"body":          func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("TEXT")) },
		"signature":     func(r *http.Request) { r.Header.Set("Authorization", flip(r.Header.Get("Authorization"))) },
		"key of secret": func(r *http.Request) { sigv4.Sign(r, []byte("text"), swap(key, other), region, "notes", w.now()) },
	} {
		w.call(t, n, key, path, "text", tamper)
		t.Log(name)
		n.refuses(t, "InvalidSignatureException", mismatch)
		if diff := cmp.Diff(gate.Signer{}, n.answer.Signer); diff != "" {
			t.Errorf("nobody is proven: %s", diff)
		}
	}
	w.call(t, n, key, path, "text", func(r *http.Request) { r.Header.Set("X-Amz-Owner", "me") })
	n.refuses(t, "InvalidSignatureException", "'x-amz-owner' must be a 'SignedHeader' in the AWS Authorization.")
	w.call(t, n, key, path, "text", func(r *http.Request) { sigv4.Sign(r, []byte("text"), key, region, "sts", w.now()) })
	n.refuses(t, "InvalidSignatureException", "Credential should be scoped to correct service: 'notes'.")
	w.call(t, n, key, path, "text", func(r *http.Request) { r.Header.Del("Authorization") })
	n.refuses(t, "MissingAuthenticationTokenException", "Missing Authentication Token")
	w.call(t, n, key, path, "text", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") })
	if n.answer.Allowed || n.err != nil || n.answer.Refusal.Code != "IncompleteSignatureException" {
		t.Errorf("a bearer token: %+v, %v", n.answer, n.err)
	}
	w.call(t, n, key, path, "text", func(r *http.Request) { r.Header.Set("Referer", strings.Repeat("x", 2049)) })
	n.refuses(t, "RequestHeaderFieldsTooLarge", "User-Agent and Referer have at most 2048 bytes.")

	asked = "photos:Read" // the same request again, for another action
	w.call(t, n, key, path, "text", nil)
	if n.answer.Allowed || n.answer.Refusal.Code != "AccessDeniedException" {
		t.Errorf("another action: %+v, %v", n.answer, n.err)
	}
}

// flip changes the last digit of a signature.
func flip(authorization string) string {
	last := authorization[len(authorization)-1]
	if last == '0' {
		return authorization[:len(authorization)-1] + "1"
	}
	return authorization[:len(authorization)-1] + "0"
}

// swap is a key with the secret of another.
func swap(key, other sigv4.Credentials) sigv4.Credentials {
	key.SecretAccessKey = other.SecretAccessKey
	return key
}

// TestSessionIsOver covers all that ends a session, or never was one.
func TestSessionIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := serve(t, w.client(), reading)
	const invalid = "The security token included in the request is invalid."
	alice, key := w.identity("alice")
	_, other := w.identity("bob")
	path := "/" + alice + "/1"

	mixed := key
	mixed.SessionToken = other.SessionToken
	w.call(t, n, mixed, path, "", nil)
	n.refuses(t, "UnrecognizedClientException", invalid)
	bare := key
	bare.SessionToken = ""
	w.call(t, n, bare, path, "", nil)
	n.refuses(t, "UnrecognizedClientException", invalid)
	w.call(t, n, sigv4.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}, path, "", nil)
	n.refuses(t, "UnrecognizedClientException", invalid)

	late := w.client()
	late.Now = func() time.Time { return w.now().Add(6 * time.Minute) }
	lateNotes := serve(t, late, reading)
	w.call(t, lateNotes, key, path, "", nil)
	if lateNotes.err != nil || !strings.HasPrefix(lateNotes.answer.Refusal.Message, "Signature expired: ") {
		t.Errorf("six minutes late: %+v, %v", lateNotes.answer, lateNotes.err)
	}

	ctx := t.Context()
	must(w.config.IAM.DeleteRolePolicy(ctx, root(), &iam.DeleteRolePolicyInput{RoleName: "member", PolicyName: "own"}))
	w.call(t, n, key, path, "", nil)
	if n.answer.Allowed || n.answer.Refusal.Code != "AccessDeniedException" {
		t.Errorf("the role lost its policy: %+v, %v", n.answer, n.err)
	}
	must(w.config.IAM.DeleteRole(ctx, root(), &iam.DeleteRoleInput{RoleName: "member"}))
	w.call(t, n, key, path, "", nil)
	n.refuses(t, "UnrecognizedClientException", invalid)

	guest, guestKey := w.identity("")
	w.advance(2 * time.Hour)
	w.call(t, n, guestKey, "/"+guest+"/1", "", nil)
	n.refuses(t, "ExpiredTokenException", "The security token included in the request is expired")
}

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
		"nothing":          reply(http.StatusOK, ""),
		"a page":           reply(http.StatusOK, "<html>"),
		"no verdict":       reply(http.StatusOK, "{}"),
		"allowed, nobody":  reply(http.StatusOK, `{"Allowed":true}`),
		"allowed, refused": reply(http.StatusOK, `{"Allowed":true,"Signer":{"Arn":"x"},"Refused":{"Code":"x"}}`),
		"allowed, but 500": reply(http.StatusInternalServerError, `{"Allowed":true,"Signer":{"Arn":"x"}}`),
		"allowed, but 302": reply(http.StatusFound, `{"Allowed":true,"Signer":{"Arn":"x"}}`),
		"hangs up":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirects": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, w.URL, http.StatusTemporaryRedirect)
		},
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

func TestPresigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := serve(t, w.client(), reading)
	alice, key := w.identity("alice")
	r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+"/"+alice+"/1", nil))
	sigv4.Presign(r, nil, key, region, "notes", w.now())
	for range 2 {
		if status, text := send(t, r); status != http.StatusOK {
			t.Errorf("%d %s, %v", status, text, n.err)
		}
	}
	r.URL.RawQuery += "&more=1"
	send(t, r)
	n.refuses(t, "InvalidSignatureException", mismatch)
}

// TestPresignedExpires holds presigned URLs to what they say about themselves.
func TestPresignedExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, key := w.identity("alice")
	for _, tt := range []struct {
		expires string
		age     time.Duration
		want    string // what the refusal begins with; empty if it is allowed
	}{
		{"60", 60 * time.Second, ""},
		{"60", 61 * time.Second, "Request has expired"},
		{"604800", 5 * time.Minute, ""},
		{"604800", 5*time.Minute + time.Second, "Signature expired: "},
		{"0", time.Second, "Request has expired"},
		{"-1", 0, "Request has expired"},
		{"soon", 0, "Request has expired"},
		{"", 0, "Request has expired"},
		{"600&X-Amz-Expires=1", 2 * time.Second, "Request has expired"},
		{"99999999999999999999", 0, "Request has expired"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/"+alice+"/1?X-Amz-Expires="+tt.expires, nil)
		r.RequestURI = "" // as of a client that signs
		sigv4.Presign(r, nil, key, region, "notes", w.now())
		c := w.client()
		c.HTTPClient = &http.Client{Transport: older{w, tt.age}}
		c.Now = func() time.Time { return w.now().Add(tt.age) }
		answer, err := c.Authorize(t.Context(), r, nil, reading(r))
		if err != nil || answer.Allowed != (tt.want == "") || !strings.HasPrefix(answer.Refusal.Message, tt.want) {
			t.Errorf("%+v: %+v, %v", tt, answer, err)
		}
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

// TestProxyThatRewritesHost has the service behind a proxy under another name.
func TestProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice, key := w.identity("alice")
	for _, hosts := range [][]string{nil, {"other.example.test", "notes.example.test"}} {
		c := w.client()
		c.Hosts = hosts
		n := serve(t, c, reading)
		base := must(url.Parse(n.URL))
		front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }})
		r := must(http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/"+alice+"/1", nil))
		r.Host = "notes.example.test"
		sigv4.Sign(r, nil, key, region, "notes", w.now())
		send(t, r)
		if n.answer.Allowed != (hosts != nil) {
			t.Errorf("with the hosts %v: %+v, %v", hosts, n.answer, n.err)
		}
		front.Close()
	}
}

// TestConditions asks with keys of the request, of the service, and of the signer.
func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, key := w.identity("alice")
	for name, tt := range map[string]struct {
		condition string
		q         gate.Question
		want      bool
	}{
		"address":         {`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, gate.Question{}, true},
		"another address": {`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, gate.Question{Keys: map[string]string{"AWS:sourceip": "198.51.100.1"}}, false},
		"plain":           {`{"Bool":{"aws:SecureTransport":"true"}}`, gate.Question{}, false},
		"agent":           {`{"StringLike":{"aws:UserAgent":"curl/*"},"StringEquals":{"aws:Referer":"https://app.example.test/"}}`, gate.Question{}, true},
		"own key":         {`{"StringEquals":{"notes:Owner":"${cognito-identity.amazonaws.com:aud}"}}`, gate.Question{Keys: map[string]string{"notes:Owner": w.pool}}, true},
		"own key, absent": {`{"StringEquals":{"notes:Owner":"x"}}`, gate.Question{}, false},
		"own list":        {`{"ForAnyValue:StringEquals":{"notes:Labels":"b"}}`, gate.Question{Lists: map[string][]string{"notes:Labels": {"a", "b"}}}, true},
		"empty list":      {`{"ForAllValues:StringEquals":{"notes:Labels":"b"}}`, gate.Question{Lists: map[string][]string{"notes:Labels": {}}}, true},
		"resource tag":    {`{"StringEquals":{"aws:ResourceTag/kind":"${aws:PrincipalTag/kind}"}}`, gate.Question{Keys: map[string]string{"aws:ResourceTag/kind": "member"}}, true},
		"region":          {`{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, gate.Question{}, true},
	} {
		document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"notes:Read","Resource":"*","Condition":` + tt.condition + `}}`
		must(w.config.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "member", PolicyName: "own", PolicyDocument: document}))
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
		r.Header.Set("User-Agent", "curl/8.1")
		r.Header.Set("Referer", "https://app.example.test/")
		sigv4.Sign(r, nil, key, region, "notes", w.now())
		tt.q.Action, tt.q.Resource = "notes:Read", "a note of theirs"
		answer, err := w.client().Authorize(t.Context(), r, nil, tt.q)
		if err != nil || answer.Allowed != tt.want {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
	}
}

func TestRefusalTellsBrowsers(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	gate.Refusal{Code: "AccessDeniedException", Message: "no <b>"}.ServeHTTP(recorder, nil)
	var body struct{ Message string }
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || body.Message != "no <b>" {
		t.Errorf("%s: %v", recorder.Body, err)
	}
	if recorder.Code != http.StatusForbidden || recorder.Header().Get("X-Amzn-ErrorType") != "AccessDeniedException" ||
		recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", recorder.Code, recorder.Header())
	}
}
