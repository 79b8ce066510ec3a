package iam_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func TestGetAccountSummary(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	createUser(t, s, "other")
	createPolicy(t, s, "p", "s3:*")
	got := must[iam.GetAccountSummaryOutput](t)(s.GetAccountSummary(t.Context(), root(), &iam.GetAccountSummaryInput{})).SummaryMap
	for name, want := range map[string]int32{
		"Users": 2, "Groups": 1, "Roles": 1, "Policies": 1, "Providers": 0, "UsersQuota": 5000, "GroupsQuota": 300, "RolesQuota": 1000,
		"PoliciesQuota": 1500, "PolicySizeQuota": 6144, "VersionsPerPolicyQuota": 5, "GroupsPerUserQuota": 10, "AccessKeysPerUserQuota": 2,
		"AttachedPoliciesPerRoleQuota": 10, "AssumeRolePolicySizeQuota": 2048, "MFADevices": 0, "AccountAccessKeysPresent": 1,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s is %d, %v, want %d", name, n, ok, want)
		}
	}
}

func TestEmptyLists(t *testing.T) {
	t.Parallel()
	s := newService(t)
	aliases := must[iam.ListAccountAliasesOutput](t)(s.ListAccountAliases(t.Context(), root(), &iam.ListAccountAliasesInput{}))
	profiles := must[iam.ListInstanceProfilesOutput](t)(s.ListInstanceProfiles(t.Context(), root(), &iam.ListInstanceProfilesInput{}))
	if len(aliases.AccountAliases) != 0 || aliases.IsTruncated || len(profiles.InstanceProfiles) != 0 || profiles.IsTruncated {
		t.Errorf("got %+v and %+v", aliases, profiles)
	}
	_, err := s.ListAccountAliases(t.Context(), root(), &iam.ListAccountAliasesInput{Marker: "?"})
	refused(t, err, 400, "ValidationError", "Invalid Marker.")
	_, err = s.ListInstanceProfiles(t.Context(), root(), &iam.ListInstanceProfilesInput{Marker: "?"})
	refused(t, err, 400, "ValidationError", "Invalid Marker.")
}

