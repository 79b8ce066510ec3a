// Package jsontree reads JSON so that no two readers of one text can see different things in it.
package jsontree

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is a way in which a text is not JSON that is read here.
type Problem string

// The problems of an Error.
const (
	Encoding  Problem = "not UTF-8"
	Surrogate Problem = "half of a surrogate pair, which is no character"
	Syntax    Problem = "not JSON"
	Trailing  Problem = "something after the value"
	Depth     Problem = "nested too deeply"
	Duplicate Problem = "a name twice in one object"
)

// Error says why a text was refused. There is nothing of the text in its message.
type Error struct {
	Problem Problem
	Offset  int    // in bytes, about where
	Name    string // that comes twice
}

func (e *Error) Error() string { return fmt.Sprintf("jsontree: %s, at byte %d", e.Problem, e.Offset) }

// Parse reads one JSON value (RFC 8259) into map[string]any, []any, string, json.Number, bool and nil, like encoding/json.
// It refuses what that mends or lets pass, since another reader may do otherwise: a name that comes twice, bytes that are
// not UTF-8, halves of surrogate pairs. Arrays and objects nest at most as deep as depth says. The strings of the tree
// share the memory of one copy of text. The error is an *Error.
func Parse(text []byte, depth int) (any, error) {
	if !utf8.Valid(text) {
		return nil, &Error{Problem: Encoding}
	}
	r := reader{text: string(text), depth: depth}
	value, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.space(); r.at < len(r.text) {
		return nil, r.refuse(Trailing)
	}
	return value, nil
}

// reader is in the middle of a text.
type reader struct {
	text  string
	at    int // what comes next
	depth int // how much deeper it may nest
}

func (r *reader) refuse(p Problem) *Error { return &Error{Problem: p, Offset: r.at} }

func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// next skips space and returns the byte that follows, 0 at the end.
func (r *reader) next() byte {
	if r.space(); r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) value() (any, error) {
	switch c := r.next(); c {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		return r.string()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	default:
		return r.number()
	}
}

func (r *reader) word(w string) error {
	if !strings.HasPrefix(r.text[r.at:], w) {
		return r.refuse(Syntax)
	}
	r.at += len(w)
	return nil
}

func (r *reader) object() (map[string]any, error) {
	object := make(map[string]any)
	err := r.members('}', func() error {
		if r.next() != '"' {
			return r.refuse(Syntax)
		}
		start := r.at
		name, err := r.string()
		if err != nil {
			return err
		}
		if _, twice := object[name]; twice {
			return &Error{Problem: Duplicate, Offset: start, Name: name}
		}
		if r.next() != ':' {
			return r.refuse(Syntax)
		}
		r.at++
		object[name], err = r.value()
		return err
	})
	return object, err
}

func (r *reader) array() ([]any, error) {
	array := []any{}
	err := r.members(']', func() error {
		value, err := r.value()
		array = append(array, value)
		return err
	})
	return array, err
}

// members reads what is between the bracket that comes next and end, with member for each part between commas.
func (r *reader) members(end byte, member func() error) error {
	if r.depth == 0 {
		return r.refuse(Depth)
	}
	r.depth--
	r.at++
	if r.next() == end {
		r.at++
		r.depth++
		return nil
	}
	for {
		if err := member(); err != nil {
			return err
		}
		switch r.next() {
		case ',':
			r.at++
		case end:
			r.at++
			r.depth++
			return nil
		default:
			return r.refuse(Syntax)
		}
	}
}

func (r *reader) number() (json.Number, error) {
	start := r.at
	r.skip("-")
	whole := r.digits()
	if whole == 0 || whole > 1 && r.text[r.at-whole] == '0' {
		return "", r.refuse(Syntax)
	}
	if r.skip(".") && r.digits() == 0 {
		return "", r.refuse(Syntax)
	}
	if r.skip("eE") {
		r.skip("+-")
		if r.digits() == 0 {
			return "", r.refuse(Syntax)
		}
	}
	return json.Number(r.text[start:r.at]), nil
}

// skip skips the next byte if it is one of some.
func (r *reader) skip(some string) bool {
	if r.at == len(r.text) || strings.IndexByte(some, r.text[r.at]) < 0 {
		return false
	}
	r.at++
	return true
}

// digits skips digits and returns how many.
func (r *reader) digits() int {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at - start
}
