package conformance_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

const accountARN = "arn:aws:iam::" + conformance.Account

// rootTrust lets the account decide who may assume a role.
func rootTrust() string {
	return document(map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": accountARN + ":root"}, "Action": "sts:AssumeRole"})
}

func (tr *tour) roles(t *testing.T) {
	ctx := t.Context()
	tags := []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("a + b")}}
	created := ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("Auditor"), Path: aws.String("/staff/"), AssumeRolePolicyDocument: aws.String(rootTrust()),
		Description: aws.String("reads only"), MaxSessionDuration: aws.Int32(7200), Tags: tags,
	}))(t).Role
	if want := accountARN + ":role/staff/Auditor"; *created.Arn != want {
		t.Errorf("ARN is %s, want %s", *created.Arn, want)
	}
	got := ok(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("auditor")}))(t).Role
	same(t, "GetRole after CreateRole", unused(created), got)
	wantDocument(t, "trust policy", rootTrust(), got.AssumeRolePolicyDocument)
	refused(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("AUDITOR"), AssumeRolePolicyDocument: aws.String(rootTrust())}))(t,
		"EntityAlreadyExists", "Role with name AUDITOR already exists.")
	refused(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("broken"), AssumeRolePolicyDocument: aws.String("{}}")}))(t,
		"MalformedPolicyDocument", "Syntax errors in policy.")

	ok(tr.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("Auditor"), MaxSessionDuration: aws.Int32(3600), Description: aws.String("once")}))(t)
	described := ok(tr.iam.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: aws.String("Auditor"), Description: aws.String("twice")}))(t).Role
	got = ok(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("Auditor")}))(t).Role
	same(t, "GetRole after UpdateRoleDescription", unused(described), got)
	if *got.Description != "twice" || *got.MaxSessionDuration != 3600 {
		t.Errorf("after the updates the role is %s, %d s", *got.Description, *got.MaxSessionDuration)
	}

	ok(tr.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("Auditor"), Tags: []iamtypes.Tag{{Key: aws.String("cost"), Value: aws.String("7")}, {Key: aws.String("team"), Value: aws.String("c")}}}))(t)
	ok(tr.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: aws.String("Auditor"), TagKeys: []string{"cost"}}))(t)
	listed := ok(tr.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: aws.String("Auditor")}))(t)
	same(t, "tags", []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("c")}}, listed.Tags)

	ok(tr.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("Auditor")}))(t)
	ok(tr.iam.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String("Auditor")}))(t)
	tr.listRoles(t)
	tr.assumeRole(t)
	ok(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("Auditor")}))(t)
	refused(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("Auditor")}))(t, "NoSuchEntity", "The role with name Auditor cannot be found.")
}

func (tr *tour) listRoles(t *testing.T) {
	want := []string{"list-a", "list-b", "list-c", "list-d", "list-e"}
	for _, name := range want {
		ok(tr.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: aws.String("/listed/"), Description: aws.String("one of many"), AssumeRolePolicyDocument: aws.String(rootTrust())}))(t)
	}
	var got []string
	pages := iam.NewListRolesPaginator(tr.iam, &iam.ListRolesInput{PathPrefix: aws.String("/listed/"), MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, role := range ok(pages.NextPage(t.Context()))(t).Roles {
			got = append(got, *role.RoleName)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles in pages of two (-want +got):\n%s", diff)
	}
	refused(tr.iam.ListRoles(t.Context(), &iam.ListRolesInput{Marker: aws.String("nonsense")}))(t, "ValidationError", "Invalid Marker.")

	var tags []iamtypes.Tag
	for _, key := range want {
		tags = append(tags, iamtypes.Tag{Key: aws.String(key), Value: aws.String("x")})
	}
	ok(tr.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &want[0], Tags: tags}))(t)
	var keys []string
	tagPages := iam.NewListRoleTagsPaginator(tr.iam, &iam.ListRoleTagsInput{RoleName: &want[0], MaxItems: aws.Int32(2)})
	for tagPages.HasMorePages() {
		for _, tag := range ok(tagPages.NextPage(t.Context()))(t).Tags {
			keys = append(keys, *tag.Key)
		}
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("tags in pages of two (-want +got):\n%s", diff)
	}
}

