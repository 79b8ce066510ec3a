package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

// AuthorizeRequestInput is the request of AuthorizeRequest: a service asks about a
// request that it got itself.
type AuthorizeRequestInput struct {
	// Service is the name that requests to the service are signed for.
	Service string `aws:"Service" check:"required;len=1-64;pattern=[a-z0-9-]+"`

	// Credential and Signature are as they stand in the request; Date is when it was
	// signed, in the form of X-Amz-Date; SessionToken is empty for a long-term key.
	Credential   string `aws:"Credential" check:"required;secret;len=1-8192"`
	Date         string `aws:"Date" check:"required;len=1-64"`
	Signature    string `aws:"Signature" check:"required;secret;len=1-8192"`
	SessionToken string `aws:"SessionToken" check:"secret;len=-65536"`

	// CanonicalRequestHashes are the SHA-256 of what the canonical request may have
	// been, in hexadecimal; one that was signed will do.
	CanonicalRequestHashes []string `aws:"CanonicalRequestHashes" check:"required;len=1-64" each:"pattern=[0-9a-f]{64}"`

	// Action, Object (the resource) and ContextEntries are what the policies of the signer are asked
	// about.
	Action         string             `aws:"Action" check:"required;len=3-128;pattern=[A-Za-z0-9-]+:[A-Za-z0-9_.-]+"`
	Object         string             `aws:"Resource" check:"required;len=1-2048;pattern=[^\\u0000-\\u001F\\u007F]+"`
	ContextEntries []iam.ContextEntry `aws:"ContextEntries" check:"len=-100"`
}

// Resource names the service, so that one service need not be let ask for another.
func (in *AuthorizeRequestInput) Resource(caller iam.Caller) string {
	return "arn:aws:cenote:" + caller.Region + ":" + caller.Account + ":service/" + in.Service
}

// AuthorizeRequestOutput is the answer of AuthorizeRequest: who signed, where that is
// proven, and whether they may do it.
type AuthorizeRequestOutput struct {
	Allowed bool     `aws:"Allowed"`
	Signer  *Signer  `aws:"Signer"`  // nil where the signature proves nobody
	Refused *Refused `aws:"Refused"` // nil where it is allowed

	// Explanation is why policies refused, or the beginning of it, as the log has it,
	// for the service alone; the encoded message is for holders of sts:DecodeAuthorizationMessage, and safe with the signer.
	Explanation                 string `aws:"Explanation"`
	EncodedAuthorizationMessage string `aws:"EncodedAuthorizationMessage"`

	cause error
}

// Cause returns why the signature does not hold, for the log; nil where it does.
func (out *AuthorizeRequestOutput) Cause() error { return out.cause }

// Signer is who signed a request to a service.
type Signer struct {
	Account string `aws:"Account"`
	ARN     string `aws:"Arn"`
	UserID  string `aws:"UserId"`

	// IdentityID and IdentityPoolID are empty unless an identity pool gave out the
	// session; so is AMR, how the identity signed in: "authenticated" and providers, or
	// "unauthenticated".
	IdentityID     string   `aws:"IdentityId"`
	IdentityPoolID string   `aws:"IdentityPoolId"`
	AMR            []string `aws:"Amr"`

	Tags map[string]string `aws:"Tags"` // of the session, and of its role or user
}

// Refused is what a service can tell whoever sent the request, in AWS's words.
type Refused struct {
	Code    string `aws:"Code"`
	Message string `aws:"Message"`
}

// AuthorizeRequest tells a service who signed a request that it got, and whether the
// policies of the signer allow an action. A signature that does not hold is no error
// of this call: the answer says what to tell the signer.
func (s *Server) AuthorizeRequest(ctx context.Context, _ iam.Caller, in *AuthorizeRequestInput) (*AuthorizeRequestOutput, error) {
	keys, err := in.conditionKeys()
	if err != nil {
		return nil, err
	}
	signer, err := s.proveHashes(ctx, in)
	if err != nil {
		return refusedSignature(err)
	}
	// The keys of the service's own request are not those of the one that it got.
	request := policy.NewContext()
	request.Set("aws:RequestedRegion", signer.Region)
	request.Set("aws:ViaAWSService", "false")
	ctx = iam.WithRequest(ctx, request.Clone)
	decision, err := s.IAM.Authorize(ctx, signer, in.Action, in.Object, keys)
	if err != nil {
		return nil, err
	}
	out := &AuthorizeRequestOutput{Allowed: decision.Allowed, Signer: signerOf(signer)}
	if decision.Allowed {
		return out, nil
	}
	out.Refused = &Refused{Code: "AccessDeniedException", Message: iam.Denied(signer, in.Action, in.Object, decision)}
	out.Explanation = audit.Cut(refusal(decision))
	out.EncodedAuthorizationMessage, err = s.STS.EncodeDenial(sts.Denial{
		Caller: signer, Action: in.Action, Resource: in.Object, Context: s.IAM.Context(ctx, signer, keys), Decision: decision,
	})
	return out, err
}

