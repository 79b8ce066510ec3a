package token

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrUnknownKey says that no key of the set bears the token's key id; the
	// provider may have rotated its keys, so one refetch is worth trying.
	ErrUnknownKey = errors.New("token: the key set has no key with the token's key id")

	// ErrSignature says that the keys in question did not make the signature.
	ErrSignature = errors.New("token: the signature does not verify")
)

// Reason names one way in which a token is not a JWT that we read.
type Reason string

// The reasons of a MalformedError.
const (
	ReasonSize       Reason = "longer than MaxSize bytes"
	ReasonParts      Reason = "not three parts joined by dots"
	ReasonEncoding   Reason = "not canonical base64url without padding"
	ReasonUnicode    Reason = "not UTF-8, or half of a surrogate pair"
	ReasonJSON       Reason = "not one JSON object"
	ReasonDepth      Reason = "nested too deeply"
	ReasonDuplicate  Reason = "a name occurs twice in one object"
	ReasonHeaderType Reason = "a header member has the wrong type"
	ReasonKeySource  Reason = "the header brings its own key"
	ReasonCritical   Reason = "the header asks for an extension"
	ReasonClaimType  Reason = "a claim has the wrong type"
	ReasonDate       Reason = "a date is not a whole number of seconds within the years 1970 to 9999"
)

// MalformedError says that a string is not a JSON Web Token that we read.
type MalformedError struct {
	Reason Reason
	Name   string // the part, header member or claim concerned; never a value
}

func (e *MalformedError) Error() string {
	if e.Name == "" {
		return "token: malformed: " + string(e.Reason)
	}
	return fmt.Sprintf("token: malformed: %s: %q", e.Reason, e.Name)
}

// AlgorithmError says that a token or a key asks for a signature algorithm
// other than RS256, RS384, RS512, ES256, ES384 and ES512.
type AlgorithmError struct {
	Algorithm string
}

func (e *AlgorithmError) Error() string {
	return fmt.Sprintf("token: algorithm %q is not accepted", e.Algorithm)
}

// KeyError says why the key that was named may not be used. errors.Is(err,
// ErrSignature) holds for it, because the token stays unproven.
type KeyError struct {
	KeyID  string
	Reason string
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("token: key %q cannot be used: %s", e.KeyID, e.Reason)
}

func (e *KeyError) Unwrap() error { return ErrSignature }

// KeySetError says why a JSON Web Key Set was refused as a whole.
type KeySetError struct {
	Reason string
}

func (e *KeySetError) Error() string { return "token: key set: " + e.Reason }

// ExpiredError says that the lifetime of a token or an assertion is over.
type ExpiredError struct {
	Now, Expires time.Time
}

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("token: expired: %d >= %d", e.Now.Unix(), e.Expires.Unix())
}

// NotYetError says that a token's nbf or iat, or an assertion's NotBefore or
// IssueInstant, lies further ahead than the grace allows.
type NotYetError struct {
	Claim     string
	Now, From time.Time
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("token: not valid yet: %s %d > %d", e.Claim, e.From.Unix(), e.Now.Unix())
}

// MissingClaimError says that a claim is absent or empty.
type MissingClaimError struct {
	Claim string
}

func (e *MissingClaimError) Error() string { return "token: missing claim " + e.Claim }