// wholeAccount makes one of everything, joined to everything else.
func wholeAccount(t *testing.T) *iam.Service {
	t.Helper()
	s, ctx := withEntities(t), t.Context()
	p := createPolicy(t, s, "p", "s3:Get*")
	must[iam.CreatePolicyVersionOutput](t)(s.CreatePolicyVersion(ctx, root(), &iam.CreatePolicyVersionInput{PolicyARN: p, PolicyDocument: allows("s3:Put*", 0)}))
	if err := join(t, s, "Entity", "Entity"); err != nil {
		t.Fatal(err)
	}
	for _, api := range attachAPIs(t, s, "Entity") {
		for _, arn := range []string{p, administrator} {
			if err := api.attach(arn); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, api := range inlineAPIsOf(t, s) {
		if err := api.put("inline", allows("s3:*", 0)); err != nil {
			t.Fatal(err)
		}
	}
	must[struct{}](t)(s.PutRolePermissionsBoundary(ctx, root(), &iam.PutRolePermissionsBoundaryInput{RoleName: "Entity", PermissionsBoundary: p}))
	must[struct{}](t)(s.PutUserPermissionsBoundary(ctx, root(), &iam.PutUserPermissionsBoundaryInput{UserName: "Entity", PermissionsBoundary: p}))
	must[struct{}](t)(s.TagUser(ctx, root(), &iam.TagUserInput{UserName: "Entity", Tags: []iam.Tag{{Key: "k", Value: "v"}}}))
	return s
}

func TestGetAccountAuthorizationDetails(t *testing.T) {
	t.Parallel()
	s, ctx := wholeAccount(t), t.Context()
	p := ownPolicies + "p"
	got := must[iam.GetAccountAuthorizationDetailsOutput](t)(s.GetAccountAuthorizationDetails(ctx, root(), &iam.GetAccountAuthorizationDetailsInput{}))
	encoded := func(action string) string { return strings.ReplaceAll(url.QueryEscape(allows(action, 0)), "+", "%20") }
	inlined := []iam.PolicyDetail{{PolicyName: "inline", PolicyDocument: encoded("s3:*")}}
	attached := []iam.AttachedPolicy{{PolicyName: "AdministratorAccess", PolicyARN: administrator}, {PolicyName: "p", PolicyARN: p}}
	user := must[iam.GetUserOutput](t)(s.GetUser(ctx, root(), &iam.GetUserInput{UserName: "Entity"})).User
	group := must[iam.GetGroupOutput](t)(s.GetGroup(ctx, root(), &iam.GetGroupInput{GroupName: "Entity"})).Group
	role := must[iam.GetRoleOutput](t)(s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "Entity"})).Role
	own := must[iam.GetPolicyOutput](t)(s.GetPolicy(ctx, root(), &iam.GetPolicyInput{PolicyARN: p})).Policy
	aws := must[iam.GetPolicyOutput](t)(s.GetPolicy(ctx, root(), &iam.GetPolicyInput{PolicyARN: administrator})).Policy
	all := must[iam.GetPolicyVersionOutput](t)(s.GetPolicyVersion(ctx, root(), &iam.GetPolicyVersionInput{PolicyARN: administrator, VersionID: "v1"})).PolicyVersion
	if own.PermissionsBoundaryUsageCount != 2 || own.AttachmentCount != 3 || aws.AttachmentCount != 3 || user.PermissionsBoundary == nil {
		t.Errorf("%+v, %+v, %+v", own, aws, user)
	}
	want := &iam.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []iam.UserDetail{{
			UserOutput: user, UserPolicyList: inlined, GroupList: []string{"Entity"}, AttachedManagedPolicies: attached,
		}},
		GroupDetailList: []iam.GroupDetail{{GroupOutput: group, GroupPolicyList: inlined, AttachedManagedPolicies: attached}},
		RoleDetailList: []iam.RoleDetail{{
			Path: "/", RoleName: "Entity", RoleID: role.RoleID, ARN: role.ARN, CreateDate: noon(),
			AssumeRolePolicyDocument: role.AssumeRolePolicyDocument, RolePolicyList: inlined, AttachedManagedPolicies: attached, RoleLastUsed: &iam.RoleLastUsed{},
			PermissionsBoundary: &iam.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryARN: p},
		}},
		Policies: []iam.ManagedPolicyDetail{
			{ManagedPolicyOutput: aws, PolicyVersionList: []iam.PolicyVersionOutput{all}},
			{ManagedPolicyOutput: own, PolicyVersionList: []iam.PolicyVersionOutput{
				{Document: encoded("s3:Put*"), VersionID: "v2", CreateDate: noon()},
				{Document: encoded("s3:Get*"), VersionID: "v1", CreateDate: noon(), IsDefaultVersion: true},
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}

func TestAuthorizationDetailsPage(t *testing.T) {
	t.Parallel()
	s := wholeAccount(t)
	for filter, want := range map[string]string{
		"": "group Entity, policy AdministratorAccess, policy p, role Entity, user Entity", "User Role": "role Entity, user Entity",
		"Group": "group Entity", "LocalManagedPolicy": "policy p", "AWSManagedPolicy": "policy AdministratorAccess",
	} {
		var got []string
		in := &iam.GetAccountAuthorizationDetailsInput{Filter: strings.Fields(filter), MaxItems: 1}
		for more := true; more; {
			out := must[iam.GetAccountAuthorizationDetailsOutput](t)(s.GetAccountAuthorizationDetails(t.Context(), root(), in))
			for _, g := range out.GroupDetailList {
				got = append(got, "group "+g.GroupName)
			}
			for _, p := range out.Policies {
				got = append(got, "policy "+p.PolicyName)
			}
			for _, r := range out.RoleDetailList {
				got = append(got, "role "+r.RoleName)
			}
			for _, u := range out.UserDetailList {
				got = append(got, "user "+u.UserName)
			}
			in.Marker, more = out.Marker, out.IsTruncated
		}
		if joined := strings.Join(got, ", "); joined != want {
			t.Errorf("%q: %s, want %s", filter, joined, want)
		}
	}
}
