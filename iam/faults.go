package iam

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cenotehq/cenote/fault"
)

// The errors of this API, with the status that AWS documents for each
// ("Common errors" and the operations' own pages in the IAM API reference).

func noSuchEntity(format string, args ...any) *fault.Error {
	return fault.New("NoSuchEntity", 404, fmt.Sprintf(format, args...))
}

func entityAlreadyExists(format string, args ...any) *fault.Error {
	return fault.New("EntityAlreadyExists", 409, fmt.Sprintf(format, args...))
}

func deleteConflict(message string) *fault.Error {
	return fault.New("DeleteConflict", 409, message)
}

func limitExceeded(format string, args ...any) *fault.Error {
	return fault.New("LimitExceeded", 409, fmt.Sprintf(format, args...))
}

// quotaExceeded names a quota as AWS does, such as RolesPerAccount.
func quotaExceeded(quota string, limit int) *fault.Error {
	return limitExceeded("Cannot exceed quota for %s: %d", quota, limit)
}

func invalidInput(format string, args ...any) *fault.Error {
	return fault.New("InvalidInput", 400, fmt.Sprintf(format, args...))
}

func validation(message string) *fault.Error {
	return fault.New("ValidationError", 400, message)
}

func malformedPolicy(message string) *fault.Error {
	return fault.New("MalformedPolicyDocument", 400, message)
}

func accessDenied(message string) *fault.Error {
	return fault.New("AccessDenied", 403, message)
}

func serviceFailure(cause error) *fault.Error {
	return fault.New("ServiceFailure", 500,
		"The request processing has failed because of an unknown error, exception or failure.").With(cause)
}

func noSuchRole(name string) *fault.Error {
	return noSuchEntity("The role with name %s cannot be found.", name)
}

func noSuchUser(name string) *fault.Error {
	return noSuchEntity("The user with name %s cannot be found.", name)
}

func noSuchGroup(name string) *fault.Error {
	return noSuchEntity("The group with name %s cannot be found.", name)
}

func noSuchPolicy(arn string) *fault.Error {
	return noSuchEntity("Policy %s was not found.", arn)
}

func notAttachable(arn string) *fault.Error {
	return noSuchEntity("Policy %s does not exist or is not attachable.", arn)
}

func noSuchProvider(arn string) *fault.Error {
	return noSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
}

func noSuchSAMLProvider(arn string) *fault.Error {
	return noSuchEntity("Manifest not found for arn %s", arn)
}

// translate makes the answer out of an error of a table: a fault of one of our
// own closures as it is, otherwise missing or taken, whichever the table means
// (either may be nil if it cannot be), and else a failure of the service.
func translate(err error, missing, taken *fault.Error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if missing != nil && errors.Is(err, fs.ErrNotExist) {
		return missing.With(err)
	}
	if taken != nil && errors.Is(err, fs.ErrExist) {
		return taken.With(err)
	}
	return serviceFailure(err)
}
