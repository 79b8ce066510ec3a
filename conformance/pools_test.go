package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

func (tr *tour) identityPools(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	created := ok(tr.cognito.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("All fields, + one"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true),
		SupportedLoginProviders:   map[string]string{"accounts.google.com": "1.apps.googleusercontent.com", "graph.facebook.com": "7346241598935552"},
		DeveloperProviderName:     aws.String("login.mycompany.dev"),
		OpenIdConnectProviderARNs: []string{tr.trustIssuer(t, o)},
		SamlProviderARNs:          []string{accountARN + ":saml-provider/corporate"},
		CognitoIdentityProviders:  []cognitotypes.CognitoIdentityProvider{{ProviderName: aws.String(conformance.UserPoolHost + "/us-east-1_abcDEF123"), ClientId: aws.String("client1"), ServerSideTokenCheck: aws.Bool(true)}},
		IdentityPoolTags:          map[string]string{"team": "x", "empty": ""},
	}))(t)
	pool := created.IdentityPoolId
	describe := func() *cognitoidentity.DescribeIdentityPoolOutput {
		t.Helper()
		return ok(tr.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: pool}))(t)
	}
	same(t, "DescribeIdentityPool after CreateIdentityPool", created, describe())
	updated := ok(tr.cognito.UpdateIdentityPool(ctx, &cognitoidentity.UpdateIdentityPoolInput{
		IdentityPoolId: pool, IdentityPoolName: aws.String("renamed"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: created.AllowClassicFlow,
		SupportedLoginProviders: created.SupportedLoginProviders, OpenIdConnectProviderARNs: created.OpenIdConnectProviderARNs, SamlProviderARNs: created.SamlProviderARNs,
		CognitoIdentityProviders: created.CognitoIdentityProviders, IdentityPoolTags: created.IdentityPoolTags,
	}))(t)
	created.IdentityPoolName = aws.String("renamed")
	same(t, "UpdateIdentityPool without DeveloperProviderName", created, updated)
	same(t, "DescribeIdentityPool after UpdateIdentityPool", created, describe())
	bare := ok(tr.cognito.UpdateIdentityPool(ctx, &cognitoidentity.UpdateIdentityPoolInput{IdentityPoolId: pool, IdentityPoolName: aws.String("bare")}))(t)
	same(t, "UpdateIdentityPool with nothing but a name", &cognitoidentity.UpdateIdentityPoolOutput{
		IdentityPoolId: pool, IdentityPoolName: aws.String("bare"), DeveloperProviderName: created.DeveloperProviderName,
	}, bare)

	refused(tr.cognito.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("no/slash")}))(t, "ValidationException",
		`1 validation error detected: Value 'no/slash' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+`)
	refused(tr.cognito.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("bad"), CognitoIdentityProviders: []cognitotypes.CognitoIdentityProvider{{ProviderName: aws.String("us-east-1_abcDEF123"), ClientId: aws.String("c")}},
	}))(t, "InvalidParameterException", "Invalid Cognito Identity Provider")

	id := ok(tr.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(tr.createPool(t, guests("short-lived")))}))(t).IdentityId
	tr.listPools(t)
	ok(tr.cognito.DeleteIdentityPool(ctx, &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: pool}))(t)
	refused(tr.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: pool}))(t,
		"ResourceNotFoundException", "IdentityPool '"+*pool+"' not found.")
	refused(tr.cognito.GetOpenIdToken(ctx, &cognitoidentity.GetOpenIdTokenInput{IdentityId: id}))(t, "ResourceNotFoundException", "Identity '"+*id+"' not found.")
}

// guests is a pool for guests only.
func guests(name string) *cognitoidentity.CreateIdentityPoolInput {
	return &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: &name, AllowUnauthenticatedIdentities: true}
}

