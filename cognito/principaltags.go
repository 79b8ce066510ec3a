package cognito

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
)

// maxTagBytes is how long all tags of a session are together, keys and values
// ("Using attributes for access control").
const maxTagBytes = 460

// AttributeMap says which claims of a provider's tokens become principal tags.
type AttributeMap struct {
	UseDefaults   bool              // username and client, whatever PrincipalTags says
	PrincipalTags map[string]string // tag to claim
}

// SetPrincipalTagAttributeMapInput is the request of SetPrincipalTagAttributeMap. AWS
// authorizes it on no resource in particular.
type SetPrincipalTagAttributeMapInput struct {
	IdentityPoolID       string            `aws:"IdentityPoolId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	IdentityProviderName string            `aws:"IdentityProviderName" check:"required;len=1-128"`
	UseDefaults          bool              `aws:"UseDefaults"`
	PrincipalTags        map[string]string `aws:"PrincipalTags" check:"len=-50" key:"len=1-128" each:"len=1-256"`
}

// PrincipalTagAttributeMap is the answer of SetPrincipalTagAttributeMap and of
// GetPrincipalTagAttributeMap.
type PrincipalTagAttributeMap struct {
	IdentityPoolID       string            `aws:"IdentityPoolId"`
	IdentityProviderName string            `aws:"IdentityProviderName"`
	UseDefaults          bool              `aws:"UseDefaults"`
	PrincipalTags        map[string]string `aws:"PrincipalTags"`
}

// GetPrincipalTagAttributeMapInput is the request of GetPrincipalTagAttributeMap.
type GetPrincipalTagAttributeMapInput struct {
	poolInput
	IdentityProviderName string `aws:"IdentityProviderName" check:"required;len=1-128"`
}

// SetPrincipalTagAttributeMap replaces the attribute map of one provider of a pool.
func (s *Service) SetPrincipalTagAttributeMap(ctx context.Context, caller iam.Caller, in *SetPrincipalTagAttributeMapInput) (*PrincipalTagAttributeMap, error) {
	if refusal := checkTagKeys(in.PrincipalTags); refusal != nil {
		return nil, refusal
	}
	m := AttributeMap{UseDefaults: in.UseDefaults, PrincipalTags: in.PrincipalTags}
	err := s.change(ctx, caller.Region, in.IdentityPoolID, func(p *Pool) error {
		if !p.takesAttributes(in.IdentityProviderName) {
			return invalidParameter("%s is not a configured provider of this identity pool.", in.IdentityProviderName)
		}
		if p.PrincipalTags == nil {
			p.PrincipalTags = map[string]AttributeMap{}
		}
		p.PrincipalTags[in.IdentityProviderName] = m
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m.show(in.IdentityPoolID, in.IdentityProviderName), nil
}

// GetPrincipalTagAttributeMap shows the attribute map of a provider that has one.
func (s *Service) GetPrincipalTagAttributeMap(ctx context.Context, caller iam.Caller, in *GetPrincipalTagAttributeMapInput) (*PrincipalTagAttributeMap, error) {
	pool, err := s.pool(ctx, caller.Region, in.IdentityPoolID)
	if err != nil {
		return nil, err
	}
	m, ok := pool.PrincipalTags[in.IdentityProviderName]
	if !ok {
		return nil, attributesNotFound(in.IdentityProviderName)
	}
	return m.show(pool.ID, in.IdentityProviderName), nil
}

// dropAttributes removes the attribute maps of providers that the pool does not take, so
// that one which comes back later gives nobody the tags of a forgotten map.
func (p *Pool) dropAttributes() {
	maps.DeleteFunc(p.PrincipalTags, func(provider string, _ AttributeMap) bool { return !p.takesAttributes(provider) })
}

func (m AttributeMap) show(pool, provider string) *PrincipalTagAttributeMap {
	return &PrincipalTagAttributeMap{pool, provider, m.UseDefaults, m.PrincipalTags}
}

// takesAttributes reports whether name is a key for attribute maps: a user pool without
// its client, a social domain, or the ARN of a provider.
func (p Pool) takesAttributes(name string) bool {
	if _, ok := p.SupportedLoginProviders[name]; ok {
		return true
	}
	return slices.Contains(p.OpenIDConnectProviders, name) || slices.Contains(p.SAMLProviders, name) || len(p.clientsOf(name)) > 0
}

// principalTags are the session tags of a user: what the attribute maps of the logins'
// providers make of the claims. A claim that the token does not have, or that has
// several values, makes no tag. Of two logins with a tag of one name, the first counts.
func (p Pool) principalTags(proofs []proof) (map[string]string, *fault.Error) {
	tags, seen := map[string]string{}, map[string]bool{}
	for _, proof := range proofs {
		for key, value := range p.PrincipalTags[proof.tagging].tags(proof) {
			if low := strings.ToLower(key); !seen[low] {
				tags[key], seen[low] = value, true
			}
		}
	}
	return tags, checkTagSize(tags)
}

func (m AttributeMap) tags(p proof) map[string]string {
	if m.UseDefaults && p.defaults != nil {
		return p.defaults
	}
	if m.UseDefaults {
		return map[string]string{"username": p.Subject, "client": p.client}
	}
	tags := map[string]string{}
	for key, claim := range m.PrincipalTags {
		if values := texts(p.attribute(claim)); len(values) == 1 {
			tags[key] = values[0]
		}
	}
	return tags
}

// attribute is a claim, or what Amazon calls one: user_id is for tags only.
func (p proof) attribute(claim string) any {
	if p.Provider == providerAmazon && claim == "user_id" {
		return p.Subject
	}
	return p.claims[claim]
}

// checkTagKeys refuses what STS would refuse at every sign-in.
func checkTagKeys(tags map[string]string) *fault.Error {
	seen := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		low := strings.ToLower(key)
		switch {
		case strings.HasPrefix(low, "aws:"):
			return invalidParameter("Tag keys must not begin with aws:, as %s does.", key)
		case strings.ContainsFunc(key, notInTag):
			return invalidParameter("Tags hold letters, digits, white space and _.:/=+-@ only.")
		case seen[low]:
			return invalidParameter("Tag keys must differ in more than their case, unlike %s.", key)
		}
		seen[low] = true
	}
	return nil
}

func checkTagSize(tags map[string]string) *fault.Error {
	size := 0
	for key, value := range tags {
		size += len(key) + len(value)
	}
	if size > maxTagBytes {
		return invalidParameter("The principal tags have %d bytes together, more than %d.", size, maxTagBytes)
	}
	return nil
}
