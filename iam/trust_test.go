package iam_test

import (
	"net/url"
	"testing"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
)

func TestPrincipalsMustExist(t *testing.T) {
	t.Parallel()
	s := newService(t)
	role, user := createRole(t, s, "R"), createUser(t, s, "u")
	must[iam.CreateRoleOutput](t)(s.CreateRole(t.Context(), root(),
		&iam.CreateRoleInput{RoleName: "Deep", Path: "/a/b/", AssumeRolePolicyDocument: trustsRoot()}))
	key := createKey(t, s, "u")
	const own, other = "arn:aws:iam::" + account, "arn:aws:iam::" + elsewhere
	tests := map[string]bool{
		"*":                                true,
		account:                            true,
		elsewhere:                          true,
		own + ":root":                      true,
		own + ":user/u":                    true,
		own + ":role/R":                    true,
		own + ":role/a/b/Deep":             true,
		role.RoleID:                        true,
		user.UserID:                        true,
		other + ":user/nobody":             true, // another account is beyond our sight
		other + ":role/nothing":            true,
		arn.NewEntityID("AROA", elsewhere): true,
		"arn:aws:sts::" + account + ":assumed-role/R/session":       true,
		"arn:aws:sts::" + account + ":assumed-role/r/session":       false,
		"arn:aws:sts::" + account + ":assumed-role/nothing/session": false,
		"arn:aws:sts::" + elsewhere + ":assumed-role/x/session":     true,
		own + ":user/nobody":               false,
		own + ":role/nothing":              false,
		own + ":role/u":                    false,
		own + ":user/R":                    false,
		own + ":user/U":                    false, // matches no caller: ARNs have case
		own + ":role/Deep":                 false, // nor does an ARN without its path
		own + ":role/wrong/R":              false,
		arn.NewEntityID("AROA", account):   false,
		arn.NewEntityID("AIDA", account):   false,
		"AIDAAAAAAAAAAAAAAAAAA":            false, // of no account
		"AROA" + user.UserID[len("AIDA"):]: false,
	}
	for principal, exists := range tests {
		in := &iam.UpdateAssumeRolePolicyInput{RoleName: "R", PolicyDocument: trusts(`{"AWS":["` + account + `","` + principal + `"]}`)}
		_, err := s.UpdateAssumeRolePolicy(t.Context(), root(), in)
		if exists && err != nil {
			t.Errorf("%s: %v", principal, err)
		}
		if !exists {
			refused(t, err, 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+principal+`"`)
		}
	}
	_, err := s.UpdateAssumeRolePolicy(t.Context(), root(),
		&iam.UpdateAssumeRolePolicyInput{RoleName: "R", PolicyDocument: trusts(`{"AWS":"` + key.AccessKeyID + `"}`)})
	if err == nil {
		t.Error("an access key is a principal")
	}
}

func TestEveryStatementsPrincipalsMustExist(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	document := `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},` +
		`{"Effect":"Deny","Principal":{"Service":"ec2.amazonaws.com","AWS":"arn:aws:iam::123456789012:user/x"},"Action":"sts:AssumeRole"}]}`
	_, err := s.UpdateAssumeRolePolicy(t.Context(), root(), &iam.UpdateAssumeRolePolicyInput{RoleName: "R", PolicyDocument: document})
	refused(t, err, 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/x"`)
}

func TestUpdateAssumeRolePolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
		`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` +
		`"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:00000000-0000-4000-8000-000000000000"},` +
		`"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}}}`
	must[struct{}](t)(s.UpdateAssumeRolePolicy(t.Context(), root(), &iam.UpdateAssumeRolePolicyInput{RoleName: "r", PolicyDocument: document}))
	for _, bad := range []string{"{}", allows("s3:*", 0), sized(2049)} {
		if _, err := s.UpdateAssumeRolePolicy(t.Context(), root(), &iam.UpdateAssumeRolePolicyInput{RoleName: "R", PolicyDocument: bad}); err == nil {
			t.Errorf("took %.60s", bad)
		}
	}
	role := must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})).Role
	if got, err := url.PathUnescape(role.AssumeRolePolicyDocument); err != nil || got != document {
		t.Errorf("the trust policy is %q, %v", got, err)
	}
}

