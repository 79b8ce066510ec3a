package iam_test

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

const (
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	ownPolicies   = "arn:aws:iam::" + account + ":policy/"
)

func TestCreatePolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := &iam.CreatePolicyInput{
		PolicyName: "Read", Path: "/a/b/", Description: "reads", PolicyDocument: allows("s3:Get*", 0),
		Tags: []iam.Tag{{Key: "k", Value: "v"}},
	}
	created := must[iam.CreatePolicyOutput](t)(s.CreatePolicy(t.Context(), root(), in)).Policy
	if !regexp.MustCompile(`^ANPA[A-Z2-7]{17}$`).MatchString(created.PolicyID) {
		t.Errorf("PolicyId = %q", created.PolicyID)
	}
	want := iam.ManagedPolicyOutput{
		PolicyName: "Read", PolicyID: created.PolicyID, ARN: ownPolicies + "a/b/Read", Path: "/a/b/",
		DefaultVersionID: "v1", IsAttachable: true, Description: "reads", CreateDate: noon(), UpdateDate: noon(),
		Tags: []iam.Tag{{Key: "k", Value: "v"}},
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("CreatePolicy (-want +got):\n%s", diff)
	}
	got := must[iam.GetPolicyOutput](t)(s.GetPolicy(t.Context(), root(), &iam.GetPolicyInput{PolicyARN: want.ARN})).Policy
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("GetPolicy (-want +got):\n%s", diff)
	}
	listed := must[iam.ListPoliciesOutput](t)(s.ListPolicies(t.Context(), root(), &iam.ListPoliciesInput{Scope: "Local"})).Policies
	want.Description, want.Tags = "", nil
	if diff := cmp.Diff([]iam.ManagedPolicyOutput{want}, listed); diff != "" {
		t.Errorf("ListPolicies (-want +got):\n%s", diff)
	}
	must[struct{}](t)(s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: want.ARN}))
	_, err := s.GetPolicy(t.Context(), root(), &iam.GetPolicyInput{PolicyARN: want.ARN})
	refused(t, err, 404, "NoSuchEntity", "Policy "+want.ARN+" was not found.")
}

func TestCreatePolicyRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createPolicy(t, s, "Taken", "s3:*")
	tests := map[string]struct {
		in            iam.CreatePolicyInput
		status        int
		code, message string
	}{
		"taken": {
			iam.CreatePolicyInput{PolicyName: "tAKEN", Path: "/x/"},
			409, "EntityAlreadyExists", "A policy called tAKEN already exists. Duplicate names are not allowed.",
		},
		"not JSON": {iam.CreatePolicyInput{PolicyName: "p", PolicyDocument: "{"}, 400, "MalformedPolicyDocument", "Syntax errors in policy."},
		"too long": {
			iam.CreatePolicyInput{PolicyName: "p", PolicyDocument: allows("s3:*", 6145)},
			409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144",
		},
		"tags": {
			iam.CreatePolicyInput{PolicyName: "p", Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}},
			400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.in.PolicyDocument == "" {
				tt.in.PolicyDocument = allows("s3:*", 0)
			}
			_, err := s.CreatePolicy(t.Context(), root(), &tt.in)
			refused(t, err, tt.status, tt.code, tt.message)
			_, err = s.GetPolicy(t.Context(), root(), &iam.GetPolicyInput{PolicyARN: ownPolicies + "p"})
			refused(t, err, 404, "NoSuchEntity", "Policy "+ownPolicies+"p was not found.")
		})
	}
	must[iam.CreatePolicyOutput](t)(s.CreatePolicy(t.Context(), root(),
		&iam.CreatePolicyInput{PolicyName: "full", PolicyDocument: strings.ReplaceAll(allows("s3:*", 6144), ",", ", \n")}))
}

func TestPolicyQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 1500, func(name string) error {
		return s.ManagedPolicies.Create(t.Context(), iam.ManagedPolicy{Account: account, Path: "/", Name: name, ID: "ANPA" + name})
	})
	_, err := s.CreatePolicy(t.Context(), root(), &iam.CreatePolicyInput{PolicyName: "p", PolicyDocument: allows("s3:*", 0)})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: 1500")
}

