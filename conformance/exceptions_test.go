package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

const (
	notFound = "ResourceNotFoundException"
	conflict = "ResourceConflictException"
	limit    = "LimitExceededException"
	external = "ExternalServiceException"

	// nothing is the id of a pool or of an identity that does not exist.
	nothing = conformance.Region + ":00000000-0000-4000-8000-000000000000"
)

// exception is a call that is refused in a way that AWS's model names.
type exception struct {
	operation, name, message string
	input                    map[string]any
}

// TestEveryException provokes every error that AWS's model names for an operation of Cognito, or has a reason why it
// cannot be provoked.
func TestEveryException(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	reasons := neverProvoked()
	missing := map[string]bool{}
	for operation, errors := range conformance.CognitoErrors(t) {
		for _, name := range errors {
			if reasons["*:"+name] == "" {
				missing[operation+":"+name] = true
			}
		}
	}
	for _, e := range slices.Concat(c.dataExceptions(), c.developerExceptions(), c.administrationExceptions()) {
		key := e.operation + ":" + e.name
		delete(missing, key)
		if reason := reasons[key]; reason != "" {
			t.Errorf("%s is provoked, though it is on the list: %s", key, reason)
		}
		t.Run(key, func(t *testing.T) {
			_, err := do[struct{}](t, c.world, conformance.GoSDK{}, "cognito-identity:"+e.operation, e.input, c.Root)
			wantFault(t, conformance.GoSDK{}, err, e.name, e.message, e.name)
		})
	}
	for key := range reasons {
		if !strings.HasPrefix(key, "*:") && !missing[key] {
			t.Errorf("%s is on the list, but the model does not name it", key)
		}
		delete(missing, key)
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("%s is never provoked", key)
	}
}

// neverProvoked are the errors of AWS's model that the server does not answer, with the reason. A star is every
// operation.
func neverProvoked() map[string]string {
	const (
		malformed = "all that can be wrong with the input is its form, which is a ValidationException that no model names"
		denied    = "who may not call it gets an AccessDeniedException, which no model names"
		unclear   = "AWS does not say what could be in conflict"
	)
	reasons := map[string]string{
		"*:TooManyRequestsException":        "there are no rates yet",
		"*:InternalErrorException":          "only a broken disk or database would be one",
		"*:ConcurrentModificationException": "a change of a pool is one transaction, which nobody can come in between",

		"CreateIdentityPool:" + conflict:           unclear,
		"UpdateIdentityPool:" + conflict:           unclear,
		"SetIdentityPoolRoles:" + conflict:         unclear,
		"GetIdentityPoolRoles:" + conflict:         unclear,
		"GetId:" + conflict:                        "GetId links nothing to an identity that exists",
		"GetId:" + limit:                           "identities are unlimited",
		"ListIdentityPools:" + notFound:            "it names nothing that could be missing",
		"LookupDeveloperIdentity:" + notAuthorized: denied,
	}
	for _, operation := range []string{
		"DeleteIdentities", "DeleteIdentityPool", "DescribeIdentity", "DescribeIdentityPool", "GetIdentityPoolRoles", "GetPrincipalTagAttributeMap",
		"MergeDeveloperIdentities", "UnlinkDeveloperIdentity",
	} {
		reasons[operation+":"+invalidParameter] = malformed
	}
	for _, operation := range []string{
		"CreateIdentityPool", "UpdateIdentityPool", "DeleteIdentityPool", "DescribeIdentity", "DescribeIdentityPool", "GetIdentityPoolRoles",
		"GetPrincipalTagAttributeMap", "SetPrincipalTagAttributeMap", "ListIdentities", "ListIdentityPools", "ListTagsForResource", "TagResource", "UntagResource",
	} {
		reasons[operation+":"+notAuthorized] = denied
	}
	return reasons
}

