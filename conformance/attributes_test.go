package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"

	"github.com/cenotehq/cenote/conformance"
)

// attributeMaps turns claims into tags.
func (tr *tour) attributeMaps(t *testing.T, o *conformance.OIDC) {
	ctx := t.Context()
	pool, provider := tr.developerPool(t, o), aws.String(providerARN(o))
	get := &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: &pool, IdentityProviderName: provider}
	refused(tr.cognito.GetPrincipalTagAttributeMap(ctx, get))(t, "ResourceNotFoundException", "Provider '"+*provider+"' has no attribute map.")
	for _, in := range []*cognitoidentity.SetPrincipalTagAttributeMapInput{
		{PrincipalTags: map[string]string{"mail": "email"}, UseDefaults: aws.Bool(false)},
		{PrincipalTags: map[string]string{"mail": "email"}, UseDefaults: aws.Bool(true)},
	} {
		in.IdentityPoolId, in.IdentityProviderName = &pool, provider
		same(t, "SetPrincipalTagAttributeMap", in, ok(tr.cognito.SetPrincipalTagAttributeMap(ctx, in))(t))
		same(t, "GetPrincipalTagAttributeMap", in, ok(tr.cognito.GetPrincipalTagAttributeMap(ctx, get))(t))
	}
}
