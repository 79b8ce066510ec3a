package jsontree

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads the string that comes next. Most have no escape and are a part of the text.
func (r *reader) string() (string, error) {
	r.at++
	start := r.at
	if err := r.plain(); err != nil {
		return "", err
	}
	plain := r.text[start:r.at]
	if r.text[r.at] == '"' {
		r.at++
		return plain, nil
	}
	return r.escaped([]byte(plain))
}

// plain skips to the quote or backslash that comes next.
func (r *reader) plain() error {
	rest := r.text[r.at:]
	for i := range len(rest) { // over a local string, at half the price
		if c := rest[i]; c == '"' || c == '\\' || c < ' ' {
			r.at += i
			if c < ' ' {
				return r.refuse(Syntax)
			}
			return nil
		}
	}
	r.at = len(r.text)
	return r.refuse(Syntax)
}

// escaped reads the rest of a string from its first backslash on. The string begins with b.
func (r *reader) escaped(b []byte) (string, error) {
	for r.text[r.at] == '\\' {
		r.at++
		c, err := r.escape()
		if err != nil {
			return "", err
		}
		b = utf8.AppendRune(b, c)
		start := r.at
		if err := r.plain(); err != nil {
			return "", err
		}
		b = append(b, r.text[start:r.at]...)
	}
	r.at++
	return string(b), nil
}

// escape reads what follows a backslash.
func (r *reader) escape() (rune, error) {
	if r.at == len(r.text) {
		return 0, r.refuse(Syntax)
	}
	c := r.text[r.at]
	r.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return r.character()
	}
	return 0, r.refuse(Syntax)
}

// character reads what follows \u: one code unit, or the first of a pair and then all of the second.
func (r *reader) character() (rune, error) {
	first, err := r.unit()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	if len(r.text) < r.at+2 || r.text[r.at:r.at+2] != `\u` {
		return 0, r.refuse(Surrogate)
	}
	r.at += 2
	second, err := r.unit()
	if err != nil {
		return 0, err
	}
	whole := utf16.DecodeRune(first, second)
	if whole == utf8.RuneError { // which no pair is
		return 0, r.refuse(Surrogate)
	}
	return whole, nil
}

// unit reads four hexadecimal digits.
func (r *reader) unit() (rune, error) {
	if len(r.text) < r.at+4 {
		return 0, r.refuse(Syntax)
	}
	unit, err := strconv.ParseUint(r.text[r.at:r.at+4], 16, 16)
	if err != nil {
		return 0, r.refuse(Syntax)
	}
	r.at += 4
	return rune(unit), nil
}
