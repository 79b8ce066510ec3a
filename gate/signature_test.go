package gate_test

import (
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
)

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
