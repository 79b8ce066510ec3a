package token_test

import (
	"encoding/json"
	"errors"
	"testing"

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
