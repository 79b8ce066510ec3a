package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// TestRestart ends the server and starts it again on the same data: identities, credentials and signing keys stay.
func TestRestart(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	sdk := conformance.GoSDK{}
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	guestID, userID := w.getID(t, sdk, nil), w.getID(t, sdk, alice)
	guestKeys, userKeys := w.getCredentials(t, sdk, guestID, nil), w.getCredentials(t, sdk, userID, alice)
	token := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": guestID}, aws.Credentials{}).Token

	if code := w.Stop(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
	w.Restart(t)

	for _, test := range []struct {
		role, id string
		logins   logins
		old      aws.Credentials
	}{{"guest", guestID, nil, guestKeys}, {"member", userID, alice, userKeys}} {
		want := sessionARN(test.role, enhanced)
		if got := w.caller(t, sdk, test.old); got != want {
			t.Errorf("caller with credentials from before is %s, want %s", got, want)
		}
		if got := w.caller(t, sdk, w.getCredentials(t, sdk, test.id, test.logins)); got != want {
			t.Errorf("caller with new credentials is %s, want %s", got, want)
		}
	}
	if again := w.getID(t, sdk, alice); again != userID {
		t.Errorf("alice is %s after the restart, was %s", again, userID)
	}
	verifyToken(t, w.Server, token)
}

// TestKeyRotation replaces the provider's signing keys while the server runs.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	sdk := conformance.GoSDK{}
	before := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	id := w.getID(t, sdk, before)

	o.Rotate(t)

	after := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	if again := w.getID(t, sdk, after); again != id {
		t.Errorf("alice is %s after the rotation, was %s", again, id)
	}
	w.getCredentials(t, sdk, id, after)
	wantRefusal(t, w, sdk, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": before},
		"Invalid login token. Couldn't verify signed token.")
}
