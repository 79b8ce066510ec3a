package wire_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/wire"
)

func TestJSONError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in      *fault.Error
		body    string
		message string
	}{
		"plain": {
			fault.New("NotAuthorizedException", 400, "Logins don't match.").With(io.EOF),
			`{"__type":"NotAuthorizedException","message":"Logins don't match."}`,
			"Logins don't match.",
		},
		"denied": {
			fault.New("AccessDeniedException", 400, "User: x"),
			`{"__type":"AccessDeniedException","Message":"User: x"}`,
			"User: x",
		},
		"hostile": {
			fault.New("ValidationException", 400, "a\r\nSet-Cookie: x=\"\t\x00é"),
			`{"__type":"ValidationException","message":"a\r\nSet-Cookie: x=\"\t\u0000é"}`,
			"a  Set-Cookie: x=\" ??",
		},
		"long": {
			fault.New("ValidationException", 400, strings.Repeat("x", 5000)),
			`{"__type":"ValidationException","message":"` + strings.Repeat("x", 5000) + `"}`,
			strings.Repeat("x", 4096),
		},
	}
	for name, test := range tests {
		body, header := wire.JSONError(test.in, "r-1")
		if string(body) != test.body {
			t.Errorf("%s: got  %s\nwant %s", name, body, test.body)
		}
		compare(t, header, http.Header{
			"Content-Type":        {"application/x-amz-json-1.1"},
			"X-Amzn-Errortype":    {test.in.Code + ":"},
			"X-Amzn-Errormessage": {test.message},
			"X-Amzn-Requestid":    {"r-1"},
		})
	}
}

func TestQueryError(t *testing.T) {
	t.Parallel()
	const form = `<ErrorResponse xmlns="ns&amp;"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>` +
		`<RequestId>r-1</RequestId></ErrorResponse>`
	for _, test := range []struct {
		in   *fault.Error
		want string
	}{
		{fault.New("AccessDenied", 403, "<a> & 'b'"), fmt.Sprintf(form, "Sender", "AccessDenied", "&lt;a&gt; &amp; &#39;b&#39;")},
		{fault.New("ServiceFailure", 500, "x\x01"), fmt.Sprintf(form, "Receiver", "ServiceFailure", "x\ufffd")},
	} {
		if got := string(wire.QueryError("ns&", test.in, "r-1")); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestFormatFault(t *testing.T) {
	t.Parallel()
	invalid := &wire.ValidationError{Violations: []wire.Violation{{Path: "p", Value: "null", Constraint: "C"}}}
	const invalidText = "1 validation error detected: Value null at 'p' failed to satisfy constraint: C"
	for _, test := range []struct {
		format wire.Format
		err    error
		want   string
	}{
		{wire.JSON, &wire.SyntaxError{Message: "m"}, "SerializationException: m"},
		{wire.Query, &wire.SyntaxError{Message: "m"}, "MalformedInput: m"},
		{wire.JSON, invalid, "ValidationException: " + invalidText},
		{wire.Query, fmt.Errorf("wrapped: %w", invalid), "ValidationError: " + invalidText},
	} {
		got := test.format.Fault(test.err)
		if got == nil || got.Error() != test.want || got.Status != 400 || !errors.Is(got, test.err) {
			t.Errorf("got %v, want %s", got, test.want)
		}
	}
	if got := wire.JSON.Fault(io.EOF); got != nil {
		t.Errorf("a foreign error became %v", got)
	}
}
