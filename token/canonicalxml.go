package token

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

const spaceXML = "http://www.w3.org/XML/1998/namespace"

// canonical writes an element of a document that parseSAML read, but for one child, in
// exclusive canonical XML. It treats the prefixes of a list, separated by white space, as
// inclusive; "#default" is the name space without one. A prefix that is not declared is an
// ErrSAMLSyntax. See W3C, Exclusive XML Canonicalization 1.0, section 3, and Canonical XML
// 1.1, section 2.3, for order and escapes.
func canonical(el, without *etree.Element, prefixes string) ([]byte, error) {
	c := canonicalizer{without: without, inclusive: make(map[string]bool)}
	for prefix := range strings.FieldsSeq(prefixes) {
		if prefix == "#default" {
			prefix = ""
		}
		c.inclusive[prefix] = true
	}
	known := spaces{{"xml", spaceXML}}
	if err := c.element(el, outside(el, known), known); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// space is a name space and the prefix that stands for it, which may be empty.
type space struct{ prefix, uri string }

// spaces are declarations, the innermost last.
type spaces []space

// of returns what a prefix stands for. Without a prefix, that may be no name space.
func (s spaces) of(prefix string) (uri string, ok bool) {
	for _, declared := range slices.Backward(s) {
		if declared.prefix == prefix {
			return declared.uri, true
		}
	}
	return "", prefix == ""
}

// within are the spaces inside of an element.
func (s spaces) within(el *etree.Element) spaces {
	for _, a := range el.Attr {
		if prefix, is := declares(a); is {
			s = append(s, space{prefix, a.Value})
		}
	}
	return s
}

// outside are the spaces around an element.
func outside(el *etree.Element, s spaces) spaces {
	parent := el.Parent()
	if parent == nil {
		return s
	}
	return outside(parent, s).within(parent)
}

// declares returns the prefix that an attribute declares.
func declares(a etree.Attr) (prefix string, is bool) {
	if a.Space == "xmlns" {
		return a.Key, true
	}
	return "", a.Space == "" && a.Key == "xmlns"
}

type canonicalizer struct {
	out       bytes.Buffer
	without   *etree.Element
	inclusive map[string]bool
}

// element writes an element that stands within scope; what is written around it declares
// written.
func (c *canonicalizer) element(el *etree.Element, scope, written spaces) error {
	scope = scope.within(el)
	attrs := slices.DeleteFunc(slices.Clone(el.Attr), func(a etree.Attr) bool { _, is := declares(a); return is })
	c.out.WriteString("<" + el.FullTag())
	for _, prefix := range c.prefixes(el, attrs, scope) {
		uri, ok := scope.of(prefix)
		if !ok {
			return fmt.Errorf("%w: the prefix %.200q is not declared", ErrSAMLSyntax, prefix)
		}
		if is, _ := written.of(prefix); is == uri {
			continue
		}
		written = append(written, space{prefix, uri})
		c.attribute(declaration(prefix, uri))
	}
	slices.SortFunc(attrs, func(a, b etree.Attr) int {
		return cmp.Or(cmp.Compare(scope.ofAttr(a), scope.ofAttr(b)), cmp.Compare(a.Key, b.Key))
	})
	for _, a := range attrs {
		c.attribute(a)
	}
	c.out.WriteByte('>')
	for _, child := range el.Child {
		if err := c.child(child, scope, written); err != nil {
			return err
		}
	}
	c.out.WriteString("</" + el.FullTag() + ">")
	return nil
}

func (c *canonicalizer) child(t etree.Token, scope, written spaces) error {
	switch t := t.(type) {
	case *etree.Element:
		if t == c.without {
			return nil
		}
		return c.element(t, scope, written)
	case *etree.CharData:
		etree.NewText(t.Data).WriteTo(&c.out, &etree.WriteSettings{CanonicalText: true})
		return nil
	}
	return fmt.Errorf("%w: neither elements nor text", ErrSAMLSyntax)
}

func (c *canonicalizer) attribute(a etree.Attr) {
	c.out.WriteByte(' ')
	a.WriteTo(&c.out, &etree.WriteSettings{CanonicalAttrVal: true})
}

// prefixes are those that an element and its attributes need, in order.
func (c *canonicalizer) prefixes(el *etree.Element, attrs []etree.Attr, scope spaces) []string {
	needed := []string{el.Space}
	for _, a := range attrs {
		if a.Space != "" {
			needed = append(needed, a.Space)
		}
	}
	for _, declared := range scope {
		if c.inclusive[declared.prefix] {
			needed = append(needed, declared.prefix)
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

// ofAttr is the name space of an attribute, which without a prefix is in none.
func (s spaces) ofAttr(a etree.Attr) string {
	if a.Space == "" {
		return ""
	}
	uri, _ := s.of(a.Space)
	return uri
}

func declaration(prefix, uri string) etree.Attr {
	if prefix == "" {
		return etree.Attr{Key: "xmlns", Value: uri}
	}
	return etree.Attr{Space: "xmlns", Key: prefix, Value: uri}
}
