package conformance_test

import (
	"strings"
	"testing"

	"github.com/cenotehq/cenote/conformance"
)

// TestProvidersPage runs the commands of docs/providers.md as they stand, one after another.
func TestProvidersPage(t *testing.T) {
	t.Parallel()
	s := conformance.Start(t, conformance.Options{Dev: true})
	page := conformance.ReadPage(t, "providers.md").Replace(t,
		"http://127.0.0.1:4577", s.URL,
		"go run ./cmd/cenote dev token", conformance.Binary(t)+" dev token --endpoint "+s.URL,
		"file://metadata.xml", "file://testdata/cli/metadata.xml")
	created := func(name string) any { return &struct{ IdentityPoolName string }{name} }
	var friend struct {
		Provider, Audience string
		AssumedRoleUser    struct{ Arn string }
	}
	var developer, alice, customer, follower, colleague identity
	outputs := []any{
		created("user-pool"), created("google"), created("apple"), created("facebook"), &friend, created("amazon"),
		created("twitter"), created("openid"), created("saml"), &developer, &alice, &customer, &follower, &colleague,
	}
	want := make([]string, len(outputs))
	for i, output := range outputs {
		if pool, ok := output.(*struct{ IdentityPoolName string }); ok {
			want[i], pool.IdentityPoolName = pool.IdentityPoolName, ""
		}
	}
	conformance.Execute(t, strings.Join(page.Blocks("sh"), ""), s.Root, outputs...)
	for i, output := range outputs {
		if pool, ok := output.(*struct{ IdentityPoolName string }); ok && pool.IdentityPoolName != want[i] {
			t.Errorf("answer %d is pool %q, want %q", i, pool.IdentityPoolName, want[i])
		}
	}
	if friend.Provider != conformance.Facebook || friend.Audience != "demo" || friend.AssumedRoleUser.Arn != sessionARN("friend", "app") {
		t.Errorf("the session of Facebook's user is %+v", friend)
	}
	seen := map[string]bool{}
	for _, who := range []identity{developer, alice, customer, follower, colleague} {
		if who.IdentityID == "" || seen[who.IdentityID] {
			t.Errorf("an identity is %q", who.IdentityID)
		}
		seen[who.IdentityID] = true
	}
	for _, program := range page.Blocks("go") {
		if printed := conformance.Output(t, program); !strings.HasPrefix(printed, "http://127.0.0.1:") {
			t.Errorf("the program prints %s", printed)
		}
	}
}
