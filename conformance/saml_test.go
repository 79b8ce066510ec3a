package conformance_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/cenotehq/cenote/conformance"
	"github.com/cenotehq/cenote/testidp"
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
	tr.assumeWithSAML(t)
	ok(tr.iam.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: provider}))(t)
	refused(tr.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: provider}))(t, "NoSuchEntity", "Manifest not found for arn "+*provider)
}

// samlIDP is a SAML provider in a box, which the account knows by its ARN.
type samlIDP struct {
	*testidp.SAMLProvider
	arn string
}

// awsSignIn is where assertions are meant to go that are for AWS.
const awsSignIn = "https://signin.aws.amazon.com/saml"

func newSAML(t *testing.T, name string) samlIDP {
	t.Helper()
	provider := ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: "https://" + name + ".example.test/saml"}))(t)
	return samlIDP{provider, accountARN + ":saml-provider/" + name}
}

// startSAML is newSAML of a provider that the account has made.
func (w *world) startSAML(t *testing.T, name string) samlIDP {
	t.Helper()
	idp := newSAML(t, name)
	ok(w.iam.CreateSAMLProvider(t.Context(), &iam.CreateSAMLProviderInput{Name: &name, SAMLMetadataDocument: aws.String(idp.Metadata())}))(t)
	return idp
}

// response offers a user one role, with further attributes if there are any.
func (p samlIDP) response(t *testing.T, user, role string, more map[string][]string) string {
	t.Helper()
	const names = "https://aws.amazon.com/SAML/Attributes/"
	all := map[string][]string{names + "Role": {role + "," + p.arn}, names + "RoleSessionName": {user}}
	for name, values := range more {
		all[names+name] = values
	}
	return ok(p.Response(user, awsSignIn, all, testidp.SAMLOptions{}))(t)
}

// samlTrust lets in users of a SAML provider.
func samlTrust(provider string, more ...string) string {
	return document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": provider}, "Action": append(more, "sts:AssumeRoleWithSAML"),
		"Condition": map[string]any{"StringEquals": map[string]string{"SAML:aud": awsSignIn}},
	})
}

// assumeWithSAML gets a session with a response, and none with it again.
func (tr *tour) assumeWithSAML(t *testing.T) {
	idp := tr.startSAML(t, "staff")
	role := tr.createRole(t, "saml", samlTrust(idp.arn, "sts:TagSession", "sts:SetSourceIdentity"))
	in := &sts.AssumeRoleWithSAMLInput{RoleArn: &role, PrincipalArn: &idp.arn, DurationSeconds: aws.Int32(900)}
	in.SAMLAssertion = aws.String(idp.response(t, "alice", role, map[string][]string{"PrincipalTag:team": {"red"}, "SourceIdentity": {"alice"}}))
	out := ok(tr.sts.AssumeRoleWithSAML(t.Context(), in))(t)
	hash := sha1.Sum([]byte(idp.EntityID() + conformance.Account + "/staff"))
	want := &sts.AssumeRoleWithSAMLOutput{
		Credentials: out.Credentials, SourceIdentity: aws.String("alice"),
		AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: aws.String(sessionARN("saml", "alice")), AssumedRoleId: out.AssumedRoleUser.AssumedRoleId},
		Subject:         aws.String("alice"), SubjectType: aws.String("persistent"), Issuer: aws.String(idp.EntityID()),
		Audience: aws.String(awsSignIn), NameQualifier: aws.String(base64.StdEncoding.EncodeToString(hash[:])),
	}
	if err := json.Unmarshal([]byte(`{"PackedPolicySize":1}`), want); err != nil { // a member that the SDK calls deprecated
		t.Fatal(err)
	}
	same(t, "answer", want, out)
	refused(tr.sts.AssumeRoleWithSAML(t.Context(), in))(t, "InvalidIdentityToken", "Response was used before")
	in.PrincipalArn = aws.String(accountARN + ":saml-provider/nowhere")
	refused(tr.sts.AssumeRoleWithSAML(t.Context(), in))(t, "InvalidIdentityToken", "Specified provider doesn't exist")
	ok(tr.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("saml"), PolicyName: aws.String("own-folder")}))(t)
	ok(tr.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("saml")}))(t)
	ok(tr.iam.DeleteSAMLProvider(t.Context(), &iam.DeleteSAMLProviderInput{SAMLProviderArn: &idp.arn}))(t)
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
