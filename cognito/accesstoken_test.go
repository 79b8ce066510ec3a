package cognito_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/testidp"
)

const (
	twitterApp = "consumer;its/secret"
	amazonApp  = "amzn1.application-oa2-client.1"
	digits     = "www.digits.com"

	expiredAccessToken = "Invalid login token. Token is expired."
)

// socialPool is a pool that takes access tokens, too.
func (w *world) socialPool(change ...func(*cognito.PoolSettings)) string {
	w.t.Helper()
	return w.pool(append([]func(*cognito.PoolSettings){func(s *cognito.PoolSettings) {
		s.SupportedLoginProviders = map[string]string{facebook: "app1", amazon: amazonApp, twitter: twitterApp, digits: twitterApp, google: client}
	}}, change...)...)
}

// hold returns an access token of the provider for its user.
func (w *world) hold(provider, user, app string) string {
	w.t.Helper()
	return ok(w.networks.Token(provider, user, app))(w.t)
}

// socials are the apps of socialPool, as tokens are made for them, and their names in
// tokens of ours.
func socials() map[string]struct{ app, name string } {
	return map[string]struct{ app, name string }{
		facebook: {"app1", "app1"},
		amazon:   {amazonApp, amazonApp},
		twitter:  {twitterApp, "consumer"},
	}
}

func TestAccessTokenLogins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	w.bothRoles(pool)
	for provider, app := range socials() {
		first := map[string]string{provider: w.hold(provider, "alice", app.app)}
		id := w.getID(pool, first)
		again := map[string]string{provider: w.hold(provider, "alice", app.app)}
		if got := w.getID(pool, again); got != id {
			t.Errorf("%s: alice is %s, and with another token %s", provider, id, got)
		}
		if bob := w.getID(pool, map[string]string{provider: w.hold(provider, "bob", app.app)}); bob == id {
			t.Errorf("%s: alice and bob are one identity", provider)
		}
		user := testidp.UserID(provider, "alice")
		out := ok(w.getToken(id, again))(t)
		want := []any{"authenticated", provider, provider + ":" + app.name + ":" + user}
		if got := w.claims(out.Token).Claims["amr"]; !cmp.Equal(got, want) {
			t.Errorf("%s: amr is %v, want %v", provider, got, want)
		}
		ok(w.getCredentials(id, first))(t)
		if got := w.identity(id).Logins; !cmp.Equal(got, []cognito.Login{{Provider: provider, Subject: user}}) {
			t.Errorf("%s: logins are %v", provider, got)
		}
		w.networks.Revoke(first[provider])
		refused(w.getCredentials(id, first))(t, notAuthorized, unverified)
		ok(w.getCredentials(id, again))(t)
	}
}

// TestSocialLoginsLink links logins of all kinds to one identity.
func TestSocialLoginsLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	logins := map[string]string{google: w.sign(w.google, "alice")}
	for provider, app := range socials() {
		logins[provider] = w.hold(provider, "alice", app.app)
	}
	if out := ok(w.getCredentials(guest, logins))(t); out.IdentityID != guest {
		t.Errorf("the guest became %s", out.IdentityID)
	}
	for provider, raw := range logins {
		if got := w.getID(pool, map[string]string{provider: raw}); got != guest {
			t.Errorf("by %s alice is %s, want %s", provider, got, guest)
		}
	}
	ok(w.UnlinkIdentity(t.Context(), &cognito.UnlinkIdentityInput{
		IdentityID: guest, Logins: map[string]string{twitter: logins[twitter]}, LoginsToRemove: []string{facebook},
	}))(t)
	if got := w.getID(pool, map[string]string{facebook: logins[facebook]}); got == guest {
		t.Error("Facebook's login is still linked")
	}
}

func TestAccessTokenLoginsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	bare := w.pool()
	lame := w.pool(func(s *cognito.PoolSettings) { s.SupportedLoginProviders[twitter] = "consumer" })
	const retired = "Invalid login token. Digits was shut down in 2017, its tokens cannot be verified any more."
	revoked := w.hold(facebook, "alice", "app1")
	w.networks.Revoke(revoked)
	pair := w.hold(twitter, "alice", twitterApp)
	value, _, _ := strings.Cut(pair, ";")
	for name, tt := range map[string]struct{ pool, key, token, message string }{
		"not configured":            {bare, facebook, w.hold(facebook, "alice", "app1"), unsupported},
		"Digits, not configured":    {bare, digits, "x;y", unsupported},
		"Digits":                    {pool, digits, pair, retired},
		"other app":                 {pool, facebook, w.hold(facebook, "alice", "app2"), unsupported},
		"other app in another case": {pool, facebook, w.hold(facebook, "alice", "APP1"), unsupported},
		"other app of Amazon":       {pool, amazon, w.hold(amazon, "alice", "amzn1.application-oa2-client.2"), unsupported},
		"other app of Twitter":      {pool, twitter, w.hold(twitter, "alice", "other;its/secret"), unverified},
		"other secret":              {pool, twitter, w.hold(twitter, "alice", "consumer;other"), unverified},
		"pool without a secret":     {lame, twitter, pair, unsupported},
		"token without a secret":    {pool, twitter, value, unverified},
		"revoked":                   {pool, facebook, revoked, unverified},
		"of another provider":       {pool, facebook, w.hold(amazon, "alice", "app1"), unverified},
		"with the scheme":           {pool, "https://" + facebook, w.hold(facebook, "alice", "app1"), notJWT},
		"with a slash":              {pool, facebook + "/", w.hold(facebook, "alice", "app1"), notJWT},
		"under Google's name":       {pool, google, w.hold(facebook, "alice", "app1"), notJWT},
		"the API's name":            {pool, "api.amazon.com", w.hold(amazon, "alice", amazonApp), notJWT},
		"empty":                     {pool, amazon, "", unverified},
		"a page":                    {pool, amazon, strings.Repeat("x", 50000), unverified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := cognito.GetIDInput{IdentityPoolID: tt.pool, Logins: map[string]string{tt.key: tt.token}}
			refused(w.GetID(t.Context(), &in))(t, notAuthorized, tt.message)
		})
	}
}

func TestExpiredAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	held := map[string]string{}
	for provider, app := range socials() {
		held[provider] = w.hold(provider, "alice", app.app)
	}
	w.clock.move(time.Hour)
	for provider, message := range map[string]string{facebook: expiredAccessToken, amazon: unverified, twitter: unverified} {
		in := cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{provider: held[provider]}}
		refused(w.GetID(t.Context(), &in))(t, notAuthorized, message)
	}
}

// Amazon has two names for an app: a pool may know it by either.
func TestAmazonAppIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{amazonApp, testidp.AmazonAppID(amazonApp)} {
		pool := w.socialPool(func(s *cognito.PoolSettings) { s.SupportedLoginProviders[amazon] = name })
		logins := map[string]string{amazon: w.hold(amazon, "alice", amazonApp)}
		out := ok(w.getToken(w.getID(pool, logins), logins))(t)
		want := []any{"authenticated", amazon, amazon + ":" + name + ":" + testidp.UserID(amazon, "alice")}
		if got := w.claims(out.Token).Claims["amr"]; !cmp.Equal(got, want) {
			t.Errorf("amr is %v, want %v", got, want)
		}
	}
}

func TestRulesForAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	everybody := w.role("everybody", trust(pool, "authenticated"), "*")
	for provider, app := range socials() {
		user := testidp.UserID(provider, "alice")
		for claim, value := range map[string]string{"iss": provider, "aud": app.name, "sub": user, "user_id": user, "name": "Test User", "id": user} {
			chosen := w.role("r"+strings.ReplaceAll(provider+claim, "_", "-"), trust(pool, "authenticated"), "*")
			w.setRoles(pool, map[string]string{"authenticated": everybody}, map[string]cognito.RoleMapping{provider: {
				Type: "Rules", AmbiguousRoleResolution: "Deny",
				RulesConfiguration: &cognito.RulesConfiguration{Rules: []cognito.MappingRule{{Claim: claim, MatchType: "Equals", Value: value, RoleARN: chosen}}},
			}})
			logins := map[string]string{provider: w.hold(provider, "alice", app.app)}
			out, err := w.getCredentials(w.getID(pool, logins), logins)
			if claim == "iss" || claim == "aud" || claim == "sub" {
				ok(out, err)(t)
				continue
			}
			refused(out, err)(t, notAuthorized, "The ambiguous role mapping rules for: "+provider+" denied this request.")
		}
	}
}

func TestTagsOfAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	for provider, app := range socials() {
		user := testidp.UserID(provider, "alice")
		logins := map[string]string{provider: w.hold(provider, "alice", app.app)}
		id := w.getID(pool, logins)
		tagsAre := func(want map[string]any) {
			t.Helper()
			got, _ := w.claims(ok(w.getToken(id, logins))(t).Token).Claims["https://aws.amazon.com/tags"].(map[string]any)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: tags (-want +got):\n%s", provider, diff)
			}
		}
		ok(w.setTags(pool, provider, true, nil))(t)
		tagsAre(map[string]any{"principal_tags": map[string]any{"username": []any{user}, "client": []any{app.name}}})
		ok(w.setTags(pool, provider, false, map[string]string{"who": "user_id", "app": "aud", "from": "iss", "none": "name"}))(t)
		want := map[string]any{"app": []any{app.name}, "from": []any{provider}}
		if provider == amazon {
			want["who"] = []any{user}
		}
		tagsAre(map[string]any{"principal_tags": want})
	}
}

// A sick provider is not the user's fault, tells nothing of the token to the log, and
// does nobody else any harm.
func TestSickNetworks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.socialPool()
	w.bothRoles(pool)
	for _, illness := range []testidp.Illness{
		testidp.Failing, testidp.Limiting, testidp.Raving, testidp.Bloated, testidp.Straying, testidp.Dropping,
	} {
		w.networks.patient.Ail(illness)
		for provider, app := range socials() {
			raw := w.hold(provider, "alice", app.app)
			logins := map[string]string{provider: raw}
			message := "The identity provider " + provider + " is not responding."
			_, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins})
			refused(0, err)(t, externalService, message)
			for secret := range strings.SplitSeq(raw+";its/secret", ";") {
				if cause := errors.Unwrap(err); cause == nil || strings.Contains(cause.Error(), secret) {
					t.Errorf("illness %d: no cause, or one that has a secret in it: %v", illness, cause)
				}
			}
			refused(w.getCredentials(w.getID(pool, nil), logins))(t, externalService, message)
		}
		w.getID(pool, map[string]string{userPool: w.sign(w.users, "alice")})
	}
	w.networks.patient.Ail(testidp.Healthy)
	w.getID(pool, map[string]string{facebook: w.hold(facebook, "alice", "app1")})
}

// What a pool refuses anyway is not shown to the provider.
func TestNoVainQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bare := w.pool()
	lame := w.pool(func(s *cognito.PoolSettings) {
		s.SupportedLoginProviders[twitter], s.SupportedLoginProviders[digits] = "consumer", "a;b"
	})
	for _, in := range []cognito.GetIDInput{
		{IdentityPoolID: bare, Logins: map[string]string{facebook: "t"}},
		{IdentityPoolID: lame, Logins: map[string]string{twitter: "t;s"}},
		{IdentityPoolID: lame, Logins: map[string]string{digits: "t;s"}},
	} {
		if _, err := w.GetID(t.Context(), &in); err == nil {
			t.Errorf("%v is taken", in.Logins)
		}
	}
	if asked := w.networks.patient.Asked(); asked != 0 {
		t.Errorf("%d questions", asked)
	}
}
