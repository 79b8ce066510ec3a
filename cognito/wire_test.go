package cognito_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/wire"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	const failed = "1 validation error detected: Value "
	const settings = `"IdentityPoolName":"p","AllowUnauthenticatedIdentities":false`
	const pool = `"IdentityPoolId":"us-east-1:0-0"`
	rule := func(match string) string {
		return `{` + pool + `,"Roles":{},"RoleMappings":{"p":{"Type":"Rules","RulesConfiguration":{"Rules":[` +
			`{"Claim":"c","MatchType":"` + match + `","Value":"v","RoleARN":"arn:aws:iam::123456789012:role/r"}]}}}}`
	}
	tests := []struct {
		in         any
		body, want string // the refusal, empty if the request is good
	}{
		{&cognito.CreateIdentityPoolInput{}, `{` + settings + `}`, ""},
		{&cognito.CreateIdentityPoolInput{}, `{"IdentityPoolName":"p"}`, failed + "null at 'allowUnauthenticatedIdentities' failed to satisfy constraint: Member must not be null"},
		{&cognito.CreateIdentityPoolInput{}, `{"IdentityPoolName":"p!","AllowUnauthenticatedIdentities":true}`, failed + `'p!' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+`},
		{&cognito.IdentityPool{}, `{` + settings + `}`, failed + "null at 'identityPoolId' failed to satisfy constraint: Member must not be null"},
		{&cognito.GetIDInput{}, `{` + pool + `}`, ""},
		{&cognito.GetIDInput{}, `{` + pool + `,"Logins":{}}`, ""},
		{&cognito.GetIDInput{}, `{"IdentityPoolId":"us-east-1"}`, failed + `'us-east-1' at 'identityPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+`},
		{&cognito.GetIDInput{}, `{` + pool + `,"AccountId":"1234567890123456"}`, failed + "'1234567890123456' at 'accountId' failed to satisfy constraint: Member must have length less than or equal to 15"},
		{&cognito.ListIdentityPoolsInput{}, `{"MaxResults":61}`, failed + "'61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60"},
		{&cognito.ListIdentityPoolsInput{}, `{}`, failed + "null at 'maxResults' failed to satisfy constraint: Member must not be null"},
		{&cognito.SetIdentityPoolRolesInput{}, rule("Equals"), ""},
		{
			&cognito.SetIdentityPoolRolesInput{}, rule("Like"),
			failed + "'Like' at 'roleMappings.p.member.rulesConfiguration.rules.1.member.matchType' failed to satisfy constraint: Member must satisfy enum value set: [StartsWith, Equals, Contains, NotEqual]",
		},
		{&cognito.GetCredentialsForIdentityInput{}, `{"IdentityId":"us-east-1:0-0","CustomRoleArn":"short"}`, failed + "'short' at 'customRoleArn' failed to satisfy constraint: Member must have length greater than or equal to 20"},
		{&cognito.GetOpenIDTokenForDeveloperIdentityInput{}, `{` + pool + `,"Logins":{}}`, ""},
		{&cognito.GetOpenIDTokenForDeveloperIdentityInput{}, `{` + pool + `}`, failed + "null at 'logins' failed to satisfy constraint: Member must not be null"},
		{&cognito.GetOpenIDTokenForDeveloperIdentityInput{}, `{` + pool + `,"Logins":{},"TokenDuration":86400}`, ""},
		{&cognito.GetOpenIDTokenForDeveloperIdentityInput{}, `{` + pool + `,"Logins":{},"TokenDuration":86401}`, failed + "'86401' at 'tokenDuration' failed to satisfy constraint: Member must have value less than or equal to 86400"},
		{&cognito.GetOpenIDTokenForDeveloperIdentityInput{}, `{` + pool + `,"Logins":{},"TokenDuration":0}`, failed + "'0' at 'tokenDuration' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{&cognito.LookupDeveloperIdentityInput{}, `{` + pool + `}`, ""},
		{&cognito.LookupDeveloperIdentityInput{}, `{` + pool + `,"MaxResults":0}`, failed + "'0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{&cognito.ListIdentitiesInput{}, `{` + pool + `,"MaxResults":61}`, failed + "'61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60"},
		{&cognito.DeleteIdentitiesInput{}, `{"IdentityIdsToDelete":["us-east-1:0` + strings.Repeat(`","us-east-1:0`, 59) + `"]}`, ""},
		{
			&cognito.DeleteIdentitiesInput{}, `{"IdentityIdsToDelete":[]}`,
			failed + "'[]' at 'identityIdsToDelete' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{&cognito.MergeDeveloperIdentitiesInput{}, `{` + pool + `,"DeveloperProviderName":"p","SourceUserIdentifier":"a"}`, failed + "null at 'destinationUserIdentifier' failed to satisfy constraint: Member must not be null"},
		{&cognito.UnlinkIdentityInput{}, `{"IdentityId":"us-east-1:0","Logins":{}}`, failed + "null at 'loginsToRemove' failed to satisfy constraint: Member must not be null"},
		{&cognito.TagResourceInput{}, `{"ResourceArn":"short","Tags":{}}`, failed + "'short' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20"},
		{&cognito.GetPrincipalTagAttributeMapInput{}, `{` + pool + `}`, failed + "null at 'identityProviderName' failed to satisfy constraint: Member must not be null"},
	}
	for _, tt := range tests {
		err := codec.DecodeJSON([]byte(tt.body), tt.in)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%T of %s: %v", tt.in, tt.body, err)
			}
			continue
		}
		if invalid, is := errors.AsType[*wire.ValidationError](err); !is || invalid.Error() != tt.want {
			t.Errorf("%T of %s: %v, want %s", tt.in, tt.body, err, tt.want)
		}
	}
}

