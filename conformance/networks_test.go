package conformance_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// networkApps are the settings of a pool for them.
func networkApps() map[string]string {
	return map[string]string{
		conformance.Facebook: "7346241598935552",
		conformance.Amazon:   "amzn1.application-oa2-client.d8ffa2bea1e9a5a2",
		conformance.Twitter:  "xvz1evFS4wEEPTGEFPHBog;kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
	}
}

// newNetworkWorld starts a server whose pool takes logins with all three, and Digits in its settings.
// All three answer at the address.
func newNetworkWorld(t *testing.T, address string) *world {
	t.Helper()
	redirects, apps := map[string]string{}, networkApps()
	for host := range apps {
		redirects[host] = address
	}
	apps["www.digits.com"] = apps[conformance.Twitter]
	w := startWorld(t, conformance.Options{Redirects: redirects})
	w.pool = w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("people"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true),
		SupportedLoginProviders: apps,
	})
	w.guestRole = w.createRole(t, "guest", poolTrust(w.pool, "unauthenticated"))
	w.memberRole = w.createRole(t, "member", poolTrust(w.pool, "authenticated"))
	w.setRoles(t, w.pool, w.guestRole, w.memberRole)
	return w
}

// TestNetworkLogins signs in with an access token of each provider: the same user is the same identity with every
// token, in both flows.
func TestNetworkLogins(t *testing.T) {
	t.Parallel()
	n := conformance.StartNetworks(t)
	w := newNetworkWorld(t, n.URL)
	for _, client := range conformance.Clients(t) {
		for provider, app := range networkApps() {
			t.Run(client.Name()+"/"+provider, func(t *testing.T) {
				alice := logins{provider: n.Token(t, provider, "alice", app)}
				id := w.getID(t, client, alice)
				if again := w.getID(t, client, logins{provider: n.Token(t, provider, "alice", app)}); again != id {
					t.Errorf("with another token alice is %s and not %s", again, id)
				}
				if bob := w.getID(t, client, logins{provider: n.Token(t, provider, "bob", app)}); bob == id {
					t.Errorf("alice and bob are %s", id)
				}
				if got, want := w.caller(t, client, w.getCredentials(t, client, id, alice)), sessionARN("member", enhanced); got != want {
					t.Errorf("caller is %s, want %s", got, want)
				}
				token := must[identity](t, w, client, "cognito-identity:GetOpenIdToken",
					withLogins(map[string]any{"IdentityId": id}, alice), aws.Credentials{}).Token
				session := must[identity](t, w, client, "sts:AssumeRoleWithWebIdentity",
					map[string]any{"RoleArn": w.memberRole, "RoleSessionName": "basic", "WebIdentityToken": token}, aws.Credentials{})
				if got, want := w.caller(t, client, session.Credentials.credentials()), sessionARN("member", "basic"); got != want {
					t.Errorf("caller is %s, want %s", got, want)
				}
			})
		}
	}
}

// TestNetworkProviders lets the providers of both JavaScript SDKs find their own way with access tokens.
func TestNetworkProviders(t *testing.T) {
	t.Parallel()
	n := conformance.StartNetworks(t)
	w := newNetworkWorld(t, n.URL)
	for name, sdk := range map[string]*conformance.Script{"v3": conformance.JavaScript(t, 0), "v2": conformance.JavaScript2(t)} {
		for provider, app := range networkApps() {
			t.Run(name+"/"+provider, func(t *testing.T) {
				text, err := sdk.DoFromPool(t, conformance.Call{Service: conformance.STS, Operation: "GetCallerIdentity", Endpoint: w.URL},
					conformance.PoolLogin{ID: w.pool, Logins: logins{provider: n.Token(t, provider, "alice", app)}})
				if err != nil {
					t.Fatalf("GetCallerIdentity: %v", err)
				}
				var got struct{ Arn string }
				if err := json.Unmarshal(text, &got); err != nil || got.Arn != sessionARN("member", enhanced) {
					t.Errorf("caller is %s: %v", text, err)
				}
			})
		}
	}
}

