package arn

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// How an id holds its account: behind the four letters of the prefix come
// base32 characters, whose first bit is set and whose next 40 bits are the
// account number.
const (
	prefixLen   = 4
	accountLen  = 12
	accountBits = 40
	accountMark = 1 << accountBits
	maxAccount  = 999_999_999_999
	keyIDLen    = 20
	entityIDLen = 21
)

// NewKeyID makes an access key id of 20 characters: prefix ("AKIA" for a
// long-term key, "ASIA" for a session's), the account, and 39 random bits. It
// panics unless account is 12 digits and prefix four characters, which are the
// server's own.
func NewKeyID(prefix, account string) string { return newID(prefix, account, keyIDLen) }

// NewEntityID makes a unique id of 21 characters ("AROA…" for a role, "AIDA…"
// for a user, "ANPA…" for a policy), which holds the account as a key id does.
// It panics as NewKeyID does.
func NewEntityID(prefix, account string) string { return newID(prefix, account, entityIDLen) }

func newID(prefix, account string, length int) string {
	n, err := number(account)
	if err != nil || len(prefix) != prefixLen {
		panic(fmt.Sprintf("arn: cannot make an id from prefix %q and account %q", prefix, account))
	}
	random := make([]byte, 16)
	rand.Read(random)
	bits := uint64(accountMark|n)<<7 | uint64(random[5]&0x7f)
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], bits<<16)
	copy(random, head[:6])
	return (prefix + base32.StdEncoding.EncodeToString(random))[:length]
}

// Account reads the 12-digit account out of a key id or unique id. The error
// wraps ErrInvalid when id is malformed, or so old that it holds no account.
func Account(id string) (string, error) {
	if len(id) != keyIDLen && len(id) != entityIDLen {
		return "", fmt.Errorf("%w: an id has %d or %d characters, not %d", ErrInvalid, keyIDLen, entityIDLen, len(id))
	}
	raw, err := base32.StdEncoding.DecodeString(id[prefixLen:keyIDLen])
	if err != nil {
		return "", fmt.Errorf("%w: an id is a prefix and base32", ErrInvalid)
	}
	var head [8]byte
	copy(head[2:], raw[:6])
	bits := binary.BigEndian.Uint64(head[:]) >> 7
	n := bits &^ accountMark
	if bits&accountMark == 0 || n > maxAccount {
		return "", fmt.Errorf("%w: the id holds no account", ErrInvalid)
	}
	return fmt.Sprintf("%0*d", accountLen, n), nil
}

// IsAccount reports whether s is an account number: 12 digits.
func IsAccount(s string) bool {
	return len(s) == accountLen && strings.Trim(s, "0123456789") == ""
}

func number(account string) (uint64, error) {
	if !IsAccount(account) {
		return 0, fmt.Errorf("%w: an account is %d digits", ErrInvalid, accountLen)
	}
	return strconv.ParseUint(account, 10, accountBits)
}
