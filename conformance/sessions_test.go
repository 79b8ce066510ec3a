package conformance_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/cenotehq/cenote/conformance"
)

// stsAs is an STS client whose answers the tour notes.
func (tr *tour) stsAs(t *testing.T, keys aws.Credentials) *sts.Client {
	t.Helper()
	settings := conformance.Config(t, tr.URL, keys)
	settings.APIOptions = append(settings.APIOptions, tr.seen.watch)
	return sts.NewFromConfig(settings)
}

func sessionKeys(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}

// wantLife fails the test unless credentials that were just given live about this long.
func wantLife(t *testing.T, c *ststypes.Credentials, want time.Duration) {
	t.Helper()
	if life := time.Until(*c.Expiration); life < want-time.Minute || life > want+time.Minute {
		t.Errorf("credentials for %s live for %s", want, life)
	}
}

// ownSessions opens a session of a user, and one of root.
func (tr *tour) ownSessions(t *testing.T) {
	ctx := t.Context()
	name := aws.String("opener")
	keys := tr.newUser(t, *name)
	ok(tr.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: aws.String(administratorAccess)}))(t)
	client := tr.stsAs(t, keys)
	out := ok(client.GetSessionToken(ctx, nil))(t)
	wantLife(t, out.Credentials, 12*time.Hour)
	session := sessionKeys(out.Credentials)
	for _, client := range conformance.Clients(t) {
		if got, want := tr.caller(t, client, session), accountARN+":user/opener"; got != want {
			t.Errorf("%s: caller is %s, want %s", client.Name(), got, want)
		}
	}
	// The user is an administrator, but a session without MFA may not call IAM, and of STS two operations only.
	refused(iam.NewFromConfig(conformance.Config(t, tr.URL, session)).ListUsers(ctx, nil))(t, "InvalidClientTokenId", unknownKey)
	refused(tr.stsAs(t, session).GetSessionToken(ctx, nil))(t, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	refused(tr.stsAs(t, session).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")}))(t,
		"AccessDenied", "Cannot call GetFederationToken with session credentials")
	refused(client.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: aws.String("arn:aws:iam::000000000000:mfa/opener")}))(t,
		"AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	if got := *ok(client.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: &session.AccessKeyID}))(t).Account; got != conformance.Account {
		t.Errorf("the session's key is of account %s", got)
	}

	ofRoot := ok(tr.sts.GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(7200)}))(t)
	wantLife(t, ofRoot.Credentials, time.Hour)
	if got, want := tr.caller(t, conformance.GoSDK{}, sessionKeys(ofRoot.Credentials)), accountARN+":root"; got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
	ok(tr.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: &keys.AccessKeyID}))(t)
	_, err := do[struct{}](t, tr.world, conformance.GoSDK{}, "sts:GetCallerIdentity", nil, session)
	wantFault(t, conformance.GoSDK{}, err, "InvalidClientTokenId", unknownKey, "")
}

// federatedSessions gives somebody a session that the session policy and the user's own policies limit.
func (tr *tour) federatedSessions(t *testing.T) {
	ctx := t.Context()
	keys := tr.newUser(t, "broker")
	refused(tr.stsAs(t, keys).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")}))(t, "AccessDenied",
		"User: "+accountARN+":user/broker is not authorized to perform: sts:GetFederationToken on resource: arn:aws:sts::"+conformance.Account+
			":federated-user/bob because no identity-based policy allows the sts:GetFederationToken action")
	pool := tr.createPool(t, guests("federated"))
	text := document(
		map[string]any{"Effect": "Allow", "Action": []string{"sts:GetFederationToken", "sts:TagSession"}, "Resource": "*"},
		map[string]any{"Effect": "Allow", "Action": "cognito-identity:DescribeIdentityPool", "Resource": "*"},
	)
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("broker"), PolicyName: aws.String("p"), PolicyDocument: &text}))(t)
	out := ok(tr.stsAs(t, keys).GetFederationToken(ctx, &sts.GetFederationTokenInput{
		Name: aws.String("bob"), DurationSeconds: aws.Int32(900), Policy: aws.String(allow("cognito-identity:*", "*")),
		Tags: []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("x")}},
	}))(t)
	wantLife(t, out.Credentials, 15*time.Minute)
	want := "arn:aws:sts::" + conformance.Account + ":federated-user/bob"
	if *out.FederatedUser.Arn != want || *out.FederatedUser.FederatedUserId != conformance.Account+":bob" {
		t.Errorf("federated user is %s, %s", *out.FederatedUser.Arn, *out.FederatedUser.FederatedUserId)
	}
	session := sessionKeys(out.Credentials)
	for _, client := range conformance.Clients(t) {
		if got := tr.caller(t, client, session); got != want {
			t.Errorf("%s: caller is %s, want %s", client.Name(), got, want)
		}
	}
	bob := conformance.GoSDK{}
	must[struct{}](t, tr.world, bob, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": pool}, session)
	_, err := do[struct{}](t, tr.world, bob, "cognito-identity:DeleteIdentityPool", map[string]any{"IdentityPoolId": pool}, session)
	wantFault(t, bob, err, "AccessDeniedException", "User: "+want+" is not authorized to perform: cognito-identity:DeleteIdentityPool on resource: arn:aws:cognito-identity:us-east-1:"+
		conformance.Account+":identitypool/"+pool+" because no identity-based policy allows the cognito-identity:DeleteIdentityPool action", "")

	bare := sessionKeys(ok(tr.stsAs(t, keys).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")}))(t).Credentials)
	_, err = do[struct{}](t, tr.world, bob, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": pool}, bare)
	wantFault(t, bob, err, "AccessDeniedException", "User: "+want+" is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: arn:aws:cognito-identity:us-east-1:"+
		conformance.Account+":identitypool/"+pool+" because no session policy allows the cognito-identity:DescribeIdentityPool action", "")
}
