package cognito

import "github.com/cenotehq/cenote/sts"

// Developer is the developer provider of what follows.
const Developer = "login.example"

// LinkOf is link.
func LinkOf(self Identity, logins []Login, owners []Identity) (Link, error) {
	return claim{logins, Developer}.link(self, owners)
}

// FindOrCreate is findOrCreate.
func FindOrCreate(fresh Identity, logins []Login, owners []Identity) (Link, error) {
	return claim{logins, Developer}.findOrCreate(fresh, owners)
}

// LinkDeveloper is linkDeveloper, for the first of logins.
func LinkDeveloper(self *Identity, fresh Identity, logins []Login, owners []Identity) (Link, error) {
	return claim{logins, Developer}.linkDeveloper(self, logins[0], fresh, owners)
}

// MergeUsers is mergeUsers.
func MergeUsers(from, to Login, owners []Identity) (Link, error) {
	return claim{[]Login{from, to}, Developer}.mergeUsers(from, to, owners)
}

// Unlink is unlink.
func Unlink(self Identity, logins []Login, owners []Identity, providers ...string) (Link, error) {
	return claim{logins, Developer}.unlink(self, owners, providers)
}

// UnlinkUser is unlinkUser.
func UnlinkUser(self Identity, user Login) (Link, error) { return unlinkUser(self, user) }

// Proven is a login whose token is verified, as selectRole sees it.
type Proven struct {
	Provider string
	Mapping  string // the provider's key in RoleMappings
	Claims   map[string]any
	Roles    []string // of a SAML assertion
}

// SelectRole is selectRole for a user with these logins, or for a guest without
// any.
func SelectRole(pool Pool, custom string, logins ...Proven) (string, error) {
	v := visit{pool: pool}
	for _, l := range logins {
		v.proofs = append(v.proofs, proof{Login: Login{Provider: l.Provider}, mapping: l.Mapping, claims: l.Claims, roles: l.Roles})
	}
	return selectedRole(v, custom)
}

// SelectRoleForToken is selectRole for the bearer of a token of ours.
func SelectRoleForToken(pool Pool, custom string) (string, error) {
	return selectedRole(visit{pool: pool, vouched: &sts.WebIdentity{}}, custom)
}

func selectedRole(v visit, custom string) (string, error) {
	chosen, refusal := selectRole(v, custom)
	if refusal != nil {
		return "", refusal
	}
	return chosen, nil
}
