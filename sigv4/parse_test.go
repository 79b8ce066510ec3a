package sigv4_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

func TestParseIncomplete(t *testing.T) {
	t.Parallel()
	const (
		date       = "X-Amz-Date: 20150830T123600Z"
		credential = "Authorization header requires 'Credential' parameter. "
		signature  = "Authorization header requires 'Signature' parameter. "
		headers    = "Authorization header requires 'SignedHeaders' parameter. "
		noDate     = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
		elements   = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
		onceMore   = " Re-examine the query-string parameters."
	)
	tests := []struct {
		name    string
		target  string
		headers []string
		want    string
	}{
		{
			"nothing but the algorithm", "/",
			[]string{"Authorization: AWS4-HMAC-SHA256"},
			credential + signature + headers + noDate + "Authorization=AWS4-HMAC-SHA256 ...",
		},
		{
			"no credential", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 SignedHeaders=host, Signature=abcdef"},
			credential + "Authorization=AWS4-HMAC-SHA256 SignedHeaders=host, Signature=...",
		},
		{
			"no signature", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sts/aws4_request, SignedHeaders=host"},
			signature + "Authorization=AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/sts/aws4_request, SignedHeaders=host",
		},
		{
			"no signed headers", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=AKID/a/b/c/d,Signature=abcdef"},
			headers + "Authorization=AWS4-HMAC-SHA256 Credential=AKID/a/b/c/d, Signature=...",
		},
		{
			"no date", "/",
			[]string{authorization("host")},
			noDate + "Authorization=AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=...",
		},
		{
			"bearer token", "/",
			[]string{date, "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"},
			"'...' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer ...'.",
		},
		{
			"empty parameter", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=AKID/a/b/c/d,, SignedHeaders=host"},
			"'...' not a valid key=value pair (missing equal-sign) in Authorization header: " +
				"'AWS4-HMAC-SHA256 Credential=AKID/a/b/c/d, ..., SignedHeaders=host'.",
		},
		{
			"bearer token with padding", "/",
			[]string{date, "Authorization: Basic dXNlcjpwYXNzd29yZA=="},
			credential + signature + headers + "Authorization=Basic ...",
		},
		{
			"a parameter twice", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=A/b, Credential=A/c"},
			"Authorization header has more than one 'Credential' parameter. Authorization=AWS4-HMAC-SHA256 Credential=..., Credential=...",
		},
		{
			"asymmetric algorithm", "/",
			[]string{date, "Authorization: AWS4-ECDSA-P256-SHA256 Credential=AKID/20150830/sts/aws4_request, SignedHeaders=host, Signature=3045"},
			"Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now).",
		},
		{
			"secret key as key id", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=se/cret+/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"},
			elements + "'.../20150830/us-east-1/sts/aws4_request'",
		},
		{
			"short credential", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=0"},
			elements + "'...'",
		},
		{
			"empty key id", "/",
			[]string{date, "Authorization: AWS4-HMAC-SHA256 Credential=/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"},
			elements + "'.../20150830/us-east-1/sts/aws4_request'",
		},
		{
			"extended date", "/",
			[]string{"X-Amz-Date: 2015-08-30T12:36:00Z", authorization("host")},
			"Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See http://en.wikipedia.org/wiki/ISO_8601",
		},
		{
			"date with a fraction", "/",
			[]string{"X-Amz-Date: 20150830T123600.000Z", authorization("host")},
			"Date must be in ISO-8601 'basic format'. Got '20150830T123600.000Z'. See http://en.wikipedia.org/wiki/ISO_8601",
		},
		{
			"two dates", "/",
			[]string{date, date, authorization("host")},
			"Date must be in ISO-8601 'basic format'. Got '20150830T123600Z,20150830T123600Z'. See http://en.wikipedia.org/wiki/ISO_8601",
		},
		{
			"two Authorization headers", "/",
			[]string{date, authorization("host"), authorization("host")},
			"Authorization header has more than one 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 " +
				"Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=..., ..., SignedHeaders=host, Signature=...",
		},
		{
			"a header named twice", "/",
			[]string{date, authorization("host;host")},
			"SignedHeaders must be lower-case header names, each once, separated by semicolons.",
		},
		{
			"a header in upper case", "/",
			[]string{date, authorization("Host")},
			"SignedHeaders must be lower-case header names, each once, separated by semicolons.",
		},
		{
			"too many signed headers", "/",
			[]string{date, authorization("host" + strings.Repeat(";a", 64))},
			"More than 64 signed headers.",
		},
		{
			"long header", "/",
			[]string{date, authorization(strings.Repeat("a", 8<<10))},
			"Authorization header is longer than 8192 bytes.",
		},
		{
			"long query", "/?" + strings.Repeat("a", 128<<10+1),
			[]string{date},
			"The query string is longer than 131072 bytes.",
		},
		{
			"presigned, only the algorithm", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", nil,
			"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
				"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'." + onceMore,
		},
		{
			"presigned, only the signature", "/?X-Amz-Signature=0", nil,
			"AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. " +
				"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'." + onceMore,
		},
		{
			"presigned, a parameter twice", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Algorithm=AWS4-HMAC-SHA256", nil,
			"AWS query-string parameters include 'X-Amz-Algorithm' more than once.",
		},
		{
			"presigned, asymmetric algorithm", presigned("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", "20150830/us-east-1/sts/aws4_request"), nil,
			"Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now).",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines := append([]string{"GET " + test.target + " HTTP/1.1", "Host: sts.amazonaws.com"}, test.headers...)
			_, err := sigv4.Parse(request(t, lines...))
			if _, ok := errors.AsType[*sigv4.IncompleteError](err); !ok {
				t.Fatalf("error is %v, want an *IncompleteError", err)
			}
			wantMessage(t, err, test.want)
		})
	}
}

