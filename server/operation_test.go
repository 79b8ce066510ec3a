package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/wire"
)

// TestOperations holds the table against the methods of the services: all of them
// are in it, each under its own name, signed if it wants to know its caller, and
// with types that the wire can carry.
func TestOperations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := server.New(w.config)
	left := map[string]server.Operation{}
	for _, o := range server.Operations(s) {
		left[o.Service+":"+strings.ToLower(o.Name)] = o
	}
	for service, value := range map[string]any{"cognito-identity": w.config.Cognito, "sts": w.config.STS, "iam": w.config.IAM, "cenote": s} {
		for method := range reflect.TypeOf(value).Methods() {
			in, out, signed, ok := shape(method.Type)
			if !ok {
				continue
			}
			name := service + ":" + strings.ToLower(method.Name)
			o, registered := left[name]
			delete(left, name)
			if !registered {
				t.Errorf("%s has the method %s, but nobody can call it", service, method.Name)
				continue
			}
			if o.Input != in || o.Signed != signed {
				t.Errorf("%s is registered with %v, signed %t, but takes %v, signed %t", name, o.Input, o.Signed, in, signed)
			}
			for _, kind := range []reflect.Type{in, out} {
				if kind == reflect.TypeFor[struct{}]() {
					continue
				}
				if err := server.Codec(s).Check(reflect.Zero(kind).Interface()); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	for name := range left {
		t.Errorf("%s is registered, but is no method of the service", name)
	}
}

// shape tells the operations among the methods of a service.
func shape(method reflect.Type) (in, out reflect.Type, signed, ok bool) {
	n := method.NumIn()
	signed = n == 4 && method.In(2) == reflect.TypeFor[iam.Caller]()
	ok = (n == 3 || signed) && method.In(1) == reflect.TypeFor[context.Context]() && method.NumOut() == 2 &&
		method.In(n-1).Kind() == reflect.Pointer && method.Out(0).Kind() == reflect.Pointer &&
		method.Out(1) == reflect.TypeFor[error]()
	if !ok {
		return nil, nil, false, false
	}
	in, out = method.In(n-1).Elem(), method.Out(0).Elem()
	return in, out, signed, in.Kind() == reflect.Struct && out.Kind() == reflect.Struct
}

// TestPublicOperations is the list of what anybody may call, from the specification
// of each API; a further one has to be added here on purpose.
func TestPublicOperations(t *testing.T) {
	t.Parallel()
	public := map[string]bool{
		"cognito-identity:GetId": true, "cognito-identity:GetOpenIdToken": true,
		"cognito-identity:GetCredentialsForIdentity": true, "cognito-identity:UnlinkIdentity": true, "sts:AssumeRoleWithWebIdentity": true,
		"sts:AssumeRoleWithSAML": true,
	}
	withoutAction := map[string]bool{
		"sts:AssumeRole": true, "sts:GetCallerIdentity": true, "sts:GetFederationToken": true, "sts:GetSessionToken": true,
	}
	for _, o := range server.Operations(server.New(newWorld(t).config)) {
		name := o.Service + ":" + o.Name
		if o.Signed == public[name] {
			t.Errorf("%s: signed is %t", name, o.Signed)
		}
		want := name
		if public[name] || withoutAction[name] {
			want = ""
		}
		if o.Action != want {
			t.Errorf("%s needs the permission %q", name, o.Action)
		}
	}
}

// TestEveryOperation calls every signed operation as nobody, as a user without
// permissions, as one with all but the right one, and as one with that alone.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := w.user(t, "nobody", "")
	somebody := w.user(t, "somebody", "")
	for _, o := range server.Operations(server.New(w.config)) {
		if !o.Signed {
			continue
		}
		denied, missing := "AccessDenied", "MissingAuthenticationToken"
		if o.Format == wire.JSON {
			denied, missing = "AccessDeniedException", "MissingAuthenticationTokenException"
		}
		if got := w.call(t, o, nil).code(); got != missing {
			t.Errorf("%s without a signature: %q, not %s", o.Name, got, missing)
		}
		if o.Action == "" {
			continue
		}
		if got := w.call(t, o, &nobody); got.code() != denied || !strings.Contains(got.message(), "not authorized to perform: "+o.Action) {
			t.Errorf("%s without a permission: %s", o.Name, got.body)
		}
		permit := func(policy string) {
			w.iam(t, rootKey(), "PutUserPolicy", "UserName", "somebody", "PolicyName", "p", "PolicyDocument", policy).ok(t)
		}
		permit(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"` + o.Action + `","Resource":"*"}}`)
		if got := w.call(t, o, &somebody).code(); got != denied {
			t.Errorf("%s with all other permissions: %q, not %s", o.Name, got, denied)
		}
		permit(allow(o.Action))
		if got := w.call(t, o, &somebody).code(); got == denied || got == missing || strings.HasPrefix(got, "Internal") || got == "ServiceFailure" {
			t.Errorf("%s with the permission: %s", o.Name, got)
		}
	}
}

// call sends an operation with the smallest input that keeps its rules.
func (w *world) call(t *testing.T, o server.Operation, key *sigv4.Credentials) answer {
	t.Helper()
	input := sample(t, o.Input)
	var r *http.Request
	var body []byte
	if o.Format == wire.JSON {
		body, _ = json.Marshal(input)
		r = w.jsonRequest(t, o.Name, string(body))
		r.Header.Set("X-Amz-Target", o.Target)
	} else {
		values := url.Values{"Action": {o.Name}, "Version": {o.Version}}
		flatten(values, "", input)
		body = []byte(values.Encode())
		r = w.queryRequest(t, string(body))
	}
	if key != nil {
		sigv4.Sign(r, body, *key, region, o.Service, w.now())
	}
	return w.do(t, r)
}

// sample is an input with its required members alone.
func sample(t *testing.T, input reflect.Type) map[string]any {
	t.Helper()
	values := map[string]any{}
	for _, field := range reflect.VisibleFields(input) {
		name := field.Tag.Get("aws")
		rules, _, _ := strings.Cut(field.Tag.Get("check"), "pattern=")
		if !strings.Contains(rules, "required") {
			continue
		}
		if field.Type.Kind() == reflect.Map {
			values[name] = map[string]any{}
			continue
		}
		values[name] = sampleOf(t, name)
	}
	return values
}

// sampleOf is a value for a member. It names nothing that exists, except for users
// of TestEveryOperation where the member is one.
func sampleOf(t *testing.T, member string) any {
	t.Helper()
	switch member {
	case "IdentityPoolId", "IdentityId":
		return "eu-west-1:00000000-0000-4000-8000-000000000000"
	case "IdentityIdsToDelete":
		return []any{"eu-west-1:00000000-0000-4000-8000-000000000000"}
	case "ResourceArn":
		return "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/eu-west-1:00000000-0000-4000-8000-000000000000"
	case "IdentityPoolName", "PolicyName", "RoleName", "UserName", "GroupName", "RoleSessionName", "Description", "ClientID", "Name",
		"IdentityProviderName", "DeveloperProviderName", "DeveloperUserIdentifier", "SourceUserIdentifier", "DestinationUserIdentifier":
		return "sample"
	case "AllowUnauthenticatedIdentities":
		return false
	case "MaxResults":
		return 1
	case "RoleArn", "PolicySourceArn":
		return "arn:aws:iam::123456789012:role/sample"
	case "OpenIDConnectProviderArn":
		return "arn:aws:iam::123456789012:oidc-provider/sample.example.test"
	case "SAMLProviderArn":
		return "arn:aws:iam::123456789012:saml-provider/sample"
	case "SAMLMetadataDocument":
		return strings.Repeat("<sample>", 200)
	case "PolicyArn", "PermissionsBoundary":
		return "arn:aws:iam::123456789012:policy/sample"
	case "VersionId":
		return "v1"
	case "Url":
		return "https://sample.example.test"
	case "PolicyDocument", "AssumeRolePolicyDocument":
		return allow("s3:GetObject")
	case "PolicyInputList":
		return []any{allow("s3:GetObject")}
	case "ActionNames":
		return []any{"s3:GetObject"}
	case "AccessKeyId":
		return "AKIASAMPLESAMPLE0000"
	case "EncodedMessage":
		return "sample"
	case "Service":
		return "notes"
	case "Action":
		return "notes:Read"
	case "Resource":
		return "*"
	case "Credential":
		return "AKIASAMPLESAMPLE0000/20260701/eu-west-1/notes/aws4_request"
	case "Date":
		return "20260701T120000Z"
	case "Signature":
		return strings.Repeat("0", 64)
	case "CanonicalRequestHashes":
		return []any{strings.Repeat("0", 64)}
	case "Status":
		return "Active"
	case "Tags":
		return []any{map[string]any{"Key": "k", "Value": "v"}}
	case "TagKeys", "ThumbprintList":
		return []any{strings.Repeat("a", 40)}
	}
	t.Fatalf("this test knows no value for the member %s", member)
	return nil
}

// flatten writes a value as parameters of AWS Query.
func flatten(values url.Values, name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			flatten(values, strings.TrimPrefix(name+"."+key, "."), member)
		}
	case []any:
		for i, member := range value {
			flatten(values, name+".member."+strconv.Itoa(i+1), member)
		}
	case string:
		values.Set(name, value)
	}
}
