package sts

import (
	"fmt"

	"github.com/cenotehq/cenote/fault"
)

// The errors of this API, with the status that AWS documents for each
// ("Common errors" and the operations' own pages in the STS API reference).

func accessDenied(message string) *fault.Error {
	return fault.New("AccessDenied", 403, message)
}

// notAuthorized is AWS's answer where a trust policy refuses a web identity. It
// names neither user nor role, so that it does not tell which roles exist.
func notAuthorized(action string) *fault.Error {
	return accessDenied("Not authorized to perform " + action)
}

func validation(message string) *fault.Error {
	return fault.New("ValidationError", 400, message)
}

func malformedPolicy(message string) *fault.Error {
	return fault.New("MalformedPolicyDocument", 400, message)
}

func packedPolicyTooLarge(message string) *fault.Error {
	return fault.New("PackedPolicyTooLarge", 400, message)
}

func invalidIdentityToken(format string, args ...any) *fault.Error {
	return fault.New("InvalidIdentityToken", 400, fmt.Sprintf(format, args...))
}

func expiredToken(format string, args ...any) *fault.Error {
	return fault.New("ExpiredTokenException", 400, fmt.Sprintf(format, args...))
}

func idpRejected(message string) *fault.Error {
	return fault.New("IDPRejectedClaim", 403, message)
}

// idpCommunication is an error that AWS's clients take for passing, and try again.
func idpCommunication() *fault.Error {
	return fault.New("IDPCommunicationError", 400,
		"The identity provider (IDP) that was asked to verify the incoming identity token could not be reached.")
}

// invalidAuthorizationMessage does not say what is wrong: whoever guesses learns nothing.
func invalidAuthorizationMessage(cause error) *fault.Error {
	return fault.New("InvalidAuthorizationMessageException", 400,
		"The encoded authorization message is invalid or has expired.").With(cause)
}
