package policy_test

import (
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// TestGuide asks policies as administrators write them after the IAM User Guide,
// "Example IAM identity-based policies", what they allow.
func TestGuide(t *testing.T) {
	t.Parallel()
	type ask struct {
		name, action, resource string
		k                      keys
		want                   bool
	}
	const (
		instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"
		home     = "arn:aws:s3:::home/ann/notes.txt"
		self     = "arn:aws:iam::123456789012:user/ann"
	)
	tests := []struct {
		name, statements string
		asks             []ask
	}{
		{
			"nothing without a second factor but setting one up",
			allowAll + `,{"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","sts:GetSessionToken"],"Resource":"*",
				"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`,
			[]ask{
				{"with it", "s3:GetObject", home, keys{"aws:MultiFactorAuthPresent": "true"}, true},
				{"without", "s3:GetObject", home, keys{"aws:MultiFactorAuthPresent": "false"}, false},
				{"with long-term keys, which know of none", "s3:GetObject", home, keys{}, false},
				{"set it up", "iam:EnableMFADevice", self, keys{}, true},
			},
		},
		{
			"a plain Bool lets long-term keys pass the deny",
			allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`,
			[]ask{
				{"temporary", "s3:GetObject", home, keys{"aws:MultiFactorAuthPresent": "false"}, false},
				{"long-term", "s3:GetObject", home, keys{}, true},
			},
		},
		{
			"a second factor of the last hour",
			`{"Effect":"Allow","Action":"ec2:TerminateInstances","Resource":"*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}}`,
			[]ask{
				{"young", "ec2:TerminateInstances", instance, keys{"aws:MultiFactorAuthAge": "3599"}, true},
				{"old", "ec2:TerminateInstances", instance, keys{"aws:MultiFactorAuthAge": "3600"}, false},
				{"none", "ec2:TerminateInstances", instance, keys{}, false},
			},
		},
		{
			"instances that carry the caller's tag",
			`{"Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances"],"Resource":"arn:aws:ec2:*:*:instance/*",
				"Condition":{"StringEquals":{"aws:ResourceTag/Owner":"${aws:PrincipalTag/Team}"}}}`,
			[]ask{
				{"own", "ec2:StartInstances", instance, keys{"aws:ResourceTag/Owner": "red", "aws:PrincipalTag/team": "red"}, true},
				{"another's", "ec2:StartInstances", instance, keys{"aws:ResourceTag/Owner": "blue", "aws:PrincipalTag/team": "red"}, false},
				{"untagged", "ec2:StartInstances", instance, keys{"aws:PrincipalTag/team": "red"}, false},
				{"caller without a tag", "ec2:StartInstances", instance, keys{"aws:ResourceTag/Owner": "red"}, false},
				{"both without", "ec2:StartInstances", instance, keys{}, false},
				{"a tag that looks like a pattern", "ec2:StartInstances", instance, keys{"aws:ResourceTag/Owner": "red", "aws:PrincipalTag/team": "*"}, false},
				{"another action", "ec2:RebootInstances", instance, keys{"aws:ResourceTag/Owner": "red", "aws:PrincipalTag/team": "red"}, false},
			},
		},
		{
			"new things with these tags and no others",
			`{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{
				"StringEquals":{"aws:RequestTag/cost":["red","blue"]},"ForAllValues:StringEquals":{"aws:TagKeys":["cost","name"]}}}`,
			[]ask{
				{"one", "ec2:CreateTags", instance, keys{"aws:RequestTag/cost": "red", "aws:TagKeys": []string{"cost"}}, true},
				{"both", "ec2:CreateTags", instance, keys{"aws:RequestTag/Cost": "blue", "aws:TagKeys": []string{"name", "cost"}}, true},
				{"another value", "ec2:CreateTags", instance, keys{"aws:RequestTag/cost": "green", "aws:TagKeys": []string{"cost"}}, false},
				{"another key besides", "ec2:CreateTags", instance, keys{"aws:RequestTag/cost": "red", "aws:TagKeys": []string{"cost", "admin"}}, false},
				{"without cost", "ec2:CreateTags", instance, keys{"aws:TagKeys": []string{"name"}}, false},
			},
		},
		{
			"all but IAM, and everywhere but in one bucket",
			`{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"NotResource":["arn:aws:s3:::secret","arn:aws:s3:::secret/*"]}`,
			[]ask{
				{"another bucket", "s3:PutObject", home, keys{}, true},
				{"about no resource", "s3:ListAllMyBuckets", "*", keys{}, true},
				{"the bucket", "s3:ListBucket", "arn:aws:s3:::secret", keys{}, false},
				{"an object in it", "s3:GetObject", "arn:aws:s3:::secret/x", keys{}, false},
				{"a bucket that begins alike", "s3:GetObject", "arn:aws:s3:::secrets/x", keys{}, true},
				{"IAM", "iam:ListUsers", "*", keys{}, false},
			},
		},
		{
			"deny all but one region, save global services",
			allowAll + `,{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}`,
			[]ask{
				{"inside", "ec2:RunInstances", instance, keys{"aws:RequestedRegion": "eu-west-1"}, true},
				{"outside", "ec2:RunInstances", instance, keys{"aws:RequestedRegion": "us-east-1"}, false},
				{"global", "iam:ListUsers", "*", keys{"aws:RequestedRegion": "us-east-1"}, true},
				{"no region", "ec2:RunInstances", instance, keys{}, false},
			},
		},
		{
			"one summer",
			`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{
				"DateGreaterThan":{"aws:CurrentTime":"2026-06-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-09-01T00:00:00Z"}}}`,
			[]ask{
				{"before", "s3:GetObject", home, keys{"aws:CurrentTime": "2026-06-01T00:00:00Z"}, false},
				{"within", "s3:GetObject", home, keys{"aws:CurrentTime": "2026-07-01T12:00:00Z"}, true},
				{"within, another zone", "s3:GetObject", home, keys{"aws:CurrentTime": "2026-09-01T01:00:00+02:00"}, true},
				{"after", "s3:GetObject", home, keys{"aws:CurrentTime": "2026-09-01T00:00:00Z"}, false},
			},
		},
		{
			"sessions that were opened before it are over",
			allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-07-01T12:00:00Z"}}}`,
			[]ask{
				{"older", "s3:GetObject", home, keys{"aws:TokenIssueTime": "2026-07-01T11:59:59Z"}, false},
				{"newer", "s3:GetObject", home, keys{"aws:TokenIssueTime": "2026-07-01T12:00:00Z"}, true},
				{"no session", "s3:GetObject", home, keys{}, true},
			},
		},
		{
			"not from outside the office, unless AWS calls for the user",
			allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
				"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]},"Bool":{"aws:ViaAWSService":"false"}}}`,
			[]ask{
				{"office", "s3:GetObject", home, keys{"aws:SourceIp": "192.0.2.7", "aws:ViaAWSService": "false"}, true},
				{"office, IPv6", "s3:GetObject", home, keys{"aws:SourceIp": "2001:db8::7", "aws:ViaAWSService": "false"}, true},
				{"elsewhere", "s3:GetObject", home, keys{"aws:SourceIp": "198.51.100.7", "aws:ViaAWSService": "false"}, false},
				{"a service for the user", "s3:GetObject", home, keys{"aws:SourceIp": "198.51.100.7", "aws:ViaAWSService": "true"}, true},
			},
		},
		{
			"home folders",
			`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::home","Condition":{"StringLike":{"s3:prefix":["","${aws:username}/*"]}}},
				{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::home/${aws:username}","arn:aws:s3:::home/${aws:username}/*"]}`,
			[]ask{
				{"own object", "s3:GetObject", home, keys{"aws:username": "ann"}, true},
				{"another's", "s3:GetObject", "arn:aws:s3:::home/annabel/notes.txt", keys{"aws:username": "ann"}, false},
				{"list own", "s3:ListBucket", "arn:aws:s3:::home", keys{"aws:username": "ann", "s3:prefix": "ann/2026"}, true},
				{"list all", "s3:ListBucket", "arn:aws:s3:::home", keys{"aws:username": "ann", "s3:prefix": ""}, true},
				{"list another's", "s3:ListBucket", "arn:aws:s3:::home", keys{"aws:username": "ann", "s3:prefix": "bob/"}, false},
				{"a role, which has no name", "s3:GetObject", home, keys{}, false},
			},
		},
		{
			"own access keys",
			`{"Effect":"Allow","Action":["iam:*AccessKey*","iam:GetUser"],"Resource":"arn:aws:iam::*:user/${aws:username}"}`,
			[]ask{
				{"own", "iam:CreateAccessKey", self, keys{"aws:username": "ann"}, true},
				{"list own", "iam:ListAccessKeys", self, keys{"aws:username": "ann"}, true},
				{"another's", "iam:CreateAccessKey", "arn:aws:iam::123456789012:user/bob", keys{"aws:username": "ann"}, false},
				{"own policy", "iam:PutUserPolicy", self, keys{"aws:username": "ann"}, false},
			},
		},
		{
			"rows under one's own key",
			`{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:*:123456789012:table/Games",
				"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${cognito-identity.amazonaws.com:sub}"]},"Null":{"dynamodb:LeadingKeys":"false"}}}`,
			[]ask{
				{"own", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/Games", keys{"cognito-identity.amazonaws.com:sub": "us-east-1:1", "dynamodb:LeadingKeys": []string{"us-east-1:1"}}, true},
				{"another's too", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/Games", keys{"cognito-identity.amazonaws.com:sub": "us-east-1:1", "dynamodb:LeadingKeys": []string{"us-east-1:1", "us-east-1:2"}}, false},
				{"no key at all", "dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/Games", keys{"cognito-identity.amazonaws.com:sub": "us-east-1:1"}, false},
				{"another account's table", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:210987654321:table/Games", keys{"cognito-identity.amazonaws.com:sub": "us-east-1:1", "dynamodb:LeadingKeys": []string{"us-east-1:1"}}, false},
			},
		},
		{
			"roles that may be passed, to one service",
			`{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app-*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`,
			[]ask{
				{"fits", "iam:PassRole", "arn:aws:iam::123456789012:role/app-web", keys{"iam:PassedToService": "ec2.amazonaws.com"}, true},
				{"another role", "iam:PassRole", "arn:aws:iam::123456789012:role/admin", keys{"iam:PassedToService": "ec2.amazonaws.com"}, false},
				{"another service", "iam:PassRole", "arn:aws:iam::123456789012:role/app-web", keys{"iam:PassedToService": "lambda.amazonaws.com"}, false},
			},
		},
		{
			"new users only inside a boundary",
			`{"Effect":"Allow","Action":"iam:CreateUser","Resource":"*","Condition":{"ArnEquals":{"iam:PermissionsBoundary":"arn:aws:iam::*:policy/Edge"}}}`,
			[]ask{
				{"inside", "iam:CreateUser", self, keys{"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/Edge"}, true},
				{"another", "iam:CreateUser", self, keys{"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/Edges"}, false},
				{"none", "iam:CreateUser", self, keys{}, false},
			},
		},
		{
			"nothing unencrypted",
			allowAll + `,{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:x-amz-server-side-encryption":"true"}}},
				{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
			[]ask{
				{"encrypted", "s3:PutObject", home, keys{"s3:x-amz-server-side-encryption": "AES256", "aws:SecureTransport": "true"}, true},
				{"not said", "s3:PutObject", home, keys{"aws:SecureTransport": "true"}, false},
				{"over plain HTTP", "s3:GetObject", home, keys{"aws:SecureTransport": "false"}, false},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := source(t, policy.Identity, tt.statements)
			if err := s.Document.Validate(policy.Identity); err != nil {
				t.Error(err)
			}
			for _, a := range tt.asks {
				req := policy.Request{Principal: user(), Action: a.action, Resource: a.resource, Context: a.k.context()}
				if got := policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s}}).Allowed; got != a.want {
					t.Errorf("%s: %v", a.name, got)
				}
			}
		})
	}
}

// TestGuideAttached asks policies that hang on a resource: the confused deputy, an
// organization, whoever holds a role by any name.
func TestGuideAttached(t *testing.T) {
	t.Parallel()
	service := policy.Principal{ARN: "sns.amazonaws.com"}
	tests := []struct {
		name, statements string
		who              policy.Principal
		k                keys
		want             bool
	}{
		{"deputy, the right topic", deputy(`"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:123456789012:alerts*"}`), service, keys{"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:alerts-1"}, true},
		{"deputy, another account's topic", deputy(`"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:123456789012:alerts*"}`), service, keys{"aws:SourceArn": "arn:aws:sns:us-east-1:210987654321:alerts-1"}, false},
		{"deputy, a field too many", deputy(`"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:alerts*"}`), service, keys{"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:alerts-1"}, false},
		{"deputy, no source", deputy(`"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:123456789012:alerts*"}`), service, keys{}, false},
		{"deputy, the right account", deputy(`"StringEquals":{"aws:SourceAccount":"123456789012"}`), service, keys{"aws:SourceAccount": "123456789012"}, true},
		{"deputy, both", deputy(`"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:alerts"}`), service, keys{"aws:SourceAccount": "123456789012", "aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:others"}, false},
		{"organization", deputy(`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`), user(), keys{"aws:PrincipalOrgID": "o-1"}, true},
		{"another organization", deputy(`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`), user(), keys{"aws:PrincipalOrgID": "o-2"}, false},
		{"no organization", deputy(`"StringEquals":{"aws:PrincipalOrgID":"o-1"}`), policy.Principal{}, keys{}, false},
		{"roles by pattern", deputy(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/team/*"}`), session(), keys{"aws:PrincipalArn": "arn:aws:iam::123456789012:role/team/Reader"}, true},
		{"roles by pattern, a user", deputy(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/team/*"}`), user(), keys{"aws:PrincipalArn": "arn:aws:iam::123456789012:user/path/ann"}, false},
	}
	for _, tt := range tests {
		s := source(t, policy.Resource, tt.statements)
		if err := s.Document.Validate(policy.Resource); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		req := get(tt.who)
		req.Context = tt.k.context()
		if got := policy.Evaluate(req, policy.Policies{Resource: &s}).Allowed; got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func deputy(condition string) string {
	return `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*","Condition":{` + condition + `}}`
}
