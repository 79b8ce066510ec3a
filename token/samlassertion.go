package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Names of SAML 2.0 (OASIS, SAML V2.0 Core and Profiles).
const (
	spaceProtocol  = protocol
	spaceAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	statusSuccess  = "urn:oasis:names:tc:SAML:2.0:status:Success"
	methodBearer   = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

func isID(a etree.Attr) bool { return strings.EqualFold(a.Key, "id") && a.Space != "xmlns" }

// checkResponse checks what a response says beside its assertion.
func (c SAMLCheck) checkResponse(response *etree.Element) error {
	if attr(response, "Version") != "2.0" || attr(response, "ID") == "" {
		return fmt.Errorf("%w: the response is not of version 2.0, or has no ID", ErrSAMLSyntax)
	}
	status, err := one(response, spaceProtocol, "Status")
	if err != nil {
		return err
	}
	code, err := one(status, spaceProtocol, "StatusCode")
	if err != nil {
		return err
	}
	if attr(code, "Value") != statusSuccess {
		return ErrSAMLStatus
	}
	if to := attr(response, "Destination"); to != "" && !c.takes(to) {
		return fmt.Errorf("%w: it is sent to %.200q", ErrSAMLRecipient, to)
	}
	if len(children(response, spaceAssertion, "Issuer")) == 0 {
		return nil
	}
	return c.checkIssuer(response)
}

// takes reports whether a URL is one of the recipients.
func (c SAMLCheck) takes(url string) bool {
	return slices.ContainsFunc(c.Recipients, func(recipient string) bool {
		before, after, isPattern := strings.Cut(recipient, "*")
		if !isPattern {
			return url == recipient && url != ""
		}
		rest, begins := strings.CutPrefix(url, before)
		region, ends := strings.CutSuffix(rest, after)
		return begins && ends && region != "" && strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	})
}

func (c SAMLCheck) checkIssuer(el *etree.Element) error {
	issuer, err := one(el, spaceAssertion, "Issuer")
	if err != nil {
		return err
	}
	name, err := text(issuer)
	if err != nil {
		return err
	}
	if strings.TrimSpace(name) != c.Metadata.EntityID {
		return fmt.Errorf("%w: %.200q, not %q", ErrSAMLIssuer, name, c.Metadata.EntityID)
	}
	return nil
}

// read takes from an assertion what it says, once all conditions hold.
func (c SAMLCheck) read(assertion *etree.Element, now time.Time) (Assertion, error) {
	if attr(assertion, "Version") != "2.0" || attr(assertion, "ID") == "" {
		return Assertion{}, fmt.Errorf("%w: the assertion is not of version 2.0, or has no ID", ErrSAMLSyntax)
	}
	if err := c.checkIssuer(assertion); err != nil {
		return Assertion{}, err
	}
	a := Assertion{ID: attr(assertion, "ID"), Issuer: c.Metadata.EntityID, Attributes: make(map[string][]string)}
	life := lifetime{now: now, grace: c.Grace}
	for _, step := range []func(*etree.Element, *Assertion, *lifetime) error{readIssued, c.readConditions, c.readSubject, readSession, readAttributes} {
		if err := step(assertion, &a, &life); err != nil {
			return Assertion{}, err
		}
	}
	a.NotOnOrAfter = life.end.Add(c.Grace)
	return a, nil
}

// lifetime gathers when an assertion begins and ends to be good.
type lifetime struct {
	now   time.Time
	grace time.Duration
	end   time.Time // the earliest so far
}

// begun checks that something is not to begin in the future.
func (l *lifetime) begun(name string, from time.Time) error {
	if from.After(l.now.Add(l.grace)) {
		return &NotYetError{Claim: name, Now: l.now, From: from}
	}
	return nil
}

// within checks the NotBefore and NotOnOrAfter of an element, either of which may be
// missing.
func (l *lifetime) within(el *etree.Element) error {
	from, err := instant(el, "NotBefore")
	if err != nil {
		return err
	}
	if err := l.begun("NotBefore", from); err != nil {
		return err
	}
	end, err := instant(el, "NotOnOrAfter")
	if err != nil || end.IsZero() {
		return err
	}
	if !l.now.Before(end.Add(l.grace)) {
		return &ExpiredError{Now: l.now, Expires: end}
	}
	if l.end.IsZero() || end.Before(l.end) {
		l.end = end
	}
	return nil
}

// instant returns an attribute that is a date, zero where it is missing.
func instant(el *etree.Element, name string) (time.Time, error) {
	value := attr(el, name)
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %s of %s is no date", ErrSAMLSyntax, name, el.Tag)
	}
	return t.UTC(), nil
}

// readIssued takes when the assertion was made, which is not in the future.
func readIssued(assertion *etree.Element, a *Assertion, life *lifetime) error {
	var err error
	if a.Issued, err = instant(assertion, "IssueInstant"); err != nil {
		return err
	}
	if a.Issued.IsZero() {
		return fmt.Errorf("%w: the assertion has no IssueInstant", ErrSAMLSyntax)
	}
	return life.begun("IssueInstant", a.Issued)
}

