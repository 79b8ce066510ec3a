package server_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
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
