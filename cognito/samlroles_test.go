package cognito_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
)

// TestSAMLRoles chooses among the roles that an assertion offers.
func TestSAMLRoles(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.samlPool()
	for _, name := range []string{"a", "b", "user"} {
		w.role(name, trust(pool, "authenticated"), "*")
	}
	w.setRoles(pool, map[string]string{"authenticated": roleARN("user")}, nil)
	id := w.getID(pool, w.by("alice"))
	foreign := attributes{roleNames: {roleARN("a") + "," + saml + "2", roleARN("b"), "," + saml}}
	for name, tt := range map[string]struct {
		logins  map[string]string
		custom  string
		role    string
		refusal string
	}{
		"none":                 {w.by("alice"), "", "user", ""},
		"one":                  {w.by("alice", offer("a")), "", "a", ""},
		"the other way round":  {w.by("alice", attributes{roleNames: {saml + "," + roleARN("a")}}), "", "a", ""},
		"several":              {w.by("alice", offer("a", "b")), "", "", "The ambiguous role mapping rules for: " + saml + " denied this request."},
		"several, one chosen":  {w.by("alice", offer("a", "b")), "b", "b", ""},
		"one, chosen":          {w.by("alice", offer("a")), "a", "a", ""},
		"another chosen":       {w.by("alice", offer("a")), "b", "", forbiddenRole(roleARN("b"))},
		"default chosen":       {w.by("alice", offer("a")), "user", "", forbiddenRole(roleARN("user"))},
		"of other providers":   {w.by("alice", foreign), "", "user", ""},
		"preference, unmapped": {w.by("alice", offer("a"), attributes{"cognito:preferred_role": {roleARN("b")}}), "", "a", ""},
	} {
		in := &cognito.GetCredentialsForIdentityInput{IdentityID: id, Logins: tt.logins}
		if tt.custom != "" {
			in.CustomRoleARN = roleARN(tt.custom)
		}
		out, err := w.GetCredentialsForIdentity(t.Context(), in)
		if tt.refusal != "" {
			refused(out, err)(t, notAuthorized, tt.refusal)
			continue
		}
		if got := w.caller(ok(out, err)(t).Credentials).ARN; got != "arn:aws:sts::"+account+":assumed-role/"+tt.role+"/CognitoIdentityCredentials" {
			t.Errorf("%s: the session is %s", name, got)
		}
	}
	w.setRoles(pool, map[string]string{}, nil)
	ok(w.getCredentials(id, w.by("alice", offer("a"))))(t) // needs no default
	refused(w.getCredentials(id, w.by("alice")))(t, invalidConfiguration, checkRoles)
	refused(w.getCredentials(id, w.by("alice", offer("missing"))))(t, invalidConfiguration, checkRoles)
}

// TestSAMLMappings maps attributes of assertions to roles.
func TestSAMLMappings(t *testing.T) {
	t.Parallel()
	rule := func(claim, match, value, name string) cognito.MappingRule {
		return cognito.MappingRule{Claim: claim, MatchType: match, Value: value, RoleARN: roleARN(name)}
	}
	rules := cognito.RoleMapping{Type: "Rules", AmbiguousRoleResolution: "Deny", RulesConfiguration: &cognito.RulesConfiguration{Rules: []cognito.MappingRule{
		rule("groups", "Equals", "admins", "a"), rule(samlClaims+"emailaddress", "Contains", "@bob.", "b"),
	}}}
	ambiguous := "The ambiguous role mapping rules for: " + saml + " denied this request."
	for name, tt := range map[string]struct {
		mapping    cognito.RoleMapping
		attributes attributes
		custom     string
		want       chosen
	}{
		"a group":                 {rules, attributes{"groups": {"admins"}}, "", role("a")},
		"one of many groups":      {rules, attributes{"groups": {"staff", "admins"}}, "", role("a")},
		"mail":                    {rules, attributes{samlClaims + "emailaddress": {"x@bob.example"}}, "", role("b")},
		"no rule":                 {rules, nil, "", denied(ambiguous)},
		"rules before the offer":  {rules, offer("c"), "", denied(ambiguous)},
		"custom needs a rule":     {rules, offer("c"), roleARN("c"), denied(forbiddenRole(roleARN("c")))},
		"token, one role":         {byToken("Deny"), offer("c"), "", role("c")},
		"token, several":          {byToken("Deny"), offer("c", "d"), "", denied(ambiguous)},
		"token, several, default": {byToken("AuthenticatedRole"), offer("c", "d"), "", role("user")},
		"token, several, chosen":  {byToken("Deny"), offer("c", "d"), roleARN("d"), role("d")},
		"token, others chosen":    {byToken("Deny"), offer("c", "d"), roleARN("e"), denied(forbiddenRole(roleARN("e")))},
		"token, none":             {byToken("AuthenticatedRole"), nil, "", role("user")},
		"token, preferred":        {byToken("Deny"), attributes{"cognito:preferred_role": {roleARN("e")}}, "", role("e")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			pool := w.samlPool()
			for _, name := range []string{"a", "b", "c", "d", "e", "user"} {
				w.role(name, trust(pool, "authenticated"), "*")
			}
			w.setRoles(pool, map[string]string{"authenticated": roleARN("user")}, map[string]cognito.RoleMapping{saml: tt.mapping})
			logins := w.by("alice", tt.attributes)
			out, err := w.GetCredentialsForIdentity(t.Context(), &cognito.GetCredentialsForIdentityInput{
				IdentityID: w.getID(pool, logins), Logins: logins, CustomRoleARN: tt.custom,
			})
			if err != nil {
				tt.want.check(t, "", err)
				return
			}
			session := w.caller(out.Credentials)
			tt.want.check(t, session.Role.ARN().String(), nil)
		})
	}
}

// TestSAMLTags makes tags of attributes.
func TestSAMLTags(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		defaults   bool
		tags       map[string]string
		attributes attributes
		want       map[string]string
	}{
		"defaults":               {true, nil, nil, map[string]string{"username": "alice", "client": "alice"}},
		"defaults of attributes": {true, nil, attributes{samlClaims + "nameidentifier": {"a1"}, samlClaims + "name": {"Alice"}}, map[string]string{"username": "a1", "client": "Alice"}},
		"defaults of several":    {true, nil, attributes{samlClaims + "name": {"Alice", "Ally"}}, map[string]string{"username": "alice"}},
		"defaults that miss":     {true, nil, attributes{samlClaims + "nameidentifier": nil, samlClaims + "name": nil}, map[string]string{"username": "alice"}},
		"attributes":             {false, map[string]string{"team": "dept", "id": samlClaims + "emailaddress"}, attributes{"dept": {"red"}}, map[string]string{"team": "red", "id": "alice@example.com"}},
		"attributes of several":  {false, map[string]string{"team": "dept"}, attributes{"dept": {"red", "blue"}}, nil},
		"tags for AWS":           {false, map[string]string{"team": "dept"}, attributes{"https://aws.amazon.com/SAML/Attributes/PrincipalTag:team": {"red"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			pool := w.samlPool()
			w.setRoles(pool, map[string]string{"authenticated": w.role("user", withTags(trust(pool, "authenticated")), "*")}, nil)
			ok(w.setTags(pool, saml, tt.defaults, tt.tags))(t)
			logins := w.by("alice", tt.attributes)
			got := w.sessionTags(ok(w.getCredentials(w.getID(pool, logins), logins))(t).Credentials)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}
