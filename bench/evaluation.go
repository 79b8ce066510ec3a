package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cenotehq/cenote/policy"
)

const (
	account  = "123456789012"
	host     = "cognito-identity.amazonaws.com"
	poolID   = region + ":b0b00000-0000-4000-8000-000000000002"
	identity = region + ":a11ce000-0000-4000-8000-000000000001"

	statementsEach = 10 // in a policy
)

// newEvaluation returns a function that decides whether an identity of a pool may read
// a file of its own, by policies of a role with so many statements, a multiple of ten.
func newEvaluation(statements int) (func() error, error) {
	var policies policy.Policies
	for n := range statements / statementsEach {
		document, err := policy.Parse(appPolicy(n))
		if err != nil {
			return nil, err
		}
		policies.Identity = append(policies.Identity, policy.Source{Name: fmt.Sprint("app", n), Document: document})
	}
	request := policy.Request{
		Principal: policy.Principal{
			Account: account,
			ARN:     "arn:aws:sts::" + account + ":assumed-role/app/CognitoIdentityCredentials",
			RoleARN: "arn:aws:iam::" + account + ":role/app",
			UserID:  "AROAQEAAAAAAAAAAAAAAA:CognitoIdentityCredentials",
		},
		Action:   "s3:GetObject",
		Resource: "arn:aws:s3:::app0-photos/" + identity + "/photo.jpg",
		Context:  policy.NewContext(),
	}
	for key, value := range map[string]string{
		host + ":sub": identity, host + ":aud": poolID, "aws:FederatedProvider": host,
		"aws:SourceIp": "192.0.2.1", "aws:SecureTransport": "true", "aws:RequestedRegion": region,
	} {
		request.Context.Set(key, value)
	}
	return func() error {
		if !policy.Evaluate(request, policies).Allowed {
			return errors.New("the policies of the role deny")
		}
		return nil
	}, nil
}

// appPolicy is what apps give the users of an identity pool: files, rows and data sets
// of their own.
func appPolicy(n int) string {
	const own = "${" + host + ":sub}"
	statements := []string{
		`"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::app#-photos/` + own + `/*"`,
		`"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app#-public/*"`,
		`"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app#-photos", "Condition": {"StringLike": {"s3:prefix": ["` + own + `/*", "public/*"]}}`,
		`"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"], "Resource": "arn:aws:dynamodb:*:` + account + `:table/app#-notes",
			"Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "` + own + `"}}`,
		`"Effect": "Allow", "Action": "dynamodb:BatchGetItem", "Resource": "arn:aws:dynamodb:*:` + account + `:table/app#-shared*"`,
		`"Effect": "Allow", "Action": "cognito-sync:*", "Resource": "arn:aws:cognito-sync:*:` + account + `:identitypool/${` + host + `:aud}/identity/` + own + `/dataset/app#"`,
		`"Effect": "Allow", "Action": ["mobileanalytics:PutEvents", "cognito-identity:GetId"], "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "` + region + `"}}`,
		`"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:*:` + account + `:client/` + own + `-#"`,
		`"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::app#-photos/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}`,
		`"Effect": "Deny", "Action": ["dynamodb:Delete*", "dynamodb:Update*"], "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}`,
	}
	text := `{"Version": "2012-10-17", "Statement": [{` + strings.Join(statements, "}, {") + `}]}`
	return strings.ReplaceAll(text, "app#", fmt.Sprint("app", n))
}
