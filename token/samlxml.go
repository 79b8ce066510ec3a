package token

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

// What a SAML message may hold at most, beside its size. Canonical XML copies what is
// declared at each element, so both numbers bound the work; a response has some dozens
// of elements and a handful of name spaces.
const (
	maxSAMLElements   = 1000
	maxSAMLAttributes = 32 // of one element
	maxSAMLPrefixes   = 64 // declared in the whole message
)

// parseSAML reads a SAML message, or a part of one. It takes less than XML: no document
// type, no entities but XML's own, no comments, no processing instructions, no encoding
// but UTF-8. What readers of XML disagree about is not there to be disagreed about.
func parseSAML(document []byte) (*etree.Element, error) {
	elements, prefixes := 0, 0
	err := checkXML(string(document), func(t xml.Token, offset int64) error {
		switch t := t.(type) {
		case xml.Comment:
			return errors.New("a comment")
		case xml.ProcInst:
			if t.Target != "xml" || offset != 0 {
				return errors.New("a processing instruction")
			}
		case xml.StartElement:
			elements++
			prefixes += declarations(t.Attr)
			if elements > maxSAMLElements || len(t.Attr) > maxSAMLAttributes || prefixes > maxSAMLPrefixes {
				return errors.New("too many elements, attributes or prefixes")
			}
			return checkNames(t)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSAMLSyntax, err)
	}
	read := etree.NewDocument()
	if err := read.ReadFromBytes(document); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSAMLSyntax, err)
	}
	return read.Root(), nil
}

func declarations(attrs []xml.Attr) int {
	n := 0
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			n++
		}
	}
	return n
}

// checkNames refuses names that are none in a name space, and prefixes that must not be
// declared so (Namespaces in XML 1.0, sections 3 and 4), which the reader lets pass.
func checkNames(e xml.StartElement) error {
	if strings.Contains(e.Name.Local, ":") {
		return errors.New("a name with a stray colon")
	}
	for _, a := range e.Attr {
		if strings.Contains(a.Name.Local, ":") {
			return errors.New("a name with a stray colon")
		}
		if a.Name.Space == "xmlns" && (a.Value == "" || a.Name.Local == "xml" || a.Name.Local == "xmlns") {
			return errors.New("a prefix that must not be declared so")
		}
	}
	return nil
}

func is(el *etree.Element, space, tag string) bool {
	return el.Tag == tag && el.NamespaceURI() == space
}

func children(el *etree.Element, space, tag string) []*etree.Element {
	var found []*etree.Element
	for _, c := range el.ChildElements() {
		if is(c, space, tag) {
			found = append(found, c)
		}
	}
	return found
}

// only returns the one child of that name, if there is one and no more.
func only(el *etree.Element, space, tag string) (*etree.Element, bool) {
	found := children(el, space, tag)
	if len(found) != 1 {
		return nil, false
	}
	return found[0], true
}

// one is only for what SAML wants to be there.
func one(el *etree.Element, space, tag string) (*etree.Element, error) {
	found, ok := only(el, space, tag)
	if !ok {
		return nil, fmt.Errorf("%w: not one %s in %s", ErrSAMLSyntax, tag, el.Tag)
	}
	return found, nil
}

// attr returns an attribute that is in no name space, as all of SAML are.
func attr(el *etree.Element, name string) string {
	for _, a := range el.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value
		}
	}
	return ""
}

// text returns all text of an element that holds nothing else.
func text(el *etree.Element) (string, error) {
	if len(el.ChildElements()) > 0 {
		return "", fmt.Errorf("%w: %s holds elements, not text", ErrSAMLSyntax, el.Tag)
	}
	var b strings.Builder
	for _, c := range el.Child {
		if data, ok := c.(*etree.CharData); ok {
			b.WriteString(data.Data)
		}
	}
	return b.String(), nil
}

// count tells how many elements below and including el have one of the names, in
// whatever name space.
func count(el *etree.Element, tags ...string) int {
	n := 0
	if slices.Contains(tags, el.Tag) {
		n++
	}
	for _, c := range el.ChildElements() {
		n += count(c, tags...)
	}
	return n
}
