package iam

import (
	"fmt"
	"time"

	"github.com/cenotehq/cenote/policy"
)

// Names of the two policies that Amazon Cognito puts on every guest's session
// ("Access policies for unauthenticated identities"). The first is an inline
// policy at AWS and has no ARN; it goes by a name of our own, so that session
// tokens need not carry its text.
const (
	GuestInlinePolicy  = "cognito-identity:unauthenticated"
	GuestManagedPolicy = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
)

// awsAccount stands where the ARNs of AWS's own policies have no account.
const awsAccount = "aws"

// guestInline allows guests these services and no others.
const guestInline = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
	`"cloudwatch:*","logs:*","dynamodb:*","kinesis:*","mobileanalytics:*","s3:*","ses:*","sns:*",` +
	`"sqs:*","lambda:*","machinelearning:*","execute-api:*","iot:*","gamelift:*",` +
	`"cognito-identity:*","cognito-idp:*","cognito-sync:*","lex:*","polly:*","comprehend:*",` +
	`"translate:*","transcribe:*","rekognition:*","mobiletargeting:*","firehose:*","appsync:*",` +
	`"personalize:*","codewhisperer:*","sdb:*","sagemaker:InvokeEndpoint",` +
	`"textract:DetectDocumentText","textract:AnalyzeDocument"` +
	`],"Resource":"*"}]}`

// guestManaged is what the managed policy adds, in its version 4.
const guestManaged = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
	`"rum:PutRumEvents","sagemaker:InvokeEndpoint","polly:*","comprehend:*","translate:*","transcribe:*",` +
	`"rekognition:*","mobiletargeting:*","firehose:*","personalize:*",` +
	`"geo:GetMap*","geo:ListMaps","geo:SearchPlaceIndex*","geo:GetPlace","geo:CalculateRoute*",` +
	`"geo:*Geofence","geo:*Geofences","geo:*DevicePosition*",` +
	`"kms:Encrypt","kms:Decrypt","kms:ReEncryptTo","kms:ReEncryptFrom","kms:GenerateDataKey",` +
	`"kms:GenerateDataKeyPair","kms:GenerateDataKeyWithoutPlaintext","kms:GenerateDataKeyPairWithoutPlaintext"],` +
	`"Resource":"*"}]}`

const administrator = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

const cognitoDeveloper = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
	`"cognito-identity:GetOpenIdTokenForDeveloperIdentity","cognito-identity:LookupDeveloperIdentity",` +
	`"cognito-identity:MergeDeveloperIdentities","cognito-identity:UnlinkDeveloperIdentity"],"Resource":"*"}]}`

const cognitoReadOnly = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
	`"cognito-identity:Describe*","cognito-identity:Get*","cognito-identity:List*",` +
	`"cognito-idp:Describe*","cognito-idp:AdminGet*","cognito-idp:AdminList*","cognito-idp:List*","cognito-idp:Get*",` +
	`"cognito-sync:Describe*","cognito-sync:Get*","cognito-sync:List*",` +
	`"iam:ListOpenIdConnectProviders","iam:ListRoles","sns:ListPlatformApplications"],"Resource":"*"}]}`

const cognitoPowerUser = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
	`"cognito-identity:*","cognito-idp:*","cognito-sync:*","iam:ListRoles","iam:ListOpenIdConnectProviders",` +
	`"iam:GetRole","iam:ListSAMLProviders","iam:GetSAMLProvider","kinesis:ListStreams","lambda:GetPolicy",` +
	`"lambda:ListFunctions","sns:GetSMSSandboxAccountStatus","sns:ListPlatformApplications","ses:ListIdentities",` +
	`"ses:GetIdentityVerificationAttributes","mobiletargeting:GetApps","acm:ListCertificates",` +
	`"sms-voice:DescribeAccountAttributes"],"Resource":"*"},` +
	`{"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"*","Condition":{"StringEquals":{` +
	`"iam:AWSServiceName":["cognito-idp.amazonaws.com","email.cognito-idp.amazonaws.com"]}}},` +
	`{"Effect":"Allow","Action":["iam:DeleteServiceLinkedRole","iam:GetServiceLinkedRoleDeletionStatus"],"Resource":[` +
	`"arn:aws:iam::*:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp*",` +
	`"arn:aws:iam::*:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmail*"]}]}`

// builtins are the policies that are there without anybody having made them.
type builtins struct {
	guestInline *policy.Document
	managed     map[string]ManagedPolicy // by ARN
}

// awsPolicy is a managed policy of AWS's own in the version that is its default
// (AWS Managed Policy Reference).
type awsPolicy struct {
	name, id, description string
	version               int
	created               time.Time // of the version
	text                  string
}

func awsPolicies() []awsPolicy {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	return []awsPolicy{
		{
			"AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", "Provides full access to AWS services and resources.",
			1, day(2015, 2, 6), administrator,
		},
		{
			"AmazonCognitoDeveloperAuthenticatedIdentities", "ANPAIQOKZ5BGKLCMTXH4W",
			"Provides access to Amazon Cognito APIs to support developer authenticated identities from your authentication backend.",
			1, day(2015, 3, 24), cognitoDeveloper,
		},
		{
			"AmazonCognitoPowerUser", "ANPAJKW5H2HNCPGCYGR6Y",
			"Provides administrative access to existing Amazon Cognito resources.",
			8, day(2026, 2, 11), cognitoPowerUser,
		},
		{
			"AmazonCognitoReadOnly", "ANPAJBFTRZD2GQGJHSVQK", "Provides read only access to Amazon Cognito resources.",
			4, day(2019, 8, 1), cognitoReadOnly,
		},
		{
			// AWS does not publish the unique id of this one.
			"AmazonCognitoUnAuthedIdentitiesSessionPolicy", "ANPACENOTEGUESTSESSIO",
			"The maximum of what guests of an identity pool can be allowed.",
			4, day(2023, 7, 19), guestManaged,
		},
	}
}

// builtin returns the policies of AWS's own, which are parsed when first needed.
func (s *Service) builtin() *builtins {
	s.builtinOnce.Do(func() {
		s.builtins = builtins{guestInline: mustParse(guestInline), managed: map[string]ManagedPolicy{}}
		for _, p := range awsPolicies() {
			managed := ManagedPolicy{
				Account: awsAccount, Path: "/", Name: p.name, ID: p.id, Description: p.description,
				Versions:    []PolicyVersion{{Number: p.version, Document: mustParse(p.text), Created: p.created}},
				Default:     p.version,
				LastVersion: p.version,
				Created:     p.created,
				Updated:     p.created,
			}
			s.builtins.managed[managed.ARN().String()] = managed
		}
	})
	return &s.builtins
}

func mustParse(text string) *policy.Document {
	document, err := policy.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("iam: a built-in policy: %v", err)) // a constant of ours
	}
	return document
}
