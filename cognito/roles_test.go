package cognito_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/cognito"
)

const ambiguous = "The ambiguous role mapping rules for: " + userPool + " denied this request."

func forbiddenRole(arn string) string { return "Access to Role '" + arn + "' is forbidden." }

// chosen is a role, or the code and message of a refusal.
type chosen struct{ role, code, message string }

func role(name string) chosen { return chosen{role: roleARN(name)} }

func denied(message string) chosen { return chosen{code: notAuthorized, message: message} }

func misconfigured() chosen { return chosen{code: invalidConfiguration, message: checkRoles} }

func (c chosen) check(t *testing.T, got string, err error) {
	t.Helper()
	if c.code != "" {
		refused(got, err)(t, c.code, c.message)
		return
	}
	if got := ok(got, err)(t); got != c.role {
		t.Errorf("role is %s, want %s", got, c.role)
	}
}

// poolOf is a pool with both roles and one mapping for the user pool, if any.
func poolOf(mapping ...cognito.RoleMapping) cognito.Pool {
	p := cognito.Pool{Roles: map[string]string{"authenticated": roleARN("user"), "unauthenticated": roleARN("guest")}}
	for _, m := range mapping {
		p.RoleMappings = map[string]cognito.RoleMapping{userPool + ":" + client: m}
	}
	return p
}

// without takes the default role for users away.
func without(p cognito.Pool) cognito.Pool {
	p.Roles = map[string]string{"unauthenticated": roleARN("guest")}
	return p
}

// proven is a user of the user pool with claims in JSON.
func proven(claims string) cognito.Proven {
	p := cognito.Proven{Provider: userPool, Mapping: userPool + ":" + client, Claims: map[string]any{}}
	if claims == "" {
		return p
	}
	numbers := json.NewDecoder(strings.NewReader(claims)) // as the claims of tokens are
	numbers.UseNumber()
	if err := numbers.Decode(&p.Claims); err != nil {
		panic(err) // a constant of this test
	}
	return p
}

func TestDefaultRoles(t *testing.T) {
	t.Parallel()
	guest := poolOf()
	guest.Roles = map[string]string{"authenticated": roleARN("user")}
	tests := map[string]struct {
		pool   cognito.Pool
		custom string
		logins []cognito.Proven
		want   chosen
	}{
		"guest":                           {poolOf(), "", nil, role("guest")},
		"guest without a role":            {guest, "", nil, misconfigured()},
		"guest who chooses":               {poolOf(), roleARN("user"), nil, denied(forbiddenRole(roleARN("user")))},
		"guest who chooses the guests'":   {poolOf(), roleARN("guest"), nil, denied(forbiddenRole(roleARN("guest")))},
		"guest who chooses where none is": {guest, roleARN("guest"), nil, denied(forbiddenRole(roleARN("guest")))},
		"user":                            {poolOf(), "", []cognito.Proven{proven("")}, role("user")},
		"user without a role":             {without(poolOf()), "", []cognito.Proven{proven("")}, misconfigured()},
		"user who chooses the same":       {poolOf(), roleARN("user"), []cognito.Proven{proven("")}, role("user")},
		"user who chooses another":        {poolOf(), roleARN("guest"), []cognito.Proven{proven("")}, denied(forbiddenRole(roleARN("guest")))},
		"claims count only where mapped":  {poolOf(), "", []cognito.Proven{proven(`{"cognito:preferred_role":"` + roleARN("x") + `"}`)}, role("user")},
		"a mapping of another provider":   {poolOf(byToken("Deny")), "", []cognito.Proven{{Provider: google, Mapping: google}}, role("user")},
		"a mapping of another client":     {poolOf(byToken("Deny")), "", []cognito.Proven{{Provider: userPool, Mapping: userPool + ":client2"}}, role("user")},
		"a mapping of a type that is not": {poolOf(cognito.RoleMapping{Type: "Tea"}), "", []cognito.Proven{proven("")}, misconfigured()},
		"no role at all":                  {cognito.Pool{}, "", []cognito.Proven{proven("")}, misconfigured()},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cognito.SelectRole(tt.pool, tt.custom, tt.logins...)
			tt.want.check(t, got, err)
		})
	}
}

func TestRoleForOwnToken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pool   cognito.Pool
		custom string
		want   chosen
	}{
		"default":          {poolOf(byToken("Deny")), "", role("user")},
		"missing":          {without(poolOf()), "", misconfigured()},
		"another is asked": {poolOf(), roleARN("x"), denied(forbiddenRole(roleARN("x")))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cognito.SelectRoleForToken(tt.pool, tt.custom)
			tt.want.check(t, got, err)
		})
	}
}

