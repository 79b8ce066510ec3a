package iam_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

// attachAPI is the operations on managed policies of one kind of entity.
type attachAPI struct {
	attach, detach, remove func(arn string) error // remove deletes the entity
	list                   func(in iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error)
}

// attachAPIs are the operations for the role, the user and the group called name, on
// one service.
func attachAPIs(t *testing.T, s *iam.Service, name string) map[string]attachAPI {
	t.Helper()
	ctx, c := t.Context(), root()
	return map[string]attachAPI{
		"role": {
			func(arn string) error {
				_, err := s.AttachRolePolicy(ctx, c, &iam.AttachRolePolicyInput{RoleName: name, PolicyARN: arn})
				return err
			},
			func(arn string) error {
				_, err := s.DetachRolePolicy(ctx, c, &iam.DetachRolePolicyInput{RoleName: name, PolicyARN: arn})
				return err
			},
			func(string) error { _, err := s.DeleteRole(ctx, c, &iam.DeleteRoleInput{RoleName: name}); return err },
			func(in iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
				in.RoleName = name
				return s.ListAttachedRolePolicies(ctx, c, &in)
			},
		},
		"user": {
			func(arn string) error {
				_, err := s.AttachUserPolicy(ctx, c, &iam.AttachUserPolicyInput{UserName: name, PolicyARN: arn})
				return err
			},
			func(arn string) error {
				_, err := s.DetachUserPolicy(ctx, c, &iam.DetachUserPolicyInput{UserName: name, PolicyARN: arn})
				return err
			},
			func(string) error { _, err := s.DeleteUser(ctx, c, &iam.DeleteUserInput{UserName: name}); return err },
			func(in iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
				out, err := s.ListAttachedUserPolicies(ctx, c, &iam.ListAttachedUserPoliciesInput{
					UserName: name, PathPrefix: in.PathPrefix, Marker: in.Marker, MaxItems: in.MaxItems,
				})
				return (*iam.ListAttachedRolePoliciesOutput)(out), err
			},
		},
		"group": {
			func(arn string) error {
				_, err := s.AttachGroupPolicy(ctx, c, &iam.AttachGroupPolicyInput{GroupName: name, PolicyARN: arn})
				return err
			},
			func(arn string) error {
				_, err := s.DetachGroupPolicy(ctx, c, &iam.DetachGroupPolicyInput{GroupName: name, PolicyARN: arn})
				return err
			},
			func(string) error {
				_, err := s.DeleteGroup(ctx, c, &iam.DeleteGroupInput{GroupName: name})
				return err
			},
			func(in iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
				out, err := s.ListAttachedGroupPolicies(ctx, c, &iam.ListAttachedGroupPoliciesInput{
					GroupName: name, PathPrefix: in.PathPrefix, Marker: in.Marker, MaxItems: in.MaxItems,
				})
				return (*iam.ListAttachedRolePoliciesOutput)(out), err
			},
		},
	}
}

func withEntities(t *testing.T) *iam.Service {
	t.Helper()
	s := newService(t)
	createRole(t, s, "Entity")
	createUser(t, s, "Entity")
	createGroup(t, s, "Entity")
	return s
}

