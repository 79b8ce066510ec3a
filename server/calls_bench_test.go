package server_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/server"
)

// BenchmarkCalls answers guests, without the network: a new identity on the disk, and
// credentials for one that is in memory.
func BenchmarkCalls(b *testing.B) {
	w := newWorld(b)
	w.config.Audit.Logger = slog.New(slog.NewTextHandler(nowhere{}, nil))
	handler := server.New(w.config)
	pool := w.pool(b)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
		"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},
		"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}}]}`
	role := w.iam(b, rootKey(), "CreateRole", "RoleName", "guest", "AssumeRolePolicyDocument", trust).ok(b).xml("Arn")
	w.cognito(b, rootKey(), "SetIdentityPoolRoles", `{"IdentityPoolId":"`+pool+`","Roles":{"unauthenticated":"`+role+`"}}`).ok(b)
	id := w.public(b, "GetId", `{"IdentityPoolId":"`+pool+`"}`).ok(b).value(b, "IdentityId")
	for operation, body := range map[string]string{
		"GetId":                     `{"IdentityPoolId":"` + pool + `"}`,
		"GetCredentialsForIdentity": `{"IdentityId":"` + id + `"}`,
	} {
		b.Run(operation, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, w.URL, strings.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				r.Header = http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AWSCognitoIdentityService." + operation}}
				r.RemoteAddr = "127.0.0.1:4711"
				out := discard{header: http.Header{}}
				handler.ServeHTTP(&out, r)
				if out.status != http.StatusOK {
					b.Fatal(out.status)
				}
			}
		})
	}
}

// nowhere is a log that is written as any other, and kept by nobody.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// discard is an answer that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
