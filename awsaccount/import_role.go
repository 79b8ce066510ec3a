package awsaccount

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// readRoles reads the roles to import, by name.
func (m *Import) readRoles(ctx context.Context, pools []poolOf) ([]iam.AdoptedRole, error) {
	arns, err := m.roleARNs(ctx, pools)
	if err != nil {
		return nil, err
	}
	var roles []iam.AdoptedRole
	for _, name := range slices.Sorted(maps.Keys(arns)) {
		m.progress(KindRole, arns[name])
		role, err := m.From.role(ctx, name)
		if err := m.miss(KindRole, arns[name], err); err != nil {
			return nil, err
		}
		if err == nil {
			roles = append(roles, role)
		}
	}
	return roles, nil
}

// roleARNs returns the ARNs of the roles to import as they are here, by the names of the
// roles.
func (m *Import) roleARNs(ctx context.Context, pools []poolOf) (map[string]string, error) {
	arns := map[string]string{}
	for _, p := range pools {
		for _, role := range p.RoleARNs() {
			arns[lastName(role)] = role
		}
	}
	m.progress("roles of", m.From.ID)
	listed, err := m.From.roles(ctx)
	if err := m.miss(KindRole, arn.Role(m.From.here(), "/", "*").String(), err); err != nil {
		return nil, err
	}
	for _, role := range listed {
		if m.AllRoles || trustsPool(aws.ToString(role.AssumeRolePolicyDocument), pools) {
			arns[aws.ToString(role.RoleName)] = m.From.names.text(aws.ToString(role.Arn))
		}
	}
	return arns, nil
}

// trustsPool reports whether a trust policy, percent-encoded, names one of the pools:
// users may get the role by a claim of theirs or in the basic flow, of which the pool
// itself says nothing.
func trustsPool(encoded string, pools []poolOf) bool {
	text, err := url.PathUnescape(encoded)
	return err == nil && slices.ContainsFunc(pools, func(p poolOf) bool { return strings.Contains(text, p.ID) })
}

func lastName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func (m *Import) takeRole(ctx context.Context, role iam.AdoptedRole) error {
	name := arn.Role(m.From.here(), role.Role.Path, role.Role.Name).String()
	_, err := m.take(KindRole, name, func() (taken, error) {
		for i, attached := range role.Attached {
			role.Attached[i] = m.policyHere(ctx, attached)
		}
		if role.Boundary != "" {
			role.Boundary = m.policyHere(ctx, role.Boundary)
		}
		done, err := m.IAM.AdoptRole(ctx, role)
		return taken{Adoption: done}, err
	})
	return err
}

// brings reports whether a managed policy is one of AWS's own that is here anyway.
func (m *Import) brings(ctx context.Context, policyARN string) bool {
	if !isAWSOwn(policyARN) {
		return false
	}
	_, err := m.IAM.ManagedPolicy(ctx, policyARN)
	return err == nil
}

// policyHere is the ARN that a managed policy has here.
func (m *Import) policyHere(ctx context.Context, policyARN string) string {
	if m.brings(ctx, policyARN) {
		return policyARN
	}
	return m.From.policyHere(policyARN)
}

// takePolicies imports the managed policies of roles.
func (m *Import) takePolicies(ctx context.Context, roles []iam.AdoptedRole) error {
	needed := map[string]bool{}
	for _, role := range roles {
		for _, name := range append(slices.Clone(role.Attached), role.Boundary) {
			if name != "" && !m.brings(ctx, name) {
				needed[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		_, err := m.take(KindPolicy, m.From.policyHere(name), func() (taken, error) {
			p, err := m.From.policy(ctx, name)
			if err != nil {
				return taken{}, err
			}
			done, err := m.IAM.AdoptPolicy(ctx, p)
			note := ""
			if isAWSOwn(name) {
				note = "a copy of " + name + ", as it is today"
			}
			return taken{done, note}, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeProviders imports the providers that pools and trust policies name.
func (m *Import) takeProviders(ctx context.Context, pools []poolOf, roles []iam.AdoptedRole) error {
	named := map[string]bool{}
	for _, p := range pools {
		for _, provider := range slices.Concat(p.OpenIDConnectProviders, p.SAMLProviders) {
			named[provider] = true
		}
	}
	for _, role := range roles {
		for _, provider := range federated(role.Trust) {
			named[provider] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if err := m.takeProvider(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// federated lists the providers that a trust policy names, in statements of any effect.
func federated(trust string) []string {
	document, err := policy.Parse(trust)
	if err != nil {
		return nil // the role will be refused for it
	}
	var all []string
	for _, s := range document.Statements {
		if s.Principals != nil {
			all = append(all, s.Principals.Federated...)
		}
	}
	return all
}

// takeProvider imports the provider with this ARN here; what is none, such as the name of
// a network or a provider of another account, is no concern of ours.
func (m *Import) takeProvider(ctx context.Context, name string) error {
	parsed, err := arn.Parse(name)
	if err != nil || parsed.Service != "iam" || parsed.Account != m.From.here() {
		return nil
	}
	kind, provider, _ := strings.Cut(parsed.Resource, "/")
	parsed.Account = m.From.ID
	switch kind {
	case KindOIDC:
		_, err = m.take(KindOIDC, name, func() (taken, error) {
			p, err := m.From.oidcProvider(ctx, parsed.String())
			if err != nil {
				return taken{}, err
			}
			done, err := m.IAM.AdoptOIDCProvider(ctx, p)
			return taken{Adoption: done}, err
		})
	case KindSAML:
		_, err = m.take(KindSAML, name, func() (taken, error) {
			p, keys, err := m.From.samlProvider(ctx, parsed.String(), provider)
			if err != nil {
				return taken{}, err
			}
			done, err := m.IAM.AdoptSAMLProvider(ctx, p)
			note := ""
			if keys > 0 {
				note = fmt.Sprintf("private keys are never shown: add those %d again, or encrypted assertions are refused", keys)
			}
			return taken{done, note}, err
		})
	}
	return err
}
