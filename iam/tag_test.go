package iam_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func roleTags(t *testing.T, s *iam.Service) []iam.Tag {
	t.Helper()
	return must[iam.ListRoleTagsOutput](t)(s.ListRoleTags(t.Context(), root(), &iam.ListRoleTagsInput{RoleName: "R"})).Tags
}

func TestTagRole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	steps := []struct {
		add  []iam.Tag
		drop []string
		want []iam.Tag
	}{
		{nil, nil, []iam.Tag{}},
		{[]iam.Tag{{Key: "b", Value: "1"}, {Key: "A", Value: "2"}}, nil, []iam.Tag{{Key: "A", Value: "2"}, {Key: "b", Value: "1"}}},
		{[]iam.Tag{{Key: "B", Value: "3"}}, []string{"none"}, []iam.Tag{{Key: "A", Value: "2"}, {Key: "B", Value: "3"}}},
		{nil, []string{"a", "none"}, []iam.Tag{{Key: "B", Value: "3"}}},
	}
	for _, step := range steps {
		must[struct{}](t)(s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "r", Tags: step.add}))
		must[struct{}](t)(s.UntagRole(t.Context(), root(), &iam.UntagRoleInput{RoleName: "r", TagKeys: step.drop}))
		if diff := cmp.Diff(step.want, roleTags(t, s)); diff != "" {
			t.Errorf("after +%v -%v (-want +got):\n%s", step.add, step.drop, diff)
		}
	}
}

func TestTagQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	var fifty []iam.Tag
	for i := range 50 {
		fifty = append(fifty, iam.Tag{Key: fmt.Sprint("k", i)})
	}
	must[struct{}](t)(s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: fifty}))
	must[struct{}](t)(s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "K0", Value: "v"}}}))
	_, err := s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "one more"}}})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for TagsPerRole: 50")
	if tags := roleTags(t, s); len(tags) != 50 {
		t.Errorf("%d tags", len(tags))
	}
}

func TestTagRoleRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createRole(t, s, "R")
	_, err := s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}})
	refused(t, err, 400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	_, err = s.TagRole(t.Context(), root(), &iam.TagRoleInput{RoleName: "R", Tags: []iam.Tag{{Key: "a"}, {Key: "AWS:b"}}})
	refused(t, err, 400, "InvalidInput", "Tag keys that begin with aws: are reserved: AWS:b")
	if tags := roleTags(t, s); len(tags) != 0 {
		t.Errorf("a refused call left %v", tags)
	}
}
