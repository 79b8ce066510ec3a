package sts

import (
	"encoding/binary"
	"maps"
	"slices"
)

// packing is the version of the form that sessions are sealed in, and its first
// byte. The form has no names of fields: whoever changes it takes the next number.
const packing = 1

// usualPacking has room for the session of an identity, in bytes.
const usualPacking = 512

// pack returns the session in the form that is sealed: its fields one after the
// other, numbers as varints, and before a text its length, before a list or map how
// many follow.
func (s Session) pack() []byte {
	p := append(make(packer, 0, usualPacking), packing)
	p.number(int64(s.Kind))
	p.number(s.Issued)
	p.number(s.Expires)
	p.flag(s.ByRoot)
	for _, text := range []string{s.Name, s.RoleName, s.RoleID, s.OpenedBy, s.SourceIdentity, s.Policy} {
		p.text(text)
	}
	p.pairs(s.Keys)
	p.number(int64(len(s.Lists)))
	for _, key := range sortedKeys(s.Lists) {
		p.text(key)
		p.list(s.Lists[key])
	}
	p.pairs(s.Tags)
	p.list(s.TransitiveTags)
	p.list(s.Policies)
	return p
}

// unpack undoes pack. ok is false for another version, and where bytes are missing or
// left over.
func unpack(packed []byte) (s Session, ok bool) {
	if len(packed) == 0 || packed[0] != packing {
		return Session{}, false
	}
	u := unpacker{rest: string(packed[1:])} // all texts are parts of this one
	s.Kind = Kind(u.number())
	s.Issued = u.number()
	s.Expires = u.number()
	s.ByRoot = u.flag()
	for _, text := range []*string{&s.Name, &s.RoleName, &s.RoleID, &s.OpenedBy, &s.SourceIdentity, &s.Policy} {
		*text = u.text()
	}
	s.Keys = u.pairs()
	if n := u.count(); n > 0 {
		s.Lists = make(map[string][]string, n)
		for range n {
			key := u.text()
			s.Lists[key] = u.list()
		}
	}
	s.Tags = u.pairs()
	s.TransitiveTags = u.list()
	s.Policies = u.list()
	if u.bad || u.rest != "" {
		return Session{}, false
	}
	return s, true
}

type packer []byte

func (p *packer) number(n int64) { *p = binary.AppendVarint(*p, n) }

func (p *packer) flag(set bool) {
	if set {
		p.number(1)
		return
	}
	p.number(0)
}

func (p *packer) text(text string) {
	p.number(int64(len(text)))
	*p = append(*p, text...)
}

func (p *packer) list(list []string) {
	p.number(int64(len(list)))
	for _, text := range list {
		p.text(text)
	}
}

func (p *packer) pairs(pairs map[string]string) {
	p.number(int64(len(pairs)))
	for _, key := range sortedKeys(pairs) {
		p.text(key)
		p.text(pairs[key])
	}
}

// sortedKeys are few, and slices.Sorted would grow their list step by step.
func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// unpacker reads from rest. Once bad, it reads zeros.
type unpacker struct {
	rest string
	bad  bool
}

func (u *unpacker) fail() {
	u.rest, u.bad = "", true
}

func (u *unpacker) number() int64 {
	n, size := binary.Varint([]byte(u.rest[:min(len(u.rest), binary.MaxVarintLen64)]))
	if size <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[size:]
	return n
}

func (u *unpacker) flag() bool { return u.number() == 1 }

// count is a number of bytes or of things that take one at least, so it never exceeds
// what is left.
func (u *unpacker) count() int {
	n := u.number()
	if n < 0 || n > int64(len(u.rest)) {
		u.fail()
		return 0
	}
	return int(n)
}

func (u *unpacker) text() string {
	n := u.count()
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

func (u *unpacker) list() []string {
	n := u.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = u.text()
	}
	return list
}

func (u *unpacker) pairs() map[string]string {
	n := u.count()
	if n == 0 {
		return nil
	}
	pairs := make(map[string]string, n)
	for range n {
		key := u.text()
		pairs[key] = u.text()
	}
	return pairs
}
