package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// printLimit is how many characters of a value a message repeats.
const printLimit = 256

// quote returns the value of f as a validation message shows it.
func (f *field) quote(v any) string {
	p := printer{left: printLimit}
	p.field(f, v)
	return "'" + p.b.String() + "'"
}

// cut returns at most printLimit characters of s.
func cut(s string) string {
	p := printer{left: printLimit}
	p.put(s)
	return p.b.String()
}

// printer writes values as Java prints them, [a, b] and {k=v}, and stops at its limit.
type printer struct {
	b    strings.Builder
	left int
}

func (p *printer) full() bool { return p.left < 0 }

func (p *printer) put(s string) {
	for s != "" && p.left > 0 {
		_, n := utf8.DecodeRuneInString(s)
		p.b.WriteString(s[:n])
		s = s[n:]
		p.left--
	}
	if s != "" && p.left == 0 {
		p.b.WriteString("...")
		p.left--
	}
}

func (p *printer) field(f *field, v any) {
	if f.check.secret {
		p.put("***")
		return
	}
	p.value(f.shape, v, f.each.secret)
}

// value prints v; secret hides what is inside a collection.
func (p *printer) value(s *shape, v any, secret bool) {
	switch v := v.(type) {
	case nil:
		p.put("null")
	case string:
		p.put(v)
	case bool:
		p.put(strconv.FormatBool(v))
	case json.Number:
		p.put(string(v))
	case time.Time:
		p.put(v.Format(time.RFC3339))
	case []any:
		p.list(s, v, secret)
	case map[string]any:
		if s.kind == structure {
			p.structure(s, v)
			return
		}
		p.dictionary(s, v, secret)
	}
}

func (p *printer) list(s *shape, members []any, secret bool) {
	p.put("[")
	for i, m := range members {
		if p.full() {
			return
		}
		p.separate(i)
		p.member(s.member, m, secret)
	}
	p.put("]")
}

func (p *printer) dictionary(s *shape, entries map[string]any, secret bool) {
	p.put("{")
	for i, k := range slices.Sorted(maps.Keys(entries)) {
		if p.full() {
			return
		}
		p.separate(i)
		p.put(k + "=")
		p.member(s.member, entries[k], secret)
	}
	p.put("}")
}

// structure prints known members only: an unknown one may be anything, a secret too.
func (p *printer) structure(s *shape, members map[string]any) {
	p.put("{")
	printed := 0
	for i := range s.fields {
		f := &s.fields[i]
		v, ok := members[f.name]
		if !ok || v == nil {
			continue
		}
		if p.full() {
			return
		}
		p.separate(printed)
		printed++
		p.put(f.name + "=")
		p.field(f, v)
	}
	p.put("}")
}

func (p *printer) member(s *shape, v any, secret bool) {
	if secret && v != nil {
		p.put("***")
		return
	}
	p.value(s, v, false)
}

func (p *printer) separate(i int) {
	if i > 0 {
		p.put(", ")
	}
}
