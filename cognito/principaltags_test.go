package cognito_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/sts"
)

func noMap(provider string) string { return "Provider '" + provider + "' has no attribute map." }

// setTags is SetPrincipalTagAttributeMap.
func (w *world) setTags(pool, provider string, defaults bool, tags map[string]string) (*cognito.PrincipalTagAttributeMap, error) {
	return w.SetPrincipalTagAttributeMap(w.t.Context(), root(), &cognito.SetPrincipalTagAttributeMapInput{
		IdentityPoolID: pool, IdentityProviderName: provider, UseDefaults: defaults, PrincipalTags: tags,
	})
}

// tagsOf is GetPrincipalTagAttributeMap.
func (w *world) tagsOf(region, pool, provider string) (*cognito.PrincipalTagAttributeMap, error) {
	in := cognito.GetPrincipalTagAttributeMapInput{IdentityProviderName: provider}
	in.IdentityPoolID = pool
	return w.GetPrincipalTagAttributeMap(w.t.Context(), rootIn(region), &in)
}

func TestAttributeMaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(s *cognito.PoolSettings) { *s = full() })
	saml := full().SAMLProviders[0]
	providers := []string{userPool, google, oidcARN, saml}
	for _, provider := range providers {
		refused(w.tagsOf(region, pool, provider))(t, notFound, noMap(provider))
	}
	for i, tags := range []map[string]string{{"team": "custom:team"}, {"a": "b", "c": "d"}, nil, {"x": "y"}} {
		for _, provider := range providers {
			want := &cognito.PrincipalTagAttributeMap{IdentityPoolID: pool, IdentityProviderName: provider, UseDefaults: i > 1, PrincipalTags: tags}
			if diff := cmp.Diff(want, ok(w.setTags(pool, provider, want.UseDefaults, tags))(t)); diff != "" {
				t.Errorf("set (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, ok(w.tagsOf(region, pool, provider))(t)); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		}
	}
}

// TestAttributeMapsGoWithTheirProvider takes a provider off a pool and puts it back,
// without its map; the others keep theirs.
func TestAttributeMapsGoWithTheirProvider(t *testing.T) {
	t.Parallel()
	saml := full().SAMLProviders[0]
	for provider, without := range map[string]func(*cognito.PoolSettings){
		userPool: func(s *cognito.PoolSettings) { s.CognitoIdentityProviders = nil },
		google:   func(s *cognito.PoolSettings) { delete(s.SupportedLoginProviders, google) },
		oidcARN:  func(s *cognito.PoolSettings) { s.OpenIDConnectProviders = nil },
		saml:     func(s *cognito.PoolSettings) { s.SAMLProviders = nil },
	} {
		w := newWorld(t)
		pool := w.pool(func(s *cognito.PoolSettings) { *s = full() })
		all := []string{userPool, google, oidcARN, saml}
		for _, one := range all {
			ok(w.setTags(pool, one, false, map[string]string{"team": "custom:team"}))(t)
		}
		renamed := full()
		renamed.Name = "renamed"
		ok(w.update(pool, renamed))(t)
		for _, one := range all {
			ok(w.tagsOf(region, pool, one))(t)
		}
		fewer := full()
		without(&fewer)
		for _, next := range []cognito.PoolSettings{fewer, full()} {
			ok(w.update(pool, next))(t)
			for _, one := range all {
				if one == provider {
					refused(w.tagsOf(region, pool, one))(t, notFound, noMap(one))
				} else {
					ok(w.tagsOf(region, pool, one))(t)
				}
			}
		}
	}
}

func TestAttributeMapsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	const nobody = "us-east-1:00000000-0000-4000-8000-000000000000"
	no := func(provider string) string {
		return provider + " is not a configured provider of this identity pool."
	}
	for _, tt := range []struct {
		pool, provider string
		tags           map[string]string
		code, message  string
	}{
		{nobody, google, nil, notFound, missing(nobody)},
		{pool, "appleid.apple.com", nil, invalidParameter, no("appleid.apple.com")},
		{pool, userPool + ":" + client, nil, invalidParameter, no(userPool + ":" + client)},
		{pool, oidc, nil, invalidParameter, no(oidc)},
		{pool, developer, nil, invalidParameter, no(developer)},
		{pool, google, map[string]string{"aws:x": "y"}, invalidParameter, "Tag keys must not begin with aws:, as aws:x does."},
		{pool, google, map[string]string{"a#": "y"}, invalidParameter, "Tags hold letters, digits, white space and _.:/=+-@ only."},
		{pool, google, map[string]string{"a": "x", "A": "y"}, invalidParameter, "Tag keys must differ in more than their case, unlike a."},
	} {
		refused(w.setTags(tt.pool, tt.provider, false, tt.tags))(t, tt.code, tt.message)
	}
	refused(w.tagsOf(region, nobody, google))(t, notFound, missing(nobody))
	refused(w.tagsOf("eu-west-1", pool, google))(t, notFound, missing(pool))
	refused(w.SetPrincipalTagAttributeMap(t.Context(), rootIn("eu-west-1"), &cognito.SetPrincipalTagAttributeMapInput{
		IdentityPoolID: pool, IdentityProviderName: google,
	}))(t, notFound, missing(pool))
	refused(w.tagsOf(region, pool, google))(t, notFound, noMap(google))
}

// Claims become tags of the session, in both flows.
func TestPrincipalTags(t *testing.T) {
	t.Parallel()
	type maps map[string]cognito.AttributeMap
	custom := func(pairs ...string) cognito.AttributeMap {
		m := cognito.AttributeMap{PrincipalTags: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			m.PrincipalTags[pairs[i]] = pairs[i+1]
		}
		return m
	}
	defaults := cognito.AttributeMap{UseDefaults: true, PrincipalTags: map[string]string{"team": "team"}}
	claims := []any{"sub", "1", "team", "red", "level", 7, "admin", true, "one", []string{"x"}, "many", []string{"x", "y"}, "none", []string{}, "null", nil}
	for name, tt := range map[string]struct {
		maps   maps
		logins []string
		want   map[string]string
	}{
		"no map":              {maps{}, []string{google}, nil},
		"another's map":       {maps{userPool: custom("team", "team")}, []string{google}, nil},
		"custom":              {maps{google: custom("team", "team", "id", "sub")}, []string{google}, map[string]string{"team": "red", "id": "1"}},
		"an empty map":        {maps{google: custom()}, []string{google}, nil},
		"defaults win":        {maps{google: defaults}, []string{google}, map[string]string{"username": "1", "client": client}},
		"of a user pool":      {maps{userPool: defaults}, []string{userPool}, map[string]string{"username": "1", "client": client}},
		"of an OIDC provider": {maps{oidcARN: custom("team", "team")}, []string{oidc}, map[string]string{"team": "red"}},
		"numbers, truth and a list of one": {
			maps{google: custom("level", "level", "admin", "admin", "one", "one")},
			[]string{google},
			map[string]string{"level": "7", "admin": "true", "one": "x"},
		},
		"claims that make no tag": {maps{google: custom("a", "absent", "m", "many", "n", "none", "z", "null", "team", "team")}, []string{google}, map[string]string{"team": "red"}},
		"several logins":          {maps{google: custom("g", "team"), oidcARN: custom("o", "sub")}, []string{google, oidc, userPool}, map[string]string{"g": "red", "o": "1"}},
		"of one name, the first":  {maps{google: custom("t", "team"), oidcARN: custom("T", "sub")}, []string{google, oidc}, map[string]string{"t": "red"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pool := w.pool()
			arn := w.role("user", withTags(trust(pool, "authenticated")))
			w.setRoles(pool, map[string]string{"authenticated": arn}, nil)
			for provider, m := range tt.maps {
				ok(w.setTags(pool, provider, m.UseDefaults, m.PrincipalTags))(t)
			}
			logins := map[string]string{}
			for _, name := range tt.logins {
				logins[name] = w.sign(map[string]idp{google: w.google, oidc: w.oidc, userPool: w.users}[name], "alice", claims...)
			}
			id := w.getID(pool, logins)
			raw := ok(w.getToken(id, logins))(t).Token
			_, got := parts(t, raw)
			if diff := cmp.Diff(tagsClaim(tt.want), got["https://aws.amazon.com/tags"]); diff != "" {
				t.Errorf("token (-want +got):\n%s", diff)
			}
			basic := ok(w.STS.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
				RoleARN: arn, RoleSessionName: "app", WebIdentityToken: raw,
			}))(t).Credentials
			enhanced := ok(w.getCredentials(id, logins))(t).Credentials
			for flow, c := range map[string]cognito.Credentials{
				"basic": {AccessKeyID: basic.AccessKeyID, SecretKey: basic.SecretAccessKey, SessionToken: basic.SessionToken}, "enhanced": enhanced,
			} {
				if diff := cmp.Diff(tt.want, w.sessionTags(c)); diff != "" {
					t.Errorf("session of the %s flow (-want +got):\n%s", flow, diff)
				}
			}
		})
	}
}

