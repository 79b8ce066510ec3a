package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/cenotehq/cenote/conformance"
)

// TestTerraform makes, for each resource of Terraform's AWS provider, the calls that the provider makes to create,
// read, update and destroy it, and reads what was written each time. The provider itself is not run.
func TestTerraform(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	// What the provider asks before anything else.
	if got := w.caller(t, conformance.GoSDK{}, w.Root); got != accountARN+":root" {
		t.Fatalf("caller is %s", got)
	}
	t.Run("aws_iam_policy", w.terraformPolicy)
	t.Run("aws_iam_role", w.terraformRole)
	t.Run("aws_iam_role_policy_attachment", w.terraformAttachment)
	t.Run("aws_iam_openid_connect_provider", w.terraformProvider)
	t.Run("aws_iam_saml_provider", w.terraformSAML)
	t.Run("aws_cognito_identity_pool", w.terraformPool)
	t.Run("aws_cognito_identity_pool_roles_attachment", w.terraformPoolRoles)
	t.Run("aws_cognito_identity_pool_provider_principal_tag", w.terraformPrincipalTags)
}

func (w *world) terraformPolicy(t *testing.T) {
	ctx := t.Context()
	text := allow("s3:GetObject", "arn:aws:s3:::bucket/a b+c%d/é")
	created := ok(w.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("tf"), Path: aws.String("/"), Description: aws.String(""), PolicyDocument: &text, Tags: tagsOf("team", "x")}))(t).Policy
	read := func(want string) *iamtypes.Policy {
		t.Helper()
		p := ok(w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: created.Arn}))(t).Policy
		version := ok(w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: created.Arn, VersionId: p.DefaultVersionId}))(t).PolicyVersion
		wantDocument(t, "default version", want, version.Document)
		return p
	}
	same(t, "read after create", created, read(text))

	text = allow("s3:*", "*")
	for range 6 { // more updates than there may be versions
		w.terraformNewVersion(t, created.Arn, text)
		read(text)
	}
	if id := *read(text).DefaultVersionId; id != "v7" {
		t.Errorf("after six updates the default is %s, want v7", id)
	}
	ok(w.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: created.Arn, TagKeys: []string{"team"}}))(t)
	ok(w.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: created.Arn, Tags: tagsOf("cost", "7")}))(t)
	same(t, "tags after update", tagsOf("cost", "7"), read(text).Tags)

	for _, version := range ok(w.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: created.Arn}))(t).Versions {
		if !version.IsDefaultVersion {
			ok(w.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: created.Arn, VersionId: version.VersionId}))(t)
		}
	}
	ok(w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: created.Arn}))(t)
	gone := "Policy " + *created.Arn + " was not found."
	refused(w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: created.Arn}))(t, "NoSuchEntity", gone)
	refused(w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: created.Arn, VersionId: aws.String("v7")}))(t, "NoSuchEntity", gone)
}

// terraformNewVersion makes room for a version, adds it, and puts it in force.
func (w *world) terraformNewVersion(t *testing.T, policyARN *string, text string) {
	t.Helper()
	ctx := t.Context()
	versions := ok(w.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: policyARN}))(t).Versions
	if len(versions) >= 5 {
		oldest := versions[len(versions)-1]
		ok(w.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: policyARN, VersionId: oldest.VersionId}))(t)
	}
	added := ok(w.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policyARN, PolicyDocument: &text, SetAsDefault: false}))(t).PolicyVersion
	ok(w.iam.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: policyARN, VersionId: added.VersionId}))(t)
}

func (w *world) terraformRole(t *testing.T) {
	ctx := t.Context()
	name, inline := aws.String("tf"), aws.String("inline")
	text := allow("s3:GetObject", "*")
	created := ok(w.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/app/"), AssumeRolePolicyDocument: aws.String(rootTrust()), Description: aws.String("first"), MaxSessionDuration: aws.Int32(3600), Tags: tagsOf("team", "x"),
	}))(t).Role
	ok(w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: inline, PolicyDocument: &text}))(t)
	managed := w.newPolicy(t, "tf-role", text)
	ok(w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: managed}))(t)
	read := func() *iamtypes.Role { return ok(w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t).Role }
	same(t, "read after create", unused(created), read())
	listed := ok(w.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name}))(t).PolicyNames
	same(t, "inline policies", []string{*inline}, listed)
	wantDocument(t, "inline policy", text, ok(w.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: &listed[0]}))(t).PolicyDocument)
	attached := ok(w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name}))(t).AttachedPolicies
	same(t, "attached policies", []iamtypes.AttachedPolicy{{PolicyName: aws.String("tf-role"), PolicyArn: managed}}, attached)

	trust := poolTrust("us-east-1:1", "authenticated")
	ok(w.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &trust}))(t)
	ok(w.iam.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: name, Description: aws.String("second")}))(t)
	ok(w.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, MaxSessionDuration: aws.Int32(7200)}))(t)
	ok(w.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: managed}))(t)
	ok(w.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"team"}}))(t)
	ok(w.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("cost", "7")}))(t)
	updated := read()
	wantDocument(t, "trust policy", trust, updated.AssumeRolePolicyDocument)
	want := unused(created)
	want.AssumeRolePolicyDocument, want.Description, want.MaxSessionDuration, want.Tags = updated.AssumeRolePolicyDocument, aws.String("second"), aws.Int32(7200), tagsOf("cost", "7")
	want.PermissionsBoundary = &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryArn: managed, PermissionsBoundaryType: "Policy"}
	same(t, "read after update", want, updated)
	ok(w.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name}))(t)
	want.PermissionsBoundary = nil
	same(t, "read after the boundary was taken away", want, read())

	profiles := ok(w.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: name}))(t).InstanceProfiles
	if len(profiles) != 0 {
		t.Errorf("the role is in %d instance profiles", len(profiles))
	}
	ok(w.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: managed}))(t)
	ok(w.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: inline}))(t)
	ok(w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
	refused(w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name}))(t, "NoSuchEntity", "The role with name tf cannot be found.")
}

