package iam_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func TestCreateRole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	trust := strings.ReplaceAll(trustsRoot(), `:[`, ": [ ") + "\n"
	in := &iam.CreateRoleInput{
		Path:                     "/service-role/",
		RoleName:                 "Guest",
		AssumeRolePolicyDocument: trust,
		Description:              "for guests",
		MaxSessionDuration:       7200,
		Tags:                     []iam.Tag{{Key: "team", Value: ""}},
	}
	created, err := s.CreateRole(t.Context(), root(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(created.Role.RoleID) {
		t.Errorf("RoleId = %q", created.Role.RoleID)
	}
	want := iam.RoleOutput{
		Path:                     "/service-role/",
		RoleName:                 "Guest",
		RoleID:                   created.Role.RoleID,
		ARN:                      "arn:aws:iam::123456789012:role/service-role/Guest",
		CreateDate:               noon(),
		AssumeRolePolicyDocument: strings.ReplaceAll(url.QueryEscape(trust), "+", "%20"),
		Description:              "for guests",
		MaxSessionDuration:       7200,
		Tags:                     []iam.Tag{{Key: "team", Value: ""}},
	}
	if diff := cmp.Diff(want, created.Role); diff != "" {
		t.Errorf("CreateRole (-want +got):\n%s", diff)
	}
	got, err := s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "gUEST"})
	if err != nil {
		t.Fatal(err)
	}
	want.RoleLastUsed = &iam.RoleLastUsed{}
	if diff := cmp.Diff(want, got.Role); diff != "" {
		t.Errorf("GetRole (-want +got):\n%s", diff)
	}
	decoded, err := url.PathUnescape(got.Role.AssumeRolePolicyDocument)
	if err != nil || decoded != trust {
		t.Errorf("the document came back as %q, %v", decoded, err)
	}
}

func TestCreateRoleDefaults(t *testing.T) {
	t.Parallel()
	role := createRole(t, newService(t), "R")
	if role.Path != "/" || role.MaxSessionDuration != 3600 || role.ARN != "arn:aws:iam::123456789012:role/R" {
		t.Errorf("got %+v", role)
	}
}

func TestCreateRoleRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "Taken")
	boundary := "arn:aws:iam::123456789012:policy/b"
	tests := map[string]struct {
		in            iam.CreateRoleInput
		status        int
		code, message string
	}{
		"taken": {
			iam.CreateRoleInput{RoleName: "tAKEN", Path: "/x/"},
			409, "EntityAlreadyExists", "Role with name tAKEN already exists.",
		},
		"boundary": {
			iam.CreateRoleInput{RoleName: "R", PermissionsBoundary: boundary},
			404, "NoSuchEntity", "Scope ARN: " + boundary + " does not exist or is not attachable.",
		},
		"twice the same tag": {
			iam.CreateRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}},
			400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"reserved tag": {
			iam.CreateRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "Aws:x"}}},
			400, "InvalidInput", "Tag keys that begin with aws: are reserved: Aws:x",
		},
		"not JSON": {
			iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: "{"},
			400, "MalformedPolicyDocument", "Syntax errors in policy.",
		},
		"a resource": {
			iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: strings.Replace(trustsRoot(), `"Action"`, `"Resource":"*","Action"`, 1)},
			400, "MalformedPolicyDocument", "Has prohibited field Resource",
		},
		"too long": {
			iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: sized(2049)},
			409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048",
		},
		"nobody": {
			iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: trusts(`{"AWS":"arn:aws:iam::123456789012:user/nobody"}`)},
			400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nobody"`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.in.AssumeRolePolicyDocument == "" {
				tt.in.AssumeRolePolicyDocument = trustsRoot()
			}
			_, err := s.CreateRole(t.Context(), root(), &tt.in)
			refused(t, err, tt.status, tt.code, tt.message)
			_, err = s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})
			refused(t, err, 404, "NoSuchEntity", "The role with name R cannot be found.")
		})
	}
}

// sized is a trust policy of so many characters besides white space.
func sized(size int) string {
	document := `{ "Version" : "2012-10-17", "Id" : "PAD", "Statement" : [ ` +
		`{ "Effect" : "Allow", "Principal" : "*", "Action" : "sts:AssumeRole" } ] }`
	solid := strings.ReplaceAll(document, " ", "")
	return strings.Replace(document, "PAD", strings.Repeat("x", 3+size-len(solid)), 1)
}

func TestTrustPolicyMayBeAsLongAsTheQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := &iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: sized(2048)}
	if _, err := s.CreateRole(t.Context(), root(), in); err != nil {
		t.Error(err)
	}
}

func TestUpdateRole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	text, empty := "new", ""
	steps := []struct {
		in          iam.UpdateRoleInput
		description string
		seconds     int32
	}{
		{iam.UpdateRoleInput{Description: &text}, "new", 3600},
		{iam.UpdateRoleInput{MaxSessionDuration: 43200}, "new", 43200},
		{iam.UpdateRoleInput{}, "new", 43200},
		{iam.UpdateRoleInput{Description: &empty}, "", 43200},
	}
	for _, step := range steps {
		step.in.RoleName = "r"
		if out, err := s.UpdateRole(t.Context(), root(), &step.in); err != nil || out == nil {
			t.Fatal(out, err)
		}
		got := must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})).Role
		if got.Description != step.description || got.MaxSessionDuration != step.seconds {
			t.Errorf("after %+v: %+v", step.in, got)
		}
	}
	out := must[iam.UpdateRoleDescriptionOutput](t)(
		s.UpdateRoleDescription(t.Context(), root(), &iam.UpdateRoleDescriptionInput{RoleName: "R", Description: "other"}))
	got := must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})).Role
	got.RoleLastUsed = nil // shown by GetRole alone
	if diff := cmp.Diff(got, out.Role); diff != "" || got.Description != "other" {
		t.Errorf("UpdateRoleDescription shows another role than GetRole (-get +update):\n%s", diff)
	}
}

