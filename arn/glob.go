package arn

import (
	"strings"
	"unicode/utf8"
)

// Pattern is text with wildcards: * stands for any run of characters, also none, and ?
// for exactly one. Case matters. The wildcards are told from literal * and ?, so that
// patterns can be joined with + from parts that are wild and parts that came
// from a request and are not.
type Pattern string

// Bytes that never occur in valid UTF-8 stand for the wildcards in a Pattern.
const (
	anyRun = '\xff'
	anyOne = '\xfe'
)

// Wild makes a Pattern in which * and ? are wildcards.
func Wild(s string) Pattern {
	p := []byte(Literal(s))
	for i, c := range p {
		switch c {
		case '*':
			p[i] = anyRun
		case '?':
			p[i] = anyOne
		}
	}
	return Pattern(p)
}

// Literal makes a Pattern that matches s alone. Bytes of s that are not UTF-8
// become U+FFFD, so that no input can forge a wildcard.
func Literal(s string) Pattern { return Pattern(strings.ToValidUTF8(s, "\uFFFD")) }

// Match reports whether p matches all of s. A byte of s that is
// not UTF-8 is a character that only a wildcard matches. Time is linear in s: the
// segments of the pattern between its stars are searched for one behind the
// other, none of them twice, and if it holds a ? with 64 of its characters
// compared in one step.
func (p Pattern) Match(s string) bool {
	switch {
	case string(p) == s:
		return true
	case p == "" || s != "" && p[0] != s[0] && p[0] < anyOne:
		return false // as most of them
	}
	head, rest, wild := cut(string(p), anyRun)
	n, ok := fits(head, s)
	switch {
	case !ok:
		return false
	case !wild:
		return n == len(s)
	case rest == "":
		return true
	}
	s = s[n:]
	last := strings.LastIndexByte(rest, anyRun) + 1
	middle, tail := rest[:last], rest[last:]
	from := len(s) - ending(s, tail)
	_, ok = fits(tail, s[from:])
	s = s[:from]
	for ok && middle != "" {
		var segment string
		segment, middle, _ = cut(middle, anyRun)
		n, ok = search(segment, s) // the first place leaves the most to what follows
		s = s[n:]
	}
	return ok
}

// fits reports whether s begins with what segment, a pattern without runs,
// matches, and how many bytes that takes.
func fits(segment, s string) (n int, ok bool) {
	for {
		text, rest, more := cut(segment, anyOne)
		if !strings.HasPrefix(s[n:], text) {
			return 0, false
		}
		n += len(text)
		if !more {
			return n, true
		}
		if n == len(s) {
			return 0, false
		}
		n += width(s[n:])
		segment = rest
	}
}

// ending is how many bytes the last characters of s take, as many as segment has.
func ending(s, segment string) int {
	if strings.IndexByte(segment, anyOne) < 0 {
		return min(len(s), len(segment))
	}
	rest := s
	for range segment {
		_, n := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-n]
	}
	return len(s) - len(rest)
}

// cut is strings.Cut for a byte.
func cut(s string, c byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, c); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
