package iam_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

func join(t *testing.T, s *iam.Service, group, user string) error {
	t.Helper()
	_, err := s.AddUserToGroup(t.Context(), root(), &iam.AddUserToGroupInput{GroupName: group, UserName: user})
	return err
}

func leave(t *testing.T, s *iam.Service, group, user string) error {
	t.Helper()
	_, err := s.RemoveUserFromGroup(t.Context(), root(), &iam.RemoveUserFromGroupInput{GroupName: group, UserName: user})
	return err
}

func dropGroup(t *testing.T, s *iam.Service, name string) error {
	t.Helper()
	_, err := s.DeleteGroup(t.Context(), root(), &iam.DeleteGroupInput{GroupName: name})
	return err
}

// members are the names of the users of a group, in pages of two.
func members(t *testing.T, s *iam.Service, group string) []string {
	t.Helper()
	names := []string{}
	in := &iam.GetGroupInput{GroupName: group, MaxItems: 2}
	for more := true; more; {
		out := must[iam.GetGroupOutput](t)(s.GetGroup(t.Context(), root(), in))
		for _, user := range out.Users {
			if user.Tags != nil || user.UserID == "" {
				t.Errorf("listed %+v", user)
			}
			names = append(names, user.UserName)
		}
		in.Marker, more = out.Marker, out.IsTruncated
	}
	return names
}

// groupsOf are the names of the groups of a user, in pages of two.
func groupsOf(t *testing.T, s *iam.Service, user string) []string {
	t.Helper()
	names := []string{}
	in := &iam.ListGroupsForUserInput{UserName: user, MaxItems: 2}
	for more := true; more; {
		out := must[iam.ListGroupsForUserOutput](t)(s.ListGroupsForUser(t.Context(), root(), in))
		for _, group := range out.Groups {
			names = append(names, group.GroupName)
		}
		in.Marker, more = out.Marker, out.IsTruncated
	}
	return names
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	created := must[iam.CreateGroupOutput](t)(s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "Staff", Path: "/x/"})).Group
	if !regexp.MustCompile(`^AGPA[A-Z2-7]{17}$`).MatchString(created.GroupID) {
		t.Errorf("GroupId = %q", created.GroupID)
	}
	want := iam.GroupOutput{
		Path: "/x/", GroupName: "Staff", GroupID: created.GroupID, ARN: "arn:aws:iam::123456789012:group/x/Staff", CreateDate: noon(),
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("CreateGroup (-want +got):\n%s", diff)
	}
	got := must[iam.GetGroupOutput](t)(s.GetGroup(ctx, root(), &iam.GetGroupInput{GroupName: "sTAFF"}))
	if diff := cmp.Diff(iam.GetGroupOutput{Group: want, Users: []iam.UserOutput{}}, *got); diff != "" {
		t.Errorf("GetGroup (-want +got):\n%s", diff)
	}
	createGroup(t, s, "flat")
	for prefix, want := range map[string][]string{"": {"flat", "Staff"}, "/x": {"Staff"}, "/y/": {}} {
		names := []string{}
		in := &iam.ListGroupsInput{PathPrefix: prefix, MaxItems: 1}
		for more := true; more; {
			out := must[iam.ListGroupsOutput](t)(s.ListGroups(ctx, root(), in))
			for _, group := range out.Groups {
				names = append(names, group.GroupName)
			}
			in.Marker, more = out.Marker, out.IsTruncated
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("under %q (-want +got):\n%s", prefix, diff)
		}
	}
	_, err := s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "STAFF"})
	refused(t, err, 409, "EntityAlreadyExists", "Group with name STAFF already exists.")
}

