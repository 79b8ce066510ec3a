package server_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest sends anything that HTTP can carry, unsigned: the answer is never the
// server's fault, is well formed, and bears the request's id.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][5]string{
		{"POST", "AWSCognitoIdentityService.GetId", "application/x-amz-json-1.1", "", `{"IdentityPoolId":"eu-west-1:0","Logins":{"a":"b"}}`},
		{"POST", "AWSCognitoIdentityService.GetCredentialsForIdentity", "", "", `{"IdentityId":"eu-west-1:0","CustomRoleArn":null}`},
		{"POST", "AWSCognitoIdentityService.CreateIdentityPool", "", "", `[[[[`},
		{"POST", "", "application/x-www-form-urlencoded", "", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=me&WebIdentityToken=a.b.c&PolicyArns.member.1.arn=x&Tags="},
		{"GET", "", "", "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/20260701/r/sts/aws4_request&X-Amz-Date=20260701T120000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0", ""},
		{"POST", "", "", "Version=2010-05-08", "Action=\x00%ff&A.member.1.B.entry.1.key=1"},
		{"HEAD", "x", "application/x-amz-json-1.1", "%", "\xff"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, method, target, contentType, query, body string) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: "/", RawQuery: query}, Host: "h", RemoteAddr: "192.0.2.1:1",
			Header: http.Header{"X-Amz-Target": {target}, "Content-Type": {contentType}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}
		recorder := httptest.NewRecorder()
		w.Config.Handler.ServeHTTP(recorder, r.WithContext(t.Context()))
		if method == http.MethodOptions {
			return
		}
		got := answer{recorder.Code, recorder.Header(), recorder.Body.String()}
		id := got.header.Get("x-amzn-RequestId")
		if got.status >= http.StatusInternalServerError || id == "" || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("status %d, id %q: %s", got.status, id, got.body)
		}
		if got.header.Get("Content-Type") == "text/xml" {
			if !isXML(got.body) || !strings.Contains(got.body, "<RequestId>"+id+"</RequestId>") {
				t.Fatalf("no XML with the request's id: %s", got.body)
			}
			return
		}
		if !json.Valid([]byte(got.body)) || got.header.Get("x-amzn-ErrorType") == "" {
			t.Fatalf("neither XML nor an error in JSON: %s", got.body)
		}
	})
}

func isXML(text string) bool {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
