package server_test

import (
	"strings"
	"testing"
)

// TestTagsTakeAPermission makes each kind of entity with a tag and without: the tag takes
// the permission to give one, which nobody has along with the permission to create.
func TestTagsTakeAPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}`
	for kind, create := range map[string][]string{
		"Role":                  {"RoleName", "made", "AssumeRolePolicyDocument", trust},
		"User":                  {"UserName", "made"},
		"Policy":                {"PolicyName", "made", "PolicyDocument", allow("s3:GetObject")},
		"OpenIDConnectProvider": {"Url", "https://made.example.test"},
		"SAMLProvider":          {"Name", "made", "SAMLMetadataDocument", samlMetadata(t)},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			tagged := append([]string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}, create...)
			creator := w.user(t, "creator"+kind, allow("iam:Create"+kind))
			both := w.user(t, "both"+kind, allow("iam:Create"+kind, "iam:Tag"+kind))
			got := w.iam(t, creator, "Create"+kind, tagged...)
			if got.code() != "AccessDenied" || !strings.Contains(got.message(), "is not authorized to perform: iam:Tag"+kind+" on resource: ") {
				t.Errorf("with a tag: %s", got.body)
			}
			w.iam(t, creator, "Create"+kind, create...).ok(t)
			if got := w.iam(t, both, "Create"+kind, tagged...); got.code() != "EntityAlreadyExists" {
				t.Errorf("with both permissions: %s", got.body)
			}
		})
	}
}
