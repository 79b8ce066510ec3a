package iam

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
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
		if err := checkPrivateKey(add); err != nil {
			return invalidInput("The private key must be one RSA key, unencrypted, in PEM.").With(err)
		}
		if len(p.PrivateKeys) >= samlKeyQuota {
			return quotaExceeded("PrivateKeysPerSAMLProvider", samlKeyQuota)
		}
		p.PrivateKeys = append(p.PrivateKeys, SAMLPrivateKey{ID: rand.Text(), PEM: add, Added: now})
	}
	return nil
}

// checkPrivateKey reports what is wrong with a private key, and repeats nothing of it.
func checkPrivateKey(text Secret) error {
	block, rest := pem.Decode([]byte(text))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return errors.New("not one block of PEM")
	}
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return errors.New("not PKCS #8")
		}
		if _, is := key.(*rsa.PrivateKey); !is {
			return errors.New("not an RSA key")
		}
	case "RSA PRIVATE KEY":
		if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return errors.New("not PKCS #1")
		}
	default:
		return errors.New("not a private key in the clear")
	}
	return nil
}
