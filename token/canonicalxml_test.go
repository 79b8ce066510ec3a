package token_test

import (
	"errors"
	"testing"

	"github.com/cenotehq/cenote/token"
)

// TestCanonical has documents whose canonical form xmlsec1 has told.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ document, prefixes, want string }{
		"spaces, quotes, empty":     {"<a  x = '1'\n y=\"2\"/>", "", `<a x="1" y="2"></a>`},
		"text":                      {"<a>&lt;&#62;&amp;&quot;&apos;&#9;&#10;&#13;\r\n]]&gt;<![CDATA[<b/>]]></a>", "", "<a>&lt;&gt;&amp;\"'\t\n&#xD;\n]]&gt;&lt;b/&gt;</a>"},
		"values":                    {"<a x='&lt;&#62;&amp;\"&apos;&#9;&#10;&#13;'/>", "", `<a x="&lt;>&amp;&quot;'&#x9;&#xA;&#xD;"></a>`},
		"declarations come first":   {`<p:a z="1" xmlns:q="urn:q" q:y="2" xmlns:p="urn:p" xmlns="urn:d"><b/></p:a>`, "", `<p:a xmlns:p="urn:p" xmlns:q="urn:q" z="1" q:y="2"><b xmlns="urn:d"></b></p:a>`},
		"attributes by name space":  {`<a xmlns:p="urn:2" xmlns:q="urn:1" p:a="1" q:z="2" b="3"/>`, "", `<a xmlns:p="urn:2" xmlns:q="urn:1" b="3" q:z="2" p:a="1"></a>`},
		"then by name":              {`<a xmlns:p="urn:1" xmlns:q="urn:1" p:b="1" q:a="2"/>`, "", `<a xmlns:p="urn:1" xmlns:q="urn:1" q:a="2" p:b="1"></a>`},
		"in capitals first":         {`<a b="1" é="2" B="3"/>`, "", `<a B="3" b="1" é="2"></a>`},
		"xml: as by any other":      {`<a xmlns:z="urn:z" xmlns:g="gopher:g" z:a="1" xml:lang="de" g:z="2"/>`, "", `<a xmlns:g="gopher:g" xmlns:z="urn:z" g:z="2" xml:lang="de" z:a="1"></a>`},
		"one name in two spaces":    {`<a xmlns:p="urn:2" xmlns:q="urn:1"><b p:x="1" q:x="2"/></a>`, "", `<a><b xmlns:p="urn:2" xmlns:q="urn:1" q:x="2" p:x="1"></b></a>`},
		"declared where it is used": {`<a xmlns:p="urn:p"><p:b/><c><p:d p:x="1"/></c></a>`, "", `<a><p:b xmlns:p="urn:p"></p:b><c><p:d xmlns:p="urn:p" p:x="1"></p:d></c></a>`},
		"declared once":             {`<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:p"/></p:a>`, "", `<p:a xmlns:p="urn:p"><p:b></p:b></p:a>`},
		"declared anew":             {`<p:a xmlns:p="urn:p"><b xmlns:p="urn:q"><p:c/></b><p:d/></p:a>`, "", `<p:a xmlns:p="urn:p"><b><p:c xmlns:p="urn:q"></p:c></b><p:d></p:d></p:a>`},
		"no name space any more":    {`<a xmlns="urn:d"><p:b xmlns:p="urn:p" xmlns=""><c/></p:b></a>`, "", `<a xmlns="urn:d"><p:b xmlns:p="urn:p"><c xmlns=""></c></p:b></a>`},
		"never in a name space":     {`<a xmlns=""><b/></a>`, "", `<a><b></b></a>`},
		"listed":                    {`<a xmlns:p="urn:p" xmlns:q="urn:q"><b xmlns:p="urn:r"/></a>`, " p\tnone xml ", `<a xmlns:p="urn:p"><b xmlns:p="urn:r"></b></a>`},
		"listed, below":             {`<a><b xmlns:p="urn:p"/><c xmlns:p="urn:p"/></a>`, "p", `<a><b xmlns:p="urn:p"></b><c xmlns:p="urn:p"></c></a>`},
		"default listed":            {`<p:a xmlns:p="urn:p" xmlns="urn:d"><p:b xmlns=""/></p:a>`, "#default", `<p:a xmlns="urn:d" xmlns:p="urn:p"><p:b xmlns=""></p:b></p:a>`},
	} {
		got, err := token.Canonical(tt.document, tt.prefixes)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, tt.want)
		}
	}
	for _, document := range []string{`<p:a/>`, `<a p:x="1"/>`, `<a><b xmlns:p="urn:p"/><p:c/></a>`, `<xmlns:a/>`} {
		if got, err := token.Canonical(document, "p"); !errors.Is(err, token.ErrSAMLSyntax) {
			t.Errorf("%s: %v, %s", document, err, got)
		}
	}
}

// FuzzCanonical writes what is canonical as it is.
func FuzzCanonical(f *testing.F) {
	for _, l := range layouts(f) {
		f.Add(l.document, "#default saml xs")
	}
	f.Add(`<a xmlns:p="urn:2" xmlns:q="urn:1" p:a="1" q:z="2" b="3">&#13;<q:b xmlns="x"/></a>`, "q")
	f.Fuzz(func(t *testing.T, document, prefixes string) {
		once, err := token.Canonical(document, prefixes)
		if err != nil {
			return
		}
		if twice, err := token.Canonical(once, prefixes); err != nil || twice != once {
			t.Errorf("%q\nis %q\nthen %q, %v", document, once, twice, err)
		}
	})
}
