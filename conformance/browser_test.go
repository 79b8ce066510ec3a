package conformance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/conformance"
)

// TestBrowser asks before it calls, as a page of another origin has to, with the headers that the SDKs send.
func TestBrowser(t *testing.T) {
	t.Parallel()
	s := conformance.Start(t, conformance.Options{})
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, s.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	wanted := []string{"content-type", "x-amz-target", "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
	ask.Header.Set("Origin", "https://app.example.test")
	ask.Header.Set("Access-Control-Request-Method", http.MethodPost)
	ask.Header.Set("Access-Control-Request-Headers", strings.Join(wanted, ","))
	preflight := roundTrip(t, ask)
	allowed := strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers"))
	for _, name := range wanted {
		if !strings.Contains(allowed, name) {
			t.Errorf("header %s is not allowed by %q", name, allowed)
		}
	}
	if preflight.StatusCode != http.StatusOK || preflight.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(preflight.Header.Get("Access-Control-Allow-Methods"), http.MethodPost) {
		t.Errorf("preflight answer %s %v", preflight.Status, preflight.Header)
	}

	call, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	call.Header.Set("Origin", "https://app.example.test")
	call.Header.Set("Content-Type", "application/x-amz-json-1.1")
	call.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
	refused := roundTrip(t, call)
	exposed := strings.ToLower(refused.Header.Get("Access-Control-Expose-Headers"))
	for _, name := range []string{"x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"} {
		if !strings.Contains(exposed, name) || refused.Header.Get(name) == "" {
			t.Errorf("header %s is %q, exposed are %q", name, refused.Header.Get(name), exposed)
		}
	}
	if refused.StatusCode != http.StatusBadRequest || refused.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("refusal %s %v", refused.Status, refused.Header)
	}
}

func roundTrip(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}
