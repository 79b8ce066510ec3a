package arn_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/arn"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]arn.ARN{
		"arn:aws:iam::123456789012:role/service-role/R": {
			Partition: "aws", Service: "iam", Account: "123456789012", Resource: "role/service-role/R",
		},
		"arn:aws:s3:::bucket/a:b/c": {Partition: "aws", Service: "s3", Resource: "bucket/a:b/c"},
		"arn:minio:iam:::role/x":    {Partition: "minio", Service: "iam", Resource: "role/x"},
		"arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/eu-west-1:1f1e": {
			Partition: "aws", Service: "cognito-identity", Region: "eu-west-1",
			Account: "123456789012", Resource: "identitypool/eu-west-1:1f1e",
		},
	}
	for s, want := range tests {
		got, err := arn.Parse(s)
		if err != nil {
			t.Errorf("Parse(%q): %v", s, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", s, diff)
		}
		if got.String() != s {
			t.Errorf("Parse(%q).String() = %q", s, got.String())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "*", "arn", "arn:aws:s3::", "arn:aws:s3:::", "urn:aws:s3:::b", "ARN:aws:s3:::b", "arn::s3:::b", "arn:aws::::b",
	} {
		if got, err := arn.Parse(s); !errors.Is(err, arn.ErrInvalid) {
			t.Errorf("Parse(%q) = %v, %v; want ErrInvalid", s, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	const a = "123456789012"
	tests := []struct {
		got  arn.ARN
		want string
	}{
		{arn.Role(a, "/", "R"), "arn:aws:iam::123456789012:role/R"},
		{arn.Role(a, "/service-role/", "R"), "arn:aws:iam::123456789012:role/service-role/R"},
		{arn.Role(a, "", "R"), "arn:aws:iam::123456789012:role/R"},
		{arn.User(a, "/x/", "u"), "arn:aws:iam::123456789012:user/x/u"},
		{arn.Group(a, "/", "g"), "arn:aws:iam::123456789012:group/g"},
		{arn.Policy("aws", "/service-role/", "P"), "arn:aws:iam::aws:policy/service-role/P"},
		{arn.OIDCProvider(a, "idp.example:8443/realms/r"), "arn:aws:iam::123456789012:oidc-provider/idp.example:8443/realms/r"},
		{arn.SAMLProvider(a, "okta"), "arn:aws:iam::123456789012:saml-provider/okta"},
		{arn.AssumedRole(a, "R", "s"), "arn:aws:sts::123456789012:assumed-role/R/s"},
		{arn.Root(a), "arn:aws:iam::123456789012:root"},
		{arn.IdentityPool("eu-west-1", a, "eu-west-1:1f1e"), "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/eu-west-1:1f1e"},
	}
	for _, tt := range tests {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
		if parsed, err := arn.Parse(tt.want); err != nil || parsed != tt.got {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", tt.want, parsed, err, tt.got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("arn:aws:iam::123456789012:role/R")
	f.Add("arn:aws:s3:::b:c")
	f.Add("::::::")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := arn.Parse(s)
		if err == nil && a.String() != s {
			t.Errorf("Parse(%q) prints %q", s, a)
		}
	})
}
