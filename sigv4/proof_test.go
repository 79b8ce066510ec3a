package sigv4_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
)

// signedRequest is a request of the known key, in the header or in the query.
func signedRequest(t testing.TB, url string, presigned bool) *http.Request {
	t.Helper()
	r := outgoing(t, http.MethodGet, url)
	if presigned {
		sigv4.Presign(r, nil, credentials(), "us-east-1", "notes", signedAt())
	} else {
		sigv4.Sign(r, nil, credentials(), "us-east-1", "notes", signedAt())
	}
	return r
}

func parse(t testing.TB, r *http.Request) *sigv4.Signature {
	t.Helper()
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProofInTwoPlaces makes the hashes where the request is and compares them where the secret is.
func TestProofInTwoPlaces(t *testing.T) {
	t.Parallel()
	for _, presigned := range []bool{false, true} {
		for _, path := range []string{"/", "/a//b/../c?x=1&x=%20"} {
			r := signedRequest(t, "http://notes.example.test"+path, presigned)
			here := parse(t, r)
			hashes, err := here.Hashes(r, nil, signedAt(), skew)
			if err != nil {
				t.Fatal(err)
			}
			credential, date, signature := here.Parts()
			there, err := sigv4.Claim(credential, date, signature, "")
			if err != nil {
				t.Fatal(err)
			}
			if there.AccessKeyID != "AKIDEXAMPLE" || there.Service != "notes" || there.Region != "us-east-1" || !there.Date.Equal(signedAt()) {
				t.Errorf("the claim is %+v", there)
			}
			if err := there.VerifyHashes(hashes, secret, signedAt(), skew); err != nil {
				t.Errorf("%s, presigned %t: %v", path, presigned, err)
			}
			for what, err := range map[string]error{
				"another secret": there.VerifyHashes(hashes, "another", signedAt(), skew),
				"no secret":      there.VerifyHashes(hashes, "", signedAt(), skew),
				"no hash":        there.VerifyHashes(nil, secret, signedAt(), skew),
				"another hash":   there.VerifyHashes([]string{strings.Repeat("0", 64)}, secret, signedAt(), skew),
				"too late":       there.VerifyHashes(hashes, secret, signedAt().Add(skew+time.Second), skew),
				"too early":      there.VerifyHashes(hashes, secret, signedAt().Add(-skew-time.Second), skew),
			} {
				if _, mismatch := errors.AsType[*sigv4.MismatchError](err); !mismatch {
					t.Errorf("%s, presigned %t, %s: %v", path, presigned, what, err)
				}
			}
		}
	}
}

// TestHashesRefuse checks what needs no secret where the request is.
func TestHashesRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*http.Request)
		body   string
		now    time.Time
		want   sigv4.Reason
	}{
		"late":            {now: signedAt().Add(skew + time.Second), want: sigv4.Expired},
		"early":           {now: signedAt().Add(-skew - time.Second), want: sigv4.NotYet},
		"unsigned header": {change: func(r *http.Request) { r.Header.Set("X-Amz-Meta", "1") }, want: sigv4.Unsigned},
		"body": {
			change: func(r *http.Request) {
				r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64))
				sigv4.Sign(r, nil, credentials(), "us-east-1", "notes", signedAt())
			},
			want: sigv4.Payload,
		},
		"query":          {change: func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, want: sigv4.Mismatch},
		"missing header": {change: func(r *http.Request) { r.Header.Del("Content-Type") }, want: sigv4.Mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := outgoing(t, http.MethodGet, "http://notes.example.test/")
			r.Header.Set("Content-Type", "text/plain")
			sigv4.Sign(r, nil, credentials(), "us-east-1", "notes", signedAt())
			if test.change != nil {
				test.change(r)
			}
			now := test.now
			if now.IsZero() {
				now = signedAt()
			}
			hashes, err := parse(t, r).Hashes(r, []byte(test.body), now, skew)
			if e, ok := errors.AsType[*sigv4.MismatchError](err); !ok || e.Reason != test.want || hashes != nil {
				t.Errorf("got %v, %v, want %s", hashes, err, test.want)
			}
		})
	}
}

// TestFurtherHosts verifies a request that was signed for one name and arrives under another.
func TestFurtherHosts(t *testing.T) {
	t.Parallel()
	for _, presigned := range []bool{false, true} {
		r := signedRequest(t, "http://login.example.test:8443/a//b", presigned)
		s := parse(t, r)
		verify := func(hosts ...string) error { return s.Verify(r, nil, secret, signedAt(), skew, hosts...) }
		if err := verify("other.example.test"); err != nil {
			t.Errorf("as sent, beside another name: %v", err)
		}
		r.Host, r.Header["X-Forwarded-Host"] = "10.0.0.7:4577", []string{"login.example.test:8443"}
		for name, err := range map[string]error{
			"no list": verify(), "other names": verify("other.example.test", "login.example.test"), "another case": verify("Login.example.test:8443"),
		} {
			if e, ok := errors.AsType[*sigv4.MismatchError](err); !ok || e.Reason != sigv4.Mismatch {
				t.Errorf("%s, presigned %t: %v", name, presigned, err)
			}
		}
		if err := verify("other.example.test", "login.example.test:8443"); err != nil {
			t.Errorf("a name of the list, presigned %t: %v", presigned, err)
		}
	}
}

func FuzzClaim(f *testing.F) {
	f.Add("AKIDEXAMPLE/20150830/us-east-1/notes/aws4_request", "20150830T123600Z", "0")
	f.Add("se/cr/et/a/b/c", "Sun, 30 Aug 2015 12:36:00 GMT", "")
	f.Fuzz(func(t *testing.T, credential, date, signature string) {
		s, err := sigv4.Claim(credential, date, signature, "")
		if err != nil {
			if !isRefusal(err) {
				t.Errorf("error is %v", err)
			}
			return
		}
		c, d, text := s.Parts()
		again, err := sigv4.Claim(c, d, text, "")
		if err != nil || !cmp.Equal(again, s, cmp.AllowUnexported(sigv4.Signature{})) {
			t.Errorf("%+v is %+v, %v when read again", s, again, err)
		}
	})
}
