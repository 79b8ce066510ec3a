package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// TestWhichFaultIsNamed gives each document two faults, neighbours in the order in
// which AWS looks.
func TestWhichFaultIsNamed(t *testing.T) {
	t.Parallel()
	const (
		unique  = "Statement IDs (SID) in a single policy must be unique."
		actions = "Policy statement must contain actions."
		arn     = `Resource bucket must be in ARN format or "*".`
		vendor  = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		none    = "Policy statement must contain resources."
	)
	document := func(version, statements string) string {
		return `{` + version + `"Statement":[` + statements + `]}`
	}
	const now, old = `"Version":"2012-10-17",`, `"Version":"2008-10-17",`
	tests := []struct{ name, text, want string }{
		{"grammar before version", document(old, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Extra":1}`), syntax},
		{"version before the legacy parser", document(old, `{"Effect":"allow","Action":"s3:*","Resource":"*"}`), version},
		{"version before Sids", document(old, `{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`), version},
		{"the legacy parser before Sids", document(now, `{"Sid":"a","Effect":"allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`), legacy},
		{"Sids before actions", document(now, `{"Sid":"a","Effect":"Allow","Resource":"*"},{"Sid":"a","Effect":"Allow","Resource":"*"}`), unique},
		{"actions before the form of resources", document(now, `{"Effect":"Allow","Resource":"bucket"}`), actions},
		{"the form of resources before that of actions", document(now, `{"Effect":"Allow","Action":"list","Resource":"bucket"}`), arn},
		{"the form of actions before resources", document(now, `{"Effect":"Allow","Action":"list"}`), vendor},
		{"resources at last", document(now, `{"Effect":"Allow","Action":"s3:*"}`), none},
		{"of a later statement, if it is looked at first", document(now, `{"Effect":"Allow","Action":"list","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`), arn},
	}
	for _, tt := range tests {
		if got := problem(t, tt.text, policy.Identity); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestGrammar is about documents that say the same in another form, and forms that say
// nothing.
func TestGrammar(t *testing.T) {
	t.Parallel()
	document := func(statement string) string { return `{"Version":"2012-10-17","Statement":` + statement + `}` }
	for _, tt := range []struct{ name, text, want string }{
		{"one statement", document(allowGet), ""},
		{"a list of one", document("[" + allowGet + "]"), ""},
		{"lists for scalars", document(`{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"],"Condition":{"StringLike":{"k":["*"]}}}`), ""},
		{"an Id", `{"Id":"any thing: at all","Version":"2012-10-17","Statement":` + allowGet + `}`, ""},
		{"elements in another order", `{"Statement":{"Resource":"*","Action":"s3:GetObject","Effect":"Allow"},"Version":"2012-10-17"}`, ""},
		{"white space", " {\n\t\"Version\" :\r\n \"2012-10-17\" , \"Statement\" : " + allowGet + " } \n", ""},
		{"escapes", strings.Replace(document(allowGet), "GetObject", `\u0047et\u004fbject`, 1), ""},
		{"an empty condition", document(strings.Replace(allowGet, "}", `,"Condition":{}}`, 1)), ""},
		{"Statement in lower case", `{"Version":"2012-10-17","statement":` + allowGet + `}`, syntax},
		{"Effect in lower case", document(strings.Replace(allowGet, "Effect", "effect", 1)), syntax},
		{"Action in lower case", document(strings.Replace(allowGet, "Action", "action", 1)), syntax},
		{"Resource in upper case", document(strings.Replace(allowGet, "Resource", "RESOURCE", 1)), syntax},
		{"Action in the plural", document(strings.Replace(allowGet, "Action", "Actions", 1)), syntax},
		{"Action is an object", document(`{"Effect":"Allow","Action":{"s3":"GetObject"},"Resource":"*"}`), syntax},
		{"Action is a number", document(`{"Effect":"Allow","Action":1,"Resource":"*"}`), syntax},
		{"Action is null", document(`{"Effect":"Allow","Action":null,"Resource":"*"}`), syntax},
		{"Resource is true", document(`{"Effect":"Allow","Action":"s3:*","Resource":true}`), syntax},
		{"a comment", "{/* */" + document(allowGet)[1:], syntax},
		{"a comma too many", strings.Replace(document("["+allowGet+"]"), "}]", "},]", 1), syntax},
		{"single quotes", strings.ReplaceAll(document(allowGet), `"`, "'"), syntax},
		{"two documents", document(allowGet) + document(allowGet), syntax},
	} {
		got := problem(t, tt.text, policy.Identity)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got != "" {
			continue
		}
		req := get(user())
		req.Context.Set("k", "v")
		p := policy.Policies{Identity: []policy.Source{{Document: parseText(t, tt.text)}}}
		if !policy.Evaluate(req, p).Allowed {
			t.Errorf("%s: denied", tt.name)
		}
	}
}

// TestWhereVariablesAre is about the places that take variables; where they are not
// replaced a policy that holds one is refused, for it could never mean what it says.
func TestWhereVariablesAre(t *testing.T) {
	t.Parallel()
	condition := func(operator string) string {
		return one(`"Action":"s3:*","Resource":"*","Condition":{"` + operator + `":{"k":"${aws:userid}"}}`)
	}
	resource := func(arn string) string { return one(`"Action":"s3:*","Resource":"` + arn + `"`) }
	taken := []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Bool",
	}
	refused := []string{
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
		"BinaryEquals", "IpAddress", "NotIpAddress", "Null",
	}
	for _, operator := range taken {
		for _, form := range []string{"%s", "ForAnyValue:%s", "ForAllValues:%sIfExists"} {
			if got := problem(t, condition(fmt.Sprintf(form, operator)), policy.Identity); got != "" {
				t.Errorf(form+": %q", operator, got)
			}
		}
	}
	for _, operator := range refused {
		if got := problem(t, condition(operator), policy.Identity); got != legacy {
			t.Errorf("%s: %q", operator, got)
		}
	}
	for arn, want := range map[string]string{
		"arn:aws:s3:::${aws:userid}":                        "",
		"arn:aws:s3:::b/${aws:userid}/${aws:userid}":        "",
		"arn:aws:sns:us-east-1:123456789012:${aws:userid}":  "",
		"arn:aws:sns:us-east-1:123456789012:a:${a, 'b:c'}":  "",
		"arn:aws:sns:us-east-1:${aws:PrincipalAccount}:t":   legacy,
		"arn:aws:sns:${aws:RequestedRegion}:123456789012:t": legacy,
		"arn:aws:${a}:::b":                                  legacy,
		"arn:${a}:s3:::b":                                   legacy,
		"${aws:userid}":                                     legacy,
	} {
		if got := problem(t, resource(arn), policy.Identity); got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}

// TestWebIdentitySessions are sessions of a role like others: its policies are theirs,
// and a resource policy may name the provider as it may name the role.
func TestWebIdentitySessions(t *testing.T) {
	t.Parallel()
	who := session()
	who.Federated = "cognito-identity.amazonaws.com"
	const byHost = `{"Federated":"cognito-identity.amazonaws.com"}`
	byRole := named(`{"AWS":"arn:aws:iam::123456789012:role/team/Reader"}`)
	tests := []struct {
		name, identity, boundary, session, resource string
		want                                        outcome
	}{
		{"the role's own policy", allowGet, "", "", "", outcome{true, false, policy.Identity}},
		{"narrowed", allowGet, "", allowPut, "", outcome{false, false, policy.Session}},
		{"nothing", "", "", "", "", outcome{false, false, policy.Identity}},
		{"by role", "", "", "", byRole, outcome{true, false, policy.Resource}},
		{"by role, narrowed", "", "", allowPut, byRole, outcome{false, false, policy.Session}},
		{"by provider", "", "", "", named(byHost), outcome{true, false, policy.Resource}},
		{"by provider, outside the boundary", "", allowPut, "", named(byHost), outcome{false, false, policy.Boundary}},
		{"by provider, narrowed", "", "", allowPut, named(byHost), outcome{false, false, policy.Session}},
		{"by another provider", "", "", "", named(`{"Federated":"accounts.google.com"}`), outcome{false, false, policy.Identity}},
		{"denied by provider", allowGet, "", "", strings.Replace(named(byHost), "Allow", "Deny", 1), outcome{false, true, policy.Resource}},
	}
	for _, tt := range tests {
		check(t, tt.name, policy.Evaluate(get(who), policies(t, tt.identity, tt.boundary, tt.session, tt.resource)), tt.want)
	}
}

// TestFederatedPrincipals is about whom a trust policy lets in by which name: well-known
// providers by host, all others by ARN, to the letter.
func TestFederatedPrincipals(t *testing.T) {
	t.Parallel()
	const oidc, saml = "arn:aws:iam::123456789012:oidc-provider/", "arn:aws:iam::123456789012:saml-provider/"
	tests := []struct {
		named, came string
		want        bool
	}{
		{"cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com", true},
		{"accounts.google.com", "accounts.google.com", true},
		{"graph.facebook.com", "graph.facebook.com", true},
		{"www.amazon.com", "www.amazon.com", true},
		{"www.amazon.com", "accounts.google.com", false},
		{oidc + "idp.example/realms/a", oidc + "idp.example/realms/a", true},
		{oidc + "idp.example/realms/A", oidc + "idp.example/realms/a", false},
		{oidc + "idp.example/realms", oidc + "idp.example/realms/a", false},
		{oidc + "idp.example", oidc + "idp.example/", false},
		{"idp.example", oidc + "idp.example", false},
		{"arn:aws:iam::210987654321:oidc-provider/idp.example", oidc + "idp.example", false},
		{saml + "okta", saml + "okta", true},
		{saml + "okta", saml + "Okta", false},
		{saml + "okta", oidc + "okta", false},
	}
	for _, tt := range tests {
		s := source(t, policy.Trust, fmt.Sprintf(`{"Effect":"Allow","Principal":{"Federated":%q},"Action":"sts:AssumeRoleWithWebIdentity"}`, tt.named))
		req := policy.Request{
			Principal: policy.Principal{Federated: tt.came}, Action: "sts:AssumeRoleWithWebIdentity",
			Resource: roleARN, Context: policy.NewContext(),
		}
		if got := policy.EvaluateTrust(req, s, policy.Policies{}).Allowed; got != tt.want {
			t.Errorf("%s for %s: %v", tt.named, tt.came, got)
		}
	}
}
