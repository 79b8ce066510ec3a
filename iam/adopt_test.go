package iam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

const (
	adoptedRoleID   = "AROADBQP57FF2AEXAMPLE"
	adoptedPolicyID = "ANPADBQP57FF2AEXAMPLE"
)

// adoptedRole is a role as another account shows it.
func adoptedRole() iam.AdoptedRole {
	return iam.AdoptedRole{
		Role: iam.Role{
			Path: "/app/", Name: "App", ID: adoptedRoleID, Description: "users", MaxSession: 2 * time.Hour,
			Tags: []iam.Tag{{Key: "team", Value: "x"}, {Key: "aws:cloudformation:stack-name", Value: "app"}}, Created: noon().AddDate(-3, 0, 0),
		},
		Trust:  trustsRoot(),
		Inline: map[string]string{"Own": allows("s3:GetObject", 100)},
	}
}

func adoptedPolicy() iam.AdoptedPolicy {
	return iam.AdoptedPolicy{
		Policy:  iam.ManagedPolicy{Path: "/", Name: "Photos", ID: adoptedPolicyID, Created: noon(), Updated: noon()},
		Version: 3, Document: allows("s3:PutObject", 7000), Created: noon(), // more than the quota of new ones
	}
}

const photos = "arn:aws:iam::" + account + ":policy/Photos"

func TestAdoptRole(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	if _, err := s.AdoptPolicy(ctx, adoptedPolicy()); err != nil {
		t.Fatal(err)
	}
	bounds, reads := createPolicy(t, s, "Bounds", "s3:*"), "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"
	adopt := func(r iam.AdoptedRole, want iam.Adoption) {
		t.Helper()
		done, err := s.AdoptRole(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, done); diff != "" {
			t.Errorf("adoption (-want +got):\n%s", diff)
		}
	}
	r := adoptedRole()
	r.Attached, r.Boundary = []string{photos, reads}, bounds
	adopt(r, iam.Adoption{Created: true})
	adopt(r, iam.Adoption{})
	got := must[iam.GetRoleOutput](t)(s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "app"})).Role
	want := iam.RoleOutput{
		Path: "/app/", RoleName: "App", RoleID: adoptedRoleID, ARN: "arn:aws:iam::" + account + ":role/app/App", CreateDate: noon().AddDate(-3, 0, 0),
		AssumeRolePolicyDocument: got.AssumeRolePolicyDocument, Description: "users", MaxSessionDuration: 7200, Tags: r.Role.Tags,
		PermissionsBoundary: &iam.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryARN: bounds},
		RoleLastUsed:        &iam.RoleLastUsed{},
	}
	if diff := cmp.Diff(want, got); diff != "" || decoded(t, got.AssumeRolePolicyDocument) != r.Trust {
		t.Errorf("role (-want +got):\n%s, trust %s", diff, got.AssumeRolePolicyDocument)
	}
	if count(t, s, photos) != 1 || usedAsBoundary(t, s, bounds) != 1 {
		t.Error("the policies do not know of the role")
	}

	r.Role.Tags = []iam.Tag{r.Role.Tags[1], r.Role.Tags[0]}
	adopt(r, iam.Adoption{}) // in another order
	r.Attached, r.Boundary, r.Inline, r.Role.Description = []string{reads}, "", nil, ""
	adopt(r, iam.Adoption{Changed: []string{"Attached", "Boundary", "Description", "Policies"}})
	if count(t, s, photos) != 0 || usedAsBoundary(t, s, bounds) != 0 {
		t.Error("the policies still know of the role")
	}
}

// TestAdoptNoOther leaves what has the same name and is another thing.
func TestAdoptNoOther(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	before := createRole(t, s, "app")
	createPolicy(t, s, "photos", "s3:*")
	policy := adoptedPolicy()
	r := adoptedRole()
	r.Attached = []string{"arn:aws:iam::" + account + ":policy/photos"}
	_, roleErr := s.AdoptRole(ctx, r)
	_, policyErr := s.AdoptPolicy(ctx, policy)
	for _, err := range []error{roleErr, policyErr} {
		if !errors.Is(err, iam.ErrOther) {
			t.Errorf("got %v, want ErrOther", err)
		}
	}
	after := must[iam.GetRoleOutput](t)(s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "app"})).Role
	if diff := cmp.Diff(before.RoleID, after.RoleID); diff != "" || count(t, s, r.Attached[0]) != 0 {
		t.Errorf("the role has changed (-want +got):\n%s", diff)
	}
	policy.Policy.Name = "Other"
	if _, err := s.AdoptPolicy(ctx, policy); err != nil {
		t.Fatal(err)
	}
	policy.Policy.Name = "Third"
	_, err := s.AdoptPolicy(ctx, policy)
	refused(t, err, 409, "EntityAlreadyExists", "A policy with the unique id "+adoptedPolicyID+" already exists.")
}