// proveHashes is authenticate for a request that somebody else got.
func (s *Server) proveHashes(ctx context.Context, in *AuthorizeRequestInput) (iam.Caller, error) {
	signature, err := sigv4.Claim(in.Credential, in.Date, in.Signature, in.SessionToken)
	if err != nil {
		return iam.Caller{}, err
	}
	if err := signature.CheckScope(in.Service); err != nil {
		return iam.Caller{}, err
	}
	return s.prove(ctx, signature, func(secret string) error {
		return signature.VerifyHashes(in.CanonicalRequestHashes, secret, s.Now(), jsonSkew)
	})
}

func refusedSignature(err error) (*AuthorizeRequestOutput, error) {
	f, ok := errors.AsType[*fault.Error](jsonSignatureFault(err))
	if !ok {
		return nil, err
	}
	return &AuthorizeRequestOutput{Refused: &Refused{Code: f.Code, Message: f.Message}, cause: f.Cause}, nil
}

func signerOf(caller iam.Caller) *Signer {
	const tag = "aws:PrincipalTag/"
	own := strings.TrimPrefix(issuer.URL, "https://")
	signer := &Signer{Account: caller.Account, ARN: caller.ARN, UserID: caller.UserID, Tags: map[string]string{}}
	for _, key := range caller.Keys.Keys() {
		values, multi, _ := caller.Keys.Get(key)
		switch {
		case key == own+":amr":
			signer.AMR = values
		case multi:
		case key == own+":sub":
			signer.IdentityID = values[0]
		case key == own+":aud":
			signer.IdentityPoolID = values[0]
		case strings.HasPrefix(key, tag):
			signer.Tags[strings.TrimPrefix(key, tag)] = values[0]
		}
	}
	return signer
}

// maxContext bounds the values of the condition keys of one question, in bytes: it
// takes time to compare them with the patterns of policies.
const maxContext = 16 << 10

// conditionKeys reads the keys that the service tells. It can tell what it saw of the
// request, and what it knows itself, under its own name; it cannot tell what the
// signature proves, nor stand in for where that says nothing.
func (in *AuthorizeRequestInput) conditionKeys() (policy.Context, error) {
	keys := policy.NewContext()
	size := 0
	for _, entry := range in.ContextEntries {
		if !in.mayTell(strings.ToLower(entry.ContextKeyName)) {
			return keys, invalidInput("The context key %s cannot be told: only keys of the service and of the action can, and of aws: those about the request and the resource.",
				entry.ContextKeyName)
		}
		for _, value := range entry.ContextKeyValues {
			size += len(value)
			if len(value) > maxHeaderValue || size > maxContext {
				return keys, invalidInput("The values of context keys have at most %d bytes each, and %d together.", maxHeaderValue, maxContext)
			}
		}
	}
	return keys, iam.ReadEntries(in.ContextEntries, keys)
}

func invalidInput(format string, args ...any) error {
	return fault.New("InvalidInput", http.StatusBadRequest, fmt.Sprintf(format, args...))
}

// mayTell reports whether a service may tell a condition key, given in lower case.
func (in *AuthorizeRequestInput) mayTell(key string) bool {
	vendor, name, _ := strings.Cut(key, ":")
	if proven := []string{"sts", "saml"}; name == "" || slices.Contains(proven, vendor) {
		return false
	}
	if vendor != "aws" {
		acting, _, _ := strings.Cut(strings.ToLower(in.Action), ":")
		return vendor == in.Service || vendor == acting
	}
	switch key {
	case "aws:sourceip", "aws:useragent", "aws:referer", "aws:securetransport", "aws:tagkeys":
		return true
	}
	return strings.HasPrefix(key, "aws:resourcetag/") || strings.HasPrefix(key, "aws:requesttag/")
}
