package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// CLI is the AWS command line interface.
type CLI struct {
	path  string
	fault *regexp.Regexp
}

func newCLI(t testing.TB) *CLI {
	t.Helper()
	return &CLI{
		path:  tool(t, "/usr/bin/aws", "aws"),
		fault: regexp.MustCompile(`(?s)An error occurred \((\w+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)\n$`),
	}
}

// Name is for the names of tests.
func (c *CLI) Name() string { return "cli" }

// Typed is false: the command prints the code.
func (c *CLI) Typed() bool { return false }

// Do runs the command once.
func (c *CLI) Do(t testing.TB, call Call) ([]byte, error) {
	t.Helper()
	r := call.request()
	input, err := json.Marshal(r.Input)
	if err != nil {
		t.Fatalf("cli: %v", err)
	}
	cmd := exec.Command(c.path, call.Service, kebab(call.Operation), "--endpoint-url", call.Endpoint, "--region", Region,
		"--output", "json", "--no-cli-pager", "--cli-input-json", string(input))
	cmd.Env = environment("HOME=" + t.TempDir())
	if r.Credentials != nil {
		cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID="+r.Credentials.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY="+r.Credentials.SecretAccessKey, "AWS_SESSION_TOKEN="+r.Credentials.SessionToken)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if err == nil && stdout.Len() == 0 {
		return []byte("{}"), nil // what the command prints for an operation without output
	}
	if err == nil {
		return stdout.Bytes(), nil
	}
	if _, ran := errors.AsType[*exec.ExitError](err); !ran {
		t.Fatalf("cli: %v: run make setup", err)
	}
	if parts := c.fault.FindSubmatch(stderr.Bytes()); parts != nil {
		return nil, &Fault{Code: string(parts[1]), Message: string(parts[2])}
	}
	return nil, fmt.Errorf("cli: %w: %s", err, stderr.String())
}

// kebab spells an operation as the command does, GetOpenIdToken as get-open-id-token.
func kebab(operation string) string {
	operation = strings.ReplaceAll(operation, "OpenIDConnect", "OpenIdConnect")
	operation = strings.ReplaceAll(operation, "SAML", "Saml")
	var b strings.Builder
	for i, r := range operation {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