func count(t *testing.T, s *iam.Service, arn string) int32 {
	t.Helper()
	return must[iam.GetPolicyOutput](t)(s.GetPolicy(t.Context(), root(), &iam.GetPolicyInput{PolicyARN: arn})).Policy.AttachmentCount
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	for name := range attachAPIs(t, nil, "") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withEntities(t)
			api := attachAPIs(t, s, "eNTITY")[name]
			p := createPolicy(t, s, "p", "s3:*")
			refused(t, api.detach(p), 404, "NoSuchEntity", "Policy "+p+" was not found.")
			for _, arn := range []string{p, p, administrator} {
				if err := api.attach(arn); err != nil {
					t.Fatal(err)
				}
			}
			out := must[iam.ListAttachedRolePoliciesOutput](t)(api.list(iam.ListAttachedRolePoliciesInput{}))
			want := []iam.AttachedPolicy{{PolicyName: "AdministratorAccess", PolicyARN: administrator}, {PolicyName: "p", PolicyARN: p}}
			if diff := cmp.Diff(want, out.AttachedPolicies); diff != "" {
				t.Errorf("attached (-want +got):\n%s", diff)
			}
			if count(t, s, p) != 1 || count(t, s, administrator) != 1 {
				t.Errorf("attached %d and %d times", count(t, s, p), count(t, s, administrator))
			}
			_, err := s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: p})
			refused(t, err, 409, "DeleteConflict", "Cannot delete a policy attached to entities.")
			refused(t, api.remove(""), 409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
			for _, arn := range []string{p, administrator} {
				if err := api.detach(arn); err != nil {
					t.Error(err)
				}
			}
			if count(t, s, p) != 0 || count(t, s, administrator) != 0 {
				t.Errorf("attached %d and %d times", count(t, s, p), count(t, s, administrator))
			}
			out = must[iam.ListAttachedRolePoliciesOutput](t)(api.list(iam.ListAttachedRolePoliciesInput{}))
			if out.AttachedPolicies == nil || len(out.AttachedPolicies) != 0 {
				t.Errorf("attached %v", out.AttachedPolicies)
			}
			must[struct{}](t)(s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: p}))
			if err := api.remove(""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAttachRefuses(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	p := createPolicy(t, s, "p", "s3:*")
	for name, api := range attachAPIs(t, s, "Entity") {
		refused(t, api.attach(p+"x"), 404, "NoSuchEntity", "Policy "+p+"x does not exist or is not attachable.")
		refused(t, api.attach("p"), 400, "InvalidInput", "ARN p is not valid.")
		refused(t, api.detach("p"), 400, "InvalidInput", "ARN p is not valid.")
		for i := range 10 {
			if err := api.attach(createPolicy(t, s, fmt.Sprintf("%s%d", name, i), "s3:*")); err != nil {
				t.Fatal(err)
			}
		}
		title := strings.ToUpper(name[:1]) + name[1:]
		refused(t, api.attach(p), 409, "LimitExceeded", "Cannot exceed quota for PoliciesPer"+title+": 10")
		if err := api.attach(ownPolicies + name + "0"); err != nil {
			t.Errorf("attached again: %v", err)
		}
		if n := count(t, s, p); n != 0 {
			t.Errorf("%d attachments of what was refused", n)
		}
	}
	for name, api := range attachAPIs(t, s, "n") {
		message := "The " + name + " with name n cannot be found."
		refused(t, api.attach(p), 404, "NoSuchEntity", message)
		refused(t, api.detach(p), 404, "NoSuchEntity", message)
		_, err := api.list(iam.ListAttachedRolePoliciesInput{})
		refused(t, err, 404, "NoSuchEntity", message)
	}
}

func TestAttachedPoliciesPage(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	deep := must[iam.CreatePolicyOutput](t)(s.CreatePolicy(t.Context(), root(),
		&iam.CreatePolicyInput{PolicyName: "deep", Path: "/x/", PolicyDocument: allows("s3:*", 0)})).Policy.ARN
	own := createPolicy(t, s, "AdministratorAccess", "s3:*")
	for name, api := range attachAPIs(t, s, "Entity") {
		for _, arn := range []string{deep, administrator, own, createPolicy(t, s, "B"+name, "s3:*")} {
			if err := api.attach(arn); err != nil {
				t.Fatal(err)
			}
		}
		for prefix, want := range map[string][]string{
			"": {own, administrator, ownPolicies + "B" + name, deep}, "/x/": {deep}, "/y/": nil,
		} {
			var got []string
			in := iam.ListAttachedRolePoliciesInput{PathPrefix: prefix, MaxItems: 1}
			for more := true; more; {
				out := must[iam.ListAttachedRolePoliciesOutput](t)(api.list(in))
				for _, p := range out.AttachedPolicies {
					got = append(got, p.PolicyARN)
				}
				in.Marker, more = out.Marker, out.IsTruncated
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s under %q (-want +got):\n%s", name, prefix, diff)
			}
		}
		_, err := api.list(iam.ListAttachedRolePoliciesInput{Marker: "?"})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
	}
}

func TestAttachedPoliciesCount(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	must[struct{}](t)(s.AddUserToGroup(t.Context(), root(), &iam.AddUserToGroupInput{GroupName: "Entity", UserName: "Entity"}))
	role, err := s.Roles.Get(t.Context(), "Entity")
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]func() iam.Caller{
		"user":  func() iam.Caller { return signedBy(t, s, "Entity") },
		"group": func() iam.Caller { return signedBy(t, s, "Entity") },
		"role": func() iam.Caller {
			role, err = s.Roles.Get(t.Context(), "Entity")
			if err != nil {
				t.Fatal(err)
			}
			return iam.Caller{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/Entity/s", Role: &role}
		},
	}
	for name, api := range attachAPIs(t, s, "Entity") {
		action := "s3:" + name
		p := createPolicy(t, s, name, action)
		for _, step := range []struct {
			do   func(string) error
			want bool
		}{{api.attach, true}, {api.detach, false}, {api.attach, true}} {
			if err := step.do(p); err != nil {
				t.Fatal(err)
			}
			if got := may(t, s, callers[name](), action); got != step.want {
				t.Errorf("%s: allowed is %v, want %v", name, got, step.want)
			}
		}
	}
}

// A policy that is gone, whatever came over it, says nothing; nor does another one
// that has its name by now.
func TestAttachmentWithoutItsPolicy(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	p := createPolicy(t, s, "p", "s3:*")
	for name, api := range attachAPIs(t, s, "Entity") {
		if err := api.attach(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !may(t, s, signedBy(t, s, "Entity"), "s3:x") {
		t.Error("denied with the policy")
	}
	if err := s.ManagedPolicies.Delete(t.Context(), "p", nil); err != nil {
		t.Fatal(err)
	}
	if may(t, s, signedBy(t, s, "Entity"), "s3:x") {
		t.Error("allowed without the policy")
	}
	if again := createPolicy(t, s, "p", "s3:*"); again != p {
		t.Fatal(again)
	}
	if may(t, s, signedBy(t, s, "Entity"), "s3:x") {
		t.Error("allowed by another policy of the name")
	}
	for name, api := range attachAPIs(t, s, "Entity") {
		if err := api.detach(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	must[struct{}](t)(s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: p}))
}

// A crash between the two halves of an attachment does not make a policy stay for
// ever.
func TestClaimWithoutAttachment(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	p := createPolicy(t, s, "p", "s3:*")
	role := must[iam.GetRoleOutput](t)(s.GetRole(t.Context(), root(), &iam.GetRoleInput{RoleName: "Entity"})).Role
	claim := func() {
		t.Helper()
		err := s.ManagedPolicies.Update(t.Context(), "p", func(kept *iam.ManagedPolicy) error {
			kept.Attached = append(kept.Attached, role.RoleID, "AGPANOTTHERE")
			kept.Bounds = append(kept.Bounds, role.RoleID)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	claim()
	must[struct{}](t)(s.AttachUserPolicy(t.Context(), root(), &iam.AttachUserPolicyInput{UserName: "Entity", PolicyARN: p}))
	_, err := s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: p})
	refused(t, err, 409, "DeleteConflict", "Cannot delete a policy attached to entities.")
	if n := count(t, s, p); n != 1 {
		t.Errorf("%d attachments", n)
	}
	claim()
	must[struct{}](t)(s.DetachUserPolicy(t.Context(), root(), &iam.DetachUserPolicyInput{UserName: "Entity", PolicyARN: p}))
	must[struct{}](t)(s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: p}))
}

// However attach, detach and delete meet, a policy is never gone while somebody has
// it, and notes exactly those who do.
func TestAttachmentsRace(t *testing.T) {
	t.Parallel()
	s := withEntities(t)
	apis := attachAPIs(t, s, "Entity")
	drop := func() error {
		_, err := s.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: ownPolicies + "p"})
		return err
	}
	for round := range 20 {
		p := createPolicy(t, s, "p", "s3:*")
		var calls sync.WaitGroup
		for range 8 {
			for _, api := range apis { // any of the calls may come too late
				calls.Go(func() { _ = api.attach(p) })
				calls.Go(func() { _ = api.detach(p) })
			}
			if round%2 == 0 {
				calls.Go(func() { _ = drop() })
			}
		}
		calls.Wait()
		checkLinks(t, s)
		for _, api := range apis {
			_ = api.detach(p) // where it is attached
		}
		if err := drop(); err != nil && !strings.Contains(err.Error(), "was not found") {
			t.Fatal(err)
		}
	}
}

