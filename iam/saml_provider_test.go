package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

const (
	samlProviders = "arn:aws:iam::" + account + ":saml-provider/"

	samlCertificate = "MIIBdDCCARmgAwIBAgIUKMmmdSoJxv2xTOMgRt/qd/lFSBcwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDaWRwMCAXDTI2MTEyNDEwMTM1OFoYDzIxMjYxMDMxMTAxMzU4WjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATVwJXkYZ2Xjzst6BGBBjo+zRSU4h60FOGvli+d/SusLGQcSqu6kxc6AKfyTmPODMp6bIKUIEhH0KtazJ3MlsAJo1MwUTAdBgNVHQ4EFgQUJ6ucAJkBaJW7AUB4CHi96maUta0wHwYDVR0jBBgwFoAUJ6ucAJkBaJW7AUB4CHi96maUta0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgztgPVsqflUd6CEtHjWlWX+khL2R4VFKezbmXQUqVHUCIQCygI1ETy/NKFWXOWtAnF8H7WXRNQD0nXgQmZMgOYlBKg=="
)

// samlMetadata is a document of some identity provider, with whatever a reader might
// change on the way.
func samlMetadata(attributes string) string {
	return "<?xml version=\"1.0\"?>\r\n<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example/a?b&amp;c\"" + attributes + ">\n" +
		"\t<!-- " + strings.Repeat("kept ü > ", 60) + "-->\n" +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` +
		samlCertificate + "</X509Certificate></X509Data></KeyInfo></KeyDescriptor>" +
		`<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/></IDPSSODescriptor></EntityDescriptor>` + "\n"
}

func createSAML(t *testing.T, s *iam.Service, name string, tags ...iam.Tag) string {
	t.Helper()
	return must[iam.CreateSAMLProviderOutput](t)(s.CreateSAMLProvider(t.Context(), root(),
		&iam.CreateSAMLProviderInput{Name: name, SAMLMetadataDocument: samlMetadata(""), Tags: tags})).SAMLProviderARN
}

func getSAML(t *testing.T, s *iam.Service, arn string) *iam.GetSAMLProviderOutput {
	t.Helper()
	return must[iam.GetSAMLProviderOutput](t)(s.GetSAMLProvider(t.Context(), root(), &iam.GetSAMLProviderInput{SAMLProviderARN: arn}))
}

func updateSAML(t *testing.T, s *iam.Service, in iam.UpdateSAMLProviderInput) error {
	t.Helper()
	out, err := s.UpdateSAMLProvider(t.Context(), root(), &in)
	if err == nil && out.SAMLProviderARN != in.SAMLProviderARN {
		t.Errorf("UpdateSAMLProvider of %s answers %s", in.SAMLProviderARN, out.SAMLProviderARN)
	}
	return err
}

func TestCreateSAMLProvider(t *testing.T) {
	t.Parallel()
	s := newService(t)
	b, a := iam.Tag{Key: "b", Value: "1"}, iam.Tag{Key: "A", Value: "2"}
	created := must[iam.CreateSAMLProviderOutput](t)(s.CreateSAMLProvider(t.Context(), root(),
		&iam.CreateSAMLProviderInput{Name: "Idp.x_y-1", SAMLMetadataDocument: samlMetadata(""), Tags: []iam.Tag{b, a}}))
	arn := samlProviders + "Idp.x_y-1"
	if diff := cmp.Diff(&iam.CreateSAMLProviderOutput{SAMLProviderARN: arn, Tags: []iam.Tag{a, b}}, created); diff != "" {
		t.Errorf("CreateSAMLProvider (-want +got):\n%s", diff)
	}
	got := getSAML(t, s, arn)
	want := &iam.GetSAMLProviderOutput{
		SAMLProviderUUID: got.SAMLProviderUUID, SAMLMetadataDocument: samlMetadata(""), CreateDate: noon(), ValidUntil: noon().AddDate(100, 0, 0),
		Tags: []iam.Tag{a, b}, AssertionEncryptionMode: "Allowed", PrivateKeyList: []iam.SAMLPrivateKeyTag{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("GetSAMLProvider (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(got.SAMLProviderUUID, "SAMLSP") || len(got.SAMLProviderUUID) < 22 {
		t.Errorf("SAMLProviderUUID is %s", got.SAMLProviderUUID)
	}
	_, err := s.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "idp.X_y-1", SAMLMetadataDocument: samlMetadata("")})
	refused(t, err, 409, "EntityAlreadyExists", "Provider with name idp.X_y-1 already exists.")
}

func TestSAMLProviderRefusals(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, test := range map[string]struct {
		in   iam.CreateSAMLProviderInput
		want string
	}{
		"no metadata": {iam.CreateSAMLProviderInput{SAMLMetadataDocument: strings.Repeat("x", 1000)}, "Could not parse metadata"},
		"no signing certificate": {
			iam.CreateSAMLProviderInput{SAMLMetadataDocument: strings.Replace(samlMetadata(""), "<KeyDescriptor>", `<KeyDescriptor use="encryption">`, 1)},
			"Could not parse metadata",
		},
		"document type": {
			iam.CreateSAMLProviderInput{SAMLMetadataDocument: strings.Replace(samlMetadata(""), "\r\n", "<!DOCTYPE x>", 1)},
			"Could not parse metadata",
		},
		"tags": {
			iam.CreateSAMLProviderInput{SAMLMetadataDocument: samlMetadata(""), Tags: []iam.Tag{{Key: "a"}, {Key: "A"}}},
			"Duplicate tag keys found. Please note that Tag keys are case insensitive.",
		},
		"private key": {
			iam.CreateSAMLProviderInput{SAMLMetadataDocument: samlMetadata(""), AddPrivateKey: "x"},
			"The private key must be one RSA key, unencrypted, in PEM.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.in.Name = "p"
			_, err := s.CreateSAMLProvider(t.Context(), root(), &test.in)
			refused(t, err, 400, "InvalidInput", test.want)
		})
	}
	list := must[iam.ListSAMLProvidersOutput](t)(s.ListSAMLProviders(t.Context(), root(), &iam.ListSAMLProvidersInput{})).SAMLProviderList
	if len(list) != 0 {
		t.Errorf("refused providers exist: %v", list)
	}
}

func TestUpdateSAMLProvider(t *testing.T) {
	t.Parallel()
	s := newService(t)
	arn := createSAML(t, s, "p")
	want := getSAML(t, s, arn)
	check := func(step string) {
		t.Helper()
		if diff := cmp.Diff(want, getSAML(t, s, arn)); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step, diff)
		}
	}
	for _, step := range []struct {
		name string
		in   iam.UpdateSAMLProviderInput
	}{
		{"nothing", iam.UpdateSAMLProviderInput{}},
		{"the mode", iam.UpdateSAMLProviderInput{AssertionEncryptionMode: "Required"}},
		{"the document", iam.UpdateSAMLProviderInput{SAMLMetadataDocument: samlMetadata(` validUntil="2030-01-01T00:00:00Z"`)}},
	} {
		step.in.SAMLProviderARN = arn
		if err := updateSAML(t, s, step.in); err != nil {
			t.Fatal(err)
		}
		if step.in.AssertionEncryptionMode != "" {
			want.AssertionEncryptionMode = step.in.AssertionEncryptionMode
		}
		if step.in.SAMLMetadataDocument != "" {
			want.SAMLMetadataDocument, want.ValidUntil = step.in.SAMLMetadataDocument, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		check(step.name)
	}
	err := updateSAML(t, s, iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, AssertionEncryptionMode: "Allowed", SAMLMetadataDocument: strings.Repeat("x", 1000)})
	refused(t, err, 400, "InvalidInput", "Could not parse metadata")
	check("a refused update")
}

func pemKey(t *testing.T, kind string) iam.Secret {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := x509.MarshalPKCS1PrivateKey(key)
	if kind == "PRIVATE KEY" {
		if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return iam.Secret(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TestSAMLPrivateKeys rotates the keys of a provider; nothing but the store knows them.
func TestSAMLPrivateKeys(t *testing.T) {
	t.Parallel()
	s := newService(t)
	arn := samlProviders + "p"
	first, second := pemKey(t, "PRIVATE KEY"), pemKey(t, "RSA PRIVATE KEY")+"\n"
	must[iam.CreateSAMLProviderOutput](t)(s.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{
		Name: "p", SAMLMetadataDocument: samlMetadata(""), AssertionEncryptionMode: "Required", AddPrivateKey: first,
	}))
	add := func(key iam.Secret) error {
		return updateSAML(t, s, iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, AddPrivateKey: key})
	}
	if err := add(second); err != nil {
		t.Fatal(err)
	}
	keys := getSAML(t, s, arn).PrivateKeyList
	if len(keys) != 2 || keys[0].KeyID == keys[1].KeyID || len(keys[0].KeyID) < 22 || keys[1].Timestamp != noon() {
		t.Fatalf("keys are %v", keys)
	}
	kept, err := s.SAMLProvider(t.Context(), arn)
	if err != nil || kept.PrivateKeys[0].PEM != first || kept.PrivateKeys[1].PEM != second {
		t.Errorf("the store has other keys, %v", err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if strings.Contains(fmt.Sprintf(verb, kept), "PRIVATE KEY") {
			t.Errorf("%s prints the key", verb)
		}
	}
	refused(t, add(first), 409, "LimitExceeded", "Cannot exceed quota for PrivateKeysPerSAMLProvider: 2")
	remove := iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, RemovePrivateKey: keys[0].KeyID}
	if err := updateSAML(t, s, remove); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keys[1:], getSAML(t, s, arn).PrivateKeyList); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	refused(t, updateSAML(t, s, remove), 404, "NoSuchEntity", "The private key with id "+keys[0].KeyID+" cannot be found.")
	refused(t, updateSAML(t, s, iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, AddPrivateKey: first, RemovePrivateKey: keys[1].KeyID}),
		400, "InvalidInput", "Add a private key and remove another in separate requests.")
}

func TestSAMLPrivateKeyForms(t *testing.T) {
	t.Parallel()
	s := newService(t)
	arn := createSAML(t, s, "p")
	good := string(pemKey(t, "PRIVATE KEY"))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"no PEM":      "x",
		"two keys":    good + good,
		"text after":  good + "x",
		"wrong kind":  strings.ReplaceAll(good, "PRIVATE KEY", "RSA PRIVATE KEY"),
		"encrypted":   strings.ReplaceAll(good, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
		"certificate": strings.ReplaceAll(good, "PRIVATE KEY", "CERTIFICATE"),
		"curve":       string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	} {
		t.Run(name, func(t *testing.T) {
			err := updateSAML(t, s, iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, AddPrivateKey: iam.Secret(key)})
			refused(t, err, 400, "InvalidInput", "The private key must be one RSA key, unencrypted, in PEM.")
		})
	}
	if keys := getSAML(t, s, arn).PrivateKeyList; len(keys) != 0 {
		t.Errorf("refused keys are kept: %v", keys)
	}
}

func TestSAMLProviderQuota(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fill(t, 100, func(name string) error {
		_, err := s.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: name, SAMLMetadataDocument: samlMetadata("")})
		return err
	})
	_, err := s.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "more", SAMLMetadataDocument: samlMetadata("")})
	refused(t, err, 409, "LimitExceeded", "Cannot exceed quota for SAMLProvidersPerAccount: 100")
	createProvider(t, s, "https://a.example") // the other kind has a quota of its own
	list := must[iam.ListSAMLProvidersOutput](t)(s.ListSAMLProviders(t.Context(), root(), &iam.ListSAMLProvidersInput{})).SAMLProviderList
	seen := map[string]bool{}
	for _, entry := range list {
		seen[entry.ARN] = entry.CreateDate.Equal(noon()) && entry.ValidUntil.Equal(noon().AddDate(100, 0, 0))
	}
	if len(list) != 100 || len(seen) != 100 || !seen[samlProviders+"n42"] {
		t.Errorf("listed %d providers, %d of them different", len(list), len(seen))
	}
	summary := must[iam.GetAccountSummaryOutput](t)(s.GetAccountSummary(t.Context(), root(), &iam.GetAccountSummaryInput{})).SummaryMap
	if summary["Providers"] != 101 {
		t.Errorf("the summary counts %d providers", summary["Providers"])
	}
}

func TestSAMLProviderTags(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	arn := createSAML(t, s, "p", iam.Tag{Key: "b", Value: "1"}, iam.Tag{Key: "a", Value: "1"})
	tag := func(tags ...iam.Tag) error {
		_, err := s.TagSAMLProvider(ctx, root(), &iam.TagSAMLProviderInput{SAMLProviderARN: arn, Tags: tags})
		return err
	}
	if err := tag(iam.Tag{Key: "B", Value: "2"}, iam.Tag{Key: "c", Value: "2"}); err != nil {
		t.Fatal(err)
	}
	must[struct{}](t)(s.UntagSAMLProvider(ctx, root(), &iam.UntagSAMLProviderInput{SAMLProviderARN: arn, TagKeys: []string{"A", "none"}}))
	want := []iam.Tag{{Key: "B", Value: "2"}, {Key: "c", Value: "2"}}
	first := must[iam.ListSAMLProviderTagsOutput](t)(s.ListSAMLProviderTags(ctx, root(), &iam.ListSAMLProviderTagsInput{SAMLProviderARN: arn, MaxItems: 1}))
	second := must[iam.ListSAMLProviderTagsOutput](t)(s.ListSAMLProviderTags(ctx, root(),
		&iam.ListSAMLProviderTagsInput{SAMLProviderARN: arn, MaxItems: 1, Marker: first.Marker}))
	if diff := cmp.Diff(want, append(first.Tags, second.Tags...)); diff != "" || !first.IsTruncated || second.IsTruncated {
		t.Errorf("tags in pages of one (-want +got):\n%s", diff)
	}
	var many []iam.Tag
	for i := range 49 {
		many = append(many, iam.Tag{Key: fmt.Sprint("k", i)})
	}
	refused(t, tag(many...), 409, "LimitExceeded", "Cannot exceed quota for TagsPerSAMLProvider: 50")
	refused(t, tag(iam.Tag{Key: "x"}, iam.Tag{Key: "X"}), 400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	if diff := cmp.Diff(want, getSAML(t, s, arn).Tags); diff != "" {
		t.Errorf("tags after refusals (-want +got):\n%s", diff)
	}
}

// TestSAMLProviderARNs calls everything that names a provider by its ARN with those of
// none; case counts in ARNs, though not in names.
func TestSAMLProviderARNs(t *testing.T) {
	t.Parallel()
	s, ctx, c := newService(t), t.Context(), root()
	createSAML(t, s, "idp")
	calls := map[string]func(arn string) error{
		"Get": func(arn string) error {
			_, err := s.GetSAMLProvider(ctx, c, &iam.GetSAMLProviderInput{SAMLProviderARN: arn})
			return err
		},
		"Update": func(arn string) error {
			_, err := s.UpdateSAMLProvider(ctx, c, &iam.UpdateSAMLProviderInput{SAMLProviderARN: arn, AssertionEncryptionMode: "Required"})
			return err
		},
		"Delete": func(arn string) error {
			_, err := s.DeleteSAMLProvider(ctx, c, &iam.DeleteSAMLProviderInput{SAMLProviderARN: arn})
			return err
		},
		"Tag": func(arn string) error {
			_, err := s.TagSAMLProvider(ctx, c, &iam.TagSAMLProviderInput{SAMLProviderARN: arn, Tags: []iam.Tag{{Key: "k"}}})
			return err
		},
		"Untag": func(arn string) error {
			_, err := s.UntagSAMLProvider(ctx, c, &iam.UntagSAMLProviderInput{SAMLProviderARN: arn, TagKeys: []string{"k"}})
			return err
		},
		"ListTags": func(arn string) error {
			_, err := s.ListSAMLProviderTags(ctx, c, &iam.ListSAMLProviderTagsInput{SAMLProviderARN: arn})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			for _, arn := range []string{
				"idp.of.no.arn.at.all.or.so", samlProviders, "arn:aws:iam::" + account + ":oidc-provider/idp",
				"arn:aws:sts::" + account + ":saml-provider/idp", "arn:aws:iam:us-east-1:" + account + ":saml-provider/idp",
			} {
				refused(t, call(arn), 400, "InvalidInput", "ARN "+arn+" is not valid.")
			}
			for _, arn := range []string{
				"arn:aws:iam::" + elsewhere + ":saml-provider/idp", "arn:aws-cn:iam::" + account + ":saml-provider/idp", samlProviders + "IDP", samlProviders + "none",
			} {
				refused(t, call(arn), 404, "NoSuchEntity", "Manifest not found for arn "+arn)
			}
		})
	}
	if got := getSAML(t, s, samlProviders+"idp"); got.AssertionEncryptionMode != "Allowed" || len(got.Tags) != 0 {
		t.Errorf("another ARN changed the provider: %+v", got)
	}
	must[struct{}](t)(s.DeleteSAMLProvider(ctx, c, &iam.DeleteSAMLProviderInput{SAMLProviderARN: samlProviders + "idp"}))
	refused(t, calls["Delete"](samlProviders+"idp"), 404, "NoSuchEntity", "Manifest not found for arn "+samlProviders+"idp")
}

// TestSAMLDocumentOnTheWire sends metadata as it is: clients compare it to the letter.
func TestSAMLDocumentOnTheWire(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	var in iam.CreateSAMLProviderInput
	document := samlMetadata("")
	if err := codec.DecodeQuery(url.Values{"Name": {"p"}, "SAMLMetadataDocument": {document}}, &in); err != nil || in.SAMLMetadataDocument != document {
		t.Errorf("read %q, %v", in.SAMLMetadataDocument, err)
	}
	err := codec.DecodeQuery(url.Values{"Name": {"p"}, "SAMLMetadataDocument": {document}, "AddPrivateKey": {"s3cret€"}}, &in)
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the refusal of a private key is %v", err)
	}
}
