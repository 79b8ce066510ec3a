package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// KMS is a running server of moto, which speaks the APIs of AWS KMS and IAM.
type KMS struct {
	URL     string
	process *process
}

// StartKMS starts a KMS that asks nobody who they are, until Strict.
func StartKMS(t testing.TB) *KMS {
	t.Helper()
	port := fmt.Sprint(freePort(t))
	cmd := exec.Command(".moto/bin/moto_server", "-H", "127.0.0.1", "-p", port)
	cmd.Env = environment()
	k := &KMS{URL: "http://127.0.0.1:" + port, process: launch(t, "moto", cmd)}
	k.process.waitReady(t, k.URL+"/moto-api/data.json")
	return k
}

// Kill ends the KMS at once.
func (k *KMS) Kill() { k.process.kill() }

// NewKey makes a key of the KMS and an alias for it, and returns its ARN.
func (k *KMS) NewKey(t testing.TB, alias string) (keyARN string) {
	t.Helper()
	keyARN = k.administer(t, "CreateKey", map[string]string{})
	k.administer(t, "CreateAlias", map[string]string{"AliasName": alias, "TargetKeyId": keyARN})
	return keyARN
}

// administer calls an operation as somebody whom moto does not know, and returns the ARN of the key in the answer.
func (k *KMS) administer(t testing.TB, operation string, input any) (keyARN string) {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService."+operation)
	// moto reads here which service and region is meant, and looks at nothing else of it.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=administrator/20260101/"+Region+"/kms/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("kms: %s: %v", operation, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("kms: %s: %s %v: %s", operation, response.Status, err, answer)
	}
	var out struct{ KeyMetadata struct{ Arn string } }
	if err := json.Unmarshal(answer, &out); len(answer) > 0 && err != nil {
		t.Fatalf("kms: %s: %v", operation, err)
	}
	return out.KeyMetadata.Arn
}

// NewUser makes a user who may do these actions with any key.
func (k *KMS) NewUser(t testing.TB, name string, actions ...string) aws.Credentials {
	t.Helper()
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"}})
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	users := iam.NewFromConfig(Config(t, k.URL, aws.Credentials{AccessKeyID: "administrator", SecretAccessKey: "any"}))
	if _, err := users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatalf("kms: %v", err)
	}
	_, err = users.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("keys"), PolicyDocument: aws.String(string(policy))})
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	out, err := users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	return aws.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}

// Strict lets the KMS check the signature and the policies of whoever calls from now on.
func (k *KMS) Strict(t testing.TB) {
	t.Helper()
	response, err := http.Post(k.URL+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	if err != nil {
		t.Fatalf("kms: %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("kms: reset-auth: %s", response.Status)
	}
}
