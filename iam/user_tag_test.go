package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

// tagAPI is the operations on tags of one kind of entity.
type tagAPI struct {
	quota string
	tag   func(tags ...iam.Tag) error
	untag func(keys ...string) error
	list  func(marker string, maxItems int32) ([]iam.Tag, string, error)
}

func tagAPIs(t *testing.T, s *iam.Service, user, provider string) map[string]tagAPI {
	t.Helper()
	ctx := t.Context()
	return map[string]tagAPI{
		"user": {
			"TagsPerUser",
			func(tags ...iam.Tag) error {
				_, err := s.TagUser(ctx, root(), &iam.TagUserInput{UserName: user, Tags: tags})
				return err
			},
			func(keys ...string) error {
				_, err := s.UntagUser(ctx, root(), &iam.UntagUserInput{UserName: user, TagKeys: keys})
				return err
			},
			func(marker string, maxItems int32) ([]iam.Tag, string, error) {
				out, err := s.ListUserTags(ctx, root(), &iam.ListUserTagsInput{UserName: user, Marker: marker, MaxItems: maxItems})
				if err != nil {
					return nil, "", err
				}
				return out.Tags, out.Marker, nil
			},
		},
		"provider": {
			"TagsPerOpenIdConnectProvider",
			func(tags ...iam.Tag) error {
				_, err := s.TagOpenIDConnectProvider(ctx, root(), &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderARN: provider, Tags: tags})
				return err
			},
			func(keys ...string) error {
				_, err := s.UntagOpenIDConnectProvider(ctx, root(), &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderARN: provider, TagKeys: keys})
				return err
			},
			func(marker string, maxItems int32) ([]iam.Tag, string, error) {
				out, err := s.ListOpenIDConnectProviderTags(ctx, root(),
					&iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderARN: provider, Marker: marker, MaxItems: maxItems})
				if err != nil {
					return nil, "", err
				}
				return out.Tags, out.Marker, nil
			},
		},
	}
}

func TestUserAndProviderTags(t *testing.T) {
	t.Parallel()
	s := newService(t)
	createUser(t, s, "u")
	must[iam.CreateOpenIDConnectProviderOutput](t)(s.CreateOpenIDConnectProvider(t.Context(), root(),
		&iam.CreateOpenIDConnectProviderInput{URL: "https://a.example"}))
	for name, api := range tagAPIs(t, s, "u", providers+"a.example") {
		t.Run(name, func(t *testing.T) {
			if err := api.tag(iam.Tag{Key: "b", Value: "1"}, iam.Tag{Key: "A", Value: "2"}); err != nil {
				t.Fatal(err)
			}
			if err := api.tag(iam.Tag{Key: "B", Value: "3"}); err != nil {
				t.Fatal(err)
			}
			refused(t, api.tag(iam.Tag{Key: "AWS:b"}), 400, "InvalidInput", "Tag keys that begin with aws: are reserved: AWS:b")
			first, next, err := api.list("", 1)
			if diff := cmp.Diff([]iam.Tag{{Key: "A", Value: "2"}}, first); diff != "" || err != nil || next == "" {
				t.Errorf("%v, first page (-want +got):\n%s", err, diff)
			}
			second, next, err := api.list(next, 1)
			if diff := cmp.Diff([]iam.Tag{{Key: "B", Value: "3"}}, second); diff != "" || err != nil || next != "" {
				t.Errorf("%v, second page (-want +got):\n%s", err, diff)
			}
			var many []iam.Tag
			for c := range 49 {
				many = append(many, iam.Tag{Key: "k" + string(rune('a'+c))})
			}
			refused(t, api.tag(many...), 409, "LimitExceeded", "Cannot exceed quota for "+api.quota+": 50")
			if err := api.untag("a", "none"); err != nil {
				t.Error(err)
			}
			if rest, _, err := api.list("", 0); err != nil || !cmp.Equal(second, rest) {
				t.Errorf("%v, left %v", err, rest)
			}
			_, _, err = api.list("?", 0)
			refused(t, err, 400, "ValidationError", "Invalid Marker.")
		})
	}
	missing := map[string]string{
		"user": "The user with name n cannot be found.", "provider": "OpenIDConnect Provider not found for arn " + providers + "n",
	}
	for name, api := range tagAPIs(t, s, "n", providers+"n") {
		_, _, err := api.list("", 0)
		for _, err := range []error{api.tag(iam.Tag{Key: "k"}), api.untag("k"), err} {
			refused(t, err, 404, "NoSuchEntity", missing[name])
		}
	}
}
