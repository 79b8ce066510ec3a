package token_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/token"
)

// certificate is one in base64, for a key of its own.
func certificate(t testing.TB, serial int64) string {
	t.Helper()
	key := rsaKey(t, 2048)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: issuedAt(), NotAfter: issuedAt().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// The parts of metadata, as providers write them.
const (
	metadataHead = `<?xml version="1.0" encoding="UTF-8"?><!-- ours --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example/saml">`
	providerHead = `<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">`
	providerTail = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>` +
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/redirect"/></md:IDPSSODescriptor>`
	metadataTail = `</md:EntityDescriptor>`
)

func keyDescriptor(attributes string, certificates ...string) string {
	chain := ""
	for _, c := range certificates {
		chain += "<ds:X509Certificate>" + c + "</ds:X509Certificate>"
	}
	return `<md:KeyDescriptor` + attributes + `><ds:KeyInfo><ds:X509Data>` + chain + `</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
}

func serials(m *token.Metadata) []int64 {
	var list []int64
	for _, c := range m.Certificates {
		list = append(list, c.SerialNumber.Int64())
	}
	return list
}

func TestParseMetadata(t *testing.T) {
	t.Parallel()
	one, two, three := certificate(t, 1), certificate(t, 2), certificate(t, 3)
	wrapped := "\n  " + one[:64] + "\r\n\t" + one[64:] + "\n"
	signature := `<ds:Signature><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + three + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`
	document := "\uFEFF" + metadataHead + signature + providerHead + signature + keyDescriptor(` use="signing"`, wrapped, three) + keyDescriptor(` use="encryption"`, three) +
		keyDescriptor("", two) + providerTail +
		`<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keyDescriptor("", three) + `</md:SPSSODescriptor>` +
		`<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol">` + keyDescriptor("", three) + `</md:IDPSSODescriptor>` +
		metadataTail + "\n<!-- end -->\n"
	m, err := token.ParseMetadata(document)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"https://idp.example/saml", time.Time{}, []int64{1, 2}, []token.SignOn{
		{Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", Location: "https://idp.example/post"},
		{Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", Location: "https://idp.example/redirect"},
	}}
	if diff := cmp.Diff(want, []any{m.EntityID, m.ValidUntil, serials(m), m.SignOn}); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

// Of two dates the earlier counts, and of two attributes called entityID the one
// without a name space, but for white space around it.
func TestMetadataAttributes(t *testing.T) {
	t.Parallel()
	document := strings.Replace(metadataHead, "entityID", `xmlns:entityID="urn:x" xmlns:x="urn:x" x:entityID="evil" validUntil="2030-01-02T03:04:05.5+01:00" entityID`, 1)
	document = strings.Replace(document, "https://idp.example/saml", "\n   https://idp.example/saml ", 1) +
		strings.Replace(providerHead, "Want", `validUntil="2031-01-01T00:00:00Z" Want`, 1) + keyDescriptor("", certificate(t, 1)) + providerTail + metadataTail
	m, err := token.ParseMetadata(document)
	if err != nil {
		t.Fatal(err)
	}
	until := time.Date(2030, 1, 2, 2, 4, 5, 500_000_000, time.UTC)
	if m.EntityID != "https://idp.example/saml" || m.ValidUntil != until {
		t.Errorf("%s until %s", m.EntityID, m.ValidUntil)
	}
}

func TestParseMetadataRefuses(t *testing.T) {
	t.Parallel()
	good := certificate(t, 1)
	key := keyDescriptor("", good)
	rest := providerHead + key + providerTail + metadataTail
	whole := metadataHead + rest
	if _, err := token.ParseMetadata(whole); err != nil {
		t.Fatal(err) // or else all others are refused for another reason
	}
	replaced := func(old, with string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the document has no %q", old)
		}
		return strings.Replace(whole, old, with, 1)
	}
	for name, document := range map[string]string{
		"nothing":             "",
		"no XML":              "metadata",
		"a comment alone":     "<!-- -->",
		"cut off":             whole[:len(whole)-1],
		"text before":         "x" + whole,
		"text after":          whole + "x",
		"two roots":           whole + "<x/>",
		"document type":       replaced("<!-- ours -->", `<!DOCTYPE x [<!ENTITY a "b">]>`),
		"external entity":     replaced("<!-- ours -->", `<!DOCTYPE x SYSTEM "file:///etc/passwd">`),
		"entity":              replaced("https://idp.example/saml", "&a;"),
		"attribute twice":     replaced("entityID=", `entityID="https://other.example" entityID=`),
		"other encoding":      replaced("UTF-8", "ISO-8859-1"),
		"control character":   replaced("ours", "\x01"),
		"no UTF-8":            replaced("ours", "\xff"),
		"nested too deeply":   replaced("<!-- ours -->", strings.Repeat("<x>", 40)+strings.Repeat("</x>", 40)),
		"deep inside":         replaced("</md:EntityDescriptor>", strings.Repeat("<x>", 40)+strings.Repeat("</x>", 40)+"</md:EntityDescriptor>"),
		"several providers":   `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + strings.TrimPrefix(whole, `<?xml version="1.0" encoding="UTF-8"?>`) + `</md:EntitiesDescriptor>`,
		"other name space":    replaced(`xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"`, `xmlns:md="urn:other"`),
		"prefix of nothing":   replaced(`xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"`, ""),
		"no entity id":        replaced(`entityID="https://idp.example/saml"`, ""),
		"empty entity id":     replaced("https://idp.example/saml", ""),
		"entity id of blanks": replaced("https://idp.example/saml", " \n "),
		"long entity id":      replaced("https://idp.example/saml", strings.Repeat("x", 1025)),
		"line in entity id":   replaced("https://idp.example/saml", "a&#10;b"),
		"entity id of others": replaced("entityID=", `xmlns:x="urn:x" x:entityID=`),
		"validUntil":          replaced("entityID=", `validUntil="tomorrow" entityID=`),
		"no provider":         metadataHead + metadataTail,
		"service provider":    strings.ReplaceAll(whole, "IDPSSODescriptor", "SPSSODescriptor"),
		"SAML 1.1 alone":      replaced(" urn:oasis:names:tc:SAML:2.0:protocol", ""),
		"no key":              replaced(key, ""),
		"no certificate":      replaced(key, keyDescriptor("")),
		"encryption alone":    replaced(key, keyDescriptor(` use="encryption"`, good)),
		"no base64":           replaced(good, "*"),
		"no DER":              replaced(good, "AAAA"),
		"cut DER":             replaced(good, good[:400]),
		"too many":            replaced(key, strings.Repeat(key, 33)),
	} {
		m, err := token.ParseMetadata(document)
		if _, is := errors.AsType[*token.MetadataError](err); !is || m != nil {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

// A document of a megabyte, which is the longest that the server reads, takes no time
// worth mentioning in whatever form.
func BenchmarkParseMetadata(b *testing.B) {
	one := certificate(b, 1)
	for name, filling := range map[string]string{
		"elements":   strings.Repeat("<x/>", 1<<18),
		"entities":   "<x>" + strings.Repeat("&lt;", 1<<18) + "</x>",
		"attributes": "<x" + manyAttributes(1<<16) + "/>",
		"prefixes":   strings.Repeat(`<x xmlns:a="b"><a:b/></x>`, 1<<15),
	} {
		document := metadataHead + providerHead + keyDescriptor("", one) + providerTail + filling + metadataTail
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := token.ParseMetadata(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="b"`, i)
	}
	return b.String()
}

// fuzzCertificate is the same in every process, as seeds have to be.
const fuzzCertificate = "MIIBdDCCARmgAwIBAgIUKMmmdSoJxv2xTOMgRt/qd/lFSBcwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDaWRwMCAXDTI2MTEyNDEwMTM1OFoYDzIxMjYxMDMxMTAxMzU4WjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATVwJXkYZ2Xjzst6BGBBjo+zRSU4h60FOGvli+d/SusLGQcSqu6kxc6AKfyTmPODMp6bIKUIEhH0KtazJ3MlsAJo1MwUTAdBgNVHQ4EFgQUJ6ucAJkBaJW7AUB4CHi96maUta0wHwYDVR0jBBgwFoAUJ6ucAJkBaJW7AUB4CHi96maUta0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgztgPVsqflUd6CEtHjWlWX+khL2R4VFKezbmXQUqVHUCIQCygI1ETy/NKFWXOWtAnF8H7WXRNQD0nXgQmZMgOYlBKg=="

func FuzzParseMetadata(f *testing.F) {
	key := keyDescriptor(` use="signing"`, fuzzCertificate)
	f.Add(metadataHead + providerHead + key + providerTail + metadataTail)
	f.Add(metadataHead + providerHead + keyDescriptor("", "AAAA") + providerTail + metadataTail)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`)
	f.Add("<a><b c='d'>&#x10FFFF;<![CDATA[x]]></b></a>")
	f.Fuzz(func(t *testing.T, document string) {
		m, err := token.ParseMetadata(document)
		if err != nil {
			return
		}
		if m.EntityID == "" || len(m.Certificates) == 0 || strings.Contains(document, "<!DOCTYPE") && !strings.Contains(document, "<!--") && !strings.Contains(document, "<![CDATA[") {
			t.Errorf("%q is metadata: %+v", document, m)
		}
	})
}
