package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
)

// golden is an answer to the last byte, without the headers that net/http adds.
func (a answer) golden(t *testing.T) string {
	t.Helper()
	id := a.header.Get("x-amzn-RequestId")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("the request id %q is not a UUID", id)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", a.status)
	for _, name := range []string{
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Allow", "Content-Type",
		"X-Amzn-Errormessage", "X-Amzn-Errortype",
	} {
		for _, value := range a.header.Values(name) {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	b.WriteString(a.body)
	return strings.ReplaceAll(b.String(), id, "REQUEST-ID")
}

const cors = `Access-Control-Allow-Origin: *
Access-Control-Expose-Headers: x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date
`

// TestBytes holds whole answers against the wire of AWS, for a success and each
// class of error in both protocols.
func TestBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := w.user(t, "nobody", "")
	pool := w.pool(t)
	xmlError := func(namespace, blame, code, message string) string {
		return `<ErrorResponse xmlns="` + namespace + `"><Error><Type>` + blame + `</Type><Code>` + code + `</Code><Message>` +
			message + `</Message></Error><RequestId>REQUEST-ID</RequestId></ErrorResponse>`
	}
	const (
		stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
		iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
		jsonType     = "Content-Type: application/x-amz-json-1.1\n"
		xmlType      = "Content-Type: text/xml\n"
	)
	for _, test := range []struct {
		name string
		got  func(t *testing.T) answer
		want string
	}{
		{"JSON, success", func(t *testing.T) answer {
			return w.cognito(t, rootKey(), "DescribeIdentityPool", `{"IdentityPoolId":"`+pool+`"}`)
		}, "200\n" + cors + jsonType + `{"IdentityPoolId":"` + pool + `","IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`},
		{"JSON, success without output", func(t *testing.T) answer {
			return w.cognito(t, rootKey(), "SetIdentityPoolRoles", `{"IdentityPoolId":"`+pool+`","Roles":{}}`)
		}, "200\n" + cors + jsonType},
		{"JSON, refusal of the operation", func(t *testing.T) answer {
			return w.public(t, "GetId", `{"IdentityPoolId":"eu-west-1:0"}`)
		}, "400\n" + cors + jsonType + "X-Amzn-Errormessage: IdentityPool 'eu-west-1:0' not found.\nX-Amzn-Errortype: ResourceNotFoundException:\n" +
			`{"__type":"ResourceNotFoundException","message":"IdentityPool 'eu-west-1:0' not found."}`},
		{"JSON, constraint", func(t *testing.T) answer {
			return w.public(t, "GetId", `{}`)
		}, "400\n" + cors + jsonType +
			"X-Amzn-Errormessage: 1 validation error detected: Value null at 'identityPoolId' failed to satisfy constraint: Member must not be null\n" +
			"X-Amzn-Errortype: ValidationException:\n" +
			`{"__type":"ValidationException","message":"1 validation error detected: Value null at 'identityPoolId' failed to satisfy constraint: Member must not be null"}`},
		{"JSON, no permission", func(t *testing.T) answer {
			return w.cognito(t, nobody, "ListIdentityPools", `{"MaxResults":1}`)
		}, "400\n" + cors + jsonType +
			"X-Amzn-Errormessage: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: cognito-identity:ListIdentityPools on resource: arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/ because no identity-based policy allows the cognito-identity:ListIdentityPools action\n" +
			"X-Amzn-Errortype: AccessDeniedException:\n" +
			`{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: cognito-identity:ListIdentityPools on resource: arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/ because no identity-based policy allows the cognito-identity:ListIdentityPools action"}`},
		{"STS, success", func(t *testing.T) answer {
			return w.sts(t, rootKey(), "GetCallerIdentity")
		}, "200\n" + cors + xmlType +
			`<GetCallerIdentityResponse xmlns="` + stsNamespace + `"><GetCallerIdentityResult><UserId>123456789012</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>REQUEST-ID</RequestId></ResponseMetadata></GetCallerIdentityResponse>`},
		{"STS, refusal of the operation", func(t *testing.T) answer {
			return w.sts(t, rootKey(), "AssumeRole", "RoleArn", "arn:aws:iam::123456789012:role/r", "RoleSessionName", "me")
		}, "403\n" + cors + xmlType + xmlError(stsNamespace, "Sender", "AccessDenied", "Roles may not be assumed by root accounts.")},
		{"STS, constraint", func(t *testing.T) answer {
			return w.sts(t, rootKey(), "AssumeRole", "RoleSessionName", strings.Repeat("s", 65))
		}, "400\n" + cors + xmlType + xmlError(stsNamespace, "Sender", "ValidationError",
			"2 validation errors detected: Value null at &#39;roleArn&#39; failed to satisfy constraint: Member must not be null; Value &#39;"+
				strings.Repeat("s", 65)+"&#39; at &#39;roleSessionName&#39; failed to satisfy constraint: Member must have length less than or equal to 64")},
		{"STS, no signature", func(t *testing.T) answer {
			return w.do(t, w.queryRequest(t, form(stsVersion, "GetCallerIdentity")))
		}, "403\n" + cors + xmlType + xmlError(stsNamespace, "Sender", "MissingAuthenticationToken", "Request is missing Authentication Token")},
		{"IAM, success without output", func(t *testing.T) answer {
			return w.iam(t, rootKey(), "PutUserPolicy", "UserName", "nobody", "PolicyName", "p", "PolicyDocument", allow("s3:GetObject"))
		}, "200\n" + cors + xmlType +
			`<PutUserPolicyResponse xmlns="` + iamNamespace + `"><ResponseMetadata><RequestId>REQUEST-ID</RequestId></ResponseMetadata></PutUserPolicyResponse>`},
		{"IAM, no permission", func(t *testing.T) answer {
			return w.iam(t, nobody, "GetUser", "UserName", "somebody")
		}, "403\n" + cors + xmlType + xmlError(iamNamespace, "Sender", "AccessDenied",
			"User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: iam:GetUser on resource: user somebody because no identity-based policy allows the iam:GetUser action")},
		{"IAM, not found", func(t *testing.T) answer {
			return w.iam(t, rootKey(), "GetRole", "RoleName", "r")
		}, "404\n" + cors + xmlType + xmlError(iamNamespace, "Sender", "NoSuchEntity", "The role with name r cannot be found.")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got(t).golden(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRequestIDs asks twice: no two requests have the same id.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.public(t, "GetId", `{}`), w.public(t, "GetId", `{}`)
	if a, b := one.header.Get("x-amzn-RequestId"), two.header.Get("x-amzn-RequestId"); a == b {
		t.Errorf("both requests have the id %s", a)
	}
}

// TestInternalError asks a server that cannot reach its store: the client learns
// the request id and nothing else.
func TestInternalError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Cognito.Pools, w.config.IAM.Roles = nil, nil // every use panics
	for _, test := range []struct {
		name string
		got  answer
		code string
	}{
		{"Cognito", w.public(t, "GetId", `{"IdentityPoolId":"eu-west-1:0"}`), "InternalErrorException"},
		{"STS", w.sts(t, w.user(t, "u", ""), "AssumeRole", "RoleArn", "arn:aws:iam::123456789012:role/r", "RoleSessionName", "me"), "InternalFailure"},
		{"IAM", w.iam(t, rootKey(), "GetRole", "RoleName", "r"), "ServiceFailure"},
	} {
		test.got.is(t, http.StatusInternalServerError, test.code,
			"An internal error has occurred. The request id is "+test.got.header.Get("x-amzn-RequestId")+".")
		if test.name != "Cognito" && test.got.xml("Error", "Type") != "Receiver" {
			t.Errorf("%s: the blame is not the server's: %s", test.name, test.got.body)
		}
	}
	w.sts(t, rootKey(), "GetCallerIdentity").ok(t) // the server goes on
	w.Close()
	for _, part := range []string{"nil pointer", "getid.go:", "assumerole.go:", "role.go:"} {
		if !strings.Contains(w.log.text(), part) {
			t.Errorf("the log does not tell of %q where it panicked:\n%s", part, w.log.text())
		}
	}
}

// TestSignedPublicOperation signs public operations badly: nobody looks.
func TestSignedPublicOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"IdentityPoolId":"` + w.pool(t) + `"}`
	r := w.jsonRequest(t, "GetId", body)
	sigv4.Sign(r, []byte("another body"), sigv4.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}, "nowhere", "sqs", noon().AddDate(-1, 0, 0))
	w.do(t, r).ok(t)
	r = w.jsonRequest(t, "GetId", body)
	r.Header.Set("Authorization", "Bearer of bad news")
	w.do(t, r).ok(t)
	r = w.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::123456789012:role/r",
		"RoleSessionName", "me", "WebIdentityToken", "no token"))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 nonsense")
	w.do(t, r).is(t, http.StatusBadRequest, "InvalidIdentityToken",
		"The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
}
