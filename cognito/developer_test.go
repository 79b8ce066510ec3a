package cognito_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

const (
	developer = "login.example"

	duplicateUser  = "DeveloperUserAlreadyRegisteredException"
	registered     = "The developer user identifier is already registered under a different identity."
	wrongDeveloper = "This identity pool does not support the specified developer provider"
	noUser         = "Developer user not found."
)

func unknown(identity string) string { return "Identity '" + identity + "' not found." }

// developerPool makes a pool that takes a developer's users as well.
func (w *world) developerPool(change ...func(*cognito.PoolSettings)) string {
	w.t.Helper()
	named := func(s *cognito.PoolSettings) { s.DeveloperProviderName = developer }
	return w.pool(append([]func(*cognito.PoolSettings){named}, change...)...)
}

// vouch is GetOpenIdTokenForDeveloperIdentity; id may be empty.
func (w *world) vouch(pool, id string, logins map[string]string, change ...func(*cognito.GetOpenIDTokenForDeveloperIdentityInput)) (*cognito.GetOpenIDTokenOutput, error) {
	in := cognito.GetOpenIDTokenForDeveloperIdentityInput{IdentityID: id, Logins: logins}
	in.IdentityPoolID = pool
	for _, c := range change {
		c(&in)
	}
	return w.GetOpenIDTokenForDeveloperIdentity(w.t.Context(), root(), &in)
}

// known returns the identity of a developer's user, who is made at the first time.
func (w *world) known(pool, user string) string {
	w.t.Helper()
	return ok(w.vouch(pool, "", map[string]string{developer: user}))(w.t).IdentityID
}

func lasting(seconds int64) func(*cognito.GetOpenIDTokenForDeveloperIdentityInput) {
	return func(in *cognito.GetOpenIDTokenForDeveloperIdentityInput) { in.TokenDuration = seconds }
}

func tagged(tags map[string]string) func(*cognito.GetOpenIDTokenForDeveloperIdentityInput) {
	return func(in *cognito.GetOpenIDTokenForDeveloperIdentityInput) { in.PrincipalTags = tags }
}

func TestDeveloperToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool(func(s *cognito.PoolSettings) { s.AllowClassicFlow, s.AllowUnauthenticated = new(false), false })
	w.setRoles(pool, map[string]string{}, map[string]cognito.RoleMapping{google: byToken("Deny")})
	now := float64(w.clock.in(0))
	user := developer + ":" + pool + ":ann"
	tests := map[string]struct {
		logins  map[string]string
		tags    map[string]string
		seconds int64
		amr     []any
		expires float64
	}{
		"default":        {nil, nil, 0, []any{"authenticated", developer, user}, now + 900},
		"the shortest":   {nil, nil, 1, []any{"authenticated", developer, user}, now + 1},
		"the longest":    {nil, nil, 86400, []any{"authenticated", developer, user}, now + 86400},
		"with tags":      {nil, map[string]string{"team": "red", "cost": ""}, 60, []any{"authenticated", developer, user}, now + 60},
		"a public login": {map[string]string{google: w.sign(w.google, "alice")}, nil, 60, []any{"authenticated", developer, user, google, google + ":" + client + ":" + alice}, now + 60},
	}
	id := w.known(pool, "ann")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logins := map[string]string{developer: "ann"}
			maps.Copy(logins, tt.logins)
			out := ok(w.vouch(pool, "", logins, lasting(tt.seconds), tagged(tt.tags)))(t)
			w.claims(out.Token)
			want := map[string]any{
				"iss": "https://" + host, "sub": id, "aud": pool, "iat": now, "exp": tt.expires, "amr": tt.amr,
				"https://cognito-identity.amazonaws.com/identity-pool-arn": "arn:aws:cognito-identity:us-east-1:" + account + ":identitypool/" + pool,
			}
			if tt.tags != nil {
				principal := map[string]any{}
				for key, value := range tt.tags {
					principal[key] = []any{value}
				}
				want["https://aws.amazon.com/tags"] = map[string]any{"principal_tags": principal}
			}
			_, got := parts(t, out.Token)
			if diff := cmp.Diff(want, got); diff != "" || out.IdentityID != id {
				t.Errorf("token for %s, want %s; claims (-want +got):\n%s", out.IdentityID, id, diff)
			}
		})
	}
}

func TestDevelopersUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.developerPool(), w.developerPool()
	ann := w.known(pool, "ann")
	want := cognito.Identity{
		ID: ann, Pool: pool, Authenticated: true, Logins: []cognito.Login{login(developer, "ann")},
		Created: w.clock.Now().UTC(), Modified: w.clock.Now().UTC(),
	}
	if diff := cmp.Diff(want, w.identity(ann)); diff != "" {
		t.Errorf("a new user (-want +got):\n%s", diff)
	}
	w.clock.move(time.Minute)
	if again := w.known(pool, "ann"); again != ann {
		t.Errorf("ann is %s and %s", ann, again)
	}
	for name, id := range map[string]string{
		"another user": w.known(pool, "bob"), "in other case": w.known(pool, "Ann"), "of another pool": w.known(other, "ann"),
	} {
		if id == ann {
			t.Errorf("%s has the identity of ann", name)
		}
	}
	refused(w.getToken(ann, nil))(t, notAuthorized, forbidden(ann))
	refused(w.getToken(ann, map[string]string{developer: "ann"}))(t, notAuthorized, notJWT)
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{developer: "ann"}}))(t, notAuthorized, notJWT)
}

// An identity that is asked for becomes the user's.
func TestVouchForIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	ann, guest := map[string]string{developer: "ann"}, w.getID(pool, nil)
	if out := ok(w.vouch(pool, guest, ann))(t); out.IdentityID != guest || !w.identity(guest).Authenticated {
		t.Errorf("a guest becomes %s, want a user of the same id %s", out.IdentityID, guest)
	}
	refused(w.getToken(guest, nil))(t, notAuthorized, forbidden(guest))
	if out := ok(w.vouch(pool, guest, ann))(t); out.IdentityID != guest {
		t.Errorf("ann, by her identity, is %s, want %s", out.IdentityID, guest)
	}

	googler := map[string]string{google: w.sign(w.google, "alice")}
	alice := w.getID(pool, googler)
	refused(w.vouch(pool, alice, map[string]string{developer: "alice"}))(t, notAuthorized, dontMatch)
	refused(w.vouch(pool, alice, map[string]string{developer: "alice", google: w.sign(w.google, "bob")}))(t, notAuthorized, dontMatch)
	both := map[string]string{developer: "alice", google: googler[google]}
	if out := ok(w.vouch(pool, alice, both))(t); out.IdentityID != alice {
		t.Errorf("with a login of hers alice is %s, want %s", out.IdentityID, alice)
	}
	if diff := cmp.Diff([]cognito.Login{login(google, w.identity(alice).Logins[0].Subject), login(developer, "alice")}, w.identity(alice).Logins); diff != "" {
		t.Errorf("logins of alice (-want +got):\n%s", diff)
	}
	refused(w.vouch(pool, alice, ann))(t, duplicateUser, registered)
	refused(w.vouch(pool, w.getID(pool, nil), ann))(t, duplicateUser, registered)
	second := map[string]string{developer: "alice2", google: googler[google]}
	if out := ok(w.vouch(pool, alice, second))(t); out.IdentityID != alice || len(w.identity(alice).Logins) != 3 {
		t.Errorf("a second user makes %+v of %s", w.identity(alice), alice)
	}
}

func TestVouchMergesUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	ann := w.known(pool, "ann")
	w.clock.move(time.Minute)
	googler := map[string]string{google: w.sign(w.google, "alice")}
	younger := w.getID(pool, googler)
	both := map[string]string{developer: "ann", google: googler[google]}
	if out := ok(w.vouch(pool, "", both))(t); out.IdentityID != ann {
		t.Errorf("%s goes on, want the older %s", out.IdentityID, ann)
	}
	refused(w.getToken(younger, googler))(t, notAuthorized, forbidden(younger))
	refused(w.vouch(pool, younger, both))(t, notAuthorized, forbidden(younger))
	if id := w.getID(pool, googler); id != ann {
		t.Errorf("the public login leads to %s, want %s", id, ann)
	}
	refused(w.vouch(pool, "", map[string]string{developer: "ann", google: w.sign(w.google, "bob")}))(t,
		conflict, "Identity '"+ann+"' already has a different login of provider "+google+".")
}

func TestVouchRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, plain, other := w.developerPool(), w.pool(), w.developerPool()
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	elsewhere := w.known(other, "ann")
	refused(w.vouch(nobody, "", map[string]string{developer: "ann"}))(t, notFound, missing(nobody))
	long := strings.Repeat("u", 1025)
	fill := func(n int) map[string]string { return map[string]string{"k": strings.Repeat("v", n-1)} }
	tests := map[string]struct {
		pool, id      string
		logins        map[string]string
		tags          map[string]string
		code, message string
	}{
		"a pool without developer":  {plain, "", map[string]string{developer: "ann"}, nil, notAuthorized, wrongDeveloper},
		"and without a name":        {plain, "", map[string]string{"": "ann"}, nil, notAuthorized, wrongDeveloper},
		"another developer":         {pool, "", map[string]string{"login.other": "ann"}, nil, notAuthorized, wrongDeveloper},
		"in other case":             {pool, "", map[string]string{"Login.Example": "ann"}, nil, notAuthorized, wrongDeveloper},
		"public logins alone":       {pool, "", map[string]string{google: w.sign(w.google, "alice")}, nil, notAuthorized, wrongDeveloper},
		"no logins":                 {pool, "", map[string]string{}, nil, notAuthorized, wrongDeveloper},
		"two developers":            {pool, "", map[string]string{developer: "ann", "login.other": "ann"}, nil, notAuthorized, notJWT},
		"a token of ours along":     {pool, "", map[string]string{developer: "ann", host: "x"}, nil, notAuthorized, "Invalid login token. Can't pass in a Cognito token."},
		"a bad public login":        {pool, "", map[string]string{developer: "ann", google: w.sign(w.oidc, "alice")}, nil, notAuthorized, wrongIssuer},
		"a long name":               {pool, "", map[string]string{developer: long}, nil, invalidParameter, "A developer user identifier has at most 1024 characters."},
		"an unknown identity":       {pool, nobody, map[string]string{developer: "ann"}, nil, notFound, unknown(nobody)},
		"identity of another pool":  {pool, elsewhere, map[string]string{developer: "ann"}, nil, notFound, unknown(elsewhere)},
		"461 bytes of tags":         {pool, "", map[string]string{developer: "ann"}, fill(461), invalidParameter, "The principal tags have 461 bytes together, more than 460."},
		"a tag of AWS's":            {pool, "", map[string]string{developer: "ann"}, map[string]string{"aws:x": "y"}, invalidParameter, "Tag keys must not begin with aws:, as aws:x does."},
		"a tag with a bad key":      {pool, "", map[string]string{developer: "ann"}, map[string]string{"a#b": "y"}, invalidParameter, "Tags hold letters, digits, white space and _.:/=+-@ only."},
		"tags that differ in case":  {pool, "", map[string]string{developer: "ann"}, map[string]string{"a": "x", "A": "y"}, invalidParameter, "Tag keys must differ in more than their case, unlike a."},
		"bytes, not letters, count": {pool, "", map[string]string{developer: "ann"}, map[string]string{"k": strings.Repeat("ü", 230)}, invalidParameter, "The principal tags have 461 bytes together, more than 460."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			refused(w.vouch(tt.pool, tt.id, tt.logins, tagged(tt.tags)))(t, tt.code, tt.message)
		})
	}
	ok(w.vouch(pool, "", map[string]string{developer: strings.Repeat("é", 1024)}, tagged(fill(460))))(t)
	in := cognito.GetOpenIDTokenForDeveloperIdentityInput{Logins: map[string]string{developer: "ann"}}
	in.IdentityPoolID = pool
	refused(w.GetOpenIDTokenForDeveloperIdentity(t.Context(), rootIn("eu-west-1"), &in))(t, notFound, missing(pool))
	if list := w.list(pool, cognito.ListIdentitiesInput{MaxResults: 60}).Identities; len(list) != 1 {
		t.Errorf("refusals made %d identities", len(list)-1)
	}
}

// withTags is a trust policy that also lets session tags in.
func withTags(document string) string {
	return strings.Replace(document, `"sts:AssumeRoleWithWebIdentity"`, `["sts:AssumeRoleWithWebIdentity","sts:TagSession"]`, 1)
}

func TestDeveloperTokenGivesCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	arn := w.role("user", trust(pool, "authenticated"))
	ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "user", PolicyName: "team", PolicyDocument: `{"Version":"2012-10-17","Statement":{` +
		`"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}}`}))(t)
	w.setRoles(pool, map[string]string{"authenticated": arn}, nil)
	ann := map[string]string{developer: "ann"}
	plain := ok(w.vouch(pool, "", ann))(t)
	red := ok(w.vouch(pool, "", ann, tagged(map[string]string{"team": "red"})))(t)
	blue := ok(w.vouch(pool, "", ann, tagged(map[string]string{"team": "blue"})))(t)
	id := plain.IdentityID
	refused(w.getCredentials(id, map[string]string{host: red.Token}))(t, invalidConfiguration, checkRoles) // no sts:TagSession
	enhanced := func(raw string) iam.Caller {
		out := ok(w.getCredentials(id, map[string]string{host: raw}))(t)
		if left := out.Credentials.Expiration.Sub(w.clock.Now()); out.IdentityID != id || left != time.Hour {
			t.Errorf("credentials of %s for %s, want %s for an hour", out.IdentityID, left, id)
		}
		return w.caller(out.Credentials)
	}
	basic := func(raw string) iam.Caller {
		c := ok(w.STS.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleARN: arn, RoleSessionName: "app", WebIdentityToken: raw,
		}))(t).Credentials
		return w.caller(cognito.Credentials{AccessKeyID: c.AccessKeyID, SecretKey: c.SecretAccessKey, SessionToken: c.SessionToken})
	}
	enhanced(plain.Token)
	ok(w.IAM.UpdateAssumeRolePolicy(t.Context(), root(), &iam.UpdateAssumeRolePolicyInput{RoleName: "user", PolicyDocument: withTags(trust(pool, "authenticated"))}))(t)
	for _, flow := range []func(string) iam.Caller{enhanced, basic} {
		for token, want := range map[string]int{plain.Token: 0, red.Token: 1, blue.Token: 0} {
			caller := flow(token)
			if got := len(w.may(caller, "*", "s3:GetObject")); got != want {
				t.Errorf("allowed %d times, want %d, with %v", got, want, caller.Keys)
			}
			amr, _, _ := caller.Keys.Get(host + ":amr")
			if diff := cmp.Diff([]string{"authenticated", developer, developer + ":" + pool + ":ann"}, amr); diff != "" {
				t.Errorf("amr (-want +got):\n%s", diff)
			}
		}
	}
	bob := w.known(pool, "bob")
	refused(w.getCredentials(bob, map[string]string{host: plain.Token}))(t, notAuthorized, dontMatch)
}

// A token outlives neither its time nor its identity.
func TestDeveloperTokenEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	w.bothRoles(pool)
	token := func(user string, seconds int64) (id string, logins map[string]string) {
		out := ok(w.vouch(pool, "", map[string]string{developer: user}, lasting(seconds)))(t)
		return out.IdentityID, map[string]string{host: out.Token}
	}
	mergedID, mergedToken := token("merged", 86400)
	deletedID, deletedToken := token("deleted", 86400)
	unlinkedID, unlinkedToken := token("unlinked", 86400)
	w.known(pool, "survivor")
	for id, logins := range map[string]map[string]string{mergedID: mergedToken, deletedID: deletedToken, unlinkedID: unlinkedToken} {
		ok(w.getCredentials(id, logins))(t)
	}
	ok(w.merge(pool, "merged", "survivor"))(t)
	refused(w.getCredentials(mergedID, mergedToken))(t, notAuthorized, forbidden(mergedID))
	ok(w.DeleteIdentities(t.Context(), root(), &cognito.DeleteIdentitiesInput{IdentityIDsToDelete: []string{deletedID}}))(t)
	refused(w.getCredentials(deletedID, deletedToken))(t, notFound, unknown(deletedID))
	ok(w.unlinkUser(pool, unlinkedID, "unlinked"))(t)
	refused(w.getCredentials(unlinkedID, unlinkedToken))(t, notAuthorized, forbidden(unlinkedID))

	briefID, briefToken := token("brief", 1)
	ok(w.getCredentials(briefID, briefToken))(t)
	w.clock.move(time.Second)
	now := w.clock.in(0)
	refused(w.getCredentials(briefID, briefToken))(t, notAuthorized, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", now, now))
}

func TestDeveloperNameIsNoPublicOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const issuer = "idp.example"
	arn := "arn:aws:iam::" + account + ":oidc-provider/" + issuer
	pool := w.pool(func(s *cognito.PoolSettings) { s.OpenIDConnectProviders = []string{arn} })
	named := w.developerPool(func(s *cognito.PoolSettings) { s.DeveloperProviderName = issuer })
	for _, name := range []string{google, "appleid.apple.com", "graph.facebook.com", "www.amazon.com", "api.twitter.com", "www.digits.com", host, issuer} {
		s := settings()
		s.DeveloperProviderName, s.OpenIDConnectProviders = name, []string{arn}
		message := name + " is the name of a public provider, not of a developer provider."
		refused(w.CreateIdentityPool(t.Context(), root(), &cognito.CreateIdentityPoolInput{PoolSettings: s}))(t, invalidParameter, message)
		refused(w.update(pool, s))(t, invalidParameter, message)
	}
	late := settings() // the public provider comes to a pool whose developer has its name
	late.OpenIDConnectProviders = []string{arn + "/"}
	refused(w.update(named, late))(t, invalidParameter, issuer+" is the name of a public provider, not of a developer provider.")
	if got := w.describe(pool).DeveloperProviderName; got != "" || slices.Contains(w.describe(named).OpenIDConnectProviders, arn+"/") {
		t.Errorf("a refusal changed a pool; its developer is %q", got)
	}
}
