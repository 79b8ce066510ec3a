package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cenotehq/cenote/jsontree"
)

// depthLimit is how deep objects and arrays may nest; role mappings, the deepest input, nest six.
const depthLimit = 64

// parseJSON reads a request body, which must be an object; an empty body is one without members.
func parseJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	tree, err := jsontree.Parse(body, depthLimit)
	if bad, ok := errors.AsType[*jsontree.Error](err); ok {
		return nil, &SyntaxError{Message: "The request body " + complaint(bad.Problem)}
	}
	if _, ok := tree.(map[string]any); !ok {
		return nil, &SyntaxError{Message: "The request body is not a JSON object"}
	}
	return tree, nil
}

func complaint(p jsontree.Problem) string {
	switch p {
	case jsontree.Encoding:
		return "is not valid UTF-8"
	case jsontree.Surrogate:
		return "holds half of a surrogate pair"
	case jsontree.Trailing:
		return "goes on after its JSON object"
	case jsontree.Depth:
		return "is nested too deeply"
	case jsontree.Duplicate:
		return "has a name twice in one object"
	case jsontree.Syntax:
	}
	return "is not valid JSON"
}

func (s *shape) appendJSON(b []byte, v reflect.Value) []byte {
	if s.pointer {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	switch s.kind {
	case text:
		return appendText(b, v.String())
	case flag:
		return strconv.AppendBool(b, v.Bool())
	case integer:
		return strconv.AppendInt(b, v.Int(), 10)
	case decimal:
		return appendDecimal(b, v.Float())
	case instant:
		return appendSeconds(b, v.Interface().(time.Time))
	case blob:
		return appendText(b, base64.StdEncoding.EncodeToString(v.Bytes()))
	case list:
		return s.appendList(b, v)
	case dictionary:
		return s.appendDictionary(b, v)
	case structure:
		return s.appendStructure(b, v)
	}
	return b
}

func (s *shape) appendList(b []byte, v reflect.Value) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.member.appendJSON(b, v.Index(i))
	}
	return append(b, ']')
}

func (s *shape) appendDictionary(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	for i, k := range sortedKeys(v) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, k.String()), ':')
		b = s.member.appendJSON(b, v.MapIndex(k))
	}
	return append(b, '}')
}

func (s *shape) appendStructure(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for f, fv := range s.present(v) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendText(b, f.name), ':')
		b = f.shape.appendJSON(b, fv)
	}
	return append(b, '}')
}

// present yields the fields of v that are sent.
func (s *shape) present(v reflect.Value) func(yield func(*field, reflect.Value) bool) {
	return func(yield func(*field, reflect.Value) bool) {
		for i := range s.fields {
			f := &s.fields[i]
			fv := v.FieldByIndex(f.index)
			if !f.always && f.shape.unset(fv) {
				continue
			}
			if !yield(f, fv) {
				return
			}
		}
	}
}

func (s *shape) unset(v reflect.Value) bool {
	if s.pointer {
		return v.IsNil()
	}
	switch s.kind {
	case text:
		return v.Len() == 0
	case blob, list, dictionary:
		return v.IsNil()
	case instant:
		return v.Interface().(time.Time).IsZero()
	case flag, integer, decimal, structure:
	}
	return false
}

func sortedKeys(v reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int {
		return strings.Compare(a.String(), b.String())
	})
}

// appendText writes a JSON string. Bytes that are not UTF-8 become U+FFFD; the line separators of JavaScript are
// escaped for readers that evaluate JSON as a script.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	if isPlain(s) {
		return append(append(b, s...), '"')
	}
	plain := 0 // from here on nothing needs an escape
	for i, r := range s {
		if !needsEscape(r) {
			continue
		}
		b = appendEscape(append(b, s[plain:i]...), r)
		plain = i + runeLen(s[i:])
	}
	return append(append(b, s[plain:]...), '"')
}

// isPlain reports whether a text is of ASCII that stands for itself, as most are, and the
// long ones before all.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= '\u007f' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func needsEscape(r rune) bool {
	return r < ' ' || r == '"' || r == '\\' || r == '\u007f' || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}

func runeLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func appendEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	case '\u2028', '\u2029':
		return append(append(b, `\u202`...), hex[r&15])
	case utf8.RuneError:
		return utf8.AppendRune(b, r)
	}
	return append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
}

// appendDecimal writes what JSON has no number for as the AWS JSON protocols do, as a string.
func appendDecimal(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendSeconds(b []byte, t time.Time) []byte {
	return strconv.AppendFloat(b, float64(t.UnixMilli())/1000, 'f', -1, 64)
}
