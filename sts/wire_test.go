package sts_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/wire"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	const failed = "1 validation error detected: Value "
	const assume = "RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=app"
	const saml = "RoleArn=arn:aws:iam::123456789012:role/r&PrincipalArn=arn:aws:iam::123456789012:saml-provider/p&SAMLAssertion=abcd"
	const web = assume + "&WebIdentityToken=abcd"
	long := strings.Repeat("x", 65)
	tests := []struct {
		in         any
		form, want string // the refusal, empty if the request is good
	}{
		{&sts.AssumeRoleInput{}, assume, ""},
		{&sts.AssumeRoleInput{}, assume + "&Tags=&TransitiveTagKeys=&PolicyArns=", ""},
		{&sts.AssumeRoleInput{}, "RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=" + long, failed + "'" + long + "' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		{&sts.AssumeRoleInput{}, "RoleSessionName=app", failed + "null at 'roleArn' failed to satisfy constraint: Member must not be null"},
		{&sts.AssumeRoleInput{}, assume + "&DurationSeconds=899", failed + "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{&sts.AssumeRoleInput{}, assume + "&DurationSeconds=43201", failed + "'43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
		{&sts.AssumeRoleInput{}, assume + "&ExternalId=x", failed + "'x' at 'externalId' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		{&sts.AssumeRoleInput{}, assume + "&SourceIdentity=a%20b", failed + `'a b' at 'sourceIdentity' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{&sts.GetSessionTokenInput{}, "", ""},
		{&sts.GetSessionTokenInput{}, "DurationSeconds=129600", ""},
		{&sts.GetSessionTokenInput{}, "DurationSeconds=899", failed + "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{&sts.GetSessionTokenInput{}, "DurationSeconds=129601", failed + "'129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600"},
		{&sts.GetSessionTokenInput{}, "SerialNumber=short", failed + "'short' at 'serialNumber' failed to satisfy constraint: Member must have length greater than or equal to 9"},
		{&sts.GetFederationTokenInput{}, "Name=bob&Tags=&PolicyArns=", ""},
		{&sts.GetFederationTokenInput{}, "", failed + "null at 'name' failed to satisfy constraint: Member must not be null"},
		{&sts.GetFederationTokenInput{}, "Name=b", failed + "'b' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		{&sts.GetFederationTokenInput{}, "Name=" + long[:33], failed + "'" + long[:33] + "' at 'name' failed to satisfy constraint: Member must have length less than or equal to 32"},
		{&sts.GetFederationTokenInput{}, "Name=a/b", failed + `'a/b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{&sts.GetAccessKeyInfoInput{}, "AccessKeyId=AKIAIOSFODNN7EXAMPLE", ""},
		{&sts.GetAccessKeyInfoInput{}, "", failed + "null at 'accessKeyId' failed to satisfy constraint: Member must not be null"},
		{&sts.GetAccessKeyInfoInput{}, "AccessKeyId=AKIA", failed + "'AKIA' at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or equal to 16"},
		{&sts.AssumeRoleWithSAMLInput{}, saml + "&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/p&Policy={}&DurationSeconds=43200", ""},
		{&sts.AssumeRoleWithSAMLInput{}, strings.Replace(saml, "PrincipalArn", "x", 1), failed + "null at 'principalArn' failed to satisfy constraint: Member must not be null"},
		{&sts.AssumeRoleWithSAMLInput{}, saml + "&DurationSeconds=899", failed + "'899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{&sts.AssumeRoleWithSAMLInput{}, saml[:len(saml)-1], failed + "'***' at 'sAMLAssertion' failed to satisfy constraint: Member must have length greater than or equal to 4"},
		{&sts.AssumeRoleWithSAMLInput{}, saml + "&Policy=" + strings.Repeat("x", 2049), failed + "'" + strings.Repeat("x", 256) + "...' at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		{&sts.DecodeAuthorizationMessageInput{}, "EncodedMessage=" + strings.Repeat("x", 10240), ""},
		{&sts.DecodeAuthorizationMessageInput{}, "", failed + "null at 'encodedMessage' failed to satisfy constraint: Member must not be null"},
		{&sts.DecodeAuthorizationMessageInput{}, "EncodedMessage=", failed + "'' at 'encodedMessage' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{&sts.AssumeRoleWithWebIdentityInput{}, web, ""},
		{&sts.AssumeRoleWithWebIdentityInput{}, assume, failed + "null at 'webIdentityToken' failed to satisfy constraint: Member must not be null"},
		{&sts.AssumeRoleWithWebIdentityInput{}, web + "&ProviderId=x", failed + "'x' at 'providerId' failed to satisfy constraint: Member must have length greater than or equal to 4"},
	}
	for _, tt := range tests {
		err := codec.DecodeQuery(form(t, tt.form), tt.in)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%T of %s: %v", tt.in, tt.form, err)
			}
			continue
		}
		if invalid, is := errors.AsType[*wire.ValidationError](err); !is || invalid.Error() != tt.want {
			t.Errorf("%T of %s: %v, want %s", tt.in, tt.form, err, tt.want)
		}
	}
}

func form(t *testing.T, text string) url.Values {
	t.Helper()
	return ok(url.ParseQuery(text))(t)
}

// TestTooManyPolicies holds every operation that takes session policies to ten.
func TestTooManyPolicies(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	const named = "arn:aws:iam::aws:policy/aPolicy"
	with := func(n int) string {
		query := "RoleArn=" + roleARN("r") + "&RoleSessionName=app&PrincipalArn=arn:aws:iam::123456789012:saml-provider/p&SAMLAssertion=abcd&WebIdentityToken=abcd&Name=bob"
		for i := range n {
			query += fmt.Sprintf("&PolicyArns.member.%d.arn=%s", i+1, named)
		}
		return query
	}
	shown := "[" + strings.Repeat("{arn="+named+"}, ", 10)
	want := "1 validation error detected: Value '" + shown[:256] + "...' at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"
	for _, in := range []any{
		&sts.AssumeRoleInput{}, &sts.AssumeRoleWithWebIdentityInput{}, &sts.AssumeRoleWithSAMLInput{}, &sts.GetFederationTokenInput{},
	} {
		if err := codec.DecodeQuery(form(t, with(10)), in); err != nil {
			t.Errorf("%T with ten: %v", in, err)
		}
		err := codec.DecodeQuery(form(t, with(11)), in)
		if invalid, is := errors.AsType[*wire.ValidationError](err); !is || invalid.Error() != want {
			t.Errorf("%T with eleven: %v, want %s", in, err, want)
		}
	}
}

func TestListsOfRequests(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	var got sts.AssumeRoleInput
	err := codec.DecodeQuery(form(t, "RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=app"+
		"&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/p&Tags.member.1.Key=k&Tags.member.1.Value=v&TransitiveTagKeys.member.1=k"), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := sts.AssumeRoleInput{
		RoleARN: roleARN("r"), RoleSessionName: "app",
		PolicyARNs: []sts.PolicyDescriptor{{ARN: "arn:aws:iam::aws:policy/p"}},
		Tags:       []iam.Tag{{Key: "k", Value: "v"}}, TransitiveTagKeys: []string{"k"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// A token is as secret as a password; no refusal repeats it.
func TestTokensAreNotRepeated(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	token := strings.Repeat("s3cret", 4000)
	err := codec.DecodeQuery(form(t, "RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=app&WebIdentityToken="+token), &sts.AssumeRoleWithWebIdentityInput{})
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the refusal of %d characters is %.200v", len(token), err)
	}
}
