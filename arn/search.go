package arn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// search finds where the first part of s ends that segment, a pattern without
// runs, matches.
func search(segment, s string) (end int, ok bool) {
	text, _, holed := cut(segment, anyOne)
	from := strings.Index(s, text)
	switch {
	case from < 0:
		return 0, false
	case !holed:
		return from + len(text), true
	}
	if n, ok := fits(segment, s[from:]); ok {
		return from + n, true
	}
	end, ok = shiftAnd(segment, s[from:])
	return from + end, ok
}

// blockLen is how many characters of a segment are compared in one step.
const blockLen = 64

// block searches for up to 64 characters of a segment. In a word, the lowest bit
// is for the first of them.
type block struct {
	ascii [utf8.RuneSelf]uint64 // where the segment has the character
	other map[rune]uint64
	any   uint64 // where any character will do
	found uint64 // where a part of the segment ends that the text so far ends with
}

// invalid stands for a byte that is not UTF-8.
const invalid = unicode.MaxRune + 1

// shiftAnd is search for segments with ? inside: it keeps all places at which a
// part of the segment, from its beginning, has been found, as bits that move on
// with each character of s. See Baeza-Yates and Gonnet, "A new approach to text
// searching", 1992.
func shiftAnd(segment, s string) (end int, ok bool) {
	var few [1]block
	blocks := few[:]
	if n := utf8.RuneCountInString(segment); n > blockLen {
		blocks = make([]block, (n+blockLen-1)/blockLen)
	}
	last := fill(blocks, segment)
	for at, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[at:], "\uFFFD") {
			r = invalid
		}
		carry := uint64(1)
		for i := range blocks {
			carry = blocks[i].step(r, carry)
		}
		if blocks[len(blocks)-1].found&last != 0 {
			return at + width(s[at:]), true
		}
	}
	return 0, false
}

// fill spreads the characters of segment over the blocks; last is the bit of the last
// one.
func fill(blocks []block, segment string) (last uint64) {
	at := 0
	for i, r := range segment {
		b := &blocks[at/blockLen]
		last = 1 << (at % blockLen)
		at++
		switch {
		case segment[i] == anyOne:
			b.any |= last
		case r < utf8.RuneSelf:
			b.ascii[r] |= last
		case b.other == nil:
			b.other = map[rune]uint64{r: last}
		default:
			b.other[r] |= last
		}
	}
	return last
}

// step moves on by the character r; carry and next are the bits that go from
// block to block.
func (b *block) step(r rune, carry uint64) (next uint64) {
	here := b.any
	if r < utf8.RuneSelf {
		here |= b.ascii[r]
	} else {
		here |= b.other[r]
	}
	next = b.found >> (blockLen - 1)
	b.found = (b.found<<1 | carry) & here
	return next
}
