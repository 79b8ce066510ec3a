package conformance_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

const notAuthorized = "NotAuthorizedException"

// TestLoginRefused presents tokens that AWS refuses, to GetId and to GetCredentialsForIdentity of the user's own identity.
func TestLoginRefused(t *testing.T) {
	t.Parallel()
	const issuer = "https://login.example.test"
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: issuer})
	elsewhere := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://elsewhere.example.test"})
	impostor := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: issuer})
	past := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: issuer, Keys: o.Keys, Clock: -time.Hour})
	u := conformance.StartUserPools(t, conformance.UserPoolOptions{Issuer: "https://" + conformance.UserPoolHost})
	u.CreateUser(t, "alice@example.test")
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}, userPools: []*conformance.UserPools{u}})

	alice, aliceOfPool := o.SignIn(t, conformance.ClientApp, "alice"), u.SignIn(t, "alice@example.test")
	good, goodOfPool := logins{o.Name(): alice.ID}, logins{u.Provider: aliceOfPool.ID}
	identities := map[string]string{o.Name(): w.getID(t, conformance.GoSDK{}, good), u.Provider: w.getID(t, conformance.GoSDK{}, goodOfPool)}
	poolToken := must[identity](t, w, conformance.GoSDK{}, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": identities[o.Name()], "Logins": good}, aws.Credentials{}).Token
	foreign := elsewhere.SignIn(t, conformance.ClientApp, "alice").ID

	tests := []struct{ name, provider, token, message string }{
		{"signature flipped", o.Name(), flipSignature(t, alice.ID), "Invalid login token. Couldn't verify signed token."},
		{"signature flipped, user pool", u.Provider, flipSignature(t, aliceOfPool.ID), "Invalid login token. Couldn't verify signed token."},
		{"signature of another's key", o.Name(), impostor.SignIn(t, conformance.ClientApp, "alice").ID, "Invalid login token. Couldn't verify signed token."},
		{"another issuer's token", o.Name(), foreign, "Invalid login token. Issuer doesn't match providerName"},
		{"another issuer's token, user pool", u.Provider, alice.ID, "Invalid login token. Issuer doesn't match providerName"},
		{"provider with scheme", issuer, alice.ID, "Invalid login token. Issuer doesn't match providerName"},
		{"another provider", elsewhere.Name(), foreign, "Token is not from a supported provider of this identity pool."},
		{"another client's token", o.Name(), o.SignIn(t, conformance.ClientOther, "alice").ID, "Token is not from a supported provider of this identity pool."},
		{"expired", o.Name(), past.SignIn(t, conformance.ClientApp, "alice").ID, "Invalid login token. Token expired: NOW >= EXP"},
		{"opaque access token", o.Name(), alice.Access, "Invalid login token. Not a valid OpenId Connect identity token."},
		{"user pool's access token", u.Provider, aliceOfPool.Access, "Invalid login token. Missing a required claim: aud"},
		{"foreign token as an identity pool's", "cognito-identity.amazonaws.com", alice.ID, "Invalid login token. Not a Cognito token."},
	}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					bad := logins{test.provider: test.token}
					own := identities[o.Name()]
					if test.provider == u.Provider {
						own = identities[u.Provider]
					}
					if test.provider != "cognito-identity.amazonaws.com" {
						wantRefusal(t, w, client, "cognito-identity:GetId", map[string]any{"IdentityPoolId": w.pool, "Logins": bad}, test.message)
					}
					wantRefusal(t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": own, "Logins": bad}, test.message)
				})
			}
			wantRefusal(t, w, client, "cognito-identity:GetId", map[string]any{"IdentityPoolId": w.pool, "Logins": logins{"cognito-identity.amazonaws.com": poolToken}},
				"Invalid login token. Can't pass in a Cognito token.")
		})
	}
	w.getCredentials(t, conformance.GoSDK{}, identities[o.Name()], good)
	w.getCredentials(t, conformance.GoSDK{}, identities[u.Provider], goodOfPool)
}

// wantRefusal fails the test unless the call is refused as not authorized. NOW and EXP in the message stand for the
// two times of an expired token.
func wantRefusal(t *testing.T, w *world, client conformance.Client, operation string, input map[string]any, message string) {
	t.Helper()
	_, err := do[identity](t, w, client, operation, input, aws.Credentials{})
	if f := conformance.AsFault(err); f != nil {
		if parts := regexp.MustCompile(`^(.*: )(\d{10}) >= (\d{10})$`).FindStringSubmatch(f.Message); parts != nil && parts[2] > parts[3] {
			message = strings.Replace(message, "NOW >= EXP", parts[2]+" >= "+parts[3], 1)
		}
	}
	wantFault(t, client, err, notAuthorized, message, notAuthorized)
}

// flipSignature changes one bit of a token's signature.
func flipSignature(t *testing.T, token string) string {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	middle := (strings.LastIndexByte(token, '.') + len(token)) / 2
	position := strings.IndexByte(alphabet, token[middle])
	if position < 0 {
		t.Fatalf("no base64url at %d of %s", middle, token)
	}
	return token[:middle] + alphabet[position^1:position^1+1] + token[middle+1:]
}

// TestIdentityRefused asks for identities and pools that do not exist, are closed, or belong to somebody else.
func TestIdentityRefused(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	closed := w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("no guests, no providers")})
	alice, bob := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}, logins{o.Name(): o.SignIn(t, conformance.ClientApp, "bob").ID}
	own := w.getID(t, conformance.GoSDK{}, alice)
	const missing = conformance.Region + ":00000000-0000-4000-8000-000000000000"

	tests := []struct {
		name, operation string
		input           map[string]any
		code, message   string
	}{
		{"no such pool", "GetId", map[string]any{"IdentityPoolId": missing}, "ResourceNotFoundException", "IdentityPool '" + missing + "' not found."},
		{"no such identity", "GetCredentialsForIdentity", map[string]any{"IdentityId": missing}, "ResourceNotFoundException", "Identity '" + missing + "' not found."},
		{"no such identity for a token", "GetOpenIdToken", map[string]any{"IdentityId": missing}, "ResourceNotFoundException", "Identity '" + missing + "' not found."},
		{"guests are off", "GetId", map[string]any{"IdentityPoolId": closed}, notAuthorized, "Unauthenticated access is not supported for this identity pool."},
		{"no providers", "GetId", map[string]any{"IdentityPoolId": closed, "Logins": alice}, notAuthorized, "Identity pool - " + closed + " does not have identity providers configured."},
		{"a user's identity without login", "GetCredentialsForIdentity", map[string]any{"IdentityId": own}, notAuthorized, "Access to Identity '" + own + "' is forbidden."},
		{"a user's identity without login for a token", "GetOpenIdToken", map[string]any{"IdentityId": own}, notAuthorized, "Access to Identity '" + own + "' is forbidden."},
		{"another user's login", "GetCredentialsForIdentity", map[string]any{"IdentityId": own, "Logins": bob}, notAuthorized, "Logins don't match. Please include at least one valid login for this identity or identity pool."},
	}
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for _, test := range tests {
				_, err := do[identity](t, w, client, "cognito-identity:"+test.operation, test.input, aws.Credentials{})
				t.Run(test.name, func(t *testing.T) { wantFault(t, client, err, test.code, test.message, test.code) })
			}
		})
	}
}