// crowd is a world with a pool without roles, and with users of all kinds in it.
type crowd struct {
	*world
	one, two  string // names of the pool's public providers
	alice     logins // at both
	bob       logins // at the first
	stranded  logins // at a provider that does not answer
	ann, ben  string // identities: the developer's ann with alice's logins, the developer's ben with bob's
	annsToken string
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	var all []*conformance.OIDC
	for _, host := range []string{"one", "two", "down"} {
		all = append(all, conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://" + host + ".example.test"}))
	}
	one, two, down := all[0], all[1], all[2]
	c := &crowd{world: newWorld(t, providers{oidc: all}), one: one.Name(), two: two.Name()}
	in := guests("crowd")
	in.DeveloperProviderName = aws.String(company)
	for _, o := range all {
		in.OpenIdConnectProviderARNs = append(in.OpenIdConnectProviderARNs, providerARN(o))
	}
	c.pool = c.createPool(t, in)
	c.alice = logins{c.one: one.SignIn(t, conformance.ClientApp, "alice").ID, c.two: two.SignIn(t, conformance.ClientApp, "alice").ID}
	c.bob = logins{c.one: one.SignIn(t, conformance.ClientApp, "bob").ID}
	c.stranded = logins{down.Name(): down.SignIn(t, conformance.ClientApp, "carol").ID}
	down.Stop()
	vouch := func(user string, public logins) (id, token string) {
		public = maps.Clone(public)
		public[company] = user
		out := ok(c.cognito.GetOpenIdTokenForDeveloperIdentity(t.Context(), &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: &c.pool, Logins: public}))(t)
		return *out.IdentityId, *out.Token
	}
	c.ann, c.annsToken = vouch("ann", c.alice)
	c.ben, _ = vouch("ben", c.bob)
	return c
}

// input is members of a request, given as names and values in turn.
func input(members ...any) map[string]any {
	in := map[string]any{}
	for i := 0; i < len(members); i += 2 {
		in[members[i].(string)] = members[i+1]
	}
	return in
}

// dataExceptions are those of the operations that anybody may call.
func (c *crowd) dataExceptions() []exception {
	mixed := logins{c.one: c.bob[c.one], c.two: c.alice[c.two]}
	twice := logins{c.one: c.bob[c.one], c.one + "/": c.bob[c.one]}
	differs := "Identity '" + c.ann + "' already has a different login of provider " + c.one + "."
	doubled := "Logins has more than one token of " + c.one + "."
	down := "The identity provider down.example.test is not responding."
	mismatch := "Logins don't match. Please include at least one valid login for this identity or identity pool."
	gone := "Identity '" + nothing + "' not found."
	token := logins{poolIssuer: c.annsToken, c.one: c.alice[c.one]}
	return []exception{
		{"GetId", invalidParameter, doubled, input("IdentityPoolId", c.pool, "Logins", twice)},
		{"GetId", notFound, "IdentityPool '" + nothing + "' not found.", input("IdentityPoolId", nothing)},
		{"GetId", notAuthorized, "Invalid login token. Can't pass in a Cognito token.", input("IdentityPoolId", c.pool, "Logins", logins{poolIssuer: c.annsToken})},
		{"GetId", external, down, input("IdentityPoolId", c.pool, "Logins", c.stranded)},

		{"GetOpenIdToken", invalidParameter, doubled, input("IdentityId", c.ben, "Logins", twice)},
		{"GetOpenIdToken", notFound, gone, input("IdentityId", nothing)},
		{"GetOpenIdToken", notAuthorized, mismatch, input("IdentityId", c.ann, "Logins", c.bob)},
		{"GetOpenIdToken", conflict, differs, input("IdentityId", c.ann, "Logins", mixed)},
		{"GetOpenIdToken", external, down, input("IdentityId", c.ann, "Logins", c.stranded)},

		{"GetCredentialsForIdentity", invalidParameter, "A token of " + poolIssuer + " cannot be combined with other logins.", input("IdentityId", c.ann, "Logins", token)},
		{"GetCredentialsForIdentity", notFound, gone, input("IdentityId", nothing)},
		{"GetCredentialsForIdentity", notAuthorized, "Access to Identity '" + c.ann + "' is forbidden.", input("IdentityId", c.ann)},
		{"GetCredentialsForIdentity", conflict, differs, input("IdentityId", c.ann, "Logins", mixed)},
		{"GetCredentialsForIdentity", external, down, input("IdentityId", c.ann, "Logins", c.stranded)},
		{"GetCredentialsForIdentity", badConfiguration, badConfigMessage, input("IdentityId", c.ann, "Logins", c.alice)},

		{"UnlinkIdentity", invalidParameter, doubled, input("IdentityId", c.ben, "Logins", twice, "LoginsToRemove", []string{c.one})},
		{"UnlinkIdentity", notFound, gone, input("IdentityId", nothing, "Logins", c.bob, "LoginsToRemove", []string{c.one})},
		{"UnlinkIdentity", notAuthorized, mismatch, input("IdentityId", c.ann, "Logins", c.bob, "LoginsToRemove", []string{c.one})},
		{"UnlinkIdentity", conflict, "Identity '" + c.ben + "' has no such login of provider " + c.two + ".", input("IdentityId", c.ben, "Logins", c.bob, "LoginsToRemove", []string{c.two})},
		{"UnlinkIdentity", external, down, input("IdentityId", c.ann, "Logins", c.stranded, "LoginsToRemove", []string{c.one})},
	}
}

