package wire

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	pairsLimit = 4096
	partsLimit = 32 // of a parameter's name; the deepest, ContextEntries.member.N.ContextKeyValues.member.N, has six
)

// ParseForm reads the parameters of an AWS Query request from a form body or a query string. It returns a
// *SyntaxError for a malformed escape, a semicolon as separator, text that is not UTF-8, or more than 4096 parameters.
func ParseForm(raw string) (url.Values, error) {
	if strings.Count(raw, "&") >= pairsLimit {
		return nil, &SyntaxError{Message: "The request has too many parameters"}
	}
	form, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &SyntaxError{Message: "The request parameters are not correctly encoded"}
	}
	for name, values := range form {
		if !utf8.ValidString(name) || !utf8.ValidString(strings.Join(values, "")) {
			return nil, &SyntaxError{Message: "The request parameters are not valid UTF-8"}
		}
	}
	return form, nil
}

// node is one parameter, or what its dotted name leads to.
type node struct {
	set      bool
	text     string
	children map[string]*node
}

func growForm(form url.Values) (*node, error) {
	root := &node{}
	for name, values := range form {
		if len(values) > 1 {
			return nil, &SyntaxError{Message: "A parameter is present more than once"}
		}
		if len(values) == 0 {
			continue
		}
		if strings.Count(name, ".") >= partsLimit {
			return nil, &SyntaxError{Message: "A parameter name has too many parts"}
		}
		n := root
		for part := range strings.SplitSeq(name, ".") {
			n = n.child(part)
		}
		n.set, n.text = true, values[0]
	}
	return root, nil
}

func (n *node) child(name string) *node {
	c, ok := n.children[name]
	if !ok {
		if n.children == nil {
			n.children = make(map[string]*node)
		}
		c = &node{}
		n.children[name] = c
	}
	return c
}

// tree returns what n holds for s, in the form that fill takes.
func (n *node) tree(s *shape) (any, error) {
	switch s.kind {
	case list:
		return n.list(s)
	case dictionary:
		return n.dictionary(s)
	case structure:
		return n.structure(s)
	case text, flag, integer, decimal, instant, blob:
	}
	if !n.set {
		return nil, nil
	}
	return parseScalar(s, n.text)
}

func parseScalar(s *shape, v string) (any, error) {
	switch s.kind {
	case flag:
		if v == "true" || v == "false" {
			return v == "true", nil
		}
		return nil, &SyntaxError{Message: "boolean must be true or false"}
	case integer:
		if _, err := strconv.ParseInt(v, 10, s.bits); err != nil {
			return nil, &SyntaxError{Message: "integer must be a whole number in range"}
		}
		return json.Number(v), nil
	case decimal:
		if !isDecimal(v) {
			return nil, &SyntaxError{Message: "double must be a decimal number in range"}
		}
		return json.Number(v), nil
	case instant:
		t, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return nil, &SyntaxError{Message: "timestamp must follow ISO8601"}
		}
		return t.UTC(), nil
	case text, blob, list, dictionary, structure:
	}
	return v, nil
}

// isDecimal keeps out what strconv reads beyond decimal numbers: hexadecimal, NaN, Inf, underscores.
func isDecimal(v string) bool {
	_, err := strconv.ParseFloat(v, 64)
	return err == nil && strings.Trim(v, "0123456789+-.eE") == ""
}

func (n *node) list(s *shape) (any, error) {
	members, err := n.numbered("member")
	if err != nil {
		return nil, err
	}
	values := make([]any, len(members))
	for i, m := range members {
		if values[i], err = m.tree(s.member); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (n *node) dictionary(s *shape) (any, error) {
	entries, err := n.numbered("entry")
	if err != nil {
		return nil, err
	}
	values := make(map[string]any, len(entries))
	for _, e := range entries {
		key, ok := e.children["key"]
		if !ok || !key.set {
			return nil, &SyntaxError{Message: "Map entry without a key"}
		}
		values[key.text] = nil
		if v, ok := e.children["value"]; ok {
			if values[key.text], err = v.tree(s.member); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

// numbered returns the nodes under wrapper.1, wrapper.2 and so on. Numbers only order them: their size costs nothing.
func (n *node) numbered(wrapper string) ([]*node, error) {
	if n.text != "" {
		return nil, &SyntaxError{Message: "Unexpected text where a list or map was expected"}
	}
	w := n.children[wrapper]
	if len(n.children) > 1 || len(n.children) == 1 && w == nil {
		return nil, &SyntaxError{Message: "List or map parameters must be named with " + wrapper}
	}
	if w == nil {
		return nil, nil
	}
	numbers := make(map[int]*node, len(w.children))
	for name, c := range w.children {
		i, err := strconv.Atoi(name)
		if err != nil || i < 1 || strconv.Itoa(i) != name {
			return nil, &SyntaxError{Message: "List or map parameters must be numbered from 1"}
		}
		numbers[i] = c
	}
	nodes := make([]*node, 0, len(numbers))
	for _, i := range slices.Sorted(maps.Keys(numbers)) {
		nodes = append(nodes, numbers[i])
	}
	return nodes, nil
}

func (n *node) structure(s *shape) (any, error) {
	if n.text != "" {
		return nil, &SyntaxError{Message: "Unexpected text where a structure was expected"}
	}
	values := make(map[string]any, len(s.fields))
	for i := range s.fields {
		f := &s.fields[i]
		c, ok := n.children[f.name]
		if !ok {
			continue
		}
		v, err := c.tree(f.shape)
		if err != nil {
			return nil, err
		}
		values[f.name] = v
	}
	return values, nil
}