func byToken(resolution string) cognito.RoleMapping {
	return cognito.RoleMapping{Type: "Token", AmbiguousRoleResolution: resolution}
}

func TestRoleOfToken(t *testing.T) {
	t.Parallel()
	a, b := roleARN("a"), roleARN("b")
	both := `{"cognito:roles":["` + a + `","` + b + `"],"cognito:preferred_role":"` + a + `"}`
	tied := `{"cognito:roles":["` + a + `","` + b + `"]}`
	tests := map[string]struct {
		pool           cognito.Pool
		claims, custom string
		want           chosen
	}{
		"preferred":                         {poolOf(byToken("Deny")), both, "", role("a")},
		"custom among the roles":            {poolOf(byToken("Deny")), both, b, role("b")},
		"custom among roles in a text":      {poolOf(byToken("Deny")), `{"cognito:roles":"` + a + `, ` + b + `"}`, b, role("b")},
		"custom not among the roles":        {poolOf(byToken("AuthenticatedRole")), both, roleARN("c"), denied(forbiddenRole(roleARN("c")))},
		"custom is the default, not listed": {poolOf(byToken("AuthenticatedRole")), both, roleARN("user"), denied(forbiddenRole(roleARN("user")))},
		"custom is preferred, not listed":   {poolOf(byToken("AuthenticatedRole")), `{"cognito:preferred_role":"` + a + `"}`, a, denied(forbiddenRole(a))},
		"custom is part of a role":          {poolOf(byToken("Deny")), both, a[:len(a)-1], denied(forbiddenRole(a[:len(a)-1]))},
		"custom without any":                {poolOf(byToken("Deny")), `{}`, a, denied(forbiddenRole(a))},
		"a tie, resolved":                   {poolOf(byToken("AuthenticatedRole")), tied, "", role("user")},
		"a tie, denied":                     {poolOf(byToken("Deny")), tied, "", denied(ambiguous)},
		"no group, resolved":                {poolOf(byToken("AuthenticatedRole")), `{}`, "", role("user")},
		"no group, denied":                  {poolOf(byToken("Deny")), `{}`, "", denied(ambiguous)},
		"no group, resolved, but no role":   {without(poolOf(byToken("AuthenticatedRole"))), `{}`, "", misconfigured()},
		"preferred needs no default":        {without(poolOf(byToken("Deny"))), both, "", role("a")},
		"preferred is not a text":           {poolOf(byToken("Deny")), `{"cognito:preferred_role":["` + a + `"]}`, "", denied(ambiguous)},
		"the list alone prefers none":       {poolOf(byToken("Deny")), `{"cognito:roles":["` + a + `"]}`, "", denied(ambiguous)},
		"roles in objects are none":         {poolOf(byToken("Deny")), `{"cognito:roles":[{"x":"` + a + `"}]}`, a, denied(forbiddenRole(a))},
		"groups are not roles":              {poolOf(byToken("Deny")), `{"cognito:groups":["` + a + `"]}`, a, denied(forbiddenRole(a))},
		"an empty preference is none":       {poolOf(byToken("AuthenticatedRole")), `{"cognito:preferred_role":""}`, "", role("user")},
		"an empty list":                     {poolOf(byToken("Deny")), `{"cognito:roles":""}`, a, denied(forbiddenRole(a))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cognito.SelectRole(tt.pool, tt.custom, proven(tt.claims))
			tt.want.check(t, got, err)
		})
	}
}

// byRules is a mapping of rules, each claim, match type, value and name of the role.
func byRules(resolution string, all ...[4]string) cognito.RoleMapping {
	c := &cognito.RulesConfiguration{}
	for _, r := range all {
		c.Rules = append(c.Rules, cognito.MappingRule{Claim: r[0], MatchType: r[1], Value: r[2], RoleARN: roleARN(r[3])})
	}
	return cognito.RoleMapping{Type: "Rules", AmbiguousRoleResolution: resolution, RulesConfiguration: c}
}

