package iam

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// samlKeyQuota is how many private keys a SAML provider may have (AWS GetSAMLProvider,
// PrivateKeyList).
const samlKeyQuota = 2

// SAMLPrivateKey decrypts the assertions of a SAML provider.
type SAMLPrivateKey struct {
	ID    string
	PEM   Secret // as it was uploaded
	Added time.Time
}

// SAMLPrivateKeyTag is a private key without what is secret of it.
type SAMLPrivateKeyTag struct {
	KeyID     string    `aws:"KeyId"`
	Timestamp time.Time `aws:"Timestamp"`
}

func privateKeyTags(keys []SAMLPrivateKey) []SAMLPrivateKeyTag {
	tags := make([]SAMLPrivateKeyTag, len(keys))
	for i, key := range keys {
		tags[i] = SAMLPrivateKeyTag{KeyID: key.ID, Timestamp: key.Added}
	}
	return tags
}

// changeKeys adds a private key or removes one, whichever is not empty. Keys are
// rotated in two requests (AWS UpdateSAMLProvider).
func (p *SAMLProvider) changeKeys(now time.Time, add Secret, remove string) error {
	switch {
	case add != "" && remove != "":
		return invalidInput("Add a private key and remove another in separate requests.")
	case remove != "":
		i := slices.IndexFunc(p.PrivateKeys, func(k SAMLPrivateKey) bool { return k.ID == remove })
		if i < 0 {
			return noSuchEntity("The private key with id %s cannot be found.", remove)
		}
		p.PrivateKeys = slices.Delete(p.PrivateKeys, i, i+1)
	case add != "":
		if _, err := parsePrivateKey(add); err != nil {
			return invalidInput("The private key must be one RSA key, unencrypted, in PEM.").With(err)
		}
		if len(p.PrivateKeys) >= samlKeyQuota {
			return quotaExceeded("PrivateKeysPerSAMLProvider", samlKeyQuota)
		}
		p.PrivateKeys = append(p.PrivateKeys, SAMLPrivateKey{ID: rand.Text(), PEM: add, Added: now})
	}
	return nil
}

// decrypters are the private keys that assertions may be encrypted to. The error repeats
// nothing of a key.
func (p SAMLProvider) decrypters() ([]crypto.Decrypter, error) {
	var keys []crypto.Decrypter
	for _, kept := range p.PrivateKeys {
		key, err := parsePrivateKey(kept.PEM)
		if err != nil {
			return nil, fmt.Errorf("private key %s of %s: %w", kept.ID, p.ARN(), err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parsePrivateKey reads a private key, or reports what is wrong with it and repeats
// nothing of it.
func parsePrivateKey(text Secret) (*rsa.PrivateKey, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("not one block of PEM")
	}
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("not PKCS #8")
		}
		private, is := key.(*rsa.PrivateKey)
		if !is {
			return nil, errors.New("not an RSA key")
		}
		return private, nil
	case "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("not PKCS #1")
		}
		return key, nil
	}
	return nil, errors.New("not a private key in the clear")
}
