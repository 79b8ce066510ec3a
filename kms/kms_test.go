package kms_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/kms"
	"github.com/cenotehq/cenote/sigv4"
)

const (
	keyID  = "alias/cenote"
	keyARN = "arn:aws:kms:eu-central-1:111122223333:key/1"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// keyAt is a key of a KMS that answers so.
func keyAt(t *testing.T, answer http.HandlerFunc) kms.Key {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return kms.Key{
		ID: keyID, Region: "eu-central-1", Endpoint: s.URL, Timeout: 10 * time.Second,
		Credentials: sigv4.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret, SessionToken: "session"},
		Context:     map[string]string{"purpose": "test"},
	}
}

func says(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text) // a client that hangs up is what some tests are about
	}
}

// TestCalls looks at the requests as AWS documents them, and at their signatures.
func TestCalls(t *testing.T) {
	t.Parallel()
	plain, wrapped := bytes.Repeat([]byte{7}, kms.KeySize), []byte("wrapped")
	encoded := base64.StdEncoding.EncodeToString
	var seen []map[string]any
	k := keyAt(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s, err := sigv4.Parse(r)
		if err == nil {
			err = s.Verify(r, body, secret, time.Now(), time.Minute)
		}
		if err != nil || s.Region != "eu-central-1" || s.Service != "kms" || r.Header.Get("X-Amz-Security-Token") != "session" {
			t.Errorf("the signature: %v", err)
		}
		var in map[string]any
		if err := json.Unmarshal(body, &in); err != nil {
			t.Error(err)
		}
		in["target"], in["type"] = r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type")
		seen = append(seen, in)
		fmt.Fprintf(w, `{"CiphertextBlob":%q,"Plaintext":%q,"KeyId":%q}`, encoded(wrapped), encoded(plain), keyARN)
	})
	data, err := k.GenerateDataKey(t.Context())
	if diff := cmp.Diff(kms.DataKey{Plain: plain, Wrapped: wrapped, KeyARN: keyARN}, data); err != nil || diff != "" {
		t.Errorf("GenerateDataKey: %v\n%s", err, diff)
	}
	got, err := k.Decrypt(t.Context(), wrapped)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Decrypt: %x, %v", got, err)
	}
	want := []map[string]any{
		{"target": "TrentService.GenerateDataKey", "type": "application/x-amz-json-1.1", "KeyId": keyID, "KeySpec": "AES_256", "EncryptionContext": map[string]any{"purpose": "test"}},
		{"target": "TrentService.Decrypt", "type": "application/x-amz-json-1.1", "KeyId": keyID, "CiphertextBlob": encoded(wrapped), "EncryptionContext": map[string]any{"purpose": "test"}},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// TestRefusals tells what the KMS says, and what to do about it, in one line.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status       int
		answer, says string
	}{
		{400, `{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt"}`, "the KMS refuses Decrypt with the key alias/cenote: AccessDeniedException User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt: allow kms:Decrypt on that key to the access key AKIDEXAMPLE"},
		{400, `{"__type":"NotFoundException","message":"Alias is not found."}`, "NotFoundException Alias is not found: check the name of the key"},
		{400, `{"__type":"DisabledException","message":"arn is disabled."}`, "enable-key"},
		{400, `{"__type":"com.amazonaws.kms#KMSInvalidStateException","message":"arn is pending deletion."}`, "KMSInvalidStateException arn is pending deletion: see its state"},
		{400, `{"__type":"IncorrectKeyException"}`, "IncorrectKeyException: name the key that wraps"},
		{400, `{"__type":"InvalidCiphertextException"}`, "restore the database from a backup"},
		{400, `{"__type":"InvalidKeyUsageException"}`, "name a symmetric key"},
		{400, `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`, "check the access key AKIDEXAMPLE"},
		{400, `{"__type":"ExpiredTokenException"}`, "its session token"},
		{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, "try again"},
		{403, `<ErrorResponse/>`, "status 403: check the access key AKIDEXAMPLE and its secret, and allow kms:Decrypt to it"},
		{503, `<html>down</html>`, "status 503: try again"},
		{500, `{"__type":"KMSInternalException","message":"a\nb\u0000c` + strings.Repeat("x", 1000) + `"}`, "KMSInternalException a b cxxx"},
		{301, ``, "status 301"},
	} {
		_, err := keyAt(t, says(test.status, test.answer)).Decrypt(t.Context(), []byte("wrapped"))
		refused, ok := errors.AsType[*kms.Error](err)
		if !ok || !strings.Contains(err.Error(), test.says) || strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 800 {
			t.Errorf("%s: %v", test.answer, err)
			continue
		}
		if refused.Status != test.status {
			t.Errorf("the status is %d", refused.Status)
		}
	}
}

// TestStrangers takes no answer that is no KMS's, and repeats none of it: it may hold a
// key.
func TestStrangers(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString([]byte("a short secret"))
	for _, answer := range []string{
		``, `hello`, `{}`, `[]`, `{"Plaintext":"` + short + `"}`, `{"Plaintext":"` + short + `","CiphertextBlob":"AAAA","KeyId":"k"}`,
		`{"Plaintext":"%%%"}`, `{"Plaintext":"` + strings.Repeat("A", 100_000) + `"}`,
	} {
		k := keyAt(t, says(http.StatusOK, answer))
		_, err := k.GenerateDataKey(t.Context())
		_, other := k.Decrypt(t.Context(), nil)
		for _, err := range []error{err, other} {
			if err == nil || !strings.Contains(err.Error(), "like a KMS: check the endpoint") || strings.Contains(err.Error(), short) {
				t.Errorf("%.40s: %v", answer, err)
			}
		}
	}
}

// TestUnreachable waits no longer than it may, and follows nobody elsewhere.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	silent := keyAt(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	silent.Timeout = 50 * time.Millisecond
	gone := keyAt(t, nil)
	gone.Endpoint = "http://127.0.0.1:1"
	for _, k := range []kms.Key{silent, gone} {
		_, err := k.Decrypt(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), "the KMS at "+k.Endpoint+" cannot be reached: ") || strings.Count(err.Error(), k.Endpoint) != 1 {
			t.Errorf("Decrypt: %v", err)
		}
	}
	elsewhere := keyAt(t, func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") })
	k := keyAt(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.Endpoint, http.StatusTemporaryRedirect)
	})
	if _, err := k.Decrypt(t.Context(), nil); err == nil {
		t.Error("a redirect is taken for an answer")
	}
}

// TestOwnEndpoint asks AWS's own address of the region.
func TestOwnEndpoint(t *testing.T) {
	t.Parallel()
	for region, host := range map[string]string{"eu-central-1": "https://kms.eu-central-1.amazonaws.com ", "cn-north-1": "https://kms.cn-north-1.amazonaws.com.cn "} {
		k := kms.Key{ID: keyID, Region: region, Timeout: time.Nanosecond}
		if _, err := k.Decrypt(t.Context(), nil); err == nil || !strings.Contains(err.Error(), host) {
			t.Errorf("%s: %v", region, err)
		}
	}
}
