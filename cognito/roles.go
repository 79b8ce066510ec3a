package cognito

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/cenotehq/cenote/fault"
)

// Claims with which a user pool chooses roles for its users ("Using tokens to
// assign roles to users").
const (
	claimRoles         = "cognito:roles"
	claimPreferredRole = "cognito:preferred_role"
)

// selectRole chooses the role of a visit ("Role-based access control"). custom is
// the CustomRoleArn of the request, or empty.
func selectRole(v visit, custom string) (string, *fault.Error) {
	if v.guest() {
		if custom != "" {
			return "", roleForbidden(custom) // guests have no choice
		}
		return defaultRole(v.pool, "unauthenticated", "")
	}
	p, mapping, ok := v.mapping()
	if !ok {
		return v.roleWithoutMapping(custom)
	}
	var chosen string
	var refusal *fault.Error
	switch mapping.Type {
	case mappingToken:
		chosen, refusal = roleOfToken(p, custom)
	case mappingRules:
		chosen, refusal = roleOfRules(*mapping.RulesConfiguration, p.claims, custom)
	default:
		return "", invalidConfiguration()
	}
	if refusal != nil || chosen != "" {
		return chosen, refusal
	}
	if mapping.AmbiguousRoleResolution == ambiguousDeny {
		return "", ambiguousRole(p.Provider)
	}
	return defaultRole(v.pool, "authenticated", custom)
}

// mapping returns the first presented login, by name, whose provider has a role
// mapping.
func (v visit) mapping() (proof, RoleMapping, bool) {
	for _, p := range v.proofs {
		if m, ok := v.pool.RoleMappings[p.mapping]; ok {
			return p, m, true
		}
	}
	return proof{}, RoleMapping{}, false
}

// defaultRole is the pool's role for guests or for users. Asking for another one
// is refused.
func defaultRole(pool Pool, kind, custom string) (string, *fault.Error) {
	role := pool.Roles[kind]
	if role == "" {
		return "", invalidConfiguration()
	}
	if custom != "" && custom != role {
		return "", roleForbidden(custom)
	}
	return role, nil
}

// roleWithoutMapping is the role that a SAML assertion offers, the first that offers any
// by the name of its provider, or else the default. Which of several it is has to be
// asked for.
func (v visit) roleWithoutMapping(custom string) (string, *fault.Error) {
	i := slices.IndexFunc(v.proofs, func(p proof) bool { return len(p.roles) > 0 })
	if i < 0 {
		return defaultRole(v.pool, "authenticated", custom)
	}
	switch p := v.proofs[i]; {
	case custom != "" && !slices.Contains(p.roles, custom):
		return "", roleForbidden(custom)
	case custom != "":
		return custom, nil
	case len(p.roles) > 1:
		return "", ambiguousRole(p.Provider)
	default:
		return p.roles[0], nil
	}
}

// roleOfToken is the role that a user pool or the assertion of a SAML provider chooses,
// empty where it leaves the choice.
func roleOfToken(p proof, custom string) (string, *fault.Error) {
	if custom != "" {
		if !slices.Contains(rolesOf(p.claims[claimRoles]), custom) && !slices.Contains(p.roles, custom) {
			return "", roleForbidden(custom)
		}
		return custom, nil
	}
	preferred, _ := p.claims[claimPreferredRole].(string)
	if preferred == "" && len(p.roles) == 1 {
		return p.roles[0], nil
	}
	return preferred, nil
}

// rolesOf reads the list of roles, which AWS documents as a text with commas and
// sends as an array.
func rolesOf(claim any) []string {
	var roles []string
	for _, text := range texts(claim) {
		for role := range strings.SplitSeq(text, ",") {
			roles = append(roles, strings.TrimSpace(role))
		}
	}
	return roles
}

func roleOfRules(c RulesConfiguration, claims map[string]any, custom string) (string, *fault.Error) {
	for _, rule := range c.Rules {
		if !rule.matches(claims) || custom != "" && rule.RoleARN != custom {
			continue
		}
		return rule.RoleARN, nil
	}
	if custom != "" {
		return "", roleForbidden(custom)
	}
	return "", nil
}

// matches reports whether a claim fits the rule. A claim that is absent fits none,
// not even NotEqual; a list fits if one of its elements does.
func (r MappingRule) matches(claims map[string]any) bool {
	return slices.ContainsFunc(texts(claims[r.Claim]), func(value string) bool {
		switch r.MatchType {
		case "Equals":
			return value == r.Value
		case "NotEqual":
			return value != r.Value
		case "StartsWith":
			return strings.HasPrefix(value, r.Value)
		case "Contains":
			return strings.Contains(value, r.Value)
		}
		return false
	})
}

// texts returns the values of a claim as text; objects have none.
func texts(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case bool:
		return []string{strconv.FormatBool(v)}
	case json.Number:
		return []string{v.String()}
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, texts(item)...)
		}
		return list
	}
	return nil
}
