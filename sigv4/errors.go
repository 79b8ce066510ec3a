package sigv4

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMissing says that a request carries no authentication at all. AWS answers MissingAuthenticationToken.
var ErrMissing = errors.New("request is missing authentication token")

// IncompleteError says that a request's authentication cannot be read. AWS answers IncompleteSignature.
// Message is AWS's text where AWS has one; it holds no signature, no token, and nothing that could be a secret key.
type IncompleteError struct {
	Message string
}

func (e *IncompleteError) Error() string { return e.Message }

// Reason says why a readable signature was refused.
type Reason string

// The reasons of a MismatchError.
const (
	Mismatch Reason = "mismatch" // another secret, or another request, than was signed
	Payload  Reason = "payload"  // the declared content hash is not the body's, or is one of Amazon S3's special values
	Unsigned Reason = "unsigned" // a header that must be signed is not
	Expired  Reason = "expired"  // signed too long ago
	NotYet   Reason = "not yet"  // signed too far in the future
	Scope    Reason = "scope"    // the credential scope names another date, service or terminator, or no region
	Twice    Reason = "twice"    // signed both in the header and in the query
)

// MismatchError says that a signature was read and does not hold. AWS answers SignatureDoesNotMatch in the Query
// protocol and InvalidSignatureException in JSON. Message is AWS's text.
type MismatchError struct {
	Reason  Reason
	Message string
}

func (e *MismatchError) Error() string { return e.Message }

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

func mismatch(reason Reason, format string, args ...any) error {
	return &MismatchError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func incomplete(format string, args ...any) error {
	return &IncompleteError{Message: fmt.Sprintf(format, args...)}
}

// clip makes a client's text fit to be echoed.
func clip(text string) string {
	const limit = 128
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "..."
}

// redactHeader returns an Authorization header without what could be a secret: a bearer token, a password, a
// signature. AWS echoes the whole header.
func redactHeader(header string) string {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	var parts []string
	for part := range strings.SplitSeq(rest, ",") {
		parts = append(parts, redactParameter(part))
	}
	return clip(scheme) + " " + strings.Join(parts, ", ")
}

func redactParameter(part string) string {
	name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
	switch name {
	case "Credential":
		return name + "=" + redactCredential(value)
	case "SignedHeaders":
		return name + "=" + clip(value)
	case "Signature":
		return name + "=..."
	default:
		return "..."
	}
}

// redactCredential hides all before the scope unless it looks like a key id: a secret key with a slash in it, given in
// place of the key id, is the usual cause of a malformed credential.
func redactCredential(credential string) string {
	parts := strings.Split(credential, "/")
	scope := max(len(parts)-4, 0)
	id := strings.Join(parts[:scope], "/")
	if strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || id == "" {
		id = "..."
	}
	if scope == 0 {
		return id
	}
	return clip(id + "/" + strings.Join(parts[scope:], "/"))
}