// readConditions checks all conditions; one that is not known cannot hold (SAML V2.0
// Core, section 2.5.1).
func (c SAMLCheck) readConditions(assertion *etree.Element, a *Assertion, life *lifetime) error {
	conditions, err := one(assertion, spaceAssertion, "Conditions")
	if err != nil {
		return err
	}
	if err := life.within(conditions); err != nil {
		return err
	}
	for _, condition := range conditions.ChildElements() {
		switch {
		case is(condition, spaceAssertion, "OneTimeUse"), is(condition, spaceAssertion, "ProxyRestriction"):
		case is(condition, spaceAssertion, "AudienceRestriction"):
			if a.Audience, err = c.audience(condition); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: a condition that is not known", ErrSAMLSyntax)
		}
	}
	if a.Audience == "" {
		return fmt.Errorf("%w: it has none", ErrSAMLAudience)
	}
	return nil
}

// audience returns the one that a restriction and the check have in common.
func (c SAMLCheck) audience(restriction *etree.Element) (string, error) {
	var names []string
	for _, el := range children(restriction, spaceAssertion, "Audience") {
		name, err := text(el)
		if err != nil {
			return "", err
		}
		if name = strings.TrimSpace(name); name != "" && slices.Contains(c.Audiences, name) {
			return name, nil
		}
		names = append(names, name)
	}
	return "", fmt.Errorf("%w: %.200q", ErrSAMLAudience, names[:min(len(names), 3)])
}

// readSubject takes a subject that whoever brings the assertion may claim to be. AWS
// wants exactly one confirmation (IAM User Guide, "Configure SAML assertions for the
// authentication response").
func (c SAMLCheck) readSubject(assertion *etree.Element, a *Assertion, life *lifetime) error {
	subject, err := one(assertion, spaceAssertion, "Subject")
	if err != nil {
		return err
	}
	name, err := one(subject, spaceAssertion, "NameID")
	if err != nil {
		return err
	}
	if a.Subject, err = text(name); err != nil {
		return err
	}
	a.Subject = unwrapped(a.Subject)
	if strings.TrimSpace(a.Subject) == "" {
		return fmt.Errorf("%w: it has no name", ErrSAMLSubject)
	}
	a.Format = attr(name, "Format")
	confirmation, ok := only(subject, spaceAssertion, "SubjectConfirmation")
	if !ok || attr(confirmation, "Method") != methodBearer {
		return fmt.Errorf("%w: not one confirmation, or by another method", ErrSAMLSubject)
	}
	data, ok := only(confirmation, spaceAssertion, "SubjectConfirmationData")
	if !ok || attr(data, "NotOnOrAfter") == "" || attr(data, "NotBefore") != "" {
		return fmt.Errorf("%w: no data, without NotOnOrAfter, or with NotBefore", ErrSAMLSubject)
	}
	if a.Recipient = attr(data, "Recipient"); !c.takes(a.Recipient) {
		return fmt.Errorf("%w: %.200q", ErrSAMLRecipient, a.Recipient)
	}
	return life.within(data)
}

// unwrapped returns what stands on lines of its own without its white space: a pretty
// printer added that. White space of any other kind may be all that tells two users apart,
// such as the line break at the end that many a check of names lets pass.
func unwrapped(text string) string {
	inner := strings.Trim(text, " \t\r\n")
	before, after, _ := strings.Cut(text, inner)
	if strings.Contains(before, "\n") && strings.Contains(after, "\n") {
		return inner
	}
	return text
}

// readSession takes the earliest end of the sessions that the assertion tells of.
func readSession(assertion *etree.Element, a *Assertion, life *lifetime) error {
	for _, statement := range children(assertion, spaceAssertion, "AuthnStatement") {
		end, err := instant(statement, "SessionNotOnOrAfter")
		if err != nil {
			return err
		}
		if end.IsZero() {
			continue
		}
		if !life.now.Before(end.Add(life.grace)) {
			return &ExpiredError{Now: life.now, Expires: end}
		}
		if a.SessionNotOnOrAfter.IsZero() || end.Before(a.SessionNotOnOrAfter) {
			a.SessionNotOnOrAfter = end
		}
	}
	return nil
}

func readAttributes(assertion *etree.Element, a *Assertion, _ *lifetime) error {
	for _, statement := range children(assertion, spaceAssertion, "AttributeStatement") {
		for _, attribute := range statement.ChildElements() {
			name := attr(attribute, "Name")
			if !is(attribute, spaceAssertion, "Attribute") || name == "" {
				return fmt.Errorf("%w: an attribute that is encrypted or has no name", ErrSAMLSyntax)
			}
			values := a.Attributes[name]
			for _, el := range children(attribute, spaceAssertion, "AttributeValue") {
				if value, err := text(el); err == nil {
					values = append(values, value)
				}
			}
			a.Attributes[name] = values // also none: it is there
		}
	}
	return nil
}
