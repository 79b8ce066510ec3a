package iam_test

import (
	"context"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

// operations calls f with every operation of the service: its name and the types of
// its input and output.
func operations(f func(name string, in, out reflect.Type)) {
	service := reflect.TypeFor[*iam.Service]()
	for method := range service.Methods() {
		typ := method.Type
		if typ.NumIn() == 4 && typ.In(1) == reflect.TypeFor[context.Context]() && typ.In(2) == reflect.TypeFor[iam.Caller]() &&
			typ.NumOut() == 2 && typ.In(3).Kind() == reflect.Pointer {
			f(method.Name, typ.In(3).Elem(), typ.Out(0).Elem())
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	count := 0
	operations(func(name string, in, out reflect.Type) {
		count++
		if in.Name() != name+"Input" || out.Name() != name+"Output" && out.Name() != "" {
			t.Errorf("%s takes %s and returns %s", name, in.Name(), out.Name())
		}
		for _, typ := range []reflect.Type{in, out} {
			if err := codec.Check(reflect.New(typ).Interface()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if count < 35 {
		t.Errorf("only %d operations found", count)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	long := strings.Repeat("x", 65)
	tests := []struct {
		in   any
		form string
		want string // the refusal, "" if the request is good
	}{
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument={}", ""},
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument={}&Path=/a/b/&Tags=&Description=", ""},
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument={}&Path=/a/b", "Member must satisfy regular expression pattern: " + `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`},
		{&iam.CreateRoleInput{}, "RoleName=" + long + "&AssumeRolePolicyDocument={}", "Member must have length less than or equal to 64"},
		{&iam.CreateRoleInput{}, "RoleName=a/b&AssumeRolePolicyDocument={}", "Member must satisfy regular expression pattern: " + `[\w+=,.@-]+`},
		{&iam.CreateRoleInput{}, "RoleName=R", "Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null"},
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument={}&MaxSessionDuration=3599", "Member must have value greater than or equal to 3600"},
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument={}&MaxSessionDuration=43201", "Member must have value less than or equal to 43200"},
		{&iam.CreateRoleInput{}, "RoleName=R&AssumeRolePolicyDocument=€", "Member must satisfy regular expression pattern: " + `[\u0009\u000A\u000D\u0020-\u00FF]+`},
		{&iam.ListRolesInput{}, "PathPrefix=/x&MaxItems=1000&Marker=YQ", ""},
		{&iam.ListRolesInput{}, "MaxItems=0", "Member must have value greater than or equal to 1"},
		{&iam.ListRolesInput{}, "MaxItems=1001", "Member must have value less than or equal to 1000"},
		{&iam.ListRolesInput{}, "PathPrefix=x", "Member must satisfy regular expression pattern: " + `\u002F[\u0021-\u007F]*`},
		{&iam.UpdateRoleInput{}, "RoleName=R&Description=", ""},
		{&iam.GetUserInput{}, "UserName=" + long, ""},
		{&iam.CreateUserInput{}, "UserName=" + long, "Member must have length less than or equal to 64"},
		{&iam.UpdateAccessKeyInput{}, "AccessKeyId=AKIAIOSFODNN7EXAMPLE&Status=On", "Member must satisfy enum value set: [Active, Inactive, Expired]"},
		{&iam.CreateOpenIDConnectProviderInput{}, "Url=https://a&ClientIDList.member.1=c", ""},
		{&iam.CreateOpenIDConnectProviderInput{}, "Url=https://a&ThumbprintList.member.1=abc", "Member must have length greater than or equal to 40"},
		{&iam.UpdateOpenIDConnectProviderThumbprintInput{}, "OpenIDConnectProviderArn=" + providers + "a&ThumbprintList=", ""},
		{&iam.CreateSAMLProviderInput{}, "Name=p&SAMLMetadataDocument=" + long, "Value '" + long + "' at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal to 1000"},
		{&iam.CreateSAMLProviderInput{}, "Name=a+b&SAMLMetadataDocument=" + strings.Repeat("x", 1000), "Member must satisfy regular expression pattern: " + `[\w._-]+`},
		{&iam.UpdateSAMLProviderInput{}, "SAMLProviderArn=" + samlProviders + "p", ""},
		{&iam.UpdateSAMLProviderInput{}, "SAMLProviderArn=" + samlProviders + "p&AssertionEncryptionMode=None", "Member must satisfy enum value set: [Required, Allowed]"},
		{&iam.UpdateSAMLProviderInput{}, "SAMLProviderArn=" + samlProviders + "p&RemovePrivateKey=SHORT", "Member must have length greater than or equal to 22"},
		{&iam.TagRoleInput{}, "RoleName=R&Tags.member.1.Key=k&Tags.member.1.Value=", ""},
		{&iam.TagRoleInput{}, "RoleName=R&Tags.member.1.Key=k", "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"},
	}
	for _, tt := range tests {
		form, err := url.ParseQuery(strings.ReplaceAll(tt.form, "+", "%2B"))
		if err != nil {
			t.Fatal(err)
		}
		err = codec.DecodeQuery(form, tt.in)
		if tt.want == "" && err != nil {
			t.Errorf("%s: %v", tt.form, err)
		}
		if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %s", tt.form, err, tt.want)
		}
	}
}

func TestResources(t *testing.T) {
	t.Parallel()
	type resourced interface{ Resource(iam.Caller) string }
	const own = "arn:aws:iam::" + account
	tests := []struct {
		in     resourced
		caller iam.Caller
		want   string
	}{
		{&iam.CreateRoleInput{RoleName: "R"}, root(), own + ":role/R"},
		{&iam.CreateRoleInput{RoleName: "R", Path: "/x/"}, root(), own + ":role/x/R"},
		{&iam.GetRoleInput{RoleName: "R"}, root(), own + ":role/R"},
		{&iam.ListRolesInput{}, root(), own + ":role/"},
		{&iam.ListRolesInput{PathPrefix: "/x"}, root(), own + ":role/x/"},
		{&iam.ListRolesInput{PathPrefix: "/x/"}, root(), own + ":role/x/"},
		{&iam.CreateUserInput{UserName: "u", Path: "/x/"}, root(), own + ":user/x/u"},
		{&iam.ListUsersInput{}, root(), own + ":user/"},
		{&iam.GetUserInput{UserName: "u"}, session(), own + ":user/u"},
		{&iam.GetUserInput{}, root(), own + ":root"},
		{&iam.GetUserInput{}, iam.Caller{ARN: own + ":user/u", User: "u"}, own + ":user/u"},
		{&iam.GetUserInput{}, session(), "*"},
		{&iam.CreateOpenIDConnectProviderInput{URL: "https://a.example/x"}, root(), own + ":oidc-provider/a.example/x"},
		{&iam.ListOpenIDConnectProvidersInput{}, root(), own + ":oidc-provider/*"},
		{&iam.CreateSAMLProviderInput{Name: "p"}, root(), own + ":saml-provider/p"},
		{&iam.ListSAMLProvidersInput{}, root(), own + ":saml-provider/*"},
		{&iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderARN: providers + "a"}, root(), providers + "a"},
	}
	for _, tt := range tests {
		if got := tt.in.Resource(tt.caller); got != tt.want {
			t.Errorf("%T: got %s, want %s", tt.in, got, tt.want)
		}
	}
	// Of several names the first counts: the policy that is attached to a role is no
	// resource, nor is the user who is added to a group.
	named := [][2]string{
		{"RoleName", own + ":role/X"},
		{"GroupName", own + ":group/X"},
		{"UserName", own + ":user/X"},
		{"PolicyARN", "X"},
		{"OpenIDConnectProviderARN", "X"},
		{"SAMLProviderARN", "X"},
	}
	operations(func(operation string, typ, _ reflect.Type) {
		in := reflect.New(typ)
		r, ok := in.Interface().(resourced)
		if !ok {
			t.Errorf("%s is authorized on no resource", operation)
			return
		}
		for _, name := range named {
			f := in.Elem().FieldByName(name[0])
			if !f.IsValid() {
				continue
			}
			f.SetString("X")
			if got := r.Resource(root()); got != name[1] {
				t.Errorf("%T of %s X: got %s, want %s", r, name[0], got, name[1])
			}
			return
		}
	})
}
