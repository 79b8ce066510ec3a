package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

func (tr *tour) userTags(t *testing.T) {
	ctx := t.Context()
	name := aws.String("tagged")
	ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name, Tags: tagsOf("team", "a + b")}))(t)
	ok(tr.iam.TagUser(ctx, &iam.TagUserInput{UserName: name, Tags: tagsOf("cost", "7", "TEAM", "c", "zone", "")}))(t)
	ok(tr.iam.UntagUser(ctx, &iam.UntagUserInput{UserName: name, TagKeys: []string{"zone", "absent"}}))(t)
	same(t, "tags", tagsOf("cost", "7", "TEAM", "c"), ok(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: name}))(t).User.Tags)
	wantPages(t, "tags", []string{"cost", "TEAM"}, iam.NewListUserTagsPaginator(tr.iam, &iam.ListUserTagsInput{UserName: name, MaxItems: aws.Int32(1)}),
		func(out *iam.ListUserTagsOutput) []string { return tagKeys(out.Tags) })
	refused(tr.iam.TagUser(ctx, &iam.TagUserInput{UserName: name, Tags: tagsOf("a", "1", "A", "2")}))(t,
		"InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
	refused(tr.iam.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: name}))(t, "NoSuchEntity", "The user with name tagged cannot be found.")
}

func (tr *tour) providerTags(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	provider := ok(tr.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &o.Issuer, Tags: tagsOf("team", "x")}))(t).OpenIDConnectProviderArn
	ok(tr.iam.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, Tags: tagsOf("cost", "7", "zone", "")}))(t)
	ok(tr.iam.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, TagKeys: []string{"zone", "absent"}}))(t)
	same(t, "tags", tagsOf("team", "x", "cost", "7"), ok(tr.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t).Tags)
	wantPages(t, "tags", []string{"cost", "team"},
		iam.NewListOpenIDConnectProviderTagsPaginator(tr.iam, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: provider, MaxItems: aws.Int32(1)}),
		func(out *iam.ListOpenIDConnectProviderTagsOutput) []string { return tagKeys(out.Tags) })
	ok(tr.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t)
	refused(tr.iam.ListOpenIDConnectProviderTags(ctx, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: provider}))(t,
		"NoSuchEntity", "OpenIDConnect Provider not found for arn "+*provider)
}
