package conformance_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"
)

// pager is any paginator of the SDK's IAM client.
type pager[Output any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*iam.Options)) (*Output, error)
}

// wantPages goes through all pages and fails the test unless they list want, in this order and in several pages.
func wantPages[Output any](t *testing.T, what string, want []string, pages pager[Output], list func(*Output) []string) {
	t.Helper()
	var got []string
	n := 0
	for ; pages.HasMorePages(); n++ {
		got = append(got, list(ok(pages.NextPage(t.Context()))(t))...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s in pages (-want +got):\n%s", what, diff)
	}
	if n < 2 {
		t.Errorf("%s came in %d pages", what, n)
	}
}

// names are one text of each element.
func names[T any](list []T, name func(T) *string) []string {
	var all []string
	for _, element := range list {
		all = append(all, aws.ToString(name(element)))
	}
	return all
}

func tagKeys(tags []iamtypes.Tag) []string {
	return names(tags, func(tag iamtypes.Tag) *string { return tag.Key })
}

func attachedNames(policies []iamtypes.AttachedPolicy) []string {
	return names(policies, func(p iamtypes.AttachedPolicy) *string { return p.PolicyName })
}

// tagsOf makes tags of keys and values in turn.
func tagsOf(texts ...string) []iamtypes.Tag {
	var tags []iamtypes.Tag
	for i := 0; i < len(texts); i += 2 {
		tags = append(tags, iamtypes.Tag{Key: &texts[i], Value: &texts[i+1]})
	}
	return tags
}

// newUser makes a user with an access key.
func (w *world) newUser(t *testing.T, name string) aws.Credentials {
	t.Helper()
	ok(w.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}))(t)
	key := ok(w.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
	return aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
}

// newPolicy makes a managed policy.
func (w *world) newPolicy(t *testing.T, name, text string) (policyARN *string) {
	t.Helper()
	return ok(w.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &text}))(t).Policy.Arn
}