// tagsClaim is how a token has session tags.
func tagsClaim(tags map[string]string) any {
	if tags == nil {
		return nil
	}
	principal := map[string]any{}
	for key, value := range tags {
		principal[key] = []any{value}
	}
	return map[string]any{"principal_tags": principal}
}

// sessionTags are the principal tags of a session, of which policies do not see the case;
// nil if it has none.
func (w *world) sessionTags(c cognito.Credentials) (tags map[string]string) {
	w.t.Helper()
	caller := w.caller(c)
	for _, key := range []string{"team", "id", "username", "client", "level", "admin", "one", "a", "m", "n", "z", "g", "o", "t"} {
		values, _, is := caller.Keys.Get("aws:PrincipalTag/" + key)
		if !is {
			continue
		}
		if tags == nil {
			tags = map[string]string{}
		}
		tags[key] = strings.Join(values, ",")
	}
	return tags
}

func TestTagsNeedTrust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	logins := map[string]string{google: w.sign(w.google, "alice", "team", "red")}
	id := w.getID(pool, logins)
	ok(w.getCredentials(id, logins))(t)
	ok(w.setTags(pool, google, false, map[string]string{"team": "team"}))(t)
	refused(w.getCredentials(id, logins))(t, invalidConfiguration, checkRoles)
	ok(w.getCredentials(id, map[string]string{google: w.sign(w.google, "alice", "team", nil)}))(t) // makes no tag
	ok(w.getCredentials(w.getID(pool, nil), nil))(t)
	ok(w.setTags(pool, google, false, nil))(t)
	ok(w.getCredentials(id, logins))(t)
	ok(w.setTags(pool, google, true, nil))(t)
	refused(w.getCredentials(id, logins))(t, invalidConfiguration, checkRoles)
}