func TestDeleteRole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	first := createRole(t, s, "R")
	must[struct{}](t)(s.PutRolePolicy(t.Context(), root(),
		&iam.PutRolePolicyInput{RoleName: "R", PolicyName: "p", PolicyDocument: allows("s3:*", 0)}))
	_, err := s.DeleteRole(t.Context(), root(), &iam.DeleteRoleInput{RoleName: "R"})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must[struct{}](t)(s.DeleteRolePolicy(t.Context(), root(), &iam.DeleteRolePolicyInput{RoleName: "R", PolicyName: "p"}))
	must[struct{}](t)(s.DeleteRole(t.Context(), root(), &iam.DeleteRoleInput{RoleName: "r"}))
	_, err = s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "R"})
	refused(t, err, 404, "NoSuchEntity", "The role with name R cannot be found.")
	if second := createRole(t, s, "R"); second.RoleID == first.RoleID {
		t.Error("a role made anew has the id of the old one")
	}
}

func TestNoSuchRole(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	text := "x"
	calls := map[string]func() error{
		"GetRole":    func() error { _, err := s.GetRole(ctx, c, &iam.GetRoleInput{RoleName: "N"}); return err },
		"DeleteRole": func() error { _, err := s.DeleteRole(ctx, c, &iam.DeleteRoleInput{RoleName: "N"}); return err },
		"UpdateRole": func() error {
			_, err := s.UpdateRole(ctx, c, &iam.UpdateRoleInput{RoleName: "N", Description: &text})
			return err
		},
		"UpdateRoleDescription": func() error {
			_, err := s.UpdateRoleDescription(ctx, c, &iam.UpdateRoleDescriptionInput{RoleName: "N"})
			return err
		},
		"UpdateAssumeRolePolicy": func() error {
			_, err := s.UpdateAssumeRolePolicy(ctx, c, &iam.UpdateAssumeRolePolicyInput{RoleName: "N", PolicyDocument: trustsRoot()})
			return err
		},
		"TagRole":      func() error { _, err := s.TagRole(ctx, c, &iam.TagRoleInput{RoleName: "N"}); return err },
		"UntagRole":    func() error { _, err := s.UntagRole(ctx, c, &iam.UntagRoleInput{RoleName: "N"}); return err },
		"ListRoleTags": func() error { _, err := s.ListRoleTags(ctx, c, &iam.ListRoleTagsInput{RoleName: "N"}); return err },
		"PutRolePolicy": func() error {
			_, err := s.PutRolePolicy(ctx, c, &iam.PutRolePolicyInput{RoleName: "N", PolicyName: "p", PolicyDocument: allows("s3:*", 0)})
			return err
		},
		"GetRolePolicy": func() error {
			_, err := s.GetRolePolicy(ctx, c, &iam.GetRolePolicyInput{RoleName: "N", PolicyName: "p"})
			return err
		},
		"DeleteRolePolicy": func() error {
			_, err := s.DeleteRolePolicy(ctx, c, &iam.DeleteRolePolicyInput{RoleName: "N", PolicyName: "p"})
			return err
		},
		"ListRolePolicies": func() error {
			_, err := s.ListRolePolicies(ctx, c, &iam.ListRolePoliciesInput{RoleName: "N"})
			return err
		},
		"ListAttachedRolePolicies": func() error {
			_, err := s.ListAttachedRolePolicies(ctx, c, &iam.ListAttachedRolePoliciesInput{RoleName: "N"})
			return err
		},
		"ListInstanceProfilesForRole": func() error {
			_, err := s.ListInstanceProfilesForRole(ctx, c, &iam.ListInstanceProfilesForRoleInput{RoleName: "N"})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			refused(t, call(), 404, "NoSuchEntity", "The role with name N cannot be found.")
		})
	}
}

func TestNothingIsAttachedToARole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	attached := must[iam.ListAttachedRolePoliciesOutput](t)(
		s.ListAttachedRolePolicies(t.Context(), root(), &iam.ListAttachedRolePoliciesInput{RoleName: "R"}))
	if diff := cmp.Diff(&iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []iam.AttachedPolicy{}}, attached); diff != "" {
		t.Errorf("ListAttachedRolePolicies (-want +got):\n%s", diff)
	}
	profiles := must[iam.ListInstanceProfilesForRoleOutput](t)(
		s.ListInstanceProfilesForRole(t.Context(), root(), &iam.ListInstanceProfilesForRoleInput{RoleName: "R"}))
	if diff := cmp.Diff(&iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: []iam.InstanceProfile{}}, profiles); diff != "" {
		t.Errorf("ListInstanceProfilesForRole (-want +got):\n%s", diff)
	}
}

func TestRoleQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 1000, func(name string) error {
		return s.Roles.Create(t.Context(), iam.Role{Account: account, Path: "/", Name: name, ID: "AROA" + name})
	})
	_, err := s.CreateRole(t.Context(), root(), &iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: trustsRoot()})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000")
	must[struct{}](t)(s.DeleteRole(t.Context(), root(), &iam.DeleteRoleInput{RoleName: "n7"}))
	createRole(t, s, "R")
}