// listPools lists all pools in pages of two, each pool once, and deletes them but for the first tour's.
func (tr *tour) listPools(t *testing.T) {
	want := map[string]string{}
	for i := range 5 {
		name := fmt.Sprintf("listed %d", i)
		want[tr.createPool(t, guests(name))] = name
	}
	got := map[string]string{}
	pages := cognitoidentity.NewListIdentityPoolsPaginator(tr.cognito, &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, pool := range ok(pages.NextPage(t.Context()))(t).IdentityPools {
			if _, twice := got[*pool.IdentityPoolId]; twice {
				t.Errorf("pool %s is listed twice", *pool.IdentityPoolId)
			}
			got[*pool.IdentityPoolId] = *pool.IdentityPoolName
		}
	}
	for id, name := range want {
		if got[id] != name {
			t.Errorf("pool %s is listed as %q, want %q", id, got[id], name)
		}
	}
	for id, name := range got {
		if name == "bare" {
			continue
		}
		ok(tr.cognito.DeleteIdentityPool(t.Context(), &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &id}))(t)
	}
}

func (tr *tour) identityPoolRoles(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	provider := accountARN + ":oidc-provider/" + o.Name()
	in := guests("with roles")
	in.OpenIdConnectProviderARNs = []string{provider}
	pool := aws.String(tr.createPool(t, in))
	guest, member := tr.createRole(t, "guest", poolTrust(*pool, "unauthenticated")), tr.createRole(t, "member", poolTrust(*pool, "authenticated"))
	want := &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: pool, Roles: map[string]string{"authenticated": member, "unauthenticated": guest},
		RoleMappings: map[string]cognitotypes.RoleMapping{provider: {
			Type: cognitotypes.RoleMappingTypeRules, AmbiguousRoleResolution: cognitotypes.AmbiguousRoleResolutionTypeDeny,
			RulesConfiguration: &cognitotypes.RulesConfigurationType{Rules: []cognitotypes.MappingRule{
				{Claim: aws.String("email"), MatchType: cognitotypes.MappingRuleMatchTypeStartsWith, Value: aws.String("admin@"), RoleARN: &member},
				{Claim: aws.String("sub"), MatchType: cognitotypes.MappingRuleMatchTypeNotEqual, Value: aws.String("mallory"), RoleARN: &guest},
			}},
		}},
	}
	ok(tr.cognito.SetIdentityPoolRoles(ctx, want))(t)
	get := func() *cognitoidentity.GetIdentityPoolRolesOutput {
		t.Helper()
		return ok(tr.cognito.GetIdentityPoolRoles(ctx, &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: pool}))(t)
	}
	same(t, "GetIdentityPoolRoles", want, get())
	ok(tr.cognito.UpdateIdentityPool(ctx, &cognitoidentity.UpdateIdentityPoolInput{IdentityPoolId: pool, IdentityPoolName: aws.String("renamed"), OpenIdConnectProviderARNs: []string{provider}}))(t)
	same(t, "GetIdentityPoolRoles after UpdateIdentityPool", want, get())
	want.RoleMappings["nobody"] = want.RoleMappings[provider]
	refused(tr.cognito.SetIdentityPoolRoles(ctx, want))(t, "InvalidParameterException", "(nobody) is not a valid RoleMapping ProviderName or is not a configured provider.")
	ok(tr.cognito.SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{}}))(t)
	if cleared := get(); len(cleared.Roles) != 0 || len(cleared.RoleMappings) != 0 {
		t.Errorf("after clearing the roles are %v, the mappings %v", cleared.Roles, cleared.RoleMappings)
	}
}

