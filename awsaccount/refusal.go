package awsaccount

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
)

// permission returns the permission that a call lacked, such as iam:GetRole, or nothing
// if that is not why it failed.
func permission(err error) string {
	refusal, isRefusal := errors.AsType[smithy.APIError](err)
	operation, isOperation := errors.AsType[*smithy.OperationError](err)
	if !isRefusal || !isOperation {
		return ""
	}
	switch refusal.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
	case "NotAuthorizedException": // what identity pools say, too
	default:
		return ""
	}
	service := strings.ToLower(strings.ReplaceAll(operation.ServiceID, " ", "-"))
	return service + ":" + operation.OperationName
}

// isGone reports whether a call failed since what it is about does not exist.
func isGone(err error) bool {
	refusal, ok := errors.AsType[smithy.APIError](err)
	return ok && (refusal.ErrorCode() == "NoSuchEntity" || refusal.ErrorCode() == "ResourceNotFoundException")
}
