package sts_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
)

// A token with AMR, an authorized party and a second audience, against trust
// policies.
func TestTrustConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust(), func(in *iam.CreateRoleInput) { in.Tags = []iam.Tag{{Key: "team", Value: "a"}} })
	raw := w.sign(w.oidc, claims{"azp": client, "aud": "other", "amr": []string{"pwd", "mfa"}, "email": "a@example.com"})
	federated := `{"Federated":"` + oidcARN + `"}`
	equals := func(key, value string) string { return `"StringEquals":{"` + key + `":"` + value + `"}` }
	const action = "sts:AssumeRoleWithWebIdentity"
	tests := map[string]struct {
		trust  string
		allows bool
	}{
		"no condition":             {trust(federated, "", action), true},
		"sub":                      {trust(federated, equals(oidc+":sub", alice), action), true},
		"sub, key in other case":   {trust(federated, equals(strings.ToUpper(oidc)+":SUB", alice), action), true},
		"sub, value in its case":   {trust(federated, equals(oidc+":sub", strings.ToUpper(alice)), action), false},
		"wrong sub":                {trust(federated, equals(oidc+":sub", "bob"), action), false},
		"aud is azp":               {trust(federated, equals(oidc+":aud", client), action), true},
		"aud is not aud":           {trust(federated, equals(oidc+":aud", "other"), action), false},
		"azp":                      {trust(federated, equals(oidc+":azp", client), action), true},
		"amr":                      {trust(federated, `"ForAnyValue:StringEquals":{"`+oidc+`:amr":"mfa"}`, action), true},
		"amr that is not":          {trust(federated, `"ForAnyValue:StringEquals":{"`+oidc+`:amr":"otp"}`, action), false},
		"all amr":                  {trust(federated, `"ForAllValues:StringEquals":{"`+oidc+`:amr":["mfa","pwd"]}`, action), true},
		"amr without an any":       {trust(federated, equals(oidc+":amr", "mfa"), action), false},
		"email is no key":          {trust(federated, equals(oidc+":email", "a@example.com"), action), false},
		"session name":             {trust(federated, equals("sts:RoleSessionName", "app"), action), true},
		"other session name":       {trust(federated, equals("sts:RoleSessionName", "other"), action), false},
		"provider":                 {trust(federated, equals("aws:FederatedProvider", oidcARN), action), true},
		"the time, past":           {trust(federated, `"DateLessThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"}`, action), false},
		"the time, to come":        {trust(federated, `"DateLessThan":{"aws:CurrentTime":"2125-01-01T00:00:00Z"}`, action), true},
		"the second":               {trust(federated, `"NumericEquals":{"aws:EpochTime":"1782900000"}`, action), true},
		"tag of the role":          {trust(federated, equals("aws:ResourceTag/team", "a"), action), true},
		"other tag of the role":    {trust(federated, equals("aws:ResourceTag/team", "b"), action), false},
		"host":                     {trust(`{"Federated":"idp.example"}`, "", action), false},
		"other account's":          {trust(`{"Federated":"`+strings.Replace(oidcARN, account, "210987654321", 1)+`"}`, "", action), false},
		"anybody with keys":        {trust(`"*"`, "", action), false},
		"the account":              {trust(`{"AWS":"`+account+`"}`, "", action), false},
		"another action":           {trust(federated, "", "sts:AssumeRole"), false},
		"key of another issuer":    {trust(federated, equals(google+":aud", client), action), false},
		"key without its path":     {trust(federated, equals("idp.example:sub", alice), action), false},
		"not the other aud":        {trust(federated, `"StringNotEquals":{"`+oidc+`:aud":"other"}`, action), true},
		"not this aud":             {trust(federated, `"StringNotEquals":{"`+oidc+`:aud":"`+client+`"}`, action), false},
		"not on a key that is not": {trust(federated, `"StringNotEquals":{"`+oidc+`:hd":"x"}`, action), true},
	}
	for name, tt := range tests {
		t.Log(name)
		w.setTrust("r", tt.trust)
		out, err := w.web("r", raw)
		if !tt.allows {
			refused(out, err)(t, 403, denied, notAuthorized)
			continue
		}
		ok(out, err)(t)
	}
}

func TestDenialWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	allows := strings.TrimSuffix(strings.SplitN(webTrust(), `"Statement":`, 2)[1], "}")
	w.setTrust("r", `{"Version":"2012-10-17","Statement":[`+allows+`,{"Effect":"Deny","Principal":{"Federated":"`+oidcARN+
		`"},"Action":"sts:*","Condition":{"StringEquals":{"`+oidc+`:sub":"`+alice+`"}}}]}`)
	refused(w.web("r", w.sign(w.oidc, nil)))(t, 403, denied, notAuthorized)
	ok(w.web("r", w.sign(w.oidc, claims{"sub": "bob"})))(t)
}