func TestRoleOfRules(t *testing.T) {
	t.Parallel()
	first := [4]string{"dept", "Equals", "it", "a"}
	second := [4]string{"dept", "StartsWith", "i", "b"}
	both := poolOf(byRules("Deny", first, second))
	tests := map[string]struct {
		pool           cognito.Pool
		claims, custom string
		want           chosen
	}{
		"the first that matches":           {both, `{"dept":"it"}`, "", role("a")},
		"the second where the first fails": {both, `{"dept":"ice"}`, "", role("b")},
		"none, denied":                     {both, `{"dept":"hr"}`, "", denied(ambiguous)},
		"none, resolved":                   {poolOf(byRules("AuthenticatedRole", first)), `{"dept":"hr"}`, "", role("user")},
		"none, resolved, but no role":      {without(poolOf(byRules("AuthenticatedRole", first))), `{}`, "", misconfigured()},
		"rules need no default":            {without(both), `{"dept":"it"}`, "", role("a")},
		"custom skips other matches":       {both, `{"dept":"it"}`, roleARN("b"), role("b")},
		"custom whose rule does not match": {both, `{"dept":"ice"}`, roleARN("a"), denied(forbiddenRole(roleARN("a")))},
		"custom of no rule": {
			poolOf(byRules("AuthenticatedRole", first)), `{"dept":"it"}`, roleARN("user"), denied(forbiddenRole(roleARN("user"))),
		},
		"the role claims do not count": {both, `{"cognito:preferred_role":"x","cognito:roles":["x"]}`, "", denied(ambiguous)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cognito.SelectRole(tt.pool, tt.custom, proven(tt.claims))
			tt.want.check(t, got, err)
		})
	}
}

func TestRuleMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		match, value, claims string
		want                 bool
	}{
		{"Equals", "it", `{"c":"it"}`, true},
		{"Equals", "it", `{"c":"IT"}`, false},
		{"Equals", "it", `{"c":"it "}`, false},
		{"Equals", "i*", `{"c":"it"}`, false},
		{"Equals", "it", `{"C":"it"}`, false},
		{"Equals", "it", `{}`, false},
		{"Equals", "it", `{"c":null}`, false},
		{"Equals", "7", `{"c":7}`, true},
		{"Equals", "7", `{"c":7.5}`, false},
		{"Equals", "true", `{"c":true}`, true},
		{"Equals", "true", `{"c":false}`, false},
		{"Equals", "it", `{"c":["hr","it"]}`, true},
		{"Equals", "hr,it", `{"c":["hr","it"]}`, false},
		{"Equals", "it", `{"c":[]}`, false},
		{"Equals", "it", `{"c":{"it":"it"}}`, false},
		{"NotEqual", "it", `{"c":"hr"}`, true},
		{"NotEqual", "it", `{"c":"it"}`, false},
		{"NotEqual", "it", `{}`, false},
		{"NotEqual", "it", `{"c":null}`, false},
		{"NotEqual", "it", `{"c":[]}`, false},
		{"NotEqual", "7", `{"c":8}`, true},
		{"NotEqual", "it", `{"c":["it","hr"]}`, true},
		{"StartsWith", "i", `{"c":"it"}`, true},
		{"StartsWith", "t", `{"c":"it"}`, false},
		{"StartsWith", "i", `{"c":["hr","it"]}`, true},
		{"Contains", "t", `{"c":"its"}`, true},
		{"Contains", "T", `{"c":"its"}`, false},
		{"Contains", "hr", `{"c":["x-hr-x"]}`, true},
		{"Contains", "x", `{}`, false},
		{"Matches", "it", `{"c":"it"}`, false},
	}
	for _, tt := range tests {
		want := denied(ambiguous)
		if tt.want {
			want = role("a")
		}
		got, err := cognito.SelectRole(poolOf(byRules("Deny", [4]string{"c", tt.match, tt.value, "a"})), "", proven(tt.claims))
		t.Logf("%s %q on %s", tt.match, tt.value, tt.claims)
		want.check(t, got, err)
	}
}

func TestRoleOfSeveralLogins(t *testing.T) {
	t.Parallel()
	p := poolOf(byToken("Deny"))
	p.RoleMappings[google] = byRules("Deny", [4]string{"sub", "Equals", "g", "googler"})
	p.RoleMappings[oidcARN] = byRules("Deny", [4]string{"sub", "Equals", "o", "other"})
	googler := cognito.Proven{Provider: google, Mapping: google, Claims: map[string]any{"sub": "g"}}
	other := cognito.Proven{Provider: oidc, Mapping: oidcARN, Claims: map[string]any{"sub": "o"}}
	unmapped := cognito.Proven{Provider: "appleid.apple.com", Mapping: "appleid.apple.com"}
	pooled := proven(`{"cognito:preferred_role":"` + roleARN("pooled") + `"}`)
	tests := map[string]struct {
		logins []cognito.Proven
		want   chosen
	}{
		"the first that has a mapping":         {[]cognito.Proven{googler, pooled, other}, role("googler")},
		"the order is that of the logins":      {[]cognito.Proven{pooled, other}, role("pooled")},
		"those without a mapping are passed":   {[]cognito.Proven{unmapped, other}, role("other")},
		"the first decides, though it refuses": {[]cognito.Proven{proven(""), other}, denied(ambiguous)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cognito.SelectRole(p, "", tt.logins...)
			tt.want.check(t, got, err)
		})
	}
}
