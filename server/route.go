package server

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/wire"
)

// maxBody is the longest request body. The largest input that the model allows
// this far, ten logins of 50,000 characters, fits twice.
const maxBody = 1 << 20

// usualBody has room for a request with a login or two.
const usualBody = 8 << 10

// maxHeaderValue is the longest User-Agent or Referer. Policies match patterns with
// them. A pattern takes a time linear in the text, but a guest's session policy has
// room for 240 of them: with 64 KB that is 45 ms, with 2 KB it is 2.
const maxHeaderValue = 2 << 10

type formValues = url.Values

// readBody reads the body, and refuses what is longer than any request needs.
func (c *call) readBody() error {
	if len(c.UserAgent()) > maxHeaderValue || len(c.Referer()) > maxHeaderValue {
		return fault.New("RequestHeaderFieldsTooLarge", http.StatusRequestHeaderFieldsTooLarge,
			fmt.Sprintf("User-Agent and Referer have at most %d bytes.", maxHeaderValue))
	}
	var body bytes.Buffer
	body.Grow(int(min(max(c.ContentLength, 0), usualBody)) + bytes.MinRead) // what a client promises is not believed beyond the usual
	_, err := body.ReadFrom(http.MaxBytesReader(c.w, c.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		code := "RequestEntityTooLargeException"
		if c.api.format == wire.Query {
			code = "RequestEntityTooLarge"
		}
		return fault.New(code, http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body is longer than %d bytes.", maxBody)).With(err)
	}
	if err != nil {
		return fault.New("RequestTimeout", http.StatusBadRequest, "The request body could not be read.").With(err)
	}
	c.body = body.Bytes()
	return nil
}

// route finds the operation: X-Amz-Target names one of AWS JSON 1.1, Action and
// Version one of AWS Query, in a form or in the URL.
func (s *Server) route(c *call) error {
	if target := c.Header.Get("X-Amz-Target"); target != "" {
		return s.routeJSON(c, target)
	}
	if c.Method != http.MethodPost && c.Method != http.MethodGet {
		return c.methodNotAllowed("POST, GET", "Use POST, or GET for a Query request.")
	}
	if c.api.format == wire.JSON {
		return unknownTarget("")
	}
	return s.routeQuery(c)
}

// methodNotAllowed names the methods that are allowed, as RFC 9110 section 15.5.6
// demands.
func (c *call) methodNotAllowed(allowed, message string) error {
	c.w.Header().Set("Allow", allowed)
	return fault.New("MethodNotAllowed", http.StatusMethodNotAllowed, message)
}

func (s *Server) routeJSON(c *call, target string) error {
	c.api = s.apis.cognito
	if strings.HasPrefix(target, s.apis.cenote.target) {
		c.api = s.apis.cenote
	}
	if c.Method != http.MethodPost {
		return c.methodNotAllowed("POST", "Use POST.")
	}
	name, ok := strings.CutPrefix(target, c.api.target)
	operation, known := c.api.operations[name]
	if !ok || !known {
		return unknownTarget(target)
	}
	c.operation, c.event.Operation = operation, name
	return nil
}

func unknownTarget(target string) error {
	return fault.New("UnknownOperationException", http.StatusBadRequest, "").With(fmt.Errorf("target %.100q", target))
}

func (s *Server) routeQuery(c *call) error {
	form, err := c.parameters()
	if err != nil {
		return err
	}
	version := form.Get("Version")
	switch version {
	case s.apis.iam.version:
		c.api = s.apis.iam
	default:
		c.api = s.apis.sts
	}
	name := form.Get("Action")
	if name == "" {
		return fault.New("MissingAction", http.StatusBadRequest, "The request is missing an action or a required parameter.")
	}
	operation, known := c.api.operations[name]
	if !known || version != c.api.version {
		if version == "" {
			version = "NO_VERSION_SPECIFIED"
		}
		return fault.New("InvalidAction", http.StatusBadRequest,
			fmt.Sprintf("Could not find operation %.100s for version %.40s", name, version))
	}
	c.operation, c.event.Operation, c.form = operation, name, form
	return nil
}

// parameters are those of the form in the body and those of the URL; a parameter
// in both is refused later, as any that is sent twice.
func (c *call) parameters() (url.Values, error) {
	form, err := wire.ParseForm(c.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if len(c.body) == 0 {
		return form, nil
	}
	posted, err := wire.ParseForm(string(c.body))
	if err != nil {
		return nil, err
	}
	for name, values := range posted {
		form[name] = append(form[name], values...)
	}
	return form, nil
}

func (s *Server) decode(c *call) error {
	c.input = c.operation.input()
	if c.api.format == wire.JSON {
		return s.codec.DecodeJSON(c.body, c.input)
	}
	return s.codec.DecodeQuery(c.form, c.input)
}
