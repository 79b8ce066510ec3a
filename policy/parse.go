package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Parse reads a policy of any kind. What it does not know it refuses: unknown
// or repeated elements, unknown operators, values that an operator cannot read,
// a statement without actions. The error is always a *SyntaxError. A document
// that parses is safe to evaluate, and Validate says whether it may be stored.
// See AWS "Grammar of the IAM JSON policy language".
func Parse(text string) (*Document, error) {
	r, err := newReader(text)
	if err != nil {
		return nil, err
	}
	d := &Document{source: text}
	if err := d.read(r); err != nil {
		return nil, err
	}
	if err := d.compile(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Document) read(r *reader) error {
	err := r.object(func(name string) (err error) {
		switch name {
		case "Version":
			if d.Version, err = r.string(); err == nil && d.Version != Version2008 && d.Version != Version2012 {
				return r.fail()
			}
			return err
		case "Id":
			d.ID, err = r.string()
			return err
		case "Statement":
			return d.readStatements(r)
		}
		return r.fail()
	})
	if err == nil && len(d.Statements) == 0 {
		return r.fail()
	}
	return err
}

func (d *Document) readStatements(r *reader) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		return d.readStatement(r)
	case json.Delim('['):
	default:
		return r.fail()
	}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		if t != json.Delim('{') {
			return r.fail()
		}
		if err := d.readStatement(r); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

// readStatement reads on behind the opening brace of a statement.
func (d *Document) readStatement(r *reader) error {
	s := Statement{Start: int(r.dec.InputOffset()) - 1}
	var has []string
	err := r.members(func(name string) error {
		has = append(has, name)
		return s.readElement(r, name)
	})
	if err != nil {
		return err
	}
	for _, element := range []string{"Principal", "Action", "Resource"} {
		if slices.Contains(has, element) && slices.Contains(has, "Not"+element) {
			return r.fail()
		}
	}
	if !slices.Contains(has, "Effect") {
		return r.fail()
	}
	s.End = int(r.dec.InputOffset())
	d.Statements = append(d.Statements, s)
	return nil
}

func (s *Statement) readElement(r *reader, name string) (err error) {
	switch name {
	case "Sid":
		s.Sid, err = r.string()
	case "Effect":
		return s.readEffect(r)
	case "Principal", "NotPrincipal":
		s.NotPrincipal = name == "NotPrincipal"
		s.Principals, err = readPrincipals(r)
	case "Action", "NotAction":
		s.NotAction = name == "NotAction"
		s.Actions, err = r.strings()
	case "Resource", "NotResource":
		s.NotResource = name == "NotResource"
		s.Resources, err = r.strings()
	case "Condition":
		return s.readConditions(r)
	default:
		return r.fail()
	}
	return err
}

// readEffect lets a wrong case pass, for the legacy parser refuses that later
// with a message of its own.
func (s *Statement) readEffect(r *reader) error {
	effect, err := r.string()
	if err != nil {
		return err
	}
	if !strings.EqualFold(effect, string(Allow)) && !strings.EqualFold(effect, string(Deny)) {
		return r.fail()
	}
	s.Effect = Effect(effect)
	return nil
}

func readPrincipals(r *reader) (*Principals, error) {
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	if t == "*" {
		return &Principals{Any: true}, nil
	}
	if t != json.Delim('{') {
		return nil, r.fail()
	}
	p := &Principals{}
	err = r.members(func(name string) (err error) {
		switch name {
		case "AWS":
			p.AWS, p.places, err = r.names()
		case "Federated":
			p.Federated, err = r.strings()
		case "Service":
			p.Service, err = r.strings()
		case "CanonicalUser":
			p.CanonicalUser, err = r.strings()
		default:
			return r.fail()
		}
		return err
	})
	p.Any = slices.Contains(p.AWS, "*")
	return p, err
}

func (s *Statement) readConditions(r *reader) error {
	return r.object(func(name string) error {
		known := knownOperator(name)
		return r.object(func(key string) error {
			values, err := r.scalars()
			if err != nil {
				return err
			}
			if !known || key == "" {
				return r.fail()
			}
			s.Conditions = append(s.Conditions, Condition{Operator: name, Key: key, Values: values})
			return nil
		})
	})
}
