package policy_test

import (
	"fmt"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

func TestActions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		element, action string
		want            bool
	}{
		{`"Action":"*"`, "s3:GetObject", true},
		{`"Action":"s3:*"`, "s3:GetObject", true},
		{`"Action":"S3:getobject"`, "s3:GetObject", true},
		{`"Action":"s3:GetObject"`, "S3:GETOBJECT", true},
		{`"Action":"s3:Get*"`, "s3:PutObject", false},
		{`"Action":"s3:?etObject"`, "s3:GetObject", true},
		{`"Action":"s3:*Object"`, "s3:GetObjectAcl", false},
		{`"Action":"s*:GetObject"`, "s3:GetObject", false},
		{`"Action":"*:GetObject"`, "s3:GetObject", false},
		{`"Action":"s3"`, "s3:GetObject", false},
		{`"Action":"s3:GetObject "`, "s3:GetObject", false},
		{`"Action":"s3: Get*"`, "s3:GetObject", false},
		{`"Action":["s3:Put*","s3:Get*"]`, "s3:GetObject", true},
		{`"NotAction":"s3:Get*"`, "s3:GetObject", false},
		{`"NotAction":["s3:Put*","s3:List*"]`, "s3:GetObject", true},
		{`"NotAction":["s3:Put*","s3:Get*"]`, "s3:GetObject", false},
		{`"NotAction":"*"`, "s3:GetObject", false},
	}
	for _, tt := range tests {
		req := get(user())
		req.Action = tt.action
		if got := policy.Evaluate(req, identity(t, `{"Effect":"Allow","Resource":"*",`+tt.element+`}`)).Allowed; got != tt.want {
			t.Errorf("%s against %s: %v", tt.element, tt.action, got)
		}
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	const table = "arn:aws:dynamodb:us-east-1:123456789012:table/Books/index/a:b"
	tests := []struct {
		element, resource string
		want              bool
	}{
		{`"Resource":"*"`, table, true},
		{`"Resource":"*"`, "*", true},
		{`"Resource":"arn:aws:iam::*:*"`, "*", false},
		{`"Resource":"` + table + `"`, table, true},
		{`"Resource":"arn:aws:dynamodb:*:*:table/*"`, table, true},
		{`"Resource":"arn:aws:dynamodb:*:*:*:b"`, table, true},
		{`"Resource":"arn:aws:dynamodb:us-east-?:*:table/*"`, table, true},
		{`"Resource":"arn:aws:dynamodb:*:table/*:*"`, table, false},
		{`"Resource":"arn:aws:dynamodb:us-*:table/Books/index/a:b"`, table, false},
		{`"Resource":"arn:aws:DynamoDB:US-EAST-1:123456789012:table/*"`, table, true},
		{`"Resource":"arn:aws:dynamodb:*:*:Table/*"`, table, false},
		{`"Resource":"arn:aws:dynamo*:*:*:table/*"`, table, false},
		{`"Resource":"arn:aws:dynamodb:*:*:*"`, "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/Books", false},
		{`"Resource":"arn:aws:*:*:*:table/*"`, table, false},
		{`"Resource":"arn:aws:dynamodb"`, table, true},
		{`"Resource":"arn:aws:dynamodb:us-east-1"`, table, true},
		{`"Resource":"arn:aws:dynamodb:us-east-1:123456789012"`, table, true},
		{`"Resource":"arn:aws:dynamodb:us-west-1"`, table, false},
		{`"Resource":"arn:aws"`, table, true},
		{`"Resource":"arn:aws:s3"`, table, false},
		{`"Resource":"table"`, "table", false},
		{`"Resource":[]`, table, false},
		{`"Resource":["arn:aws:s3:::x","arn:aws:dynamodb:*:*:*"]`, table, true},
		{`"NotResource":"arn:aws:s3:::*"`, table, true},
		{`"NotResource":["arn:aws:s3:::*","arn:aws:dynamodb:*:*:*"]`, table, false},
		{`"NotResource":"*"`, table, false},
		{`"NotResource":[]`, table, false},
		{`"NotResource":"arn:aws:s3:::*"`, "*", true},
		{`"Sid":"none"`, table, false},
	}
	for _, tt := range tests {
		req := get(user())
		req.Resource = tt.resource
		if got := policy.Evaluate(req, identity(t, `{"Effect":"Allow","Action":"*",`+tt.element+`}`)).Allowed; got != tt.want {
			t.Errorf("%s against %s: %v", tt.element, tt.resource, got)
		}
	}
}

func TestShortResourcesArePaddedInOwnPoliciesOnly(t *testing.T) {
	t.Parallel()
	const own = `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3"}`
	const attached = `{"Effect":"Allow","Action":"*","Principal":"*","Resource":"arn:aws:s3"}`
	boundary := source(t, policy.Boundary, own)
	p := identity(t, own)
	p.Boundary, p.Session, p.HasSession = &boundary, []policy.Source{source(t, policy.Session, own)}, true
	if !policy.Evaluate(get(user()), p).Allowed {
		t.Error("not padded in identity, boundary and session policies")
	}
	resource := source(t, policy.Resource, attached)
	if policy.Evaluate(get(user()), policy.Policies{Resource: &resource}).Allowed {
		t.Error("padded in a resource policy")
	}
}

