package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/token"
)

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
		"byte order mark":              "\uFEFF" + `<?xml version="1.0" encoding="UTF-8"?>` + inResponse(f.assertion),
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