// checkLinks holds what entities have against what policies note.
func checkLinks(t *testing.T, s *iam.Service) {
	t.Helper()
	had := map[string][]string{}
	for name, api := range attachAPIs(t, s, "Entity") {
		for _, p := range must[iam.ListAttachedRolePoliciesOutput](t)(api.list(iam.ListAttachedRolePoliciesInput{})).AttachedPolicies {
			had[p.PolicyARN] = append(had[p.PolicyARN], name)
		}
	}
	for arn, names := range had {
		out := must[iam.ListEntitiesForPolicyOutput](t)(s.ListEntitiesForPolicy(t.Context(), root(), &iam.ListEntitiesForPolicyInput{PolicyARN: arn}))
		listed := len(out.PolicyGroups) + len(out.PolicyRoles) + len(out.PolicyUsers)
		if n := int(count(t, s, arn)); n != len(names) || listed != len(names) {
			t.Errorf("%s is attached to %v, notes %d, lists %d", arn, names, n, listed)
		}
	}
	for _, p := range must[iam.ListPoliciesOutput](t)(s.ListPolicies(t.Context(), root(), &iam.ListPoliciesInput{Scope: "Local"})).Policies {
		if int(p.AttachmentCount) != len(had[p.ARN]) {
			t.Errorf("%s notes %d of %v", p.ARN, p.AttachmentCount, had[p.ARN])
		}
	}
}
