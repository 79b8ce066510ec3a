package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// attributeMaps turns claims into tags.
func (tr *tour) attributeMaps(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	pool, provider := tr.developerPool(t, o), aws.String(providerARN(o))
	get := &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: &pool, IdentityProviderName: provider}
	refused(tr.cognito.GetPrincipalTagAttributeMap(ctx, get))(t, "ResourceNotFoundException", "Provider '"+*provider+"' has no attribute map.")
	for _, in := range []*cognitoidentity.SetPrincipalTagAttributeMapInput{
		{PrincipalTags: map[string]string{"mail": "email"}, UseDefaults: aws.Bool(false)},
		{PrincipalTags: map[string]string{"mail": "email"}, UseDefaults: aws.Bool(true)},
	} {
		in.IdentityPoolId, in.IdentityProviderName = &pool, provider
		same(t, "SetPrincipalTagAttributeMap", in, ok(tr.cognito.SetPrincipalTagAttributeMap(ctx, in))(t))
		same(t, "GetPrincipalTagAttributeMap", in, ok(tr.cognito.GetPrincipalTagAttributeMap(ctx, get))(t))
	}
}

// TestAttributes gives the people of a department what belongs to it, by a claim that becomes a tag of their sessions.
func TestAttributes(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	ok(w.cognito.SetPrincipalTagAttributeMap(t.Context(), &cognitoidentity.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: &w.pool, IdentityProviderName: aws.String(providerARN(o)), PrincipalTags: map[string]string{"dept": "department"},
	}))(t)
	tagged := w.createRole(t, "tagged", document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": poolIssuer}, "Action": []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"},
		"Condition": map[string]any{"StringEquals": map[string]string{poolIssuer + ":aud": w.pool}},
	}))
	ok(w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("tagged"), PolicyName: aws.String("by-department"), PolicyDocument: aws.String(document(map[string]any{
			"Effect": "Allow", "Action": "cognito-identity:DescribeIdentityPool", "Resource": "*",
			"Condition": map[string]any{"StringEquals": map[string]string{"aws:PrincipalTag/dept": "chemistry"}},
		})),
	}))(t)
	people := map[string]logins{}
	for _, user := range []string{"chemist", "clerk"} {
		people[user] = logins{o.Name(): o.SignIn(t, conformance.ClientApp, user).ID}
	}
	clients := conformance.SDKs(t)
	w.setRoles(t, w.pool, w.guestRole, tagged)
	for _, client := range clients {
		t.Run(client.Name(), func(t *testing.T) {
			for flow, keys := range map[string]map[string]aws.Credentials{enhanced: w.enhancedKeys(t, client, people), "app": w.basicKeys(t, client, people, tagged)} {
				must[struct{}](t, w, client, "cognito-identity:DescribeIdentityPool", input("IdentityPoolId", w.pool), keys["chemist"])
				wantDenied(t, w, client, keys["clerk"], "User: "+sessionARN("tagged", flow)+" is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: "+
					poolARN(w.pool)+" because no identity-based policy allows the cognito-identity:DescribeIdentityPool action")
			}
		})
	}
	w.setRoles(t, w.pool, w.guestRole, w.memberRole)
	for _, client := range clients {
		t.Run(client.Name()+" without sts:TagSession", func(t *testing.T) {
			id := w.getID(t, client, people["chemist"])
			_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", input("IdentityId", id, "Logins", people["chemist"]), aws.Credentials{})
			wantFault(t, client, err, badConfiguration, badConfigMessage, badConfiguration)
			token := must[identity](t, w, client, "cognito-identity:GetOpenIdToken", input("IdentityId", id, "Logins", people["chemist"]), aws.Credentials{}).Token
			_, err = do[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(w.memberRole, token), aws.Credentials{})
			wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "")
			w.getCredentials(t, client, w.getID(t, client, people["clerk"]), people["clerk"])
		})
	}
}

// enhancedKeys are each one's credentials of the enhanced flow.
func (w *world) enhancedKeys(t *testing.T, client conformance.Client, people map[string]logins) map[string]aws.Credentials {
	t.Helper()
	keys := map[string]aws.Credentials{}
	for user, l := range people {
		keys[user] = w.getCredentials(t, client, w.getID(t, client, l), l)
	}
	return keys
}

// basicKeys are each one's credentials of the basic flow.
func (w *world) basicKeys(t *testing.T, client conformance.Client, people map[string]logins, role string) map[string]aws.Credentials {
	t.Helper()
	keys := map[string]aws.Credentials{}
	for user, l := range people {
		token := must[identity](t, w, client, "cognito-identity:GetOpenIdToken", input("IdentityId", w.getID(t, client, l), "Logins", l), aws.Credentials{}).Token
		keys[user] = must[assumed](t, w, client, "sts:AssumeRoleWithWebIdentity", webIdentity(role, token), aws.Credentials{}).Credentials.credentials()
	}
	return keys
}
