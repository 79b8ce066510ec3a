package sigv4_test

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	skew   = 15 * time.Minute
)

func credentials() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
}

func signedAt() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

// request reads a request as net/http's server does. Lines are separated by newlines; a blank line ends the headers.
func request(t testing.TB, lines ...string) *http.Request {
	t.Helper()
	text := strings.Join(append(lines, "", ""), "\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("reading %q: %v", text, err)
	}
	return r
}

// The expected signature is the one of the worked example in AWS "Create a signed AWS API request".
func TestVerifyPublishedExample(t *testing.T) {
	t.Parallel()
	lines := func(signature string) []string {
		return []string{
			"GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1",
			"Host: iam.amazonaws.com",
			"Content-Type: application/x-www-form-urlencoded; charset=utf-8",
			"X-Amz-Date: 20150830T123600Z",
			"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, " +
				"SignedHeaders=content-type;host;x-amz-date, Signature=" + signature,
		}
	}
	const published = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
	r := request(t, lines(published)...)
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	want := sigv4.Signature{AccessKeyID: "AKIDEXAMPLE", Region: "us-east-1", Service: "iam", Date: signedAt()}
	got := sigv4.Signature{
		AccessKeyID: s.AccessKeyID, SessionToken: s.SessionToken, Region: s.Region,
		Service: s.Service, Date: s.Date, Presigned: s.Presigned,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sigv4.Signature{})); diff != "" {
		t.Error(diff)
	}
	if err := s.Verify(r, nil, secret, signedAt(), skew); err != nil {
		t.Errorf("published signature: %v", err)
	}
	if err := s.CheckScope("sts", "iam"); err != nil {
		t.Errorf("scope: %v", err)
	}

	r = request(t, lines("6"+published[1:])...)
	if s, err = sigv4.Parse(r); err != nil {
		t.Fatal(err)
	}
	wantReason(t, s.Verify(r, nil, secret, signedAt(), skew), sigv4.Mismatch)
}

func wantReason(t *testing.T, err error, want sigv4.Reason) {
	t.Helper()
	mismatch, ok := errors.AsType[*sigv4.MismatchError](err)
	if !ok {
		t.Fatalf("error is %v, want a *MismatchError", err)
	}
	if mismatch.Reason != want {
		t.Errorf("reason is %q, want %q: %v", mismatch.Reason, want, err)
	}
}

func TestVerifyTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		now  time.Time
		skew time.Duration
		want string
	}{
		{"same second", signedAt(), skew, ""},
		{"latest", signedAt().Add(skew), skew, ""},
		{"latest, within the second", signedAt().Add(skew + 999*time.Millisecond), skew, ""},
		{"earliest", signedAt().Add(-skew), skew, ""},
		{"another zone", signedAt().In(time.FixedZone("", 7200)), skew, ""},
		{
			"late", signedAt().Add(skew + time.Second), skew,
			"Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
		},
		{
			"early", signedAt().Add(-skew - time.Second), skew,
			"Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)",
		},
		{
			"late for a JSON service", signedAt().Add(6 * time.Minute), 5 * time.Minute,
			"Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T124200Z - 5 min.)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := outgoing(t, http.MethodPost, "http://localhost:4577/")
			sigv4.Sign(r, nil, credentials(), "us-east-1", "iam", signedAt())
			wantMessage(t, verify(r, nil, secret, test.now, test.skew), test.want)
		})
	}
}