func (w *world) terraformAttachment(t *testing.T) {
	ctx := t.Context()
	name := aws.String("tf-attached")
	ok(w.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(rootTrust())}))(t)
	read := func() []iamtypes.AttachedPolicy {
		return ok(w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name}))(t).AttachedPolicies
	}
	for _, policyARN := range []*string{w.newPolicy(t, "tf-attached", allow("s3:*", "*")), aws.String(administratorAccess)} {
		in := &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policyARN}
		ok(w.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policyARN}))(t)
		if got := read(); len(got) != 1 || *got[0].PolicyArn != *policyARN {
			t.Errorf("read after create: %v, want %s", got, *policyARN)
		}
		ok(w.iam.DetachRolePolicy(ctx, in))(t)
		if got := read(); len(got) != 0 {
			t.Errorf("read after delete: %v", got)
		}
		refused(w.iam.DetachRolePolicy(ctx, in))(t, "NoSuchEntity", "Policy "+*policyARN+" was not found.")
	}
	ok(w.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))(t)
	refused(w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name}))(t, "NoSuchEntity", "The role with name tf-attached cannot be found.")
}

func (w *world) terraformProvider(t *testing.T) {
	ctx := t.Context()
	provider := ok(w.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://login.example.test/realm"), ClientIDList: []string{"one"}, Tags: tagsOf("team", "x"),
	}))(t).OpenIDConnectProviderArn
	read := func() *iam.GetOpenIDConnectProviderOutput {
		return ok(w.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t)
	}
	want := read()
	same(t, "read after create", map[string]any{
		"Url": "login.example.test/realm", "ClientIDList": []string{"one"}, "ThumbprintList": []string{}, "CreateDate": want.CreateDate, "Tags": tagsOf("team", "x"),
	}, want)
	thumbprint := "990f4193972f2becf12ddeda5237f9c952f20d9e"
	ok(w.iam.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: provider, ThumbprintList: []string{thumbprint}}))(t)
	ok(w.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: aws.String("two")}))(t)
	ok(w.iam.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: aws.String("one")}))(t)
	ok(w.iam.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, TagKeys: []string{"team"}}))(t)
	ok(w.iam.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, Tags: tagsOf("cost", "7")}))(t)
	want.ThumbprintList, want.ClientIDList, want.Tags = []string{thumbprint}, []string{"two"}, tagsOf("cost", "7")
	same(t, "read after update", want, read())
	ok(w.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t)
	refused(w.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t,
		"NoSuchEntity", "OpenIDConnect Provider not found for arn "+*provider)
}

func (w *world) terraformPool(t *testing.T) {
	ctx := t.Context()
	created := ok(w.cognito.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("tf"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true),
		SupportedLoginProviders: map[string]string{"accounts.google.com": "1.apps.googleusercontent.com"}, IdentityPoolTags: map[string]string{"team": "x"},
	}))(t)
	read := func() *cognitoidentity.DescribeIdentityPoolOutput {
		return ok(w.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: created.IdentityPoolId}))(t)
	}
	same(t, "read after create", created, read())
	client := cognitotypes.CognitoIdentityProvider{ProviderName: aws.String(conformance.UserPoolHost + "/us-east-1_abcDEF123"), ClientId: aws.String("client1"), ServerSideTokenCheck: aws.Bool(false)}
	updated := ok(w.cognito.UpdateIdentityPool(ctx, &cognitoidentity.UpdateIdentityPoolInput{
		IdentityPoolId: created.IdentityPoolId, IdentityPoolName: aws.String("tf"), AllowUnauthenticatedIdentities: false, AllowClassicFlow: aws.Bool(false),
		CognitoIdentityProviders: []cognitotypes.CognitoIdentityProvider{client}, IdentityPoolTags: created.IdentityPoolTags,
	}))(t)
	want := read()
	same(t, "read after update", updated, want)
	if want.AllowUnauthenticatedIdentities || aws.ToBool(want.AllowClassicFlow) || len(want.SupportedLoginProviders) != 0 || len(want.CognitoIdentityProviders) != 1 {
		t.Errorf("after the update the pool is %+v", want)
	}
	same(t, "tags after update", created.IdentityPoolTags, want.IdentityPoolTags)
	name := aws.String(poolARN(*created.IdentityPoolId))
	ok(w.cognito.UntagResource(ctx, &cognitoidentity.UntagResourceInput{ResourceArn: name, TagKeys: []string{"team"}}))(t)
	ok(w.cognito.TagResource(ctx, &cognitoidentity.TagResourceInput{ResourceArn: name, Tags: map[string]string{"cost": "7"}}))(t)
	want.IdentityPoolTags = map[string]string{"cost": "7"}
	same(t, "read after the tags were changed", want, read())
	ok(w.cognito.DeleteIdentityPool(ctx, &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: created.IdentityPoolId}))(t)
	refused(w.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: created.IdentityPoolId}))(t,
		"ResourceNotFoundException", "IdentityPool '"+*created.IdentityPoolId+"' not found.")
}

