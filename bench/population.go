package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// idsTogether is how many identities are made in one second, and so begin their ids
// with the same bits.
const idsTogether = 30_000

// population is the identities that a pool has before anything is measured: guests and
// users in turn. Whom it consists of follows from their number alone, so that every run
// knows whom to ask for.
type population int

func (p population) guests() int { return (int(p) + 1) / 2 }

func (p population) users() int { return int(p) / 2 }

// guest returns the id of a guest; i is below guests.
func (p population) guest(i int) string { return idOf(2 * i) }

// user returns the id of a user and what the user pool calls them; i is below users.
func (p population) user(i int) (id, subject string) { return idOf(2*i + 1), subjectOf(2*i + 1) }

// idOf has the form of ids that a server draws: a UUIDv4 whose first 32 bits change
// once a second.
func idOf(n int) string {
	id, second := hash("id", n), hash("second", n/idsTogether)
	copy(id[:4], second[:4])
	return region + ":" + uuid(id)
}

// subjectOf is a user's id in a user pool, all bits of which are random.
func subjectOf(n int) string { return uuid(hash("subject", n)) }

func hash(what string, n int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(what), uint64(n)))
}

func uuid(b [sha256.Size]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// spreadOver returns count indices below n, or all where they are fewer, evenly spread
// and in an order in which neighbours are far from each other.
func spreadOver(n, count int) []int {
	count = min(n, count)
	indices := make([]int, count)
	for i := range indices {
		indices[i] = i * leap % count * n / count
	}
	return indices
}

// leap is a prime that divides no count in use, so that its multiples visit all.
const leap = 7_368_787
