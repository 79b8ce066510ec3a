package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// GoSDK is the AWS SDK for Go v2.
type GoSDK struct{}

// Name is for the names of tests.
func (GoSDK) Name() string { return "go" }

// Typed is true: the SDK has a type for each modelled error.
func (GoSDK) Typed() bool { return true }

// Config is a Go SDK configuration for endpoint with the given keys, none for unsigned calls.
func Config(t testing.TB, endpoint string, keys aws.Credentials) aws.Config {
	t.Helper()
	var provider aws.CredentialsProvider = aws.AnonymousCredentials{}
	if keys.AccessKeyID != "" {
		provider = credentials.StaticCredentialsProvider{Value: keys}
	}
	c, err := config.LoadDefaultConfig(context.Background(), config.WithRegion(Region), config.WithBaseEndpoint(endpoint),
		config.WithCredentialsProvider(provider), config.WithSharedConfigFiles(nil), config.WithSharedCredentialsFiles(nil))
	if err != nil {
		t.Fatalf("go: %v", err)
	}
	return c
}

// Once is c for a client that never calls twice: a retry would hide an error of the server's.
func Once(c aws.Config) aws.Config {
	c.RetryMaxAttempts = 1
	c.HTTPClient = wholeBodies{awshttp.NewBuildableClient()}
	return c
}

// wholeBodies hides that the SDK's request bodies have WriteTo. Of a body that the SDK closes because its answer is
// there already, WriteTo returns io.EOF, for which net/http cuts the connection while the answer is still being read.
type wholeBodies struct{ aws.HTTPClient }

func (w wholeBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return w.HTTPClient.Do(r)
}

// Do calls the method of the operation's name.
func (GoSDK) Do(t testing.TB, call Call) ([]byte, error) {
	t.Helper()
	c := Config(t, call.Endpoint, call.Credentials)
	clients := map[string]any{Cognito: cognitoidentity.NewFromConfig(c), STS: sts.NewFromConfig(c), IAM: iam.NewFromConfig(c)}
	method := reflect.ValueOf(clients[call.Service]).MethodByName(call.Operation)
	input := reflect.New(method.Type().In(1).Elem())
	text, err := json.Marshal(call.request().Input)
	if err != nil {
		t.Fatalf("go: %v", err)
	}
	if err := json.Unmarshal(text, input.Interface()); err != nil {
		t.Fatalf("go: %s: %v", call.Operation, err)
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), input})
	if err, failed := results[1].Interface().(error); failed {
		return nil, goFault(err)
	}
	return json.Marshal(results[0].Interface())
}

// goFault is the refusal in an SDK error, or the error itself when the server did not refuse.
func goFault(err error) error {
	refusal, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return err
	}
	f := &Fault{Code: refusal.ErrorCode(), Message: refusal.ErrorMessage()}
	if name := fmt.Sprintf("%T", refusal); !strings.HasSuffix(name, ".GenericAPIError") {
		f.Exception = name[strings.LastIndex(name, ".")+1:]
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		f.Status, f.RequestID = response.HTTPStatusCode(), response.ServiceRequestID()
	}
	return f
}

// AsFault is the refusal in an error of the Go SDK or of Client.Do, or nil.
func AsFault(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	f, _ := errors.AsType[*Fault](goFault(err))
	return f
}
