package cognito_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
)

func (w *world) roles(pool string) *cognito.GetIdentityPoolRolesOutput {
	w.t.Helper()
	var in cognito.GetIdentityPoolRolesInput
	in.IdentityPoolID = pool
	return ok(w.GetIdentityPoolRoles(w.t.Context(), root(), &in))(w.t)
}

func TestRolesAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	if diff := cmp.Diff(&cognito.GetIdentityPoolRolesOutput{IdentityPoolID: pool}, w.roles(pool)); diff != "" {
		t.Errorf("roles of a new pool (-want +got):\n%s", diff)
	}
	both := map[string]string{"authenticated": roleARN("user"), "unauthenticated": roleARN("guest")}
	mappings := map[string]cognito.RoleMapping{
		userPool + ":" + client: byToken("AuthenticatedRole"),
		google:                  byRules("Deny", [4]string{"sub", "Equals", "1", "a"}),
		oidcARN:                 byToken("Deny"),
	}
	w.setRoles(pool, both, mappings)
	want := &cognito.GetIdentityPoolRolesOutput{IdentityPoolID: pool, Roles: both, RoleMappings: mappings}
	if diff := cmp.Diff(want, w.roles(pool)); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	one := map[string]string{"authenticated": roleARN("user")}
	w.setRoles(pool, one, nil)
	if diff := cmp.Diff(&cognito.GetIdentityPoolRolesOutput{IdentityPoolID: pool, Roles: one}, w.roles(pool)); diff != "" {
		t.Errorf("roles once replaced (-want +got):\n%s", diff)
	}
	w.setRoles(pool, map[string]string{}, map[string]cognito.RoleMapping{})
	if out := w.roles(pool); len(out.Roles)+len(out.RoleMappings) > 0 {
		t.Errorf("roles once cleared: %+v", out)
	}
}

func TestMappingsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	notProvider := func(key string) string {
		return "(" + key + ") is not a valid RoleMapping ProviderName or is not a configured provider."
	}
	of := func(n int) cognito.RoleMapping {
		return byRules("Deny", slices.Repeat([][4]string{{"sub", "Equals", "1", "a"}}, n)...)
	}
	tests := map[string]struct {
		key     string
		mapping cognito.RoleMapping
		message string // empty if it is taken
	}{
		"25 rules":             {google, of(25), ""},
		"26 rules":             {google, of(26), "The number of rules in the request exceeded 25."},
		"user pool alone":      {userPool, byToken("Deny"), notProvider(userPool)},
		"with scheme":          {"https://" + userPool + ":" + client, byToken("Deny"), notProvider("https://" + userPool + ":" + client)},
		"other client":         {userPool + ":client2", byToken("Deny"), notProvider(userPool + ":client2")},
		"OIDC by host":         {oidc, byToken("Deny"), notProvider(oidc)},
		"not configured":       {"graph.facebook.com", byToken("Deny"), notProvider("graph.facebook.com")},
		"no resolution":        {google, byToken(""), "AmbiguousRoleResolution is required for the role mapping of " + google + "."},
		"no resolution, rules": {google, byRules("", [4]string{"sub", "Equals", "1", "a"}), "AmbiguousRoleResolution is required for the role mapping of " + google + "."},
		"rules without rules": {
			google,
			cognito.RoleMapping{Type: "Rules", AmbiguousRoleResolution: "Deny"},
			"RulesConfiguration is required for the role mapping of " + google + ", whose type is Rules.",
		},
	}
	before := map[string]string{"authenticated": roleARN("before")}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w.setRoles(pool, before, nil)
			out, err := w.SetIdentityPoolRoles(t.Context(), root(), &cognito.SetIdentityPoolRolesInput{
				IdentityPoolID: pool, RoleMappings: map[string]cognito.RoleMapping{tt.key: tt.mapping},
			})
			if tt.message == "" {
				ok(out, err)(t)
				return
			}
			refused(out, err)(t, invalidParameter, tt.message)
			if diff := cmp.Diff(before, w.roles(pool).Roles); diff != "" {
				t.Errorf("a refusal changed the roles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRolesMustBePassed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	admin := w.user("admin", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`)
	const passes = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"RESOURCE","Condition":CONDITION}]}`
	to := func(service string) string { return `{"StringEquals":{"iam:PassedToService":"` + service + `"}}` }
	a, b := roleARN("a"), roleARN("path/b")
	foreign := strings.Replace(a, account, "210987654321", 1)
	ok(w.IAM.CreateRole(t.Context(), root(), &iam.CreateRoleInput{RoleName: "b", Path: "/path/", AssumeRolePolicyDocument: trust(pool, "authenticated")}))(t)
	tests := map[string]struct {
		resource, condition string
		roles               map[string]string
		rule                string
		forbidden           string
	}{
		"all":                   {"*", "{}", map[string]string{"authenticated": a, "unauthenticated": b}, "", ""},
		"that one":              {a, "{}", map[string]string{"authenticated": a}, "", ""},
		"to identity pools":     {"*", to(host), map[string]string{"authenticated": a}, "", ""},
		"to another service":    {"*", to("ec2.amazonaws.com"), map[string]string{"authenticated": a}, "", a},
		"another":               {b, "{}", map[string]string{"authenticated": a}, "", a},
		"one of two":            {a, "{}", map[string]string{"authenticated": a, "unauthenticated": b}, "", b},
		"not that of a rule":    {a, "{}", map[string]string{"authenticated": a}, b, b},
		"also that of a rule":   {"*", "{}", map[string]string{"authenticated": a}, b, ""},
		"of another account":    {"*", "{}", map[string]string{"authenticated": foreign}, "", foreign},
		"name instead of ARN":   {"*", "{}", map[string]string{"authenticated": "a-role-of-this-name-here"}, "", "a-role-of-this-name-here"},
		"user instead of role":  {"*", "{}", map[string]string{"authenticated": "arn:aws:iam::" + account + ":user/a"}, "", "arn:aws:iam::" + account + ":user/a"},
		"of the same name":      {roleARN("path/*"), "{}", map[string]string{"authenticated": roleARN("b")}, "", roleARN("b")},
		"role without any name": {"*", "{}", map[string]string{"authenticated": roleARN("")}, "", roleARN("")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			document := strings.NewReplacer("RESOURCE", tt.resource, "CONDITION", tt.condition).Replace(passes)
			ok(w.IAM.PutUserPolicy(t.Context(), root(), &iam.PutUserPolicyInput{UserName: "admin", PolicyName: "p", PolicyDocument: document}))(t)
			in := cognito.SetIdentityPoolRolesInput{IdentityPoolID: pool, Roles: tt.roles}
			if tt.rule != "" {
				m := byRules("Deny", [4]string{"sub", "Equals", "1", ""})
				m.RulesConfiguration.Rules[0].RoleARN = tt.rule
				in.RoleMappings = map[string]cognito.RoleMapping{google: m}
			}
			w.setRoles(pool, map[string]string{}, nil)
			out, err := w.SetIdentityPoolRoles(t.Context(), admin, &in)
			if tt.forbidden == "" {
				ok(out, err)(t)
				return
			}
			refused(out, err)(t, notAuthorized, forbiddenRole(tt.forbidden))
			if got := w.roles(pool).Roles; len(got) > 0 {
				t.Errorf("a refusal left the roles %v", got)
			}
		})
	}
	ok(w.IAM.DeleteUserPolicy(t.Context(), root(), &iam.DeleteUserPolicyInput{UserName: "admin", PolicyName: "p"}))(t)
	refused(w.SetIdentityPoolRoles(t.Context(), admin, &cognito.SetIdentityPoolRolesInput{
		IdentityPoolID: pool, Roles: map[string]string{"authenticated": a},
	}))(t, notAuthorized, forbiddenRole(a))
	ok(w.SetIdentityPoolRoles(t.Context(), admin, &cognito.SetIdentityPoolRolesInput{IdentityPoolID: pool}))(t)
}

// The whole way: claims in a real token choose a real role.
func TestRolesByClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for _, name := range []string{"user", "staff", "admin"} {
		w.role(name, trust(pool, "authenticated"))
	}
	w.setRoles(pool, map[string]string{"authenticated": roleARN("user")}, map[string]cognito.RoleMapping{
		userPool + ":" + client: byToken("AuthenticatedRole"),
		oidcARN:                 byRules("Deny", [4]string{"groups", "Contains", "adm", "admin"}, [4]string{"level", "Equals", "7", "staff"}),
	})
	tests := map[string]struct {
		key, token, custom, role string
	}{
		"preferred": {userPool, w.sign(w.users, "alice", "cognito:preferred_role", roleARN("staff")), "", "staff"},
		"custom":    {userPool, w.sign(w.users, "alice", "cognito:roles", []string{roleARN("staff"), roleARN("admin")}), roleARN("admin"), "admin"},
		"default":   {userPool, w.sign(w.users, "alice"), "", "user"},
		"list":      {oidc, w.sign(w.oidc, "alice", "groups", []string{"users", "admins"}), "", "admin"},
		"number":    {oidc, w.sign(w.oidc, "alice", "level", 7), "", "staff"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			logins := map[string]string{tt.key: tt.token}
			id := w.getID(pool, logins)
			out := ok(w.GetCredentialsForIdentity(t.Context(), &cognito.GetCredentialsForIdentityInput{
				IdentityID: id, Logins: logins, CustomRoleARN: tt.custom,
			}))(t)
			if got := w.caller(out.Credentials).Role.Name; got != tt.role {
				t.Errorf("role is %s, want %s", got, tt.role)
			}
		})
	}
	logins := map[string]string{oidc: w.sign(w.oidc, "bob")}
	refused(w.getCredentials(w.getID(pool, logins), logins))(t, notAuthorized, "The ambiguous role mapping rules for: "+oidc+" denied this request.")
}
