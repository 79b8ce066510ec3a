package sts

import (
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/token"
)

// Claims with which an issuer sets session tags and a source identity ("Passing
// session tags using AssumeRoleWithWebIdentity").
const (
	claimTags           = "https://aws.amazon.com/tags"
	claimSourceIdentity = "https://aws.amazon.com/source_identity"
)

// readTags takes session tags and the source identity from the claims of a token.
// A token whose tags cannot be read is refused: a session without them might be
// allowed more than one with them.
func (w *WebIdentity) readTags(t *token.Token) *fault.Error {
	if claim, ok := t.Claims[claimTags]; ok && !w.readTagsClaim(claim) {
		return invalidIdentityToken("The claim %s must hold principal_tags, each a list of one value, and a list of transitive_tag_keys.", claimTags)
	}
	for name := range t.Claims {
		if strings.HasPrefix(name, claimTags+"/") {
			return invalidIdentityToken("The flattened form of the claim %s is not supported.", claimTags)
		}
	}
	claim, ok := t.Claims[claimSourceIdentity]
	if !ok {
		return nil
	}
	identity, ok := claim.(string)
	if !ok || !validSourceIdentity(identity) {
		return invalidIdentityToken("%s", sourceIdentityRule)
	}
	w.SourceIdentity = identity
	return nil
}

func (w *WebIdentity) readTagsClaim(claim any) bool {
	tags, ok := claim.(map[string]any)
	if !ok {
		return false
	}
	principal, ok := tags["principal_tags"].(map[string]any)
	if !ok && tags["principal_tags"] != nil {
		return false
	}
	w.Tags = make(map[string]string, len(principal))
	for key, value := range principal {
		values, ok := onlyStrings(value)
		if !ok || len(values) != 1 {
			return false
		}
		w.Tags[key] = values[0]
	}
	w.TransitiveTags, ok = onlyStrings(tags["transitive_tag_keys"])
	for _, key := range w.TransitiveTags {
		_, isTag := w.Tags[key]
		ok = ok && isTag
	}
	return ok
}

// onlyStrings reads a claim that is a list of strings, if it is there.
func onlyStrings(claim any) (list []string, ok bool) {
	all, isList := claim.([]any)
	list = stringsOf(all)
	return list, claim == nil || isList && len(list) == len(all)
}

const sourceIdentityRule = `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`

func validSourceIdentity(s string) bool {
	return isName(s) && !strings.HasPrefix(strings.ToLower(s), "aws:")
}

// isName reports whether s can be the name of a session: [a-zA-Z_0-9+=,.@-]{2,64}.
func isName(s string) bool {
	if len(s) < 2 || len(s) > 64 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		word := r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !word && !strings.ContainsRune("+=,.@-", r)
	}) < 0
}
