package token_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

// kind names why a response was refused.
func kind(err error) string {
	if _, is := errors.AsType[*token.ExpiredError](err); is {
		return "expired"
	}
	if _, is := errors.AsType[*token.NotYetError](err); is {
		return "not yet"
	}
	for name, sentinel := range map[string]error{
		"syntax": token.ErrSAMLSyntax, "status": token.ErrSAMLStatus, "metadata": token.ErrSAMLMetadata,
		"encryption": token.ErrSAMLEncryption, "issuer": token.ErrSAMLIssuer, "subject": token.ErrSAMLSubject,
		"recipient": token.ErrSAMLRecipient, "audience": token.ErrSAMLAudience, "signature": token.ErrSAMLSignature,
	} {
		if errors.Is(err, sentinel) {
			return name
		}
	}
	return fmt.Sprintf("something else: %v", err)
}

// attack is a document that must be refused, and why.
type attack struct {
	document, why string
}

// forger knows a provider's key, an attacker's, and what the provider signed.
type forger struct {
	t                         testing.TB
	key, other                *rsa.PrivateKey
	assertion, response, evil string // signed, signed as a whole, and what the attacker would like to be believed
}

func newForger(t testing.TB) forger {
	f := forger{t: t, key: rsaKey(t, 2048), other: rsaKey(t, 2048)}
	f.assertion = f.own().signed(t, assertionXML)
	f.response = f.own().signed(t, inResponse(assertionXML))
	f.evil = f.edit(f.edit(assertionXML, ">alice<", ">root<"), "_assertion", "_evil")
	return f
}

func (f forger) own() signing { return signing{key: f.key} }

func (f forger) edit(document, old, with string) string { return edit(f.t, document, old, with) }

// resigned is a response whose assertion differs and is signed by the provider all the
// same.
func (f forger) resigned(old, with string) string {
	return inResponse(f.own().signed(f.t, f.edit(assertionXML, old, with)))
}

// by is a response with an assertion that is signed in another way.
func (f forger) by(s signing) string {
	if s.key == nil {
		s.key = f.key
	}
	return inResponse(s.signed(f.t, assertionXML))
}

// wrapping are the eight forms of Somorovsky and others, "On Breaking SAML: Be Whoever
// You Want to Be", and some more.
func (f forger) wrapping() map[string]attack {
	evilResponse := f.edit(f.edit(f.response, ">alice<", ">root<"), "_response", "_evil")
	evilResponse = f.edit(evilResponse, "_assertion", "_evilassertion")
	bare := unsigned(f.t, evilResponse)
	original := unsigned(f.t, f.response)
	signature := signatureOf(f.t, f.response)
	own := signatureOf(f.t, f.assertion)
	with := func(signature string) string {
		return strings.Replace(f.evil, "</saml:Issuer>", "</saml:Issuer>"+signature, 1)
	}
	inside := func(element, in string) string { return f.edit(element, "</ds:Signature>", in+"</ds:Signature>") }
	object := func(in string) string { return "<ds:Object>" + in + "</ds:Object>" }
	extensions := func(in string) string { return "<samlp:Extensions>" + in + "</samlp:Extensions>" }
	end := func(element, in string) string {
		i := strings.LastIndex(element, "</")
		return element[:i] + in + element[i:]
	}
	clear := f.edit(assertionXML, "_assertion", "_assertion") // as signed, without its signature
	return map[string]attack{
		"XSW1":                                    {strings.Replace(bare, "</saml:Issuer>", "</saml:Issuer>"+inside(signature, object(original)), 1), "syntax"},
		"XSW1, in the signature itself":           {strings.Replace(bare, "</saml:Issuer>", "</saml:Issuer>"+inside(signature, original), 1), "syntax"},
		"XSW2":                                    {strings.Replace(bare, "</saml:Issuer>", "</saml:Issuer>"+original+signature, 1), "syntax"},
		"XSW3":                                    {inResponse(f.evil + f.assertion), "syntax"},
		"XSW3, the other way round":               {inResponse(f.assertion + f.evil), "syntax"},
		"XSW4":                                    {inResponse(end(f.evil, f.assertion)), "syntax"},
		"XSW5":                                    {inResponse(with(own) + clear), "syntax"},
		"XSW6":                                    {inResponse(with(inside(own, clear))), "syntax"},
		"XSW7":                                    {inResponse(extensions(f.edit(f.evil, "_evil", "_assertion")) + f.assertion), "syntax"},
		"XSW8":                                    {inResponse(with(inside(own, object(clear)))), "syntax"},
		"the evil one alone":                      {inResponse(with(own)), "signature"},
		"the evil one under the good id":          {inResponse(f.edit(with(own), "_evil", "_assertion")), "signature"},
		"assertion in Advice":                     {inResponse(f.edit(f.evil, "</saml:Subject>", "</saml:Subject><saml:Advice>"+f.assertion+"</saml:Advice>")), "syntax"},
		"evil in Advice":                          {f.resigned("</saml:Subject>", "</saml:Subject><saml:Advice>"+f.evil+"</saml:Advice>"), "syntax"},
		"evil in an attribute":                    {f.resigned("reader", f.evil), "syntax"},
		"nested response that is empty":           {inResponse(f.edit(f.edit(inResponse(""), "_response", "_other"), statusXML, "") + f.assertion), "syntax"},
		"nested response":                         {inResponse(f.response), "syntax"},
		"response in an assertion":                {inResponse(end(f.assertion, f.response)), "syntax"},
		"assertion as the root":                   {f.assertion, "syntax"},
		"unsigned beside an encrypted one":        {inResponse(f.evil + "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>"), "syntax"},
		"assertion below another element":         {inResponse(extensions(f.assertion)), "syntax"},
		"assertion of another name space":         {inResponse(f.edit(f.assertion, "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"", "xmlns:saml=\"urn:oasis:names:tc:SAML:1.0:assertion\"")), "syntax"},
		"evil of another name space":              {inResponse(f.assertion + f.edit(f.evil, "SAML:2.0:assertion", "SAML:1.0:assertion")), "syntax"},
		"response of another name space":          {f.edit(inResponse(f.assertion), "SAML:2.0:protocol", "SAML:1.1:protocol"), "syntax"},
		"no assertion":                            {inResponse(""), "syntax"},
		"signed response around an evil one":      {f.edit(f.response, assertionXML, f.evil), "signature"},
		"evil added to a signed response":         {end(f.response, f.evil), "syntax"},
		"signed assertion in an unfit response":   {f.edit(inResponse(f.assertion), "_response", "_assertion"), "syntax"},
		"good signature of a response, of no use": {strings.Replace(inResponse(f.evil), "</saml:Issuer>", "</saml:Issuer>"+signature, 1), "signature"},
	}
}