// A policy is known by its whole ARN: neither by a path that is not its own, nor in
// another account.
func TestNoSuchPolicy(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	createPolicy(t, s, "p", "s3:*")
	tests := map[string]struct {
		arn           string
		status        int
		code, message string
	}{
		"missing":         {ownPolicies + "n", 404, "NoSuchEntity", "Policy " + ownPolicies + "n was not found."},
		"another path":    {ownPolicies + "x/p", 404, "NoSuchEntity", "Policy " + ownPolicies + "x/p was not found."},
		"another case":    {ownPolicies + "P", 404, "NoSuchEntity", "Policy " + ownPolicies + "P was not found."},
		"another account": {"arn:aws:iam::" + elsewhere + ":policy/p", 404, "NoSuchEntity", "Policy arn:aws:iam::" + elsewhere + ":policy/p was not found."},
		"AWS's":           {"arn:aws:iam::aws:policy/p", 404, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/p was not found."},
		"no ARN":          {"p", 400, "InvalidInput", "ARN p is not valid."},
		"a role":          {"arn:aws:iam::" + account + ":role/p", 400, "InvalidInput", "ARN arn:aws:iam::" + account + ":role/p is not valid."},
	}
	for name, tt := range tests {
		calls := map[string]func() error{
			"GetPolicy":    func() error { _, err := s.GetPolicy(ctx, c, &iam.GetPolicyInput{PolicyARN: tt.arn}); return err },
			"DeletePolicy": func() error { _, err := s.DeletePolicy(ctx, c, &iam.DeletePolicyInput{PolicyARN: tt.arn}); return err },
			"CreatePolicyVersion": func() error {
				_, err := s.CreatePolicyVersion(ctx, c, &iam.CreatePolicyVersionInput{PolicyARN: tt.arn, PolicyDocument: allows("s3:*", 0)})
				return err
			},
			"GetPolicyVersion": func() error {
				_, err := s.GetPolicyVersion(ctx, c, &iam.GetPolicyVersionInput{PolicyARN: tt.arn, VersionID: "v1"})
				return err
			},
			"ListPolicyVersions": func() error {
				_, err := s.ListPolicyVersions(ctx, c, &iam.ListPolicyVersionsInput{PolicyARN: tt.arn})
				return err
			},
			"DeletePolicyVersion": func() error {
				_, err := s.DeletePolicyVersion(ctx, c, &iam.DeletePolicyVersionInput{PolicyARN: tt.arn, VersionID: "v1"})
				return err
			},
			"SetDefaultPolicyVersion": func() error {
				_, err := s.SetDefaultPolicyVersion(ctx, c, &iam.SetDefaultPolicyVersionInput{PolicyARN: tt.arn, VersionID: "v1"})
				return err
			},
			"TagPolicy":   func() error { _, err := s.TagPolicy(ctx, c, &iam.TagPolicyInput{PolicyARN: tt.arn}); return err },
			"UntagPolicy": func() error { _, err := s.UntagPolicy(ctx, c, &iam.UntagPolicyInput{PolicyARN: tt.arn}); return err },
			"ListPolicyTags": func() error {
				_, err := s.ListPolicyTags(ctx, c, &iam.ListPolicyTagsInput{PolicyARN: tt.arn})
				return err
			},
			"ListEntitiesForPolicy": func() error {
				_, err := s.ListEntitiesForPolicy(ctx, c, &iam.ListEntitiesForPolicyInput{PolicyARN: tt.arn})
				return err
			},
		}
		for operation, call := range calls {
			t.Run(name+" "+operation, func(t *testing.T) { refused(t, call(), tt.status, tt.code, tt.message) })
		}
	}
}

func TestAWSPoliciesAreThereAndStay(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	names := []string{
		"AdministratorAccess", "AmazonCognitoDeveloperAuthenticatedIdentities", "AmazonCognitoPowerUser", "AmazonCognitoReadOnly",
		"AmazonCognitoUnAuthedIdentitiesSessionPolicy",
	}
	var listed []string
	for _, p := range must[iam.ListPoliciesOutput](t)(s.ListPolicies(ctx, root(), &iam.ListPoliciesInput{})).Policies {
		listed = append(listed, p.PolicyName)
		got := must[iam.GetPolicyOutput](t)(s.GetPolicy(ctx, root(), &iam.GetPolicyInput{PolicyARN: p.ARN})).Policy
		if got.ARN != "arn:aws:iam::aws:policy/"+p.PolicyName || len(got.PolicyID) != 21 || got.Description == "" || got.AttachmentCount != 0 {
			t.Errorf("got %+v", got)
		}
		version := must[iam.GetPolicyVersionOutput](t)(s.GetPolicyVersion(ctx, root(),
			&iam.GetPolicyVersionInput{PolicyARN: p.ARN, VersionID: p.DefaultVersionID})).PolicyVersion
		document, err := policy.Parse(decoded(t, version.Document))
		if err == nil {
			err = document.Validate(policy.Identity)
		}
		if err != nil {
			t.Errorf("%s: %v", p.PolicyName, err)
		}
		_, err = s.DeletePolicy(ctx, root(), &iam.DeletePolicyInput{PolicyARN: p.ARN})
		refused(t, err, 404, "NoSuchEntity", "Policy "+p.ARN+" was not found.")
		_, err = s.TagPolicy(ctx, root(), &iam.TagPolicyInput{PolicyARN: p.ARN})
		refused(t, err, 404, "NoSuchEntity", "Policy "+p.ARN+" was not found.")
	}
	if diff := cmp.Diff(names, listed); diff != "" {
		t.Errorf("ListPolicies (-want +got):\n%s", diff)
	}
}

func TestNobodyMayChangeWhatIsAWSs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	must[iam.CreateUserOutput](t)(s.CreateUser(t.Context(), root(), &iam.CreateUserInput{UserName: "admin"}))
	must[struct{}](t)(s.AttachUserPolicy(t.Context(), root(), &iam.AttachUserPolicyInput{UserName: "admin", PolicyARN: administrator}))
	tests := []struct {
		action, resource string
		allowed          bool
	}{
		{"iam:DeletePolicy", administrator, false},
		{"iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/service-role/x", false},
		{"iam:TagPolicy", administrator, false},
		{"iam:GetPolicy", administrator, true},
		{"iam:ListEntitiesForPolicy", administrator, true},
		{"iam:DeletePolicy", ownPolicies + "p", true},
		{"iam:DeleteRole", "arn:aws:iam::" + account + ":role/aws-reserved/r", false},
		{"iam:GetRole", "arn:aws:iam::" + account + ":role/aws-reserved/r", true},
		{"iam:PassRole", "arn:aws:iam::" + account + ":role/aws-reserved/r", true},
		{"s3:PutObject", "arn:aws:s3:::b:role/aws-reserved/r", true},
	}
	for _, caller := range []iam.Caller{root(), signedBy(t, s, "admin")} {
		for _, tt := range tests {
			d, err := s.Authorize(t.Context(), caller, tt.action, tt.resource, policy.NewContext())
			if err != nil || d.Allowed != tt.allowed {
				t.Errorf("%s: %s on %s: %+v, %v", caller.ARN, tt.action, tt.resource, d, err)
			}
			const want = "because no identity-based policy allows the iam:DeletePolicy action"
			if got := d.Reason(tt.action); !d.Allowed && tt.action == "iam:DeletePolicy" && got != want {
				t.Errorf("the reason is %q", got)
			}
		}
	}
}

