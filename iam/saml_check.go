package iam

import (
	"fmt"

	"github.com/cenotehq/cenote/token"
)

// Check returns what responses of the provider are verified against, as far as the
// provider decides: its metadata, the keys that decrypt, and whether assertions must be
// encrypted. The error means that what is kept cannot be read.
func (p SAMLProvider) Check() (token.SAMLCheck, error) {
	metadata, err := token.ParseMetadata(p.Document)
	if err != nil {
		return token.SAMLCheck{}, fmt.Errorf("metadata of %s: %w", p.ARN(), err)
	}
	keys, err := p.decrypters()
	if err != nil {
		return token.SAMLCheck{}, err
	}
	return token.SAMLCheck{Metadata: *metadata, Decryption: keys, Encrypted: p.Encryption == encryptionRequired}, nil
}
