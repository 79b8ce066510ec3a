// Package fault is an error that AWS clients understand: a code, an HTTP status and a message that is safe to send.
package fault

// Error is one refusal or failure as AWS clients see it.
//
// Message goes to the client. Cause goes to the log only and never leaves the process.
type Error struct {
	Code    string
	Status  int
	Message string
	Cause   error
}

// New returns an error with an AWS error code, an HTTP status and a message for the client.
func New(code string, status int, message string) *Error {
	return &Error{Code: code, Status: status, Message: message}
}

// With returns a copy of e that carries cause, for the log and for errors.Is and errors.As.
func (e *Error) With(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error returns "Code: Message", without the cause.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap returns the cause, nil when there is none.
func (e *Error) Unwrap() error { return e.Cause }

// Sender reports whether the client is to blame: the status is below 500.
func (e *Error) Sender() bool { return e.Status < 500 }
