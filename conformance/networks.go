package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// Providers of opaque access tokens, as Logins calls them.
const (
	Facebook = "graph.facebook.com"
	Amazon   = "www.amazon.com"
	Twitter  = "api.twitter.com"
)

// Networks are Facebook, Login with Amazon and Twitter, as cenote dev has them.
type Networks struct {
	URL string // where all three answer
}

// StartNetworks starts the three; they end with the test.
func StartNetworks(t testing.TB) *Networks {
	t.Helper()
	return &Networks{URL: Start(t, Options{Dev: true}).URL + "/testidp/access"}
}

// Token is a new access token of a provider's user for an app, as Logins has it. The app is what an identity pool has
// in its settings.
func (n *Networks) Token(t testing.TB, provider, user, app string) string {
	t.Helper()
	response, err := http.PostForm(n.URL+"/token", url.Values{"provider": {provider}, "user": {user}, "app": {app}})
	if err != nil {
		t.Fatalf("token of %s: %v", provider, err)
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	text := body(t, response)
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Token == "" {
		t.Fatalf("token of %s: %s %s", provider, response.Status, text)
	}
	return answer.Token
}
