package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// TestUnreadable sends requests that name no operation or cannot be read.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(body string) *http.Request { return w.queryRequest(t, body) }
	target := func(name string) *http.Request {
		r := w.jsonRequest(t, "", `{}`)
		r.Header.Set("X-Amz-Target", name)
		return r
	}
	get := func(query string) *http.Request { return w.request(t, http.MethodGet, "/?"+query, "") }
	untargeted := w.jsonRequest(t, "", `{}`)
	untargeted.Header.Del("X-Amz-Target")
	for _, test := range []struct {
		name    string
		request *http.Request
		status  int
		code    string
		message string
	}{
		{"unknown target", target("AWSCognitoIdentityService.GetID"), 400, "UnknownOperationException", ""},
		{"target of another service", target("DynamoDB_20120810.GetItem"), 400, "UnknownOperationException", ""},
		{"operation without its service", target("GetId"), 400, "UnknownOperationException", ""},
		{"JSON without target", untargeted, 400, "UnknownOperationException", ""},
		{"unknown action", post("Action=Nope&Version=2011-06-15"), 400, "InvalidAction", "Could not find operation Nope for version 2011-06-15"},
		{"action in another case", post("Action=getcalleridentity&Version=2011-06-15"), 400, "InvalidAction", "Could not find operation getcalleridentity for version 2011-06-15"},
		{"IAM's action with the version of STS", post("Action=GetUser&Version=2011-06-15"), 400, "InvalidAction", "Could not find operation GetUser for version 2011-06-15"},
		{"action of STS with IAM's version", post("Action=GetCallerIdentity&Version=2010-05-08"), 400, "InvalidAction", "Could not find operation GetCallerIdentity for version 2010-05-08"},
		{"unknown version", post("Action=GetCallerIdentity&Version=2012-12-12"), 400, "InvalidAction", "Could not find operation GetCallerIdentity for version 2012-12-12"},
		{"no version", post("Action=GetCallerIdentity"), 400, "InvalidAction", "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"},
		{"a long action", post("Version=2011-06-15&Action=" + strings.Repeat("x", 500)), 400, "InvalidAction", "Could not find operation " + strings.Repeat("x", 100) + " for version 2011-06-15"},
		{"no action", post("Version=2011-06-15"), 400, "MissingAction", "The request is missing an action or a required parameter."},
		{"nothing", post(""), 400, "MissingAction", "The request is missing an action or a required parameter."},
		{"GET of nothing", get(""), 400, "MissingAction", "The request is missing an action or a required parameter."},
		{"JSON in a Query request", post(`{"IdentityPoolId":"x"}`), 400, "MissingAction", "The request is missing an action or a required parameter."},
		{"malformed escape", post("Action=%zz"), 400, "MalformedInput", "The request parameters are not correctly encoded"},
		{"malformed escape in the URL", get("Action=%zz"), 400, "MalformedInput", "The request parameters are not correctly encoded"},
		{"semicolons", post("Action=GetCallerIdentity;Version=2011-06-15"), 400, "MalformedInput", "The request parameters are not correctly encoded"},
		{"no UTF-8", post("Action=%ff"), 400, "MalformedInput", "The request parameters are not valid UTF-8"},
		{"too many parameters", post(strings.Repeat("&", 5000)), 400, "MalformedInput", "The request has too many parameters"},
		{"a body that is no JSON", w.jsonRequest(t, "GetId", `{"IdentityPoolId"`), 400, "SerializationException", "The request body is not valid JSON"},
		{"two JSON values", w.jsonRequest(t, "GetId", `{} {}`), 400, "SerializationException", "The request body goes on after its JSON object"},
		{"a JSON list", w.jsonRequest(t, "GetId", `[]`), 400, "SerializationException", "The request body is not a JSON object"},
		{"deep JSON", w.jsonRequest(t, "GetId", `{"Logins":`+strings.Repeat("[", 100_000)), 400, "SerializationException", "The request body is nested too deeply"},
		{"JSON that is not UTF-8", w.jsonRequest(t, "GetId", "{\"IdentityPoolId\":\"\xff\"}"), 400, "SerializationException", "The request body is not valid UTF-8"},
		{"a number for a text", w.jsonRequest(t, "GetId", `{"IdentityPoolId":1}`), 400, "SerializationException", "NUMBER_VALUE can not be converted to a String"},
		{"a text for a map", w.jsonRequest(t, "GetId", `{"IdentityPoolId":"a:0","Logins":"x"}`), 400, "SerializationException", ""},
		{"twice the same parameter", post("Version=2011-06-15&Action=AssumeRoleWithWebIdentity&RoleArn=a&RoleArn=b"), 400, "MalformedInput", "A parameter is present more than once"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := w.do(t, test.request)
			if test.message == "" && got.code() == "SerializationException" {
				test.message = got.message() // the words are the codec's
			}
			got.is(t, test.status, test.code, test.message)
		})
	}
}

