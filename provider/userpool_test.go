package provider_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/sigv4"
)

const userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"

// TestUser looks at the question as well: it is signed by the key for the region of
// the pool, with nothing in the URL.
func TestUser(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for name, key := range map[string]sigv4.Credentials{
		"without a key": {},
		"with a key":    {AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got := []string{r.Method, r.URL.String(), r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"), string(body)}
				want := []string{
					"POST", "/base/", "AWSCognitoIdentityProviderService.AdminGetUser", "application/x-amz-json-1.1",
					`{"UserPoolId":"us-east-1_Example","Username":"a\"b"}`,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("question (-want +got):\n%s", diff)
				}
				r.Host = "cognito-idp.us-east-1.amazonaws.com" // which it was signed for
				checkSignature(t, r, body, key, now)
				_, _ = io.WriteString(w, `{"Username":"a","Enabled":false,"UserStatus":"CONFIRMED","UserAttributes":[{"Name":"email","Value":"x"},{"Name":"sub","Value":"s"}]}`)
			}))
			t.Cleanup(server.Close)
			client := provider.New(provider.Config{
				Redirects:   []provider.Redirect{redirect(t, "cognito-idp.us-east-1.amazonaws.com="+server.URL+"/base")},
				UserPoolKey: key,
				Now:         func() time.Time { return now },
			})
			got, err := client.User(t.Context(), userPool, `a"b`)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(provider.User{Subject: "s", Status: "CONFIRMED"}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func checkSignature(t *testing.T, r *http.Request, body []byte, key sigv4.Credentials, now time.Time) {
	t.Helper()
	r.URL.Path, r.RequestURI = "/", "/" // a redirect's base comes after signing
	signature, err := sigv4.Parse(r)
	if err != nil {
		t.Error(err)
		return
	}
	if key.AccessKeyID == "" {
		key = sigv4.Credentials{AccessKeyID: "cenote", SecretAccessKey: "cenote"}
	}
	if signature.AccessKeyID != key.AccessKeyID || signature.Region != "us-east-1" || signature.Service != "cognito-idp" {
		t.Errorf("signed by %s for %s in %s", signature.AccessKeyID, signature.Service, signature.Region)
	}
	if err := signature.Verify(r, body, key.SecretAccessKey, now, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestUserRefused(t *testing.T) {
	t.Parallel()
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for name, test := range map[string]struct {
		pool   string
		answer http.HandlerFunc
		check  func(error) bool
	}{
		"no such user":        {userPool, says(400, `{"__type":"UserNotFoundException","message":"alice@example.com"}`), is(provider.ErrNoUser)},
		"throttled":           {userPool, says(400, `{"__type":"TooManyRequestsException"}`), isUnreachable},
		"429":                 {userPool, says(429, `{}`), isUnreachable},
		"503":                 {userPool, says(503, `<html>`), isUnreachable},
		"500, and a user":     {userPool, says(500, `{"__type":"InternalErrorException"}`), isUnreachable},
		"not allowed":         {userPool, says(400, `{"__type":"NotAuthorizedException"}`), isStatus(400, isInvalid)},
		"HTML":                {userPool, says(200, `<html>alice@example.com`), isInvalid},
		"not whether enabled": {userPool, says(200, `{"UserAttributes":[{"Name":"sub","Value":"alice@x"}]}`), isInvalid},
		"no sub":              {userPool, says(200, `{"Enabled":true,"UserAttributes":[{"Name":"email","Value":"alice@x"}]}`), isInvalid},
		"hangs up":            {userPool, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, isUnreachable},
		"bomb":                {userPool, bomb(t), isURL},
		"50 MB":               {userPool, huge, isURL},
		"redirect":            {userPool, http.RedirectHandler("http://169.254.169.254/", http.StatusPermanentRedirect).ServeHTTP, isStatus(308, isInvalid)},
		"pool of no redirect": {
			"cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example", unasked(t),
			func(err error) bool { return isInvalid(err) && errors.Is(err, provider.ErrNoKey) },
		},
		"no user pool":     {"idp.example.com", unasked(t), isInvalid},
		"pool with a path": {userPool + "/x", unasked(t), isInvalid},
		"host and no pool": {"cognito-idp.us-east-1.amazonaws.com/", unasked(t), isInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(test.answer)
			t.Cleanup(server.Close)
			client := provider.New(provider.Config{
				Redirects: []provider.Redirect{redirect(t, "cognito-idp.us-east-1.amazonaws.com="+server.URL)},
			})
			_, err := client.User(t.Context(), test.pool, "alice")
			if !test.check(err) || strings.Contains(err.Error(), "alice@") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func unasked(t *testing.T) http.HandlerFunc {
	t.Helper()
	return func(http.ResponseWriter, *http.Request) { t.Error("was asked") }
}

// TestUserHangs must end by the client's own time limit.
func TestUserHangs(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client has gone
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	client := provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "cognito-idp.us-east-1.amazonaws.com="+server.URL)},
		Timeout:   50 * time.Millisecond,
	})
	if _, err := client.User(t.Context(), userPool, "alice"); !isUnreachable(err) {
		t.Errorf("got %v", err)
	}
}