func outgoing(t testing.TB, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verify(r *http.Request, body []byte, secret string, now time.Time, skew time.Duration) error {
	s, err := sigv4.Parse(r)
	if err != nil {
		return err
	}
	return s.Verify(r, body, secret, now, skew)
}

func wantMessage(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	body := []byte("Action=GetCallerIdentity&Version=2011-06-15")
	tests := []struct {
		name   string
		sign   func(*http.Request) // before signing
		change func(*http.Request) // after signing
		body   []byte
		secret string
		reason sigv4.Reason
		want   string
	}{
		{name: "another secret", secret: "x" + secret, reason: sigv4.Mismatch, want: mismatchText},
		{name: "another body", body: []byte("Action=DeleteUser"), reason: sigv4.Mismatch, want: mismatchText},
		{
			name: "header added", change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "A.B") }, reason: sigv4.Unsigned,
			want: "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
		},
		{
			name: "header removed", sign: func(r *http.Request) { r.Header.Set("X-Amz-Target", "A.B") },
			change: func(r *http.Request) { r.Header.Del("X-Amz-Target") }, reason: sigv4.Mismatch, want: mismatchText,
		},
		{
			name: "host unsigned", change: func(r *http.Request) {
				auth := strings.Replace(r.Header.Get("Authorization"), "SignedHeaders=host;", "SignedHeaders=", 1)
				r.Header.Set("Authorization", auth)
			}, reason: sigv4.Unsigned, want: "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		},
		{
			name: "unsigned payload", sign: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
			reason: sigv4.Payload, want: mismatchText,
		},
		{
			name: "streaming payload", sign: func(r *http.Request) {
				r.Header.Set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
			}, reason: sigv4.Payload, want: mismatchText,
		},
		{
			name: "another host", change: func(r *http.Request) { r.Host = "localhost:4578" },
			reason: sigv4.Mismatch, want: mismatchText,
		},
		{
			name: "malformed query", sign: func(r *http.Request) { r.URL.RawQuery = "a=%zz" },
			reason: sigv4.Mismatch, want: mismatchText,
		},
		{
			name: "upper-case signature", change: func(r *http.Request) {
				auth, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
				r.Header.Set("Authorization", auth+"Signature="+strings.ToUpper(signature))
			}, reason: sigv4.Mismatch, want: mismatchText,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := outgoing(t, http.MethodPost, "http://localhost:4577/")
			if test.sign != nil {
				test.sign(r)
			}
			sigv4.Sign(r, body, credentials(), "us-east-1", "sts", signedAt())
			if test.change != nil {
				test.change(r)
			}
			received := body
			if test.body != nil {
				received = test.body
			}
			key := secret
			if test.secret != "" {
				key = test.secret
			}
			err := verify(r, received, key, signedAt(), skew)
			wantReason(t, err, test.reason)
			wantMessage(t, err, test.want)
		})
	}
}

func TestVerifyRefusesEmptySecret(t *testing.T) {
	t.Parallel()
	r := outgoing(t, http.MethodGet, "http://localhost:4577/")
	sigv4.Sign(r, nil, sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE"}, "us-east-1", "sts", signedAt())
	wantReason(t, verify(r, nil, "", signedAt(), skew), sigv4.Mismatch)
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, date := range []string{
		"20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT", "Sun, 30 Aug 2015 14:36:00 +0200",
		"Sun, 30 Aug 2015 12:36:00 -0000",
	} {
		t.Run(date, func(t *testing.T) {
			t.Parallel()
			r := request(t, "GET / HTTP/1.1", "Host: sts.amazonaws.com", "Date: "+date, authorization("host"))
			s, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Date.Equal(signedAt()) || s.Date.Location() != time.UTC {
				t.Errorf("date is %v, want %v", s.Date, signedAt())
			}
		})
	}
}

func authorization(signedHeaders string) string {
	return "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, " +
		"SignedHeaders=" + signedHeaders + ", Signature=" + strings.Repeat("0", 64)
}

func TestAmzDateWins(t *testing.T) {
	t.Parallel()
	r := request(t, "GET / HTTP/1.1", "Host: sts.amazonaws.com", "Date: Mon, 31 Aug 2015 00:00:00 GMT",
		"X-Amz-Date: 20150830T123600Z", authorization("host;x-amz-date"))
	s, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Date.Equal(signedAt()) {
		t.Errorf("date is %v, want %v", s.Date, signedAt())
	}
}
