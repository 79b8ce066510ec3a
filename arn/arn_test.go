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

func TestMatch(t *testing.T) {
	t.Parallel()
	const object = "arn:aws:s3:us-east-1:123456789012:bucket/a/b:c"
	tests := []struct {
		pattern, arn string
		want         bool
	}{
		{"*", object, true},
		{"*", "not an arn", false},
		{object, object, true},
		{"arn:aws:s3:us-east-1:123456789012:bucket/*", object, true},
		{"arn:aws:s3:*:*:bucket/*:c", object, true},
		{"arn:aws:s3:us-east-?:123456789012:bucket/?/b:c", object, true},
		{"arn:aws:s3:::bucket/*", object, false},
		{"arn:aws:s3:*:bucket/*", object, false},
		{"arn:aws:*:us-east-1:123456789012:bucket/*", object, false},
		{"arn:aws:s?:us-east-1:123456789012:bucket/*", object, false},
		{"arn:AWS:S3:US-EAST-1:123456789012:bucket/*", object, true},
		{"arn:aws:s3:us-east-1:123456789012:Bucket/*", object, false},
		{"ARN:aws:s3:us-east-1:123456789012:bucket/*", object, false},
		{"arn:aws:s3*", object, false},
		{"arn:aws:s3:us-*:bucket/a/b:c", object, false},
		{"arn:a*:s3:*:*:*", "arn:aws-cn:s3:::b", true},
	}
	for _, tt := range tests {
		if got := arn.Match(tt.pattern, tt.arn); got != tt.want {
			t.Errorf("Match(%q, %q) = %v", tt.pattern, tt.arn, got)
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
