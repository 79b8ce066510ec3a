package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// one is a document of one statement.
func one(elements string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + elements + `}}`
}

func problem(t *testing.T, text string, kind policy.Kind) string {
	t.Helper()
	d, err := policy.Parse(text)
	if err == nil {
		err = d.Validate(kind)
	}
	if err == nil {
		return ""
	}
	bad, ok := errors.AsType[*policy.SyntaxError](err)
	if !ok {
		t.Fatalf("%s: %v is not a SyntaxError", text, err)
	}
	return bad.Message
}

func TestValidateIdentity(t *testing.T) {
	t.Parallel()
	resource := func(value string) string { return one(`"Action":"s3:ListBucket","Resource":` + value) }
	action := func(value string) string { return one(`"Action":` + value + `,"Resource":"*"`) }
	const (
		vendor  = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		iamPath = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	)
	tests := []struct{ text, want string }{
		{resource(`"*"`), ""},
		{resource(`["arn:aws:s3:::bucket","*"]`), ""},
		{resource(`"arn:aws:s3:::bucket/${aws:userid}/*"`), ""},
		{resource(`"arn:aws:unheard-of:us-east-1::x"`), ""},
		{resource(`"arn:aws:unheard-of"`), ""},
		{resource(`"arn:aws:iam::123456789012:user/${aws:username}"`), ""},
		{resource(`"arn:aws:iam::*:*"`), ""},
		{resource(`"arn:aws:s3:us-west-2:123456789012:accesspoint/x"`), ""},
		{action(`"*"`), ""},
		{action(`"s3-s.x:List*"`), ""},
		{action(`"iam: spaces are allowed "`), ""},
		{one(`"NotAction":"s3:ListBucket","NotResource":"*"`), ""},
		{one(`"Sid":"abc123","Action":"s3:ListBucket","Resource":"*"`), ""},

		{one(`"Sid":"a b","Action":"s3:ListBucket","Resource":"*"`), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		{resource(`"bucket"`), `Resource bucket must be in ARN format or "*".`},
		{resource(`""`), `Resource  must be in ARN format or "*".`},
		{resource(`"x:aws:s3:::b"`), `Resource x:aws:s3:::b must be in ARN format or "*".`},
		{resource(`"a:b:c:d:e:f:g:h"`), `Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".`},
		{resource(`"a:b"`), `Partition "b" is not valid for resource "arn:b:*:*:*:*".`},
		{resource(`"a:b:c"`), `Partition "b" is not valid for resource "arn:b:c:*:*:*".`},
		{resource(`"aws:s3:::bucket"`), `Partition "s3" is not valid for resource "arn:s3:::bucket:*".`},
		{resource(`"arn:aws"`), "Resource vendor must be fully qualified and cannot contain regexes."},
		{resource(`"arn:aws:s*:::b"`), "Resource vendor must be fully qualified and cannot contain regexes."},
		{resource(`"arn:aws:iam:us-east-1::role/x"`), "IAM resource arn:aws:iam:us-east-1::role/x cannot contain region information."},
		{resource(`"arn:aws:s3:us-east-1::bucket"`), "Resource arn:aws:s3:us-east-1::bucket can not contain region information."},
		{resource(`"arn:aws:iam:::bucket"`), iamPath},
		{resource(`[]`), "Policy statement must contain resources."},
		{one(`"Action":"s3:ListBucket"`), "Policy statement must contain resources."},
		{action(`"list"`), vendor},
		{action(`["s3:List",""]`), vendor},
		{action(`"s3:List:Bucket"`), "Actions/Condition can contain only one colon."},
		{action(`"a a:List"`), "Vendor a a is not valid"},
		{action(`"s*:List"`), "Vendor s* is not valid"},
		{action(`":List"`), "Vendor  is not valid"},
		{one(`"Principal":"*","Action":"s3:ListBucket","Resource":"*"`), "Policy document should not specify a principal."},

		// Which of two faults is named.
		{one(`"Action":"list","Resource":"bucket"`), `Resource bucket must be in ARN format or "*".`},
		{one(`"Action":"list"`), vendor},
		{one(`"Principal":"*","Action":"sts:AssumeRole"`), "Policy document should not specify a principal."},
	}
	for _, tt := range tests {
		for _, kind := range []policy.Kind{policy.Identity, policy.Session, policy.Boundary} {
			if got := problem(t, tt.text, kind); got != tt.want {
				t.Errorf("%s as %v: %q, want %q", tt.text, kind, got, tt.want)
			}
		}
	}
}

func TestValidateTrust(t *testing.T) {
	t.Parallel()
	trust := func(principal string) string { return one(`"Action":"sts:AssumeRole","Principal":` + principal) }
	cognito := func(condition string) string {
		return one(`"Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"]` + condition)
	}
	const (
		actions   = "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
		federated = "Federated principals must be valid domain names or SAML metadata ARNs"
		aud       = "A trust policy for cognito-identity.amazonaws.com must say whom it trusts in a condition on cognito-identity.amazonaws.com:aud"
	)
	tests := []struct{ text, want string }{
		{trust(`"*"`), ""},
		{trust(`{"AWS":"*"}`), ""},
		{trust(`{"AWS":["123456789012","arn:aws:iam::123456789012:root"]}`), ""},
		{trust(`{"AWS":"arn:aws:iam::123456789012:role/path/R"}`), ""},
		{trust(`{"AWS":"arn:aws:iam::123456789012:user/u"}`), ""},
		{trust(`{"AWS":"arn:aws:sts::123456789012:assumed-role/R/s"}`), ""},
		{trust(`{"AWS":"arn:aws:sts::123456789012:federated-user/u"}`), ""},
		{trust(`{"AWS":"AROAQNZGKIQY56JQ7WML2"}`), ""},
		{trust(`{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}`), ""},
		{trust(`{"Federated":"accounts.google.com"}`), ""},
		{trust(`{"Federated":"arn:aws:iam::123456789012:saml-provider/okta"}`), ""},
		{trust(`{"Federated":"arn:aws:iam::123456789012:oidc-provider/idp.example:8443/realms/r"}`), ""},
		{one(`"Action":["STS:assumerole","sts:SetSourceIdentity"],"Principal":"*"`), ""},

		{`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}}`, ""},
		{one(`"Action":"sts:AssumeRole","Principal":"*","Resource":"*"`), "Has prohibited field Resource"},
		{one(`"Action":"sts:AssumeRole","Principal":"*","NotResource":[]`), "Has prohibited field Resource"},
		{one(`"Action":"sts:AssumeRole","NotPrincipal":"*"`), "Has prohibited field NotPrincipal"},
		{one(`"Action":"sts:AssumeRole"`), "Missing required field Principal"},
		{trust(`{}`), "Missing required field Principal cannot be empty!"},
		{trust(`{"AWS":[]}`), "Missing required field Principal cannot be empty!"},
		{one(`"Action":"sts:*","Principal":"*"`), actions},
		{one(`"Action":"*","Principal":"*"`), actions},
		{one(`"Action":"s3:GetObject","Principal":"*"`), actions},
		{one(`"NotAction":"sts:AssumeRole","Principal":"*"`), actions},
		{trust(`{"AWS":"ann"}`), `Invalid principal in policy: "AWS":"ann"`},
		{trust(`{"AWS":["*","arn:aws:iam::123456789012:user/*"]}`), `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"`},
		{trust(`{"AWS":"arn:aws:iam::123456789012:group/g"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/g"`},
		{trust(`{"AWS":"arn:aws:iam::12345:root"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::12345:root"`},
		{trust(`{"AWS":"arn:aws:iam::123456789012:role/"}`), `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/"`},
		{trust(`{"AWS":"arn:aws:iam:us-east-1:123456789012:role/R"}`), `Invalid principal in policy: "AWS":"arn:aws:iam:us-east-1:123456789012:role/R"`},
		{trust(`{"AWS":"arn:aws:sts::123456789012:assumed-role/R"}`), `Invalid principal in policy: "AWS":"arn:aws:sts::123456789012:assumed-role/R"`},
		{trust(`{"Service":"ec2"}`), `Invalid principal in policy: "SERVICE":"ec2"`},
		{trust(`{"CanonicalUser":"79a5"}`), `Invalid principal in policy: "CANONICAL_USER":"79a5"`},
		{trust(`{"Federated":"*"}`), federated},
		{trust(`{"Federated":"https://accounts.google.com"}`), federated},
		{trust(`{"Federated":"arn:aws:iam::123456789012:role/R"}`), federated},
		{trust(`{"Federated":"arn:aws:iam::123456789012:oidc-provider/*"}`), federated},

		{cognito(`,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}`), ""},
		{cognito(`,"Condition":{"ForAnyValue:StringLike":{"COGNITO-identity.amazonaws.com:AUD":["p"]}}`), ""},
		{cognito(``), aud},
		{cognito(`,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:sub":"p"}}`), aud},
		{cognito(`,"Condition":{"StringNotEquals":{"cognito-identity.amazonaws.com:aud":"p"}}`), aud},
		{cognito(`,"Condition":{"StringEqualsIfExists":{"cognito-identity.amazonaws.com:aud":"p"}}`), aud},
		{cognito(`,"Condition":{"ForAllValues:StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}`), aud},
		{cognito(`,"Condition":{"Null":{"cognito-identity.amazonaws.com:aud":"false"}}`), aud},
		{strings.Replace(cognito(``), "Allow", "Deny", 1), ""},
		{one(`"Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:TagSession"`), ""},
		{one(`"Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"`), ""},
		{
			one(`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`),
			"A trust policy for token.actions.githubusercontent.com must say whom it trusts in a condition on token.actions.githubusercontent.com:sub",
		},
		{one(`"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}`), ""},
	}
	for _, tt := range tests {
		if got := problem(t, tt.text, policy.Trust); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestValidateResource(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{one(`"Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`), ""},
		{one(`"Principal":"*","Action":"ecr:GetImage"`), ""},
		{one(`"Sid":"Allow all","Principal":{"CanonicalUser":"79a5"},"Action":"s3:GetObject","Resource":"*"`), ""},
		{`{"Version":"2008-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"s3:*","Resource":"*"}}`, ""},
		{one(`"NotPrincipal":"*","Action":"s3:*","Resource":"*"`), "Allow with NotPrincipal is not allowed."},
		{one(`"Action":"s3:*","Resource":"*"`), "Missing required field Principal"},
		{one(`"Principal":{"AWS":"x"},"Action":"s3:*","Resource":"*"`), `Invalid principal in policy: "AWS":"x"`},
	}
	for _, tt := range tests {
		if got := problem(t, tt.text, policy.Resource); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSyntaxErrorPointsAtTheStatement(t *testing.T) {
	t.Parallel()
	text := `{"Version":"2012-10-17","Statement":[` + allowGet + `,{"Effect":"Allow","Action":"x","Resource":"*"}]}`
	err := parseText(t, text).Validate(policy.Identity)
	bad, ok := errors.AsType[*policy.SyntaxError](err)
	if !ok || !strings.HasPrefix(text[bad.Offset:], `{"Effect":"Allow","Action":"x"`) {
		t.Errorf("%#v", err)
	}
	if !strings.Contains(err.Error(), "prefaced by a vendor") {
		t.Errorf("Error() = %q", err)
	}
}

func TestValidateVersion(t *testing.T) {
	t.Parallel()
	for _, old := range []string{"", `"Version":"2008-10-17",`} {
		text := "{" + old + `"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
		for _, kind := range []policy.Kind{policy.Identity, policy.Boundary} {
			if got := problem(t, text, kind); got != "Policy document must be version 2012-10-17 or greater." {
				t.Errorf("%s as %v: %q", text, kind, got)
			}
		}
		if got := problem(t, text, policy.Session); got != "" {
			t.Errorf("%s as a session policy: %q", text, got)
		}
	}
}