// TestNetworkLoginsRefused has each SDK see why a login with an access token is refused.
func TestNetworkLoginsRefused(t *testing.T) {
	t.Parallel()
	n := conformance.StartNetworks(t)
	w := newNetworkWorld(t, n.URL)
	const (
		refusal     = "NotAuthorizedException"
		unverified  = "Invalid login token. Couldn't verify signed token."
		unsupported = "Token is not from a supported provider of this identity pool."
	)
	otherApps := map[string]string{conformance.Facebook: "1", conformance.Amazon: "amzn1.application-oa2-client.1", conformance.Twitter: "k;s"}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			signIn := func(l logins) error {
				_, err := do[identity](t, w, client, "cognito-identity:GetId", withLogins(map[string]any{"IdentityPoolId": w.pool}, l), aws.Credentials{})
				return err
			}
			for provider := range networkApps() {
				message := unsupported
				if provider == conformance.Twitter { // which sees that the token is another app's
					message = unverified
				}
				wantFault(t, client, signIn(logins{provider: n.Token(t, provider, "alice", otherApps[provider])}), refusal, message, refusal)
				wantFault(t, client, signIn(logins{provider: "made;up"}), refusal, unverified, refusal)
			}
			wantFault(t, client, signIn(logins{"www.digits.com": "a;b"}), refusal,
				"Invalid login token. Digits was shut down in 2017, its tokens cannot be verified any more.", refusal)
		})
	}
}

// TestSickNetwork has each SDK see that it is the provider's fault, and logins with another provider work on.
func TestSickNetwork(t *testing.T) {
	t.Parallel()
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Down for maintenance</html>")
	}))
	t.Cleanup(sick.Close)
	w := newNetworkWorld(t, sick.URL)
	for _, client := range conformance.SDKs(t) {
		for provider := range networkApps() {
			_, err := do[identity](t, w, client, "cognito-identity:GetId",
				withLogins(map[string]any{"IdentityPoolId": w.pool}, logins{provider: "any;token"}), aws.Credentials{})
			wantFault(t, client, err, "ExternalServiceException", "The identity provider "+provider+" is not responding.", "ExternalServiceException")
		}
		w.getID(t, client, nil)
	}
}

// TestNetworkRoles assumes roles with access tokens of Facebook and Amazon, without an identity pool.
func TestNetworkRoles(t *testing.T) {
	t.Parallel()
	n := conformance.StartNetworks(t)
	w := newNetworkWorld(t, n.URL)
	for _, test := range []struct{ provider, key, role string }{
		{conformance.Facebook, "id", "friend"},
		{conformance.Amazon, "user_id", "customer"},
	} {
		app := networkApps()[test.provider]
		trustIn := func(name string, condition map[string]string) string {
			return w.createRole(t, name, trust(map[string]any{"StringEquals": condition}, map[string]string{"Federated": test.provider}))
		}
		assume := func(client conformance.Client, role, token string) (accessTokenSession, error) {
			return do[accessTokenSession](t, w, client, "sts:AssumeRoleWithWebIdentity", map[string]any{
				"RoleArn": role, "RoleSessionName": "app", "WebIdentityToken": token, "ProviderId": test.provider,
			}, aws.Credentials{})
		}
		everybody := trustIn("any-"+test.role, map[string]string{test.provider + ":app_id": app})
		alice := ok(assume(conformance.GoSDK{}, everybody, n.Token(t, test.provider, "alice", app)))(t).SubjectFromWebIdentityToken
		hers := trustIn(test.role, map[string]string{test.provider + ":app_id": app, test.provider + ":" + test.key: alice})
		for _, client := range conformance.SDKs(t) {
			t.Run(client.Name()+"/"+test.provider, func(t *testing.T) {
				got := ok(assume(client, hers, n.Token(t, test.provider, "alice", app)))(t)
				if got.Provider != test.provider || got.Audience != app || got.SubjectFromWebIdentityToken != alice {
					t.Errorf("got %+v", got)
				}
				if caller, want := w.caller(t, client, got.Credentials.credentials()), sessionARN(test.role, "app"); caller != want {
					t.Errorf("caller is %s, want %s", caller, want)
				}
				for role, token := range map[string]string{
					hers: n.Token(t, test.provider, "bob", app), everybody: n.Token(t, test.provider, "alice", "another"),
				} {
					_, err := assume(client, role, token)
					wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
				}
				_, err := assume(client, hers, "made-up")
				wantFault(t, client, err, "IDPRejectedClaim", test.provider+": "+test.provider+" responded with HTTP/1.1 400 Bad Request", "IDPRejectedClaimException")
			})
		}
	}
}

// accessTokenSession is an answer of AssumeRoleWithWebIdentity.
type accessTokenSession struct {
	Credentials                                     keys
	Provider, Audience, SubjectFromWebIdentityToken string
}
