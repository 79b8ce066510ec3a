package sts

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenotehq/cenote/token"
)

// samlAttributes begins the names of the attributes that are meant for AWS (IAM User
// Guide, "Configure SAML assertions for the authentication response"). They count to the
// letter.
const samlAttributes = "https://aws.amazon.com/SAML/Attributes/"

// SAMLRoles returns the ARNs of the roles that an assertion offers together with its
// provider, in whichever order a pair is.
func SAMLRoles(a token.Assertion, provider string) []string {
	var roles []string
	for _, pair := range a.Attributes[samlAttributes+"Role"] {
		one, other, _ := strings.Cut(pair, ",")
		one, other = strings.TrimSpace(one), strings.TrimSpace(other)
		if one == provider {
			one, other = other, one
		}
		if other == provider && one != "" && !slices.Contains(roles, one) {
			roles = append(roles, one)
		}
	}
	return roles
}

// samlSessionName returns the name that the provider wants for the session.
func samlSessionName(a token.Assertion) (string, error) {
	values := a.Attributes[samlAttributes+"RoleSessionName"]
	switch {
	case len(values) == 0:
		return "", invalidIdentityToken("RoleSessionName is required in AuthnResponse")
	case len(values) > 1 || !isName(values[0]):
		return "", invalidIdentityToken("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
	}
	return values[0], nil
}

// samlLimit returns how long a session may last at now because of the assertion, 0
// where it does not say.
func samlLimit(a token.Assertion, now time.Time) (time.Duration, error) {
	var limit time.Duration
	if values, ok := a.Attributes[samlAttributes+"SessionDuration"]; ok {
		seconds := 0
		if len(values) == 1 {
			seconds, _ = strconv.Atoi(values[0]) // what is no number is out of range
		}
		if seconds < 900 || seconds > 43200 {
			return 0, invalidIdentityToken("SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200")
		}
		limit = time.Duration(seconds) * time.Second
	}
	if a.SessionNotOnOrAfter.IsZero() {
		return limit, nil
	}
	left := a.SessionNotOnOrAfter.Sub(now).Truncate(time.Second)
	if left <= 0 {
		return 0, expiredToken("Response has expired")
	}
	if limit == 0 || left < limit {
		limit = left
	}
	return limit, nil
}

// readAttributes takes session tags and the source identity from an assertion. One whose
// tags cannot be read is refused: a session without them might be allowed more than one
// with them.
func (b *bearer) readAttributes(a token.Assertion) error {
	b.tags = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(a.Attributes)) {
		key, isTag := strings.CutPrefix(name, samlAttributes+"PrincipalTag:")
		if !isTag {
			continue
		}
		values := a.Attributes[name]
		if len(values) != 1 {
			return invalidIdentityToken("PrincipalTag in AuthnResponse must have exactly one value: %s", key)
		}
		b.tags[key] = values[0]
	}
	for _, key := range a.Attributes[samlAttributes+"TransitiveTagKeys"] {
		if _, isTag := b.tags[key]; !isTag {
			return invalidIdentityToken("The specified transitive tag key must be included in the requested tags: %s", key)
		}
		if !slices.Contains(b.transitiveTags, key) {
			b.transitiveTags = append(b.transitiveTags, key)
		}
	}
	values, ok := a.Attributes[samlAttributes+"SourceIdentity"]
	if !ok {
		return nil
	}
	if len(values) != 1 || !validSourceIdentity(values[0]) {
		return invalidIdentityToken("%s", sourceIdentityRule)
	}
	b.sourceIdentity = values[0]
	return nil
}
