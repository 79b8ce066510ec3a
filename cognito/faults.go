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

// Codes that operations tell apart.
const (
	denied   = "AccessDeniedException"
	notFound = "ResourceNotFoundException"
)

func accessDenied(message string) *fault.Error {
	return fault.New(denied, 400, message)
}

func resourceConflict(format string, args ...any) *fault.Error {
	return fault.New("ResourceConflictException", 400, fmt.Sprintf(format, args...))
}

func limitExceeded(format string, args ...any) *fault.Error {
	return fault.New("LimitExceededException", 400, fmt.Sprintf(format, args...))
}

func concurrentModification() *fault.Error {
	return fault.New("ConcurrentModificationException", 400, "The identity pool was changed by another request at the same time. Try again.")
}

func externalService(format string, args ...any) *fault.Error {
	return fault.New("ExternalServiceException", 400, fmt.Sprintf(format, args...))
}

func poolNotFound(id string) *fault.Error {
	return fault.New(notFound, 400, fmt.Sprintf("IdentityPool '%s' not found.", id))
}

func identityNotFound(id string) *fault.Error {
	return fault.New(notFound, 400, fmt.Sprintf("Identity '%s' not found.", id))
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

func userRevoked() *fault.Error {
	return invalidLogin("The user does not exist or is disabled.")
}

func unsupportedLogin() *fault.Error {
	return notAuthorized("Token is not from a supported provider of this identity pool.")
}

// alreadyRegistered is the answer to asking for one identity with the user of another.
func alreadyRegistered() *fault.Error {
	return fault.New("DeveloperUserAlreadyRegisteredException", 400,
		"The developer user identifier is already registered under a different identity.")
}

func unsupportedDeveloper() *fault.Error {
	return notAuthorized("This identity pool does not support the specified developer provider")
}

func attributesNotFound(provider string) *fault.Error {
	return fault.New(notFound, 400, fmt.Sprintf("Provider '%s' has no attribute map.", provider))
}

// userNotFound does not say which user, since the name may be anything.
func userNotFound() *fault.Error {
	return fault.New(notFound, 400, "Developer user not found.")
}

func notLinked(provider, identity string) *fault.Error {
	return resourceConflict("Identity '%s' has no such login of provider %s.", identity, provider)
}

func ambiguousRole(provider string) *fault.Error {
	return notAuthorized("The ambiguous role mapping rules for: %s denied this request.", provider)
}

func invalidConfiguration() *fault.Error {
	return fault.New("InvalidIdentityPoolConfigurationException", 400,
		"Invalid identity pool configuration. Check assigned IAM roles for this pool.")
}