// TestPrincipals asks of a resource policy with one statement.
func TestPrincipals(t *testing.T) {
	t.Parallel()
	root := policy.Principal{Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}
	stranger := policy.Principal{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/reader/s1"}
	federatedUser := policy.Principal{Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/bob"}
	web := session()
	web.Federated = "accounts.google.com"
	tests := []struct {
		name, principal string
		who             policy.Principal
		want            bool
	}{
		{"anyone, user", `"*"`, user(), true},
		{"anyone, anonymous", `"*"`, policy.Principal{}, true},
		{"AWS anyone, anonymous", `{"AWS":"*"}`, policy.Principal{}, true},
		{"user", `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`, user(), true},
		{"user, other path", `{"AWS":"arn:aws:iam::123456789012:user/ann"}`, user(), false},
		{"user, other case", `{"AWS":"arn:aws:iam::123456789012:user/path/Ann"}`, user(), false},
		{"user by id", `{"AWS":"AIDAQNZGKIQY56JQ7WML2"}`, user(), true},
		{"user by another id", `{"AWS":"AIDAQNZGKIQY56JQ7WML3"}`, user(), false},
		{"partial wildcard", `{"AWS":"arn:aws:iam::123456789012:user/path/*"}`, user(), false},
		{"wildcard account", `{"AWS":"arn:aws:iam::*:root"}`, root, false},
		{"group", `{"AWS":"arn:aws:iam::123456789012:group/g"}`, user(), false},
		{"account alone is a delegation", `{"AWS":"123456789012"}`, user(), false},
		{"root ARN alone is a delegation", `{"AWS":"arn:aws:iam::123456789012:root"}`, user(), false},
		{"root ARN, root", `{"AWS":"arn:aws:iam::123456789012:root"}`, root, true},
		{"other account, root", `{"AWS":"210987654321"}`, root, false},
		{"role", `{"AWS":"arn:aws:iam::123456789012:role/team/Reader"}`, session(), true},
		{"role without its path", `{"AWS":"arn:aws:iam::123456789012:role/Reader"}`, session(), false},
		{"role by the session's name", `{"AWS":"arn:aws:iam::123456789012:role/team/Reader"}`, stranger, true},
		{"role of another account", `{"AWS":"arn:aws:iam::210987654321:role/team/Reader"}`, stranger, false},
		{"another role", `{"AWS":"arn:aws:iam::123456789012:role/team/Reade"}`, stranger, false},
		{"role, asked for by itself", `{"AWS":"arn:aws:iam::123456789012:role/R"}`, policy.Principal{Account: account, ARN: "arn:aws:iam::123456789012:role/R"}, true},
		{"role by id", `{"AWS":"AROAQNZGKIQY56JQ7WML2"}`, session(), true},
		{"role by id's beginning", `{"AWS":"AROAQNZGKIQY56JQ7WML"}`, session(), false},
		{"role by id, asked for by itself", `{"AWS":"AROAQNZGKIQY56JQ7WML2"}`, policy.Principal{Account: account, UserID: "AROAQNZGKIQY56JQ7WML2"}, true},
		{"session", `{"AWS":"arn:aws:sts::123456789012:assumed-role/Reader/s1"}`, session(), true},
		{"another session", `{"AWS":"arn:aws:sts::123456789012:assumed-role/Reader/s2"}`, session(), false},
		{"federated user", `{"AWS":"arn:aws:sts::123456789012:federated-user/bob"}`, federatedUser, true},
		{"provider", `{"Federated":"accounts.google.com"}`, web, true},
		{"another provider", `{"Federated":"graph.facebook.com"}`, web, false},
		{"no provider", `{"Federated":""}`, user(), false},
		{"service", `{"Service":"ec2.amazonaws.com"}`, user(), false},
		{"canonical user", `{"CanonicalUser":"79a5"}`, user(), false},
		{"one of many", `{"AWS":["210987654321","AIDAQNZGKIQY56JQ7WML2"]}`, user(), true},
		{"none", `{}`, user(), false},
	}
	for _, tt := range tests {
		s := source(t, policy.Resource, fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"*","Resource":"*"}`, tt.principal))
		if got := policy.Evaluate(get(tt.who), policy.Policies{Resource: &s}).Allowed; got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestNotPrincipal(t *testing.T) {
	t.Parallel()
	boundary := source(t, policy.Boundary, allowAll)
	tests := []struct {
		name, principal string
		boundary        *policy.Source
		want            bool
	}{
		{"another user", `{"AWS":"arn:aws:iam::123456789012:user/bob"}`, nil, false},
		{"the user", `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`, nil, true},
		{"the user and its account", `{"AWS":["123456789012","arn:aws:iam::123456789012:user/path/ann"]}`, nil, true},
		{"the account", `{"AWS":"123456789012"}`, nil, false},
		{"anyone", `"*"`, nil, true},
		{"the user, with a boundary", `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`, &boundary, false},
	}
	for _, tt := range tests {
		deny := source(t, policy.Resource, fmt.Sprintf(`{"Effect":"Deny","NotPrincipal":%s,"Action":"*","Resource":"*"}`, tt.principal))
		p := identity(t, allowAll)
		p.Resource, p.Boundary = &deny, tt.boundary
		if got := policy.Evaluate(get(user()), p).Allowed; got != tt.want {
			t.Errorf("Deny unless %s: %v", tt.name, got)
		}
	}
	allow := source(t, policy.Resource, `{"Effect":"Allow","NotPrincipal":{"AWS":"210987654321"},"Action":"*","Resource":"*"}`)
	if policy.Evaluate(get(user()), policy.Policies{Resource: &allow}).Allowed {
		t.Error("Allow with NotPrincipal gives more than a delegation")
	}
}

func TestPrincipalsDoNotBelongInOwnPolicies(t *testing.T) {
	t.Parallel()
	if policy.Evaluate(get(user()), identity(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)).Allowed {
		t.Error("an identity policy with a principal allows")
	}
	s := source(t, policy.Resource, allowAll)
	if policy.Evaluate(get(user()), policy.Policies{Resource: &s}).Allowed {
		t.Error("a resource policy without a principal allows")
	}
}
