package testidp

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"
)

// What a response says unless it is asked to say something else.
const (
	samlAudience = "urn:amazon:webservices"
	samlLifetime = 5 * time.Minute
	samlFormat   = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	samlClaims   = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	samlDate     = "2006-01-02T15:04:05.000Z"
)

// SAMLConfig describes a SAML provider.
type SAMLConfig struct {
	// EntityID is the issuer of responses, a URL such as https://saml.cenote.test.
	EntityID string
	// Users are those who can sign in; nil means DefaultUsers.
	Users []User
	// Key is the first signing key, of RSA; nil makes one.
	Key crypto.Signer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// SAMLProvider is an identity provider of SAML 2.0. It is safe for concurrent use.
type SAMLProvider struct {
	entityID string
	users    map[string]User
	now      func() time.Time

	mu       sync.Mutex
	current  samlKey
	previous []samlKey // none or one
}

type samlKey struct {
	signer      crypto.Signer
	certificate []byte // DER
}

// SAMLOptions make a response differ from what it is by default. The zero value means
// the defaults.
type SAMLOptions struct {
	// Audience is urn:amazon:webservices by default.
	Audience string
	// Lifetime is five minutes by default; a negative one has passed.
	Lifetime time.Duration
	// Session is how long the user's session lasts; zero leaves it out.
	Session time.Duration
	// Format is that of the NameID, persistent by default.
	Format string
	// SignResponse signs the response; LeaveAssertion does not sign the assertion.
	SignResponse, LeaveAssertion bool
	// Encrypt encrypts the assertion to a key.
	Encrypt *rsa.PublicKey
}

// NewSAML makes a SAML provider. It fails if the entity id is empty, if a user has no
// name of his own, or if the key cannot sign.
func NewSAML(c SAMLConfig) (*SAMLProvider, error) {
	if c.EntityID == "" {
		return nil, fmt.Errorf("testidp: a SAML provider without an entity id")
	}
	if c.Users == nil {
		c.Users = DefaultUsers()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	users, err := byName(c.Users)
	if err != nil {
		return nil, err
	}
	p := &SAMLProvider{entityID: c.EntityID, users: users, now: c.Now}
	if c.Key == nil {
		return p, p.RotateKey()
	}
	p.current, err = certified(c.Key, c.EntityID, c.Now())
	return p, err
}

// EntityID is the issuer of the responses.
func (p *SAMLProvider) EntityID() string { return p.entityID }

// RotateKey makes a new signing key. The key before it stays in the metadata until the
// next rotation.
func (p *SAMLProvider) RotateKey() error {
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	key, err := certified(signer, p.entityID, p.now())
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current.signer != nil {
		p.previous = []samlKey{p.current}
	}
	p.current = key
	return nil
}

// certified gives a key the certificate that metadata wants; nobody reads more of it
// than the key.
func certified(signer crypto.Signer, entityID string, now time.Time) (samlKey, error) {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0)}
	template.Subject.CommonName = entityID
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	return samlKey{signer: signer, certificate: der}, err
}

