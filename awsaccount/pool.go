package awsaccount

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"github.com/cenotehq/cenote/cognito"
)

// pageSize is how many pools or identities a page has at most.
const pageSize = 60

// poolIDs lists the ids of the pools of a region.
func (r region) poolIDs(ctx context.Context) ([]string, error) {
	var ids []string
	pages := cognitoidentity.NewListIdentityPoolsPaginator(r.cognito, &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, pool := range page.IdentityPools {
			ids = append(ids, aws.ToString(pool.IdentityPoolId))
		}
	}
	return ids, nil
}

// pool reads a pool as a whole: half of one would give more or less than the pool does.
func (a *Account) pool(ctx context.Context, r region, id string) (cognito.Pool, error) {
	described, err := r.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &id})
	if err != nil {
		return cognito.Pool{}, err
	}
	roles, err := r.cognito.GetIdentityPoolRoles(ctx, &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &id})
	if err != nil {
		return cognito.Pool{}, err
	}
	pool := cognito.Pool{
		ID: id, Region: r.name,
		PoolSettings: a.poolSettings(described),
		Roles:        a.names.values(roles.Roles),
		RoleMappings: a.roleMappings(roles.RoleMappings),
	}
	for _, provider := range taggingProviders(described) {
		tags, err := r.cognito.GetPrincipalTagAttributeMap(ctx, &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: &id, IdentityProviderName: &provider})
		if isGone(err) {
			continue // none was ever set
		}
		if err != nil {
			return cognito.Pool{}, err
		}
		if pool.PrincipalTags == nil {
			pool.PrincipalTags = map[string]cognito.AttributeMap{}
		}
		pool.PrincipalTags[a.names.text(provider)] = cognito.AttributeMap{UseDefaults: aws.ToBool(tags.UseDefaults), PrincipalTags: tags.PrincipalTags}
	}
	return pool, nil
}

func (a *Account) poolSettings(p *cognitoidentity.DescribeIdentityPoolOutput) cognito.PoolSettings {
	settings := cognito.PoolSettings{
		Name:                    aws.ToString(p.IdentityPoolName),
		AllowUnauthenticated:    p.AllowUnauthenticatedIdentities,
		AllowClassicFlow:        p.AllowClassicFlow,
		SupportedLoginProviders: p.SupportedLoginProviders,
		DeveloperProviderName:   aws.ToString(p.DeveloperProviderName),
		OpenIDConnectProviders:  a.names.list(p.OpenIdConnectProviderARNs),
		SAMLProviders:           a.names.list(p.SamlProviderARNs),
		Tags:                    p.IdentityPoolTags,
	}
	for _, client := range p.CognitoIdentityProviders {
		settings.CognitoIdentityProviders = append(settings.CognitoIdentityProviders, cognito.UserPoolClient{
			ProviderName:         aws.ToString(client.ProviderName),
			ClientID:             aws.ToString(client.ClientId),
			ServerSideTokenCheck: client.ServerSideTokenCheck,
		})
	}
	return settings
}

func (a *Account) roleMappings(mappings map[string]types.RoleMapping) map[string]cognito.RoleMapping {
	if mappings == nil {
		return nil
	}
	all := map[string]cognito.RoleMapping{}
	for provider, m := range mappings {
		mapping := cognito.RoleMapping{Type: string(m.Type), AmbiguousRoleResolution: string(m.AmbiguousRoleResolution)}
		if m.RulesConfiguration != nil {
			mapping.RulesConfiguration = &cognito.RulesConfiguration{}
			for _, rule := range m.RulesConfiguration.Rules {
				mapping.RulesConfiguration.Rules = append(mapping.RulesConfiguration.Rules, cognito.MappingRule{
					Claim:     aws.ToString(rule.Claim),
					MatchType: string(rule.MatchType),
					Value:     aws.ToString(rule.Value),
					RoleARN:   a.names.text(aws.ToString(rule.RoleARN)),
				})
			}
		}
		all[a.names.text(provider)] = mapping
	}
	return all
}

// taggingProviders are the names under which a pool may have attributes for access
// control.
func taggingProviders(p *cognitoidentity.DescribeIdentityPoolOutput) []string {
	names := slices.Concat(p.OpenIdConnectProviderARNs, p.SamlProviderARNs)
	for name := range p.SupportedLoginProviders {
		names = append(names, name)
	}
	for _, client := range p.CognitoIdentityProviders {
		names = append(names, aws.ToString(client.ProviderName))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// identities lists the identities of a pool, without the disabled ones. Of their logins
// no API tells more than the providers.
func (r region) identities(ctx context.Context, pool string) iter.Seq2[types.IdentityDescription, error] {
	return func(yield func(types.IdentityDescription, error) bool) {
		in := &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(pageSize), HideDisabled: true}
		for {
			page, err := r.cognito.ListIdentities(ctx, in)
			if err != nil {
				yield(types.IdentityDescription{}, fmt.Errorf("listing the identities of pool %s: %w", pool, err))
				return
			}
			for _, identity := range page.Identities {
				if !yield(identity, nil) {
					return
				}
			}
			if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
				return
			}
		}
	}
}

// developerUsers lists the users of the pool's developer provider who own an identity.
func (r region) developerUsers(ctx context.Context, pool, identity string) ([]string, error) {
	var all []string
	in := &cognitoidentity.LookupDeveloperIdentityInput{IdentityPoolId: &pool, IdentityId: &identity, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := r.cognito.LookupDeveloperIdentity(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.DeveloperUserIdentifierList...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return all, nil
		}
	}
}
