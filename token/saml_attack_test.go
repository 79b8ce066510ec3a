package token_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

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

// documents are XML that readers understand in different ways, or choke on.
func (f forger) documents() map[string]attack {
	good := inResponse(f.assertion)
	doctype := func(inside string) string { return `<!DOCTYPE samlp:Response [` + inside + `]>` }
	var laughs strings.Builder
	laughs.WriteString(`<!ENTITY a "ha">`)
	for i := 'b'; i < 'l'; i++ {
		fmt.Fprintf(&laughs, `<!ENTITY %c "%s">`, i, strings.Repeat(fmt.Sprintf("&%c;", i-1), 10))
	}
	return map[string]attack{
		"document type":             {doctype("") + good, "syntax"},
		"document type inside":      {f.edit(good, statusXML, doctype("")+statusXML), "syntax"},
		"internal entity":           {doctype(`<!ENTITY u "root">`) + f.edit(good, ">alice<", ">&u;<"), "syntax"},
		"external entity":           {doctype(`<!ENTITY u SYSTEM "file:///etc/passwd">`) + f.edit(good, ">alice<", ">&u;<"), "syntax"},
		"external document type":    {`<!DOCTYPE r SYSTEM "https://evil.example/r.dtd">` + good, "syntax"},
		"parameter entity":          {doctype(`<!ENTITY % p SYSTEM "https://evil.example/p"> %p;`) + good, "syntax"},
		"attribute of the DTD":      {doctype(`<!ATTLIST saml:Assertion ID CDATA "_evil">`) + good, "syntax"},
		"billion laughs":            {doctype(laughs.String()) + f.edit(good, ">alice<", ">&k;<"), "syntax"},
		"entity of nobody":          {f.edit(good, ">alice<", ">&root;<"), "syntax"},
		"comment in the name":       {f.edit(good, ">alice<", ">ali<!-- -->ce<"), "syntax"},
		"comment cuts the name":     {f.resigned(">alice<", ">root<!-- -->.alice<"), "syntax"},
		"comment in an attribute":   {f.edit(good, ">reader<", ">read<!---->er<"), "syntax"},
		"comment in the signature":  {f.edit(good, "<ds:SignatureValue>", "<ds:SignatureValue><!-- -->"), "syntax"},
		"comment before":            {"<!-- -->" + good, "syntax"},
		"processing instruction":    {f.edit(good, ">alice<", ">ali<?x?>ce<"), "syntax"},
		"instruction before":        {`<?xml-stylesheet href="https://evil.example"?>` + good, "syntax"},
		"XML declaration inside":    {f.edit(good, ">alice<", `>ali<?xml version="1.0"?>ce<`), "syntax"},
		"XML 1.1":                   {`<?xml version="1.1"?>` + good, "syntax"},
		"Latin-1":                   {`<?xml version="1.0" encoding="ISO-8859-1"?>` + good, "syntax"},
		"UTF-7":                     {`<?xml version="1.0" encoding="UTF-7"?>` + good, "syntax"},
		"UTF-16":                    {utf16Of(good), "syntax"},
		"BOM":                       {"\uFEFF" + good, "syntax"},
		"no UTF-8":                  {f.edit(good, ">alice<", ">ali\xffce<"), "syntax"},
		"NUL":                       {f.edit(good, ">alice<", ">alice\x00<"), "syntax"},
		"control character by code": {f.edit(good, ">alice<", ">alice&#1;<"), "syntax"},
		"element in the name":       {f.resigned(">alice<", "><b>root</b>alice<"), "syntax"},
		"attribute twice":           {f.edit(good, ` ID="_assertion"`, ` ID="_evil" ID="_assertion"`), "syntax"},
		"attribute twice by prefix": {f.edit(good, ` ID="_assertion"`, ` ID="_assertion" xmlns:p="urn:x" xmlns:q="urn:x" p:a="1" q:a="2"`), "syntax"},
		"prefix of nothing":         {f.resigned("<saml:Issuer>", "<none:x></none:x><saml:Issuer>"), "syntax"},
		"prefix undeclared again":   {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:ds="">`), "syntax"},
		"prefix xml declared":       {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:xml="urn:x">`), "syntax"},
		"prefix xmlns declared":     {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:xmlns="urn:x">`), "syntax"},
		"stray colon":               {f.edit(good, "<saml:Subject>", `<saml:Subject :a="b">`), "syntax"},
		"stray colon in an element": {f.edit(good, statusXML, statusXML+"<:x></:x>"), "syntax"},
		"name space of the name":    {f.edit(good, "<saml:NameID ", `<saml:NameID xmlns:saml="urn:x" `), "signature"},
		"default name space":        {f.edit(good, "<saml:NameID ", `<NameID xmlns="urn:x">root</NameID><saml:NameID `), "signature"},
		"CDATA added":               {f.edit(good, ">alice<", "><![CDATA[root]]>alice<"), "signature"},
		"xml:base":                  {f.edit(good, "<saml:Subject>", `<saml:Subject xml:base="https://evil.example">`), "signature"},
		"text changed":              {f.edit(good, ">alice<", ">root<"), "signature"},
		"white space added":         {f.edit(good, ">alice<", "> alice<"), "signature"},
		"attribute added":           {f.edit(good, "<saml:Subject>", `<saml:Subject a="b">`), "signature"},
		"truncated":                 {good[:len(good)-20], "syntax"},
		"two roots":                 {good + good, "syntax"},
		"text behind":               {good + "x", "syntax"},
		"nothing":                   {"", "syntax"},
		"no XML":                    {"SAML", "syntax"},
		"HTML":                      {"<html><body>Sign in<br></body></html>", "syntax"},
		"nested 10,000 times":       {f.edit(good, statusXML, statusXML+strings.Repeat("<x>", 10_000)+strings.Repeat("</x>", 10_000)), "syntax"},
		"nested 100 times":          {f.edit(good, statusXML, statusXML+strings.Repeat("<x>", 100)+strings.Repeat("</x>", 100)), "syntax"},
		"2,000 elements":            {f.edit(good, statusXML, statusXML+strings.Repeat("<x/>", 2_000)), "syntax"},
		"1,000 prefixes":            {f.edit(good, "<samlp:Response", "<samlp:Response"+many(` xmlns:p%d="urn:x"`, 1000)), "syntax"},
		"prefixes in many places":   {f.edit(good, statusXML, statusXML+many(`<x xmlns:p%d="urn:x"/>`, 100)), "syntax"},
		"1,000 attributes":          {f.edit(good, "<saml:Subject>", "<saml:Subject"+many(` a%d=""`, 1000)+">"), "syntax"},
	}
}

// contents are signed as they have to be, and say what they must not.
func (f forger) contents() map[string]attack {
	end := ` NotOnOrAfter="2023-11-14T22:18:20Z"`
	second := `<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>`
	unsigned := func(old, with string) string { return f.edit(inResponse(f.assertion), old, with) }
	return map[string]attack{
		"status of failure":                 {unsigned("status:Success", "status:Responder"), "status"},
		"no status":                         {unsigned(statusXML, ""), "syntax"},
		"two statuses":                      {unsigned(statusXML, statusXML+statusXML), "syntax"},
		"response of version 1.1":           {strings.Replace(inResponse(f.assertion), `Version="2.0"`, `Version="1.1"`, 1), "syntax"},
		"response without ID":               {unsigned(` ID="_response"`, ""), "syntax"},
		"response from another issuer":      {strings.Replace(inResponse(f.assertion), samlIssuer, "https://evil.example", 1), "issuer"},
		"response from two issuers":         {unsigned(statusXML, `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`+samlIssuer+`</saml:Issuer>`+statusXML), "syntax"},
		"response for another destination":  {unsigned(`Destination="`+samlRecipient, `Destination="https://evil.example`), "recipient"},
		"assertion of version 1.1":          {f.resigned(`Version="2.0"`, `Version="1.1"`), "syntax"},
		"another issuer":                    {f.resigned(samlIssuer, "https://other.example"), "issuer"},
		"issuer in another case":            {f.resigned(samlIssuer, strings.ToUpper(samlIssuer)), "issuer"},
		"issuer that begins so":             {f.resigned(samlIssuer, samlIssuer+".evil.example"), "issuer"},
		"no issuer":                         {inResponse(edit(f.t, f.own().signed(f.t, assertionXML), "saml:Issuer>", "saml:Issue>")), "signature"},
		"two issuers":                       {f.resigned("<saml:Subject>", "<saml:Issuer>"+samlIssuer+"</saml:Issuer><saml:Subject>"), "syntax"},
		"no subject":                        {f.resigned("saml:Subject>", "saml:Object>"), "syntax"},
		"two subjects":                      {f.resigned("<saml:Subject>", "<saml:Subject></saml:Subject><saml:Subject>"), "syntax"},
		"no name":                           {f.resigned("saml:NameID", "saml:BaseID"), "syntax"},
		"empty name":                        {f.resigned(">alice<", "> <"), "subject"},
		"two names":                         {f.resigned("<saml:NameID ", "<saml:NameID>root</saml:NameID><saml:NameID "), "syntax"},
		"encrypted name":                    {f.resigned("saml:NameID", "saml:EncryptedID"), "syntax"},
		"no confirmation":                   {f.resigned(confirmation, ""), "subject"},
		"two confirmations":                 {f.resigned(confirmation, confirmation+confirmation), "subject"},
		"a second confirmation of keys":     {f.resigned(confirmation, confirmation+f.edit(confirmation, "cm:bearer", "cm:holder-of-key")), "subject"},
		"holder of key":                     {f.resigned("cm:bearer", "cm:holder-of-key"), "subject"},
		"sender vouches":                    {f.resigned("cm:bearer", "cm:sender-vouches"), "subject"},
		"no confirmation data":              {f.resigned("saml:SubjectConfirmationData", "saml:Data"), "subject"},
		"confirmation without end":          {f.resigned(end, ""), "subject"},
		"confirmation with a beginning":     {f.resigned(end, ` NotBefore="2023-11-14T22:10:20Z"`+end), "subject"},
		"no recipient":                      {f.resigned(` Recipient="`+samlRecipient+`"`, ""), "recipient"},
		"another recipient":                 {f.resigned(samlRecipient, "https://signin.aws.amazon.com.evil.example/saml"), "recipient"},
		"recipient that ends with a slash":  {f.resigned(samlRecipient, samlRecipient+"/"), "recipient"},
		"recipient of another name space":   {f.resigned(end+" Recipient=", ` xmlns:x="urn:x"`+end+" x:Recipient="), "recipient"},
		"no audience restriction":           {f.resigned(restriction, ""), "audience"},
		"no audience":                       {f.resigned("<saml:Audience>"+samlAudience+"</saml:Audience>", ""), "audience"},
		"another audience":                  {f.resigned(samlAudience, "urn:amazon:webservices:govcloud"), "audience"},
		"audience in another case":          {f.resigned(samlAudience, "URN:amazon:webservices"), "audience"},
		"a second restriction for others":   {f.resigned(restriction, restriction+second), "audience"},
		"a first restriction for others":    {f.resigned(restriction, second+restriction), "audience"},
		"condition that nobody knows":       {f.resigned(restriction, restriction+"<saml:Condition></saml:Condition>"), "syntax"},
		"no conditions":                     {f.resigned("saml:Conditions", "saml:Condition"), "syntax"},
		"two conditions":                    {f.resigned(conditions, conditions+conditions), "syntax"},
		"conditions over":                   {f.resigned("22:19:20Z", "22:12:19Z"), "expired"},
		"conditions not begun":              {f.resigned("22:10:20Z", "22:14:21Z"), "not yet"},
		"confirmation over":                 {f.resigned("22:18:20Z", "22:12:20Z"), "expired"},
		"session over":                      {f.resigned("2023-11-15T06:13:20Z", "2023-11-14T22:12:20Z"), "expired"},
		"one of two sessions over":          {f.resigned(session, session+f.edit(session, "2023-11-15T06:13:20Z", "2023-11-14T22:12:20Z")), "expired"},
		"made in the future":                {f.resigned(`IssueInstant="2023-11-14T22:13:20Z"`, `IssueInstant="2023-11-14T22:14:21Z"`), "not yet"},
		"without a date":                    {f.resigned(` IssueInstant="2023-11-14T22:13:20Z"`, ""), "syntax"},
		"date without a zone":               {f.resigned("22:19:20Z", "22:19:20"), "syntax"},
		"date of words":                     {f.resigned("2023-11-14T22:19:20Z", "tomorrow"), "syntax"},
		"date of the confirmation of words": {f.resigned("2023-11-14T22:18:20Z", "tomorrow"), "syntax"},
		"date of the session of words":      {f.resigned("2023-11-15T06:13:20Z", "tomorrow"), "syntax"},
		"date of a year beyond reason":      {f.resigned("2023-11-14T22:19:20Z", "99999-11-14T22:19:20Z"), "syntax"},
		"attribute without a name":          {f.resigned(`Name="role"`, `FriendlyName="role"`), "syntax"},
		"encrypted attribute":               {f.resigned(`saml:Attribute>`, `saml:EncryptedAttribute>`), "syntax"},
	}
}

