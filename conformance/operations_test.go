package conformance_test

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

// tour is a world whose clients note what the server answers.
type tour struct {
	*world
	sts  *sts.Client
	seen *record
}

// TestEveryOperation takes a tour through all operations that the server has, and then looks at what it saw: each
// field of the SDK's output types must have been filled once or be on a list with the reason, and each operation of
// the SDK that was not called must be refused as unknown.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	c := startWorld(t, conformance.Options{Redirects: map[string]string{o.Host(): o.URL}})
	seen := &record{filled: map[string]bool{}, outputs: map[string]reflect.Type{}}
	settings := conformance.Config(t, c.URL, c.Root)
	settings.APIOptions = append(settings.APIOptions, seen.watch)
	c.cognito, c.iam = cognitoidentity.NewFromConfig(settings), iam.NewFromConfig(settings)
	tr := &tour{world: c, sts: sts.NewFromConfig(settings), seen: seen}
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"roles", tr.roles},
		{"role policies", tr.rolePolicies},
		{"users", tr.users},
		{"access keys", tr.accessKeys},
		{"user policies", tr.userPolicies},
		{"managed policies", tr.managedPolicies},
		{"attachments", tr.attachments},
		{"boundaries", tr.boundaries},
		{"groups", tr.groups},
		{"renames", tr.renames},
		{"user tags", tr.userTags},
		{"custom simulation", tr.simulateCustom},
		{"principal simulation", tr.simulatePrincipal},
		{"last use", tr.lastUsed},
		{"account", tr.account},
		{"own sessions", tr.ownSessions},
		{"federated sessions", tr.federatedSessions},
		{"authorization messages", tr.authorizationMessages},
		{"tags of OIDC providers", func(t *testing.T) { tr.providerTags(t, o) }},
		{"SAML providers", tr.samlProviders},
		{"OIDC providers", func(t *testing.T) { tr.oidcProviders(t, o) }},
		{"identity pools", func(t *testing.T) { tr.identityPools(t, o) }},
		{"identity pool roles", func(t *testing.T) { tr.identityPoolRoles(t, o) }},
		{"identities", func(t *testing.T) { tr.identities(t, o) }},
		{"administration of identities", func(t *testing.T) { tr.identityAdministration(t, o) }},
		{"developers' users", func(t *testing.T) { tr.developerUsers(t, o) }},
		{"attribute maps", func(t *testing.T) { tr.attributeMaps(t, o) }},
		{"tags of identity pools", tr.poolTags},
		{"source identity", func(t *testing.T) { tr.sourceIdentity(t, o) }},
	} {
		if !t.Run(part.name, part.run) {
			t.Error("the tour is not complete, so what follows is not checked")
			return
		}
	}
	t.Run("every field is filled", seen.check)
	t.Run("every other operation is refused", func(t *testing.T) { tr.refusesOthers(t, seen.called()) })
}

// record is what SDK clients got from the server.
type record struct {
	mu      sync.Mutex
	filled  map[string]bool         // "service:Operation.Field.Field" that had a value at least once
	outputs map[string]reflect.Type // of operations by "service:Operation"
}

// watch adds the record to an SDK client's middleware.
func (r *record) watch(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("record",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if err == nil {
				r.add(reflect.ValueOf(out.Result).Elem())
			}
			return out, metadata, err
		}), middleware.Before)
}

func (r *record) add(output reflect.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := operationName(output.Type())
	r.outputs[name] = output.Type()
	r.fill(name, output)
}

// operationName is "service:Operation" of an output type.
func operationName(output reflect.Type) string {
	services := map[string]string{"cognitoidentity": conformance.Cognito, "sts": conformance.STS, "iam": conformance.IAM}
	path := output.PkgPath()
	return services[path[strings.LastIndexByte(path, '/')+1:]] + ":" + strings.TrimSuffix(output.Name(), "Output")
}

func (r *record) fill(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			r.fill(path, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			r.fill(path, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			r.fill(path, v.MapIndex(key))
		}
	case reflect.Struct:
		for field := range members(v.Type()) {
			if f := v.FieldByIndex(field.Index); !empty(f) {
				r.filled[path+"."+field.Name] = true
				r.fill(path+"."+field.Name, f)
			}
		}
	}
}

func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

// members are the fields of an SDK type that the wire can fill.
func members(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		if strings.HasPrefix(t.PkgPath(), "time") {
			return
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" && !yield(f) {
				return
			}
		}
	}
}

// called are the operations of which there is an output.
func (r *record) called() map[string]bool {
	called := map[string]bool{}
	for operation := range r.outputs {
		called[operation] = true
	}
	return called
}

// check fails the test for fields that were never filled without being listed, and for those listed but filled.
func (r *record) check(t *testing.T) {
	reasons := neverFilled()
	for _, operation := range slices.Sorted(maps.Keys(r.outputs)) {
		for _, path := range fields(operation, r.outputs[operation]) {
			reason := reasons[path]
			switch {
			case r.filled[path] && reason != "":
				t.Errorf("%s is filled, though it is on the list: %s", path, reason)
			case !r.filled[path] && reason == "" && r.filledParent(path):
				t.Errorf("%s was never filled", path)
			}
			delete(reasons, path)
		}
	}
	for path := range reasons {
		t.Errorf("%s is on the list, but there is no such field", path)
	}
}

// filledParent is whether the struct that path is a field of was ever there: where it was not, it is the one to list.
func (r *record) filledParent(path string) bool {
	parent := path[:strings.LastIndexByte(path, '.')]
	return !strings.Contains(parent, ".") || r.filled[parent]
}

// fields are the paths of all fields of an SDK type.
func fields(path string, t reflect.Type) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return fields(path, t.Elem())
	case reflect.Struct:
		var all []string
		for field := range members(t) {
			all = append(append(all, path+"."+field.Name), fields(path+"."+field.Name, field.Type)...)
		}
		return all
	default:
		return nil
	}
}

// refusesOthers sends, as root, every operation of the SDKs that was not called, by "service:Operation".
func (w *world) refusesOthers(t *testing.T, called map[string]bool) {
	for service, client := range map[string]any{conformance.Cognito: w.cognito, conformance.STS: sts.New(sts.Options{}), conformance.IAM: w.iam} {
		kind := reflect.TypeOf(client)
		for i := range kind.NumMethod() {
			operation := kind.Method(i).Name
			if called[service+":"+operation] || operation == "Options" {
				continue
			}
			call, want := cognitoCall(operation, "{}", w.Root), "UnknownOperationException"
			if service != conformance.Cognito {
				call, want = queryCall(service, "Action="+operation, w.Root), "InvalidAction"
			}
			if got := send(t, w.Server, call); got.status != 400 || got.code != want {
				t.Errorf("%s:%s got %d %s: %s\nwant 400 %s: is it built, and missing from the tour?", service, operation, got.status, got.code, got.message, want)
			}
		}
	}
}

// same compares two SDK values as far as the wire goes.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(plain(t, want), plain(t, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func plain(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if members, ok := out.(map[string]any); ok {
		delete(members, "ResultMetadata")
	}
	return out
}

// ok is the output of an SDK call that has to succeed.
func ok[T any](out T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless an SDK call was refused with this code and exactly this message.
func refused[T any](_ T, err error) func(t *testing.T, code, message string) {
	return func(t *testing.T, code, message string) {
		t.Helper()
		if f := conformance.AsFault(err); f == nil || f.Code != code || f.Message != message {
			t.Errorf("got %v\nwant %s: %s", err, code, message)
		}
	}
}