// signatures are wrong in themselves.
func (f forger) signatures() map[string]attack {
	own := signatureOf(f.t, f.assertion)
	public, err := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	if err != nil {
		f.t.Fatal(err)
	}
	mac := func(info string) []byte {
		h := hmac.New(sha256.New, public)
		h.Write([]byte(info))
		return h.Sum(nil)
	}
	attackers := `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(certificateOf(f.t, f.other).Raw) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	transform := func(uri string) string { return `<ds:Transform Algorithm="` + uri + `"></ds:Transform>` }
	reference := func(uri string) string {
		return `<ds:Reference URI="` + uri + `"><ds:Transforms>` + goodTransform + `</ds:Transforms><ds:DigestMethod Algorithm="` + digestSHA256 + `"></ds:DigestMethod><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>`
	}
	_, value, _ := strings.Cut(own, "<ds:SignatureValue>")
	value, _, _ = strings.Cut(value, "</ds:SignatureValue>")
	moved := strings.Replace(inResponse(assertionXML), "</saml:Issuer>", "</saml:Issuer>"+own, 1)
	return map[string]attack{
		"none at all":                        {inResponse(assertionXML), "signature"},
		"two of one element":                 {inResponse(f.edit(f.assertion, own, own+own)), "signature"},
		"two, one by the attacker":           {inResponse(f.edit(f.assertion, own, own+signing{key: f.other}.signature(f.t, assertionXML))), "signature"},
		"two, one under the other":           {inResponse(f.own().signed(f.t, signing{key: f.other}.signed(f.t, assertionXML))), "signature"},
		"canonical XML twice":                {f.by(signing{transforms: transform(exclusiveXML) + transform(exclusiveXML)}), "signature"},
		"no id, and a reference to it":       {inResponse(signing{key: f.key, uri: "#"}.signed(f.t, f.edit(assertionXML, ` ID="_assertion"`, ""))), "signature"},
		"a good one beside a bad one":        {strings.Replace(inResponse(f.assertion), "</saml:Issuer>", "</saml:Issuer>"+signing{key: f.other}.signature(f.t, inResponse(f.assertion)), 1), "signature"},
		"moved to the response":              {moved, "signature"},
		"below another element":              {inResponse(f.edit(assertionXML, "</saml:Subject>", own+"</saml:Subject>")), "syntax"},
		"in a wrapper":                       {inResponse(f.edit(f.assertion, own, "<x>"+own+"</x>")), "syntax"},
		"of another name space":              {inResponse(f.edit(f.assertion, `<ds:Signature xmlns:ds="`+signatureXML+`"`, `<ds:Signature xmlns:ds="urn:other"`)), "syntax"},
		"by another key":                     {f.by(signing{key: f.other}), "signature"},
		"by another key that it brings":      {f.by(signing{key: f.other, keyInfo: attackers}), "signature"},
		"RSA of 1024 bits":                   {f.by(signing{key: weakKey(f.t)}), "signature"},
		"HMAC with the public key":           {f.by(signing{method: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", value: mac}), "signature"},
		"HMAC of no length":                  {f.by(signing{method: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", inMethod: "<ds:HMACOutputLength>0</ds:HMACOutputLength>", value: func(string) []byte { return nil }}), "signature"},
		"no algorithm":                       {f.by(signing{method: "none", value: func(string) []byte { return nil }}), "signature"},
		"RSA with SHA-1":                     {f.by(signing{method: signatureXML + "rsa-sha1", hash: crypto.SHA1}), "signature"},
		"RSA with MD5":                       {f.by(signing{method: "http://www.w3.org/2001/04/xmldsig-more#rsa-md5", hash: crypto.MD5}), "signature"},
		"SHA-1 called SHA-256":               {f.by(signing{hash: crypto.SHA1}), "signature"},
		"SHA-256 called ECDSA":               {f.by(signing{method: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"}), "signature"},
		"digest of SHA-1":                    {f.by(signing{digest: signatureXML + "sha1", digestHash: crypto.SHA1}), "signature"},
		"digest of another hash":             {f.by(signing{digestHash: crypto.SHA512}), "signature"},
		"digest method with parameters":      {inResponse(f.edit(f.assertion, `<ds:DigestMethod Algorithm="`+digestSHA256+`">`, `<ds:DigestMethod Algorithm="`+digestSHA256+`"><x></x>`)), "signature"},
		"XSLT":                               {f.by(signing{transforms: transform(envelopedXML) + transform("http://www.w3.org/TR/1999/REC-xslt-19991116")}), "signature"},
		"XPath":                              {f.by(signing{transforms: transform(envelopedXML) + transform("http://www.w3.org/TR/1999/REC-xpath-19991116")}), "signature"},
		"base64":                             {f.by(signing{transforms: transform(envelopedXML) + transform(signatureXML+"base64")}), "signature"},
		"inclusive canonical XML":            {f.by(signing{transforms: transform(envelopedXML) + transform("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")}), "signature"},
		"canonical XML with comments":        {f.by(signing{transforms: transform(envelopedXML) + transform(exclusiveXML+"WithComments")}), "signature"},
		"no transform":                       {f.by(signing{transforms: " "}), "signature"},
		"one transform":                      {f.by(signing{transforms: transform(envelopedXML)}), "signature"},
		"three transforms":                   {f.by(signing{transforms: goodTransform + transform(exclusiveXML)}), "signature"},
		"transforms in the wrong order":      {f.by(signing{transforms: transform(exclusiveXML) + transform(envelopedXML)}), "signature"},
		"transform with an XPath inside":     {f.by(signing{transforms: `<ds:Transform Algorithm="` + envelopedXML + `"><ds:XPath>true</ds:XPath></ds:Transform>` + transform(exclusiveXML)}), "signature"},
		"transform of two parameters":        {f.by(signing{transforms: transform(envelopedXML) + `<ds:Transform Algorithm="` + exclusiveXML + `"><ec:InclusiveNamespaces xmlns:ec="` + exclusiveXML + `" PrefixList="xs"></ec:InclusiveNamespaces><x></x></ds:Transform>`}), "signature"},
		"SignedInfo in inclusive XML":        {f.by(signing{canonical: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}), "signature"},
		"SignedInfo with comments":           {f.by(signing{canonical: exclusiveXML + "WithComments"}), "signature"},
		"no reference":                       {f.by(signing{noReference: true}), "signature"},
		"two references":                     {f.by(signing{after: reference("#_evil")}), "signature"},
		"two references to itself":           {f.by(signing{after: reference("#_assertion")}), "signature"},
		"reference to the whole document":    {f.by(signing{uri: " "}), "signature"},
		"empty reference":                    {inResponse(signing{key: f.key, uri: "\x00"}.emptied(f.t, assertionXML)), "signature"},
		"reference to another host":          {f.by(signing{uri: "https://evil.example/#_assertion"}), "signature"},
		"reference to a file":                {f.by(signing{uri: "file:///etc/passwd"}), "signature"},
		"reference by XPointer":              {f.by(signing{uri: "#xpointer(id('_assertion'))"}), "signature"},
		"reference to another id":            {f.by(signing{uri: "#_response"}), "signature"},
		"empty SignedInfo":                   {inResponse(f.edit(f.assertion, own, `<ds:Signature xmlns:ds="`+signatureXML+`"><ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>`+value+`</ds:SignatureValue></ds:Signature>`)), "signature"},
		"no SignedInfo":                      {inResponse(f.edit(f.assertion, own, `<ds:Signature xmlns:ds="`+signatureXML+`"><ds:SignatureValue>`+value+`</ds:SignatureValue></ds:Signature>`)), "signature"},
		"two SignedInfos":                    {inResponse(f.edit(f.assertion, "<ds:SignatureValue>", "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue>")), "signature"},
		"two values":                         {inResponse(f.edit(f.assertion, "<ds:SignatureValue>", "<ds:SignatureValue></ds:SignatureValue><ds:SignatureValue>")), "signature"},
		"empty value":                        {inResponse(f.edit(f.assertion, value, "")), "signature"},
		"value that is no base64":            {inResponse(f.edit(f.assertion, value, "*")), "signature"},
		"elements in the value":              {inResponse(f.edit(f.assertion, value, value+"<x></x>")), "signature"},
		"empty digest":                       {inResponse(f.edit(f.assertion, "<ds:DigestValue>", "<ds:DigestValue></ds:DigestValue><ds:DigestValue>")), "signature"},
		"two digests, the first the signed":  {inResponse(f.edit(f.assertion, "</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>")), "signature"},
		"an Object":                          {inResponse(f.edit(f.assertion, "</ds:SignatureValue>", "</ds:SignatureValue><ds:Object></ds:Object>")), "signature"},
		"the signed assertion with no id":    {inResponse(f.edit(f.assertion, ` ID="_assertion"`, "")), "signature"},
		"the id in another case":             {inResponse(f.edit(f.assertion, ` ID="_assertion"`, ` Id="_assertion"`)), "signature"},
		"the id in another name space":       {inResponse(f.edit(f.assertion, ` ID="_assertion"`, ` xmlns:x="urn:x" x:ID="_assertion"`)), "signature"},
		"id twice, once in another space":    {inResponse(f.edit(f.assertion, ` ID="_assertion"`, ` xmlns:x="urn:x" x:ID="_assertion" ID="_evil"`)), "signature"},
		"xml:id that repeats":                {inResponse(f.edit(f.assertion, "<saml:Subject>", `<saml:Subject xml:id="_assertion">`)), "syntax"},
		"id that repeats":                    {inResponse(f.edit(f.assertion, "<saml:Subject>", `<saml:Subject ID="_assertion">`)), "syntax"},
		"the provider signs an element else": {inResponse(f.edit(f.evil, "</saml:Issuer>", "</saml:Issuer>"+signing{key: f.key}.signature(f.t, `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_evil"></md:EntityDescriptor>`))), "signature"},
	}
}

