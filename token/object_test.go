package token_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/token"
)

func TestObject(t *testing.T) {
	t.Parallel()
	got, err := token.Object([]byte(` {"id":"1","n":9007199254740993,"in":{"a":[null,true]}} `))
	want := map[string]any{"id": "1", "n": json.Number("9007199254740993"), "in": map[string]any{"a": []any{nil, true}}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{``, `null`, `[]`, `"x"`, `{`, `{"a":1`, `{"a":1,"a":2}`, `{"in":{"a":1,"a":1}}`, `{}{}`, `{}x`, "{\"a\":\"\xff\"}", `<html>`} {
		got, err := token.Object([]byte(text))
		if _, malformed := errors.AsType[*token.MalformedError](err); !malformed || got != nil {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

// FuzzObject has both readers of objects read the same: what one takes, the other takes,
// and finds the same in it.
func FuzzObject(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1,"b":{"a":[{"a":"x:y","b":null}]}}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`, `{"a":[{"b":1,"b":2}]}`,
		`{"a\":":1}`, `{"a":"\\"}`, `{"a":1}{}`, `{"a":1} `, `[]`, `null`, `{"a":1e999}`, `{"a":"\ud800","\ud801":1}`, `{"a":1,}`, `{"a":tru}`,
		strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32), strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33),
		`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, `{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return
		}
		quick, quickOK := token.QuickObject(data)
		slow, slowOK := token.SlowObject(data)
		if quickOK != slowOK {
			t.Fatalf("%q: quick %v, slow %v", data, quickOK, slowOK)
		}
		if slowOK && !reflect.DeepEqual(slow, quick) {
			t.Errorf("%q: slow %v, quick %v", data, slow, quick)
		}
	})
}
