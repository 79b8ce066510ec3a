package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestPreflight asks as browsers do for the headers that the SDKs send.
func TestPreflight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preflight := func(path, headers string) answer {
		r := w.request(t, http.MethodOptions, path, "")
		r.Header.Set("Origin", "https://app.example.test")
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", headers)
		return w.do(t, r)
	}
	asked := "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent"
	got := preflight("/", asked).ok(t)
	if origin := got.header.Get("Access-Control-Allow-Origin"); origin != "*" {
		t.Errorf("Access-Control-Allow-Origin: %q", origin)
	}
	if methods := got.header.Get("Access-Control-Allow-Methods"); !strings.Contains(methods, "POST") {
		t.Errorf("Access-Control-Allow-Methods: %q", methods)
	}
	if headers := got.header.Get("Access-Control-Allow-Headers"); headers != asked {
		t.Errorf("Access-Control-Allow-Headers: %q", headers)
	}
	// Browsers take no wildcard for credentials, and none may be asked for here.
	if got.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Error("credentials are allowed for every origin")
	}
	for _, bad := range []string{"x-amz-target\tx", "x<script>", strings.Repeat("x", 5000)} {
		if headers := preflight("/", bad).ok(t).header.Get("Access-Control-Allow-Headers"); headers != "" {
			t.Errorf("the answer repeats what is no list of headers: %.40q", headers)
		}
	}
	if !strings.Contains(got.header.Get("Vary"), "Access-Control-Request-Headers") {
		t.Error("a cache would give the answer to whoever asks for other headers")
	}
}

// TestOrigin checks that a browser lets the page read every answer, good or bad.
func TestOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat(" ", 1<<20) + "{}"
	for name, got := range map[string]answer{
		"success":           w.public(t, "GetId", `{"IdentityPoolId":"`+w.pool(t)+`"}`),
		"refusal":           w.public(t, "GetId", `{}`),
		"unsigned":          w.public(t, "ListIdentityPools", `{}`),
		"unknown":           w.public(t, "Nope", `{}`),
		"too long":          w.public(t, "GetId", long),
		"Query":             w.sts(t, rootKey(), "GetCallerIdentity"),
		"Query, refusal":    w.do(t, w.queryRequest(t, "")),
		"Query, too long":   w.do(t, w.queryRequest(t, long)),
		"wrong method":      w.do(t, w.request(t, http.MethodPut, "/", "")),
		"keys":              w.do(t, w.request(t, http.MethodGet, "/.well-known/jwks_uri", "")),
		"discovery":         w.do(t, w.request(t, http.MethodGet, "/.well-known/openid-configuration", "")),
		"IAM, no signature": w.do(t, w.queryRequest(t, form(iamVersion, "ListUsers"))),
	} {
		if origin := got.header.Get("Access-Control-Allow-Origin"); origin != "*" {
			t.Errorf("%s (%d): Access-Control-Allow-Origin %q", name, got.status, origin)
		}
		isDocument := name == "keys" || name == "discovery"
		exposed := got.header.Get("Access-Control-Expose-Headers")
		if !isDocument && exposed != "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date" {
			t.Errorf("%s: Access-Control-Expose-Headers %q", name, exposed)
		}
	}
}
