package sigv4_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// BenchmarkVerify parses and verifies requests as SDKs send them; a session token
// is as long as those that stand for an identity of a pool.
func BenchmarkVerify(b *testing.B) {
	body := []byte("Action=GetCallerIdentity&Version=2011-06-15")
	session := credentials()
	session.SessionToken = strings.Repeat("FwoGZXIvYXdzEBY/", 40)
	for _, test := range []struct {
		name  string
		creds sigv4.Credentials
		sign  func(r *http.Request, creds sigv4.Credentials)
	}{
		{"header", credentials(), func(r *http.Request, creds sigv4.Credentials) {
			sigv4.Sign(r, body, creds, "us-east-1", "sts", signedAt())
		}},
		{"session", session, func(r *http.Request, creds sigv4.Credentials) {
			sigv4.Sign(r, body, creds, "us-east-1", "sts", signedAt())
		}},
		{"presigned", session, func(r *http.Request, creds sigv4.Credentials) {
			sigv4.Presign(r, body, creds, "us-east-1", "sts", signedAt())
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			r := outgoing(b, http.MethodPost, "http://localhost:4577/")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			r.Header.Set("Amz-Sdk-Invocation-Id", "a11ce000-0000-4000-8000-000000000001")
			r.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
			test.sign(r, test.creds)
			b.ReportAllocs()
			for b.Loop() {
				s, err := sigv4.Parse(r)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Verify(r, body, secret, signedAt(), skew); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
