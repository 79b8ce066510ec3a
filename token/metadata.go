package token

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a metadata document may hold at most. The size is that of AWS's model
// (CreateSAMLProvider), the length of an entity id that of SAML; the others keep the
// work bounded and are far beyond what providers publish.
const (
	MaxMetadataSize = 10_000_000 // bytes

	maxEntityID     = 1024 // characters
	maxCertificates = 32
)

// protocol is what an IDPSSODescriptor of SAML 2.0 supports (SAML V2.0 Core, section 1.3).
const protocol = "urn:oasis:names:tc:SAML:2.0:protocol"

// Metadata is what a SAML 2.0 identity provider tells about itself. Nothing of it is
// proven: whoever takes it trusts where it came from.
type Metadata struct {
	EntityID string

	// ValidUntil is when the document says that it is no longer good, zero where it
	// does not say.
	ValidUntil time.Time

	// Certificates hold the keys that sign responses and assertions, at least one.
	// Their own dates and issuers mean nothing in SAML metadata.
	Certificates []*x509.Certificate

	SignOn []SignOn
}

// SignOn is a place where an identity provider takes users who want to sign in.
type SignOn struct {
	Binding  string // how the request gets there, such as urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST
	Location string // URL
}

// MetadataError says why a document is no metadata of an identity provider.
type MetadataError struct {
	Reason string
	Err    error // what the XML or certificate reader found, or nil
}

func (e *MetadataError) Error() string {
	if e.Err == nil {
		return "token: SAML metadata: " + e.Reason
	}
	return "token: SAML metadata: " + e.Reason + ": " + e.Err.Error()
}

// Unwrap returns what the XML or certificate reader found.
func (e *MetadataError) Unwrap() error { return e.Err }

// entityDescriptor is the document as far as it is read. Attributes are taken as they
// come, since a field would also match those of other name spaces.
type entityDescriptor struct {
	XMLName   xml.Name        `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	Attrs     []xml.Attr      `xml:",any,attr"`
	Providers []idpDescriptor `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

type idpDescriptor struct {
	Attrs  []xml.Attr      `xml:",any,attr"`
	Keys   []keyDescriptor `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	SignOn []signOnService `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
}

type keyDescriptor struct {
	Attrs []xml.Attr `xml:",any,attr"`
	Info  []struct {
		Data []struct {
			Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# X509Certificate"`
		} `xml:"http://www.w3.org/2000/09/xmldsig# X509Data"`
	} `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo"`
}

type signOnService struct {
	Attrs []xml.Attr `xml:",any,attr"`
}

// ParseMetadata reads the metadata of one SAML 2.0 identity provider: an
// EntityDescriptor with an IDPSSODescriptor that has a signing certificate. It takes no
// document type, no entities but XML's own, and no encoding but UTF-8. It returns
// *MetadataError. See SAML V2.0 Metadata, sections 2.3.2 and 2.4.3.
func ParseMetadata(document string) (*Metadata, error) {
	document = strings.TrimPrefix(document, "\uFEFF")
	if len(document) > MaxMetadataSize {
		return nil, &MetadataError{Reason: "too long"}
	}
	anything := func(xml.Token, int64) error { return nil }
	if err := checkXML(document, anything); err != nil {
		return nil, &MetadataError{Reason: "not XML as it is read here", Err: err}
	}
	var read entityDescriptor
	if err := xml.Unmarshal([]byte(document), &read); err != nil {
		return nil, &MetadataError{Reason: "no EntityDescriptor", Err: err}
	}
	m := &Metadata{EntityID: strings.TrimSpace(attribute(read.Attrs, "entityID"))}
	if m.EntityID == "" || utf8.RuneCountInString(m.EntityID) > maxEntityID || !isPlain(m.EntityID) {
		return nil, &MetadataError{Reason: "entityID is missing or no name"}
	}
	if err := m.expire(read.Attrs); err != nil {
		return nil, err
	}
	for _, provider := range read.Providers {
		if err := m.add(provider); err != nil {
			return nil, err
		}
	}
	if len(m.Certificates) == 0 {
		return nil, &MetadataError{Reason: "no signing certificate of a SAML 2.0 identity provider"}
	}
	return m, nil
}

// attribute returns an attribute that is in no name space, as all of SAML are.
func attribute(attrs []xml.Attr, name string) string {
	for _, a := range attrs {
		if a.Name == (xml.Name{Local: name}) {
			return a.Value
		}
	}
	return ""
}

// expire lets the metadata end when attrs say so, unless it ends before.
func (m *Metadata) expire(attrs []xml.Attr) error {
	text := attribute(attrs, "validUntil")
	if text == "" {
		return nil
	}
	until, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return &MetadataError{Reason: "validUntil is no date", Err: err}
	}
	if m.ValidUntil.IsZero() || until.Before(m.ValidUntil) {
		m.ValidUntil = until.UTC()
	}
	return nil
}

// add takes what a descriptor tells; those of other protocols, SAML 1.1 above all, tell
// nothing.
func (m *Metadata) add(provider idpDescriptor) error {
	if !slices.Contains(strings.Fields(attribute(provider.Attrs, "protocolSupportEnumeration")), protocol) {
		return nil
	}
	if err := m.expire(provider.Attrs); err != nil {
		return err
	}
	for _, key := range provider.Keys {
		if use := attribute(key.Attrs, "use"); use != "" && use != "signing" {
			continue
		}
		for _, info := range key.Info {
			for _, data := range info.Data {
				if err := m.addCertificate(data.Certificates); err != nil {
					return err
				}
			}
		}
	}
	for _, s := range provider.SignOn {
		m.SignOn = append(m.SignOn, SignOn{Binding: attribute(s.Attrs, "Binding"), Location: attribute(s.Attrs, "Location")})
	}
	return nil
}

// addCertificate takes the first of a chain: the others belong to whoever issued it,
// and sign nothing here.
func (m *Metadata) addCertificate(chain []string) error {
	if len(chain) == 0 {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(chain[0]), ""))
	if err != nil {
		return &MetadataError{Reason: "a signing certificate is not base64", Err: err}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return &MetadataError{Reason: "a signing certificate cannot be read", Err: err}
	}
	m.Certificates = append(m.Certificates, certificate)
	if len(m.Certificates) > maxCertificates {
		return &MetadataError{Reason: "too many signing certificates"}
	}
	return nil
}
