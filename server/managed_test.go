package server_test

import (
	"net/http"
	"net/url"
	"testing"
)

const ownPolicy = "arn:aws:iam::123456789012:policy/p"

// TestManagedPolicy goes the way of Terraform from a managed policy to what it allows,
// and back.
func TestManagedPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	made := w.iam(t, rootKey(), "CreatePolicy", "PolicyName", "p", "PolicyDocument", allow("iam:ListRoles"), "Description", "").ok(t)
	if made.xml("Policy", "Arn") != ownPolicy || made.xml("AttachmentCount") != "0" || made.xml("DefaultVersionId") != "v1" {
		t.Errorf("got %s", made.body)
	}
	w.iam(t, user, "ListRoles").is(t, http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "+
		"iam:ListRoles on resource: arn:aws:iam::123456789012:role/ because no identity-based policy allows the iam:ListRoles action")
	w.iam(t, rootKey(), "AttachUserPolicy", "UserName", "u", "PolicyArn", ownPolicy).ok(t)
	w.iam(t, user, "ListRoles").ok(t)
	if n := w.iam(t, rootKey(), "GetPolicy", "PolicyArn", ownPolicy).ok(t).xml("AttachmentCount"); n != "1" {
		t.Errorf("attached %s times", n)
	}
	version := w.iam(t, rootKey(), "GetPolicyVersion", "PolicyArn", ownPolicy, "VersionId", "v1").ok(t)
	if document, err := url.PathUnescape(version.xml("Document")); err != nil || document != allow("iam:ListRoles") {
		t.Errorf("the document is %q, %v", document, err)
	}
	w.iam(t, rootKey(), "DeletePolicy", "PolicyArn", ownPolicy).is(t, http.StatusConflict, "DeleteConflict", "Cannot delete a policy attached to entities.")
	w.iam(t, rootKey(), "DetachUserPolicy", "UserName", "u", "PolicyArn", ownPolicy).ok(t)
	if code := w.iam(t, user, "ListRoles").code(); code != "AccessDenied" {
		t.Errorf("allowed by a policy that was detached: %s", code)
	}
	w.iam(t, rootKey(), "DeletePolicy", "PolicyArn", ownPolicy).ok(t)
	w.iam(t, rootKey(), "GetPolicy", "PolicyArn", ownPolicy).is(t, http.StatusNotFound, "NoSuchEntity", "Policy "+ownPolicy+" was not found.")
}

// TestBoundary holds an administrator within a boundary.
func TestBoundary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.iam(t, rootKey(), "CreatePolicy", "PolicyName", "p", "PolicyDocument", allow("iam:Get*")).ok(t)
	user := w.user(t, "u", allow("*"))
	w.iam(t, rootKey(), "PutUserPermissionsBoundary", "UserName", "u", "PermissionsBoundary", ownPolicy).ok(t)
	shown := w.iam(t, user, "GetUser").ok(t)
	if got := shown.xml("PermissionsBoundary", "PermissionsBoundaryArn"); got != ownPolicy || shown.xml("PermissionsBoundaryType") != "Policy" {
		t.Errorf("got %s", shown.body)
	}
	w.iam(t, user, "DeleteUserPermissionsBoundary", "UserName", "u").is(t, http.StatusForbidden, "AccessDenied",
		"User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:DeleteUserPermissionsBoundary on resource: "+
			"arn:aws:iam::123456789012:user/u because no permissions boundary allows the iam:DeleteUserPermissionsBoundary action")
	w.iam(t, rootKey(), "DeleteUserPermissionsBoundary", "UserName", "u").ok(t)
	w.iam(t, user, "ListRoles").ok(t)
}

// TestAWSPolicy attaches AWS's own policy to a group, and finds that nobody, not even
// root, can change it.
func TestAWSPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	w.iam(t, rootKey(), "CreateGroup", "GroupName", "admins", "Path", "/x/").ok(t)
	w.iam(t, rootKey(), "AttachGroupPolicy", "GroupName", "admins", "PolicyArn", administrator).ok(t)
	w.iam(t, rootKey(), "AddUserToGroup", "GroupName", "admins", "UserName", "u").ok(t)
	if got := w.iam(t, user, "GetGroup", "GroupName", "admins").ok(t).xml("Users", "member", "UserName"); got != "u" {
		t.Errorf("the member is %q", got)
	}
	if got := w.iam(t, user, "GetAccountSummary").ok(t); got.xml("SummaryMap", "entry", "key") == "" || got.xml("SummaryMap", "entry", "value") == "" {
		t.Errorf("got %s", got.body)
	}
	for name, parameters := range map[string][]string{
		"DeletePolicy":            nil,
		"CreatePolicyVersion":     {"PolicyDocument", allow("*")},
		"SetDefaultPolicyVersion": {"VersionId", "v1"},
		"TagPolicy":               {"Tags.member.1.Key", "k", "Tags.member.1.Value", "v"},
	} {
		shown := "policy " + administrator
		if name == "TagPolicy" {
			shown = administrator
		}
		w.iam(t, rootKey(), name, append(parameters, "PolicyArn", administrator)...).is(t, http.StatusForbidden, "AccessDenied",
			"User: arn:aws:iam::123456789012:root is not authorized to perform: iam:"+name+" on resource: "+shown+
				" because no identity-based policy allows the iam:"+name+" action")
	}
	w.iam(t, rootKey(), "CreateRole", "RoleName", "r", "Path", "/aws-reserved/", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}`).
		is(t, http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::123456789012:root is not authorized to perform: iam:CreateRole on resource: "+
			"arn:aws:iam::123456789012:role/aws-reserved/r because no identity-based policy allows the iam:CreateRole action")
}
