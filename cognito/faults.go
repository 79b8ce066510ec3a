package cognito

import (
	"fmt"

	"github.com/cenotehq/cenote/fault"
)

// The errors of this API ("Amazon Cognito Federated Identities API reference").
// All have status 400, refusals too. Their texts are part of the contract: client
// SDKs look at the beginning of some.

func notAuthorized(format string, args ...any) *fault.Error {
	return fault.New("NotAuthorizedException", 400, fmt.Sprintf(format, args...))
}

func invalidParameter(format string, args ...any) *fault.Error {
	return fault.New("InvalidParameterException", 400, fmt.Sprintf(format, args...))
}

func accessDenied(message string) *fault.Error {
	return fault.New("AccessDeniedException", 400, message)
}

func resourceConflict(format string, args ...any) *fault.Error {
	return fault.New("ResourceConflictException", 400, fmt.Sprintf(format, args...))
}

func limitExceeded(format string, args ...any) *fault.Error {
	return fault.New("LimitExceededException", 400, fmt.Sprintf(format, args...))
}

func externalService(format string, args ...any) *fault.Error {
	return fault.New("ExternalServiceException", 400, fmt.Sprintf(format, args...))
}

func poolNotFound(id string) *fault.Error {
	return fault.New("ResourceNotFoundException", 400, fmt.Sprintf("IdentityPool '%s' not found.", id))
}

func identityNotFound(id string) *fault.Error {
	return fault.New("ResourceNotFoundException", 400, fmt.Sprintf("Identity '%s' not found.", id))
}

// identityForbidden is what the .NET SDK recovers from by its first words.
func identityForbidden(id string) *fault.Error {
	return notAuthorized("Access to Identity '%s' is forbidden.", id)
}

func roleForbidden(arn string) *fault.Error {
	return notAuthorized("Access to Role '%s' is forbidden.", arn)
}

func unauthenticatedAccess() *fault.Error {
	return notAuthorized("Unauthenticated access is not supported for this identity pool.")
}

func loginsDontMatch() *fault.Error {
	return notAuthorized("Logins don't match. Please include at least one valid login for this identity or identity pool.")
}

func invalidLogin(format string, args ...any) *fault.Error {
	return notAuthorized("Invalid login token. "+format, args...)
}

func unsupportedLogin() *fault.Error {
	return notAuthorized("Token is not from a supported provider of this identity pool.")
}

func ambiguousRole(provider string) *fault.Error {
	return notAuthorized("The ambiguous role mapping rules for: %s denied this request.", provider)
}

func invalidConfiguration() *fault.Error {
	return fault.New("InvalidIdentityPoolConfigurationException", 400,
		"Invalid identity pool configuration. Check assigned IAM roles for this pool.")
}
