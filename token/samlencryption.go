package token

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // links the hash that RSA-OAEP of XML Encryption 1.0 is made of
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
)

// Names of XML Encryption 1.0 and 1.1 (W3C, XML Encryption Syntax and Processing 1.1).
const (
	spaceEncryption   = "http://www.w3.org/2001/04/xmlenc#"
	spaceEncryption11 = "http://www.w3.org/2009/xmlenc11#"
)

// plain returns the assertion of a response, decrypted where it has to be. signed tells
// that the provider's signature covers the ciphertext.
func (c SAMLCheck) plain(response *etree.Element, signed bool) (*etree.Element, error) {
	found := children(response, spaceAssertion, "EncryptedAssertion")
	if len(found) == 0 {
		if c.Encrypted {
			return nil, fmt.Errorf("%w: it is in the clear", ErrSAMLEncryption)
		}
		return one(response, spaceAssertion, "Assertion")
	}
	if len(c.Decryption) == 0 {
		return nil, fmt.Errorf("%w: it is encrypted, and there is no key to open it with", ErrSAMLEncryption)
	}
	encrypted := found[0]
	document, err := decrypt(encrypted, c.Decryption, signed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSAMLEncryption, err)
	}
	assertion, err := parseSAML(document)
	if err != nil {
		return nil, err
	}
	// In its place, since its prefixes may be declared around it.
	response.InsertChildAt(encrypted.Index(), assertion)
	response.RemoveChild(encrypted)
	if err := checkStructure(response); err != nil {
		return nil, err
	}
	return one(response, spaceAssertion, "Assertion")
}

// decrypt returns what an EncryptedAssertion holds. AES-CBC, of which an attacker may
// change the ciphertext and learn the plaintext from our answers, is taken only where a
// signature covers the ciphertext; RSA of PKCS #1 v1.5, for the same reason, never.
func decrypt(encrypted *etree.Element, keys []crypto.Decrypter, signed bool) ([]byte, error) {
	data, ok := only(encrypted, spaceEncryption, "EncryptedData")
	if !ok {
		return nil, errors.New("not one EncryptedData")
	}
	method, sealed, err := cipherOf(data)
	if err != nil {
		return nil, err
	}
	open, size, err := blockCipher(attr(method, "Algorithm"), signed)
	if err != nil {
		return nil, err
	}
	holder, err := keyHolder(encrypted, data)
	if err != nil {
		return nil, err
	}
	wrapping, wrapped, err := cipherOf(holder)
	if err != nil {
		return nil, err
	}
	options, err := transport(wrapping)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		secret, err := key.Decrypt(rand.Reader, wrapped, options)
		if err == nil && len(secret) == size {
			return open(secret, sealed)
		}
	}
	return nil, errors.New("it is encrypted to none of our keys")
}

// cipherOf returns how an EncryptedData or EncryptedKey is encrypted, and what it holds.
// A reference to a ciphertext elsewhere is not followed.
func cipherOf(el *etree.Element) (method *etree.Element, sealed []byte, err error) {
	method, ok := only(el, spaceEncryption, "EncryptionMethod")
	if !ok {
		return nil, nil, errors.New("not one EncryptionMethod")
	}
	data, ok := only(el, spaceEncryption, "CipherData")
	if !ok {
		return nil, nil, errors.New("not one CipherData")
	}
	value, ok := only(data, spaceEncryption, "CipherValue")
	if !ok {
		return nil, nil, errors.New("not one CipherValue")
	}
	if sealed, err = decodeText(value); err != nil {
		return nil, nil, errors.New("the ciphertext is not base64")
	}
	return method, sealed, nil
}

// keyHolder returns the only EncryptedKey, which is in the data's KeyInfo or beside the
// data (SAML V2.0 Core, section 6.3).
func keyHolder(encrypted, data *etree.Element) (*etree.Element, error) {
	found := children(encrypted, spaceEncryption, "EncryptedKey")
	for _, info := range children(data, spaceSignature, "KeyInfo") {
		found = append(found, children(info, spaceEncryption, "EncryptedKey")...)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d encrypted keys, not one", len(found))
	}
	return found[0], nil
}

// transport tells how RSA-OAEP wraps a key. SHA-1 is good enough for it, and its default.
func transport(method *etree.Element) (*rsa.OAEPOptions, error) {
	o := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	masks := false
	switch attr(method, "Algorithm") {
	case spaceEncryption + "rsa-oaep-mgf1p":
	case spaceEncryption11 + "rsa-oaep":
		masks = true
	default:
		return nil, errors.New("the key is not encrypted with RSA-OAEP")
	}
	for _, parameter := range method.ChildElements() {
		uri := attr(parameter, "Algorithm")
		var ok bool
		switch {
		case is(parameter, spaceSignature, "DigestMethod"):
			o.Hash, ok = oaepHash(uri)
		case masks && is(parameter, spaceEncryption11, "MGF"):
			o.MGFHash, ok = maskHash(uri)
		}
		if !ok {
			return nil, errors.New("RSA-OAEP has a parameter that is not known")
		}
	}
	return o, nil
}

func oaepHash(uri string) (crypto.Hash, bool) {
	if uri == spaceSignature+"sha1" {
		return crypto.SHA1, true
	}
	return digestHash(uri)
}

func maskHash(uri string) (crypto.Hash, bool) {
	switch uri {
	case spaceEncryption11 + "mgf1sha1":
		return crypto.SHA1, true
	case spaceEncryption11 + "mgf1sha256":
		return crypto.SHA256, true
	case spaceEncryption11 + "mgf1sha384":
		return crypto.SHA384, true
	case spaceEncryption11 + "mgf1sha512":
		return crypto.SHA512, true
	}
	return 0, false
}

// blockCipher returns how data is decrypted, and the bytes that its key has.
func blockCipher(uri string, signed bool) (func(key, sealed []byte) ([]byte, error), int, error) {
	space, name, _ := strings.Cut(uri, "#")
	size, ok := map[string]int{"aes128": 16, "aes192": 24, "aes256": 32}[name[:min(len(name), 6)]]
	switch {
	case ok && name[6:] == "-gcm" && space+"#" == spaceEncryption11:
		return openGCM, size, nil
	case ok && name[6:] == "-cbc" && space+"#" == spaceEncryption:
		if !signed {
			return nil, 0, errors.New("AES-CBC in a response that is not signed")
		}
		return openCBC, size, nil
	}
	return nil, 0, errors.New("the assertion is not encrypted with AES")
}

// errSealed is all that is told of a ciphertext that does not open.
var errSealed = errors.New("it cannot be decrypted")

func openGCM(key, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	document, err := gcm.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errSealed
	}
	return document, nil
}

func openCBC(key, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < 2*aes.BlockSize || len(sealed)%aes.BlockSize != 0 {
		return nil, errSealed
	}
	document := make([]byte, len(sealed)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, sealed[:aes.BlockSize]).CryptBlocks(document, sealed[aes.BlockSize:])
	padding := int(document[len(document)-1])
	if padding == 0 || padding > aes.BlockSize {
		return nil, errSealed
	}
	return document[:len(document)-padding], nil
}
