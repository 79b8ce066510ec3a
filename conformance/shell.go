package conformance

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Shell runs commands of the AWS CLI in one process that stays, since the CLI takes ten times as long to start as to
// make a call.
type Shell struct {
	script   *Script
	endpoint string
}

// Outcome is what a command left behind.
type Outcome struct {
	Code   int      `json:"code"` // 0 for success, 254 where the server refused
	Output string   `json:"output"`
	Errors string   `json:"errors"`
	Calls  []string `json:"calls"` // of the API that it made, as "service:Operation"
}

// NewShell starts the CLI for a server's URL. Files in commands (file://NAME) are those of folder.
func NewShell(t testing.TB, endpoint, folder string) *Shell {
	t.Helper()
	program, err := filepath.Abs("py/cli.py") // tests run in their package's folder
	if err != nil {
		t.Fatalf("aws: %v", err)
	}
	cmd := exec.Command(tool(t, "/usr/bin/python3", "python3"), program)
	cmd.Dir = folder
	cmd.Env = environment("HOME="+t.TempDir(), "AWS_DEFAULT_REGION="+Region, "AWS_DEFAULT_OUTPUT=json", "AWS_PAGER=")
	return &Shell{startScript(t, "aws", false, cmd), endpoint}
}

// Run runs aws with arguments. Commands of one shell run one after another.
func (s *Shell) Run(t testing.TB, keys aws.Credentials, arguments ...string) Outcome {
	t.Helper()
	line := s.script.exchange(t, map[string]any{
		"arguments": append([]string{"--endpoint-url", s.endpoint}, arguments...),
		"environment": map[string]string{
			"AWS_ACCESS_KEY_ID": keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": keys.SecretAccessKey, "AWS_SESSION_TOKEN": keys.SessionToken,
		},
	})
	var out Outcome
	if err := json.Unmarshal(line, &out); err != nil {
		t.Fatalf("aws: %v: %s", err, line)
	}
	return out
}

// Paste runs lines in a shell as somebody would who has the AWS CLI and no settings for it, and returns what they print.
// It fails the test at the first that fails.
func Paste(t testing.TB, lines string) string {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-e", "-c", lines)
	cmd.Env = environment("HOME="+t.TempDir(), "PATH="+filepath.Dir(tool(t, "/usr/bin/aws", "aws"))+":"+os.Getenv("PATH"), "AWS_PAGER=")
	output, err := cmd.Output()
	if err != nil {
		stderr := ""
		if failed, ok := errors.AsType[*exec.ExitError](err); ok {
			stderr = string(failed.Stderr)
		}
		t.Fatalf("%s\n%v\n%s%s", lines, err, output, stderr)
	}
	return string(output)
}
