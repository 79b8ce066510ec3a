package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// TestValidation sends inputs that break one rule each. Every client must understand the refusal alike.
func TestValidation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	long := strings.Repeat("r", 65)
	tests := []struct {
		name, operation string
		input           map[string]any
		code, message   string
		exception       string
	}{
		{
			"malformed pool id", "cognito-identity:GetId",
			map[string]any{"IdentityPoolId": "no-pool"},
			"ValidationException",
			`1 validation error detected: Value 'no-pool' at 'identityPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+`, "",
		},
		{
			"two broken rules", "sts:AssumeRoleWithWebIdentity",
			map[string]any{"RoleArn": w.guestRole, "RoleSessionName": long, "WebIdentityToken": "token", "DurationSeconds": 43201},
			"ValidationError",
			`2 validation errors detected: Value '` + long + `' at 'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64; Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200`, "",
		},
		{
			"malformed page token", "cognito-identity:ListIdentityPools", map[string]any{"MaxResults": 1, "NextToken": "nonsense"}, invalidParameter, "", invalidParameter,
		},
		{
			"duplicate tag keys", "iam:CreateRole",
			map[string]any{"RoleName": "tagged", "AssumeRolePolicyDocument": rootTrust(), "Tags": []any{map[string]string{"Key": "Team", "Value": "a"}, map[string]string{"Key": "team", "Value": "b"}}},
			"InvalidInput",
			"Duplicate tag keys found. Please note that Tag keys are case insensitive.", "InvalidInputException",
		},
		{
			"resource in a trust policy", "iam:CreateRole",
			map[string]any{"RoleName": "odd", "AssumeRolePolicyDocument": document(map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": conformance.Account}, "Action": "sts:AssumeRole", "Resource": "*"})},
			"MalformedPolicyDocument",
			"Has prohibited field Resource", "MalformedPolicyDocumentException",
		},
		{
			"principal that does not exist", "iam:CreateRole",
			map[string]any{"RoleName": "odd", "AssumeRolePolicyDocument": document(map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": accountARN + ":role/nobody"}, "Action": "sts:AssumeRole"})},
			"MalformedPolicyDocument",
			`Invalid principal in policy: "AWS":"` + accountARN + `:role/nobody"`, "MalformedPolicyDocumentException",
		},
		{
			"malformed role ARN", "sts:AssumeRoleWithWebIdentity", map[string]any{"RoleArn": "arn:aws:iam::no-account:role/x", "RoleSessionName": "app", "WebIdentityToken": "token"}, "ValidationError", "Request ARN is invalid", "",
		},
	}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					_, err := do[struct{}](t, w, client, test.operation, test.input, w.Root)
					message := test.message
					if f := conformance.AsFault(err); f != nil && message == "" {
						message = f.Message // the text is not known
					}
					wantFault(t, client, err, test.code, message, test.exception)
				})
			}
		})
	}
}

// TestPassRole lets a user manage pools, but give out only the roles that the user may pass.
func TestPassRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	ctx := t.Context()
	ok(w.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("dev")}))(t)
	key := ok(w.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("dev")}))(t).AccessKey
	dev := aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
	grant := func(statements ...any) {
		ok(w.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("dev"), PolicyName: aws.String("pools"), PolicyDocument: aws.String(document(statements...))}))(t)
	}
	pools := map[string]any{"Effect": "Allow", "Action": "cognito-identity:*", "Resource": "*"}
	pass := map[string]any{"Effect": "Allow", "Action": "iam:PassRole", "Resource": w.guestRole}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			set := func(roles map[string]string) error {
				_, err := do[struct{}](t, w, client, "cognito-identity:SetIdentityPoolRoles", map[string]any{"IdentityPoolId": w.pool, "Roles": roles}, dev)
				return err
			}
			grant(pools)
			wantFault(t, client, set(map[string]string{"unauthenticated": w.guestRole}), notAuthorized, "Access to Role '"+w.guestRole+"' is forbidden.", notAuthorized)
			grant(pools, pass)
			if err := set(map[string]string{"unauthenticated": w.guestRole}); err != nil {
				t.Errorf("a role that may be passed: %v", err)
			}
			wantFault(t, client, set(map[string]string{"unauthenticated": w.guestRole, "authenticated": w.memberRole}), notAuthorized, "Access to Role '"+w.memberRole+"' is forbidden.", notAuthorized)
		})
	}
}

// TestTooManyRules maps roles by more rules than a provider may have.
func TestTooManyRules(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	mapping := func(n int) map[string]any {
		rules := make([]map[string]string, n)
		for i := range rules {
			rules[i] = map[string]string{"Claim": "sub", "MatchType": "Equals", "Value": fmt.Sprint(i), "RoleARN": w.memberRole}
		}
		return map[string]any{"IdentityPoolId": w.pool, "Roles": map[string]string{}, "RoleMappings": map[string]any{
			accountARN + ":oidc-provider/" + o.Name(): map[string]any{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": map[string]any{"Rules": rules}},
		}}
	}
	for _, client := range conformance.SDKs(t) {
		t.Run(client.Name(), func(t *testing.T) {
			must[struct{}](t, w, client, "cognito-identity:SetIdentityPoolRoles", mapping(25), w.Root)
			_, err := do[struct{}](t, w, client, "cognito-identity:SetIdentityPoolRoles", mapping(26), w.Root)
			wantFault(t, client, err, invalidParameter, "The number of rules in the request exceeded 25.", invalidParameter)
		})
	}
}
