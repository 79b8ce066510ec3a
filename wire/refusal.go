package wire

import (
	"errors"
	"net/http"
	"strings"

	"github.com/cenotehq/cenote/fault"
)

// Format is one of the two forms of the wire.
type Format int

// JSON is AWS JSON 1.1, which Cognito speaks; Query is AWS Query with XML answers, which STS and IAM speak.
const (
	JSON Format = iota
	Query
)

// SyntaxError is a request that cannot be read into its struct. Message is safe for the client: it repeats nothing of
// the request.
type SyntaxError struct {
	Message string
}

// Error returns the message.
func (e *SyntaxError) Error() string { return e.Message }

// Fault returns what AWS answers in this format to a *SyntaxError or a *ValidationError, and nil to any other error.
func (f Format) Fault(err error) *fault.Error {
	syntaxCode, validationCode := "SerializationException", "ValidationException"
	if f == Query {
		syntaxCode, validationCode = "MalformedInput", "ValidationError"
	}
	if e, ok := errors.AsType[*SyntaxError](err); ok {
		return fault.New(syntaxCode, http.StatusBadRequest, e.Message).With(err)
	}
	if e, ok := errors.AsType[*ValidationError](err); ok {
		return fault.New(validationCode, http.StatusBadRequest, e.Error()).With(err)
	}
	return nil
}

// JSONError returns e as an AWS JSON 1.1 answer: its body, and its headers, which browsers read when they must not
// read the body.
func JSONError(e *fault.Error, requestID string) (body []byte, header http.Header) {
	key := "message"
	if e.Code == "AccessDeniedException" {
		key = "Message"
	}
	body = appendText([]byte(`{"__type":`), e.Code)
	body = append(body, `,"`+key+`":`...)
	body = append(appendText(body, e.Message), '}')
	header = http.Header{}
	header.Set("Content-Type", "application/x-amz-json-1.1")
	header.Set("x-amzn-ErrorType", headerText(e.Code)+":")
	header.Set("x-amzn-ErrorMessage", headerText(e.Message))
	header.Set("x-amzn-RequestId", headerText(requestID))
	return body, header
}

// QueryError returns e as the body of an AWS Query answer in namespace.
func QueryError(namespace string, e *fault.Error, requestID string) []byte {
	blame := "Receiver"
	if e.Sender() {
		blame = "Sender"
	}
	var w xmlWriter
	w.open("ErrorResponse", namespace)
	w.open("Error", "")
	w.text("Type", blame)
	w.text("Code", e.Code)
	w.text("Message", e.Message)
	w.close("Error")
	w.text("RequestId", requestID)
	w.close("ErrorResponse")
	return w.b.Bytes()
}

// headerText makes s fit for a header: printable ASCII, and short enough for clients that limit header lines.
func headerText(s string) string {
	const limit = 4096
	ascii := strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, s)
	return ascii[:min(len(ascii), limit)]
}