// developerExceptions are those of the operations for developers' users.
func (c *crowd) developerExceptions() []exception {
	unsupported := "This identity pool does not support the specified developer provider"
	gone := "IdentityPool '" + nothing + "' not found."
	token := func(identityPool string, l logins, members ...any) map[string]any {
		return input(append(members, "IdentityPoolId", identityPool, "Logins", l)...)
	}
	merge := func(identityPool, provider, from, to string) map[string]any {
		return input("IdentityPoolId", identityPool, "DeveloperProviderName", provider, "SourceUserIdentifier", from, "DestinationUserIdentifier", to)
	}
	unlink := func(identityPool, provider string) map[string]any {
		return input("IdentityPoolId", identityPool, "DeveloperProviderName", provider, "IdentityId", c.ann, "DeveloperUserIdentifier", "ben")
	}
	return []exception{
		{"GetOpenIdTokenForDeveloperIdentity", invalidParameter, "Tag keys must not begin with aws:, as aws:dept does.", token(c.pool, logins{company: "ann"}, "PrincipalTags", map[string]string{"aws:dept": "x"})},
		{"GetOpenIdTokenForDeveloperIdentity", notFound, gone, token(nothing, logins{company: "ann"})},
		{"GetOpenIdTokenForDeveloperIdentity", notAuthorized, unsupported, token(c.pool, logins{"login.other.dev": "ann"})},
		{"GetOpenIdTokenForDeveloperIdentity", conflict, "Identity '" + c.ann + "' already has a different login of provider " + c.one + ".", token(c.pool, logins{company: "ann", c.one: c.bob[c.one]})},
		{"GetOpenIdTokenForDeveloperIdentity", "DeveloperUserAlreadyRegisteredException", "The developer user identifier is already registered under a different identity.", token(c.pool, logins{company: "ann"}, "IdentityId", c.ben)},

		{"LookupDeveloperIdentity", invalidParameter, "Either IdentityId or DeveloperUserIdentifier must be given.", input("IdentityPoolId", c.pool)},
		{"LookupDeveloperIdentity", notFound, "Developer user not found.", input("IdentityPoolId", c.pool, "DeveloperUserIdentifier", "Ann")},
		{"LookupDeveloperIdentity", conflict, "The developer user identifier is not one of identity '" + c.ben + "'.", input("IdentityPoolId", c.pool, "DeveloperUserIdentifier", "ann", "IdentityId", c.ben)},

		{"MergeDeveloperIdentities", notFound, "Developer user not found.", merge(c.pool, company, "ann", "nobody")},
		{"MergeDeveloperIdentities", notAuthorized, unsupported, merge(c.pool, "login.other.dev", "ann", "ben")},
		{"MergeDeveloperIdentities", conflict, "Identity '" + c.ben + "' already has a different login of provider " + c.one + ".", merge(c.pool, company, "ann", "ben")},

		{"UnlinkDeveloperIdentity", notFound, gone, unlink(nothing, company)},
		{"UnlinkDeveloperIdentity", notAuthorized, unsupported, unlink(c.pool, "login.other.dev")},
		{"UnlinkDeveloperIdentity", conflict, "Identity '" + c.ann + "' has no such login of provider " + company + ".", unlink(c.pool, company)},
	}
}

