package policy

import (
	"slices"
	"strings"

	"github.com/cenotehq/cenote/arn"
)

const (
	webIdentity = "AssumeRoleWithWebIdentity"
)

// trustProblem is for the trust policies of roles.
func (s *Statement) trustProblem() string {
	if s.Resources != nil {
		return "Has prohibited field Resource"
	}
	if s.NotPrincipal {
		return "Has prohibited field NotPrincipal"
	}
	if message := s.principalProblem(); message != "" {
		return message
	}
	if len(s.Principals.CanonicalUser) > 0 {
		return invalidPrincipal("CANONICAL_USER", s.Principals.CanonicalUser[0])
	}
	if s.NotAction || slices.ContainsFunc(s.Actions, notTrustAction) {
		return "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
	}
	return s.sharedProblem()
}

func notTrustAction(action string) bool {
	switch strings.ToLower(action) {
	case "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity",
		"sts:tagsession", "sts:setsourceidentity", "sts:setcontext":
		return false
	}
	return true
}

// principalProblem is for policies that say whom they are about.
func (s *Statement) principalProblem() string {
	p := s.Principals
	if p == nil {
		return "Missing required field Principal"
	}
	if p.empty() {
		return "Missing required field Principal cannot be empty!"
	}
	for _, one := range p.AWS {
		if _, ok := compileAWS(one); !ok && one != "*" {
			return invalidPrincipal("AWS", one)
		}
	}
	for _, one := range p.Service {
		if !isDomain(one) {
			return invalidPrincipal("SERVICE", one)
		}
	}
	for _, one := range p.Federated {
		if !isDomain(one) && !isProvider(one) {
			return "Federated principals must be valid domain names or SAML metadata ARNs"
		}
	}
	return ""
}

func invalidPrincipal(kind, value string) string {
	return `Invalid principal in policy: "` + kind + `":"` + value + `"`
}

// isDomain reports whether s is a host name of at least two labels.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, func(c rune) bool { return notAlphanumeric(c) && c != '-' }) {
			return false
		}
	}
	return len(labels) > 1
}

func isProvider(s string) bool {
	a, err := arn.Parse(s)
	if err != nil || a.Service != "iam" || a.Region != "" || !arn.IsAccount(a.Account) || strings.ContainsAny(s, "*?") {
		return false
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	return name != "" && (kind == "saml-provider" || kind == "oidc-provider")
}

// sharedProblem refuses a role that anybody at an issuer which the whole world shares
// could assume: a condition must name whose tokens are meant, and fail where the key is
// absent. See AWS "Identity-provider controls for shared OIDC providers", and for
// identity pools "Role trust and permissions" in the Amazon Cognito guide.
func (s *Statement) sharedProblem() string {
	assumes := slices.ContainsFunc(s.Actions, func(a string) bool { return strings.EqualFold(a, "sts:"+webIdentity) })
	if s.Effect != Allow || !assumes {
		return ""
	}
	for _, federated := range s.Principals.Federated {
		issuer := federated
		if _, host, ok := strings.Cut(federated, ":oidc-provider/"); ok {
			issuer = host
		}
		if key := requiredKey(issuer); key != "" && !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return c.low == key && c.bindsPresent() }) {
			return "A trust policy for " + issuer + " must say whom it trusts in a condition on " + key
		}
	}
	return ""
}

// requiredKey is what a trust policy must test for a shared issuer, or nothing.
func requiredKey(issuer string) string {
	switch issuer {
	case "cognito-identity.amazonaws.com":
		return issuer + ":aud"
	case "token.actions.githubusercontent.com":
		return issuer + ":sub"
	}
	return ""
}

// bindsPresent reports whether c can hold only where its key is present and
// equals one of its values.
func (c *Condition) bindsPresent() bool {
	return strings.HasPrefix(c.op.base, "String") && !c.op.negated && !c.op.ifExists && c.op.set != allValues
}