func TestGoogle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const action = "sts:AssumeRoleWithWebIdentity"
	equals := func(key, value string) string { return `"` + google + ":" + key + `":"` + value + `"` }
	w.role("r", trust(`{"Federated":"`+google+`"}`, `"StringEquals":{`+equals("aud", "android")+","+equals("oaud", "web")+","+equals("sub", "1")+`}`, action))
	out := ok(w.web("r", w.sign(w.google, claims{"azp": "android", "aud": "web", "sub": "1"})))(t)
	if out.Provider != google || out.Audience != "android" {
		t.Errorf("provider is %s, audience %s", out.Provider, out.Audience)
	}
	caller := w.caller(out.Credentials)
	for key, want := range map[string][]string{"aud": {"android"}, "sub": {"1"}, "oaud": nil, "azp": nil} {
		if got, _, _ := caller.Keys.Get(google + ":" + key); !cmp.Equal(got, want) {
			t.Errorf("the session keeps %s as %v, want %v", key, got, want)
		}
	}
	for name, c := range map[string]claims{
		"without azp":   {"aud": "web", "sub": "1"},
		"other azp":     {"azp": "ios", "aud": "web", "sub": "1"},
		"other aud":     {"azp": "android", "aud": "other", "sub": "1"},
		"other user":    {"azp": "android", "aud": "web", "sub": "2"},
		"array, second": {"aud": []string{"web", "android"}, "sub": "1"},
	} {
		t.Log(name)
		refused(w.web("r", w.sign(w.google, c)))(t, 403, denied, notAuthorized)
	}
	w.role("azp", trust(`{"Federated":"`+google+`"}`, `"StringEquals":{`+equals("azp", "android")+`}`, action))
	refused(w.web("azp", w.sign(w.google, claims{"azp": "android"})))(t, 403, denied, notAuthorized)
	ok(w.web("r", w.sign(w.google, claims{"iss": google, "azp": "android", "aud": "web", "sub": "1"})))(t)
	// A provider of the account names Google's clients; its principal stays the host.
	ok(w.IAM.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{URL: "https://" + google, ClientIDList: []string{"android"}}))(t)
	ok(w.web("r", w.sign(w.google, claims{"azp": "android", "aud": "web", "sub": "1"})))(t)
	refused(w.web("r", w.sign(w.google, claims{"azp": "ios", "aud": "web", "sub": "1"})))(t, 400, invalidToken, "Incorrect token audience")
}

func TestIdentityPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const pool = "us-east-1:0-0"
	w.role("r", trust(`{"Federated":"`+host+`"}`, `"StringEquals":{"`+host+`:aud":"`+pool+
		`"},"ForAnyValue:StringLike":{"`+host+`:amr":"authenticated"}`, "sts:AssumeRoleWithWebIdentity"))
	out := ok(w.web("r", w.signOwn(nil)))(t)
	if out.Provider != host || out.Audience != pool || out.SubjectFromWebIdentityToken != "us-east-1:1-1" {
		t.Errorf("output is %+v", out)
	}
	caller := w.caller(out.Credentials)
	for key, want := range map[string][]string{"aud": {pool}, "sub": {"us-east-1:1-1"}, "amr": {"authenticated", google}} {
		if got, _, _ := caller.Keys.Get(host + ":" + key); !cmp.Equal(got, want) {
			t.Errorf("the session keeps %s as %v, want %v", key, got, want)
		}
	}
	for name, c := range map[string]claims{
		"other pool":  {"aud": "us-east-1:0-1"},
		"guest":       {"amr": []string{"unauthenticated"}},
		"no amr":      {"amr": nil},
		"amr of part": {"amr": []string{"unauthenticated", "x:authenticated"}},
	} {
		t.Log(name)
		refused(w.web("r", w.signOwn(c)))(t, 403, denied, notAuthorized)
	}
	now := w.clock.seconds()
	refused(w.web("r", w.signOwn(claims{"exp": now, "iat": now - 600})))(t, 400, expiredToken, expiredAt(now, now))
}