// emptied signs an element with URI="".
func (s signing) emptied(t testing.TB, element string) string {
	t.Helper()
	s.uri = "#"
	whole := s.signature(t, element)
	info := edit(t, whole[strings.Index(whole, "<ds:SignedInfo>"):strings.Index(whole, "<ds:SignatureValue>")], `URI="#"`, `URI=""`)
	signature := `<ds:Signature xmlns:ds="` + signatureXML + `">` + info + `<ds:SignatureValue>` +
		base64.StdEncoding.EncodeToString(s.sign(t, edit(t, info, "<ds:SignedInfo>", `<ds:SignedInfo xmlns:ds="`+signatureXML+`">`))) + `</ds:SignatureValue></ds:Signature>`
	return edit(t, element, "</saml:Issuer>", "</saml:Issuer>"+signature)
}

func weakKey(t testing.TB) *rsa.PrivateKey { return rsaKey(t, 1024) }

func TestSAMLAttacks(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	check := checkFor(t, f.key)
	for name, good := range map[string]string{"assertion": inResponse(f.assertion), "response": f.response} {
		if a, err := token.VerifySAML(base64Of(good), check, issuedAt()); err != nil || a.Subject != "alice" {
			t.Fatalf("signed %s: %v", name, err) // or else all others are refused for another reason
		}
	}
	n := 0
	for group, attacks := range map[string]map[string]attack{
		"wrapping": f.wrapping(), "signature": f.signatures(), "document": f.documents(), "content": f.contents(),
	} {
		n += len(attacks)
		for name, a := range attacks {
			began := time.Now()
			got, err := token.VerifySAML(base64Of(a.document), check, issuedAt())
			if err == nil || kind(err) != a.why {
				t.Errorf("%s: %s: refused for %s, not %s: %v", group, name, kind(err), a.why, err)
			}
			if got.Subject != "" || len(got.Attributes) > 0 {
				t.Errorf("%s: %s: told %+v all the same", group, name, got)
			}
			if err != nil && (strings.Contains(err.Error(), "alice") || strings.Contains(err.Error(), "reader") || len(err.Error()) > 1000) {
				t.Errorf("%s: %s: the error tells too much: %v", group, name, err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: %s: took %s", group, name, took)
			}
		}
	}
	t.Logf("%d attacks", n)
}