// TestAdoptedTrust binds a trust policy to those who are here, and to the ids of those
// who are not.
func TestAdoptedTrust(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	here := createUser(t, s, "here")
	user := func(name string) string { return "arn:aws:iam::" + account + ":user/" + name }
	const there = "AIDADBQP57FF2AEXAMPLE"
	r := adoptedRole()
	r.Trust = trusts(`{"AWS":["` + here.ARN + `","` + user("there") + `","AIDAGONE00000EXAMPLE"],"Federated":"cognito-identity.amazonaws.com"}`)
	r.Principals = map[string]string{here.ARN: "AIDAHEREELSEWHERE0000", user("there"): there}
	if _, err := s.AdoptRole(ctx, r); err != nil {
		t.Fatal(err)
	}
	shows := func(want string) {
		t.Helper()
		got := must[iam.GetRoleOutput](t)(s.GetRole(ctx, root(), &iam.GetRoleInput{RoleName: "App"})).Role.AssumeRolePolicyDocument
		if text := decoded(t, got); text != want {
			t.Errorf("the role trusts %s, want %s", text, want)
		}
	}
	shows(strings.Replace(r.Trust, user("there"), there, 1))
	createUser(t, s, "there")
	shows(strings.Replace(r.Trust, user("there"), there, 1)) // another user of that name
	done, err := s.AdoptRole(ctx, r)
	if diff := cmp.Diff(iam.Adoption{Changed: []string{"Trust"}}, done); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	shows(r.Trust)
	r.Trust = trusts(`{"AWS":"` + user("nobody") + `"}`)
	_, err = s.AdoptRole(ctx, r)
	refused(t, err, 400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"`+user("nobody")+`"`)
}

// TestAdoptRefuses what is not as AWS would have it.
func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*iam.AdoptedRole){
		"id":       func(r *iam.AdoptedRole) { r.Role.ID = "AIDADBQP57FF2AEXAMPLE" },
		"trust":    func(r *iam.AdoptedRole) { r.Trust = allows("s3:*", 100) },
		"inline":   func(r *iam.AdoptedRole) { r.Inline["Own"] = trustsRoot() },
		"attached": func(r *iam.AdoptedRole) { r.Attached = []string{photos} },
		"boundary": func(r *iam.AdoptedRole) { r.Boundary = photos },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := newService(t), adoptedRole()
			change(&r)
			if done, err := s.AdoptRole(t.Context(), r); err == nil {
				t.Errorf("the role is adopted: %v", done)
			}
			if _, err := s.Roles.Get(t.Context(), "App"); err == nil {
				t.Error("the role is here")
			}
		})
	}
}

func TestAdoptPolicy(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	p := adoptedPolicy()
	for _, want := range []iam.Adoption{{Created: true}, {}} {
		done, err := s.AdoptPolicy(ctx, p)
		if diff := cmp.Diff(want, done); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	p.Version, p.Document = 7, allows("s3:GetObject", 100)
	if _, err := s.AdoptPolicy(ctx, p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"v7*"}, versions(t, s, photos)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	created := must[iam.CreatePolicyVersionOutput](t)(s.CreatePolicyVersion(ctx, root(), &iam.CreatePolicyVersionInput{PolicyARN: photos, PolicyDocument: allows("s3:*", 100)}))
	if created.PolicyVersion.VersionID != "v8" {
		t.Errorf("the next version is %s", created.PolicyVersion.VersionID)
	}
}

// TestAdoptCopy takes from AWS itself what it takes from nobody else, but nothing that is
// no policy.
func TestAdoptCopy(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	p := adoptedPolicy()
	p.Document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:Publish","Resource":"arn:what:sns:*:*:x"}]}`
	_, err := s.AdoptPolicy(ctx, p)
	refused(t, err, 400, "MalformedPolicyDocument", `Partition "what" is not valid for resource "arn:what:sns:*:*:x".`)
	p.Copied = true
	if _, err := s.AdoptPolicy(ctx, p); err != nil {
		t.Error(err)
	}
	p.Document = `{"Version":"2012-10-17"}`
	_, err = s.AdoptPolicy(ctx, p)
	refused(t, err, 400, "MalformedPolicyDocument", "Syntax errors in policy.")
}

func TestAdoptProviders(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	oidc := iam.OIDCProvider{Host: "login.example.test/a", ClientIDs: []string{"b", "a"}, Thumbprints: []string{strings.Repeat("0a", 20)}, Created: noon()}
	saml := iam.SAMLProvider{Name: "Corp", UUID: "SAMLSPEXAMPLE", Document: samlMetadata(""), Encryption: "Required", Created: noon(), ValidUntil: noon().AddDate(1, 0, 0)}
	for _, want := range []iam.Adoption{{Created: true}, {}} {
		done, err := s.AdoptOIDCProvider(ctx, oidc)
		if diff := cmp.Diff(want, done); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		done, err = s.AdoptSAMLProvider(ctx, saml)
		if diff := cmp.Diff(want, done); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	corp := "arn:aws:iam::" + account + ":saml-provider/Corp"
	if err := updateSAML(t, s, iam.UpdateSAMLProviderInput{SAMLProviderARN: corp, AddPrivateKey: pemKey(t, "PRIVATE KEY")}); err != nil {
		t.Fatal(err)
	}
	saml.Encryption = "Allowed"
	if _, err := s.AdoptSAMLProvider(ctx, saml); err != nil {
		t.Fatal(err)
	}
	if got := getSAML(t, s, corp); len(got.PrivateKeyList) != 1 || got.AssertionEncryptionMode != "Allowed" || got.SAMLProviderUUID != saml.UUID {
		t.Errorf("the provider is %+v", got)
	}
	saml.UUID = "SAMLSPOTHER"
	if _, err := s.AdoptSAMLProvider(ctx, saml); !errors.Is(err, iam.ErrOther) {
		t.Errorf("another provider: %v", err)
	}
	oidc.Host = "login.example.test?x"
	if _, err := s.AdoptOIDCProvider(ctx, oidc); err == nil {
		t.Error("an issuer with a query was adopted")
	}
}
