package server_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// TestTagConditions puts conditions on tags, on attached policies and on boundaries
// beside an Allow for everything: a Deny that never held would be an Allow.
func TestTagConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}`
	const admin, powers = "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AmazonCognitoPowerUser"
	w.iam(t, rootKey(), "CreateRole", "RoleName", "red", "Path", "/team/", "AssumeRolePolicyDocument", trust,
		"PermissionsBoundary", powers, "Tags.member.1.Key", "Team", "Tags.member.1.Value", "red").ok(t)
	w.iam(t, rootKey(), "CreateRole", "RoleName", "blue", "AssumeRolePolicyDocument", trust).ok(t)
	red := func(action string, parameters ...string) call {
		return func(key sigv4.Credentials) answer {
			return w.iam(t, key, action, append([]string{"RoleName", "red"}, parameters...)...)
		}
	}
	blue := func(action string, parameters ...string) call {
		return func(key sigv4.Credentials) answer {
			return w.iam(t, key, action, append([]string{"RoleName", "blue"}, parameters...)...)
		}
	}
	tag := func(key, value string) []string {
		return []string{"Tags.member.1.Key", key, "Tags.member.1.Value", value}
	}
	metadata := samlMetadata(t)
	w.iam(t, rootKey(), "CreateSAMLProvider", append(tag("Team", "red"), "Name", "red", "SAMLMetadataDocument", metadata)...).ok(t)
	w.iam(t, rootKey(), "CreateSAMLProvider", "Name", "blue", "SAMLMetadataDocument", metadata).ok(t)
	saml := func(action, name string, parameters ...string) call {
		return func(key sigv4.Credentials) answer {
			return w.iam(t, key, action, append([]string{"SAMLProviderArn", "arn:aws:iam::123456789012:saml-provider/" + name}, parameters...)...)
		}
	}
	pool := w.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"IdentityPoolTags":{"env":"prod"}}`).ok(t).value(t, "IdentityPoolId")
	other := w.pool(t)
	plain := poolARN(other)
	guest := func(pool string) string {
		return w.public(t, "GetId", `{"IdentityPoolId":"`+pool+`"}`).ok(t).value(t, "IdentityId")
	}
	pools := func(operation, body string) call {
		return func(key sigv4.Credentials) answer { return w.cognito(t, key, operation, body) }
	}
	put := []string{"PolicyName", "p", "PolicyDocument", allow("s3:*")}
	for _, test := range []struct {
		actions, condition string
		denied, allowed    call
	}{
		{"iam:*", `{"StringEquals":{"aws:ResourceTag/Team":"red"}}`, red("PutRolePolicy", put...), blue("PutRolePolicy", put...)},
		{"iam:*", `{"StringEquals":{"iam:ResourceTag/team":"red"}}`, red("GetRole"), blue("GetRole")},
		{"iam:*", `{"StringEquals":{"aws:RequestTag/Team":"red"}}`, blue("TagRole", tag("Team", "red")...), blue("TagRole", tag("Team", "green")...)},
		{"iam:TagRole", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}`, blue("TagRole", tag("Team", "x")...), blue("TagRole", tag("Other", "x")...)},
		{"iam:UntagRole", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}`, blue("UntagRole", "TagKeys.member.1", "Team"), blue("UntagRole", "TagKeys.member.1", "Other")},
		{
			"iam:CreateRole", `{"StringEquals":{"aws:RequestTag/Team":"red"}}`,
			func(key sigv4.Credentials) answer {
				return w.iam(t, key, "CreateRole", append(tag("Team", "red"), "RoleName", "x", "AssumeRolePolicyDocument", trust)...)
			},
			func(key sigv4.Credentials) answer {
				return w.iam(t, key, "CreateRole", append(tag("Team", "green"), "RoleName", "y", "AssumeRolePolicyDocument", trust)...)
			},
		},
		{"iam:*", `{"ArnEquals":{"iam:PolicyARN":"` + admin + `"}}`, blue("AttachRolePolicy", "PolicyArn", admin), blue("AttachRolePolicy", "PolicyArn", powers)},
		{"iam:*", `{"ArnEquals":{"iam:PolicyARN":"` + powers + `"}}`, blue("DetachRolePolicy", "PolicyArn", powers), blue("GetRole")},
		{"iam:*", `{"StringEquals":{"iam:PermissionsBoundary":"` + admin + `"}}`, blue("PutRolePermissionsBoundary", "PermissionsBoundary", admin), blue("PutRolePermissionsBoundary", "PermissionsBoundary", powers)},
		{"iam:*", `{"StringEquals":{"iam:PermissionsBoundary":"` + powers + `"}}`, red("DeleteRolePermissionsBoundary"), func(key sigv4.Credentials) answer { return w.iam(t, key, "ListUsers") }},
		{"iam:*", `{"StringEquals":{"aws:ResourceTag/Team":"red"}}`, saml("GetSAMLProvider", "red"), saml("GetSAMLProvider", "blue")},
		{"iam:*", `{"StringEquals":{"aws:RequestTag/Team":"red"}}`, saml("TagSAMLProvider", "blue", tag("Team", "red")...), saml("TagSAMLProvider", "blue", tag("Team", "green")...)},
		{"iam:*", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}`, saml("UntagSAMLProvider", "blue", "TagKeys.member.1", "Team"), saml("UntagSAMLProvider", "blue", "TagKeys.member.1", "Other")},
		{"cognito-identity:*", `{"StringEquals":{"aws:ResourceTag/env":"prod"}}`, pools("DescribeIdentityPool", `{"IdentityPoolId":"`+pool+`"}`), pools("ListIdentityPools", `{"MaxResults":1}`)},
		{
			"cognito-identity:*", `{"StringEquals":{"aws:RequestTag/env":"prod"}}`,
			pools("CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"IdentityPoolTags":{"env":"prod"}}`),
			pools("CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"IdentityPoolTags":{"env":"test"}}`),
		},
		{
			"cognito-identity:TagResource", `{"Null":{"aws:TagKeys":"false"}}`,
			pools("CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"IdentityPoolTags":{"a":"b"}}`),
			pools("CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`),
		},
		{
			"cognito-identity:UntagResource", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"env"}}`,
			pools("UpdateIdentityPool", `{"IdentityPoolId":"`+pool+`","IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`),
			pools("UpdateIdentityPool", `{"IdentityPoolId":"`+pool+`","IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,"IdentityPoolTags":{"env":"prod","a":"b"}}`),
		},
		{
			"cognito-identity:TagResource", `{"StringEquals":{"aws:RequestTag/env":"prod"}}`,
			pools("TagResource", `{"ResourceArn":"`+plain+`","Tags":{"env":"prod"}}`), pools("TagResource", `{"ResourceArn":"`+plain+`","Tags":{"env":"test"}}`),
		},
		{
			"cognito-identity:TagResource", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"env"}}`,
			pools("TagResource", `{"ResourceArn":"`+plain+`","Tags":{"a":"b","env":"x"}}`), pools("TagResource", `{"ResourceArn":"`+plain+`","Tags":{"a":"b"}}`),
		},
		{
			"cognito-identity:UntagResource", `{"ForAnyValue:StringEquals":{"aws:TagKeys":"env"}}`,
			pools("UntagResource", `{"ResourceArn":"`+plain+`","TagKeys":["a","env"]}`), pools("UntagResource", `{"ResourceArn":"`+plain+`","TagKeys":["a"]}`),
		},
		{
			"cognito-identity:*", `{"StringEquals":{"aws:ResourceTag/env":"prod"}}`,
			pools("ListTagsForResource", `{"ResourceArn":"`+poolARN(pool)+`"}`), pools("ListTagsForResource", `{"ResourceArn":"`+plain+`"}`),
		},
		{
			"cognito-identity:*Identities", `{"StringEquals":{"aws:ResourceTag/env":"prod"}}`,
			pools("ListIdentities", `{"IdentityPoolId":"`+pool+`","MaxResults":1}`), pools("ListIdentities", `{"IdentityPoolId":"`+other+`","MaxResults":1}`),
		},
		{
			"cognito-identity:*", `{"StringEquals":{"cognito-identity:IdentityPoolArn":"` + poolARN(pool) + `"}}`,
			pools("DescribeIdentity", `{"IdentityId":"`+guest(pool)+`"}`), pools("DescribeIdentity", `{"IdentityId":"`+guest(other)+`"}`),
		},
		{
			"cognito-identity:*", `{"StringEquals":{"aws:ResourceTag/env":"prod"}}`,
			pools("DeleteIdentities", `{"IdentityIdsToDelete":["`+guest(pool)+`"]}`), pools("DeleteIdentities", `{"IdentityIdsToDelete":["`+guest(other)+`"]}`),
		},
	} {
		name := "u" + fmt.Sprint(len(w.iam(t, rootKey(), "ListUsers").ok(t).body))
		user := w.user(t, name, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
			{"Effect":"Deny","Action":"`+test.actions+`","Resource":"*","Condition":`+test.condition+`}]}`)
		if got := test.denied(user); got.code() != "AccessDenied" && got.code() != "AccessDeniedException" {
			t.Errorf("Deny %s if %s: %d %s", test.actions, test.condition, got.status, got.body)
		}
		if got := test.allowed(user); got.status != http.StatusOK {
			t.Errorf("Deny %s if %s stands in the way of what it is not about: %s", test.actions, test.condition, got.message())
		}
	}
}

// call is an operation to be called by whoever holds a key.
type call func(sigv4.Credentials) answer

func poolARN(id string) string {
	return "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/" + id
}

// TestTagsOfNoResource asks for the tags of what is no pool: the policies are asked about
// the string that was given.
func TestTagsOfNoResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.pool(t)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-identity:*","Resource":"`+poolARN("*")+`"}}`)
	w.cognito(t, user, "ListTagsForResource", `{"ResourceArn":"`+poolARN(mine)+`"}`).ok(t)
	for _, resource := range []string{mine, "arn:aws:cognito-identity:us-east-1:123456789012:identitypool/" + mine} {
		w.cognito(t, user, "ListTagsForResource", `{"ResourceArn":"`+resource+`"}`).is(t, http.StatusBadRequest, "AccessDeniedException",
			"User: arn:aws:iam::123456789012:user/u is not authorized to perform: cognito-identity:ListTagsForResource on resource: "+resource+
				" because no identity-based policy allows the cognito-identity:ListTagsForResource action")
	}
}
