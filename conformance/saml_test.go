package conformance_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	return ok(rsa.GenerateKey(rand.Reader, 2048))(t)
}

// samlMetadata is that of an identity provider with a key of its own, with line ends and characters that do not survive
// a careless reader.
func samlMetadata(t *testing.T, name string) *string {
	t.Helper()
	key := rsaKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der := ok(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	return aws.String("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- ü & +%20 " + strings.Repeat("]]> ", 50) + `-->` + "\n\t" +
		`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://` + name + `/saml?a=1&amp;b=2">` +
		`<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">` +
		`<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(der) +
		`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://` +
		name + `/post"/></md:IDPSSODescriptor></md:EntityDescriptor>` + "\n")
}

func (tr *tour) samlProviders(t *testing.T) {
	ctx := t.Context()
	metadata := samlMetadata(t, "saml.example.test")
	privateKey := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ok(x509.MarshalPKCS8PrivateKey(rsaKey(t)))(t)}))
	created := ok(tr.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{
		Name: aws.String("Corp"), SAMLMetadataDocument: metadata, Tags: tagsOf("team", "x"),
		AssertionEncryptionMode: iamtypes.AssertionEncryptionModeTypeRequired, AddPrivateKey: &privateKey,
	}))(t)
	provider := created.SAMLProviderArn
	if want := accountARN + ":saml-provider/Corp"; *provider != want {
		t.Errorf("ARN is %s, want %s", *provider, want)
	}
	same(t, "tags of the new provider", tagsOf("team", "x"), created.Tags)
	refused(tr.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: aws.String("corp"), SAMLMetadataDocument: metadata}))(t,
		"EntityAlreadyExists", "Provider with name corp already exists.")
	refused(tr.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: aws.String("bad"), SAMLMetadataDocument: aws.String(strings.Repeat("x", 1000))}))(t,
		"InvalidInput", "Could not parse metadata")

	ok(tr.iam.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: provider, AddPrivateKey: &privateKey}))(t)
	read := func() *iam.GetSAMLProviderOutput {
		return ok(tr.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: provider}))(t)
	}
	want := read()
	if *want.SAMLMetadataDocument != *metadata || len(want.PrivateKeyList) != 2 || want.AssertionEncryptionMode != "Required" {
		t.Errorf("provider is %+v", want)
	}
	if years := want.ValidUntil.Sub(*want.CreateDate).Hours() / 24 / 365; years < 100 || years > 101 {
		t.Errorf("provider is good for %f years", years)
	}
	ok(tr.iam.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: provider, RemovePrivateKey: want.PrivateKeyList[0].KeyId}))(t)
	want.PrivateKeyList = want.PrivateKeyList[1:]
	same(t, "provider without its first key", want, read())

	ok(tr.iam.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: provider, Tags: tagsOf("cost", "7", "zone", "")}))(t)
	ok(tr.iam.UntagSAMLProvider(ctx, &iam.UntagSAMLProviderInput{SAMLProviderArn: provider, TagKeys: []string{"zone", "absent"}}))(t)
	same(t, "tags", tagsOf("cost", "7", "team", "x"), read().Tags)
	wantPages(t, "tags", []string{"cost", "team"}, iam.NewListSAMLProviderTagsPaginator(tr.iam, &iam.ListSAMLProviderTagsInput{SAMLProviderArn: provider, MaxItems: aws.Int32(1)}),
		func(out *iam.ListSAMLProviderTagsOutput) []string { return tagKeys(out.Tags) })
	same(t, "list", []iamtypes.SAMLProviderListEntry{{Arn: provider, CreateDate: want.CreateDate, ValidUntil: want.ValidUntil}},
		ok(tr.iam.ListSAMLProviders(ctx, nil))(t).SAMLProviderList)
	tr.assumeWithSAML(t, provider)
	ok(tr.iam.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: provider}))(t)
	refused(tr.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: provider}))(t, "NoSuchEntity", "Manifest not found for arn "+*provider)
}

// assumeWithSAML is refused in two ways, since no response can be verified.
func (tr *tour) assumeWithSAML(t *testing.T, provider *string) {
	name := aws.String("saml")
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + *provider + `"},"Action":"sts:AssumeRoleWithSAML"}}`
	role := ok(tr.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust}))(t).Role
	for principal, want := range map[string]string{
		*provider:                             "Response signature invalid",
		accountARN + ":saml-provider/nowhere": "Specified provider doesn't exist",
	} {
		refused(tr.sts.AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{
			RoleArn: role.Arn, PrincipalArn: &principal, SAMLAssertion: aws.String(base64.StdEncoding.EncodeToString([]byte("<Response/>"))),
		}))(t, "InvalidIdentityToken", want)
	}
	ok(tr.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: name}))(t)
}

// terraformSAML is the life of an aws_iam_saml_provider.
func (w *world) terraformSAML(t *testing.T) {
	ctx := t.Context()
	metadata := samlMetadata(t, "one.example.test")
	provider := ok(w.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: aws.String("tf"), SAMLMetadataDocument: metadata, Tags: tagsOf("team", "x")}))(t).SAMLProviderArn
	read := func() *iam.GetSAMLProviderOutput {
		return ok(w.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: provider}))(t)
	}
	want := read()
	same(t, "read after create", map[string]any{
		"SAMLProviderUUID": want.SAMLProviderUUID, "SAMLMetadataDocument": metadata, "CreateDate": want.CreateDate, "ValidUntil": want.ValidUntil,
		"Tags": tagsOf("team", "x"), "AssertionEncryptionMode": "Allowed", "PrivateKeyList": []any{},
	}, want)
	metadata = samlMetadata(t, "two.example.test")
	ok(w.iam.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: provider, SAMLMetadataDocument: metadata}))(t)
	ok(w.iam.UntagSAMLProvider(ctx, &iam.UntagSAMLProviderInput{SAMLProviderArn: provider, TagKeys: []string{"team"}}))(t)
	ok(w.iam.TagSAMLProvider(ctx, &iam.TagSAMLProviderInput{SAMLProviderArn: provider, Tags: tagsOf("cost", "7")}))(t)
	updated := read()
	want.SAMLMetadataDocument, want.Tags, want.ValidUntil = metadata, tagsOf("cost", "7"), updated.ValidUntil
	same(t, "read after update", want, updated)
	ok(w.iam.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: provider}))(t)
	gone := "Manifest not found for arn " + *provider
	refused(w.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: provider}))(t, "NoSuchEntity", gone)
	refused(w.iam.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: provider}))(t, "NoSuchEntity", gone)
}
