package sigv4_test

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// isRefusal tells whether err is one of those that Parse and Verify document.
func isRefusal(err error) bool {
	_, incomplete := errors.AsType[*sigv4.IncompleteError](err)
	_, mismatch := errors.AsType[*sigv4.MismatchError](err)
	return incomplete || mismatch || errors.Is(err, sigv4.ErrMissing)
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0", "20150830T123600Z", "")
	f.Add("", "", strings.TrimPrefix(presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256", "20150830/us-east-1/sts/aws4_request"), "/?"))
	f.Add("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "Sun, 30 Aug 2015 12:36:00 GMT", "a=%zz&b")
	f.Add("AWS4-HMAC-SHA256 Credential=se/cr/et/a/b/c/d,=,Signature", "", "X-Amz-Signature=%")
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		r := outgoing(t, http.MethodPost, "http://a/")
		r.URL.RawQuery = query
		r.Header["Authorization"] = []string{authorization}
		r.Header["X-Amz-Date"] = []string{date}
		s, err := sigv4.Parse(r)
		if err == nil {
			if s.AccessKeyID == "" || s.Region == "" || s.Date.Year() > 9999 {
				t.Errorf("signature is %+v", s)
			}
			err = s.Verify(r, nil, secret, signedAt(), skew)
		}
		if err == nil || !isRefusal(err) {
			t.Errorf("error is %v", err)
		} else if len(err.Error()) > 32<<10 {
			t.Errorf("error has %d bytes", len(err.Error()))
		}
	})
}

func FuzzVerify(f *testing.F) {
	head := "Host: a\r\nX-Amz-Date: 20150830T123600Z\r\n"
	f.Add("POST /a/../b//%20?a=b+c&a&=%20 HTTP/1.1\r\n"+head+authorization("host;x-amz-date")+"\r\n\r\n", []byte("body"))
	f.Add("GET http://a/?X HTTP/1.1\r\n"+head+authorization("content-length;host;x-amz-date")+"\r\n\r\n", []byte(nil))
	f.Add("OPTIONS * HTTP/1.1\r\n"+head+authorization("host;x-amz-date;x-absent")+"\r\n\r\n", []byte(nil))
	f.Add("GET "+presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256", "20150830/us-east-1/sts/aws4_request")+" HTTP/1.1\r\nHost: a\r\n\r\n", []byte{0})
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		s, err := sigv4.Parse(r)
		if err == nil {
			err = s.Verify(r, body, secret, signedAt(), skew)
		}
		if err == nil || !isRefusal(err) {
			t.Errorf("error is %v", err)
		}
		r.RequestURI = ""
		r.Header.Del("Authorization")
		sigv4.Sign(r, body, credentials(), "us-east-1", "sts", signedAt())
	})
}
