package cognito_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/testidp"
)

const revoked = "Invalid login token. The user does not exist or is disabled."

// checked makes a pool that asks the user pool about the users of client, and not
// about those of the client "web".
func (w *world) checked() string {
	w.t.Helper()
	return w.pool(func(s *cognito.PoolSettings) {
		s.CognitoIdentityProviders = []cognito.UserPoolClient{
			{ProviderName: userPool, ClientID: client, ServerSideTokenCheck: new(true)},
			{ProviderName: userPool, ClientID: "web", ServerSideTokenCheck: new(false)},
		}
	})
}

func TestServerSideTokenCheck(t *testing.T) {
	t.Parallel()
	alice := func(t *testing.T, w *world) testidp.User {
		t.Helper()
		for _, user := range testidp.DefaultUsers() {
			if user.Name == "alice" {
				return user
			}
		}
		t.Fatal("there is no alice")
		return testidp.User{}
	}
	for name, change := range map[string]func(t *testing.T, w *world){
		"disabled": func(t *testing.T, w *world) {
			user := alice(t, w)
			user.Disabled = true
			w.users.SetUser(user)
		},
		"deleted": func(_ *testing.T, w *world) { w.users.RemoveUser("alice") },
		"deleted, and another made of that name": func(_ *testing.T, w *world) {
			w.users.SetUser(testidp.User{Name: "alice", Claims: map[string]any{"sub": "a11ce000-0000-4000-8000-000000000099"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pool, careless := w.checked(), w.pool()
			w.bothRoles(pool)
			named := map[string]string{userPool: w.sign(w.users, "alice", "cognito:username", "alice")}
			unnamed := map[string]string{userPool: w.sign(w.users, "alice")}
			web := map[string]string{userPool: w.sign(w.users, "alice", "cognito:username", "alice", "aud", "web")}
			bob := map[string]string{userPool: w.sign(w.users, "bob", "cognito:username", "bob")}
			id := w.getID(pool, named)
			ok(w.getCredentials(id, unnamed))(t)

			change(t, w)
			for _, logins := range []map[string]string{named, unnamed} {
				refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}))(t, notAuthorized, revoked)
				refused(w.getCredentials(id, logins))(t, notAuthorized, revoked)
				refused(w.getToken(id, logins))(t, notAuthorized, revoked)
			}
			w.getID(careless, named)
			w.getID(pool, bob)
			if again := w.getID(pool, web); again != id {
				t.Errorf("by the client that is not checked alice is %s, was %s", again, id)
			}

			w.users.SetUser(alice(t, w))
			ok(w.getCredentials(id, named))(t)
		})
	}
}

// The user pool is asked after all else is good, so nobody learns from it which users
// there are.
func TestServerSideTokenCheckComesLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.checked()
	w.users.RemoveUser("bob")
	stranger := w.idp(userPool)
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{
		userPool: w.sign(stranger, "bob"),
	}}))(t, notAuthorized, unverified)
	good := w.sign(w.users, "alice", "aud", "other")
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{userPool: good}}))(t, notAuthorized, unsupported)
}

// A user pool that cannot say how a user stands lets nobody in, although the keys are
// in memory and the token is good.
func TestServerSideTokenCheckFailsClosed(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	const sub = `"UserAttributes":[{"Name":"sub","Value":"a11ce000-0000-4000-8000-000000000001"}]`
	const down = "The identity provider " + userPool + " is not responding."
	for name, tt := range map[string]struct {
		answer        http.HandlerFunc
		code, message string // of the refusal, if there is one
	}{
		"good":             {answer(200, `{"Enabled":true,"UserStatus":"CONFIRMED",`+sub+`}`), "", ""},
		"external":         {answer(200, `{"Enabled":true,"UserStatus":"EXTERNAL_PROVIDER",`+sub+`}`), "", ""},
		"disabled":         {answer(200, `{"Enabled":false,"UserStatus":"CONFIRMED",`+sub+`}`), notAuthorized, revoked},
		"archived":         {answer(200, `{"Enabled":true,"UserStatus":"ARCHIVED",`+sub+`}`), notAuthorized, revoked},
		"compromised":      {answer(200, `{"Enabled":true,"UserStatus":"COMPROMISED",`+sub+`}`), notAuthorized, revoked},
		"no such user":     {answer(400, `{"__type":"UserNotFoundException"}`), notAuthorized, revoked},
		"in an old form":   {answer(400, `{"__type":"com.amazonaws.cognito#UserNotFoundException"}`), notAuthorized, revoked},
		"no such pool":     {answer(400, `{"__type":"ResourceNotFoundException"}`), externalService, down},
		"no permission":    {answer(400, `{"__type":"AccessDeniedException"}`), externalService, down},
		"too many":         {answer(400, `{"__type":"TooManyRequestsException"}`), externalService, down},
		"an error":         {answer(500, `{"__type":"UserNotFoundException!"}`), externalService, down},
		"no sub":           {answer(200, `{"Enabled":true}`), externalService, down},
		"nothing of it":    {answer(200, `{}`), externalService, down},
		"not whether":      {answer(200, `{`+sub+`}`), externalService, down},
		"garbage":          {answer(200, `<html>`), externalService, down},
		"leads elsewhere":  {http.RedirectHandler("/there", http.StatusTemporaryRedirect).ServeHTTP, externalService, down},
		"much too long":    {answer(200, `{"Enabled":true,`+sub+`}`+strings.Repeat(" ", 2<<20)), externalService, down},
		"404 of something": {http.NotFound, externalService, down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pool := w.checked()
			logins := map[string]string{userPool: w.sign(w.users, "alice")}
			w.getID(pool, logins)
			w.UserPools = userPools(t, tt.answer)
			out, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins})
			if tt.code != "" {
				refused(out, err)(t, tt.code, tt.message)
				return
			}
			ok(out, err)(t)
		})
	}
}

// userPools reaches a server that answers for all user pools of the region.
func userPools(t *testing.T, answer http.HandlerFunc) cognito.UserPools {
	t.Helper()
	web := httptest.NewServer(answer)
	t.Cleanup(web.Close)
	redirect := ok(provider.ParseRedirect("cognito-idp." + region + ".amazonaws.com=" + web.URL))(t)
	return server.Issuers{Network: provider.New(provider.Config{Redirects: []provider.Redirect{redirect}})}
}

// An access token of a user pool has no aud.
func TestAccessTokenInPlaceOfIDToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.checked()
	access := w.sign(w.users, "alice", "aud", nil, "client_id", client, "token_use", "access", "scope", "aws.cognito.signin.user.admin", "username", "alice")
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{userPool: access}}))(
		t, notAuthorized, "Invalid login token. Missing a required claim: aud")
}
