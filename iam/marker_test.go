package iam_test

import (
	"context"
	"encoding/base64"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

// listing asks for the page of a list that a marker stands for, with one entry, and
// returns the marker of the next.
type listing func(marker string) (next string, err error)

// pages is the listing of an operation with an input.
func pages[In, Out any](t *testing.T, operation func(context.Context, iam.Caller, *In) (*Out, error), in In) listing {
	t.Helper()
	return func(marker string) (string, error) {
		fields := reflect.ValueOf(&in).Elem()
		fields.FieldByName("Marker").SetString(marker)
		fields.FieldByName("MaxItems").SetInt(1)
		out, err := operation(t.Context(), root(), &in)
		if err != nil {
			return "", err
		}
		return reflect.ValueOf(out).Elem().FieldByName("Marker").String(), nil
	}
}

// population makes two of every entity, which have two of everything, and returns all
// lists that there are then.
func population(t *testing.T, s *iam.Service) map[string]listing {
	t.Helper()
	ctx, c := t.Context(), root()
	all := map[string]listing{
		"users":    pages(t, s.ListUsers, iam.ListUsersInput{}),
		"roles":    pages(t, s.ListRoles, iam.ListRolesInput{}),
		"groups":   pages(t, s.ListGroups, iam.ListGroupsInput{}),
		"policies": pages(t, s.ListPolicies, iam.ListPoliciesInput{}),
		"details":  pages(t, s.GetAccountAuthorizationDetails, iam.GetAccountAuthorizationDetailsInput{}),
	}
	document, tags := allows("s3:*", 0), []iam.Tag{{Key: "a", Value: "v"}, {Key: "b", Value: "v"}}
	managed := []string{createPolicy(t, s, "e1", "s3:*"), createPolicy(t, s, "e2", "s3:*")}
	for _, name := range []string{"e1", "e2"} {
		createRole(t, s, name)
		createUser(t, s, name)
		createGroup(t, s, name)
	}
	for i, name := range []string{"e1", "e2"} {
		for n, p := range managed {
			other := []string{"e1", "e2"}[n]
			must[struct{}](t)(s.AttachRolePolicy(ctx, c, &iam.AttachRolePolicyInput{RoleName: name, PolicyARN: p}))
			must[struct{}](t)(s.AttachUserPolicy(ctx, c, &iam.AttachUserPolicyInput{UserName: name, PolicyARN: p}))
			must[struct{}](t)(s.AttachGroupPolicy(ctx, c, &iam.AttachGroupPolicyInput{GroupName: name, PolicyARN: p}))
			must[struct{}](t)(s.PutRolePolicy(ctx, c, &iam.PutRolePolicyInput{RoleName: name, PolicyName: other, PolicyDocument: document}))
			must[struct{}](t)(s.PutUserPolicy(ctx, c, &iam.PutUserPolicyInput{UserName: name, PolicyName: other, PolicyDocument: document}))
			must[struct{}](t)(s.PutGroupPolicy(ctx, c, &iam.PutGroupPolicyInput{GroupName: name, PolicyName: other, PolicyDocument: document}))
			must[struct{}](t)(s.AddUserToGroup(ctx, c, &iam.AddUserToGroupInput{GroupName: name, UserName: other}))
			createKey(t, s, name)
		}
		p := managed[i]
		must[struct{}](t)(s.TagRole(ctx, c, &iam.TagRoleInput{RoleName: name, Tags: tags}))
		must[struct{}](t)(s.TagUser(ctx, c, &iam.TagUserInput{UserName: name, Tags: tags}))
		must[struct{}](t)(s.TagPolicy(ctx, c, &iam.TagPolicyInput{PolicyARN: p, Tags: tags}))
		must[iam.CreatePolicyVersionOutput](t)(s.CreatePolicyVersion(ctx, c, &iam.CreatePolicyVersionInput{PolicyARN: p, PolicyDocument: document}))
		oidc := must[iam.CreateOpenIDConnectProviderOutput](t)(s.CreateOpenIDConnectProvider(ctx, c,
			&iam.CreateOpenIDConnectProviderInput{URL: "https://" + name + ".example", Tags: tags})).OpenIDConnectProviderARN
		for what, list := range map[string]listing{
			"inline of role":   pages(t, s.ListRolePolicies, iam.ListRolePoliciesInput{RoleName: name}),
			"inline of user":   pages(t, s.ListUserPolicies, iam.ListUserPoliciesInput{UserName: name}),
			"inline of group":  pages(t, s.ListGroupPolicies, iam.ListGroupPoliciesInput{GroupName: name}),
			"managed of role":  pages(t, s.ListAttachedRolePolicies, iam.ListAttachedRolePoliciesInput{RoleName: name}),
			"managed of user":  pages(t, s.ListAttachedUserPolicies, iam.ListAttachedUserPoliciesInput{UserName: name}),
			"managed of group": pages(t, s.ListAttachedGroupPolicies, iam.ListAttachedGroupPoliciesInput{GroupName: name}),
			"members":          pages(t, s.GetGroup, iam.GetGroupInput{GroupName: name}),
			"groups of user":   pages(t, s.ListGroupsForUser, iam.ListGroupsForUserInput{UserName: name}),
			"keys":             pages(t, s.ListAccessKeys, iam.ListAccessKeysInput{UserName: name}),
			"versions":         pages(t, s.ListPolicyVersions, iam.ListPolicyVersionsInput{PolicyARN: p}),
			"entities":         pages(t, s.ListEntitiesForPolicy, iam.ListEntitiesForPolicyInput{PolicyARN: p}),
			"tags of role":     pages(t, s.ListRoleTags, iam.ListRoleTagsInput{RoleName: name}),
			"tags of user":     pages(t, s.ListUserTags, iam.ListUserTagsInput{UserName: name}),
			"tags of policy":   pages(t, s.ListPolicyTags, iam.ListPolicyTagsInput{PolicyARN: p}),
			"tags of provider": pages(t, s.ListOpenIDConnectProviderTags, iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderARN: oidc}),
			"tags of SAML":     pages(t, s.ListSAMLProviderTags, iam.ListSAMLProviderTagsInput{SAMLProviderARN: createSAML(t, s, name, tags...)}),
			"simulated user": pages(t, s.SimulatePrincipalPolicy, iam.SimulatePrincipalPolicyInput{
				PolicySourceARN: own + "user/" + name, Scenario: iam.Scenario{ActionNames: []string{"s3:A", "s3:B"}},
			}),
			"simulated policies": pages(t, s.SimulateCustomPolicy, iam.SimulateCustomPolicyInput{
				PolicyInputList: []string{document}, Scenario: iam.Scenario{ActionNames: []string{"s3:A", "s3:" + name}},
			}),
		} {
			all[what+" "+name] = list
		}
	}
	return all
}

