package token_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/token"
)

const (
	roleAttribute    = "https://aws.amazon.com/SAML/Attributes/Role"
	sessionAttribute = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"
	readerRole       = "arn:aws:iam::123456789012:role/reader,arn:aws:iam::123456789012:saml-provider/idp"
	writerRole       = "arn:aws:iam::123456789012:role/writer,arn:aws:iam::123456789012:saml-provider/idp"
)

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "saml", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// layout is a response of testdata, and what it says.
type layout struct {
	name, document string
	check          token.SAMLCheck
	want           token.Assertion
}

func layouts(t testing.TB) []layout {
	t.Helper()
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	attributes := func(session string, roles ...string) map[string][]string {
		return map[string][]string{roleAttribute: roles, sessionAttribute: {session}}
	}
	const (
		v1, v2 = "urn:oasis:names:tc:SAML:1.1:nameid-format:", "urn:oasis:names:tc:SAML:2.0:nameid-format:"
		entra  = "https://sts.windows.net/0f0b8a2e-0000-4000-8000-000000000000/"
	)
	named := attributes("alice@example.com", readerRole)
	named["http://schemas.microsoft.com/identity/claims/displayname"] = []string{"Alice Ådams"}
	targeted := attributes("alice", readerRole)
	targeted["urn:oid:1.3.6.1.4.1.5923.1.1.1.10"] = nil // whose value is no text
	ends := at("2023-11-14T22:18:20.123Z").Add(time.Minute)
	sessionEnds := at("2023-11-15T06:13:20.123Z")
	list := []layout{
		{name: "keycloak", want: token.Assertion{ID: "ID_dd0f1e4d-f4c4-4a0e-b1a9-ac4f0e3f6f3c", Issuer: "https://keycloak.example/realms/demo", Subject: "G-9e2cb0b4-3d3b-4d38-9e8c-7f1f7c1f9c11", Format: v2 + "persistent", SessionNotOnOrAfter: sessionEnds, Attributes: attributes("alice", readerRole)}},
		{name: "adfs", want: token.Assertion{ID: "_8f3a3b1d-8f6c-4d1b-9f0a-0f6f7c1f9c12", Issuer: "http://adfs.example/adfs/services/trust", Subject: `EXAMPLE\alice`, Format: v2 + "persistent", Attributes: attributes("alice@example.com", readerRole, writerRole)}},
		{name: "okta", want: token.Assertion{ID: "id2678534195951235735129163", Issuer: "http://www.okta.com/exk1example", Subject: "alice@example.com", Format: v1 + "unspecified", Attributes: attributes("alice@example.com", readerRole)}},
		{name: "entra", want: token.Assertion{ID: "_5b0ad4a5-7c3a-4c1c-9a68-1a2b3c4d5e00", Issuer: entra, Subject: "alice@example.com", Format: v1 + "emailAddress", Attributes: named}},
		{name: "shibboleth", want: token.Assertion{ID: "_ab90c7", Issuer: "https://idp.example/idp/shibboleth", Subject: "AAdzZWNyZXQx/+=", Format: v2 + "transient", SessionNotOnOrAfter: sessionEnds, Attributes: targeted}},
		{name: "ecdsa", want: token.Assertion{ID: "_5b0ad4a5-7c3a-4c1c-9a68-1a2b3c4d5e00", Issuer: entra, Subject: "alice@example.com", Format: v1 + "emailAddress", Attributes: named}},
		{name: "mixed", want: token.Assertion{ID: "_77aa", Issuer: "https://idp.example/mixed", Subject: "alice", Format: v2 + "persistent", Attributes: attributes("alice", readerRole)}},
	}
	for i := range list {
		l := &list[i]
		l.document = readFile(t, l.name+".xml")
		l.want.Issued, l.want.Recipient, l.want.Audience, l.want.NotOnOrAfter = at("2023-11-14T22:13:20.123Z"), samlRecipient, samlAudience, ends
		key := "rsa.pem"
		switch l.name {
		case "ecdsa":
			key = "ec.pem"
		case "mixed":
			key = "mixed.pem"
		}
		block, _ := pem.Decode([]byte(readFile(t, key)))
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		l.check = checkFor(t)
		l.check.Metadata = token.Metadata{EntityID: l.want.Issuer, Certificates: []*x509.Certificate{certificate}}
	}
	return list
}

func TestSAMLLayouts(t *testing.T) {
	t.Parallel()
	for _, l := range layouts(t) {
		got, err := token.VerifySAML(base64Of(l.document), l.check, issuedAt())
		if err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		if diff := cmp.Diff(l.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", l.name, diff)
		}
	}
}

// unchanged fails where a document is taken that says anything else than what the
// provider signed.
func unchanged(t interface{ Fatalf(string, ...any) }, l layout, document string) {
	got, err := token.VerifySAML(base64Of(document), l.check, issuedAt())
	if err == nil && !cmp.Equal(l.want, got) {
		t.Fatalf("%s is taken to say %+v:\n%s", l.name, got, document)
	}
}

