package sts_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// A managed policy of the account narrows a session by what it says at each request,
// and to nothing once it is gone.
func TestManagedSessionPolicyIsReadAtEachRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	ok(w.IAM.AttachRolePolicy(t.Context(), root(), &iam.AttachRolePolicyInput{RoleName: "r", PolicyARN: "arn:aws:iam::aws:policy/AdministratorAccess"}))(t)
	managed := ok(w.IAM.CreatePolicy(t.Context(), root(), &iam.CreatePolicyInput{PolicyName: "p", Path: "/x/", PolicyDocument: allow("s3:GetObject")}))(t).Policy.ARN
	narrowed := ok(w.assume(user, "r", func(in *sts.AssumeRoleInput) { in.PolicyARNs = []sts.PolicyDescriptor{{ARN: managed}} }))(t)
	whole := ok(w.assume(user, "r"))(t)
	all := []string{"s3:GetObject", "s3:PutObject", "ec2:RunInstances"}
	expect := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, w.may(w.caller(narrowed.Credentials), all...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	expect("at first", "s3:GetObject")
	if diff := cmp.Diff(all, w.may(w.caller(whole.Credentials), all...)); diff != "" {
		t.Errorf("without a session policy (-want +got):\n%s", diff)
	}
	ok(w.IAM.CreatePolicyVersion(t.Context(), root(), &iam.CreatePolicyVersionInput{PolicyARN: managed, PolicyDocument: allow("s3:PutObject"), SetAsDefault: true}))(t)
	expect("with another version", "s3:PutObject")
	ok(w.IAM.DeletePolicyVersion(t.Context(), root(), &iam.DeletePolicyVersionInput{PolicyARN: managed, VersionID: "v1"}))(t)
	ok(w.IAM.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: managed}))(t)
	expect("without the policy")
	refused(w.assume(user, "r", func(in *sts.AssumeRoleInput) { in.PolicyARNs = []sts.PolicyDescriptor{{ARN: managed}} }))(t,
		400, malformed, "Policy "+managed+" does not exist or is not attachable.")
}
