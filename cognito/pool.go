package cognito

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// Pool is an identity pool: which logins it takes, and what it gives for them.
type Pool struct {
	ID      string // REGION:UUID
	Region  string
	Account string
	PoolSettings

	Roles        map[string]string      // "authenticated", "unauthenticated" to role ARN
	RoleMappings map[string]RoleMapping // by provider

	// PrincipalTags are the attributes for access control, by provider.
	PrincipalTags map[string]AttributeMap

	Created time.Time
}

// PoolSettings are what CreateIdentityPool takes and UpdateIdentityPool replaces.
type PoolSettings struct {
	Name                     string            `aws:"IdentityPoolName" check:"required;len=1-128;pattern=[\\w\\s+=,.@-]+"`
	AllowUnauthenticated     bool              `aws:"AllowUnauthenticatedIdentities" check:"required"`
	AllowClassicFlow         *bool             `aws:"AllowClassicFlow"` // nil allows, as true does, but is not shown
	SupportedLoginProviders  map[string]string `aws:"SupportedLoginProviders" check:"len=-10" key:"len=1-128" each:"secret;len=1-128;pattern=[\\w.;_/-]+"`
	DeveloperProviderName    string            `aws:"DeveloperProviderName" check:"len=1-128;pattern=[\\w._-]+"`
	OpenIDConnectProviders   []string          `aws:"OpenIdConnectProviderARNs" each:"len=20-2048"`
	CognitoIdentityProviders []UserPoolClient  `aws:"CognitoIdentityProviders"`
	SAMLProviders            []string          `aws:"SamlProviderARNs" each:"len=20-2048"`
	Tags                     map[string]string `aws:"IdentityPoolTags" key:"len=1-128" each:"len=-256"`
}

// UserPoolClient is an app client of a user pool whose ID tokens a pool takes.
type UserPoolClient struct {
	ProviderName         string `aws:"ProviderName" check:"len=1-128;pattern=[\\w._:/-]+"`
	ClientID             string `aws:"ClientId" check:"len=1-128;pattern=[\\w_]+"`
	ServerSideTokenCheck *bool  `aws:"ServerSideTokenCheck"`
}

// ARN returns the pool's name in policies.
func (p Pool) ARN() arn.ARN { return arn.IdentityPool(p.Region, p.Account, p.ID) }

// EntityName returns the key under which a Table keeps the pool.
func (p Pool) EntityName() string { return p.ID }

// EntityAliases returns nothing: a pool has no second name.
func (p Pool) EntityAliases() []string { return nil }

// hasProviders reports whether the pool takes any login at all.
func (p Pool) hasProviders() bool {
	return len(p.SupportedLoginProviders)+len(p.OpenIDConnectProviders)+
		len(p.CognitoIdentityProviders)+len(p.SAMLProviders) > 0 || p.DeveloperProviderName != ""
}

// normalized is the settings as they are kept: what was sent empty counts as not
// sent.
func (s PoolSettings) normalized() PoolSettings {
	if len(s.SupportedLoginProviders) == 0 {
		s.SupportedLoginProviders = nil
	}
	if len(s.OpenIDConnectProviders) == 0 {
		s.OpenIDConnectProviders = nil
	}
	if len(s.CognitoIdentityProviders) == 0 {
		s.CognitoIdentityProviders = nil
	}
	if len(s.SAMLProviders) == 0 {
		s.SAMLProviders = nil
	}
	if len(s.Tags) == 0 {
		s.Tags = nil
	}
	return s
}

const (
	maxTags      = 50
	maxUserPools = 50
)

// check refuses what the constraints of single members cannot say.
func (s PoolSettings) check(account string) *fault.Error {
	for _, name := range slices.Sorted(maps.Keys(s.SupportedLoginProviders)) {
		if !isSocial(name) {
			return invalidParameter("%s is not a supported login provider.", name)
		}
	}
	if len(s.CognitoIdentityProviders) > maxUserPools {
		return limitExceeded("An identity pool takes at most %d Cognito identity providers.", maxUserPools)
	}
	for _, p := range s.CognitoIdentityProviders {
		if !isUserPool(p.ProviderName) || p.ClientID == "" {
			return invalidParameter("Invalid Cognito Identity Provider")
		}
	}
	for _, name := range s.OpenIDConnectProviders {
		if !isProviderARN(name, account, "oidc-provider/") {
			return invalidParameter("%s is not the ARN of an OpenID Connect provider of this account.", name)
		}
	}
	for _, name := range s.SAMLProviders {
		if !isProviderARN(name, account, "saml-provider/") {
			return invalidParameter("%s is not the ARN of a SAML provider of this account.", name)
		}
	}
	return checkTags(s.Tags)
}

// checkDeveloper refuses a developer provider with the name of a public one, whose users
// the developer's word would then make.
func (s PoolSettings) checkDeveloper() *fault.Error {
	name := s.DeveloperProviderName
	if name == "" {
		return nil
	}
	public := isSocial(name) || name == sts.CognitoIdentity
	for _, arn := range s.OpenIDConnectProviders {
		public = public || sameProvider(oidcHost(arn), name)
	}
	if public {
		return invalidParameter("%s is the name of a public provider, not of a developer provider.", name)
	}
	return nil
}

func checkTags(tags map[string]string) *fault.Error {
	if len(tags) > maxTags {
		return invalidParameter("An identity pool has at most %d tags.", maxTags)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalidParameter("Tag keys must not begin with aws:, as %s does.", key)
		}
		if strings.ContainsFunc(key+tags[key], notInTag) {
			return invalidParameter("Tags hold letters, digits, white space and _.:/=+-@ only.")
		}
	}
	return nil
}

func notInTag(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune("_.:/=+-@", r)
}

func isProviderARN(name, account, kind string) bool {
	a, err := arn.Parse(name)
	return err == nil && a.Service == "iam" && a.Account == account &&
		strings.HasPrefix(a.Resource, kind) && len(a.Resource) > len(kind)
}

// oidcHost returns the issuer, without scheme, that an OpenID Connect provider's
// ARN names.
func oidcHost(providerARN string) string {
	_, host, _ := strings.Cut(providerARN, ":oidc-provider/")
	return host
}

// isUserPool reports whether name is that of a Cognito user pool:
// cognito-idp.REGION.amazonaws.com/POOL.
func isUserPool(name string) bool {
	host, pool, _ := strings.Cut(name, "/")
	region, ok := strings.CutPrefix(host, "cognito-idp.")
	region = strings.TrimSuffix(region, ".cn")
	region, suffix := strings.CutSuffix(region, ".amazonaws.com")
	return ok && suffix && region != "" && !strings.Contains(region, ".") && pool != "" && !strings.Contains(pool, "/")
}

// poolInput is an input that names a pool.
type poolInput struct {
	IdentityPoolID string `aws:"IdentityPoolId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
}

// Resource returns the pool's ARN, for authorization.
func (in poolInput) Resource(c iam.Caller) string {
	return arn.IdentityPool(c.Region, c.Account, in.IdentityPoolID).String()
}
