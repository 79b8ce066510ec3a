package token

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// Names of XML Signature (W3C, XML Signature Syntax and Processing 1.1, and RFC 6931).
const (
	spaceSignature = "http://www.w3.org/2000/09/xmldsig#"
	spaceExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped      = spaceSignature + "enveloped-signature"
)

// verifyEnveloped returns an element as its own signature covers it: read anew from the
// very bytes that were signed, so that nothing else can be taken for it. It returns nil
// for an element without a signature. The keys are those of the certificates; a key in
// the document counts for nothing. See SAML V2.0 Core, section 5.4.
func verifyEnveloped(el *etree.Element, certificates []*x509.Certificate) (*etree.Element, error) {
	signatures := children(el, spaceSignature, "Signature")
	if len(signatures) == 0 {
		return nil, nil
	}
	if len(signatures) > 1 {
		return nil, fmt.Errorf("%w: %s has two", ErrSAMLSignature, el.Tag)
	}
	signature := signatures[0]
	info, err := verifySignedInfo(signature, certificates)
	if err != nil {
		return nil, err
	}
	reference, err := readReference(info)
	if err != nil {
		return nil, err
	}
	if id := attr(el, "ID"); id == "" || reference.uri != "#"+id {
		return nil, fmt.Errorf("%w: it is of another element than the %s that holds it", ErrSAMLSignature, el.Tag)
	}
	signed, err := canonical(el, signature, reference.prefixes)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(sum(reference.hash, signed), reference.digest) {
		return nil, fmt.Errorf("%w: the %s was changed", ErrSAMLSignature, el.Tag)
	}
	return parseSAML(signed)
}

// verifySignedInfo returns what a signature says to be signed, read from the bytes that
// one of the keys signed.
func verifySignedInfo(signature *etree.Element, certificates []*x509.Certificate) (*etree.Element, error) {
	parts := signature.ChildElements()
	if len(parts) == 3 && is(parts[2], spaceSignature, "KeyInfo") {
		parts = parts[:2]
	}
	if !named(parts, "SignedInfo", "SignatureValue") {
		return nil, fmt.Errorf("%w: not a SignedInfo and its value", ErrSAMLSignature)
	}
	method, ok := only(parts[0], spaceSignature, "CanonicalizationMethod")
	if !ok {
		return nil, fmt.Errorf("%w: not one CanonicalizationMethod", ErrSAMLSignature)
	}
	prefixes, err := exclusive(method)
	if err != nil {
		return nil, err
	}
	value, err := decodeText(parts[1])
	if err != nil {
		return nil, fmt.Errorf("%w: its value is not base64", ErrSAMLSignature)
	}
	signed, err := canonical(parts[0], nil, prefixes)
	if err != nil {
		return nil, err
	}
	info, err := parseSAML(signed)
	if err != nil {
		return nil, err
	}
	if !is(info, spaceSignature, "SignedInfo") || !named(info.ChildElements(), "CanonicalizationMethod", "SignatureMethod", "Reference") {
		return nil, fmt.Errorf("%w: not one reference and how it is signed", ErrSAMLSignature)
	}
	uri, err := algorithmURI(info.ChildElements()[1])
	if err != nil {
		return nil, err
	}
	if !signedBy(certificates, uri, string(signed), value) {
		return nil, fmt.Errorf("%w: no key of the provider made it", ErrSAMLSignature)
	}
	return info, nil
}

// reference tells what was signed, and how.
type reference struct {
	uri      string
	prefixes string // that canonical XML treats as inclusive
	hash     crypto.Hash
	digest   []byte
}

