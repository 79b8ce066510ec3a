package iam

import (
	"fmt"

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

// ManagedPolicy returns the policy that a session names, and whether it is known.
func (s *Service) ManagedPolicy(name string) (*policy.Document, bool) {
	s.managedOnce.Do(func() {
		s.managed = map[string]*policy.Document{}
		for name, text := range map[string]string{GuestInlinePolicy: guestInline, GuestManagedPolicy: guestManaged} {
			document, err := policy.Parse(text)
			if err != nil {
				panic(fmt.Sprintf("iam: the built-in policy %s: %v", name, err)) // a constant of ours
			}
			s.managed[name] = document
		}
	})
	document, ok := s.managed[name]
	return document, ok
}