func (w *world) terraformPoolRoles(t *testing.T) {
	ctx := t.Context()
	in := guests("tf roles")
	in.SupportedLoginProviders = map[string]string{"accounts.google.com": "1.apps.googleusercontent.com"}
	pool := w.createPool(t, in)
	guest, member := w.createRole(t, "tf-guest", poolTrust(pool, "unauthenticated")), w.createRole(t, "tf-member", poolTrust(pool, "authenticated"))
	get := &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &pool}
	token := map[string]cognitotypes.RoleMapping{"accounts.google.com": {Type: cognitotypes.RoleMappingTypeToken, AmbiguousRoleResolution: cognitotypes.AmbiguousRoleResolutionTypeAuthenticatedRole}}
	for _, want := range []*cognitoidentity.SetIdentityPoolRolesInput{
		{IdentityPoolId: &pool, Roles: map[string]string{"authenticated": member}, RoleMappings: token},
		{IdentityPoolId: &pool, Roles: map[string]string{"authenticated": member, "unauthenticated": guest}},
	} {
		ok(w.cognito.SetIdentityPoolRoles(ctx, want))(t)
		same(t, "read after set", want, ok(w.cognito.GetIdentityPoolRoles(ctx, get))(t))
	}
	ok(w.cognito.SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: map[string]string{}, RoleMappings: map[string]cognitotypes.RoleMapping{}}))(t)
	if left := ok(w.cognito.GetIdentityPoolRoles(ctx, get))(t); len(left.Roles) != 0 || len(left.RoleMappings) != 0 {
		t.Errorf("after delete the roles are %v, the mappings %v", left.Roles, left.RoleMappings)
	}
	ok(w.cognito.DeleteIdentityPool(ctx, &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: &pool}))(t)
	refused(w.cognito.GetIdentityPoolRoles(ctx, get))(t, "ResourceNotFoundException", "IdentityPool '"+pool+"' not found.")
}

// terraformPrincipalTags goes back to the defaults to destroy a map, and takes a pool that is gone for one without a map.
func (w *world) terraformPrincipalTags(t *testing.T) {
	ctx := t.Context()
	in := guests("tf principal tags")
	in.SupportedLoginProviders = map[string]string{"accounts.google.com": "1.apps.googleusercontent.com"}
	pool, provider := aws.String(w.createPool(t, in)), aws.String("accounts.google.com")
	get := &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: provider}
	for _, want := range []*cognitoidentity.SetPrincipalTagAttributeMapInput{
		{PrincipalTags: map[string]string{"test": "value"}, UseDefaults: aws.Bool(false)},
		{PrincipalTags: map[string]string{"test": "value", "new": "map"}, UseDefaults: aws.Bool(false)},
	} {
		want.IdentityPoolId, want.IdentityProviderName = pool, provider
		ok(w.cognito.SetPrincipalTagAttributeMap(ctx, want))(t)
		same(t, "read after set", want, ok(w.cognito.GetPrincipalTagAttributeMap(ctx, get))(t))
	}
	ok(w.cognito.SetPrincipalTagAttributeMap(ctx, &cognitoidentity.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: pool, IdentityProviderName: provider, PrincipalTags: map[string]string{}, UseDefaults: aws.Bool(true),
	}))(t)
	if left := ok(w.cognito.GetPrincipalTagAttributeMap(ctx, get))(t); !aws.ToBool(left.UseDefaults) || len(left.PrincipalTags) != 0 {
		t.Errorf("after delete the map is %+v", left)
	}
	ok(w.cognito.DeleteIdentityPool(ctx, &cognitoidentity.DeleteIdentityPoolInput{IdentityPoolId: pool}))(t)
	refused(w.cognito.GetPrincipalTagAttributeMap(ctx, get))(t, "ResourceNotFoundException", "IdentityPool '"+*pool+"' not found.")
}