func readReference(info *etree.Element) (reference, error) {
	el := info.ChildElements()[2]
	parts := el.ChildElements()
	if !named(parts, "Transforms", "DigestMethod", "DigestValue") {
		return reference{}, fmt.Errorf("%w: a reference without transforms or digest", ErrSAMLSignature)
	}
	r := reference{uri: attr(el, "URI")}
	transforms := parts[0].ChildElements()
	if !named(transforms, "Transform", "Transform") {
		return reference{}, fmt.Errorf("%w: %d transforms, not two", ErrSAMLSignature, len(transforms))
	}
	uri, err := algorithmURI(transforms[0])
	if err != nil {
		return reference{}, err
	}
	if uri != enveloped {
		return reference{}, fmt.Errorf("%w: the first transform is not %s", ErrSAMLSignature, enveloped)
	}
	if r.prefixes, err = exclusive(transforms[1]); err != nil {
		return reference{}, err
	}
	if uri, err = algorithmURI(parts[1]); err != nil {
		return reference{}, err
	}
	var ok bool
	if r.hash, ok = digestHash(uri); !ok {
		return reference{}, fmt.Errorf("%w: %w", ErrSAMLSignature, &AlgorithmError{Algorithm: uri[:min(len(uri), maxName)]})
	}
	if r.digest, err = decodeText(parts[2]); err != nil {
		return reference{}, fmt.Errorf("%w: its digest is not base64", ErrSAMLSignature)
	}
	return r, nil
}

// named reports whether elements are of XML Signature and have these names, in order.
func named(elements []*etree.Element, tags ...string) bool {
	if len(elements) != len(tags) {
		return false
	}
	for i, tag := range tags {
		if !is(elements[i], spaceSignature, tag) {
			return false
		}
	}
	return true
}

// algorithmURI returns the algorithm of a method that takes no parameters.
func algorithmURI(method *etree.Element) (string, error) {
	if len(method.ChildElements()) > 0 {
		return "", fmt.Errorf("%w: %s has parameters", ErrSAMLSignature, method.Tag)
	}
	return attr(method, "Algorithm"), nil
}

// exclusive returns the prefixes that a method treats as inclusive, which has to be
// exclusive canonical XML without comments.
func exclusive(method *etree.Element) (string, error) {
	if attr(method, "Algorithm") != spaceExclusive {
		return "", fmt.Errorf("%w: %s is not %s", ErrSAMLSignature, method.Tag, spaceExclusive)
	}
	parameters := method.ChildElements()
	if len(parameters) == 0 {
		return "", nil
	}
	if len(parameters) > 1 || !is(parameters[0], spaceExclusive, "InclusiveNamespaces") {
		return "", fmt.Errorf("%w: %s has parameters", ErrSAMLSignature, method.Tag)
	}
	return attr(parameters[0], "PrefixList"), nil
}

// signedBy reports whether the key of one of the certificates signed text.
func signedBy(certificates []*x509.Certificate, uri, text string, value []byte) bool {
	for _, c := range certificates {
		a, ok := signatureAlgorithm(uri, c.PublicKey)
		if ok && weakness(c.PublicKey) == "" && a.fits(c.PublicKey) && a.verify(c.PublicKey, text, value) {
			return true
		}
	}
	return false
}

// signatureAlgorithm tells how a key verifies. Unlike JSON Web Signature, XML Signature
// takes each hash with each curve; both write r and s side by side (RFC 6931, section
// 2.3.6).
func signatureAlgorithm(uri string, public crypto.PublicKey) (algorithm, bool) {
	name, isMore := strings.CutPrefix(uri, "http://www.w3.org/2001/04/xmldsig-more#")
	if !isMore {
		return algorithm{}, false
	}
	kind, size, _ := strings.Cut(name, "-")
	hash, ok := map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}[size]
	if !ok {
		return algorithm{}, false
	}
	if kind == "rsa" {
		return algorithm{hash: hash}, true
	}
	key, isEC := public.(*ecdsa.PublicKey)
	if kind != "ecdsa" || !isEC || key.Curve == elliptic.P224() {
		return algorithm{}, false
	}
	return algorithm{hash: hash, curve: key.Curve}, true
}

func digestHash(uri string) (crypto.Hash, bool) {
	switch uri {
	case "http://www.w3.org/2001/04/xmlenc#sha256":
		return crypto.SHA256, true
	case "http://www.w3.org/2001/04/xmldsig-more#sha384":
		return crypto.SHA384, true
	case "http://www.w3.org/2001/04/xmlenc#sha512":
		return crypto.SHA512, true
	}
	return 0, false
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// decodeText reads base64 that may be broken into lines.
func decodeText(el *etree.Element) ([]byte, error) {
	encoded, err := text(el)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(encoded), ""))
}