// TestParameterInBothPlaces sends one parameter in the URL and in the body: the
// signed body must not be overridden by the URL, nor the other way round.
func TestParameterInBothPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := form(stsVersion, "GetCallerIdentity")
	r := w.request(t, http.MethodPost, "/?Action=GetCallerIdentity", body)
	sigv4.Sign(r, []byte(body), rootKey(), region, "sts", w.now())
	w.do(t, r).is(t, http.StatusBadRequest, "MalformedInput", "A parameter is present more than once")
}

// TestMethodsAndPaths uses the port for what it is not for.
func TestMethodsAndPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead} {
		got := w.do(t, w.request(t, method, "/", ""))
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST, GET" {
			t.Errorf("%s /: status %d, Allow %q", method, got.status, got.header.Get("Allow"))
		}
		if method == http.MethodHead && got.body != "" {
			t.Errorf("HEAD is answered with a body: %s", got.body)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		r := w.jsonRequest(t, "GetId", `{}`)
		r.Method = method
		got := w.do(t, r)
		got.is(t, http.StatusMethodNotAllowed, "MethodNotAllowed", "Use POST.")
		if allow := got.header.Get("Allow"); allow != "POST" {
			t.Errorf("%s with a target: Allow %q", method, allow)
		}
	}
	for _, path := range []string{"/index.html", "/v1/", "/healthz/", "/readyz/x", "/.well-known/", "/%2e%2e/etc/passwd"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if got := w.do(t, w.request(t, method, path, "Action=GetCallerIdentity&Version=2011-06-15")); got.status != http.StatusNotFound {
				t.Errorf("%s %s: status %d: %s", method, path, got.status, got.body)
			}
		}
	}
	sync := w.do(t, w.request(t, http.MethodGet, "/identitypools/us-east-1:0-0/identities/us-east-1:0-1/datasets", ""))
	sync.is(t, http.StatusNotFound, "UnknownOperationException", "Amazon Cognito Sync is not here.")
	for _, path := range []string{"/healthz", "/.well-known/jwks_uri"} {
		if got := w.do(t, w.request(t, http.MethodPost, path, "")); got.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: status %d", path, got.status)
		}
	}
}

// TestDoubledSlash posts where clients do whose endpoint ends in a slash.
func TestDoubledSlash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := form(stsVersion, "GetCallerIdentity")
	r := w.request(t, http.MethodPost, "//", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sigv4.Sign(r, []byte(body), rootKey(), region, "sts", w.now())
	if got := w.do(t, r); got.status != http.StatusOK {
		t.Errorf("POST // is %d %s", got.status, got.body)
	}
}

// TestGet calls STS with everything in the URL: signed in the header, signed in
// the query, and unsigned.
func TestGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	query := form(stsVersion, "GetCallerIdentity")
	r := w.request(t, http.MethodGet, "/?"+query, "")
	sigv4.Sign(r, nil, rootKey(), region, "sts", w.now())
	if got := w.do(t, r).ok(t).xml("Arn"); got != "arn:aws:iam::123456789012:root" {
		t.Errorf("signed in the header: %s", got)
	}
	r = w.request(t, http.MethodGet, "/?"+query, "")
	sigv4.Presign(r, nil, rootKey(), region, "sts", w.now())
	if got := w.do(t, r).ok(t).xml("Arn"); got != "arn:aws:iam::123456789012:root" {
		t.Errorf("presigned: %s", got)
	}
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Action=GetCallerIdentity", "Action=AssumeRole", 1)
	if got := w.do(t, r).code(); got != "SignatureDoesNotMatch" {
		t.Errorf("presigned for another action: %s", got)
	}
	w.do(t, w.request(t, http.MethodGet, "/?"+query, "")).is(t, http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
}

