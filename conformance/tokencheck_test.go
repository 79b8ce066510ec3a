package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/cenotehq/cenote/conformance"
)

// TestServerSideTokenCheck disables and deletes users of a user pool: their tokens are good until they expire, save
// where an identity pool asks.
func TestServerSideTokenCheck(t *testing.T) {
	t.Parallel()
	const alice, bob = "alice@example.test", "bob@example.test"
	const revoked = "Invalid login token. The user does not exist or is disabled."
	u := conformance.StartUserPools(t, conformance.UserPoolOptions{Issuer: "https://" + conformance.UserPoolHost})
	u.CreateUser(t, alice)
	u.CreateUser(t, bob)
	w := newWorld(t, providers{userPools: []*conformance.UserPools{u}})
	careless := w.pool
	w.pool = w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("checked"), AllowUnauthenticatedIdentities: false,
		CognitoIdentityProviders: []cognitotypes.CognitoIdentityProvider{{
			ProviderName: &u.Provider, ClientId: &u.ClientID, ServerSideTokenCheck: aws.Bool(true),
		}},
	})
	w.setRoles(t, w.pool, w.guestRole, w.createRole(t, "checked", poolTrust(w.pool, "authenticated")))
	sdk := conformance.GoSDK{}
	ofAlice, ofBob := logins{u.Provider: u.SignIn(t, alice).ID}, logins{u.Provider: u.SignIn(t, bob).ID}
	id := w.getID(t, sdk, ofAlice)
	w.getCredentials(t, sdk, id, ofAlice)

	refused := func(t *testing.T) {
		t.Helper()
		for _, client := range conformance.SDKs(t) {
			wantRefusal(t, w, client, "cognito-identity:GetId", map[string]any{"IdentityPoolId": w.pool, "Logins": ofAlice}, revoked)
			wantRefusal(t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": ofAlice}, revoked)
			wantRefusal(t, w, client, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id, "Logins": ofAlice}, revoked)
		}
		w.getCredentials(t, sdk, w.getID(t, sdk, ofBob), ofBob)
	}
	u.DisableUser(t, alice)
	refused(t)
	u.EnableUser(t, alice)
	w.getCredentials(t, sdk, id, ofAlice)
	u.DeleteUser(t, alice)
	refused(t)
	u.CreateUser(t, alice)
	refused(t) // another one of that name
	again := logins{u.Provider: u.SignIn(t, alice).ID}
	if other := w.getID(t, sdk, again); other == id {
		t.Errorf("another user of the same name gets identity %s", id)
	}

	w.pool = careless
	w.getID(t, sdk, ofAlice)
}
