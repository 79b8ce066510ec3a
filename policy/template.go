package policy

import (
	"strings"

	"github.com/cenotehq/cenote/arn"
)

// template is text that may hold policy variables.
// See AWS "IAM policy elements: Variables and tags".
type template struct {
	fixed arn.Pattern // the whole, where parts is nil
	parts []part
}

// part is text, then a variable; the last part has no variable.
type part struct {
	text     arn.Pattern
	key      string // as written; "" in the last part
	low      string // key in lower case
	fallback arn.Pattern
	optional bool // has a fallback
}

// compileTemplate reads text: with wild, * and ? are wildcards; with variables,
// ${…} is replaced. It fails on a malformed variable.
func compileTemplate(text string, wild, variables bool) (t template, ok bool) {
	pattern := arn.Literal
	if wild {
		pattern = arn.Wild
	}
	var plain strings.Builder
	for variables {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			break
		}
		plain.WriteString(string(pattern(before)))
		p, after, ok := readVariable(rest)
		if !ok {
			return t, false
		}
		text = after
		if p.key == "" {
			plain.WriteString(string(p.text))
			continue
		}
		p.text = arn.Pattern(plain.String())
		plain.Reset()
		t.parts = append(t.parts, p)
	}
	plain.WriteString(string(pattern(text)))
	if last := arn.Pattern(plain.String()); t.parts == nil {
		t.fixed = last
	} else {
		t.parts = append(t.parts, part{text: last})
	}
	return t, true
}

// readVariable reads what follows "${": one of the escapes *}, ?} and $}, which
// come back as text; a key; or a key with a default, "key, 'text'".
func readVariable(rest string) (p part, after string, ok bool) {
	if len(rest) > 1 && rest[1] == '}' && strings.ContainsRune("*?$", rune(rest[0])) {
		return part{text: arn.Literal(rest[:1])}, rest[2:], true
	}
	key, after, ok := strings.Cut(rest, "}")
	if name, _, found := strings.Cut(key, ", '"); found {
		var text string
		key = name
		text, after, ok = strings.Cut(rest[len(name+", '"):], "'}")
		p.fallback, p.optional = arn.Literal(text), true
	}
	if !ok || key == "" || strings.ContainsAny(key, ",'{$*?") {
		return p, "", false
	}
	p.key, p.low = key, strings.ToLower(key)
	return p, after, true
}

// usualLength is the room for a text with its variables put in, in bytes, that most
// resources stay below.
const usualLength = 128

// expand puts the request's values in; they are never wild. ok is false where a
// variable has no single value and no default.
func (t *template) expand(c Context) (p arn.Pattern, ok bool) {
	if t.parts == nil {
		return t.fixed, true
	}
	var filled strings.Builder
	filled.Grow(usualLength)
	for i := range t.parts {
		value, ok := t.parts[i].value(c)
		if !ok {
			return "", false
		}
		filled.WriteString(string(t.parts[i].text))
		filled.WriteString(string(value))
	}
	return arn.Pattern(filled.String()), true
}

// expands reports whether expand would be ok.
func (t *template) expands(c Context) bool {
	for i := range t.parts {
		if _, ok := t.parts[i].value(c); !ok {
			return false
		}
	}
	return true
}

// value is what the request puts in the variable's place.
func (v *part) value(c Context) (value arn.Pattern, ok bool) {
	if v.key == "" {
		return "", true
	}
	have := c.find(v.low)
	switch {
	case have != nil && !have.multi:
		return arn.Literal(have.one[0]), true
	case have == nil && v.optional:
		return v.fallback, true
	}
	return "", false
}

func (t *template) keys() (keys []string) {
	for _, v := range t.parts {
		if v.key != "" {
			keys = append(keys, v.key)
		}
	}
	return keys
}