// TestMarkersBelongToTheirList gives the marker of every list to every other one.
func TestMarkersBelongToTheirList(t *testing.T) {
	t.Parallel()
	lists := population(t, newService(t))
	for name, list := range lists {
		marker, err := list("")
		if err != nil || marker == "" {
			t.Errorf("%s: the first page has the marker %q: %v", name, marker, err)
			continue
		}
		for other, list := range lists {
			_, err := list(marker)
			if other != name {
				refused(t, err, 400, "ValidationError", "Invalid Marker.")
			} else if err != nil {
				t.Errorf("%s: the second page: %v", name, err)
			}
		}
	}
}

// TestMarkersFitIntoRequests has tag keys of 128 letters, which take up to four bytes each.
func TestMarkersFitIntoRequests(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	var tags []iam.Tag
	for _, letter := range []string{"a", "é", "あ", "𠀀"} {
		for _, end := range []string{"1", "2"} {
			tags = append(tags, iam.Tag{Key: strings.Repeat(letter, 127) + end})
		}
	}
	must[struct{}](t)(s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: tags}))
	var codec wire.Codec
	var got []iam.Tag
	in := iam.ListRoleTagsInput{RoleName: "R", MaxItems: 1}
	for len(got) < 2*len(tags) {
		out := must[iam.ListRoleTagsOutput](t)(s.ListRoleTags(t.Context(), root(), &in))
		got = append(got, out.Tags...)
		if !out.IsTruncated {
			break
		}
		form := url.Values{"RoleName": {"R"}, "MaxItems": {"1"}, "Marker": {out.Marker}}
		if err := codec.DecodeQuery(form, &in); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(tags, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, number := range []string{"", "0", "-1", "x"} {
		marker, err := base64.RawURLEncoding.DecodeString(in.Marker)
		if err != nil {
			t.Fatal(err)
		}
		in := iam.ListRoleTagsInput{RoleName: "R", Marker: base64.RawURLEncoding.EncodeToString(append(marker[:8:8], "\x00"+number...))}
		_, err = s.ListRoleTags(t.Context(), root(), &in)
		refused(t, err, 400, "ValidationError", "Invalid Marker.")
	}
}
