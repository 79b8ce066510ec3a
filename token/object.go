package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth bounds how deep a token's JSON may nest. Real tokens nest three or
// four deep (the principal tags claim).
const maxDepth = 32

// maxName bounds how much of a name goes into an error.
const maxName = 64

// Object reads one JSON object as strictly as those of tokens: in UTF-8, no name twice,
// nothing behind it. Numbers are json.Number. It returns *MalformedError, which has a
// name of the object in it at most.
func Object(data []byte) (map[string]any, error) {
	object, bad := decodeObject(data)
	if bad != nil {
		return nil, bad
	}
	return object, nil
}

// decodeObject reads one JSON object strictly. encoding/json keeps the last of
// two equal names and repairs broken UTF-8, and then two readers of one token
// may see two different subjects.
func decodeObject(data []byte) (map[string]any, *MalformedError) {
	if !utf8.Valid(data) {
		return nil, &MalformedError{Reason: ReasonUnicode}
	}
	if object, ok := quickObject(data); ok {
		return object, nil
	}
	return slowObject(data)
}

// slowObject reads token by token, and can tell what is wrong.
func slowObject(data []byte) (map[string]any, *MalformedError) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, &MalformedError{Reason: ReasonJSON}
	}
	object, bad := decodeMembers(d, 1)
	if bad != nil {
		return nil, bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &MalformedError{Reason: ReasonJSON}
	}
	return object, nil
}

// quickObject is slowObject in half of its time, where there is nothing to complain of: an
// object in which no name comes twice has as many members as there are colons.
func quickObject(data []byte) (object map[string]any, ok bool) {
	colons, depth := measure(data)
	if depth > maxDepth {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&object) != nil || object == nil {
		return nil, false
	}
	_, err := d.Token()
	return object, errors.Is(err, io.EOF) && members(object) == colons
}

// measure counts the colons of JSON outside of its texts, and how deep it nests.
func measure(data []byte) (colons, depth int) {
	open, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText:
			if c == '\\' {
				i++
			}
			inText = c != '"'
		case c == '"':
			inText = true
		case c == ':':
			colons++
		case c == '{' || c == '[':
			open++
			depth = max(depth, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return colons, depth
}

// members counts the members of all objects in a value.
func members(value any) (n int) {
	switch v := value.(type) {
	case map[string]any:
		n = len(v)
		for _, member := range v {
			n += members(member)
		}
	case []any:
		for _, element := range v {
			n += members(element)
		}
	}
	return n
}

func decodeMembers(d *json.Decoder, depth int) (map[string]any, *MalformedError) {
	object := make(map[string]any)
	for d.More() {
		start, err := d.Token()
		name, ok := start.(string)
		if err != nil || !ok {
			return nil, &MalformedError{Reason: ReasonJSON}
		}
		if _, ok := object[name]; ok {
			return nil, &MalformedError{Reason: ReasonDuplicate, Name: name[:min(len(name), maxName)]}
		}
		value, bad := decodeValue(d, depth)
		if bad != nil {
			return nil, bad
		}
		object[name] = value
	}
	return object, decodeEnd(d)
}

func decodeElements(d *json.Decoder, depth int) ([]any, *MalformedError) {
	list := []any{}
	for d.More() {
		value, bad := decodeValue(d, depth)
		if bad != nil {
			return nil, bad
		}
		list = append(list, value)
	}
	return list, decodeEnd(d)
}

func decodeEnd(d *json.Decoder) *MalformedError {
	if _, err := d.Token(); err != nil {
		return &MalformedError{Reason: ReasonJSON}
	}
	return nil
}

func decodeValue(d *json.Decoder, depth int) (any, *MalformedError) {
	start, err := d.Token()
	if err != nil {
		return nil, &MalformedError{Reason: ReasonJSON}
	}
	delim, ok := start.(json.Delim)
	if !ok {
		return start, nil
	}
	if depth == maxDepth {
		return nil, &MalformedError{Reason: ReasonDepth}
	}
	switch delim {
	case '{':
		return decodeMembers(d, depth+1)
	case '[':
		return decodeElements(d, depth+1)
	}
	return nil, &MalformedError{Reason: ReasonJSON}
}
