package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Services that a Call can name.
const (
	Cognito = "cognito-identity"
	STS     = "sts"
	IAM     = "iam"
)

// Client is an AWS SDK or CLI as people have it, told nothing but the region and the endpoint.
type Client interface {
	// Name is for the names of tests.
	Name() string
	// Typed says whether the client has an exception type for each error that its models name.
	Typed() bool
	// Do makes one call. Its error is a *Fault when the server refused.
	Do(t testing.TB, call Call) (output []byte, err error)
}

// Clients starts every client; they end with the test.
func Clients(t testing.TB) []Client {
	t.Helper()
	return append(SDKs(t), newCLI(t))
}

// SDKs are the clients without the CLI, which is boto3's library again and takes half a second a call.
func SDKs(t testing.TB) []Client {
	t.Helper()
	return []Client{GoSDK{}, JavaScript(t, 0), JavaScript2(t), newPython(t)}
}

// Call is one call of an AWS API. Input has the member names of the API.
type Call struct {
	Service, Operation string
	Input              any
	Credentials        aws.Credentials // none: an unsigned call
	Endpoint           string
}

// Fault is an error answer as a client understood it.
type Fault struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Exception string `json:"exception"` // name of the client's own type for it, empty for its catch-all type
	Status    int    `json:"status"`    // HTTP; 0 where the client does not tell
	RequestID string `json:"requestId"` // empty where the client does not tell
}

func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// request is a Call as the scripts read it.
type request struct {
	Service     string     `json:"service"`
	Operation   string     `json:"operation"`
	Input       any        `json:"input"`
	Credentials *keys      `json:"credentials,omitempty"`
	Pool        *PoolLogin `json:"pool,omitempty"`
	Region      string     `json:"region"`
	Endpoint    string     `json:"endpoint"`
}

type keys struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken,omitempty"`
}

// PoolLogin is an identity pool from which an SDK itself gets credentials.
type PoolLogin struct {
	ID       string            `json:"id"`
	Logins   map[string]string `json:"logins,omitempty"`   // none: as a guest
	Device   string            `json:"device"`             // where the SDK keeps what it keeps
	User     string            `json:"user,omitempty"`     // under which it keeps a user's identity, if it wants a name for that
	Identity string            `json:"identity,omitempty"` // that the app has kept, for SDKs that do not keep it over a sign-in
	Role     string            `json:"role,omitempty"`     // for the basic flow, where the SDK has it
	Token    string            `json:"token,omitempty"`    // of the basic flow, to trade for Role
}

func (c Call) request() request {
	r := request{Service: c.Service, Operation: c.Operation, Input: c.Input, Region: Region, Endpoint: c.Endpoint}
	if c.Input == nil {
		r.Input = struct{}{}
	}
	if c.Credentials.AccessKeyID != "" {
		r.Credentials = &keys{c.Credentials.AccessKeyID, c.Credentials.SecretAccessKey, c.Credentials.SessionToken}
	}
	return r
}

// answer is what the scripts write for a request.
type answer struct {
	Output json.RawMessage `json:"output"`
	Fault  *Fault          `json:"fault"`
}

func parseAnswer(line []byte) ([]byte, error) {
	var a answer
	if err := json.Unmarshal(bytes.TrimSpace(line), &a); err != nil {
		return nil, fmt.Errorf("not an answer: %w: %s", err, line)
	}
	if a.Fault != nil {
		return nil, a.Fault
	}
	return a.Output, nil
}
