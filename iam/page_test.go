package iam_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/iam"
)

func TestListRolesPages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var all []iam.Role
	for i, name := range []string{"b", "A", "c", "E", "d", "f0", "F1"} {
		role := iam.Role{
			Account: account, Path: []string{"/", "/x/", "/x/y/"}[i%3], Name: name, ID: "AROA" + name,
			Tags: []iam.Tag{{Key: "k", Value: "v"}},
		}
		if err := s.Roles.Create(t.Context(), role); err != nil {
			t.Fatal(err)
		}
		all = append(all, role)
	}
	slices.SortFunc(all, func(a, b iam.Role) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	rapid.Check(t, func(rt *rapid.T) {
		prefix := rapid.SampledFrom([]string{"", "/", "/x", "/x/", "/x/y/", "/none/"}).Draw(rt, "prefix")
		size := rapid.Int32Range(1, 8).Draw(rt, "size")
		var want, got []string
		for _, role := range all {
			if strings.HasPrefix(role.Path, prefix) {
				want = append(want, role.Name)
			}
		}
		in := &iam.ListRolesInput{PathPrefix: prefix, MaxItems: size}
		for more := true; more; {
			out, err := s.ListRoles(t.Context(), root(), in)
			if err != nil {
				rt.Fatal(err)
			}
			if out.IsTruncated != (out.Marker != "") || out.IsTruncated && len(out.Roles) != int(size) || out.Roles == nil {
				rt.Fatalf("a page of %d roles of %d wanted, truncated %v, marker %q", len(out.Roles), size, out.IsTruncated, out.Marker)
			}
			for _, role := range out.Roles {
				if role.Tags != nil {
					rt.Fatal("ListRoles shows tags")
				}
				got = append(got, role.RoleName)
			}
			in.Marker, more = out.Marker, out.IsTruncated
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("pages of %d under %q (-want +got):\n%s", size, prefix, diff)
		}
	})
}

func TestPagesHoldAHundredByDefault(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 101, func(name string) error {
		return s.Users.Create(t.Context(), iam.User{Account: account, Path: "/", Name: name, ID: "AIDA" + name})
	})
	first := must[iam.ListUsersOutput](t)(s.ListUsers(t.Context(), root(), &iam.ListUsersInput{}))
	if len(first.Users) != 100 || !first.IsTruncated {
		t.Errorf("%d users, truncated %v", len(first.Users), first.IsTruncated)
	}
	second := must[iam.ListUsersOutput](t)(s.ListUsers(t.Context(), root(), &iam.ListUsersInput{Marker: first.Marker}))
	if len(second.Users) != 1 || second.IsTruncated {
		t.Errorf("%d users, truncated %v", len(second.Users), second.IsTruncated)
	}
}

func TestPageGoesOnWhereItsLastRoleWas(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for i := range 4 {
		createRole(t, s, fmt.Sprintf("r%d", i))
	}
	first := must[iam.ListRolesOutput](t)(s.ListRoles(t.Context(), root(), &iam.ListRolesInput{MaxItems: 2}))
	must[struct{}](t)(s.DeleteRole(t.Context(), root(), &iam.DeleteRoleInput{RoleName: first.Roles[1].RoleName}))
	second := must[iam.ListRolesOutput](t)(s.ListRoles(t.Context(), root(), &iam.ListRolesInput{MaxItems: 2, Marker: first.Marker}))
	if len(second.Roles) != 2 || second.Roles[0].RoleName != "r2" || second.IsTruncated {
		t.Errorf("got %+v", second)
	}
}

func TestInvalidMarkers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	createUser(t, s, "u")
	for _, marker := range []string{"!", "AA==", "AAAA", "_w", "cj", "r0 "} {
		_, err := s.ListRoles(t.Context(), root(), &iam.ListRolesInput{Marker: marker})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
		_, err = s.ListUsers(t.Context(), root(), &iam.ListUsersInput{Marker: marker})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
		_, err = s.ListAccessKeys(t.Context(), root(), &iam.ListAccessKeysInput{UserName: "u", Marker: marker})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
		_, err = s.ListRoleTags(t.Context(), root(), &iam.ListRoleTagsInput{RoleName: "R", Marker: marker})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
		_, err = s.ListAttachedRolePolicies(t.Context(), root(), &iam.ListAttachedRolePoliciesInput{RoleName: "R", Marker: marker})
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
	}
}

// FuzzMarker sends texts as they are, and as the inside of a marker of this list.
func FuzzMarker(f *testing.F) {
	for _, marker := range []string{"", "YQ", "AAAA", "%%%", "_w", "YQ==", "A", "\x001", "\x00-1", "\x0099999999999999999999"} {
		f.Add(marker)
	}
	s := newService(f)
	for _, name := range []string{"A", "B"} {
		if err := s.Roles.Create(f.Context(), iam.Role{Account: account, Path: "/", Name: name, ID: "AROA" + name}); err != nil {
			f.Fatal(err)
		}
	}
	first, err := s.ListRoles(f.Context(), root(), &iam.ListRolesInput{MaxItems: 1})
	if err != nil {
		f.Fatal(err)
	}
	whole, err := base64.RawURLEncoding.DecodeString(first.Marker)
	if err != nil {
		f.Fatal(err)
	}
	list := strings.TrimSuffix(string(whole), "A")
	f.Fuzz(func(t *testing.T, text string) {
		for _, marker := range []string{text, base64.RawURLEncoding.EncodeToString([]byte(list + text))} {
			out, err := s.ListRoles(t.Context(), root(), &iam.ListRolesInput{Marker: marker})
			if err != nil {
				refused(t, err, 400, "ValidationError", "Invalid Marker.")
				continue
			}
			if out.IsTruncated || len(out.Roles) > 2 {
				t.Errorf("two roles on more than one page: %+v", out)
			}
		}
	})
}