func TestGroupQuotas(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	for i := range 11 {
		createGroup(t, s, fmt.Sprintf("g%d", i))
	}
	for i := range 10 {
		if err := join(t, s, fmt.Sprintf("g%d", i), "u"); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, join(t, s, "g10", "u"), 409, "LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")
	if diff := cmp.Diff([]string{}, members(t, s, "g10")); diff != "" {
		t.Error(diff)
	}
	if err := dropGroup(t, s, "g10"); err != nil {
		t.Error(err)
	}
	fill(t, 290, func(name string) error {
		return s.Groups.Create(t.Context(), iam.Group{Account: account, Path: "/", Name: name, ID: "AGPA" + name})
	})
	_, err := s.CreateGroup(t.Context(), root(), &iam.CreateGroupInput{GroupName: "one-more"})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for GroupsPerAccount: 300")
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, name := range []string{"a", "B", "c"} {
		createUser(t, s, name)
		createGroup(t, s, name)
	}
	for _, pair := range [][2]string{{"a", "a"}, {"a", "B"}, {"a", "c"}, {"a", "c"}, {"B", "a"}, {"c", "A"}} {
		if err := join(t, s, pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a", "B", "c"}, members(t, s, "A")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "B", "c"}, groupsOf(t, s, "a")); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	_, err := s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "c"})
	refused(t, err, 409, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	refused(t, dropGroup(t, s, "a"), 409, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
	for _, user := range []string{"A", "b", "C"} {
		if err := leave(t, s, "a", user); err != nil {
			t.Error(err)
		}
	}
	refused(t, leave(t, s, "a", "b"), 404, "NoSuchEntity", "User b not in group a")
	if diff := cmp.Diff([]string{}, members(t, s, "a")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if err := dropGroup(t, s, "a"); err != nil {
		t.Error(err)
	}
	must[struct{}](t)(s.DeleteUser(t.Context(), root(), &iam.DeleteUserInput{UserName: "c"}))
}

func TestDeleteGroupKeepsPolicies(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createGroup(t, s, "g")
	must[struct{}](t)(s.PutGroupPolicy(t.Context(), root(), &iam.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: allows("s3:*", 0)}))
	refused(t, dropGroup(t, s, "g"), 409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	must[struct{}](t)(s.DeleteGroupPolicy(t.Context(), root(), &iam.DeleteGroupPolicyInput{GroupName: "g", PolicyName: "p"}))
	if err := dropGroup(t, s, "g"); err != nil {
		t.Error(err)
	}
}

func TestGroupPoliciesCount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	createGroup(t, s, "g")
	must[struct{}](t)(s.PutGroupPolicy(t.Context(), root(), &iam.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: allows("s3:*", 0)}))
	for _, step := range []struct {
		do   func(t *testing.T, s *iam.Service, group, user string) error
		want bool
	}{{join, true}, {leave, false}} {
		if err := step.do(t, s, "g", "u"); err != nil {
			t.Fatal(err)
		}
		if got := may(t, s, signedBy(t, s, "u"), "s3:GetObject"); got != step.want {
			t.Errorf("allowed is %v, want %v", got, step.want)
		}
	}
}

// A user who is in a group that is gone, and one whom a group only noted before a
// crash, are in no group.
func TestHalfOfAMembership(t *testing.T) {
	t.Parallel()
	s := newService(t)
	user := createUser(t, s, "u")
	group := createGroup(t, s, "g")
	err := s.Groups.Update(t.Context(), "g", func(g *iam.Group) error {
		g.Members = []string{"AIDANOTTHERE", user.UserID}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{}, members(t, s, "g")); diff != "" {
		t.Error(diff)
	}
	if err := dropGroup(t, s, "g"); err != nil {
		t.Error(err)
	}
	err = s.Users.Update(t.Context(), "u", func(u *iam.User) error {
		u.Groups = []string{group.GroupID}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if may(t, s, signedBy(t, s, "u"), "s3:GetObject") {
		t.Error("a group that is gone allows")
	}
	if diff := cmp.Diff([]string{}, groupsOf(t, s, "u")); diff != "" {
		t.Error(diff)
	}
}

func TestMembershipsRace(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	for range 10 {
		createGroup(t, s, "g")
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() { _ = join(t, s, "g", "u") }) // any of them may come too late
			calls.Go(func() { _ = leave(t, s, "g", "u") })
			calls.Go(func() { _ = dropGroup(t, s, "g") })
		}
		calls.Wait()
		groups, err := s.ListGroups(t.Context(), root(), &iam.ListGroupsInput{})
		if err != nil {
			t.Fatal(err)
		}
		user, err := s.Users.Get(t.Context(), "u")
		if err != nil {
			t.Fatal(err)
		}
		if len(groups.Groups) == 0 {
			if len(user.Groups) != 0 {
				t.Fatalf("the user is in %v, which is gone", user.Groups)
			}
			continue
		}
		group, err := s.Groups.Get(t.Context(), "g")
		if err != nil || len(group.Members) != len(user.Groups) {
			t.Fatalf("the group has %v, the user %v, %v", group.Members, user.Groups, err)
		}
		_ = leave(t, s, "g", "u") // if in it
		if err := dropGroup(t, s, "g"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoSuchGroup(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	createUser(t, s, "u")
	createGroup(t, s, "g")
	calls := map[string]func() error{
		"GetGroup":            func() error { _, err := s.GetGroup(ctx, c, &iam.GetGroupInput{GroupName: "n"}); return err },
		"DeleteGroup":         func() error { return dropGroup(t, s, "n") },
		"AddUserToGroup":      func() error { return join(t, s, "n", "u") },
		"RemoveUserFromGroup": func() error { return leave(t, s, "n", "u") },
		"PutGroupPolicy": func() error {
			_, err := s.PutGroupPolicy(ctx, c, &iam.PutGroupPolicyInput{GroupName: "n", PolicyName: "p", PolicyDocument: allows("s3:*", 0)})
			return err
		},
		"GetGroupPolicy": func() error {
			_, err := s.GetGroupPolicy(ctx, c, &iam.GetGroupPolicyInput{GroupName: "n", PolicyName: "p"})
			return err
		},
		"DeleteGroupPolicy": func() error {
			_, err := s.DeleteGroupPolicy(ctx, c, &iam.DeleteGroupPolicyInput{GroupName: "n", PolicyName: "p"})
			return err
		},
		"ListGroupPolicies": func() error {
			_, err := s.ListGroupPolicies(ctx, c, &iam.ListGroupPoliciesInput{GroupName: "n"})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			refused(t, call(), 404, "NoSuchEntity", "The group with name n cannot be found.")
		})
	}
	for _, err := range []error{join(t, s, "g", "n"), leave(t, s, "g", "n")} {
		refused(t, err, 404, "NoSuchEntity", "The user with name n cannot be found.")
	}
	_, err := s.ListGroupsForUser(ctx, c, &iam.ListGroupsForUserInput{UserName: "n"})
	refused(t, err, 404, "NoSuchEntity", "The user with name n cannot be found.")
}

// A policy for a path holds for the groups in it, though requests tell only a name.
func TestGroupsAreKnownByTheirPath(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createUser(t, s, "u")
	createGroup(t, s, "flat")
	must[iam.CreateGroupOutput](t)(s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "deep", Path: "/x/"}))
	must[struct{}](t)(s.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{
		UserName: "u", PolicyName: "p", PolicyDocument: strings.Replace(allows("iam:GetGroup", 0), `"*"`, `"arn:aws:iam::`+account+`:group/x/*"`, 1),
	}))
	for name, want := range map[string]bool{"deep": true, "flat": false} {
		_, _, d, err := s.AuthorizeOperation(ctx, signedBy(t, s, "u"), []string{"iam:GetGroup"}, (&iam.GetGroupInput{GroupName: name}).Resource(signedBy(t, s, "u")), policy.NewContext())
		if err != nil || d.Allowed != want {
			t.Errorf("%s: allowed is %v, %v", name, d.Allowed, err)
		}
	}
}
