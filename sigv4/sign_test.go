package sigv4_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// received is what a real server saw of a request.
type received struct {
	err       error
	signature *sigv4.Signature
}

// send sends r to a real server, which verifies it.
func send(t *testing.T, r *http.Request, sign func(*http.Request)) received {
	t.Helper()
	var got received
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			got.err = err
			return
		}
		if got.signature, got.err = sigv4.Parse(r); got.err == nil {
			got.err = got.signature.Verify(r, body, secret, signedAt(), skew)
		}
	}))
	defer server.Close()
	r.URL.Scheme, r.URL.Host, r.Host = "http", strings.TrimPrefix(server.URL, "http://"), ""
	sign(r)
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSignedRequestsArrive(t *testing.T) {
	t.Parallel()
	const token = "FwoGZXIvYXdzEB4aD+/x=="
	type signer func(*http.Request, []byte, sigv4.Credentials)
	signers := map[string]signer{
		"header": func(r *http.Request, body []byte, c sigv4.Credentials) {
			sigv4.Sign(r, body, c, "eu-central-1", "sts", signedAt())
		},
		"query": func(r *http.Request, body []byte, c sigv4.Credentials) {
			sigv4.Presign(r, body, c, "eu-central-1", "sts", signedAt())
		},
	}
	for name, sign := range signers {
		for _, token := range []string{"", token} {
			for _, uri := range []string{"/", "/a;b=c/../b//c/.", "/%C3%BC%2F%20/ü/(x)'!*", "/?a=b+c&a=&a=%20&b&c==&%C3%BC=ü&&"} {
				t.Run(name+" "+token+" "+uri, func(t *testing.T) {
					t.Parallel()
					body := []byte("Action=GetCallerIdentity")
					r, err := http.NewRequest(http.MethodPost, "http://a"+uri, bytes.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					r.Header["X-Repeated"] = []string{" b   b ", "", "a"}
					r.Header["not-canonical"] = []string{"x"}
					creds := credentials()
					creds.SessionToken = token
					got := send(t, r, func(r *http.Request) { sign(r, body, creds) })
					if got.err != nil {
						t.Fatal(got.err)
					}
					s := got.signature
					if s.AccessKeyID != creds.AccessKeyID || s.SessionToken != token || s.Region != "eu-central-1" ||
						s.Service != "sts" || !s.Date.Equal(signedAt()) || s.Presigned != (name == "query") {
						t.Errorf("signature is %+v", s)
					}
				})
			}
		}
	}
}

func TestTokenAddedAfterSigning(t *testing.T) {
	t.Parallel()
	got := send(t, outgoing(t, http.MethodPost, "http://a/"), func(r *http.Request) {
		sigv4.Sign(r, nil, credentials(), "us-east-1", "iam", signedAt())
		r.Header.Set("X-Amz-Security-Token", "token")
	})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if got.signature.SessionToken != "token" {
		t.Errorf("session token is %q", got.signature.SessionToken)
	}
}

func TestSignedTokenRemoved(t *testing.T) {
	t.Parallel()
	got := send(t, outgoing(t, http.MethodPost, "http://a/"), func(r *http.Request) {
		creds := credentials()
		creds.SessionToken = "token"
		sigv4.Sign(r, nil, creds, "us-east-1", "iam", signedAt())
		r.Header.Del("X-Amz-Security-Token")
	})
	wantReason(t, got.err, sigv4.Mismatch)
}

func TestSignLeavesOutContentLength(t *testing.T) {
	t.Parallel()
	// net/http sends the length of the body whatever the header says.
	r := outgoing(t, http.MethodPost, "http://a/")
	r.Header.Set("Content-Length", "3")
	sigv4.Sign(r, []byte("abc"), credentials(), "us-east-1", "iam", signedAt())
	if strings.Contains(r.Header.Get("Authorization"), "content-length") {
		t.Error("content-length is signed")
	}
}

func TestSignTwice(t *testing.T) {
	t.Parallel()
	r := outgoing(t, http.MethodPost, "http://a/")
	sigv4.Sign(r, nil, credentials(), "us-east-1", "iam", signedAt().Add(-skew))
	sigv4.Sign(r, nil, credentials(), "us-east-1", "iam", signedAt())
	if err := verify(r, nil, secret, signedAt().Add(skew), skew); err != nil {
		t.Error(err)
	}
}