func presigned(algorithm, scope string) string {
	return "/?" + algorithm + "&X-Amz-Credential=AKIDEXAMPLE%2F" + strings.ReplaceAll(scope, "/", "%2F") +
		"&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
}

func TestParseScope(t *testing.T) {
	t.Parallel()
	const (
		region     = "Credential should be scoped to a valid Region, not "
		terminator = "Credential should be scoped with a valid terminator: 'aws4_request', not "
		date       = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
	)
	tests := []struct{ name, scope, want string }{
		{"right", "20150830/us-east-1/sts/aws4_request", ""},
		{"no region", "20150830//sts/aws4_request", region + "''."},
		{"region with a colon", "20150830/us:east/sts/aws4_request", region + "'us:east'."},
		{"upper-case region", "20150830/US-EAST-1/sts/aws4_request", region + "'US-EAST-1'."},
		{"long region", "20150830/" + strings.Repeat("a", 33) + "/sts/aws4_request", region + "'" + strings.Repeat("a", 33) + "'."},
		{"terminator", "20150830/us-east-1/sts/aws5_request", terminator + "'aws5_request'."},
		{"another day", "20150831/us-east-1/sts/aws4_request", date + "'20150831' != '20150830', from '20150830T123600Z'."},
		{
			"all", "x/!/sts/y",
			region + "'!'. " + terminator + "'y'. " + date + "'x' != '20150830', from '20150830T123600Z'.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			header := "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + test.scope + ",SignedHeaders=host,Signature=0"
			_, inHeader := sigv4.Parse(request(t, "GET / HTTP/1.1", "Host: a", "X-Amz-Date: 20150830T123600Z", header))
			_, inQuery := sigv4.Parse(request(t, "GET "+presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256", test.scope)+" HTTP/1.1", "Host: a"))
			for _, err := range []error{inHeader, inQuery} {
				wantMessage(t, err, test.want)
				if test.want != "" {
					wantReason(t, err, sigv4.Scope)
				}
			}
		})
	}
}

func TestCheckScope(t *testing.T) {
	t.Parallel()
	s := sigv4.Signature{Service: "s3"}
	tests := []struct {
		services []string
		want     string
	}{
		{[]string{"s3"}, ""},
		{[]string{"sts", "s3"}, ""},
		{[]string{"cognito-identity"}, "Credential should be scoped to correct service: 'cognito-identity'."},
		{[]string{"sts", "iam"}, "Credential should be scoped to correct service: 'sts' or 'iam'."},
		{nil, "Credential should be scoped to correct service: ''."},
	}
	for i, test := range tests {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			err := s.CheckScope(test.services...)
			wantMessage(t, err, test.want)
			if test.want != "" {
				wantReason(t, err, sigv4.Scope)
			}
		})
	}
}

func TestParseMissing(t *testing.T) {
	t.Parallel()
	for _, headers := range [][]string{nil, {"Authorization:"}, {"X-Amz-Date: 20150830T123600Z"}} {
		r := request(t, append([]string{"POST /?Action=GetId HTTP/1.1", "Host: a"}, headers...)...)
		if _, err := sigv4.Parse(r); !errors.Is(err, sigv4.ErrMissing) {
			t.Errorf("%q: error is %v, want ErrMissing", headers, err)
		}
	}
}

func TestParseTwice(t *testing.T) {
	t.Parallel()
	target := presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256", "20150830/us-east-1/sts/aws4_request")
	_, err := sigv4.Parse(request(t, "GET "+target+" HTTP/1.1", "Host: a", "X-Amz-Date: 20150830T123600Z", authorization("host")))
	wantReason(t, err, sigv4.Twice)
	wantMessage(t, err, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
}