// No byte of a response can be changed so that it says something else.
func TestSAMLBytes(t *testing.T) {
	t.Parallel()
	for _, l := range layouts(t) {
		for i := 0; i < len(l.document); i += 61 {
			for _, b := range []byte{l.document[i] ^ 1, ' ', '<'} {
				changed := []byte(l.document)
				changed[i] = b
				unchanged(t, l, string(changed))
			}
			unchanged(t, l, l.document[:i]+l.document[i+1:])
		}
	}
}

// elements lists an element and all below it.
func elements(el *etree.Element) []*etree.Element {
	list := []*etree.Element{el}
	for _, c := range el.ChildElements() {
		list = append(list, elements(c)...)
	}
	return list
}

// evil changes whatever the element says of names.
func evil(el *etree.Element) *etree.Element {
	copied := el.Copy()
	for _, e := range elements(copied) {
		if e.Tag == "NameID" || e.Tag == "AttributeValue" {
			e.SetText("root")
		}
	}
	return copied
}

// However the elements of a response are moved, copied, taken away, renamed or changed,
// what is taken is what the provider signed. All of the wrapping attacks are such moves.
func TestSAMLWrapping(t *testing.T) {
	t.Parallel()
	all := layouts(t)
	taken, made := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		l := rapid.SampledFrom(all).Draw(r, "layout")
		document := etree.NewDocument()
		if err := document.ReadFromString(l.document); err != nil {
			r.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(r, "moves") {
			list := elements(document.Root())
			from := rapid.SampledFrom(list).Draw(r, "from")
			to := rapid.SampledFrom(list).Draw(r, "to")
			move(r, from, to)
		}
		text, err := document.WriteToString()
		if err != nil {
			r.Fatal(err)
		}
		unchanged(r, l, text)
		made++
		if _, err := token.VerifySAML(base64Of(text), l.check, issuedAt()); err == nil {
			taken++
		}
	})
	t.Logf("%d of %d are taken", taken, made)
}

// move does one of the things that an attacker can do to a document.
func move(r *rapid.T, from, to *etree.Element) {
	at := rapid.IntRange(0, len(to.Child)).Draw(r, "at")
	inside := slices.Contains(elements(from), to)
	switch rapid.SampledFrom([]string{"copy", "evil copy", "move", "swap for evil", "remove", "id", "name", "text", "wrap"}).Draw(r, "what") {
	case "copy":
		to.InsertChildAt(at, from.Copy())
	case "evil copy":
		to.InsertChildAt(at, evil(from))
	case "move":
		if from.Parent() != nil && !inside {
			to.AddChild(from)
		}
	case "swap for evil":
		if parent := from.Parent(); parent != nil && parent.Tag != "" && !inside {
			changed := evil(from)
			parent.InsertChildAt(from.Index(), changed)
			to.AddChild(from)
		}
	case "remove":
		if parent := from.Parent(); parent != nil && parent.Tag != "" {
			parent.RemoveChild(from)
		}
	case "id":
		from.CreateAttr("ID", rapid.SampledFrom([]string{"x", to.SelectAttrValue("ID", "y")}).Draw(r, "id"))
	case "name":
		from.Tag = strings.TrimPrefix(to.Tag, "Encrypted")
	case "text":
		from.SetText("root")
	case "wrap":
		if parent := from.Parent(); parent != nil && parent.Tag != "" {
			wrapper := etree.NewElement("Object")
			parent.InsertChildAt(from.Index(), wrapper)
			wrapper.AddChild(from)
		}
	}
}

func FuzzVerifySAML(f *testing.F) {
	all := layouts(f)
	for _, l := range all {
		f.Add(l.document)
	}
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`)
	f.Add(assertionXML)
	f.Fuzz(func(t *testing.T, document string) {
		for _, l := range all {
			unchanged(t, l, document)
		}
	})
}

// A response that is as hard to read as the limits let it be takes no time worth
// mentioning.
func BenchmarkVerifySAML(b *testing.B) {
	f := newForger(b)
	check := checkFor(b, f.key)
	prefixes := many(` xmlns:p%d="urn:x"`, 60)
	for name, document := range map[string]string{
		"good":     inResponse(f.assertion),
		"both":     f.own().signed(b, inResponse(f.assertion)),
		"prefixes": edit(b, inResponse(edit(b, f.assertion, "reader", "reader"+many("<x%d/>", 900))), "<samlp:Response", "<samlp:Response"+prefixes),
		"text":     edit(b, inResponse(f.assertion), "reader", many("&amp;%d", 6000)),
	} {
		b.Run(name, func(b *testing.B) {
			response := base64Of(document)
			for b.Loop() {
				_, err := token.VerifySAML(response, check, issuedAt())
				if wants := name == "good" || name == "both"; wants != (err == nil) {
					b.Fatal(err)
				}
			}
		})
	}
}