// One emulator stands in for Google and for a provider of the account, and its tokens
// bear its own address: they are of the provider that the account knows.
func TestSharedEmulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const name = "emulator.example"
	emulator := w.idp(name)
	var redirects []provider.Redirect
	for _, host := range []string{google, name} {
		redirects = append(redirects, provider.Redirect{Host: host, Base: ok(url.Parse(emulator.web.URL))(t)})
	}
	w.Issuers = server.Issuers{Own: w.keys, Network: provider.New(provider.Config{Redirects: redirects, Now: w.clock.Now})}
	created := ok(w.IAM.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + name, ClientIDList: []string{client},
	}))(t)
	const action = "sts:AssumeRoleWithWebIdentity"
	w.role("r", trust(`{"Federated":"`+created.OpenIDConnectProviderARN+`"}`, `"StringEquals":{"`+name+`:aud":"`+client+`"}`, action))
	w.role("google", trust(`{"Federated":"`+google+`"}`, `"StringEquals":{"`+google+`:aud":"`+client+`"}`, action))
	raw := w.sign(emulator, claims{"iss": emulator.web.URL})
	if out := ok(w.web("r", raw))(t); out.Provider != created.OpenIDConnectProviderARN {
		t.Errorf("the provider is %s", out.Provider)
	}
	refused(w.web("google", raw))(t, 403, denied, notAuthorized)
}

// A provider of the account with the name of our own issuer stands in for nobody.
func TestNobodyStandsInForUs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ok(w.IAM.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + host, ClientIDList: []string{"us-east-1:0-0"},
	}))(t)
	w.role("r", trust(`{"Federated":"`+host+`"}`, `"StringEquals":{"`+host+`:aud":"us-east-1:0-0"}`, "sts:AssumeRoleWithWebIdentity"))
	refused(w.web("r", w.sign(w.oidc, claims{"iss": "https://" + host, "aud": "us-east-1:0-0"})))(t, 400, invalidToken, noKeys)
	if out := ok(w.web("r", w.signOwn(nil)))(t); out.Provider != host {
		t.Errorf("provider is %s", out.Provider)
	}
}

const (
	tagsClaim   = "https://aws.amazon.com/tags"
	sourceClaim = "https://aws.amazon.com/source_identity"
)

func TestTagsNeedTagSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("without", webTrust())
	w.role("with", webTrust("sts:TagSession", "sts:SetSourceIdentity"), func(in *iam.CreateRoleInput) {
		in.Tags = []iam.Tag{{Key: "Team", Value: "role's"}, {Key: "Site", Value: "role's"}}
	})
	raw := w.sign(w.oidc, claims{tagsClaim: claims{
		"principal_tags": claims{"team": []string{"a b"}, "empty": []string{""}}, "transitive_tag_keys": []string{"team"},
	}})
	refused(w.web("without", raw))(t, 403, denied, notAuthorized)
	caller := w.caller(ok(w.web("with", raw))(t).Credentials)
	for key, want := range map[string]string{"Team": "a b", "site": "role's", "empty": ""} {
		if got, _, _ := caller.Keys.Get("aws:PrincipalTag/" + key); !cmp.Equal(got, []string{want}) {
			t.Errorf("tag %s is %q, want %q", key, got, want)
		}
	}
	if diff := cmp.Diff(map[string]string{"team": "a b"}, caller.TransitiveTags); diff != "" {
		t.Errorf("transitive tags (-want +got):\n%s", diff)
	}
	none := w.sign(w.oidc, claims{tagsClaim: claims{"principal_tags": claims{}}})
	ok(w.web("without", none))(t)

	source := w.sign(w.oidc, claims{sourceClaim: "alice"})
	refused(w.web("without", source))(t, 403, denied, notAuthorized)
	if out := ok(w.web("with", source))(t); out.SourceIdentity != "alice" || w.caller(out.Credentials).SourceIdentity != "alice" {
		t.Errorf("source identity is %q", out.SourceIdentity)
	}
}

func TestTagConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust("sts:TagSession", "sts:SetSourceIdentity"))
	raw := w.sign(w.oidc, claims{
		tagsClaim:   claims{"principal_tags": claims{"team": []string{"a"}, "site": []string{"x"}}, "transitive_tag_keys": []string{"team"}},
		sourceClaim: "alice",
	})
	tests := map[string]bool{
		`"StringEquals":{"aws:RequestTag/Team":"a"}`:                                    true,
		`"StringEquals":{"aws:RequestTag/team":"b"}`:                                    false,
		`"StringEquals":{"aws:RequestTag/other":"a"}`:                                   false,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["team","site"]}`:                   true,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}`:                          false,
		`"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":["team"]}`:                 true,
		`"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":["site"]}`:                 false,
		`"StringEquals":{"sts:SourceIdentity":"alice"}`:                                 true,
		`"StringLike":{"sts:SourceIdentity":"b*"}`:                                      false,
		`"StringEquals":{"aws:RequestTag/team":"${` + oidc + `:sub}"}`:                  false,
		`"StringEquals":{"` + oidc + `:sub":"` + alice + `","aws:RequestTag/site":"x"}`: true,
	}
	for condition, allows := range tests {
		t.Log(condition)
		w.setTrust("r", trust(`{"Federated":"`+oidcARN+`"}`, condition, "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"))
		out, err := w.web("r", raw)
		if !allows {
			refused(out, err)(t, 403, denied, notAuthorized)
			continue
		}
		ok(out, err)(t)
	}
}

func TestBadTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust("sts:TagSession", "sts:SetSourceIdentity"))
	const (
		flat      = "The flattened form of the claim https://aws.amazon.com/tags is not supported."
		lengths   = "Session tag keys have 1 to 128 characters and values at most 256."
		letters   = "Session tags have letters, digits, spaces and _.:/=+-@ only."
		duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
		source    = `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`
	)
	one := []string{"x"}
	tags := func(tags any) claims { return claims{tagsClaim: claims{"principal_tags": tags}} }
	transitive := func(keys any) claims {
		return claims{tagsClaim: claims{"principal_tags": claims{"a": one}, "transitive_tag_keys": keys}}
	}
	many := claims{}
	for i := range 51 {
		many[strings.Repeat("k", i+1)] = one
	}
	tests := map[string]struct {
		claims        claims
		code, message string
	}{
		"no object":                 {claims{tagsClaim: "a"}, invalidToken, badTags},
		"list of tags":              {tags([]string{"a"}), invalidToken, badTags},
		"two values":                {tags(claims{"a": []string{"x", "y"}}), invalidToken, badTags},
		"no value":                  {tags(claims{"a": []string{}}), invalidToken, badTags},
		"no list":                   {tags(claims{"a": "x"}), invalidToken, badTags},
		"null":                      {tags(claims{"a": nil}), invalidToken, badTags},
		"a number":                  {tags(claims{"a": []any{7}}), invalidToken, badTags},
		"a number beside":           {tags(claims{"a": []any{"x", 7}}), invalidToken, badTags},
		"transitive, but no tag":    {transitive([]string{"b"}), invalidToken, badTags},
		"transitive, in other case": {transitive([]string{"A"}), invalidToken, badTags},
		"transitive, no list":       {transitive("a"), invalidToken, badTags},
		"transitive number":         {transitive([]any{"a", 7}), invalidToken, badTags},
		"transitive object":         {transitive(claims{"a": one}), invalidToken, badTags},
		"flattened":                 {claims{tagsClaim + "/principal_tags/a": one}, invalidToken, flat},
		"keys alike":                {tags(claims{"a": one, "A": one}), validation, duplicate},
		"AWS's own":                 {tags(claims{"Aws:a": one}), validation, "Session tag keys must not begin with aws:."},
		"empty key":                 {tags(claims{"": one}), validation, lengths},
		"long key":                  {tags(claims{strings.Repeat("k", 129): one}), validation, lengths},
		"long value":                {tags(claims{"a": []string{strings.Repeat("v", 257)}}), validation, lengths},
		"characters of a key":       {tags(claims{"a*": one}), validation, letters},
		"characters of a value":     {tags(claims{"a": []string{"${x}"}}), validation, letters},
		"51 tags":                   {tags(many), validation, "Cannot pass more than 50 session tags."},
		"source identity of AWS":    {claims{sourceClaim: "aws:x"}, invalidToken, source},
		"source identity, short":    {claims{sourceClaim: "x"}, invalidToken, source},
		"source identity, long":     {claims{sourceClaim: strings.Repeat("x", 65)}, invalidToken, source},
		"source identity, a list":   {claims{sourceClaim: []string{"xx"}}, invalidToken, source},
		"source identity, a space":  {claims{sourceClaim: "a b"}, invalidToken, source},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(w.web("r", w.sign(w.oidc, tt.claims)))(t, 400, tt.code, tt.message)
		})
	}
	good := claims{strings.Repeat("é", 128): []string{strings.Repeat("ß", 256)}, "a b_.:/=+-@1": one}
	ok(w.web("r", w.sign(w.oidc, tags(good))))(t)
}

func TestProviderWithoutClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	for _, id := range []string{client, "client2"} {
		ok(w.IAM.RemoveClientIDFromOpenIDConnectProvider(t.Context(), root(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{
			OpenIDConnectProviderARN: oidcARN, ClientID: id,
		}))(t)
	}
	refused(w.web("r", w.sign(w.oidc, nil)))(t, 400, invalidToken, wrongAudience)
}
