package testidp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"slices"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// sign gives an element a signature of its own, where the schema of SAML has it: after
// the issuer.
func (k samlKey) sign(el *etree.Element) error {
	signing, err := dsig.NewSigningContext(k.signer, [][]byte{k.certificate})
	if err != nil {
		return err
	}
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	signature, err := signing.ConstructSignature(el.Copy(), true)
	if err != nil {
		return err
	}
	issuer := slices.IndexFunc(el.Child, func(t etree.Token) bool {
		e, ok := t.(*etree.Element)
		return ok && e.Tag == "Issuer"
	})
	el.InsertChildAt(issuer+1, signature)
	return nil
}

// written is an element as a document.
func written(el *etree.Element) string {
	document := etree.NewDocument()
	document.SetRoot(el)
	text, err := document.WriteToString()
	if err != nil {
		panic(err) // a string builder takes everything
	}
	return text
}

// encrypted puts an assertion into an EncryptedAssertion, as RSA-OAEP and AES-256-GCM
// of XML Encryption 1.1 have it.
func encrypted(assertion *etree.Element, to *rsa.PublicKey) (*etree.Element, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, to, secret, nil)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	sealed := gcm.Seal(nil, nil, []byte(written(assertion)), nil)

	holder := etree.NewElement("saml:EncryptedAssertion")
	holder.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	holder.CreateAttr("xmlns:xenc", "http://www.w3.org/2001/04/xmlenc#")
	data := holder.CreateElement("xenc:EncryptedData")
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	data.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2009/xmlenc11#aes256-gcm")
	info := data.CreateElement("ds:KeyInfo")
	info.CreateAttr("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#")
	key := info.CreateElement("xenc:EncryptedKey")
	key.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p")
	for _, c := range []struct {
		of    *etree.Element
		bytes []byte
	}{{key, wrapped}, {data, sealed}} {
		c.of.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText(base64.StdEncoding.EncodeToString(c.bytes))
	}
	return holder, nil
}
