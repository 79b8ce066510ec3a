package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	before := createUser(t, s, "old")
	key := createKey(t, s, "old")
	createGroup(t, s, "g")
	if err := join(t, s, "g", "old"); err != nil {
		t.Fatal(err)
	}
	must[struct{}](t)(s.AttachUserPolicy(ctx, root(), &iam.AttachUserPolicyInput{UserName: "old", PolicyARN: administrator}))
	for _, step := range []struct {
		in         iam.UpdateUserInput
		path, name string
	}{
		{iam.UpdateUserInput{UserName: "old"}, "/", "old"},
		{iam.UpdateUserInput{UserName: "OLD", NewPath: "/x/"}, "/x/", "old"},
		{iam.UpdateUserInput{UserName: "old", NewUserName: "Old"}, "/x/", "Old"},
		{iam.UpdateUserInput{UserName: "old", NewUserName: "new"}, "/x/", "new"},
		{iam.UpdateUserInput{UserName: "new", NewUserName: "newer", NewPath: "/"}, "/", "newer"},
	} {
		must[struct{}](t)(s.UpdateUser(ctx, root(), &step.in))
		got := must[iam.GetUserOutput](t)(s.GetUser(ctx, root(), &iam.GetUserInput{UserName: step.name})).User
		want := before
		want.Path, want.UserName, want.ARN = step.path, step.name, "arn:aws:iam::"+account+":user"+step.path+step.name
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("after %+v (-want +got):\n%s", step.in, diff)
		}
	}
	_, err := s.GetUser(ctx, root(), &iam.GetUserInput{UserName: "old"})
	refused(t, err, 404, "NoSuchEntity", "The user with name old cannot be found.")
	if diff := cmp.Diff([]string{"newer"}, members(t, s, "g")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	_, caller, err := s.Authenticate(ctx, key.AccessKeyID)
	if err != nil || caller.User != "newer" || !may(t, s, caller, "s3:x") {
		t.Errorf("the key proves %+v, %v", caller, err)
	}
	createUser(t, s, "old") // the name is free again
	_, err = s.UpdateUser(ctx, root(), &iam.UpdateUserInput{UserName: "old", NewUserName: "NEWER"})
	refused(t, err, 409, "EntityAlreadyExists", "User with name NEWER already exists.")
	_, err = s.UpdateUser(ctx, root(), &iam.UpdateUserInput{UserName: "n", NewUserName: "m"})
	refused(t, err, 404, "NoSuchEntity", "The user with name n cannot be found.")
}

func TestUpdateGroup(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	before := createGroup(t, s, "old")
	createUser(t, s, "u")
	if err := join(t, s, "old", "u"); err != nil {
		t.Fatal(err)
	}
	must[struct{}](t)(s.AttachGroupPolicy(ctx, root(), &iam.AttachGroupPolicyInput{GroupName: "old", PolicyARN: administrator}))
	must[struct{}](t)(s.UpdateGroup(ctx, root(), &iam.UpdateGroupInput{GroupName: "old", NewGroupName: "new", NewPath: "/x/"}))
	must[struct{}](t)(s.UpdateGroup(ctx, root(), &iam.UpdateGroupInput{GroupName: "new"}))
	want := before
	want.Path, want.GroupName, want.ARN = "/x/", "new", "arn:aws:iam::"+account+":group/x/new"
	got := must[iam.GetGroupOutput](t)(s.GetGroup(ctx, root(), &iam.GetGroupInput{GroupName: "new"})).Group
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the group (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"new"}, groupsOf(t, s, "u")); diff != "" || !may(t, s, signedBy(t, s, "u"), "s3:x") {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	createGroup(t, s, "other")
	_, err := s.UpdateGroup(ctx, root(), &iam.UpdateGroupInput{GroupName: "other", NewGroupName: "NEW"})
	refused(t, err, 409, "EntityAlreadyExists", "Group with name NEW already exists.")
	_, err = s.UpdateGroup(ctx, root(), &iam.UpdateGroupInput{GroupName: "n"})
	refused(t, err, 404, "NoSuchEntity", "The group with name n cannot be found.")
	if err := leave(t, s, "new", "u"); err != nil {
		t.Error(err)
	}
}

// Who may change what is under /x/ alone must not move it out of there, or anything
// into it.
func TestRenamingNeedsBothPermissions(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	createUser(t, s, "admin")
	must[struct{}](t)(s.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{
		UserName: "admin", PolicyName: "p", PolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Update*",
			"Resource":["arn:aws:iam::` + account + `:user/x/*","arn:aws:iam::` + account + `:group/x/*"]}}`,
	}))
	must[iam.CreateUserOutput](t)(s.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: "e", Path: "/x/"}))
	must[iam.CreateGroupOutput](t)(s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "e", Path: "/x/"}))
	for kind, update := range map[string]func(path, name string) error{
		"user": func(path, name string) error {
			_, err := s.UpdateUser(ctx, signedBy(t, s, "admin"), &iam.UpdateUserInput{UserName: "e", NewPath: path, NewUserName: name})
			return err
		},
		"group": func(path, name string) error {
			_, err := s.UpdateGroup(ctx, signedBy(t, s, "admin"), &iam.UpdateGroupInput{GroupName: "e", NewPath: path, NewGroupName: name})
			return err
		},
	} {
		action := map[string]string{"user": "iam:UpdateUser", "group": "iam:UpdateGroup"}[kind]
		for _, tt := range []struct{ path, name, become string }{{"/", "", "e"}, {"/y/", "", "e"}, {"/", "f", "f"}} {
			refused(t, update(tt.path, tt.name), 403, "AccessDenied", "User: arn:aws:iam::"+account+":user/admin is not authorized to perform: "+action+
				" on resource: "+kind+" "+tt.become+" because no identity-based policy allows the "+action+" action")
		}
		if err := update("/x/y/", "E"); err != nil {
			t.Error(err)
		}
	}
}
