package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const mustNotBeNull = "Member must not be null"

// rules are the constraints on one value, null aside.
type rules struct {
	secret  bool
	length  *bounds
	value   *bounds
	enum    []string
	pattern string
	match   *pattern
}

// bounds are inclusive; an open end is the extreme of int64.
type bounds struct{ min, max int64 }

// parseRules reads a check tag and reports whether the value is required.
func parseRules(tag string, s *shape) (r rules, required bool, err error) {
	for tag != "" {
		var rule string
		if strings.HasPrefix(tag, "pattern=") {
			rule, tag = tag, ""
		} else {
			rule, tag, _ = strings.Cut(tag, ";")
		}
		if rule == "required" {
			required = true
			continue
		}
		if err := r.add(rule, s); err != nil {
			return r, required, err
		}
	}
	return r, required, nil
}

// parseInnerRules reads an each or key tag; s is nil if the field has no such inside.
func parseInnerRules(tag string, s *shape) (rules, error) {
	if tag == "" {
		return rules{}, nil
	}
	if s == nil {
		return rules{}, errors.New("the field is no collection of that kind")
	}
	if s.kind == structure {
		return rules{}, errors.New("rules of a structure belong to its fields")
	}
	r, required, err := parseRules(tag, s)
	if required {
		return r, errors.New("members and keys are always required")
	}
	return r, err
}

func (r *rules) add(rule string, s *shape) (err error) {
	name, arg, _ := strings.Cut(rule, "=")
	switch {
	case name == "secret" && arg == "":
		r.secret = true
	case name == "len" && s.hasLength():
		r.length, err = parseBounds(arg)
	case name == "range" && (s.kind == integer || s.kind == decimal):
		r.value, err = parseBounds(arg)
	case name == "enum" && s.kind == text && arg != "":
		r.enum = strings.Split(arg, ",")
	case name == "pattern" && s.kind == text && arg != "":
		r.pattern = arg
		r.match, err = compilePattern(arg)
	default:
		return fmt.Errorf("the rule %q does not fit", rule)
	}
	return err
}

func (s *shape) hasLength() bool {
	return s.kind == text || s.kind == blob || s.kind == list || s.kind == dictionary
}

func parseBounds(arg string) (*bounds, error) {
	b := &bounds{min: math.MinInt64, max: math.MaxInt64}
	low, high, found := strings.Cut(arg, "-")
	if !found || low == "" && high == "" {
		return nil, fmt.Errorf("%q is not MIN-MAX", arg)
	}
	var lowErr, highErr error
	if low != "" {
		b.min, lowErr = strconv.ParseInt(low, 10, 64)
	}
	if high != "" {
		b.max, highErr = strconv.ParseInt(high, 10, 64)
	}
	if err := errors.Join(lowErr, highErr); err != nil {
		return nil, err
	}
	if b.min > b.max {
		return nil, fmt.Errorf("%q is upside down", arg)
	}
	return b, nil
}

// translate writes AWS's Java pattern in Go's syntax, where \u0020 is \x{0020}.
func translate(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] != '\\' || i+1 == len(pattern):
			b.WriteByte(pattern[i])
		case pattern[i+1] == 'u' && i+6 <= len(pattern):
			b.WriteString(`\x{` + pattern[i+2:i+6] + `}`)
			i += 5
		default:
			b.WriteString(pattern[i : i+2])
			i++
		}
	}
	return b.String()
}

// broken returns the constraints that v, which is not null, fails to satisfy.
func (r *rules) broken(s *shape, v any) []string {
	var texts []string
	if r.length != nil {
		n := length(s, v)
		if n > r.length.max {
			texts = append(texts, r.length.atMost("length"))
		}
		if n < r.length.min {
			texts = append(texts, r.length.atLeast("length"))
		}
	}
	if r.value != nil {
		n := number(v)
		if n > float64(r.value.max) {
			texts = append(texts, r.value.atMost("value"))
		}
		if n < float64(r.value.min) {
			texts = append(texts, r.value.atLeast("value"))
		}
	}
	if t, ok := v.(string); ok && r.enum != nil && !slices.Contains(r.enum, t) {
		texts = append(texts, r.enumText())
	}
	if t, ok := v.(string); ok && r.match != nil && !r.match.matches(t) {
		texts = append(texts, r.patternText())
	}
	return texts
}

// all returns every constraint, as AWS lists them when a member of a collection breaks any.
func (r *rules) all() []string {
	var texts []string
	for _, b := range []struct {
		*bounds
		of string
	}{{r.length, "length"}, {r.value, "value"}} {
		if b.bounds != nil && b.max < math.MaxInt64 {
			texts = append(texts, b.atMost(b.of))
		}
		if b.bounds != nil && b.min > math.MinInt64 {
			texts = append(texts, b.atLeast(b.of))
		}
	}
	if r.enum != nil {
		texts = append(texts, r.enumText())
	}
	if r.match != nil {
		texts = append(texts, r.patternText())
	}
	return texts
}

func (b *bounds) atMost(of string) string {
	return fmt.Sprintf("Member must have %s less than or equal to %d", of, b.max)
}

func (b *bounds) atLeast(of string) string {
	return fmt.Sprintf("Member must have %s greater than or equal to %d", of, b.min)
}

func (r *rules) enumText() string {
	return "Member must satisfy enum value set: [" + strings.Join(r.enum, ", ") + "]"
}

func (r *rules) patternText() string {
	return "Member must satisfy regular expression pattern: " + r.pattern
}

func length(s *shape, v any) int64 {
	switch v := v.(type) {
	case string:
		if s.kind == blob {
			b, _ := base64.StdEncoding.DecodeString(v)
			return int64(len(b))
		}
		return int64(utf8.RuneCountInString(v))
	case []any:
		return int64(len(v))
	case map[string]any:
		return int64(len(v))
	}
	return 0
}

func number(v any) float64 {
	n, _ := v.(json.Number)
	f, _ := n.Float64()
	return f
}
