package iam

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/policy"
)

// How many characters the inline policies of an entity may have together, white
// space not counted (IAM User Guide, "IAM and AWS STS quotas").
const (
	roleInlineQuota  = 10240
	userInlineQuota  = 2048
	groupInlineQuota = 5120
)

// parseDocument reads a policy document that is to be saved.
func parseDocument(text string, kind policy.Kind) (*policy.Document, error) {
	document, err := policy.Parse(text)
	if err == nil {
		err = document.Validate(kind)
	}
	if err == nil {
		return document, nil
	}
	if syntax, ok := errors.AsType[*policy.SyntaxError](err); ok {
		return nil, malformedPolicy(syntax.Message).With(err)
	}
	return nil, malformedPolicy(err.Error()).With(err)
}

// encodeDocument percent-encodes a document as answers show it (RFC 3986). A space
// is %20: some clients decode + as a space and others do not.
func encodeDocument(document *policy.Document) string {
	if document == nil {
		return ""
	}
	return strings.ReplaceAll(url.QueryEscape(document.Source()), "+", "%20")
}

// documentSize counts what quotas count: the characters that are not white space.
func documentSize(document *policy.Document) int {
	size := 0
	for _, r := range document.Source() {
		switch r {
		case ' ', '\t', '\n', '\r':
		default:
			size++
		}
	}
	return size
}

// inline is the policies that are part of one role or user, by name. Names compare
// without regard to case and keep the case that they were first given.
type inline map[string]*policy.Document

// find returns the name under which the policy is kept.
func (p inline) find(name string) (string, bool) {
	for kept := range p {
		if strings.EqualFold(kept, name) {
			return kept, true
		}
	}
	return "", false
}

// with returns the policies with one more, or with another in its place.
func (p inline) with(name string, document *policy.Document) inline {
	if kept, ok := p.find(name); ok {
		name = kept
	}
	more := maps.Clone(p)
	if more == nil {
		more = inline{}
	}
	more[name] = document
	return more
}

func (p inline) size() int {
	size := 0
	for _, document := range p {
		size += documentSize(document)
	}
	return size
}

func (p inline) page(at page) (names []string, next string) {
	return cut(slices.Collect(maps.Keys(p)), func(name string) string { return name }, at)
}

func noSuchRolePolicy(name string) *fault.Error {
	return noSuchEntity("The role policy with name %s cannot be found.", name)
}

func noSuchGroupPolicy(name string) *fault.Error {
	return noSuchEntity("The group policy with name %s cannot be found.", name)
}

func noSuchUserPolicy(name string) *fault.Error {
	return noSuchEntity("The user policy with name %s cannot be found.", name)
}
