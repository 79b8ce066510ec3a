package iam_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

func decoded(t *testing.T, document string) string {
	t.Helper()
	text, err := url.PathUnescape(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// versions lists the versions of a policy, the default one with a star.
func versions(t *testing.T, s *iam.Service, arn string) []string {
	t.Helper()
	var ids []string
	in := &iam.ListPolicyVersionsInput{PolicyARN: arn, MaxItems: 2}
	for more := true; more; {
		out := must[iam.ListPolicyVersionsOutput](t)(s.ListPolicyVersions(t.Context(), root(), in))
		for _, v := range out.Versions {
			if v.Document != "" || v.CreateDate.IsZero() {
				t.Errorf("listed %+v", v)
			}
			if v.IsDefaultVersion {
				v.VersionID += "*"
			}
			ids = append(ids, v.VersionID)
		}
		in.Marker, more = out.Marker, out.IsTruncated
	}
	return ids
}

// TestPolicyVersions goes the way of Terraform: a new version, then the default, and
// when there are five, the oldest goes first. No number comes twice.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	p := createPolicy(t, s, "p", "s3:v1")
	add := func(action string, isDefault bool) (*iam.CreatePolicyVersionOutput, error) {
		return later(s, time.Hour).CreatePolicyVersion(ctx, root(),
			&iam.CreatePolicyVersionInput{PolicyARN: p, PolicyDocument: allows(action, 0), SetAsDefault: isDefault})
	}
	created := must[iam.CreatePolicyVersionOutput](t)(add("s3:v2", false)).PolicyVersion
	want := iam.PolicyVersionOutput{VersionID: "v2", CreateDate: noon().Add(time.Hour)}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("CreatePolicyVersion (-want +got):\n%s", diff)
	}
	expect := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, versions(t, s, p)); diff != "" {
			t.Errorf("versions (-want +got):\n%s", diff)
		}
	}
	expect("v2", "v1*")
	if got := must[iam.CreatePolicyVersionOutput](t)(add("s3:v3", true)).PolicyVersion; !got.IsDefaultVersion {
		t.Errorf("got %+v", got)
	}
	must[iam.CreatePolicyVersionOutput](t)(add("s3:v4", false))
	must[iam.CreatePolicyVersionOutput](t)(add("s3:v5", false))
	expect("v5", "v4", "v3*", "v2", "v1")
	_, err := add("s3:v6", true)
	refused(t, err, 409, "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")
	drop := func(id string) error {
		_, err := s.DeletePolicyVersion(ctx, root(), &iam.DeletePolicyVersionInput{PolicyARN: p, VersionID: id})
		return err
	}
	refused(t, drop("v3"), 409, "DeleteConflict", "Cannot delete the default version of a policy.")
	if err := drop("v5"); err != nil {
		t.Fatal(err)
	}
	must[iam.CreatePolicyVersionOutput](t)(add("s3:v6", false))
	expect("v6", "v4", "v3*", "v2", "v1")
	refused(t, drop("v5"), 404, "NoSuchEntity", "Policy "+p+" version v5 does not exist or is not attachable.")
	must[struct{}](t)(s.SetDefaultPolicyVersion(ctx, root(), &iam.SetDefaultPolicyVersionInput{PolicyARN: p, VersionID: "v1"}))
	_, err = s.SetDefaultPolicyVersion(ctx, root(), &iam.SetDefaultPolicyVersionInput{PolicyARN: p, VersionID: "v9"})
	refused(t, err, 404, "NoSuchEntity", "Policy "+p+" version v9 does not exist or is not attachable.")
	expect("v6", "v4", "v3", "v2", "v1*")

	got := must[iam.GetPolicyVersionOutput](t)(s.GetPolicyVersion(ctx, root(), &iam.GetPolicyVersionInput{PolicyARN: p, VersionID: "v6"})).PolicyVersion
	if decoded(t, got.Document) != allows("s3:v6", 0) || got.IsDefaultVersion || got.VersionID != "v6" {
		t.Errorf("got %+v", got)
	}
	_, err = s.GetPolicyVersion(ctx, root(), &iam.GetPolicyVersionInput{PolicyARN: p, VersionID: "v5"})
	refused(t, err, 404, "NoSuchEntity", "Policy "+p+" version v5 does not exist or is not attachable.")

	_, err = s.DeletePolicy(ctx, root(), &iam.DeletePolicyInput{PolicyARN: p})
	refused(t, err, 409, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	for _, id := range []string{"v2", "v3", "v4", "v6"} {
		if err := drop(id); err != nil {
			t.Error(err)
		}
	}
	must[struct{}](t)(s.DeletePolicy(ctx, root(), &iam.DeletePolicyInput{PolicyARN: p}))
}

func TestCreatePolicyVersionRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	p := createPolicy(t, s, "p", "s3:*")
	for document, message := range map[string]string{"{": "Syntax errors in policy.", allows("Get", 0): "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."} {
		_, err := s.CreatePolicyVersion(t.Context(), root(), &iam.CreatePolicyVersionInput{PolicyARN: p, PolicyDocument: document, SetAsDefault: true})
		refused(t, err, 400, "MalformedPolicyDocument", message)
	}
	if diff := cmp.Diff([]string{"v1*"}, versions(t, s, p)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

// The default version is what counts, from the request after it was set.
func TestDefaultVersionIsInForce(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createUser(t, s, "u")
	p := createPolicy(t, s, "p", "s3:GetObject")
	must[struct{}](t)(s.AttachUserPolicy(ctx, root(), &iam.AttachUserPolicyInput{UserName: "u", PolicyARN: p}))
	must[iam.CreatePolicyVersionOutput](t)(s.CreatePolicyVersion(ctx, root(),
		&iam.CreatePolicyVersionInput{PolicyARN: p, PolicyDocument: allows("s3:PutObject", 0)}))
	for _, step := range []struct {
		version    string
		gets, puts bool
	}{{"v1", true, false}, {"v2", false, true}, {"v1", true, false}} {
		must[struct{}](t)(s.SetDefaultPolicyVersion(ctx, root(), &iam.SetDefaultPolicyVersionInput{PolicyARN: p, VersionID: step.version}))
		if gets, puts := may(t, s, signedBy(t, s, "u"), "s3:GetObject"), may(t, s, signedBy(t, s, "u"), "s3:PutObject"); gets != step.gets || puts != step.puts {
			t.Errorf("%s: gets %v, puts %v", step.version, gets, puts)
		}
	}
}

// may reports whether a caller is allowed an action on everything.
func may(t *testing.T, s *iam.Service, caller iam.Caller, action string) bool {
	t.Helper()
	d, err := s.Authorize(t.Context(), caller, action, "*", policy.NewContext())
	if err != nil {
		t.Fatal(err)
	}
	return d.Allowed
}