// A login is as secret as a password; no refusal repeats it.
func TestLoginsAreNotRepeated(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	secret := strings.Repeat("s3cret", 10_000)
	for _, in := range []any{
		&cognito.GetIDInput{}, &cognito.GetOpenIDTokenInput{}, &cognito.GetCredentialsForIdentityInput{},
		&cognito.UnlinkIdentityInput{}, &cognito.GetOpenIDTokenForDeveloperIdentityInput{},
	} {
		err := codec.DecodeJSON([]byte(`{"IdentityPoolId":"us-east-1:0-0","IdentityId":"us-east-1:0-0","LoginsToRemove":[],"Logins":{"p":"`+secret+`"}}`), in)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%T: the refusal of %d characters is %.200v", in, len(secret), err)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	pool := func(classic *bool) *cognito.IdentityPool {
		p := &cognito.IdentityPool{PoolSettings: cognito.PoolSettings{Name: "p", AllowClassicFlow: classic}}
		p.IdentityPoolID = "us-east-1:0-0"
		return p
	}
	tests := []struct {
		out  any
		want string
	}{
		{pool(nil), `{"IdentityPoolId":"us-east-1:0-0","IdentityPoolName":"p","AllowUnauthenticatedIdentities":false}`},
		{pool(new(false)), `{"IdentityPoolId":"us-east-1:0-0","IdentityPoolName":"p","AllowUnauthenticatedIdentities":false,"AllowClassicFlow":false}`},
		{
			&cognito.GetCredentialsForIdentityOutput{IdentityID: "us-east-1:0-0", Credentials: cognito.Credentials{
				AccessKeyID: "A", SecretKey: "S", SessionToken: "T", Expiration: time.Unix(1515115602, 0),
			}},
			`{"IdentityId":"us-east-1:0-0","Credentials":{"AccessKeyId":"A","SecretKey":"S","SessionToken":"T","Expiration":1515115602}}`,
		},
		{(*struct{})(nil), ""},
		{
			&cognito.IdentityDescription{IdentityID: "us-east-1:0", Logins: []string{"p"}, CreationDate: time.UnixMilli(1515115602123), LastModifiedDate: time.Unix(1515115603, 0)},
			`{"IdentityId":"us-east-1:0","Logins":["p"],"CreationDate":1515115602.123,"LastModifiedDate":1515115603}`,
		},
		{&cognito.ListIdentitiesOutput{IdentityPoolID: "us-east-1:0"}, `{"IdentityPoolId":"us-east-1:0","Identities":[]}`},
		{&cognito.DeleteIdentitiesOutput{}, `{"UnprocessedIdentityIds":[]}`},
		{&cognito.LookupDeveloperIdentityOutput{IdentityID: "us-east-1:0"}, `{"IdentityId":"us-east-1:0","DeveloperUserIdentifierList":[]}`},
		{&cognito.TagResourceOutput{}, `{}`},
		{&cognito.UntagResourceOutput{}, `{}`},
		{&cognito.ListTagsForResourceOutput{}, `{"Tags":{}}`},
		{
			&cognito.PrincipalTagAttributeMap{IdentityPoolID: "us-east-1:0", IdentityProviderName: "p", UseDefaults: true},
			`{"IdentityPoolId":"us-east-1:0","IdentityProviderName":"p","UseDefaults":true}`,
		},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, string(codec.EncodeJSON(tt.out))); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
}