// TestPresignedExtraHeader verifies what an EKS-style token is made of: a presigned
// request that only holds with a header beside it, and for 15 minutes whatever its
// X-Amz-Expires says.
func TestPresignedExtraHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.session(t, "worker", "")
	r := w.request(t, http.MethodGet, "/?X-Amz-Expires=60&"+form(stsVersion, "GetCallerIdentity"), "")
	r.Header.Set("X-K8s-Aws-Id", "cluster")
	sigv4.Presign(r, nil, session, region, "sts", w.now())
	w.advance(15 * time.Minute)
	if got := w.do(t, r).ok(t).xml("Arn"); got != "arn:aws:sts::123456789012:assumed-role/worker/me" {
		t.Errorf("the caller is %s", got)
	}
	r.Header.Set("X-K8s-Aws-Id", "another")
	if got := w.do(t, r).code(); got != "SignatureDoesNotMatch" {
		t.Errorf("with another header: %s", got)
	}
}

// TestLongBody sends bodies around the limit of 1 MiB.
func TestLongBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const limit = 1 << 20
	padded := func(text string, size int) string { return text + strings.Repeat(" ", size-len(text)) }
	w.public(t, "GetId", padded(`{"IdentityPoolId":"`+w.pool(t)+`"}`, limit)).ok(t)
	const message = "The request body is longer than 1048576 bytes."
	w.public(t, "GetId", padded(`{}`, limit+1)).is(t, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", message)
	w.do(t, w.queryRequest(t, padded("Action=", limit+1))).is(t, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", message)

	// A body of unknown length is cut at the same place.
	r := w.jsonRequest(t, "GetId", "")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(make([]byte, limit+1))), -1
	w.do(t, r).is(t, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", message)
	w.public(t, "GetId", `{`).is(t, http.StatusBadRequest, "SerializationException", "The request body is not valid JSON")
}

// TestLongHeaders sends headers that policies match patterns with.
func TestLongHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"IdentityPoolId":"` + w.pool(t) + `"}`
	for _, name := range []string{"User-Agent", "Referer"} {
		r := w.jsonRequest(t, "GetId", body)
		r.Header.Set(name, strings.Repeat("a", 2048))
		w.do(t, r).ok(t)
		r = w.jsonRequest(t, "GetId", body)
		r.Header.Set(name, strings.Repeat("a", 2049))
		w.do(t, r).is(t, http.StatusRequestHeaderFieldsTooLarge, "RequestHeaderFieldsTooLarge", "User-Agent and Referer have at most 2048 bytes.")
	}
}

// TestSlowBody sends half a body and waits: the server does not.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hasty := httptest.NewUnstartedServer(w.Config.Handler)
	hasty.Config.ReadTimeout = 50 * time.Millisecond
	hasty.Start()
	defer hasty.Close()
	connection, err := net.Dial("tcp", hasty.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	fmt.Fprint(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nAction=")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer{response.StatusCode, response.Header, string(body)}.
		is(t, http.StatusBadRequest, "RequestTimeout", "The request body could not be read.")
}

// TestAbortedBody sends half a body and no more.
func TestAbortedBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, headers := range []string{
		"X-Amz-Target: AWSCognitoIdentityService.GetId\r\nContent-Type: application/x-amz-json-1.1\r\n",
		"Content-Type: application/x-www-form-urlencoded\r\n",
	} {
		connection, err := net.Dial("tcp", w.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: 100\r\n\r\n{", headers)
		if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer{response.StatusCode, response.Header, string(body)}.
			is(t, http.StatusBadRequest, "RequestTimeout", "The request body could not be read.")
		_ = connection.Close()
	}
	w.public(t, "GetId", `{"IdentityPoolId":"`+w.pool(t)+`"}`).ok(t)
}
