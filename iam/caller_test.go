package iam_test

import (
	"testing"

	"github.com/cenotehq/cenote/iam"
)

// TestPoliciesAreOfTheOneWhoSigned lets a user go, or get another name, between the
// signature and the question to the policies, while another of the old name may do all.
func TestPoliciesAreOfTheOneWhoSigned(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*testing.T, *iam.Service){
		"deleted": func(t *testing.T, s *iam.Service) {
			must[struct{}](t)(s.DetachUserPolicy(t.Context(), root(), &iam.DetachUserPolicyInput{UserName: "u", PolicyARN: administrator}))
			must[struct{}](t)(s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "u"}))
		},
		"renamed": func(t *testing.T, s *iam.Service) {
			must[struct{}](t)(s.UpdateUser(t.Context(), root(), &iam.UpdateUserInput{UserName: "u", NewUserName: "v"}))
		},
		"moved": func(t *testing.T, s *iam.Service) {
			must[struct{}](t)(s.UpdateUser(t.Context(), root(), &iam.UpdateUserInput{UserName: "u", NewUserName: "v", NewPath: "/x/"}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			powerful := func() iam.Caller {
				createUser(t, s, "u")
				must[struct{}](t)(s.AttachUserPolicy(t.Context(), root(), &iam.AttachUserPolicyInput{UserName: "u", PolicyARN: administrator}))
				return signedBy(t, s, "u")
			}
			first := powerful()
			if !may(t, s, first, "s3:x") {
				t.Fatal("refused")
			}
			leave(t, s)
			if may(t, s, first, "s3:x") {
				t.Error("allowed without a user of the name")
			}
			second := powerful()
			if may(t, s, first, "s3:x") {
				t.Error("another user's policies are lent")
			}
			federated := iam.Caller{Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/f", Opener: &first}
			if may(t, s, federated, "s3:x") {
				t.Error("another user's policies are lent to a federated user")
			}
			if !may(t, s, second, "s3:x") {
				t.Error("the other user is refused")
			}
		})
	}
}