// administrationExceptions are those of the operations on pools, roles, tags and identities.
func (c *crowd) administrationExceptions() []exception {
	gone := "IdentityPool '" + nothing + "' not found."
	settings := func(members ...any) map[string]any {
		return input(append([]any{"IdentityPoolName", "crowd", "AllowUnauthenticatedIdentities", true}, members...)...)
	}
	clients := make([]any, 51)
	for i := range clients {
		clients[i] = map[string]string{"ProviderName": conformance.UserPoolHost + "/us-east-1_abc", "ClientId": fmt.Sprint(i)}
	}
	tooMany := "An identity pool takes at most 50 Cognito identity providers."
	roles := func(identityPool, role string) map[string]any {
		return input("IdentityPoolId", identityPool, "Roles", map[string]string{"authenticated": role})
	}
	mapping := map[string]any{"nobody": map[string]string{"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
	tags := map[string]string{"a": "b"}
	notARN := "a-pool-that-has-no-arn is not the ARN of an identity pool of this account and region."
	all := []exception{
		{"CreateIdentityPool", invalidParameter, "Invalid Cognito Identity Provider", settings("CognitoIdentityProviders", []any{map[string]string{"ProviderName": "us-east-1_abc", "ClientId": "a"}})},
		{"CreateIdentityPool", limit, tooMany, settings("CognitoIdentityProviders", clients)},
		{"UpdateIdentityPool", invalidParameter, "The developer provider name of an identity pool cannot be changed.", settings("IdentityPoolId", c.pool, "DeveloperProviderName", "login.other.dev")},
		{"UpdateIdentityPool", notFound, gone, settings("IdentityPoolId", nothing)},
		{"UpdateIdentityPool", limit, tooMany, settings("IdentityPoolId", c.pool, "CognitoIdentityProviders", clients)},
		{"SetIdentityPoolRoles", invalidParameter, "(nobody) is not a valid RoleMapping ProviderName or is not a configured provider.", input("IdentityPoolId", c.pool, "Roles", map[string]string{}, "RoleMappings", mapping)},
		{"SetIdentityPoolRoles", notFound, gone, roles(nothing, c.memberRole)},
		{"SetIdentityPoolRoles", notAuthorized, "Access to Role 'arn:aws:iam::999999999999:role/member' is forbidden.", roles(c.pool, "arn:aws:iam::999999999999:role/member")},
		{"SetPrincipalTagAttributeMap", invalidParameter, "nobody is not a configured provider of this identity pool.", input("IdentityPoolId", c.pool, "IdentityProviderName", "nobody")},
		{"SetPrincipalTagAttributeMap", notFound, gone, input("IdentityPoolId", nothing, "IdentityProviderName", "nobody")},
		{"GetPrincipalTagAttributeMap", notFound, "Provider 'nobody' has no attribute map.", input("IdentityPoolId", c.pool, "IdentityProviderName", "nobody")},
		{"ListIdentities", invalidParameter, "Invalid NextToken.", input("IdentityPoolId", c.pool, "MaxResults", 1, "NextToken", "nonsense")},
		{"ListIdentities", notFound, gone, input("IdentityPoolId", nothing, "MaxResults", 1)},
		{"ListIdentityPools", invalidParameter, "Invalid NextToken.", input("MaxResults", 1, "NextToken", "nonsense")},
		{"DescribeIdentity", notFound, "Identity '" + nothing + "' not found.", input("IdentityId", nothing)},
	}
	for _, operation := range []string{"DescribeIdentityPool", "DeleteIdentityPool", "GetIdentityPoolRoles"} {
		all = append(all, exception{operation, notFound, gone, input("IdentityPoolId", nothing)})
	}
	for operation, more := range map[string][]any{"TagResource": {"Tags", tags}, "UntagResource": {"TagKeys", []string{"a"}}, "ListTagsForResource": nil} {
		all = append(all,
			exception{operation, invalidParameter, notARN, input(append(more, "ResourceArn", "a-pool-that-has-no-arn")...)},
			exception{operation, notFound, gone, input(append(more, "ResourceArn", poolARN(nothing))...)})
	}
	return all
}
