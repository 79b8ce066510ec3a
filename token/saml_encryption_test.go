package token_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/cenotehq/cenote/token"
)

const (
	encryptionXML   = "http://www.w3.org/2001/04/xmlenc#"
	encryptionXML11 = "http://www.w3.org/2009/xmlenc11#"
)

// sealing is how to encrypt an assertion; what is empty is RSA-OAEP and AES-256-GCM.
type sealing struct {
	to                     *rsa.PublicKey
	transport, inTransport string
	hash, mask             crypto.Hash
	block                  string
	size                   int
	beside                 bool // the key is beside the data
	v15                    bool // PKCS #1 v1.5
	padding                byte // what CBC's says, instead of its length
}

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out)
	return out
}

func (s sealing) wrap(t testing.TB, secret []byte) []byte {
	t.Helper()
	if s.v15 {
		return pkcs1(s.to, secret)
	}
	o := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	if s.hash != 0 {
		o.Hash = s.hash
	}
	if s.mask != 0 {
		o.MGFHash = s.mask
	}
	out, err := rsa.EncryptOAEPWithOptions(rand.Reader, s.to, secret, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pkcs1 encrypts as RFC 8017 has it in section 7.2.1, which the standard library does no
// longer want to do.
func pkcs1(to *rsa.PublicKey, secret []byte) []byte {
	padded := append([]byte{0, 2}, bytes.Repeat([]byte{1}, to.Size()-3-len(secret))...)
	padded = append(append(padded, 0), secret...)
	c := new(big.Int).Exp(new(big.Int).SetBytes(padded), big.NewInt(int64(to.E)), to.N)
	return c.FillBytes(make([]byte, to.Size()))
}

// encrypt seals a document with AES, of the size of the secret.
func encrypt(t testing.TB, uri string, secret []byte, document string, says byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasSuffix([]byte(uri), []byte("-cbc")) {
		padding := aes.BlockSize - len(document)%aes.BlockSize
		padded := append([]byte(document), random(padding)...)
		padded[len(padded)-1] = byte(padding)
		if says != 0 {
			padded[len(padded)-1] = says
		}
		out := append(random(aes.BlockSize), padded...)
		cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], padded)
		return out
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := random(gcm.NonceSize())
	return gcm.Seal(nonce, nonce, []byte(document), nil)
}

// sealed is an EncryptedAssertion in canonical XML.
func (s sealing) sealed(t testing.TB, document string) string {
	t.Helper()
	if s.size == 0 {
		s.size = 32
	}
	secret := random(s.size)
	uri := or(s.block, encryptionXML11+"aes256-gcm")
	holds := func(data []byte) string {
		return `<xenc:CipherData><xenc:CipherValue>` + base64.StdEncoding.EncodeToString(data) + `</xenc:CipherValue></xenc:CipherData>`
	}
	key := `<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="` + or(s.transport, encryptionXML+"rsa-oaep-mgf1p") + `">` + s.inTransport + `</xenc:EncryptionMethod>` +
		holds(s.wrap(t, secret)) + `</xenc:EncryptedKey>`
	info := `<ds:KeyInfo xmlns:ds="` + signatureXML + `">` + key + `</ds:KeyInfo>`
	after := ""
	if s.beside {
		info, after = "", edit(t, key, "<xenc:EncryptedKey>", `<xenc:EncryptedKey xmlns:xenc="`+encryptionXML+`">`)
	}
	return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="` + encryptionXML + `" Type="` + encryptionXML + `Element">` +
		`<xenc:EncryptionMethod Algorithm="` + uri + `"></xenc:EncryptionMethod>` + info + holds(encrypt(t, uri, secret, document, s.padding)) + `</xenc:EncryptedData>` + after + `</saml:EncryptedAssertion>`
}

func TestSAMLEncrypted(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	key := rsaKey(t, 2048)
	digest := func(uri string) string {
		return `<ds:DigestMethod xmlns:ds="` + signatureXML + `" Algorithm="` + uri + `"></ds:DigestMethod>`
	}
	mask := func(name string) string {
		return `<e:MGF xmlns:e="` + encryptionXML11 + `" Algorithm="` + encryptionXML11 + name + `"></e:MGF>`
	}
	const sha512 = "http://www.w3.org/2001/04/xmlenc#sha512"
	check := checkFor(t, f.key)
	check.Decryption = []crypto.Decrypter{f.other, key}
	check.Encrypted = true
	outside := edit(t, f.assertion, ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`, "")
	for name, c := range map[string]struct {
		sealing  sealing
		response bool // signed as a whole
		document string
	}{
		"AES-128-GCM":                {sealing: sealing{block: encryptionXML11 + "aes128-gcm", size: 16}},
		"AES-192-GCM":                {sealing: sealing{block: encryptionXML11 + "aes192-gcm", size: 24}},
		"AES-256-GCM":                {},
		"key beside the data":        {sealing: sealing{beside: true}},
		"SHA-1 by name":              {sealing: sealing{inTransport: digest(signatureXML + "sha1")}},
		"SHA-256 masked with SHA-1":  {sealing: sealing{inTransport: digest(digestSHA256), hash: crypto.SHA256}},
		"SHA-512, masked with SHA-1": {sealing: sealing{transport: encryptionXML11 + "rsa-oaep", inTransport: digest(sha512), hash: crypto.SHA512}},
		"SHA-256 in both":            {sealing: sealing{transport: encryptionXML11 + "rsa-oaep", inTransport: digest(digestSHA256) + mask("mgf1sha256"), hash: crypto.SHA256, mask: crypto.SHA256}},
		"SHA-384 and SHA-512 masks":  {sealing: sealing{transport: encryptionXML11 + "rsa-oaep", inTransport: digest("http://www.w3.org/2001/04/xmldsig-more#sha384") + mask("mgf1sha512"), hash: crypto.SHA384, mask: crypto.SHA512}},
		"signed outside alone":       {response: true, document: assertionXML},
		"signed twice":               {response: true},
		"AES-128-CBC":                {sealing: sealing{block: encryptionXML + "aes128-cbc", size: 16}, response: true},
		"AES-256-CBC":                {sealing: sealing{block: encryptionXML + "aes256-cbc"}, response: true},
		"prefix declared outside":    {document: outside},
	} {
		c.sealing.to = &key.PublicKey
		document := inResponse(c.sealing.sealed(t, or(c.document, f.assertion)))
		if c.response {
			document = f.own().signed(t, document)
		}
		if c.document == outside {
			document = edit(t, document, "<samlp:Response", `<samlp:Response xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`)
		}
		a, err := token.VerifySAML(base64Of(document), check, issuedAt())
		if err != nil || a.Subject != "alice" || len(a.Attributes["role"]) != 1 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestSAMLEncryptedAttacks(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	key := rsaKey(t, 2048)
	check := checkFor(t, f.key)
	check.Decryption = []crypto.Decrypter{key}
	by := func(s sealing, document string) string {
		s.to = &key.PublicKey
		return inResponse(s.sealed(t, document))
	}
	good := by(sealing{}, f.assertion)
	if _, err := token.VerifySAML(base64Of(good), check, issuedAt()); err != nil {
		t.Fatal(err)
	}
	first, second := sealing{to: &key.PublicKey}.sealed(t, f.assertion), sealing{to: &key.PublicKey}.sealed(t, f.assertion)
	cbc := by(sealing{block: encryptionXML + "aes256-cbc"}, f.assertion)
	i := len(good) - len(`</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`+responseTail) - 40
	flipped := []byte(good)
	flipped[i] ^= 1 // one letter into another
	for name, a := range map[string]attack{
		"to another key":                    {inResponse(sealing{to: &f.other.PublicKey}.sealed(t, f.assertion)), "encryption"},
		"not signed inside":                 {by(sealing{}, assertionXML), "signature"},
		"signed inside by the attacker":     {by(sealing{}, signing{key: f.other}.signed(t, assertionXML)), "signature"},
		"the signature outside is evil":     {signing{key: f.other}.signed(t, good), "signature"},
		"ciphertext of another in a signed": {edit(t, f.own().signed(t, inResponse(first)), first, second), "signature"},
		"ciphertext tampered with":          {string(flipped), "encryption"},
		"AES-CBC, no signature outside":     {cbc, "encryption"},
		"AES-GCM called CBC":                {edit(t, good, encryptionXML11+"aes256-gcm", encryptionXML+"aes256-cbc"), "encryption"},
		"signed AES-CBC of odd length":      {f.own().signed(t, edit(t, good, encryptionXML11+"aes256-gcm", encryptionXML+"aes256-cbc")), "encryption"},
		"signed AES-CBC, padding too long":  {f.own().signed(t, by(sealing{block: encryptionXML + "aes256-cbc", padding: 200}, f.assertion)), "encryption"},
		"triple DES":                        {edit(t, good, encryptionXML11+"aes256-gcm", encryptionXML+"tripledes-cbc"), "encryption"},
		"no cipher":                         {edit(t, good, encryptionXML11+"aes256-gcm", ""), "encryption"},
		"a short cipher":                    {edit(t, good, encryptionXML11+"aes256-gcm", encryptionXML11+"aes"), "encryption"},
		"AES-128 with a key of 256 bits":    {by(sealing{block: encryptionXML11 + "aes128-gcm"}, f.assertion), "encryption"},
		"PKCS #1 v1.5":                      {by(sealing{transport: encryptionXML + "rsa-1_5", v15: true}, f.assertion), "encryption"},
		"PKCS #1 v1.5 called OAEP":          {by(sealing{v15: true}, f.assertion), "encryption"},
		"OAEP with a label":                 {by(sealing{inTransport: "<xenc:OAEPparams>AAAA</xenc:OAEPparams>"}, f.assertion), "encryption"},
		"OAEP of MD5":                       {by(sealing{inTransport: `<ds:DigestMethod xmlns:ds="` + signatureXML + `" Algorithm="http://www.w3.org/2001/04/xmldsig-more#md5"></ds:DigestMethod>`}, f.assertion), "encryption"},
		"masks in OAEP of 1.0":              {by(sealing{inTransport: `<e:MGF xmlns:e="` + encryptionXML11 + `" Algorithm="` + encryptionXML11 + `mgf1sha1"></e:MGF>`}, f.assertion), "encryption"},
		"masks of nobody":                   {by(sealing{transport: encryptionXML11 + "rsa-oaep", inTransport: `<e:MGF xmlns:e="` + encryptionXML11 + `" Algorithm="x"></e:MGF>`}, f.assertion), "encryption"},
		"no key":                            {edit(t, good, "xenc:EncryptedKey>", "xenc:Key>"), "encryption"},
		"two keys":                          {edit(t, good, "</xenc:EncryptedKey>", "</xenc:EncryptedKey><xenc:EncryptedKey></xenc:EncryptedKey>"), "encryption"},
		"no data":                           {edit(t, good, "xenc:EncryptedData", "xenc:Data"), "encryption"},
		"no method":                         {edit(t, good, "xenc:EncryptionMethod", "xenc:Method"), "encryption"},
		"no ciphertext":                     {edit(t, good, "xenc:CipherData>", "xenc:Data>"), "encryption"},
		"reference to a ciphertext":         {edit(t, good, "xenc:CipherValue>", "xenc:CipherReference>"), "encryption"},
		"ciphertext not in base64":          {edit(t, good, "<xenc:CipherValue>", "<xenc:CipherValue>*"), "encryption"},
		"nothing inside":                    {by(sealing{}, ""), "syntax"},
		"no XML inside":                     {by(sealing{}, "alice"), "syntax"},
		"two assertions inside":             {by(sealing{}, f.assertion+f.evil), "syntax"},
		"assertion in an assertion inside":  {by(sealing{}, edit(t, f.evil, "</saml:Assertion>", f.assertion+"</saml:Assertion>")), "syntax"},
		"response inside":                   {by(sealing{}, f.response), "syntax"},
		"encrypted inside":                  {by(sealing{}, sealing{to: &key.PublicKey}.sealed(t, f.assertion)), "syntax"},
		"something else inside":             {by(sealing{}, "<x></x>"), "syntax"},
		"document type inside":              {by(sealing{}, "<!DOCTYPE x>"+f.assertion), "syntax"},
		"comment inside":                    {by(sealing{}, edit(t, f.assertion, ">alice<", ">ali<!-- -->ce<")), "syntax"},
		"the response's id inside":          {by(sealing{}, edit(t, f.assertion, "_assertion", "_response")), "syntax"},
		"changed inside":                    {by(sealing{}, edit(t, f.assertion, ">alice<", ">root<")), "signature"},
		"expired inside":                    {by(sealing{}, f.own().signed(t, edit(t, assertionXML, "22:18:20Z", "22:12:20Z"))), "expired"},
	} {
		got, err := token.VerifySAML(base64Of(a.document), check, issuedAt())
		if err == nil || kind(err) != a.why || got.Subject != "" {
			t.Errorf("%s: refused for %s, not %s: %v", name, kind(err), a.why, err)
		}
	}
	check.Decryption = nil
	if _, err := token.VerifySAML(base64Of(good), check, issuedAt()); kind(err) != "encryption" {
		t.Errorf("without a key of ours: %v", err)
	}
}

// Whatever is wrong with a ciphertext, the answer is one and the same.
func TestSAMLEncryptionIsNoOracle(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	key := rsaKey(t, 2048)
	check := checkFor(t, f.key)
	check.Decryption = []crypto.Decrypter{key}
	texts := make(map[string]int)
	for range 40 {
		good := sealing{to: &key.PublicKey, block: encryptionXML + "aes128-cbc", size: 16}.sealed(t, f.assertion)
		_, err := token.VerifySAML(base64Of(inResponse(good)), check, issuedAt())
		texts[err.Error()]++
		bad := edit(t, good, `<xenc:CipherValue>`, `<xenc:CipherValue>AAAA`)
		_, err = token.VerifySAML(base64Of(inResponse(bad)), check, issuedAt())
		texts[err.Error()]++
	}
	if len(texts) != 1 {
		t.Errorf("%d answers: %v", len(texts), texts)
	}
}
