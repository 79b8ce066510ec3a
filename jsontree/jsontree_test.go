package jsontree_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/jsontree"
)

const depth = 8

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`{}`: map[string]any{}, ` [ ] `: []any{}, `""`: "", "\t\r\nnull": nil, `true`: true, `false `: false,
		`0`: json.Number("0"), `-0.10e+5`: json.Number("-0.10e+5"), `9007199254740993`: json.Number("9007199254740993"),
		`1E9`: json.Number("1E9"), `{"a":{"a":[1,"x",null]},"b":"y"}`: map[string]any{"a": map[string]any{"a": []any{json.Number("1"), "x", nil}}, "b": "y"},
		`"\"\\\/\b\f\n\r\t\u00e9é"`: "\"\\/\b\f\n\r\téé", `"\uD83D\ude00!"`: "😀!", `"\ufffd"`: "\ufffd", `{"":1}`: map[string]any{"": json.Number("1")},
		strings.Repeat("[", depth) + strings.Repeat("]", depth): nested(depth),
	} {
		got, err := jsontree.Parse([]byte(text), depth)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func nested(n int) any {
	if n == 1 {
		return []any{}
	}
	return []any{nested(n - 1)}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for problem, texts := range map[jsontree.Problem][]string{
		jsontree.Encoding:  {"\"\xff\"", "{\"a\":\"\xed\xa0\x80\"}"},
		jsontree.Surrogate: {`"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\ud800x"`, `"\ude00\ud83d"`, `{"\ud800":1,"\ud801":1}`},
		jsontree.Trailing:  {`{}{}`, `1 2`, `null,`, `"a"x`},
		jsontree.Depth:     {strings.Repeat("[", depth+1), strings.Repeat(`{"a":`, depth+1)},
		jsontree.Duplicate: {`{"a":1,"a":2}`, `{"a":1,"\u0061":1}`, `{"x":[{"a":1,"b":2,"a":3}]}`},
		jsontree.Syntax: {
			``, ` `, `{`, `[`, `"`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a" 1}`, `{,}`, `[1`, `[1,]`, `[,1]`, `[1 2]`, `[}`, `{"a":1]`,
			`tru`, `True`, `nul`, `NaN`, `+1`, `-`, `01`, `-00`, `.5`, `5.`, `1e`, `1e+`, `'a'`, `<html>`,
			"\"\n\"", `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u+123"`, `"\ud800\u12"`, "\ufeff{}", "\x00",
		},
	} {
		for _, text := range texts {
			got, err := jsontree.Parse([]byte(text), depth)
			bad, ok := errors.AsType[*jsontree.Error](err)
			if !ok || bad.Problem != problem || got != nil || bad.Offset > len(text) {
				t.Errorf("%q: got %v, %v, want %q", text, got, err, problem)
			}
		}
	}
}

func TestParseNamesTheDuplicate(t *testing.T) {
	t.Parallel()
	_, err := jsontree.Parse([]byte(`{"sub":"alice", "\u0073ub":"eve"}`), depth)
	if diff := cmp.Diff(&jsontree.Error{Problem: jsontree.Duplicate, Offset: 16, Name: "sub"}, err); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(err.Error(), "sub") {
		t.Errorf("the message holds some of the text: %v", err)
	}
}

// FuzzParse has encoding/json read the same: what is taken here is the same there, and what is refused here as bad JSON
// is bad JSON there.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1,"b":{"a":[{"a":"x:y","b":null}]}}`, `{"a":1,"\u0061":2}`, `{"a\":":1}`, `{"a":"\\"}`, `{"a":1}{}`, `{"a":1} `, `[]`, `null`,
		`{"a":1e999}`, `{"a":"\ud800","\ud801":1}`, `"\ud83d\ude00"`, `{"a":1,}`, `{"a":tru}`, `-0.0e-0`, `01`, "\"\xff\"", strings.Repeat("[", depth+1),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := jsontree.Parse(text, depth)
		want, valid := decode(text)
		bad, refused := errors.AsType[*jsontree.Error](err)
		switch {
		case refused != (err != nil):
			t.Fatalf("%q: %v is not an *Error", text, err)
		case !refused && (!valid || !reflect.DeepEqual(got, want)):
			t.Fatalf("%q: got %v, encoding/json %v, %v", text, got, want, valid)
		case refused && valid && (bad.Problem == jsontree.Syntax || bad.Problem == jsontree.Trailing):
			t.Fatalf("%q: %v, but encoding/json reads %v", text, err, want)
		}
	})
}

func decode(text []byte) (value any, valid bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, errors.Is(err, io.EOF)
}

// BenchmarkParse reads a request with an ID token.
func BenchmarkParse(b *testing.B) {
	text := []byte(`{"IdentityId":"us-east-1:a11ce000-0000-4000-8000-000000000000","Logins":{"cognito-idp.us-east-1.amazonaws.com/us-east-1_1a2b3c4d5":"` + strings.Repeat("eyJ", 350) + `"}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsontree.Parse(text, depth); err != nil {
			b.Fatal(err)
		}
	}
}
