package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

func (tr *tour) users(t *testing.T) {
	ctx := t.Context()
	name := aws.String("Carol")
	created := ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{
		UserName: name, Path: aws.String("/staff/"), Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("x")}},
	}))(t).User
	if want := accountARN + ":user/staff/Carol"; *created.Arn != want {
		t.Errorf("ARN is %s, want %s", *created.Arn, want)
	}
	same(t, "GetUser after CreateUser", created, ok(tr.iam.GetUser(ctx, &iam.GetUserInput{UserName: name}))(t).User)
	refused(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("carol")}))(t, "EntityAlreadyExists", "User with name carol already exists.")
	if root := ok(tr.iam.GetUser(ctx, nil))(t).User; *root.Arn != accountARN+":root" {
		t.Errorf("GetUser of root is %s", *root.Arn)
	}

	want := []string{"list-a", "list-b", "list-c"}
	for _, name := range want {
		ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Path: aws.String("/listed/")}))(t)
	}
	var got []string
	pages := iam.NewListUsersPaginator(tr.iam, &iam.ListUsersInput{PathPrefix: aws.String("/listed/"), MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, user := range ok(pages.NextPage(ctx))(t).Users {
			got = append(got, *user.UserName)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users in pages of two (-want +got):\n%s", diff)
	}
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
	refused(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t, "NoSuchEntity", "The user with name Carol cannot be found.")
}

func (tr *tour) accessKeys(t *testing.T) {
	ctx := t.Context()
	name := aws.String("keyholder")
	ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name}))(t)
	first := ok(tr.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
	second := ok(tr.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t).AccessKey
	refused(tr.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}))(t, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")

	keys := func(k *iamtypes.AccessKey) aws.Credentials {
		return aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey}
	}
	for _, k := range []*iamtypes.AccessKey{first, second} {
		if got, want := tr.caller(t, conformance.GoSDK{}, keys(k)), accountARN+":user/keyholder"; got != want {
			t.Errorf("caller is %s, want %s", got, want)
		}
	}
	statuses := map[string]iamtypes.StatusType{}
	pages := iam.NewListAccessKeysPaginator(tr.iam, &iam.ListAccessKeysInput{UserName: name, MaxItems: aws.Int32(1)})
	ok(tr.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: first.AccessKeyId, Status: iamtypes.StatusTypeInactive}))(t)
	for pages.HasMorePages() {
		for _, k := range ok(pages.NextPage(ctx))(t).AccessKeyMetadata {
			statuses[*k.AccessKeyId] = k.Status
		}
	}
	if diff := cmp.Diff(map[string]iamtypes.StatusType{*first.AccessKeyId: "Inactive", *second.AccessKeyId: "Active"}, statuses); diff != "" {
		t.Errorf("keys in pages of one (-want +got):\n%s", diff)
	}
	refused(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
	for _, k := range []*iamtypes.AccessKey{first, second} {
		ok(tr.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: k.AccessKeyId}))(t)
	}
	_, err := do[struct{}](t, tr.world, conformance.GoSDK{}, "sts:GetCallerIdentity", nil, keys(second))
	wantFault(t, conformance.GoSDK{}, err, "InvalidClientTokenId", unknownKey, "")
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
}

func (tr *tour) userPolicies(t *testing.T) {
	ctx := t.Context()
	user := aws.String("reader")
	ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: user}))(t)
	names := []string{"p1", "p2", "p3"}
	text := allow("s3:GetObject", "arn:aws:s3:::bucket/a b+c%d/é")
	for _, name := range names {
		ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: user, PolicyName: &name, PolicyDocument: &text}))(t)
	}
	got := ok(tr.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: user, PolicyName: &names[0]}))(t)
	wantDocument(t, "user policy", text, got.PolicyDocument)
	var listed []string
	pages := iam.NewListUserPoliciesPaginator(tr.iam, &iam.ListUserPoliciesInput{UserName: user, MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		listed = append(listed, ok(pages.NextPage(ctx))(t).PolicyNames...)
	}
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("policies in pages of two (-want +got):\n%s", diff)
	}
	refused(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))(t, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	for _, name := range names {
		ok(tr.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: user, PolicyName: &name}))(t)
	}
	refused(tr.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: user, PolicyName: &names[0]}))(t,
		"NoSuchEntity", "The user policy with name p1 cannot be found.")
	ok(tr.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user}))(t)
}

func (tr *tour) oidcProviders(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	thumbprint := "990f4193972f2becf12ddeda5237f9c952f20d9e"
	created := ok(tr.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: &o.Issuer, ClientIDList: []string{"one"}, ThumbprintList: []string{thumbprint},
		Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("x")}},
	}))(t)
	provider := created.OpenIDConnectProviderArn
	if want := accountARN + ":oidc-provider/" + o.Name(); *provider != want {
		t.Errorf("ARN is %s, want %s", *provider, want)
	}
	refused(tr.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &o.Issuer}))(t,
		"EntityAlreadyExists", "Provider with url "+o.Issuer+" already exists.")
	ok(tr.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: aws.String("two")}))(t)
	ok(tr.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: aws.String("two")}))(t)
	ok(tr.iam.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider, ClientID: aws.String("one")}))(t)
	other := "0000000000000000000000000000000000000000"
	ok(tr.iam.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: provider, ThumbprintList: []string{other}}))(t)
	got := ok(tr.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t)
	same(t, "provider", map[string]any{"Url": o.Name(), "ClientIDList": []string{"two"}, "ThumbprintList": []string{other}, "CreateDate": got.CreateDate, "Tags": created.Tags}, got)
	list := ok(tr.iam.ListOpenIDConnectProviders(ctx, nil))(t).OpenIDConnectProviderList
	if len(list) != 1 || *list[0].Arn != *provider {
		t.Errorf("list of providers is %v", list)
	}
	ok(tr.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t)
	refused(tr.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: provider}))(t,
		"NoSuchEntity", "OpenIDConnect Provider not found for arn "+*provider)
}
