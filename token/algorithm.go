package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // links the hashes of algorithmOf
	_ "crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// RSA keys under 2048 bits are weak, and above 4096 bits cost an attacker's
// victim more than they protect.
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// algorithm is one row of RFC 7518 section 3.1: RSASSA-PKCS1-v1_5, or ECDSA
// when there is a curve.
type algorithm struct {
	hash  crypto.Hash
	curve elliptic.Curve
}

func algorithmOf(name string) (algorithm, error) {
	switch name {
	case "RS256":
		return algorithm{hash: crypto.SHA256}, nil
	case "RS384":
		return algorithm{hash: crypto.SHA384}, nil
	case "RS512":
		return algorithm{hash: crypto.SHA512}, nil
	case "ES256":
		return algorithm{hash: crypto.SHA256, curve: elliptic.P256()}, nil
	case "ES384":
		return algorithm{hash: crypto.SHA384, curve: elliptic.P384()}, nil
	case "ES512":
		return algorithm{hash: crypto.SHA512, curve: elliptic.P521()}, nil
	}
	return algorithm{}, &AlgorithmError{Algorithm: name[:min(len(name), maxName)]}
}

// fits reports whether the algorithm works with a key of this kind.
func (a algorithm) fits(public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return a.curve == nil
	case *ecdsa.PublicKey:
		return a.curve != nil && key.Curve == a.curve
	}
	return false
}

// coordinate is the length in bytes of half an ECDSA signature.
func (a algorithm) coordinate() int { return (a.curve.Params().BitSize + 7) / 8 }

func (a algorithm) digest(text string) []byte {
	h := a.hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// verify reports whether key made the signature of text; a must fit the key.
func (a algorithm) verify(public crypto.PublicKey, text string, signature []byte) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, a.hash, a.digest(text), signature) == nil
	case *ecdsa.PublicKey:
		size := a.coordinate()
		if len(signature) != 2*size {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(key, a.digest(text), r, s)
	}
	return false
}

// sign makes the signature of text; a must fit the signer's key.
func (a algorithm) sign(signer crypto.Signer, text string) ([]byte, error) {
	signature, err := signer.Sign(rand.Reader, a.digest(text), a.hash)
	if err != nil || a.curve == nil {
		return signature, err
	}
	// crypto.Signer speaks ASN.1; RFC 7518 section 3.4 wants r and s side by side.
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(signature, &rs); err != nil || len(rest) > 0 {
		return nil, errors.New("token: the signer's ECDSA signature is not ASN.1")
	}
	size := a.coordinate()
	if rs.R.Sign() < 0 || rs.S.Sign() < 0 || rs.R.BitLen() > 8*size || rs.S.BitLen() > 8*size {
		return nil, errors.New("token: the signer's ECDSA signature is out of range")
	}
	out := make([]byte, 2*size)
	rs.R.FillBytes(out[:size])
	rs.S.FillBytes(out[size:])
	return out, nil
}

// weakness says why a public key is never used, or "".
func weakness(public crypto.PublicKey) string {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return fmt.Sprintf("RSA key of %d bits, not %d to %d", bits, minRSABits, maxRSABits)
		}
		if key.E < 3 || key.E%2 == 0 {
			return "RSA key with a bad exponent"
		}
		return ""
	case *ecdsa.PublicKey:
		return ""
	}
	return "neither an RSA nor an EC key"
}
