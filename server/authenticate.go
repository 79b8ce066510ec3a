package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/wire"
)

// errUnknownKey means that no such access key exists, that it is not active, or
// that its session token is no good.
var errUnknownKey = errors.New("unknown access key")

// placeholder is the secret that an unknown key is verified with, so that the time
// it takes does not tell which keys exist.
const placeholder = "no such key, but as long as a secret is."

// authenticate proves who signed. Whoever calls a public operation is nobody, even
// with a signature.
func (s *Server) authenticate(c *call) error {
	if !c.operation.signed {
		return nil
	}
	signature, err := sigv4.Parse(c.Request)
	if err != nil {
		return c.signatureFault(err)
	}
	if err := signature.CheckScope(c.api.name); err != nil {
		return c.signatureFault(err)
	}
	caller, err := s.prove(c.Context(), signature, func(secret string) error {
		return signature.Verify(c.Request, c.body, secret, s.Now(), c.api.skew, s.Hosts...)
	})
	if err != nil {
		return c.signatureFault(err)
	}
	c.caller = caller
	s.IAM.Used(caller, c.api.name)
	if c.api == s.apis.iam && caller.Opener != nil { // AWS wants a multi-factor device, but speaks of the key
		return c.signatureFault(fmt.Errorf("%w: no session of GetSessionToken or GetFederationToken may call IAM", errUnknownKey))
	}
	return nil
}

// prove returns who holds the key that a signature names, if verify says that the
// signature was made with its secret. It verifies for a key that is unknown as well.
func (s *Server) prove(ctx context.Context, signature *sigv4.Signature, verify func(secret string) error) (iam.Caller, error) {
	secret, caller, problem := s.signer(ctx, signature)
	if problem != nil && !errors.Is(problem, sts.ErrExpired) {
		secret = placeholder
	}
	if err := verify(secret); err != nil && problem == nil {
		return iam.Caller{}, err
	}
	if problem != nil {
		return iam.Caller{}, problem
	}
	caller.Region = signature.Region
	return caller, nil
}

// signer returns the secret of the key that a signature names, and who holds it.
func (s *Server) signer(ctx context.Context, signature *sigv4.Signature) (secret string, caller iam.Caller, err error) {
	id, token := signature.AccessKeyID, signature.SessionToken
	switch {
	case token != "":
		secret, caller, err = s.STS.Authenticate(ctx, id, token)
		if opener := caller.Opener; opener != nil && opener.Root && opener.KeyID != s.Root.ID {
			return "", iam.Caller{}, errUnknownKey // root's key is another now
		}
	case id == s.Root.ID:
		secret, caller = string(s.Root.Secret), s.rootCaller()
	default:
		secret, caller, err = s.IAM.Authenticate(ctx, id)
	}
	if errors.Is(err, sts.ErrInvalidToken) || errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", errUnknownKey, err)
	}
	return secret, caller, err
}

func (s *Server) rootCaller() iam.Caller {
	return iam.Caller{
		Account: s.Account, ARN: arn.Root(s.Account).String(), UserID: s.Account, KeyID: s.Root.ID, Root: true,
	}
}

// signatureFault says in the words of the API what is wrong with a signature
// ("Troubleshoot Signature Version 4 signing").
func (c *call) signatureFault(err error) error {
	if c.api.format == wire.JSON {
		return jsonSignatureFault(err)
	}
	if e, ok := errors.AsType[*sigv4.IncompleteError](err); ok {
		return fault.New("IncompleteSignature", http.StatusBadRequest, e.Message).With(err)
	}
	if e, ok := errors.AsType[*sigv4.MismatchError](err); ok {
		return fault.New("SignatureDoesNotMatch", http.StatusForbidden, e.Message).With(err)
	}
	switch {
	case errors.Is(err, sigv4.ErrMissing):
		return fault.New("MissingAuthenticationToken", http.StatusForbidden, "Request is missing Authentication Token").With(err)
	case errors.Is(err, errUnknownKey):
		return fault.New("InvalidClientTokenId", http.StatusForbidden, "The security token included in the request is invalid.").With(err)
	case errors.Is(err, sts.ErrExpired):
		return fault.New("ExpiredToken", http.StatusForbidden, "The security token included in the request is expired").With(err)
	}
	return err
}

