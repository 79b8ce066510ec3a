package wire

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// fill writes a tree of nil, string, bool, json.Number, time.Time, []any and map[string]any into dst. Absent and null
// leave dst as it is.
func (s *shape) fill(dst reflect.Value, v any) error {
	if v == nil {
		return nil
	}
	if s.pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	switch s.kind {
	case list:
		return s.fillList(dst, v)
	case dictionary:
		return s.fillDictionary(dst, v)
	case structure:
		return s.fillStructure(dst, v)
	case text, flag, integer, decimal, instant, blob:
		if s.fillScalar(dst, v) {
			return nil
		}
	}
	return mismatch(s, v)
}

// fillScalar reports whether v fits.
func (s *shape) fillScalar(dst reflect.Value, v any) bool {
	switch v := v.(type) {
	case string:
		if s.kind == blob {
			b, err := base64.StdEncoding.DecodeString(v)
			dst.SetBytes(b)
			return err == nil
		}
		if s.kind == text {
			dst.SetString(v)
		}
		return s.kind == text
	case bool:
		if s.kind == flag {
			dst.SetBool(v)
		}
		return s.kind == flag
	case time.Time:
		if s.kind == instant {
			dst.Set(reflect.ValueOf(v))
		}
		return s.kind == instant
	case json.Number:
		return s.fillNumber(dst, v)
	}
	return false
}

func (s *shape) fillNumber(dst reflect.Value, v json.Number) bool {
	switch s.kind {
	case integer:
		n, ok := parseInteger(string(v), s.bits)
		dst.SetInt(n)
		return ok
	case decimal:
		f, err := v.Float64()
		dst.SetFloat(f)
		return err == nil
	case instant:
		t, ok := parseSeconds(v)
		dst.Set(reflect.ValueOf(t))
		return ok
	case text, flag, blob, list, dictionary, structure:
	}
	return false
}

func (s *shape) fillList(dst reflect.Value, v any) error {
	members, ok := v.([]any)
	if !ok {
		return mismatch(s, v)
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(members), len(members)))
	for i, m := range members {
		if err := s.member.fill(dst.Index(i), m); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) fillDictionary(dst reflect.Value, v any) error {
	entries, ok := v.(map[string]any)
	if !ok {
		return mismatch(s, v)
	}
	t := dst.Type()
	dst.Set(reflect.MakeMapWithSize(t, len(entries)))
	for k, e := range entries {
		value := reflect.New(t.Elem()).Elem()
		if err := s.member.fill(value, e); err != nil {
			return err
		}
		dst.SetMapIndex(reflect.ValueOf(k).Convert(t.Key()), value)
	}
	return nil
}

func (s *shape) fillStructure(dst reflect.Value, v any) error {
	members, ok := v.(map[string]any)
	if !ok {
		return mismatch(s, v)
	}
	for i := range s.fields {
		f := &s.fields[i]
		if err := f.shape.fill(dst.FieldByIndex(f.index), members[f.name]); err != nil {
			return err
		}
	}
	return nil
}

// parseInteger also takes 3600.0 and 36e2, which some clients write, as long as no precision is lost.
func parseInteger(s string, bits int) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, bits)
	if err == nil {
		return n, true
	}
	if !strings.ContainsAny(s, ".eE") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	limit := math.Ldexp(1, min(bits-1, 53))
	if err != nil || f != math.Trunc(f) || f < -limit || f >= limit {
		return 0, false
	}
	return int64(f), true
}

// parseSeconds reads seconds since 1970, to the millisecond, up to the year 9999.
func parseSeconds(n json.Number) (time.Time, bool) {
	f, err := n.Float64()
	if err != nil || math.Abs(f) >= 253402300800 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), true
}

// mismatch says in AWS's words that v cannot become s.
func mismatch(s *shape, v any) error {
	switch v := v.(type) {
	case []any:
		return &SyntaxError{Message: "Start of list found where not expected"}
	case map[string]any:
		return &SyntaxError{Message: "Start of structure or map found where not expected."}
	case bool:
		return s.refuse(strings.ToUpper(strconv.FormatBool(v)) + "_VALUE")
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return s.refuse("DECIMAL_VALUE")
		}
		return s.refuse("NUMBER_VALUE")
	}
	return s.refuse("STRING_VALUE")
}

func (s *shape) refuse(token string) error {
	var target string
	switch s.kind {
	case text:
		target = "a String"
	case flag:
		target = "a Boolean"
	case integer:
		target = "an Integer"
		if s.bits == 64 {
			target = "a Long"
		}
	case decimal:
		target = "a Double"
	case instant:
		target = "a Date"
	case blob:
		target = "a ByteBuffer"
	case list:
		return &SyntaxError{Message: "Expected list or null"}
	case dictionary, structure:
		return &SyntaxError{Message: "Unexpected field type"}
	}
	return &SyntaxError{Message: token + " can not be converted to " + target}
}
