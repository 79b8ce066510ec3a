package policy

import "strings"

// Validate reports whether d may be stored as kind. The error is a *SyntaxError
// with AWS's text, the first of them in AWS's order of checks. Version 2008-10-17 is
// refused for policies that are attached; trust policies of that version are
// everywhere, and AWS takes them.
func (d *Document) Validate(kind Kind) error {
	var checks []func(*Statement) string
	if kind != Resource {
		if d.Version != Version2012 && (kind == Identity || kind == Boundary) {
			return &SyntaxError{Message: versionMessage}
		}
		checks = append(checks, (*Statement).sidProblem)
	}
	checks = append(checks, (*Statement).resourcesProblem, (*Statement).actionsProblem)
	switch kind {
	case Trust:
		checks = append(checks, (*Statement).trustProblem)
	case Resource:
		checks = append(checks, (*Statement).attachedProblem)
	case Identity, Session, Boundary:
		checks = append(checks, (*Statement).ownProblem)
	}
	for _, check := range checks {
		for i := range d.Statements {
			s := &d.Statements[i]
			if message := check(s); message != "" {
				return &SyntaxError{Message: message, Offset: s.Start}
			}
		}
	}
	return nil
}

// sidProblem holds IAM's own policies to what its grammar says; services allow
// more in the policies of their resources.
func (s *Statement) sidProblem() string {
	if strings.ContainsFunc(s.Sid, notAlphanumeric) {
		return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	}
	return ""
}

// attachedProblem is for the policies of resources.
func (s *Statement) attachedProblem() string {
	if s.NotPrincipal && s.Effect == Allow {
		return "Allow with NotPrincipal is not allowed."
	}
	return s.principalProblem()
}

// ownProblem is for policies that belong to their caller.
func (s *Statement) ownProblem() string {
	if s.Principals != nil {
		return "Policy document should not specify a principal."
	}
	if len(s.Resources) == 0 {
		return "Policy statement must contain resources."
	}
	return ""
}

func (s *Statement) actionsProblem() string {
	for _, action := range s.Actions {
		vendor, name, found := strings.Cut(action, ":")
		switch {
		case action == "*":
		case !found:
			return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
		case strings.Contains(name, ":"):
			return "Actions/Condition can contain only one colon."
		case vendor == "" || strings.ContainsFunc(vendor, notVendor):
			return "Vendor " + vendor + " is not valid"
		}
	}
	return ""
}

func notAlphanumeric(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
}

func notVendor(c rune) bool { return notAlphanumeric(c) && c != '-' && c != '.' }

func (s *Statement) resourcesProblem() string {
	for _, resource := range s.Resources {
		if message := resourceProblem(resource); message != "" {
			return message
		}
	}
	return ""
}

// resourceProblem looks at the form of one resource; short ARNs are padded with
// * in the message as they are in evaluation.
func resourceProblem(resource string) string {
	if resource == "*" {
		return ""
	}
	fields := strings.SplitN(resource, ":", 6)
	switch {
	case len(fields) == 1:
		return "Resource " + resource + ` must be in ARN format or "*".`
	case fields[1] != "aws":
		padded := append(fields[1:], "*", "*", "*", "*")[:max(5, len(fields)-1)]
		return `Partition "` + fields[1] + `" is not valid for resource "arn:` + strings.Join(padded, ":") + `".`
	case fields[0] != "arn":
		return "Resource " + resource + ` must be in ARN format or "*".`
	case len(fields) == 2 || strings.ContainsAny(fields[2], "*?"):
		return "Resource vendor must be fully qualified and cannot contain regexes."
	case len(fields) < 4:
		return ""
	case fields[2] == "iam" && fields[3] != "":
		return "IAM resource " + resource + " cannot contain region information."
	case fields[2] == "s3" && fields[3] != "" && len(fields) == 6 && fields[4] == "": // access points have both
		return "Resource " + resource + " can not contain region information."
	case fields[2] == "iam" && len(fields) == 6 && !iamPath(fields[5]):
		return `IAM resource path must either be "*" or start with ` + strings.Join(iamPaths(), ", ") + "."
	}
	return ""
}

func iamPath(resource string) bool {
	if resource == "*" {
		return true
	}
	for _, prefix := range iamPaths() {
		if strings.HasPrefix(resource, prefix) {
			return true
		}
	}
	return false
}

func iamPaths() []string {
	return []string{
		"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/",
		"policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
	}
}