// assumeRole lets a user into a role that names the user, and root into none.
func (tr *tour) assumeRole(t *testing.T) {
	ctx := t.Context()
	ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("assumer")}))(t)
	key := ok(tr.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("assumer")}))(t).AccessKey
	role := ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("assumed"), AssumeRolePolicyDocument: aws.String(document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"AWS": accountARN + ":user/assumer"}, "Action": []string{"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"},
	}))}))(t).Role
	settings := conformance.Config(t, tr.URL, aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	settings.APIOptions = append(settings.APIOptions, tr.seen.watch)
	out := ok(sts.NewFromConfig(settings).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: role.Arn, RoleSessionName: aws.String("work"), SourceIdentity: aws.String("assumer"), Policy: aws.String(allow("s3:*", "*")),
	}))(t)
	if want := sessionARN("assumed", "work"); *out.AssumedRoleUser.Arn != want {
		t.Errorf("session is %s, want %s", *out.AssumedRoleUser.Arn, want)
	}
	session := aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
	if got, want := tr.caller(t, conformance.GoSDK{}, session), *out.AssumedRoleUser.Arn; got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
	refused(tr.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Arn, RoleSessionName: aws.String("work")}))(t,
		"AccessDenied", "Roles may not be assumed by root accounts.")
	root := ok(tr.sts.GetCallerIdentity(ctx, nil))(t)
	if *root.Arn != accountARN+":root" || *root.UserId != conformance.Account || *root.Account != conformance.Account {
		t.Errorf("root is %s, %s of %s", *root.Arn, *root.UserId, *root.Account)
	}
}

func (tr *tour) rolePolicies(t *testing.T) {
	ctx := t.Context()
	role := aws.String("with-policies")
	ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(rootTrust())}))(t)
	names := []string{"p1", "p2", "p3"}
	text := allow("s3:GetObject", "arn:aws:s3:::bucket/a b+c%d/é")
	for _, name := range names {
		ok(tr.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: &name, PolicyDocument: &text}))(t)
	}
	got := ok(tr.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: &names[0]}))(t)
	wantDocument(t, "role policy", text, got.PolicyDocument)
	var listed []string
	pages := iam.NewListRolePoliciesPaginator(tr.iam, &iam.ListRolePoliciesInput{RoleName: role, MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		listed = append(listed, ok(pages.NextPage(ctx))(t).PolicyNames...)
	}
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("policies in pages of two (-want +got):\n%s", diff)
	}
	misplaced := document(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
	refused(tr.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("bad"), PolicyDocument: &misplaced}))(t,
		"MalformedPolicyDocument", "Policy document should not specify a principal.")
	refused(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role}))(t, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	for _, name := range names {
		ok(tr.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: &name}))(t)
	}
	refused(tr.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: role, PolicyName: &names[0]}))(t,
		"NoSuchEntity", "The role policy with name p1 cannot be found.")
	ok(tr.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: role, PolicyDocument: aws.String(poolTrust("us-east-1:1", "authenticated"))}))(t)
	wantDocument(t, "trust policy", poolTrust("us-east-1:1", "authenticated"), ok(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: role}))(t).Role.AssumeRolePolicyDocument)
	ok(tr.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role}))(t)
}

// wantDocument compares a policy with what the server shows, percent-encoded so that decoders of URLs and of forms
// agree on it.
func wantDocument(t *testing.T, what, want string, got *string) {
	t.Helper()
	path, err := url.PathUnescape(aws.ToString(got))
	if err != nil {
		t.Errorf("%s: %v: %s", what, err, aws.ToString(got))
	}
	form, err := url.QueryUnescape(aws.ToString(got))
	if err != nil || form != path {
		t.Errorf("%s: decodes as a path to %s, as a form to %s: %v", what, path, form, err)
	}
	if diff := cmp.Diff(want, path); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