// Metadata is the document that an IAM SAML provider is made of.
func (p *SAMLProvider) Metadata() string {
	p.mu.Lock()
	keys := append([]samlKey{p.current}, p.previous...)
	p.mu.Unlock()
	root := etree.NewElement("md:EntityDescriptor")
	root.CreateAttr("xmlns:md", "urn:oasis:names:tc:SAML:2.0:metadata")
	root.CreateAttr("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#")
	root.CreateAttr("entityID", p.entityID)
	provider := root.CreateElement("md:IDPSSODescriptor")
	provider.CreateAttr("WantAuthnRequestsSigned", "false")
	provider.CreateAttr("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol")
	for _, key := range keys {
		descriptor := provider.CreateElement("md:KeyDescriptor")
		descriptor.CreateAttr("use", "signing")
		descriptor.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").
			SetText(base64.StdEncoding.EncodeToString(key.certificate))
	}
	provider.CreateElement("md:NameIDFormat").SetText(samlFormat)
	signOn := provider.CreateElement("md:SingleSignOnService")
	signOn.CreateAttr("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
	signOn.CreateAttr("Location", strings.TrimSuffix(p.entityID, "/")+"/sso")
	return written(root)
}

// Response signs a response in base64 for a user whom recipient is to sign in. The
// user's name, and e-mail address if there is one, are attributes; attributes adds
// others or replaces them, and takes one away that is empty. It returns ErrUnknownUser.
func (p *SAMLProvider) Response(user, recipient string, attributes map[string][]string, o SAMLOptions) (string, error) {
	u, ok := p.users[user]
	if !ok {
		return "", ErrUnknownUser
	}
	all := map[string][]string{samlClaims + "nameidentifier": {u.Name}, samlClaims + "name": {u.Name}}
	if email, ok := u.Claims["email"].(string); ok {
		all[samlClaims+"emailaddress"] = []string{email}
	}
	maps.Copy(all, attributes)
	p.mu.Lock()
	key := p.current
	p.mu.Unlock()
	assertion := p.assertion(u.Name, recipient, all, o)
	if !o.LeaveAssertion {
		if err := key.sign(assertion); err != nil {
			return "", err
		}
	}
	if o.Encrypt != nil {
		var err error
		if assertion, err = encrypted(assertion, o.Encrypt); err != nil {
			return "", err
		}
	}
	response := p.message("samlp:Response")
	response.CreateAttr("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
	response.CreateAttr("Destination", recipient)
	response.CreateElement("samlp:Status").CreateElement("samlp:StatusCode").
		CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Success")
	response.AddChild(assertion)
	if o.SignResponse {
		if err := key.sign(response); err != nil {
			return "", err
		}
	}
	return base64.StdEncoding.EncodeToString([]byte(written(response))), nil
}

// message is what responses and assertions have in common.
func (p *SAMLProvider) message(tag string) *etree.Element {
	el := etree.NewElement(tag)
	el.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	el.CreateAttr("ID", "_"+rand.Text())
	el.CreateAttr("Version", "2.0")
	el.CreateAttr("IssueInstant", p.now().UTC().Format(samlDate))
	el.CreateElement("saml:Issuer").SetText(p.entityID)
	return el
}

func (p *SAMLProvider) assertion(subject, recipient string, attributes map[string][]string, o SAMLOptions) *etree.Element {
	now := p.now().UTC()
	end := now.Add(cmp.Or(o.Lifetime, samlLifetime)).Format(samlDate)
	a := p.message("saml:Assertion")

	s := a.CreateElement("saml:Subject")
	name := s.CreateElement("saml:NameID")
	name.CreateAttr("Format", cmp.Or(o.Format, samlFormat))
	name.SetText(subject)
	confirmation := s.CreateElement("saml:SubjectConfirmation")
	confirmation.CreateAttr("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
	data := confirmation.CreateElement("saml:SubjectConfirmationData")
	data.CreateAttr("NotOnOrAfter", end)
	data.CreateAttr("Recipient", recipient)

	conditions := a.CreateElement("saml:Conditions")
	conditions.CreateAttr("NotBefore", now.Add(-samlLifetime).Format(samlDate))
	conditions.CreateAttr("NotOnOrAfter", end)
	conditions.CreateElement("saml:AudienceRestriction").CreateElement("saml:Audience").SetText(cmp.Or(o.Audience, samlAudience))

	authn := a.CreateElement("saml:AuthnStatement")
	authn.CreateAttr("AuthnInstant", now.Format(samlDate))
	if o.Session != 0 {
		authn.CreateAttr("SessionNotOnOrAfter", now.Add(o.Session).Format(samlDate))
	}
	authn.CreateElement("saml:AuthnContext").CreateElement("saml:AuthnContextClassRef").
		SetText("urn:oasis:names:tc:SAML:2.0:ac:classes:Password")

	statement := a.CreateElement("saml:AttributeStatement")
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if len(attributes[key]) == 0 {
			continue
		}
		attribute := statement.CreateElement("saml:Attribute")
		attribute.CreateAttr("Name", key)
		for _, value := range attributes[key] {
			attribute.CreateElement("saml:AttributeValue").SetText(value)
		}
	}
	return a
}
