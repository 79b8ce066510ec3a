package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

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

// backend is a company's own server, with the keys of a user who may vouch for users and nothing else.
type backend struct {
	*world
	conformance.Client

	keys aws.Credentials
}

// vouch is what the backend hands to the device of a user who signed in with it, and who is the guest called id as well
// unless that is empty.
func (b backend) vouch(t *testing.T, user, id string) (identityID, token string) {
	t.Helper()
	in := input("IdentityPoolId", b.pool, "Logins", logins{company: user})
	if id != "" {
		in["IdentityId"] = id
	}
	out := must[identity](t, b.world, b.Client, "cognito-identity:GetOpenIdTokenForDeveloperIdentity", in, b.keys)
	return out.IdentityID, out.Token
}

// TestDeveloperApps signs users in at a backend of one's own with the same SDK, whose word their devices take to the
// identity pool.
// Amplify is not among the apps: its own provider of credentials makes its logins of tokens of user pools.
func TestDeveloperApps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	in := guests("of developers")
	in.DeveloperProviderName = aws.String(company)
	w.pool = w.createPool(t, in)
	guest := w.createRole(t, "customer-to-be", poolTrust(w.pool, "unauthenticated"))
	customer := w.createRole(t, "customer", poolTrust(w.pool, "authenticated"))
	w.setRoles(t, w.pool, guest, customer)
	w.allowSelf(t, "customer")
	keys := w.newUser(t, "backend")
	ok(w.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: aws.String("backend"), PolicyName: aws.String("vouch"),
		PolicyDocument: aws.String(allow("cognito-identity:GetOpenIdTokenForDeveloperIdentity", poolARN(w.pool))),
	}))(t)
	for _, app := range conformance.Apps(t) {
		if app.Name() == "amplify" {
			continue
		}
		b := backend{w, app.(conformance.Client), keys}
		t.Run(app.Name(), func(t *testing.T) {
			session := func(pool conformance.PoolLogin, want, arn string) {
				t.Helper()
				pool.ID = w.pool
				got, err := app.Session(t, w.URL, pool)
				if err != nil {
					t.Fatalf("session: %v", err)
				}
				w.wantSelf(t, got.Credentials, want)
				if caller := w.caller(t, conformance.GoSDK{}, got.Credentials); caller != arn {
					t.Errorf("caller is %s, want %s", caller, arn)
				}
			}
			first, err := app.Session(t, w.URL, conformance.PoolLogin{ID: w.pool, Device: "phone"})
			if err != nil {
				t.Fatalf("session: %v", err)
			}
			user := "user-of-" + app.Name()
			id, token := b.vouch(t, user, first.IdentityID)
			if id != first.IdentityID {
				t.Errorf("the guest %s became %s", first.IdentityID, id)
			}
			session(conformance.PoolLogin{Device: "phone", Identity: id, Logins: logins{poolIssuer: token}}, id, sessionARN("customer", enhanced))
			again, token := b.vouch(t, user, "")
			if again != id {
				t.Errorf("on another device the user is %s, not %s", again, id)
			}
			session(conformance.PoolLogin{Device: "tablet", Identity: id, Logins: logins{poolIssuer: token}}, id, sessionARN("customer", enhanced))
			session(conformance.PoolLogin{Device: "basic", Role: customer, Token: token}, id, sessionARN("customer", "web-identity"))

			other, _ := b.vouch(t, "another-"+user, "")
			_, err = app.Session(t, w.URL, conformance.PoolLogin{ID: w.pool, Device: "stolen", Identity: other, Logins: logins{poolIssuer: token}})
			if f := conformance.AsFault(err); f == nil || f.Code != notAuthorized {
				t.Errorf("one user's token for another's identity: got %v, want %s", err, notAuthorized)
			}
		})
	}
}
