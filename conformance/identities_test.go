package conformance_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

func identityIDs(out *cognitoidentity.ListIdentitiesOutput) []string {
	return names(out.Identities, func(i cognitotypes.IdentityDescription) *string { return i.IdentityId })
}

// identityAdministration lists, describes and deletes identities.
func (tr *tour) identityAdministration(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	pool := tr.developerPool(t, o)
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	getID := func(l logins) string {
		return *ok(tr.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &pool, Logins: l}))(t).IdentityId
	}
	user, guest, leaving := getID(alice), getID(nil), getID(nil)
	ok(tr.cognito.GetOpenIdToken(ctx, &cognitoidentity.GetOpenIdTokenInput{IdentityId: &leaving, Logins: alice}))(t)

	shown := ok(tr.cognito.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: &user}))(t)
	same(t, "logins", []string{o.Name()}, shown.Logins)
	if shown.CreationDate.IsZero() || shown.LastModifiedDate.Before(*shown.CreationDate) {
		t.Errorf("created %s, modified %s", shown.CreationDate, shown.LastModifiedDate)
	}
	all := []string{user, guest, leaving}
	slices.Sort(all)
	first := ok(tr.cognito.ListIdentities(ctx, &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(2)}))(t)
	second := ok(tr.cognito.ListIdentities(ctx, &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(2), NextToken: first.NextToken}))(t)
	same(t, "identities", all, append(identityIDs(first), identityIDs(second)...))
	if aws.ToString(first.IdentityPoolId) != pool || second.NextToken != nil {
		t.Errorf("pages %+v\n%+v", first, second)
	}
	enabled := ok(tr.cognito.ListIdentities(ctx, &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(60), HideDisabled: true}))(t)
	same(t, "enabled identities", slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == leaving }), identityIDs(enabled))
	tr.deleteIdentities(t, pool, user, guest)
}

// deleteIdentities deletes the identities of a pool as somebody who may do so in no other pool.
func (tr *tour) deleteIdentities(t *testing.T, pool, user, guest string) {
	ctx := t.Context()
	foreign := *ok(tr.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(tr.createPool(t, guests("of others")))}))(t).IdentityId
	settings := conformance.Config(t, tr.URL, tr.newUser(t, "cleaner"))
	settings.APIOptions = append(settings.APIOptions, tr.seen.watch)
	cleaner := cognitoidentity.NewFromConfig(settings)
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String("cleaner"), PolicyName: aws.String("clean"), PolicyDocument: aws.String(document(map[string]any{
			"Effect": "Allow", "Action": []string{"cognito-identity:DeleteIdentities", "cognito-identity:DescribeIdentity"}, "Resource": "*",
			"Condition": map[string]any{"StringEquals": map[string]string{"cognito-identity:IdentityPoolArn": poolARN(pool)}},
		})),
	}))(t)
	refused(cleaner.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: &foreign}))(t, "AccessDeniedException",
		"User: "+accountARN+":user/cleaner is not authorized to perform: cognito-identity:DescribeIdentity because no identity-based policy allows the cognito-identity:DescribeIdentity action")
	out := ok(cleaner.DeleteIdentities(ctx, &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{user, foreign, guest}}))(t)
	same(t, "unprocessed", []cognitotypes.UnprocessedIdentityId{{IdentityId: &foreign, ErrorCode: cognitotypes.ErrorCodeAccessDenied}}, out.UnprocessedIdentityIds)
	refused(tr.cognito.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: &user}))(t, "ResourceNotFoundException", "Identity '"+user+"' not found.")
	ok(tr.cognito.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: &foreign}))(t)
}
