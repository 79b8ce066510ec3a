package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// company is the developer provider name of every pool that has one.
const company = "login.company.dev"

// developerPool makes a pool that takes guests, users of o, and users whom the developer vouches for.
func (w *world) developerPool(t *testing.T, o *conformance.OIDC) (pool string) {
	t.Helper()
	in := guests("of developers")
	in.DeveloperProviderName = aws.String(company)
	in.OpenIdConnectProviderARNs = []string{providerARN(o)}
	return w.createPool(t, in)
}

// providerARN is the name of o in the account.
func providerARN(o *conformance.OIDC) string { return accountARN + ":oidc-provider/" + o.Name() }

// developerUsers vouches for users, and looks up, merges and unlinks them.
func (tr *tour) developerUsers(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	pool := tr.developerPool(t, o)
	provider := aws.String(company)
	vouch := func(l logins) *cognitoidentity.GetOpenIdTokenForDeveloperIdentityOutput {
		t.Helper()
		return ok(tr.cognito.GetOpenIdTokenForDeveloperIdentity(ctx, &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{
			IdentityPoolId: &pool, Logins: l, PrincipalTags: map[string]string{"dept": "x"}, TokenDuration: aws.Int64(60),
		}))(t)
	}
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	other := vouch(logins{company: "Alice"}).IdentityId
	id := vouch(logins{company: "alice", o.Name(): alice[o.Name()]}).IdentityId
	claims := verifyToken(t, tr.Server, *vouch(logins{company: "alice"}).Token)
	same(t, "amr", []any{"authenticated", company, company + ":" + pool + ":alice"}, claims["amr"])
	same(t, "tags", map[string]any{"principal_tags": map[string]any{"dept": []any{"x"}}}, claims["https://aws.amazon.com/tags"])
	if life := claims["exp"].(float64) - claims["iat"].(float64); life != 60 || claims["sub"] != *id {
		t.Errorf("claims %v", claims)
	}

	merged := ok(tr.cognito.MergeDeveloperIdentities(ctx, &cognitoidentity.MergeDeveloperIdentitiesInput{
		IdentityPoolId: &pool, DeveloperProviderName: provider, SourceUserIdentifier: aws.String("Alice"), DestinationUserIdentifier: aws.String("alice"),
	}))(t)
	same(t, "merged", id, merged.IdentityId)
	lookup := func(in cognitoidentity.LookupDeveloperIdentityInput) *cognitoidentity.LookupDeveloperIdentityOutput {
		t.Helper()
		in.IdentityPoolId = &pool
		return ok(tr.cognito.LookupDeveloperIdentity(ctx, &in))(t)
	}
	same(t, "by user", map[string]any{"IdentityId": id, "DeveloperUserIdentifierList": []string{"Alice"}, "NextToken": nil},
		lookup(cognitoidentity.LookupDeveloperIdentityInput{DeveloperUserIdentifier: aws.String("Alice")}))
	first := lookup(cognitoidentity.LookupDeveloperIdentityInput{IdentityId: id, MaxResults: aws.Int32(1)})
	second := lookup(cognitoidentity.LookupDeveloperIdentityInput{IdentityId: id, MaxResults: aws.Int32(1), NextToken: first.NextToken})
	same(t, "users of the identity", []string{"Alice", "alice"}, append(first.DeveloperUserIdentifierList, second.DeveloperUserIdentifierList...))
	refused(tr.cognito.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: other}))(t, notAuthorized, "Access to Identity '"+*other+"' is forbidden.")

	for _, user := range []string{"Alice", "alice"} {
		in := &cognitoidentity.UnlinkDeveloperIdentityInput{IdentityPoolId: &pool, IdentityId: id, DeveloperProviderName: provider, DeveloperUserIdentifier: &user}
		ok(tr.cognito.UnlinkDeveloperIdentity(ctx, in))(t)
		refused(tr.cognito.UnlinkDeveloperIdentity(ctx, in))(t, "ResourceConflictException", "Identity '"+*id+"' has no such login of provider "+company+".")
	}
	ok(tr.cognito.UnlinkIdentity(ctx, &cognitoidentity.UnlinkIdentityInput{IdentityId: id, Logins: alice, LoginsToRemove: []string{o.Name()}}))(t)
	refused(tr.cognito.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id, Logins: alice}))(t, notAuthorized, "Access to Identity '"+*id+"' is forbidden.")
	if again := ok(tr.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &pool, Logins: alice}))(t).IdentityId; *again == *id {
		t.Errorf("the unlinked user is %s again", *id)
	}
}
