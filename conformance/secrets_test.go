package conformance_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// TestSecretsStay uses every kind of secret, rightly and wrongly, and looks for them in what the server wrote: its log
// and its data.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	sdk := conformance.GoSDK{}
	tokens := o.SignIn(t, conformance.ClientApp, "alice")
	alice, broken := logins{o.Name(): tokens.ID}, logins{o.Name(): flipSignature(t, tokens.ID)}
	id := w.getID(t, sdk, alice)
	session := w.getCredentials(t, sdk, id, alice)
	openID := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id, "Logins": alice}, aws.Credentials{}).Token
	out := must[assumed](t, w, sdk, "sts:AssumeRoleWithWebIdentity", webIdentity(w.memberRole, openID), aws.Credentials{}).Credentials.credentials()
	ok(w.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("dev")}))(t)
	key := ok(w.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("dev")}))(t).AccessKey
	for _, bad := range []map[string]any{{"IdentityPoolId": w.pool, "Logins": broken}, {"IdentityPoolId": w.pool, "Logins": logins{o.Name(): tokens.Access}}} {
		if _, err := do[identity](t, w, sdk, "cognito-identity:GetId", bad, aws.Credentials{}); conformance.AsFault(err) == nil {
			t.Fatalf("GetId with a bad login: %v", err)
		}
	}
	if _, err := do[assumed](t, w, sdk, "sts:AssumeRoleWithWebIdentity", webIdentity(w.guestRole, openID), aws.Credentials{}); conformance.AsFault(err) == nil {
		t.Fatalf("AssumeRoleWithWebIdentity of another role: %v", err)
	}
	w.caller(t, sdk, session)
	w.caller(t, sdk, out)
	w.Stop(t)

	secrets := map[string]string{
		"root secret": w.Root.SecretAccessKey, "user's secret": *key.SecretAccessKey,
		"session secret": session.SecretAccessKey, "session token": session.SessionToken,
		"web session secret": out.SecretAccessKey, "web session token": out.SessionToken,
		"ID token": tokens.ID, "broken ID token": broken[o.Name()], "access token": tokens.Access, "OpenID token": openID,
	}
	places := w.Kept(t)
	places["log"] = []byte(w.Log())
	if len(places) < 2 || len(places["log"]) == 0 {
		t.Fatalf("nothing to look at: %d places", len(places))
	}
	for place, content := range places {
		for name, secret := range secrets {
			if secret == "" {
				t.Fatalf("the %s is empty", name)
			}
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("the %s is in %s", name, place)
			}
		}
	}
}
