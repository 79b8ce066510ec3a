package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// mapped is a world with a role mapping for its OIDC provider, and a role "admin" beside its default ones.
type mapped struct {
	*world
	provider  *conformance.OIDC
	adminRole string
}

func newMapped(t *testing.T, mapping func(adminRole string) map[string]any) mapped {
	t.Helper()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	m := mapped{world: newWorld(t, providers{oidc: []*conformance.OIDC{o}}), provider: o}
	m.adminRole = m.createRole(t, "admin", poolTrust(m.pool, "authenticated"))
	must[struct{}](t, m.world, conformance.GoSDK{}, "cognito-identity:SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": m.pool,
		"Roles":          map[string]string{"authenticated": m.memberRole, "unauthenticated": m.guestRole},
		"RoleMappings":   map[string]any{accountARN + ":oidc-provider/" + o.Name(): mapping(m.adminRole)},
	}, m.Root)
	return m
}

// role is the role that a user gets, or the refusal.
func (m mapped) role(t *testing.T, client conformance.Client, user, custom string) (string, error) {
	t.Helper()
	login := logins{m.provider.Name(): m.provider.SignIn(t, conformance.ClientApp, user).ID}
	input := map[string]any{"IdentityId": m.getID(t, client, login), "Logins": login}
	if custom != "" {
		input["CustomRoleArn"] = custom
	}
	out, err := do[identity](t, m.world, client, "cognito-identity:GetCredentialsForIdentity", input, aws.Credentials{})
	if err != nil {
		return "", err
	}
	return m.caller(t, client, out.Credentials.credentials()), nil
}

// TestRules chooses roles by rules over claims.
func TestRules(t *testing.T) {
	t.Parallel()
	m := newMapped(t, func(admin string) map[string]any {
		rule := map[string]string{"Claim": "email", "MatchType": "StartsWith", "Value": "boss", "RoleARN": admin}
		return map[string]any{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": map[string]any{"Rules": []any{rule}}}
	})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			want := sessionARN("admin", enhanced)
			for _, custom := range []string{"", m.adminRole} {
				if got, err := m.role(t, client, "boss-of-"+client.Name(), custom); got != want {
					t.Errorf("with CustomRoleArn %q the caller is %s, want %s: %v", custom, got, want, err)
				}
			}
			_, err := m.role(t, client, "boss-of-"+client.Name(), m.memberRole)
			wantFault(t, client, err, notAuthorized, "Access to Role '"+m.memberRole+"' is forbidden.", notAuthorized)
			_, err = m.role(t, client, "clerk", "")
			wantFault(t, client, err, notAuthorized, "The ambiguous role mapping rules for: "+m.provider.Name()+" denied this request.", notAuthorized)
			_, err = do[identity](t, m.world, client, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": m.getID(t, client, nil)}, aws.Credentials{})
			wantFault(t, client, err, invalidParameter, "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.", invalidParameter)
		})
	}
}

// TestTokenRole chooses the role that the token prefers.
func TestTokenRole(t *testing.T) {
	t.Parallel()
	m := newMapped(t, func(string) map[string]any {
		return map[string]any{"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}
	})
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for user, want := range map[string]string{"administrator": "admin", "clerk": "member"} {
				if got, err := m.role(t, client, user, ""); got != sessionARN(want, enhanced) {
					t.Errorf("%s is %s, want role %s: %v", user, got, want, err)
				}
			}
			if got, err := m.role(t, client, "administrator", m.memberRole); got != sessionARN("member", enhanced) {
				t.Errorf("with CustomRoleArn among the token's roles the caller is %s: %v", got, err)
			}
			_, err := m.role(t, client, "administrator", m.guestRole)
			wantFault(t, client, err, notAuthorized, "Access to Role '"+m.guestRole+"' is forbidden.", notAuthorized)
		})
	}
}
