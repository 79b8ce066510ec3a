package iam_test

import (
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

func TestDenied(t *testing.T) {
	t.Parallel()
	tests := []struct{ action, resource, want string }{
		{"iam:GetRole", own + "role/ci/work", " on resource: role work"},
		{"iam:AttachRolePolicy", own + "role/work", " on resource: role work"},
		{"iam:ListRoleTags", own + "role/work", " on resource: role work"},
		{"iam:GetUser", own + "user/ann", " on resource: user ann"},
		{"iam:CreateAccessKey", own + "user/ann", " on resource: user ann"},
		{"iam:AddUserToGroup", own + "group/devs", " on resource: group devs"},
		{"iam:CreatePolicy", own + "policy/x/reader", " on resource: policy reader"},
		{"iam:GetPolicy", own + "policy/x/reader", " on resource: policy " + own + "policy/x/reader"},

		{"iam:CreateRole", own + "role/ci/work", " on resource: " + own + "role/ci/work"},
		{"iam:CreateUser", own + "user/ann", " on resource: " + own + "user/ann"},
		{"iam:CreateGroup", own + "group/devs", " on resource: " + own + "group/devs"},
		{"iam:PassRole", own + "role/work", " on resource: " + own + "role/work"},
		{"iam:TagRole", own + "role/work", " on resource: " + own + "role/work"},
		{"iam:UntagUser", own + "user/ann", " on resource: " + own + "user/ann"},
		{"iam:PutRolePermissionsBoundary", own + "role/work", " on resource: " + own + "role/work"},
		{"iam:SimulatePrincipalPolicy", own + "user/ann", " on resource: " + own + "user/ann"},
		{"iam:GetContextKeysForPrincipalPolicy", own + "user/ann", " on resource: " + own + "user/ann"},
		{"iam:ListUsers", own + "user/", " on resource: " + own + "user/"},
		{"iam:ListRoles", own + "role/ci/", " on resource: " + own + "role/ci/"},
		{"iam:GetOpenIDConnectProvider", own + "oidc-provider/h", " on resource: " + own + "oidc-provider/h"},
		{"iam:GetUser", own[:len(own)-1] + ":root", " on resource: " + own[:len(own)-1] + ":root"},
		{"iam:GetAccountSummary", "*", ""},
		{"iam:GetUser", "", ""},
		{"sts:AssumeRole", own + "role/work", " on resource: " + own + "role/work"},
	}
	for _, tt := range tests {
		want := "User: " + own + "user/bob is not authorized to perform: " + tt.action + tt.want + " because no identity-based policy allows the " + tt.action + " action"
		got := iam.Denied(iam.Caller{ARN: own + "user/bob"}, tt.action, tt.resource, policy.Decision{DecidedBy: policy.Identity})
		if got != want {
			t.Errorf("%s of %q:\ngot  %s\nwant %s", tt.action, tt.resource, got, want)
		}
	}
}
