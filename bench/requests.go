package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// What SDKs put into every request.
const (
	invocationHeader, invocation = "Amz-Sdk-Invocation-Id", "2a4bb2a6-6b1c-4d0e-9a43-0f5c2a6f3d11"
	attemptHeader, attempt       = "Amz-Sdk-Request", "attempt=1; max=3"
)

// jsonRequest is an unsigned call of the Cognito API as an SDK would put it on the wire.
func jsonRequest(name, operation string, in map[string]any) []byte {
	body, _ := json.Marshal(in) // texts and maps of texts always are JSON
	return requestBytes(operation, body, "Content-Type: "+contentType, "X-Amz-Target: "+targetPrefix+name)
}

// webIdentityRequest is a call of STS by whoever has a token.
func webIdentityRequest(operation, role, token string) []byte {
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {stsVersion},
		"RoleArn": {role}, "RoleSessionName": {"bench"}, "WebIdentityToken": {token},
	}
	return requestBytes(operation, []byte(form.Encode()), "Content-Type: "+formType)
}

const stsVersion = "2011-06-15"

// requestBytes is an unsigned call. The floor knows the operation by its user agent.
func requestBytes(operation string, body []byte, header ...string) []byte {
	lines := []string{
		"POST / HTTP/1.1", "Host: 127.0.0.1", "User-Agent: " + userAgent(operation),
		invocationHeader + ": " + invocation, attemptHeader + ": " + attempt,
	}
	lines = append(lines, header...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", string(body))
	return []byte(strings.Join(lines, "\r\n"))
}

// signedRequest is a call of STS that asks who has signed it.
func signedRequest(operation string, key sigv4.Credentials, now time.Time) ([]byte, error) {
	body := []byte(url.Values{"Action": {"GetCallerIdentity"}, "Version": {stsVersion}}.Encode())
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"User-Agent": userAgent(operation), "Content-Type": formType, invocationHeader: invocation, attemptHeader: attempt,
	} {
		r.Header.Set(name, value)
	}
	sigv4.Sign(r, body, key, region, "sts", now)
	var wire bytes.Buffer
	err = r.Write(&wire)
	return wire.Bytes(), err
}

func userAgent(operation string) string { return "cenote-bench " + operation }
