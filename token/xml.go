package token

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// maxXMLDepth is how deeply elements may be nested, far beyond what SAML needs.
const maxXMLDepth = 32

// checkXML refuses what readers of XML are known to disagree about, or to choke on. It
// shows visit each token and the byte that it begins at; an error of visit ends it.
func checkXML(document string, visit func(t xml.Token, offset int64) error) error {
	if !utf8.ValidString(document) || strings.ContainsFunc(document, notXML) {
		return errors.New("a character that XML does not have")
	}
	d := xml.NewDecoder(strings.NewReader(document))
	for depth, roots := 0, 0; ; {
		offset := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) && roots == 1 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not well-formed: %w", err)
		}
		if err := visit(t, offset); err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > maxXMLDepth {
				return errors.New("nested too deeply")
			}
			if depth == 1 {
				roots++
			}
			if roots > 1 || repeats(t.Attr) {
				return errors.New("two roots, or an attribute twice")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && strings.TrimSpace(string(t)) != "" {
				return errors.New("text outside of the root")
			}
		case xml.Directive:
			return errors.New("a document type")
		}
	}
}

// notXML reports what XML 1.0 does not hold in any form (section 2.2, Char). The reader
// lets it pass in comments, where it would not survive the way back.
func notXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF'
}

func repeats(attrs []xml.Attr) bool {
	seen := make(map[xml.Name]bool, len(attrs))
	for _, a := range attrs {
		if seen[a.Name] {
			return true
		}
		seen[a.Name] = true
	}
	return false
}
