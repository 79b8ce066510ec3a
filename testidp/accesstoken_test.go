package testidp_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/testidp"
)

func newAccessTokens(t *testing.T) (*testidp.AccessTokens, *time.Time) {
	t.Helper()
	clock := now()
	a, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	return a, &clock
}

// ask returns the status and the members of an answer.
func ask(t *testing.T, h http.Handler, target string, header ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var members map[string]any
	d := json.NewDecoder(w.Body)
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	return w.Code, members
}

func TestGraph(t *testing.T) {
	t.Parallel()
	a, clock := newAccessTokens(t)
	token, err := a.Token(testidp.Facebook, "alice", "73462415")
	if err != nil {
		t.Fatal(err)
	}
	id := testidp.UserID(testidp.Facebook, "alice")
	for _, test := range []struct {
		target string
		want   map[string]any
	}{
		{"/me?fields=id&access_token=" + token, map[string]any{"id": id}},
		{"/v19.0/me?access_token=" + token, map[string]any{"id": id, "name": "Test User"}},
		{"/app?access_token=" + token, map[string]any{"id": "73462415", "name": "Test App"}},
	} {
		if status, got := ask(t, a, test.target); status != http.StatusOK || !cmp.Equal(got, test.want) {
			t.Errorf("%s: %d %v", test.target, status, got)
		}
	}
	if status, got := ask(t, a, "/me", "Authorization", "Bearer "+token); status != http.StatusOK || got["id"] != id {
		t.Errorf("token in the header: %d %v", status, got)
	}
	refused := func(want string) {
		t.Helper()
		status, got := ask(t, a, "/me?access_token="+token)
		members, _ := got["error"].(map[string]any)
		sub, _ := members["error_subcode"].(json.Number)
		if status != http.StatusBadRequest || members["code"] != json.Number("190") || sub.String() != want {
			t.Errorf("got %d %v", status, got)
		}
	}
	*clock = clock.Add(time.Hour)
	refused("463")
	a.Revoke(token)
	refused("")
}

func TestTokenInfo(t *testing.T) {
	t.Parallel()
	a, clock := newAccessTokens(t)
	token, err := a.Token(testidp.Amazon, "bob", "amzn1.application-oa2-client.1")
	if err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(10 * time.Minute)
	target := "/auth/o2/tokeninfo?access_token=" + url.QueryEscape(token)
	status, got := ask(t, a, target)
	appID := testidp.AmazonAppID("amzn1.application-oa2-client.1")
	want := map[string]any{
		"iss": "https://www.amazon.com", "aud": "amzn1.application-oa2-client.1", "app_id": appID,
		"user_id": testidp.UserID(testidp.Amazon, "bob"), "exp": json.Number("3000"), "iat": json.Number("1700000000"),
	}
	if diff := cmp.Diff(want, got); diff != "" || status != http.StatusOK || !strings.HasPrefix(appID, "amzn1.application.") {
		t.Errorf("got %d %v", status, got)
	}
	*clock = clock.Add(50 * time.Minute)
	if status, got := ask(t, a, target); status != http.StatusBadRequest || got["error"] != "invalid_token" {
		t.Errorf("an hour old: got %d %v", status, got)
	}
}

// The other side, which signs as it should, is package provider; here is who does not.
func TestVerifyCredentialsRefuses(t *testing.T) {
	t.Parallel()
	a, _ := newAccessTokens(t)
	pair, err := a.Token(testidp.Twitter, "carol", "key;secret")
	if err != nil {
		t.Fatal(err)
	}
	token, _, _ := strings.Cut(pair, ";")
	const signed = `oauth_nonce="n", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1700000000", oauth_version="1.0", oauth_consumer_key="key"`
	for name, header := range map[string]string{
		"nothing":         "",
		"no signature":    "OAuth " + signed + `, oauth_token="` + token + `"`,
		"empty signature": "OAuth " + signed + `, oauth_token="` + token + `", oauth_signature=""`,
		"garbage":         "OAuth " + signed + `, oauth_token="` + token + `", oauth_signature="!"`,
		"wrong signature": "OAuth " + signed + `, oauth_token="` + token + `", oauth_signature="AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D"`,
		"bearer":          "Bearer " + token,
	} {
		if status, got := ask(t, a, "/1.1/account/verify_credentials.json", "Authorization", header); status != http.StatusUnauthorized {
			t.Errorf("%s: got %d %v", name, status, got)
		}
	}
}

func TestAccessTokensByForm(t *testing.T) {
	t.Parallel()
	a, _ := newAccessTokens(t)
	post := func(form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		return w
	}
	var answer struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.Unmarshal(post("provider=graph.facebook.com&user=alice&app=1").Body.Bytes(), &answer); err != nil || answer.Seconds != 3600 {
		t.Fatalf("got %+v, %v", answer, err)
	}
	if status, got := ask(t, a, "/app?fields=id&access_token="+answer.Token); status != http.StatusOK || got["id"] != "1" {
		t.Errorf("got %d %v", status, got)
	}
	for name, form := range map[string]string{
		"unknown user":     "provider=graph.facebook.com&user=mallory&app=1",
		"unknown provider": "provider=myspace.com&user=alice&app=1",
		"Twitter app":      "provider=api.twitter.com&user=alice&app=key",
		"huge":             "user=" + strings.Repeat("x", 1<<20),
	} {
		if w := post(form); w.Code != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d", name, w.Code)
		}
	}
}

func TestNewAccessTokensRefuses(t *testing.T) {
	t.Parallel()
	for name, users := range map[string][]testidp.User{"nameless": {{}}, "twins": {{Name: "a"}, {Name: "a"}}} {
		if _, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{Users: users}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	a, _ := newAccessTokens(t)
	if _, err := a.Token("myspace.com", "alice", "1"); !errors.Is(err, testidp.ErrUnknownProvider) {
		t.Errorf("unknown provider: got %v", err)
	}
	if _, err := a.Token(testidp.Facebook, "mallory", "1"); !errors.Is(err, testidp.ErrUnknownUser) {
		t.Errorf("unknown user: got %v", err)
	}
}

// Users have other ids at other providers, and always the same.
func TestUserID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, provider := range []string{testidp.Facebook, testidp.Amazon, testidp.Twitter} {
		for _, user := range []string{"alice", "bob"} {
			id := testidp.UserID(provider, user)
			if seen[id] || id != testidp.UserID(provider, user) {
				t.Errorf("%s at %s is %s", user, provider, id)
			}
			seen[id] = true
		}
	}
}
