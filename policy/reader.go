package policy

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// maxLength is the most characters a document may have on IAM's wire.
const maxLength = 131072

const (
	syntaxMessage  = "Syntax errors in policy."
	legacyMessage  = "The policy failed legacy parsing"
	versionMessage = "Policy document must be version 2012-10-17 or greater."
)

// SyntaxError says why a document was refused by Parse or Validate. Message is
// the text of AWS's MalformedPolicyDocument; Offset is where in the document,
// in bytes, as near as is known.
type SyntaxError struct {
	Message string
	Offset  int
}

func (e *SyntaxError) Error() string { return "policy: " + e.Message }

// reader pulls a document's JSON apart one expected thing at a time. The
// grammar of a policy has a fixed depth, so nothing here recurses into input.
type reader struct {
	dec  *json.Decoder
	text string
	last int // where the token before the last one ends
}

func newReader(text string) (*reader, error) {
	if n := utf8.RuneCountInString(text); n > maxLength || !utf8.ValidString(text) {
		return nil, &SyntaxError{Message: syntaxMessage}
	}
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		offset := 0
		if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = int(bad.Offset)
		}
		return nil, &SyntaxError{Message: syntaxMessage, Offset: offset}
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return &reader{dec: dec, text: text}, nil
}

func (r *reader) fail() error {
	return &SyntaxError{Message: syntaxMessage, Offset: int(r.dec.InputOffset())}
}

func (r *reader) token() (json.Token, error) {
	r.last = int(r.dec.InputOffset())
	t, err := r.dec.Token()
	if err != nil {
		return nil, r.fail()
	}
	return t, nil
}

// object reads {…}, calling member with each name in front of its value. A
// name that comes twice is refused: readers of such documents disagree on
// which one counts.
func (r *reader) object(member func(name string) error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.fail()
	}
	return r.members(member)
}

// members reads the rest of an object whose brace is already read.
func (r *reader) members(member func(name string) error) error {
	seen := map[string]bool{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok || seen[name] {
			return r.fail()
		}
		seen[name] = true
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// string reads one string.
func (r *reader) string() (string, error) {
	t, err := r.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", r.fail()
	}
	return s, nil
}

// strings reads a string or a list of strings, never nil.
func (r *reader) strings() ([]string, error) {
	return r.list(func(t json.Token) (string, bool) {
		s, ok := t.(string)
		return s, ok
	})
}

// scalars reads a string, number or bool, or a list of them, as text.
func (r *reader) scalars() ([]string, error) {
	return r.list(func(t json.Token) (string, bool) {
		switch v := t.(type) {
		case string:
			return v, true
		case json.Number:
			return v.String(), true
		case bool:
			if v {
				return "true", true
			}
			return "false", true
		}
		return "", false
	})
}

// names is strings, with the place of each.
func (r *reader) names() (all []string, places []place, err error) {
	all, err = r.list(func(t json.Token) (string, bool) {
		s, ok := t.(string)
		quote := strings.IndexByte(r.text[r.last:], '"') // only white space and separators come before it
		places = append(places, place{r.last + max(quote, 0), int(r.dec.InputOffset())})
		return s, ok
	})
	return all, places, err
}

func (r *reader) list(read func(json.Token) (string, bool)) ([]string, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		s, ok := read(t)
		if !ok {
			return nil, r.fail()
		}
		return []string{s}, nil
	}
	all := []string{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		s, ok := read(t)
		if !ok {
			return nil, r.fail()
		}
		all = append(all, s)
	}
	_, err = r.token()
	return all, err
}