// The trust policy may look at the tags: they are those of the request.
func TestTrustInTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.developerPool()
	ok(w.setTags(pool, google, false, map[string]string{"team": "team"}))(t)
	red := withTags(statement(`"StringEquals":{"` + host + `:aud":"` + pool + `","aws:RequestTag/team":"red"}`))
	w.setRoles(pool, map[string]string{"authenticated": w.role("user", red)}, nil)
	id := ""
	for team, allowed := range map[string]bool{"red": true, "blue": false, "Red": false} {
		logins := map[string]string{google: w.sign(w.google, "alice", "team", team)}
		id = w.getID(pool, logins)
		credentials, err := w.getCredentials(id, logins)
		vouched := ok(w.vouch(pool, "", map[string]string{developer: "ann"}, tagged(map[string]string{"team": team})))(t)
		byToken, err2 := w.getCredentials(vouched.IdentityID, map[string]string{host: vouched.Token})
		if !allowed {
			refused(credentials, err)(t, invalidConfiguration, checkRoles)
			refused(byToken, err2)(t, invalidConfiguration, checkRoles)
			continue
		}
		ok(credentials, err)(t)
		ok(byToken, err2)(t)
	}
	untagged := map[string]string{google: w.sign(w.google, "alice")}
	refused(w.getCredentials(id, untagged))(t, invalidConfiguration, checkRoles)
}

func TestSizeOfPrincipalTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	ok(w.setTags(pool, google, false, map[string]string{"k": "claim"}))(t)
	guest := w.getID(pool, nil)
	for _, size := range []int{460, 461} {
		logins := map[string]string{google: w.sign(w.google, "alice", "claim", strings.Repeat("v", size-1))}
		out, err := w.getToken(guest, logins)
		if size == 460 {
			ok(out, err)(t)
			continue
		}
		message := fmt.Sprintf("The principal tags have %d bytes together, more than 460.", size)
		refused(out, err)(t, invalidParameter, message)
		refused(w.getCredentials(guest, logins))(t, invalidParameter, message)
	}
}