// jsonSignatureFault is signatureFault for AWS JSON, where all have status 400.
func jsonSignatureFault(err error) error {
	if e, ok := errors.AsType[*sigv4.IncompleteError](err); ok {
		return fault.New("IncompleteSignatureException", http.StatusBadRequest, e.Message).With(err)
	}
	if e, ok := errors.AsType[*sigv4.MismatchError](err); ok {
		return fault.New("InvalidSignatureException", http.StatusBadRequest, e.Message).With(err)
	}
	switch {
	case errors.Is(err, sigv4.ErrMissing):
		return fault.New("MissingAuthenticationTokenException", http.StatusBadRequest, "Missing Authentication Token").With(err)
	case errors.Is(err, errUnknownKey):
		return fault.New("UnrecognizedClientException", http.StatusBadRequest, "The security token included in the request is invalid.").With(err)
	case errors.Is(err, sts.ErrExpired):
		return fault.New("ExpiredTokenException", http.StatusBadRequest, "The security token included in the request is expired").With(err)
	}
	return err
}

// resourced is an input that names what it acts on. Others act on "*".
type resourced interface {
	Resource(iam.Caller) string
}

// keyed is an input that brings condition keys, such as the tags that it asks for.
type keyed interface {
	RequestKeys() policy.Context
}

// dependent is an input that takes further permissions for what it brings along, on the
// same resource: tags, for one.
type dependent interface {
	DependentActions() []string
}

// authorize asks the policies of the caller about operations that need a
// permission.
func (s *Server) authorize(c *call) error {
	if c.operation.action == "" || c.operation.asks {
		return nil
	}
	resource := "*"
	if in, ok := c.input.(resourced); ok {
		resource = in.Resource(c.caller)
	}
	further := policy.NewContext()
	if in, ok := c.input.(keyed); ok {
		further = in.RequestKeys()
	}
	tags, err := s.Cognito.ResourceTags(c.Context(), resource)
	if err != nil {
		return err
	}
	for key, value := range tags {
		further.Set("aws:ResourceTag/"+key, value)
	}
	actions := []string{c.operation.action}
	if in, ok := c.input.(dependent); ok {
		actions = append(actions, in.DependentActions()...)
	}
	ctx, action, decision, err := s.IAM.AuthorizeOperation(c.Context(), c.caller, actions, resource, further)
	if err != nil {
		return err
	}
	if !decision.Allowed {
		return c.denied(action, resource, decision)
	}
	c.Request = c.WithContext(ctx)
	return nil
}

func (c *call) denied(action, resource string, decision policy.Decision) error {
	code, status := "AccessDenied", http.StatusForbidden
	if c.api.format == wire.JSON {
		code, status = "AccessDeniedException", http.StatusBadRequest
	}
	return fault.New(code, status, iam.Denied(c.caller, action, resource, decision)).
		With(&iam.DeniedError{Action: action, Decision: decision})
}

// conditionKeys are those that the request itself brings ("AWS global condition
// context keys").
func (c *call) conditionKeys() policy.Context {
	keys := policy.NewContext()
	keys.Set("aws:SourceIp", c.event.SourceIP)
	keys.Set("aws:SecureTransport", strconv.FormatBool(c.TLS != nil))
	keys.Set("aws:RequestedRegion", c.caller.Region)
	keys.Set("aws:ViaAWSService", "false")
	if c.event.UserAgent != "" {
		keys.Set("aws:UserAgent", c.event.UserAgent)
	}
	if referer := strings.TrimSpace(c.Referer()); referer != "" {
		keys.Set("aws:Referer", referer)
	}
	return keys
}
