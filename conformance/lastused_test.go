package conformance_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
)

// unused is a role as AWS shows it in GetRole before its first use, unlike elsewhere.
func unused(role *iamtypes.Role) *iamtypes.Role {
	shown := *role
	shown.RoleLastUsed = &iamtypes.RoleLastUsed{}
	return &shown
}

// lastUsed looks at a key and a role before and after their first use.
func (tr *tour) lastUsed(t *testing.T) {
	ctx := t.Context()
	keys := tr.newUser(t, "user-of-keys")
	role := ok(tr.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("role-in-use"), AssumeRolePolicyDocument: aws.String(rootTrust())}))(t).Role
	text := allow("sts:AssumeRole", *role.Arn)
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("user-of-keys"), PolicyName: aws.String("assume"), PolicyDocument: &text}))(t)
	keyUsed := func() *iam.GetAccessKeyLastUsedOutput {
		return ok(tr.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &keys.AccessKeyID}))(t)
	}
	roleUsed := func() *iamtypes.RoleLastUsed {
		return ok(tr.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: role.RoleName}))(t).Role.RoleLastUsed
	}
	same(t, "a key that was never used", map[string]any{
		"UserName": "user-of-keys", "AccessKeyLastUsed": iamtypes.AccessKeyLastUsed{ServiceName: aws.String("N/A"), Region: aws.String("N/A")},
	}, keyUsed())
	same(t, "a role that was never used", iamtypes.RoleLastUsed{}, roleUsed())

	start := time.Now().Truncate(time.Second)
	session := sessionKeys(ok(tr.stsAs(t, keys).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: role.Arn, RoleSessionName: aws.String("app")}))(t).Credentials)
	ok(tr.stsAs(t, session).GetCallerIdentity(ctx, nil))(t)
	use := keyUsed().AccessKeyLastUsed
	if *use.ServiceName != "sts" || *use.Region != conformance.Region || use.LastUsedDate.Before(start) || use.LastUsedDate.After(time.Now()) {
		t.Errorf("the key was used at %s for %s in %s", use.LastUsedDate, *use.ServiceName, *use.Region)
	}
	shown := roleUsed()
	if *shown.Region != conformance.Region || shown.LastUsedDate.Before(start) || shown.LastUsedDate.After(time.Now()) {
		t.Errorf("the role was used at %s in %s", shown.LastUsedDate, *shown.Region)
	}
	refused(tr.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")}))(t,
		"NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.")
}

// TestLastUsedAfterRestart asks for a use from before the server was stopped.
func TestLastUsedAfterRestart(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	keys := w.newUser(t, "u")
	w.caller(t, conformance.GoSDK{}, keys)
	ask := func() *iamtypes.AccessKeyLastUsed {
		return ok(w.iam.GetAccessKeyLastUsed(t.Context(), &iam.GetAccessKeyLastUsedInput{AccessKeyId: &keys.AccessKeyID}))(t).AccessKeyLastUsed
	}
	before := ask()
	if before.LastUsedDate == nil {
		t.Fatal("the use was not noted")
	}
	w.Stop(t)
	w.Restart(t)
	same(t, "last use after the restart", before, ask())
}
