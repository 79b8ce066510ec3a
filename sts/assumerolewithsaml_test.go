package sts_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

const samlARN = "arn:aws:iam::" + account + ":saml-provider/"

// TestAssumeRoleWithSAML finds nobody who gets in, not even for a role that trusts the
// provider, with a response that names both.
func TestAssumeRoleWithSAML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	metadata := `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://saml.example">` +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` +
		samlCertificate + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>` + strings.Repeat("\n", 1000)
	provider := ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "idp", SAMLMetadataDocument: metadata}))(t).SAMLProviderARN
	if provider != samlARN+"idp" {
		t.Fatalf("the provider is %s", provider)
	}
	w.role("r", trust(`{"Federated":"`+provider+`"}`, `"StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml"}`, "sts:AssumeRoleWithSAML"))
	response := base64.StdEncoding.EncodeToString([]byte(`<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"><Assertion/></Response>`))
	for _, test := range []struct{ role, provider, response, code, want string }{
		{roleARN("r"), provider, response, "InvalidIdentityToken", "Response signature invalid"},
		{roleARN("r"), provider, "abcd", "InvalidIdentityToken", "Response signature invalid"},
		{roleARN("none"), provider, response, "InvalidIdentityToken", "Response signature invalid"},
		{roleARN("r"), samlARN + "none", response, "InvalidIdentityToken", "Specified provider doesn't exist"},
		{roleARN("r"), samlARN + "IDP", response, "InvalidIdentityToken", "Specified provider doesn't exist"},
		{roleARN("r"), oidcARN, response, "InvalidIdentityToken", "Specified provider doesn't exist"},
		{roleARN("r"), "arn:aws:iam::210987654321:saml-provider/idp", response, "InvalidIdentityToken", "Specified provider doesn't exist"},
		{roleARN("r"), "no arn, but twenty characters", response, "InvalidIdentityToken", "Specified provider doesn't exist"},
		{samlARN + "idp", provider, response, "ValidationError", "Request ARN is invalid"},
	} {
		refused(w.AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{RoleARN: test.role, PrincipalARN: test.provider, SAMLAssertion: test.response}))(
			t, 400, test.code, test.want)
	}
}

const samlCertificate = "MIIBdDCCARmgAwIBAgIUKMmmdSoJxv2xTOMgRt/qd/lFSBcwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDaWRwMCAXDTI2MTEyNDEwMTM1OFoYDzIxMjYxMDMxMTAxMzU4WjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATVwJXkYZ2Xjzst6BGBBjo+zRSU4h60FOGvli+d/SusLGQcSqu6kxc6AKfyTmPODMp6bIKUIEhH0KtazJ3MlsAJo1MwUTAdBgNVHQ4EFgQUJ6ucAJkBaJW7AUB4CHi96maUta0wHwYDVR0jBBgwFoAUJ6ucAJkBaJW7AUB4CHi96maUta0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgztgPVsqflUd6CEtHjWlWX+khL2R4VFKezbmXQUqVHUCIQCygI1ETy/NKFWXOWtAnF8H7WXRNQD0nXgQmZMgOYlBKg=="
