package iam_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/iam"
)

func TestListEntitiesForPolicy(t *testing.T) {
	t.Parallel()
	s, ctx := withEntities(t), t.Context()
	must[iam.CreateUserOutput](t)(s.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: "deep", Path: "/x/", PermissionsBoundary: administrator}))
	own := createPolicy(t, s, "p", "s3:*")
	for _, arn := range []string{own, administrator} {
		for _, api := range attachAPIs(t, s, "Entity") {
			if err := api.attach(arn); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := map[string]struct {
		in   iam.ListEntitiesForPolicyInput
		want string
	}{
		"own":       {iam.ListEntitiesForPolicyInput{PolicyARN: own}, "group Entity, role Entity, user Entity"},
		"all":       {iam.ListEntitiesForPolicyInput{}, "group Entity, role Entity, user deep, user Entity"},
		"users":     {iam.ListEntitiesForPolicyInput{EntityFilter: "User"}, "user deep, user Entity"},
		"groups":    {iam.ListEntitiesForPolicyInput{EntityFilter: "Group"}, "group Entity"},
		"roles":     {iam.ListEntitiesForPolicyInput{EntityFilter: "Role"}, "role Entity"},
		"path":      {iam.ListEntitiesForPolicyInput{PathPrefix: "/x"}, "user deep"},
		"boundary":  {iam.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsBoundary"}, "user deep"},
		"policy":    {iam.ListEntitiesForPolicyInput{PolicyUsageFilter: "PermissionsPolicy", EntityFilter: "User"}, "user Entity"},
		"local":     {iam.ListEntitiesForPolicyInput{EntityFilter: "LocalManagedPolicy"}, ""},
		"AWS":       {iam.ListEntitiesForPolicyInput{EntityFilter: "AWSManagedPolicy", PathPrefix: "/x/"}, "user deep"},
		"own local": {iam.ListEntitiesForPolicyInput{PolicyARN: own, EntityFilter: "LocalManagedPolicy", MaxItems: 100}, "group Entity, role Entity, user Entity"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.in.PolicyARN == "" {
				tt.in.PolicyARN = administrator
			}
			for _, size := range []int32{1, 3, 100} {
				var got []string
				tt.in.MaxItems = size
				for more := true; more; {
					out := must[iam.ListEntitiesForPolicyOutput](t)(s.ListEntitiesForPolicy(t.Context(), root(), &tt.in))
					for _, g := range out.PolicyGroups {
						got = append(got, "group "+g.GroupName)
					}
					for _, r := range out.PolicyRoles {
						got = append(got, "role "+r.RoleName)
					}
					for _, u := range out.PolicyUsers {
						got = append(got, "user "+u.UserName)
					}
					tt.in.Marker, more = out.Marker, out.IsTruncated
				}
				if joined := strings.Join(got, ", "); joined != tt.want {
					t.Errorf("pages of %d: %s, want %s", size, joined, tt.want)
				}
			}
		})
	}
	user := must[iam.GetUserOutput](t)(s.GetUser(ctx, root(), &iam.GetUserInput{UserName: "Entity"})).User
	out := must[iam.ListEntitiesForPolicyOutput](t)(s.ListEntitiesForPolicy(ctx, root(), &iam.ListEntitiesForPolicyInput{PolicyARN: own}))
	if !slices.Equal(out.PolicyUsers, []iam.PolicyUser{{UserName: "Entity", UserID: user.UserID}}) {
		t.Errorf("got %+v", out.PolicyUsers)
	}
}
