package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

func (tr *tour) managedPolicies(t *testing.T) {
	ctx := t.Context()
	text := allow("s3:GetObject", "arn:aws:s3:::bucket/a b+c%d/é")
	created := ok(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("Reader"), Path: aws.String("/app/"), Description: aws.String("reads, & more"), PolicyDocument: &text, Tags: tagsOf("team", "a + b"),
	}))(t).Policy
	if want := accountARN + ":policy/app/Reader"; *created.Arn != want {
		t.Errorf("ARN is %s, want %s", *created.Arn, want)
	}
	get := func() *iamtypes.Policy {
		t.Helper()
		return ok(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: created.Arn}))(t).Policy
	}
	same(t, "GetPolicy after CreatePolicy", created, get())
	refused(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("READER"), PolicyDocument: &text}))(t,
		"EntityAlreadyExists", "A policy called READER already exists. Duplicate names are not allowed.")
	refused(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("broken"), PolicyDocument: aws.String("{}}")}))(t,
		"MalformedPolicyDocument", "Syntax errors in policy.")
	refused(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("taken"), PolicyDocument: &text, Tags: tagsOf("a", "1", "A", "2")}))(t,
		"InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")

	tr.policyVersions(t, created.Arn, text)
	tr.policyTags(t, created.Arn)
	tr.listPolicies(t)
	builtin := ok(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(administratorAccess)}))(t).Policy
	if *builtin.Arn != administratorAccess || *builtin.DefaultVersionId != "v1" || !builtin.IsAttachable {
		t.Errorf("AdministratorAccess is %s, %s, attachable %t", *builtin.Arn, *builtin.DefaultVersionId, builtin.IsAttachable)
	}
	ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: created.Arn}))(t)
	refused(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: created.Arn}))(t, "NoSuchEntity", "Policy "+*created.Arn+" was not found.")
}

// policyVersions fills a policy with versions and leaves the first.
func (tr *tour) policyVersions(t *testing.T, policyARN *string, first string) {
	ctx := t.Context()
	second := allow("s3:*", "*")
	version := func(id string) *iamtypes.PolicyVersion {
		t.Helper()
		return ok(tr.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: policyARN, VersionId: &id}))(t).PolicyVersion
	}
	wantDocument(t, "v1", first, version("v1").Document)
	added := ok(tr.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policyARN, PolicyDocument: &second, SetAsDefault: true}))(t).PolicyVersion
	got := version("v2")
	wantDocument(t, "v2", second, got.Document)
	got.Document = nil
	same(t, "GetPolicyVersion after CreatePolicyVersion", added, got)
	if !got.IsDefaultVersion || version("v1").IsDefaultVersion {
		t.Error("v2 did not become the default in the place of v1")
	}
	for range 3 {
		ok(tr.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policyARN, PolicyDocument: &second}))(t)
	}
	refused(tr.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policyARN, PolicyDocument: &second}))(t, "LimitExceeded",
		"A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
	wantPages(t, "versions", []string{"v5", "v4", "v3", "v2", "v1"},
		iam.NewListPolicyVersionsPaginator(tr.iam, &iam.ListPolicyVersionsInput{PolicyArn: policyARN, MaxItems: aws.Int32(2)}),
		func(out *iam.ListPolicyVersionsOutput) []string {
			return names(out.Versions, func(v iamtypes.PolicyVersion) *string { return v.VersionId })
		})
	refused(tr.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: policyARN, VersionId: aws.String("v2")}))(t,
		"DeleteConflict", "Cannot delete the default version of a policy.")
	ok(tr.iam.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: policyARN, VersionId: aws.String("v1")}))(t)
	if id := *ok(tr.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policyARN}))(t).Policy.DefaultVersionId; id != "v1" {
		t.Errorf("after SetDefaultPolicyVersion the default is %s, want v1", id)
	}
	for _, id := range []string{"v2", "v3", "v4", "v5"} {
		ok(tr.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: policyARN, VersionId: &id}))(t)
	}
	refused(tr.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: policyARN, VersionId: aws.String("v5")}))(t,
		"NoSuchEntity", "Policy "+*policyARN+" version v5 does not exist or is not attachable.")
	if again := ok(tr.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policyARN, PolicyDocument: &second}))(t).PolicyVersion; *again.VersionId != "v6" {
		t.Errorf("after v5 was deleted the next is %s, want v6", *again.VersionId)
	}
	ok(tr.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: policyARN, VersionId: aws.String("v6")}))(t)
}

func (tr *tour) policyTags(t *testing.T, policyARN *string) {
	ctx := t.Context()
	ok(tr.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: policyARN, Tags: tagsOf("cost", "7", "TEAM", "c", "zone", "")}))(t)
	ok(tr.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: policyARN, TagKeys: []string{"zone", "absent"}}))(t)
	same(t, "tags", tagsOf("cost", "7", "TEAM", "c"), ok(tr.iam.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: policyARN}))(t).Tags)
	wantPages(t, "tags", []string{"cost", "TEAM"},
		iam.NewListPolicyTagsPaginator(tr.iam, &iam.ListPolicyTagsInput{PolicyArn: policyARN, MaxItems: aws.Int32(1)}),
		func(out *iam.ListPolicyTagsOutput) []string { return tagKeys(out.Tags) })
}

// listPolicies lists the account's policies of a path, of any, and AWS's own.
func (tr *tour) listPolicies(t *testing.T) {
	ctx := t.Context()
	want := []string{"list-a", "list-b", "list-c"}
	for _, name := range want {
		ok(tr.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, Path: aws.String("/listed/"), PolicyDocument: aws.String(allow("s3:*", "*"))}))(t)
	}
	list := func(out *iam.ListPoliciesOutput) []string {
		return names(out.Policies, func(p iamtypes.Policy) *string { return p.PolicyName })
	}
	wantPages(t, "policies", want, iam.NewListPoliciesPaginator(tr.iam, &iam.ListPoliciesInput{PathPrefix: aws.String("/listed/"), MaxItems: aws.Int32(2)}), list)
	local := list(ok(tr.iam.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal}))(t))
	same(t, "policies of the account", append(want, "Reader"), local)
	wantPages(t, "policies of AWS", []string{
		"AdministratorAccess", "AmazonCognitoDeveloperAuthenticatedIdentities", "AmazonCognitoPowerUser", "AmazonCognitoReadOnly", "AmazonCognitoUnAuthedIdentitiesSessionPolicy",
	}, iam.NewListPoliciesPaginator(tr.iam, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeAws, MaxItems: aws.Int32(4)}), list)
	for _, name := range want {
		ok(tr.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(accountARN + ":policy/listed/" + name)}))(t)
	}
}