// TestTrustIsBound shows whom a trust policy names, whatever becomes of them.
func TestTrustIsBound(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const own = "arn:aws:iam::" + account
	other, user := createRole(t, s, "other"), createUser(t, s, "alice")
	document := func(first, second string) string {
		return trusts(`{"AWS":["` + first + `", "` + account + `", "` + second + `"],"Service":"ec2.amazonaws.com"}`)
	}
	created := must[iam.CreateRoleOutput](t)(s.CreateRole(t.Context(), root(), &iam.CreateRoleInput{
		RoleName: "R", AssumeRolePolicyDocument: document(user.ARN, other.ARN), Description: "d",
	})).Role
	shown := func(want string) {
		t.Helper()
		got := must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})).Role.AssumeRolePolicyDocument
		if text, err := url.PathUnescape(got); err != nil || text != want {
			t.Errorf("the trust policy is %q, %v, want %q", text, err, want)
		}
		list := must[iam.ListRolesOutput](t)(s.ListRoles(t.Context(), root(), &iam.ListRolesInput{})).Roles
		for _, role := range list {
			if role.RoleName == "R" && role.AssumeRolePolicyDocument != got {
				t.Errorf("ListRoles shows %q, GetRole %q", role.AssumeRolePolicyDocument, got)
			}
		}
		all := must[iam.GetAccountAuthorizationDetailsOutput](t)(s.GetAccountAuthorizationDetails(t.Context(), root(), &iam.GetAccountAuthorizationDetailsInput{}))
		for _, role := range all.RoleDetailList {
			if role.RoleName == "R" && role.AssumeRolePolicyDocument != got {
				t.Errorf("GetAccountAuthorizationDetails shows %q, GetRole %q", role.AssumeRolePolicyDocument, got)
			}
		}
	}
	shown(document(user.ARN, other.ARN))
	if text, _ := url.PathUnescape(created.AssumeRolePolicyDocument); text != document(user.ARN, other.ARN) {
		t.Errorf("CreateRole shows %q", text)
	}
	if stored, err := s.Roles.Get(t.Context(), "R"); err != nil || stored.Trust.Source() != document(user.UserID, other.RoleID) {
		t.Errorf("kept is %q, %v", stored.Trust.Source(), err)
	}

	must[struct{}](t)(s.UpdateUser(t.Context(), root(), &iam.UpdateUserInput{UserName: "alice", NewUserName: "bob", NewPath: "/a/"}))
	shown(document(own+":user/a/bob", other.ARN))
	must[struct{}](t)(s.DeleteRole(t.Context(), root(), &iam.DeleteRoleInput{RoleName: "other"}))
	shown(document(own+":user/a/bob", other.RoleID))
	createRole(t, s, "other")
	must[struct{}](t)(s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "bob"}))
	must[iam.CreateUserOutput](t)(s.CreateUser(t.Context(), root(), &iam.CreateUserInput{UserName: "bob", Path: "/a/"}))
	shown(document(user.UserID, other.RoleID))
	described := must[iam.UpdateRoleDescriptionOutput](t)(s.UpdateRoleDescription(t.Context(), root(), &iam.UpdateRoleDescriptionInput{RoleName: "R"})).Role
	if text, _ := url.PathUnescape(described.AssumeRolePolicyDocument); text != document(user.UserID, other.RoleID) {
		t.Errorf("UpdateRoleDescription shows %q", text)
	}

	_, err := s.UpdateAssumeRolePolicy(t.Context(), root(), &iam.UpdateAssumeRolePolicyInput{RoleName: "R", PolicyDocument: document(user.UserID, account)})
	refused(t, err, 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+user.UserID+`"`)
}
