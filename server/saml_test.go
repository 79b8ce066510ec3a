package server_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/testidp"
)

// samlMetadata is that of an identity provider with a key of its own.
func samlMetadata(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: noon(), NotAfter: noon().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return "<?xml version=\"1.0\"?>\r\n<!-- a & b ü " + strings.Repeat(" ]]> ", 100) + `--><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://saml.example.test">` + "\n\t" +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` +
		base64.StdEncoding.EncodeToString(der) + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>` + "\n"
}

// TestSAMLMetadataComesBack to the letter: Terraform compares.
func TestSAMLMetadataComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const provider = "arn:aws:iam::123456789012:saml-provider/p"
	metadata := samlMetadata(t)
	if got := w.iam(t, rootKey(), "CreateSAMLProvider", "Name", "p", "SAMLMetadataDocument", metadata).ok(t).xml("SAMLProviderArn"); got != provider {
		t.Errorf("the provider is %s", got)
	}
	if got := w.iam(t, rootKey(), "GetSAMLProvider", "SAMLProviderArn", provider).ok(t).xml("SAMLMetadataDocument"); got != metadata {
		t.Errorf("got %q\nwant %q", got, metadata)
	}
}

// TestSAML signs a user in with a SAML response, in both ways, and lets nobody read the
// response in the log.
func TestSAML(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	const provider, signIn, name = "arn:aws:iam::123456789012:saml-provider/corp", "https://signin.aws.amazon.com/saml", "https://aws.amazon.com/SAML/Attributes/"
	corp, err := testidp.NewSAML(testidp.SAMLConfig{EntityID: "https://saml.example.test", Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	f.iam(t, rootKey(), "CreateSAMLProvider", "Name", "corp", "SAMLMetadataDocument", corp.Metadata()).ok(t)
	role := f.iam(t, rootKey(), "CreateRole", "RoleName", "staff", "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
		"Principal":{"Federated":"`+provider+`"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"`+signIn+`"}}}}`).ok(t).xml("Arn")
	f.iam(t, rootKey(), "PutRolePolicy", "RoleName", "staff", "PolicyName", "p", "PolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"saml:sub":"alice","saml:sub_type":"persistent"}}}}`).ok(t)
	response := func(user string) string {
		t.Helper()
		raw, err := corp.Response(user, signIn, map[string][]string{name + "Role": {role + "," + provider}, name + "RoleSessionName": {user}}, testidp.SAMLOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	assume := func(raw string) answer {
		return f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithSAML", "RoleArn", role, "PrincipalArn", provider, "SAMLAssertion", raw)))
	}
	alice := response("alice")
	session := assume(alice).credentials(t)
	f.iam(t, session, "ListUsers").ok(t)
	assume(alice).is(t, http.StatusBadRequest, "InvalidIdentityToken", "Response was used before")
	bob := assume(response("bob")).credentials(t)
	if got := f.iam(t, bob, "ListUsers"); got.status != http.StatusForbidden {
		t.Errorf("bob got %d %s", got.status, got.body)
	}
	assume(alice[:len(alice)/4*2]).is(t, http.StatusBadRequest, "InvalidIdentityToken", "Your request included an invalid SAML response.")

	made := f.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"s","AllowUnauthenticatedIdentities":false,"SamlProviderARNs":["`+provider+`"]}`).ok(t)
	pool := flow{world: f.world, pool: made.value(t, "IdentityPoolId")}
	f.iam(t, rootKey(), "UpdateAssumeRolePolicy", "RoleName", "staff", "PolicyDocument", pool.trust("authenticated")).ok(t)
	raw := response("alice")
	login := fmt.Sprintf(`,"Logins":{%q:%q}`, provider, raw)
	id := pool.identity(t, login)
	got := f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+id+`"`+login+`}`).ok(t)
	if !strings.Contains(got.body, `"SessionToken"`) {
		t.Errorf("got %s", got.body)
	}
	for _, secret := range []string{alice, raw, raw[:100]} {
		if strings.Contains(f.log.text(), secret) {
			t.Error("the log has a response")
		}
	}
	if !strings.Contains(f.log.text(), "AssumeRoleWithSAML") {
		t.Error("the log lacks the call")
	}
}
