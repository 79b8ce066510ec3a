package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// TestAssumeRoleWithSAML opens sessions with every client, and has refusals arrive as AWS's exceptions.
func TestAssumeRoleWithSAML(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	idp := w.startSAML(t, "corp")
	role := w.createRole(t, "staff", samlTrust(idp.arn))
	other := w.createRole(t, "other", samlTrust(idp.arn))
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			input := func(role, response string) map[string]any {
				return map[string]any{"RoleArn": role, "PrincipalArn": idp.arn, "SAMLAssertion": response}
			}
			response := idp.response(t, "alice", role, nil)
			out := must[identity](t, w, client, "sts:AssumeRoleWithSAML", input(role, response), aws.Credentials{})
			if got, want := w.caller(t, client, out.Credentials.credentials()), sessionARN("staff", "alice"); got != want {
				t.Errorf("caller is %s, want %s", got, want)
			}
			for _, test := range []struct{ role, response, code, message, exception string }{
				{role, response, "InvalidIdentityToken", "Response was used before", "InvalidIdentityTokenException"},
				{role, "abcdefgh", "InvalidIdentityToken", "Your request included an invalid SAML response.", "InvalidIdentityTokenException"},
				{role, tampered(t, idp.response(t, "alice", role, nil)), "InvalidIdentityToken", "Response signature invalid", "InvalidIdentityTokenException"},
				{role, newSAML(t, "elsewhere").response(t, "alice", role, nil), "InvalidIdentityToken", "Issuer not present in specified provider", "InvalidIdentityTokenException"},
				{other, idp.response(t, "alice", role, nil), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", ""},
			} {
				_, err := do[identity](t, w, client, "sts:AssumeRoleWithSAML", input(test.role, test.response), aws.Credentials{})
				wantFault(t, client, err, test.code, test.message, test.exception)
			}
		})
	}
}

// tampered is a response in which alice became admin after it was signed.
func tampered(t *testing.T, response string) string {
	t.Helper()
	document := string(ok(base64.StdEncoding.DecodeString(response))(t))
	changed := strings.ReplaceAll(document, ">alice<", ">admin<")
	if changed == document {
		t.Fatal("alice is not in the response")
	}
	return base64.StdEncoding.EncodeToString([]byte(changed))
}

// TestSAMLLogin signs in at an identity pool with every client, and lets the providers of the JavaScript SDKs find their
// own way, with a role that the assertion offers.
func TestSAMLLogin(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	idp := w.startSAML(t, "corp")
	w.pool = w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("staff"), AllowUnauthenticatedIdentities: true, SamlProviderARNs: []string{idp.arn},
	})
	w.guestRole = w.createRole(t, "guest", poolTrust(w.pool, "unauthenticated"))
	w.memberRole = w.createRole(t, "member", poolTrust(w.pool, "authenticated"))
	offered := w.createRole(t, "offered", poolTrust(w.pool, "authenticated"))
	w.setRoles(t, w.pool, w.guestRole, w.memberRole)
	by := func(user string) logins { return logins{idp.arn: idp.response(t, user, offered, nil)} }
	first := ""
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			alice := by("alice")
			id := w.getID(t, client, alice)
			if first == "" {
				first = id
			}
			if id != first {
				t.Errorf("identity %s, but the client before got %s for the same user", id, first)
			}
			if got, want := w.caller(t, client, w.getCredentials(t, client, id, alice)), sessionARN("offered", enhanced); got != want {
				t.Errorf("caller is %s, want %s", got, want)
			}
			if w.getID(t, client, by("bob")) == id {
				t.Errorf("two users share identity %s", id)
			}
			bad := logins{idp.arn: tampered(t, alice[idp.arn])}
			wantRefusal(t, w, client, "cognito-identity:GetId", map[string]any{"IdentityPoolId": w.pool, "Logins": bad}, "Invalid login token. Couldn't verify signed token.")
		})
	}
	for _, sdk := range []*conformance.Script{conformance.JavaScript(t, 0), conformance.JavaScript2(t)} {
		t.Run(sdk.Name()+" by itself", func(t *testing.T) {
			text, err := sdk.DoFromPool(t, conformance.Call{Service: conformance.STS, Operation: "GetCallerIdentity", Endpoint: w.URL},
				conformance.PoolLogin{ID: w.pool, Logins: by("alice")})
			if err != nil {
				t.Fatalf("GetCallerIdentity: %v", err)
			}
			var got struct{ Arn string }
			if err := json.Unmarshal(text, &got); err != nil || got.Arn != sessionARN("offered", enhanced) {
				t.Errorf("caller is %s, %v", text, err)
			}
		})
	}
}