func weakKey(t testing.TB) *rsa.PrivateKey { return rsaKey(t, 1024) }

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func utf16Of(text string) string {
	out := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return string(out)
}

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

// What is not even base64 of XML.
func TestSAMLEncodings(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	good := base64Of(inResponse(f.assertion))
	deflated, gzipped := new(bytes.Buffer), new(bytes.Buffer)
	w, err := flate.NewWriter(deflated, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		write(w, inResponse(f.assertion)), w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	z := gzip.NewWriter(gzipped)
	if err := errors.Join(write(z, inResponse(f.assertion)), z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, response := range map[string]string{
		"empty":          "",
		"XML":            inResponse(f.assertion),
		"junk before":    "*" + good,
		"junk inside":    good[:100] + "*" + good[100:],
		"junk behind":    good + "*",
		"space inside":   good[:100] + " " + good[100:],
		"URL alphabet":   "_-" + good[2:],
		"cut":            good[:len(good)-1],
		"two":            good + "=" + good,
		"base64 twice":   base64.StdEncoding.EncodeToString([]byte(good)),
		"deflated":       base64.StdEncoding.EncodeToString(deflated.Bytes()),
		"gzipped":        base64.StdEncoding.EncodeToString(gzipped.Bytes()),
		"five megabytes": base64Of(inResponse(f.assertion) + strings.Repeat(" ", 5<<20)),
		"form":           "SAMLResponse=" + good,
		"hidden bits":    hiddenBits(t, inResponse(f.assertion)),
	} {
		if _, err := token.VerifySAML(response, checkFor(t, f.key), issuedAt()); !errors.Is(err, token.ErrSAMLSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var lines []string
	for rest := good; rest != ""; {
		n := min(76, len(rest))
		lines, rest = append(lines, rest[:n]), rest[n:]
	}
	if _, err := token.VerifySAML(strings.Join(lines, "\r\n"), checkFor(t, f.key), issuedAt()); err != nil {
		t.Errorf("in lines: %v", err)
	}
}

func write(w interface{ Write([]byte) (int, error) }, text string) error {
	_, err := w.Write([]byte(text))
	return err
}

// hiddenBits is base64 whose last character says more than the bytes hold.
func hiddenBits(t testing.TB, document string) string {
	t.Helper()
	document += strings.Repeat(" ", 3-len(document)%3+1)
	text := base64Of(document)
	if !strings.HasSuffix(text, "A==") { // a space ends so
		t.Fatal(text)
	}
	if loose, err := base64.StdEncoding.DecodeString(text[:len(text)-3] + "B=="); err != nil || string(loose) != document {
		t.Fatal("the bits are not hidden")
	}
	return text[:len(text)-3] + "B=="
}

// What decides beside the document: the provider's keys and dates.
func TestSAMLProviders(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	good := base64Of(inResponse(f.assertion))
	over := checkFor(t, f.key)
	over.Metadata.ValidUntil = issuedAt()
	soon := checkFor(t, f.key)
	soon.Metadata.ValidUntil = issuedAt().Add(time.Second)
	another := checkFor(t, f.key)
	another.Metadata.EntityID = "https://another.example"
	elsewhere := checkFor(t, f.key)
	elsewhere.Recipients = nil
	nobody := checkFor(t, f.key)
	nobody.Audiences = nil
	encrypted := checkFor(t, f.key)
	encrypted.Encrypted = true
	for name, c := range map[string]struct {
		check token.SAMLCheck
		why   string
	}{
		"two keys, the second signs": {checkFor(t, f.other, f.key), ""},
		"two keys, the first signs":  {checkFor(t, f.key, f.other), ""},
		"an EC key and this":         {checkFor(t, ecKey(t, elliptic.P256()), f.key), ""},
		"metadata good for a second": {soon, ""},
		"no key":                     {checkFor(t), "signature"},
		"the key of another":         {checkFor(t, f.other), "signature"},
		"an EC key":                  {checkFor(t, ecKey(t, elliptic.P256())), "signature"},
		"metadata over":              {over, "metadata"},
		"another provider":           {another, "issuer"},
		"no recipient is ours":       {elsewhere, "recipient"},
		"no audience is ours":        {nobody, "audience"},
		"has to be encrypted":        {encrypted, "encryption"},
	} {
		_, err := token.VerifySAML(good, c.check, issuedAt())
		if err == nil && c.why != "" || err != nil && kind(err) != c.why {
			t.Errorf("%s: %v, not %q", name, err, c.why)
		}
	}
	weak := weakKey(t)
	if _, err := token.VerifySAML(base64Of(f.by(signing{key: weak})), checkFor(t, weak), issuedAt()); !errors.Is(err, token.ErrSAMLSignature) {
		t.Errorf("RSA of 1024 bits: %v", err)
	}
}

// Each algorithm that is taken, with a key that fits it.
func TestSAMLAlgorithms(t *testing.T) {
	t.Parallel()
	const more = "http://www.w3.org/2001/04/xmldsig-more#"
	rsa2048 := rsaKey(t, 2048)
	digests := map[string]crypto.Hash{digestSHA256: crypto.SHA256, more + "sha384": crypto.SHA384, "http://www.w3.org/2001/04/xmlenc#sha512": crypto.SHA512}
	hashes := map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}
	kinds := map[string][]crypto.Signer{
		"rsa-":   {rsa2048},
		"ecdsa-": {ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521())},
	}
	verify := func(s signing, keys ...crypto.Signer) error {
		_, err := token.VerifySAML(base64Of(inResponse(s.signed(t, assertionXML))), checkFor(t, keys...), issuedAt())
		return err
	}
	for prefix, keys := range kinds {
		for name, hash := range hashes {
			for _, key := range keys {
				for digest, digestHash := range digests {
					s := signing{key: key, method: more + prefix + name, hash: hash, digest: digest, digestHash: digestHash}
					if err := verify(s, key); err != nil {
						t.Errorf("%s%s, digest %s: %v", prefix, name, digest, err)
					}
				}
			}
		}
	}
	weak := ecKey(t, elliptic.P224())
	if err := verify(signing{key: weak, method: more + "ecdsa-sha256"}, weak); !errors.Is(err, token.ErrSAMLSignature) {
		t.Errorf("P-224: %v", err)
	}
	key := kinds["ecdsa-"][0].(*ecdsa.PrivateKey)
	zero := signing{key: key, method: more + "ecdsa-sha256", value: func(string) []byte { return make([]byte, 64) }}
	if err := verify(zero, key); !errors.Is(err, token.ErrSAMLSignature) {
		t.Errorf("ECDSA of zeros: %v", err)
	}
	asn1 := signing{key: key, method: more + "ecdsa-sha256", value: func(info string) []byte {
		out, err := ecdsa.SignASN1(nil, key, hashOf(crypto.SHA256, info))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}}
	if err := verify(asn1, key); !errors.Is(err, token.ErrSAMLSignature) {
		t.Errorf("ECDSA in ASN.1: %v", err)
	}
}

// Shapes that are good, and what is read of them.
func TestSAMLShapes(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	listed := `<ds:Transform Algorithm="` + envelopedXML + `"></ds:Transform><ds:Transform Algorithm="` + exclusiveXML + `"><ec:InclusiveNamespaces xmlns:ec="` + exclusiveXML + `" PrefixList="xs"></ec:InclusiveNamespaces></ds:Transform>`
	typed := edit(t, edit(t, assertionXML, ` ID="_assertion"`, ` xmlns:xs="http://www.w3.org/2001/XMLSchema" ID="_assertion"`),
		"<saml:AttributeValue>", `<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">`)
	both := f.own().signed(t, inResponse(f.assertion))
	for name, document := range map[string]string{
		"XML declaration":              `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + inResponse(f.assertion) + "\n",
		"both signed":                  both,
		"response without an issuer":   edit(t, inResponse(f.assertion), `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`+samlIssuer+`</saml:Issuer>`, ""),
		"no destination":               edit(t, inResponse(f.assertion), ` Destination="`+samlRecipient+`"`, ""),
		"answers a request":            f.resigned("<saml:SubjectConfirmationData ", `<saml:SubjectConfirmationData InResponseTo="_request" `),
		"one-time use":                 f.resigned(restriction, restriction+"<saml:OneTimeUse></saml:OneTimeUse><saml:ProxyRestriction></saml:ProxyRestriction>"),
		"two restrictions that hold":   f.resigned(restriction, restriction+restriction),
		"several audiences":            f.resigned("<saml:Audience>", "<saml:Audience>urn:other</saml:Audience><saml:Audience>"),
		"audience in white space":      f.resigned(samlAudience, "\n  "+samlAudience+"\n"),
		"conditions within the grace":  f.resigned("22:19:20Z", "22:12:21Z"),
		"fractions of a second":        f.resigned("22:19:20Z", "22:19:20.123456Z"),
		"another zone":                 f.resigned("2023-11-14T22:19:20Z", "2023-11-15T00:19:20+02:00"),
		"no statement of sign-in":      f.resigned(session, ""),
		"KeyInfo of the attacker":      edit(t, inResponse(f.assertion), "</ds:SignatureValue>", "</ds:SignatureValue><ds:KeyInfo><ds:KeyName>root</ds:KeyName></ds:KeyInfo>"),
		"CDATA for all of the name":    edit(t, inResponse(f.assertion), ">alice<", "><![CDATA[ali]]>ce<"),
		"name in character references": edit(t, inResponse(f.assertion), ">alice<", ">&#97;lice<"),
		"empty elements":               edit(t, inResponse(f.assertion), "></ds:CanonicalizationMethod>", "/>"),
		"attributes in another order":  edit(t, inResponse(f.assertion), `IssueInstant="2023-11-14T22:13:20Z" Version="2.0"><saml:Issuer>`, `Version="2.0"  IssueInstant='2023-11-14T22:13:20Z' ><saml:Issuer>`),
		"name space declared outside":  edit(t, edit(t, inResponse(f.assertion), ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`, ""), "<samlp:Response", `<samlp:Response xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`),
		"prefixes listed":              inResponse(signing{key: f.key, transforms: listed}.signed(t, typed)),
		"prefix that begins with xml":  edit(t, inResponse(f.assertion), "samlp", "xmlp"),
		"signature at the end":         inResponse(edit(t, assertionXML, "</saml:Assertion>", f.own().signature(t, assertionXML)+"</saml:Assertion>")),
		"value in lines":               edit(t, inResponse(f.assertion), "<ds:SignatureValue>", "<ds:SignatureValue>\n  "),
	} {
		a, err := token.VerifySAML(base64Of(document), checkFor(t, f.key), issuedAt())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Subject != "alice" || a.ID != "_assertion" || a.Issuer != samlIssuer || a.Recipient != samlRecipient || a.Audience != samlAudience ||
			!maps.EqualFunc(a.Attributes, map[string][]string{"role": {"reader"}}, func(x, y []string) bool { return strings.Join(x, "|") == strings.Join(y, "|") }) {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// An assertion is over when the first of its dates says so, and is not presented after.
func TestSAMLEnds(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	at := issuedAt().UTC()
	for document, end := range map[string]time.Time{
		inResponse(f.assertion):                                at.Add(5 * time.Minute), // the confirmation's
		f.resigned("22:19:20Z", "22:14:20Z"):                   at.Add(1 * time.Minute), // the conditions'
		f.resigned("22:18:20Z", "22:20:20Z"):                   at.Add(6 * time.Minute), // the conditions'
		f.resigned(` NotOnOrAfter="2023-11-14T22:19:20Z"`, ""): at.Add(5 * time.Minute), // the confirmation's alone
	} {
		last := end.Add(time.Minute) // the grace
		a, err := token.VerifySAML(base64Of(document), checkFor(t, f.key), last.Add(-time.Nanosecond))
		if err != nil || !a.NotOnOrAfter.Equal(last) {
			t.Errorf("until %s: %s, %v", last, a.NotOnOrAfter, err)
		}
		if _, err := token.VerifySAML(base64Of(document), checkFor(t, f.key), last); kind(err) != "expired" {
			t.Errorf("at %s: %v", last, err)
		}
	}
}
