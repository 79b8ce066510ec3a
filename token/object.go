package token

import (
	"errors"

	"github.com/cenotehq/cenote/jsontree"
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

// decodeObject reads one JSON object of which no two readers can see different subjects.
func decodeObject(data []byte) (map[string]any, *MalformedError) {
	tree, err := jsontree.Parse(data, maxDepth)
	if bad, ok := errors.AsType[*jsontree.Error](err); ok {
		return nil, malformed(bad)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, &MalformedError{Reason: ReasonJSON}
	}
	return object, nil
}

func malformed(bad *jsontree.Error) *MalformedError {
	switch bad.Problem {
	case jsontree.Encoding, jsontree.Surrogate:
		return &MalformedError{Reason: ReasonUnicode}
	case jsontree.Depth:
		return &MalformedError{Reason: ReasonDepth}
	case jsontree.Duplicate:
		return &MalformedError{Reason: ReasonDuplicate, Name: bad.Name[:min(len(bad.Name), maxName)]}
	case jsontree.Syntax, jsontree.Trailing:
	}
	return &MalformedError{Reason: ReasonJSON}
}
