package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sts"
)

// refusedBy is refusal for what policies refused, if any did.
func refusedBy(err error) string {
	if denied, ok := errors.AsType[*iam.DeniedError](err); ok {
		return refusal(denied.Decision)
	}
	if untrusted, ok := errors.AsType[*sts.UntrustedError](err); ok {
		return refusal(untrusted.Decision)
	}
	return ""
}

// refusal says in words which statements stood in the way: those that deny, or if
// none does, those that would allow but for one element.
func refusal(d policy.Decision) string {
	var parts []string
	for _, m := range d.Matched {
		parts = append(parts, statement(m)+" denies it")
	}
	for _, n := range d.NearMisses {
		if d.Explicit || n.Effect != policy.Allow || aboutOthers(n) {
			continue
		}
		part := statement(n.Match) + " would allow it but for its " + n.Element
		if n.Operator != "" {
			part += " " + n.Operator + " " + n.Key
		}
		parts = append(parts, fmt.Sprintf("%s: it says %q, the request has %s", part, n.Wanted, actual(n)))
	}
	return strings.Join(parts, "; ")
}

// aboutOthers reports whether a statement is about other actions, as most are. In a
// trust policy, which knows few, it is more likely to be the wrong one.
func aboutOthers(n policy.NearMiss) bool {
	return n.Kind != policy.Trust && (n.Element == "Action" || n.Element == "NotAction")
}

func statement(m policy.Match) string {
	text := fmt.Sprintf("statement %d", m.Statement+1)
	if m.Sid != "" {
		text += fmt.Sprintf(" (%s)", m.Sid)
	}
	return fmt.Sprintf("%s of the %s policy of %q", text, m.Kind, m.Source)
}

// actual is what the request has, unless that is who the user is: a guest's
// identity id is as good as a password.
func actual(n policy.NearMiss) string {
	identifies := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(n.Key), suffix) }
	switch {
	case n.Actual == nil:
		return "none"
	case slices.ContainsFunc([]string{":sub", ":id", ":user_id"}, identifies):
		return "another"
	}
	return fmt.Sprintf("%q", n.Actual)
}
