package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

// The parts of responses, written by hand in canonical XML, so that what is signed here
// owes nothing to the code that verifies it.
const (
	exclusiveXML  = "http://www.w3.org/2001/10/xml-exc-c14n#"
	signatureXML  = "http://www.w3.org/2000/09/xmldsig#"
	rsaSHA256     = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	digestSHA256  = "http://www.w3.org/2001/04/xmlenc#sha256"
	envelopedXML  = signatureXML + "enveloped-signature"
	goodTransform = `<ds:Transform Algorithm="` + envelopedXML + `"></ds:Transform><ds:Transform Algorithm="` + exclusiveXML + `"></ds:Transform>`

	confirmation = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="2023-11-14T22:18:20Z" Recipient="` + samlRecipient + `"></saml:SubjectConfirmationData></saml:SubjectConfirmation>`
	restriction  = `<saml:AudienceRestriction><saml:Audience>` + samlAudience + `</saml:Audience></saml:AudienceRestriction>`
	conditions   = `<saml:Conditions NotBefore="2023-11-14T22:10:20Z" NotOnOrAfter="2023-11-14T22:19:20Z">` + restriction + `</saml:Conditions>`
	statement    = `<saml:AttributeStatement><saml:Attribute Name="role"><saml:AttributeValue>reader</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`
	session      = `<saml:AuthnStatement AuthnInstant="2023-11-14T22:13:20Z" SessionNotOnOrAfter="2023-11-15T06:13:20Z"></saml:AuthnStatement>`
	assertionXML = `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" IssueInstant="2023-11-14T22:13:20Z" Version="2.0">` +
		`<saml:Issuer>` + samlIssuer + `</saml:Issuer>` +
		`<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice</saml:NameID>` + confirmation + `</saml:Subject>` +
		conditions + session + statement + `</saml:Assertion>`

	statusXML    = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode></samlp:Status>`
	responseHead = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="` + samlRecipient + `" ID="_response" IssueInstant="2023-11-14T22:13:20Z" Version="2.0">` +
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">` + samlIssuer + `</saml:Issuer>` + statusXML
	responseTail = `</samlp:Response>`
)

func inResponse(inside string) string { return responseHead + inside + responseTail }

func base64Of(document string) string { return base64.StdEncoding.EncodeToString([]byte(document)) }

// edit replaces all that is old in a document, which has to be there.
func edit(t testing.TB, document, old, with string) string {
	t.Helper()
	if !strings.Contains(document, old) {
		t.Fatalf("%s\nhas no\n%s", document, old)
	}
	return strings.ReplaceAll(document, old, with)
}

// signing is how to make a signature. What is empty is as it should be.
type signing struct {
	key                            crypto.Signer
	canonical, method, inMethod    string
	uri, transforms, digest, after string // after is more references
	noReference                    bool
	hash                           crypto.Hash // of the SignedInfo
	digestHash                     crypto.Hash
	keyInfo                        string
	value                          func(info string) []byte
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func hashOf(h crypto.Hash, text string) []byte {
	if h == 0 {
		h = crypto.SHA256
	}
	w := h.New()
	w.Write([]byte(text))
	return w.Sum(nil)
}

// signature signs an element that is in canonical XML.
func (s signing) signature(t testing.TB, element string) string {
	t.Helper()
	_, id, _ := strings.Cut(element, ` ID="`)
	id, _, _ = strings.Cut(id, `"`)
	reference := `<ds:Reference URI="` + or(s.uri, "#"+id) + `"><ds:Transforms>` + or(s.transforms, goodTransform) + `</ds:Transforms>` +
		`<ds:DigestMethod Algorithm="` + or(s.digest, digestSHA256) + `"></ds:DigestMethod><ds:DigestValue>` +
		base64.StdEncoding.EncodeToString(hashOf(s.digestHash, element)) + `</ds:DigestValue></ds:Reference>`
	if s.noReference {
		reference = ""
	}
	inside := `<ds:CanonicalizationMethod Algorithm="` + or(s.canonical, exclusiveXML) + `"></ds:CanonicalizationMethod>` +
		`<ds:SignatureMethod Algorithm="` + or(s.method, rsaSHA256) + `">` + s.inMethod + `</ds:SignatureMethod>` + reference + s.after + `</ds:SignedInfo>`
	info := `<ds:SignedInfo xmlns:ds="` + signatureXML + `">` + inside
	value := s.value
	if value == nil {
		value = func(info string) []byte { return s.sign(t, info) }
	}
	return `<ds:Signature xmlns:ds="` + signatureXML + `"><ds:SignedInfo>` + inside + `<ds:SignatureValue>` +
		base64.StdEncoding.EncodeToString(value(info)) + `</ds:SignatureValue>` + s.keyInfo + `</ds:Signature>`
}

func (s signing) sign(t testing.TB, text string) []byte {
	t.Helper()
	h := s.hash
	if h == 0 {
		h = crypto.SHA256
	}
	signature, err := s.key.Sign(rand.Reader, hashOf(h, text), h)
	if err != nil {
		t.Fatal(err)
	}
	key, isEC := s.key.(*ecdsa.PrivateKey)
	if !isEC {
		return signature
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &rs); err != nil {
		t.Fatal(err)
	}
	size := (key.Params().BitSize + 7) / 8
	out := make([]byte, 2*size)
	rs.R.FillBytes(out[:size])
	rs.S.FillBytes(out[size:])
	return out
}

// signed puts the signature of an element into it, behind the issuer.
func (s signing) signed(t testing.TB, element string) string {
	t.Helper()
	return strings.Replace(element, `</saml:Issuer>`, `</saml:Issuer>`+s.signature(t, element), 1)
}

// unsigned takes all signatures away again.
func unsigned(t testing.TB, element string) string {
	t.Helper()
	before, rest, ok := strings.Cut(element, `<ds:Signature `)
	_, after, ended := strings.Cut(rest, `</ds:Signature>`)
	if !ok || !ended {
		t.Fatal("there is no signature")
	}
	return before + after
}

func signatureOf(t testing.TB, element string) string {
	t.Helper()
	_, rest, ok := strings.Cut(element, `<ds:Signature `)
	inside, _, ended := strings.Cut(rest, `</ds:Signature>`)
	if !ok || !ended {
		t.Fatal("there is no signature")
	}
	return `<ds:Signature ` + inside + `</ds:Signature>`
}

// certificateOf is a certificate of a key, long expired, as they are in metadata.
func certificateOf(t testing.TB, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: issuedAt().AddDate(-9, 0, 0), NotAfter: issuedAt().AddDate(-8, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func checkFor(t testing.TB, keys ...crypto.Signer) token.SAMLCheck {
	t.Helper()
	m := token.Metadata{EntityID: samlIssuer}
	for _, key := range keys {
		m.Certificates = append(m.Certificates, certificateOf(t, key))
	}
	return token.SAMLCheck{Metadata: m, Recipients: []string{samlRecipient}, Audiences: []string{samlAudience}, Grace: time.Minute}
}
