package conformance_test

import (
	"testing"
	"time"

	"github.com/cenotehq/cenote/conformance"
)

// login is a user of a provider with two tokens of the same person and one of another.
type login struct {
	provider                string // as in Logins
	alice, refreshed, other string
}

func oidcLogin(t *testing.T, o *conformance.OIDC) login {
	t.Helper()
	alice := o.SignIn(t, conformance.ClientApp, "alice")
	return login{o.Name(), alice.ID, o.Refresh(t, conformance.ClientApp, alice).ID, o.SignIn(t, conformance.ClientApp, "bob").ID}
}

func userPoolLogin(t *testing.T, u *conformance.UserPools) login {
	t.Helper()
	u.CreateUser(t, "alice@example.test")
	u.CreateUser(t, "bob@example.test")
	alice := u.SignIn(t, "alice@example.test")
	return login{u.Provider, alice.ID, u.Refresh(t, alice).ID, u.SignIn(t, "bob@example.test").ID}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		start func(t *testing.T) (providers, login)
	}{
		{"oidc-provider", func(t *testing.T) (providers, login) {
			o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
			return providers{oidc: []*conformance.OIDC{o}}, oidcLogin(t, o)
		}},
		{"oidc-provider in a path", func(t *testing.T) (providers, login) {
			o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test/realms/people"})
			return providers{oidc: []*conformance.OIDC{o}}, oidcLogin(t, o)
		}},
		{"oidc-provider at a plain address", func(t *testing.T) (providers, login) {
			o := conformance.StartOIDC(t, conformance.OIDCOptions{})
			return providers{oidc: []*conformance.OIDC{o}}, oidcLogin(t, o)
		}},
		{"cognito-local with the issuer of AWS", func(t *testing.T) (providers, login) {
			u := conformance.StartUserPools(t, conformance.UserPoolOptions{Issuer: "https://" + conformance.UserPoolHost})
			return providers{userPools: []*conformance.UserPools{u}}, userPoolLogin(t, u)
		}},
		{"cognito-local with its own issuer", func(t *testing.T) (providers, login) {
			u := conformance.StartUserPools(t, conformance.UserPoolOptions{})
			return providers{userPools: []*conformance.UserPools{u}}, userPoolLogin(t, u)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, l := test.start(t)
			w := newWorld(t, p)
			var first string
			for _, client := range conformance.Clients(t) {
				t.Run(client.Name(), func(t *testing.T) { first = testLogin(t, w, client, l, first) })
			}
		})
	}
}

// testLogin signs alice and another user in, and returns alice's identity, which has to be first unless that is empty.
func testLogin(t *testing.T, w *world, client conformance.Client, l login, first string) string {
	alice := logins{l.provider: l.alice}
	id := w.getID(t, client, alice)
	if first != "" && id != first {
		t.Errorf("identity %s, but the client before got %s for the same user", id, first)
	}
	if got, want := w.caller(t, client, w.getCredentials(t, client, id, alice)), sessionARN("member", enhanced); got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
	refreshed := logins{l.provider: l.refreshed}
	if l.refreshed == l.alice {
		t.Fatal("the refreshed token is the old one")
	}
	if again := w.getID(t, client, refreshed); again != id {
		t.Errorf("identity %s after a refresh, %s before", again, id)
	}
	w.getCredentials(t, client, id, refreshed)
	other := w.getID(t, client, logins{l.provider: l.other})
	if other == id {
		t.Errorf("two users share identity %s", id)
	}
	w.getCredentials(t, client, other, logins{l.provider: l.other})
	return id
}

// TestLoginGrace signs in with a token that expired two minutes ago: clocks may differ by five.
func TestLoginGrace(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	past := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: o.Issuer, Keys: o.Keys, Clock: -time.Hour})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	grace := logins{o.Name(): past.SignIn(t, conformance.ClientGrace, "alice").ID}
	w.getCredentials(t, conformance.GoSDK{}, w.getID(t, conformance.GoSDK{}, grace), grace)
}

// TestGuestBecomesUser keeps the identity of a guest who signs in.
func TestGuestBecomesUser(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			id := w.getID(t, client, nil)
			user := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "user-of-"+client.Name()).ID}
			if got, want := w.caller(t, client, w.getCredentials(t, client, id, user)), sessionARN("member", enhanced); got != want {
				t.Errorf("caller is %s, want %s", got, want)
			}
			if again := w.getID(t, client, user); again != id {
				t.Errorf("GetId gives %s to the user, who was %s as a guest", again, id)
			}
		})
	}
}
