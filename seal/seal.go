// Package seal encrypts small secrets under a key: what is sealed can be read
// and made only by who holds the key.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrOpen means that the sealed bytes were made under another key or context, or
// were changed since.
var ErrOpen = errors.New("seal: wrong key, wrong context or damaged bytes")

// Key seals with XChaCha20-Poly1305, whose 192-bit nonces may be drawn at random
// for as long as the key lives. It is safe for concurrent use.
type Key struct {
	raw  [KeySize]byte
	aead cipher.AEAD
}

// NewKey makes a key of exactly KeySize bytes.
func NewKey(raw []byte) (*Key, error) {
	aead, err := chacha20poly1305.NewX(raw)
	if err != nil {
		return nil, fmt.Errorf("seal: a key has %d bytes, not %d", KeySize, len(raw))
	}
	return &Key{raw: [KeySize]byte(raw), aead: aead}, nil
}

// GenerateKey draws a new key and returns it with its bytes, for keeping.
func GenerateKey() (*Key, []byte) {
	raw := make([]byte, KeySize)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	key, err := NewKey(raw)
	if err != nil {
		panic(err) // the length is right
	}
	return key, raw
}

// Seal encrypts plain and binds it to context, which Open must repeat.
func (k *Key) Seal(plain []byte, context string) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plain)+chacha20poly1305.Overhead)
	_, _ = rand.Read(nonce)
	return k.aead.Seal(nonce, nonce, plain, []byte(context))
}

// Open decrypts what Seal made under the same key and context, or returns ErrOpen.
func (k *Key) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, ErrOpen
	}
	nonce, box := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	plain, err := k.aead.Open(nil, nonce, box, []byte(context))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Derive returns size bytes that depend on the key and on info alone (HKDF,
// RFC 5869).
func (k *Key) Derive(info string, size int) []byte {
	out, err := hkdf.Expand(sha256.New, k.raw[:], info, size)
	if err != nil {
		panic(err) // size is a small constant of ours
	}
	return out
}
