package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// keycloakSAML signs in with a realm as a SAML provider.
func keycloakSAML(t *testing.T, k keycloak) {
	realm := k.Realm(t, "saml", "",
		conformance.RealmUser{Name: "alice", Attributes: map[string][]string{"role": offered("engineer"), "team": {"core"}, "dept": {"Sales"}}},
		conformance.RealmUser{Name: "bob"},
	)
	client := conformance.SAMLClient{
		Audience:   "urn:amazon:webservices",
		Attributes: map[string]string{conformance.SAMLPrefix + "Role": "role", teamTag: "team", departments: "dept"},
	}
	idp := realm.SAML(t, "aws", client)
	c := newCorporate(t, idp)
	testCorporate(t, c, realm.Issuer, "G-", conformance.GoSDK{})

	client.Audience, client.Signed = "https://signin.aws.amazon.com/saml", true // the audience that AWS takes as well
	t.Run("signed assertion", func(t *testing.T) {
		newCorporate(t, realm.SAML(t, "signed", client)).wantSession(t, conformance.GoSDK{}, "alice")
	})
	client.Audience = "urn:amazon:webservices"
	t.Run("encrypted assertion", func(t *testing.T) {
		var key string
		key, client.Certificate = conformance.NewKey(t)
		newCorporate(t, k.people.SAML(t, "aws", client), encrypting(key)).wantSession(t, conformance.GoSDK{}, "erin")
	})
	t.Run("rotated key", func(t *testing.T) {
		realm.AddKey(t)
		_, err := c.assume(t, conformance.GoSDK{}, "engineer", idp.SAMLResponse(t, "alice"))
		wantFault(t, conformance.GoSDK{}, err, "InvalidIdentityToken", "Response signature invalid", "InvalidIdentityTokenException")
		ok(c.iam.UpdateSAMLProvider(t.Context(), &iam.UpdateSAMLProviderInput{
			SAMLProviderArn: aws.String(corporation), SAMLMetadataDocument: aws.String(idp.Metadata(t)),
		}))(t)
		c.wantSession(t, conformance.GoSDK{}, "alice")
	})
}
