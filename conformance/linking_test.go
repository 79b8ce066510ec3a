package conformance_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// TestMerge lets a known user sign in on a device that was a guest: the user's identity goes on, the guest's ends.
func TestMerge(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			user := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "user-of-"+client.Name()).ID}
			own, guest := w.getID(t, client, user), w.getID(t, client, nil)
			out := must[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": guest, "Logins": user}, aws.Credentials{})
			if out.IdentityID != own {
				t.Errorf("identity is %s, want the user's, %s", out.IdentityID, own)
			}
			if got, want := w.caller(t, client, out.Credentials.credentials()), sessionARN("member", enhanced); got != want {
				t.Errorf("caller is %s, want %s", got, want)
			}
			_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": guest}, aws.Credentials{})
			wantFault(t, client, err, notAuthorized, "Access to Identity '"+guest+"' is forbidden.", notAuthorized)
		})
	}
}

// TestTwoProviders links a user's logins at two providers into one identity.
func TestTwoProviders(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	u := conformance.StartUserPools(t, conformance.UserPoolOptions{Issuer: "https://" + conformance.UserPoolHost})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}, userPools: []*conformance.UserPools{u}})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			email := client.Name() + "@example.test"
			u.CreateUser(t, email)
			company, pool := o.SignIn(t, conformance.ClientApp, email).ID, u.SignIn(t, email).ID
			first := logins{o.Name(): company}
			both, second := logins{o.Name(): company, u.Provider: pool}, logins{u.Provider: pool}
			id := w.getID(t, client, first)
			w.getCredentials(t, client, id, both)
			if linked := w.getID(t, client, second); linked != id {
				t.Errorf("the second login is %s, the first %s, though they were linked", linked, id)
			}
			w.getCredentials(t, client, id, second)

			other := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "other-"+email).ID, u.Provider: pool}
			_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": other}, aws.Credentials{})
			if f := conformance.AsFault(err); f == nil || f.Code != "ResourceConflictException" || client.Typed() && f.Exception != f.Code {
				t.Errorf("a second user of a linked provider: got %v, want ResourceConflictException", err)
			}
		})
	}
}

// TestUnlink takes the logins off an identity, one after the other: the first becomes another identity's, and with the
// last one the identity ends.
func TestUnlink(t *testing.T) {
	t.Parallel()
	a := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://a.example.test"})
	b := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://b.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{a, b}})
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			first := logins{a.Name(): a.SignIn(t, conformance.ClientApp, "user-of-"+client.Name()).ID}
			second := logins{b.Name(): b.SignIn(t, conformance.ClientApp, "user-of-"+client.Name()).ID}
			id := w.getID(t, client, first)
			w.getCredentials(t, client, id, joined(first, second))
			unlink := func(proof logins, provider string) error {
				_, err := do[struct{}](t, w, client, "cognito-identity:UnlinkIdentity", input("IdentityId", id, "Logins", proof, "LoginsToRemove", []string{provider}), aws.Credentials{})
				return err
			}
			if err := unlink(first, b.Name()); err != nil {
				t.Fatal(err)
			}
			wantFault(t, client, unlink(first, b.Name()), conflict, "Identity '"+id+"' has no such login of provider "+b.Name()+".", conflict)
			wantFault(t, client, unlink(second, a.Name()), notAuthorized, "Logins don't match. Please include at least one valid login for this identity or identity pool.", notAuthorized)
			if other := w.getID(t, client, second); other == id {
				t.Errorf("the login that was taken off is still %s", id)
			}
			w.getCredentials(t, client, id, first)
			if err := unlink(first, a.Name()); err != nil {
				t.Fatal(err)
			}
			_, err := do[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", input("IdentityId", id, "Logins", first), aws.Credentials{})
			wantFault(t, client, err, notAuthorized, "Access to Identity '"+id+"' is forbidden.", notAuthorized)
			if other := w.getID(t, client, first); other == id {
				t.Errorf("the ended identity %s is back", id)
			}
		})
	}
}

// TestFirstSignInRace signs a new user in from many devices at once: all of them must be the same identity.
func TestFirstSignInRace(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	public := cognitoidentity.NewFromConfig(conformance.Config(t, w.URL, aws.Credentials{}))
	for _, user := range []string{"alice", "bob", "carol", "dave"} {
		login := logins{o.Name(): o.SignIn(t, conformance.ClientApp, user).ID}
		ids := make([]string, 32)
		var wait sync.WaitGroup
		for i := range ids {
			wait.Go(func() {
				out, err := public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &w.pool, Logins: login})
				if err != nil {
					t.Errorf("GetId of %s: %v", user, err)
					return
				}
				ids[i] = *out.IdentityId
			})
		}
		wait.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("%s is both %s and %s", user, ids[0], id)
			}
		}
	}
}
