package conformance_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// TestMembers looks for every member of the SDK's inputs and outputs, down to the last one, in what the server reads and
// writes for that operation.
func TestMembers(t *testing.T) {
	t.Parallel()
	left, used := withoutMembers(), map[string]bool{}
	for _, service := range []struct {
		name      string
		sdk, ours reflect.Type
		least     int // operations that have to be there
	}{
		{"cognito-identity", reflect.TypeFor[*cognitoidentity.Client](), reflect.TypeFor[*cognito.Service](), 23},
		{"sts", reflect.TypeFor[*awssts.Client](), reflect.TypeFor[*sts.Service](), 8},
		{"iam", reflect.TypeFor[*awsiam.Client](), reflect.TypeFor[*iam.Service](), 96},
	} {
		found := 0
		for i := range service.sdk.NumMethod() {
			method := service.sdk.Method(i)
			ours, ok := methodLike(service.ours, method.Name)
			if !ok || method.Type.NumIn() < 3 || method.Type.NumOut() != 2 {
				continue
			}
			found++
			path := service.name + ":" + method.Name
			missing := lacks(path+" input", method.Type.In(2), ours.In(ours.NumIn()-1))
			for _, member := range append(missing, lacks(path+" output", method.Type.Out(0), ours.Out(0))...) {
				name := member[strings.LastIndexByte(member, '.')+1:]
				if _, ok := left[name]; !ok || service.name == "cognito-identity" {
					t.Errorf("there is no %s", member)
				}
				used[name] = true
			}
		}
		if found < service.least {
			t.Errorf("%s has %d operations, want %d", service.name, found, service.least)
		}
	}
	for name, reason := range left {
		if !used[name] {
			t.Errorf("%s is there everywhere, though it is left out because %s", name, reason)
		}
	}
}

// methodLike finds an operation under Go's spelling of its name.
func methodLike(service reflect.Type, name string) (reflect.Type, bool) {
	for i := range service.NumMethod() {
		m := service.Method(i)
		if strings.EqualFold(m.Name, name) && m.Type.NumIn() >= 3 && m.Type.NumOut() == 2 {
			return m.Type, true
		}
	}
	return nil, false
}

// lacks are the members of an SDK type that ours has none for.
func lacks(path string, sdk, ours reflect.Type) []string {
	for sdk.Kind() == reflect.Pointer {
		sdk = sdk.Elem()
	}
	for ours.Kind() == reflect.Pointer {
		ours = ours.Elem()
	}
	switch sdk.Kind() {
	case reflect.Slice, reflect.Map:
		if ours.Kind() != sdk.Kind() {
			return []string{path + ", which is a " + sdk.Kind().String()}
		}
		return lacks(path, sdk.Elem(), ours.Elem())
	case reflect.Struct:
		if sdk == reflect.TypeFor[time.Time]() {
			return nil
		}
		if ours.Kind() != reflect.Struct {
			return []string{path + ", which is a structure"}
		}
		var missing []string
		for member := range members(sdk) {
			field, ok := fieldOf(ours, member.Name)
			if !ok {
				missing = append(missing, path+"."+member.Name)
				continue
			}
			missing = append(missing, lacks(path+"."+member.Name, member.Type, field.Type)...)
		}
		return missing
	}
	return nil
}

func fieldOf(ours reflect.Type, name string) (reflect.StructField, bool) {
	for _, field := range reflect.VisibleFields(ours) {
		wire, _, _ := strings.Cut(field.Tag.Get("aws"), ",")
		if strings.EqualFold(wire, name) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// withoutMembers are the names of members that the server does not have, with the reasons. Cognito has all.
func withoutMembers() map[string]string {
	return map[string]string{
		"MinimumSessionTokenSize":     "it is about the packed form of AWS's session tokens",
		"SessionTokenSize":            "it is about the packed form of AWS's session tokens",
		"SessionTokenUtilization":     "it is about the packed form of AWS's session tokens",
		"SourceRoleTemplate":          "there are no role templates",
		"PasswordLastUsed":            "users have no passwords",
		"OrganizationsDecisionDetail": "there are no organizations",
	}
}
