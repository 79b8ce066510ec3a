package main

import (
	"crypto"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// cryptography is what no way to answer an operation does without.
type cryptography string

const (
	none           cryptography = ""
	minting        cryptography = "minting"        // sealing a session token and deriving its secret
	verifying      cryptography = "verifying"      // the RSA signature of a login's token, and minting
	signing        cryptography = "signing"        // a token of our own, by RSA-2048
	authenticating cryptography = "authenticating" // a request signed with a session token
)

// work is all cryptography, ready to be done by any number of goroutines.
func work() (map[cryptography]func() error, error) {
	signature, err := anySignatureFloor()
	if err != nil {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	verify, err := verifyOnly(key)
	if err != nil {
		return nil, err
	}
	return map[cryptography]func() error{
		none:           func() error { return nil },
		minting:        signature.mint,
		verifying:      func() error { return orElse(verify(), signature.mint) },
		signing:        func() error { return signOnly(key) },
		authenticating: signature.verify,
	}, nil
}

func orElse(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// signedText is as long as what a token's signature is over.
func signedText() []byte { return []byte(strings.Repeat("x", 700)) }

// verifyOnly is the RSA operation for an ID token, with its hash.
func verifyOnly(key *rsa.PrivateKey) (func() error, error) {
	text := signedText()
	sum := sha256.Sum256(text)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return func() error {
		sum := sha256.Sum256(text)
		return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature)
	}, err
}

// signOnly is the RSA operation for an OpenID token, with its hash.
func signOnly(key *rsa.PrivateKey) error {
	sum := sha512.Sum512(signedText())
	_, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, sum[:])
	return err
}

// signatureFloor is the cryptography of a request that is signed with a session token,
// in the lengths of a real one.
type signatureFloor struct {
	body, head []byte
	aead       cipher.AEAD
	sealed     []byte
	plain      int // bytes of the session within
}

// anySignatureFloor is that of the request of a user of a pool.
func anySignatureFloor() (signatureFloor, error) {
	v, err := newVerification(time.Now())
	if err != nil {
		return signatureFloor{}, fmt.Errorf("preparing a signed call: %w", err)
	}
	return v.floor, nil
}

func newSignatureFloor(key []byte, token string, head, body []byte) (signatureFloor, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return signatureFloor{}, err
	}
	_, text, _ := strings.Cut(token, ".")
	size := base64.StdEncoding.DecodedLen(len(strings.TrimRight(text, "=")))
	f := signatureFloor{body: body, head: head, aead: aead, plain: size - chacha20poly1305.NonceSizeX - chacha20poly1305.Overhead}
	f.sealed = f.seal()
	return f, nil
}

func (f signatureFloor) seal() []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+f.plain+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return f.aead.Seal(nonce, nonce, make([]byte, f.plain), []byte(sessionKeyID))
}

// mint seals a session and derives the secret of its key.
func (f signatureFloor) mint() error {
	mac := hmac.New(sha256.New, make([]byte, 32))
	mac.Write(f.seal()[:len(sessionKeyID)])
	mac.Sum(nil)
	return nil
}

// verify is the hashes of the body and of the canonical request, which is as long as
// the head that it is made of; four HMACs for the signing key and one for the
// signature; opening the token.
func (f signatureFloor) verify() error {
	body, request := sha256.Sum256(f.body), sha256.Sum256(f.head)
	toSign := slices.Concat(f.head[:66], body[:], request[:])
	key := make([]byte, 44) // as long as "AWS4" and a secret
	for _, text := range [][]byte{[]byte("20260701"), []byte(region), []byte(service), []byte("aws4_request"), toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write(text)
		key = mac.Sum(nil)
	}
	nonce, box := f.sealed[:chacha20poly1305.NonceSizeX], f.sealed[chacha20poly1305.NonceSizeX:]
	_, err := f.aead.Open(nil, nonce, box, []byte(sessionKeyID))
	return err
}