func TestListPolicies(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createRole(t, s, "r")
	attached, bounds := createPolicy(t, s, "attached", "s3:*"), createPolicy(t, s, "Bounds", "s3:*")
	createPolicy(t, s, "AdministratorAccess", "s3:*") // of the account, beside AWS's
	must[iam.CreatePolicyOutput](t)(s.CreatePolicy(ctx, root(),
		&iam.CreatePolicyInput{PolicyName: "deep", Path: "/x/y/", PolicyDocument: allows("s3:*", 0)}))
	must[struct{}](t)(s.AttachRolePolicy(ctx, root(), &iam.AttachRolePolicyInput{RoleName: "r", PolicyARN: attached}))
	must[struct{}](t)(s.AttachRolePolicy(ctx, root(), &iam.AttachRolePolicyInput{RoleName: "r", PolicyARN: administrator}))
	must[struct{}](t)(s.PutRolePermissionsBoundary(ctx, root(), &iam.PutRolePermissionsBoundaryInput{RoleName: "r", PermissionsBoundary: bounds}))
	tests := map[string]struct {
		in   iam.ListPoliciesInput
		want string
	}{
		"local":         {iam.ListPoliciesInput{Scope: "Local"}, "AdministratorAccess attached Bounds deep"},
		"path":          {iam.ListPoliciesInput{PathPrefix: "/x/"}, "deep"},
		"only attached": {iam.ListPoliciesInput{OnlyAttached: true}, "AdministratorAccess attached"},
		"AWS, attached": {iam.ListPoliciesInput{OnlyAttached: true, Scope: "AWS"}, "AdministratorAccess"},
		"permissions":   {iam.ListPoliciesInput{PolicyUsageFilter: "PermissionsPolicy", Scope: "Local"}, "attached"},
		"boundary":      {iam.ListPoliciesInput{PolicyUsageFilter: "PermissionsBoundary", Scope: "All"}, "Bounds"},
		"all": {iam.ListPoliciesInput{Scope: "All"}, "AdministratorAccess AdministratorAccess AmazonCognitoDeveloperAuthenticatedIdentities " +
			"AmazonCognitoPowerUser AmazonCognitoReadOnly AmazonCognitoUnAuthedIdentitiesSessionPolicy attached Bounds deep"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int32{1, 2, 1000} {
				var got []string
				for more := true; more; {
					tt.in.MaxItems = size
					out := must[iam.ListPoliciesOutput](t)(s.ListPolicies(t.Context(), root(), &tt.in))
					for _, p := range out.Policies {
						got = append(got, p.PolicyName)
					}
					tt.in.Marker, more = out.Marker, out.IsTruncated
				}
				if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

func TestManagedPolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	own := createPolicy(t, s, "p", "s3:*")
	for _, name := range []string{iam.GuestInlinePolicy, iam.GuestManagedPolicy, administrator, own} {
		if document, err := s.ManagedPolicy(t.Context(), name); err != nil || len(document.Statements) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "p", own + "x", "arn:aws:iam::aws:policy/None"} {
		if _, err := s.ManagedPolicy(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ManagedPolicy(ctx, ownPolicies+"other"); !errors.Is(err, context.Canceled) {
		t.Errorf("without a store: %v", err)
	}
}

func TestPolicyTags(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	p := createPolicy(t, s, "p", "s3:*")
	var tags []iam.Tag
	for c := 'a'; len(tags) < 50; c++ {
		tags = append(tags, iam.Tag{Key: "k" + string(c), Value: "v"})
	}
	must[struct{}](t)(s.TagPolicy(ctx, root(), &iam.TagPolicyInput{PolicyARN: p, Tags: slices.Insert(tags[1:50:50], 0, iam.Tag{Key: "Zz"})}))
	_, err := s.TagPolicy(ctx, root(), &iam.TagPolicyInput{PolicyARN: p, Tags: tags[:1]})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for TagsPerPolicy: 50")
	must[struct{}](t)(s.TagPolicy(ctx, root(), &iam.TagPolicyInput{PolicyARN: p, Tags: []iam.Tag{{Key: "zZ", Value: "new"}}}))
	keys := []string{"none"}
	for _, tag := range tags[2:] {
		keys = append(keys, strings.ToUpper(tag.Key))
	}
	must[struct{}](t)(s.UntagPolicy(ctx, root(), &iam.UntagPolicyInput{PolicyARN: p, TagKeys: keys}))
	want := []iam.Tag{tags[1], {Key: "zZ", Value: "new"}}
	first := must[iam.ListPolicyTagsOutput](t)(s.ListPolicyTags(ctx, root(), &iam.ListPolicyTagsInput{PolicyARN: p, MaxItems: 1}))
	second := must[iam.ListPolicyTagsOutput](t)(s.ListPolicyTags(ctx, root(), &iam.ListPolicyTagsInput{PolicyARN: p, MaxItems: 1, Marker: first.Marker}))
	if diff := cmp.Diff(want, slices.Concat(first.Tags, second.Tags)); diff != "" || second.IsTruncated {
		t.Errorf("truncated %v, tags (-want +got):\n%s", second.IsTruncated, diff)
	}
	_, err = s.TagPolicy(ctx, root(), &iam.TagPolicyInput{PolicyARN: p, Tags: []iam.Tag{{Key: "aws:x"}}})
	refused(t, err, 400, "InvalidInput", "Tag keys that begin with aws: are reserved: aws:x")
}

// later is a service on the same store some time after noon.
func later(s *iam.Service, d time.Duration) *iam.Service {
	return &iam.Service{
		Account: s.Account, Roles: s.Roles, Users: s.Users, Groups: s.Groups, ManagedPolicies: s.ManagedPolicies, Providers: s.Providers, SAMLProviders: s.SAMLProviders, Uses: s.Uses,
		Now: func() time.Time { return noon().Add(d) },
	}
}
