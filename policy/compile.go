package policy

import "strings"

// compile readies every statement for evaluation and refuses what the grammar
// lets pass but evaluation could not decide, in the order in which AWS
// complains.
func (d *Document) compile() error {
	for _, check := range []func() error{d.compileLegacy, d.compileResources, d.uniqueSids, d.compileRest} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// refuse reports what is wrong with s. Every policy that IAM stores must be of
// Version2012, and it says so before it looks at anything that comes here.
func (d *Document) refuse(s *Statement, message string) error {
	if d.Version != Version2012 {
		message = versionMessage
	}
	return &SyntaxError{Message: message, Offset: s.Start}
}

func (d *Document) compileLegacy() error {
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != Allow && s.Effect != Deny {
			return d.refuse(s, legacyMessage)
		}
		for j := range s.Conditions {
			if !s.Conditions[j].compile(d.Version == Version2012) {
				return d.refuse(s, legacyMessage)
			}
		}
	}
	return nil
}

// compileResources leaves malformed ARNs to Validate, which has better words
// for them, and they match nothing; once it has met one it looks no further,
// as AWS.
func (d *Document) compileResources() error {
	wellFormed := true
	for i := range d.Statements {
		s := &d.Statements[i]
		s.rule = &rule{}
		for _, text := range s.Resources {
			wellFormed = wellFormed && resourceProblem(text) == ""
			r, ok := compileResource(text, d.Version == Version2012)
			if !ok || wellFormed && !legacyResource(text) {
				return d.refuse(s, legacyMessage)
			}
			s.rule.resources = append(s.rule.resources, r)
		}
	}
	return nil
}

// legacyResource reports whether the ARN has a service, and all six fields
// unless it is short and without an empty field.
func legacyResource(text string) bool {
	if text == "*" {
		return true
	}
	fields := strings.SplitN(text, ":", 6)
	return len(fields) > 2 && fields[2] != "" && (len(fields) == 6 || !strings.Contains(text, "::"))
}

func (d *Document) uniqueSids() error {
	seen := map[string]bool{"": false}
	for i := range d.Statements {
		s := &d.Statements[i]
		if seen[s.Sid] {
			return d.refuse(s, "Statement IDs (SID) in a single policy must be unique.")
		}
		seen[s.Sid] = s.Sid != ""
	}
	return nil
}

func (d *Document) compileRest() error {
	for i := range d.Statements {
		s := &d.Statements[i]
		if len(s.Actions) == 0 {
			return d.refuse(s, "Policy statement must contain actions.")
		}
		for _, text := range s.Actions {
			s.rule.actions = append(s.rule.actions, compileAction(text))
		}
		if s.Principals != nil {
			s.rule.principals = s.Principals.compile()
		}
	}
	return nil
}
