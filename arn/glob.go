package arn

import (
	"strings"
	"unicode/utf8"
)

// Glob reports whether pattern matches all of s: * stands for any run of
// characters, also none, and ? for exactly one. Case matters. Time is at worst
// len(pattern)*len(s); there is no exponential case.
func Glob(pattern, s string) bool { return glob(pattern, s, '*', '?') }

// Pattern is a glob whose wildcards are told from literal * and ?, so that
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

// Match reports whether p matches all of s, as Glob does.
func (p Pattern) Match(s string) bool { return glob(string(p), s, anyRun, anyOne) }

// glob walks both strings once and keeps only the last run to come back to: a
// run that matched earlier text never needs to be revisited once a later run
// has been reached.
func glob(pattern, s string, run, one byte) bool {
	p, i := 0, 0
	back, from := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == run:
			p++
			back, from = p, i
		case p < len(pattern) && pattern[p] == one:
			p++
			i += width(s[i:])
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case back >= 0:
			from += width(s[from:])
			p, i = back, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == run {
		p++
	}
	return p == len(pattern)
}

func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
