package wire

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	text kind = iota
	flag
	integer
	decimal
	instant
	blob
	list
	dictionary
	structure
)

// shape is what a Go type is on the wire.
type shape struct {
	kind    kind
	pointer bool
	bits    int     // of an integer
	member  *shape  // of a list, or the value of a dictionary
	fields  []field // of a structure
}

type field struct {
	name     string // as sent
	path     string // as validation messages call it
	index    []int
	always   bool
	shape    *shape
	check    rules
	each     rules
	key      rules
	required bool
}

// shapeOf reads a type; within holds the structures around it.
func shapeOf(t reflect.Type, within []reflect.Type) (*shape, error) {
	switch k := t.Kind(); {
	case t == reflect.TypeFor[time.Time]():
		return &shape{kind: instant}, nil
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return &shape{kind: blob}, nil
	case k == reflect.String:
		return &shape{kind: text}, nil
	case k == reflect.Bool:
		return &shape{kind: flag}, nil
	case k == reflect.Int || k == reflect.Int32 || k == reflect.Int64:
		return &shape{kind: integer, bits: t.Bits()}, nil
	case k == reflect.Float64:
		return &shape{kind: decimal}, nil
	case k == reflect.Slice:
		return collection(list, t, within)
	case k == reflect.Map && t.Key().Kind() == reflect.String:
		return collection(dictionary, t, within)
	case k == reflect.Struct:
		return structureOf(t, within)
	case k == reflect.Pointer:
		return pointerTo(t, within)
	}
	return nil, fmt.Errorf("%v has no form on the wire", t)
}

func pointerTo(t reflect.Type, within []reflect.Type) (*shape, error) {
	s, err := shapeOf(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	if s.pointer {
		return nil, fmt.Errorf("%v has no form on the wire", t)
	}
	s.pointer = true
	return s, nil
}

func collection(k kind, t reflect.Type, within []reflect.Type) (*shape, error) {
	m, err := shapeOf(t.Elem(), within)
	if err != nil {
		return nil, err
	}
	// The rules of such structures would have no path in AWS's messages, and would go unchecked.
	if m.member != nil && m.member.holdsStructure() {
		return nil, fmt.Errorf("%v: structures two collections deep", t)
	}
	return &shape{kind: k, member: m}, nil
}

func (s *shape) holdsStructure() bool {
	return s.kind == structure || s.member != nil && s.member.holdsStructure()
}

func structureOf(t reflect.Type, within []reflect.Type) (*shape, error) {
	if slices.Contains(within, t) {
		return nil, fmt.Errorf("%v contains itself", t)
	}
	fields, err := fieldsOf(t, append(slices.Clip(within), t))
	if err != nil {
		return nil, err
	}
	taken := make(map[string]bool, len(fields))
	for _, f := range fields {
		if taken[f.name] {
			return nil, fmt.Errorf("%v: two fields are called %s", t, f.name)
		}
		taken[f.name] = true
	}
	return &shape{kind: structure, fields: fields}, nil
}

func fieldsOf(t reflect.Type, within []reflect.Type) ([]field, error) {
	var fields []field
	for sf := range t.Fields() {
		tag, tagged := sf.Tag.Lookup("aws")
		switch {
		case tag == "-":
		case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct:
			lent, err := structureOf(sf.Type, within)
			if err != nil {
				return nil, err
			}
			for _, f := range lent.fields {
				f.index = append(slices.Clone(sf.Index), f.index...)
				fields = append(fields, f)
			}
		case sf.IsExported():
			f, err := fieldOf(sf, tag, within)
			if err != nil {
				return nil, fmt.Errorf("%v.%s: %w", t, sf.Name, err)
			}
			fields = append(fields, f)
		case tagged:
			return nil, fmt.Errorf("%v.%s is not exported", t, sf.Name)
		}
	}
	return fields, nil
}

func fieldOf(sf reflect.StructField, tag string, within []reflect.Type) (f field, err error) {
	name, option, _ := strings.Cut(tag, ",")
	if name == "" {
		return f, errors.New("the field has no aws tag")
	}
	f = field{name: name, path: lowerFirst(name), index: sf.Index, always: option == "always"}
	if option != "" && !f.always {
		return f, fmt.Errorf("unknown option %q", option)
	}
	if f.shape, err = shapeOf(sf.Type, within); err != nil {
		return f, err
	}
	if f.always && !f.shape.mayBeEmpty() {
		return f, errors.New("always is for texts, lists and maps")
	}
	return f, f.readRules(sf.Tag)
}

func (f *field) readRules(tag reflect.StructTag) (err error) {
	if f.check, f.required, err = parseRules(tag.Get("check"), f.shape); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if f.each, err = parseInnerRules(tag.Get("each"), f.shape.member); err != nil {
		return fmt.Errorf("each: %w", err)
	}
	var keys *shape
	if f.shape.kind == dictionary {
		keys = &shape{kind: text}
	}
	if f.key, err = parseInnerRules(tag.Get("key"), keys); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	return nil
}

func (s *shape) mayBeEmpty() bool {
	return !s.pointer && (s.kind == text || s.kind == list || s.kind == dictionary)
}

// lowerFirst is how AWS derives the names in its validation messages: SAMLAssertion is sAMLAssertion there.
func lowerFirst(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
