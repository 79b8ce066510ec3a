package cognito

import (
	"context"
	"maps"
	"slices"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// maxRules is what the service takes per provider, though its model says 400.
const maxRules = 25

// RoleMapping says how the role of a provider's users is chosen.
type RoleMapping struct {
	Type                    string              `aws:"Type" check:"required;enum=Token,Rules"`
	AmbiguousRoleResolution string              `aws:"AmbiguousRoleResolution" check:"enum=AuthenticatedRole,Deny"`
	RulesConfiguration      *RulesConfiguration `aws:"RulesConfiguration"`
}

// The values of RoleMapping's members.
const (
	mappingToken  = "Token"
	mappingRules  = "Rules"
	ambiguousDeny = "Deny"
)

// RulesConfiguration holds the rules of a mapping of type Rules.
type RulesConfiguration struct {
	Rules []MappingRule `aws:"Rules" check:"required;len=1-400"`
}

// MappingRule gives RoleARN to users whose claim matches.
type MappingRule struct {
	Claim     string `aws:"Claim" check:"required;len=1-64;pattern=[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+"`
	MatchType string `aws:"MatchType" check:"required;enum=StartsWith,Equals,Contains,NotEqual"`
	Value     string `aws:"Value" check:"required;len=1-128"`
	RoleARN   string `aws:"RoleARN" check:"required;len=20-2048"`
}

// SetIdentityPoolRolesInput is the request of SetIdentityPoolRoles. AWS authorizes
// it on no resource in particular.
type SetIdentityPoolRolesInput struct {
	IdentityPoolID string                 `aws:"IdentityPoolId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Roles          map[string]string      `aws:"Roles" check:"required;len=-2" key:"len=1-128;pattern=(un)?authenticated" each:"len=20-2048"`
	RoleMappings   map[string]RoleMapping `aws:"RoleMappings" check:"len=-10" key:"len=1-128"`
}

// SetIdentityPoolRoles replaces the roles and role mappings of a pool. The caller
// must be allowed to pass every role.
func (s *Service) SetIdentityPoolRoles(ctx context.Context, caller iam.Caller, in *SetIdentityPoolRolesInput) (*struct{}, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	if refusal := checkMappings(pool, in.RoleMappings); refusal != nil {
		return nil, refusal
	}
	if err := s.mayPass(ctx, caller, in); err != nil {
		return nil, err
	}
	return nil, s.change(ctx, caller.Region, in.IdentityPoolID, func(p *Pool) error {
		p.Roles, p.RoleMappings = in.Roles, in.RoleMappings
		return nil
	})
}

func checkMappings(pool Pool, mappings map[string]RoleMapping) *fault.Error {
	for _, name := range slices.Sorted(maps.Keys(mappings)) {
		m := mappings[name]
		if !pool.takesMapping(name) {
			return invalidParameter("(%s) is not a valid RoleMapping ProviderName or is not a configured provider.", name)
		}
		if m.AmbiguousRoleResolution == "" {
			return invalidParameter("AmbiguousRoleResolution is required for the role mapping of %s.", name)
		}
		if m.Type == mappingRules && m.RulesConfiguration == nil {
			return invalidParameter("RulesConfiguration is required for the role mapping of %s, whose type is Rules.", name)
		}
		if m.RulesConfiguration != nil && len(m.RulesConfiguration.Rules) > maxRules {
			return invalidParameter("The number of rules in the request exceeded %d.", maxRules)
		}
	}
	return nil
}

// takesMapping reports whether name is a key for RoleMappings: a user pool with
// its client, a social domain, or the ARN of a provider.
func (p Pool) takesMapping(name string) bool {
	if _, ok := p.SupportedLoginProviders[name]; ok {
		return true
	}
	if slices.Contains(p.OpenIDConnectProviders, name) || slices.Contains(p.SAMLProviders, name) {
		return true
	}
	return slices.ContainsFunc(p.CognitoIdentityProviders, func(c UserPoolClient) bool {
		return c.ProviderName+":"+c.ClientID == name
	})
}

// mayPass returns nil if the caller may hand every role to identity pools.
func (s *Service) mayPass(ctx context.Context, caller iam.Caller, in *SetIdentityPoolRolesInput) error {
	further := policy.NewContext()
	further.Set("iam:PassedToService", "cognito-identity.amazonaws.com")
	for _, role := range roleARNs(in.Roles, in.RoleMappings) {
		if !isRoleARN(role, s.Account) {
			return roleForbidden(role)
		}
		decision, err := s.IAM.Authorize(ctx, caller, "iam:PassRole", role, further)
		if err != nil {
			return err
		}
		if !decision.Allowed {
			return roleForbidden(role).With(&iam.DeniedError{Action: "iam:PassRole", Decision: decision})
		}
	}
	return nil
}

func isRoleARN(name, account string) bool {
	a, err := arn.Parse(name)
	return err == nil && a.Service == "iam" && a.Account == account && len(a.Resource) > len("role/") && a.Resource[:5] == "role/"
}

// GetIdentityPoolRolesInput is the request of GetIdentityPoolRoles.
type GetIdentityPoolRolesInput struct{ poolInput }

// GetIdentityPoolRolesOutput is the answer of GetIdentityPoolRoles.
type GetIdentityPoolRolesOutput struct {
	IdentityPoolID string                 `aws:"IdentityPoolId"`
	Roles          map[string]string      `aws:"Roles"`
	RoleMappings   map[string]RoleMapping `aws:"RoleMappings"`
}

// GetIdentityPoolRoles shows the roles and role mappings of a pool.
func (s *Service) GetIdentityPoolRoles(ctx context.Context, caller iam.Caller, in *GetIdentityPoolRolesInput) (*GetIdentityPoolRolesOutput, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	return &GetIdentityPoolRolesOutput{IdentityPoolID: pool.ID, Roles: pool.Roles, RoleMappings: pool.RoleMappings}, nil
}