// sourceIdentity assumes a role with a provider's token that carries a source identity and a session tag.
func (tr *tour) sourceIdentity(t *testing.T, o *conformance.OIDC) {
	role := tr.createRole(t, "audit", document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": accountARN + ":oidc-provider/" + o.Name()},
		"Action": []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"},
		"Condition": map[string]any{"StringEquals": map[string]string{
			o.Name() + ":aud": conformance.ClientApp, "sts:SourceIdentity": "auditor", "aws:RequestTag/team": "audit",
		}},
	}))
	token := o.SignIn(t, conformance.ClientApp, "auditor").ID
	out := ok(tr.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: aws.String("audit"), WebIdentityToken: &token}))(t)
	if aws.ToString(out.SourceIdentity) != "auditor" {
		t.Errorf("source identity %q", aws.ToString(out.SourceIdentity))
	}
	strict := tr.createRole(t, "no-tags", trust(map[string]any{"StringEquals": map[string]string{o.Name() + ":aud": conformance.ClientApp}},
		map[string]string{"Federated": accountARN + ":oidc-provider/" + o.Name()}))
	refused(tr.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{RoleArn: &strict, RoleSessionName: aws.String("audit"), WebIdentityToken: &token}))(t,
		"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
}

// identities goes the public way: an id, a token, credentials, a role.
func (tr *tour) identities(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	pools := ok(tr.cognito.ListIdentityPools(ctx, &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)}))(t).IdentityPools
	var pool string
	for _, p := range pools {
		if *p.IdentityPoolName == "renamed" {
			pool = *p.IdentityPoolId
		}
	}
	guest, member := accountARN+":role/guest", accountARN+":role/member"
	tr.setRoles(t, pool, guest, member)
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	id := ok(tr.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &pool, Logins: alice}))(t).IdentityId
	credentials := ok(tr.cognito.GetCredentialsForIdentity(ctx, &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id, Logins: alice}))(t).Credentials
	if life := time.Until(*credentials.Expiration); life < 59*time.Minute || life > 61*time.Minute {
		t.Errorf("credentials live for %s", life)
	}
	token := ok(tr.cognito.GetOpenIdToken(ctx, &cognitoidentity.GetOpenIdTokenInput{IdentityId: id, Logins: alice}))(t).Token
	out := ok(tr.sts.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &member, RoleSessionName: aws.String("short"), WebIdentityToken: token, DurationSeconds: aws.Int32(900), Policy: aws.String(allow("s3:*", "*")),
	}))(t)
	if life := time.Until(*out.Credentials.Expiration); life < 14*time.Minute || life > 16*time.Minute {
		t.Errorf("credentials for 900 seconds live for %s", life)
	}
	refused(tr.sts.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &member, RoleSessionName: aws.String("long"), WebIdentityToken: token, DurationSeconds: aws.Int32(43200),
	}))(t, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	if diff := cmp.Diff([]string{pool, *id}, []string{*out.Audience, *out.SubjectFromWebIdentityToken}); diff != "" {
		t.Errorf("audience and subject (-want +got):\n%s", diff)
	}
}

func poolARN(pool string) string {
	return "arn:aws:cognito-identity:" + conformance.Region + ":" + conformance.Account + ":identitypool/" + pool
}

// poolTags tags a pool.
func (tr *tour) poolTags(t *testing.T) {
	ctx := t.Context()
	in := guests("tagged")
	in.IdentityPoolTags = map[string]string{"team": "x"}
	pool := tr.createPool(t, in)
	name := aws.String(poolARN(pool))
	ok(tr.cognito.TagResource(ctx, &cognitoidentity.TagResourceInput{ResourceArn: name, Tags: map[string]string{"team": "y", "cost": "7", "zone": ""}}))(t)
	ok(tr.cognito.UntagResource(ctx, &cognitoidentity.UntagResourceInput{ResourceArn: name, TagKeys: []string{"zone", "absent"}}))(t)
	want := map[string]string{"team": "y", "cost": "7"}
	same(t, "ListTagsForResource", want, ok(tr.cognito.ListTagsForResource(ctx, &cognitoidentity.ListTagsForResourceInput{ResourceArn: name}))(t).Tags)
	same(t, "DescribeIdentityPool", want, ok(tr.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &pool}))(t).IdentityPoolTags)
}
