package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

// api is one of the services that answer on the port.
type api struct {
	name        string // of the service in signatures
	format      wire.Format
	contentType []string // the header's value
	target      string   // prefix of operations in X-Amz-Target, of a JSON API
	version     string   // of a Query API
	namespace   string   // of a Query API's answers
	internal    string   // code of an error that is the server's fault
	skew        time.Duration
	operations  map[string]operation
}

// operation is a method of a service in the form that the server calls.
type operation struct {
	signed bool
	action string // the permission that it needs; empty where none is enough, or needed
	asks   bool   // it asks for the permission itself
	input  func() any
	invoke func(ctx context.Context, caller iam.Caller, in any) (any, error)
}

// public is an operation that anybody may call.
func public[In, Out any](do func(context.Context, *In) (*Out, error)) operation {
	return operation{
		input:  func() any { return new(In) },
		invoke: func(ctx context.Context, _ iam.Caller, in any) (any, error) { return output(do(ctx, in.(*In))) },
	}
}

// proven is an operation that anybody with a valid signature may call, and that
// decides itself what they get.
func proven[In, Out any](do func(context.Context, iam.Caller, *In) (*Out, error)) operation {
	return operation{
		signed: true,
		input:  func() any { return new(In) },
		invoke: func(ctx context.Context, caller iam.Caller, in any) (any, error) {
			return output(do(ctx, caller, in.(*In)))
		},
	}
}

// signed is an operation that needs a signature and a permission.
func signed[In, Out any](action string, do func(context.Context, iam.Caller, *In) (*Out, error)) operation {
	o := proven(do)
	o.action = action
	return o
}

// asking is an operation that needs a permission and asks for it itself, since what it
// is about is known only after a look.
func asking[In, Out any](action string, do func(context.Context, iam.Caller, *In) (*Out, error)) operation {
	o := signed(action, do)
	o.asks = true
	return o
}

// output keeps the nil of an operation without output from becoming a value.
func output[Out any](out *Out, err error) (any, error) {
	if out == nil {
		return nil, err
	}
	return out, err
}

type apis struct {
	cognito, sts, iam *api
	cenote            *api // what AWS has no API for
}

// fallback is the API in whose words a request is refused that names no operation.
func (a apis) fallback(r *http.Request) *api {
	if r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json") {
		return a.cognito
	}
	return a.sts
}

func newAPIs(s *Server) apis {
	c := s.Config
	return apis{
		cognito: &api{
			name: "cognito-identity", format: wire.JSON, contentType: []string{"application/x-amz-json-1.1"},
			target:   "AWSCognitoIdentityService.",
			internal: "InternalErrorException", skew: jsonSkew, operations: cognitoOperations(c),
		},
		cenote: &api{
			name: "cenote", format: wire.JSON, contentType: []string{"application/x-amz-json-1.1"},
			target:   "Cenote.",
			internal: "InternalErrorException", skew: jsonSkew, operations: cenoteOperations(s),
		},
		sts: &api{
			name: "sts", format: wire.Query, contentType: []string{"text/xml"},
			version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
			internal: "InternalFailure", skew: 15 * time.Minute, operations: stsOperations(c),
		},
		iam: &api{
			name: "iam", format: wire.Query, contentType: []string{"text/xml"},
			version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
			internal: "ServiceFailure", skew: 15 * time.Minute, operations: iamOperations(c),
		},
	}
}

// jsonSkew is how far a signature's date may be off in AWS's JSON APIs.
const jsonSkew = 5 * time.Minute

func cenoteOperations(s *Server) map[string]operation {
	return map[string]operation{
		"AuthorizeRequest": signed("cenote:AuthorizeRequest", s.AuthorizeRequest),
	}
}

func cognitoOperations(c Config) map[string]operation {
	s := c.Cognito
	return map[string]operation{
		"GetId":                              public(s.GetID),
		"GetOpenIdToken":                     public(s.GetOpenIDToken),
		"GetCredentialsForIdentity":          public(s.GetCredentialsForIdentity),
		"UnlinkIdentity":                     public(s.UnlinkIdentity),
		"CreateIdentityPool":                 signed("cognito-identity:CreateIdentityPool", s.CreateIdentityPool),
		"DescribeIdentityPool":               signed("cognito-identity:DescribeIdentityPool", s.DescribeIdentityPool),
		"UpdateIdentityPool":                 signed("cognito-identity:UpdateIdentityPool", s.UpdateIdentityPool),
		"DeleteIdentityPool":                 signed("cognito-identity:DeleteIdentityPool", s.DeleteIdentityPool),
		"ListIdentityPools":                  signed("cognito-identity:ListIdentityPools", s.ListIdentityPools),
		"SetIdentityPoolRoles":               signed("cognito-identity:SetIdentityPoolRoles", s.SetIdentityPoolRoles),
		"GetIdentityPoolRoles":               signed("cognito-identity:GetIdentityPoolRoles", s.GetIdentityPoolRoles),
		"SetPrincipalTagAttributeMap":        signed("cognito-identity:SetPrincipalTagAttributeMap", s.SetPrincipalTagAttributeMap),
		"GetPrincipalTagAttributeMap":        signed("cognito-identity:GetPrincipalTagAttributeMap", s.GetPrincipalTagAttributeMap),
		"TagResource":                        signed("cognito-identity:TagResource", s.TagResource),
		"UntagResource":                      signed("cognito-identity:UntagResource", s.UntagResource),
		"ListTagsForResource":                signed("cognito-identity:ListTagsForResource", s.ListTagsForResource),
		"ListIdentities":                     signed("cognito-identity:ListIdentities", s.ListIdentities),
		"LookupDeveloperIdentity":            signed("cognito-identity:LookupDeveloperIdentity", s.LookupDeveloperIdentity),
		"MergeDeveloperIdentities":           signed("cognito-identity:MergeDeveloperIdentities", s.MergeDeveloperIdentities),
		"UnlinkDeveloperIdentity":            signed("cognito-identity:UnlinkDeveloperIdentity", s.UnlinkDeveloperIdentity),
		"GetOpenIdTokenForDeveloperIdentity": signed("cognito-identity:GetOpenIdTokenForDeveloperIdentity", s.GetOpenIDTokenForDeveloperIdentity),
		"DescribeIdentity":                   asking("cognito-identity:DescribeIdentity", s.DescribeIdentity),
		"DeleteIdentities":                   asking("cognito-identity:DeleteIdentities", s.DeleteIdentities),
	}
}

func stsOperations(c Config) map[string]operation {
	s := c.STS
	return map[string]operation{
		"AssumeRoleWithSAML":         public(s.AssumeRoleWithSAML),
		"AssumeRoleWithWebIdentity":  public(s.AssumeRoleWithWebIdentity),
		"AssumeRole":                 proven(s.AssumeRole),
		"DecodeAuthorizationMessage": signed("sts:DecodeAuthorizationMessage", s.DecodeAuthorizationMessage),
		"GetAccessKeyInfo":           signed("sts:GetAccessKeyInfo", s.GetAccessKeyInfo),
		"GetCallerIdentity":          proven(s.GetCallerIdentity),
		"GetFederationToken":         proven(s.GetFederationToken),
		"GetSessionToken":            proven(s.GetSessionToken),
	}
}
