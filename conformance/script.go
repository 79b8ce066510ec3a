package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// Script is a client in another language: a program that answers one request a line.
type Script struct {
	name  string
	typed bool

	mu      sync.Mutex
	stdin   io.Writer
	answers *bufio.Reader
	log     log
}

// JavaScript is the AWS SDK for JavaScript v3 with its clock moved by shift.
func JavaScript(t testing.TB, shift time.Duration) *Script {
	t.Helper()
	return startScript(t, "javascript", true, node(t, shift, "driver.mjs"))
}

// JavaScript2 is the AWS SDK for JavaScript v2, which many apps still have.
func JavaScript2(t testing.TB) *Script {
	t.Helper()
	return startScript(t, "javascript-v2", false, node(t, 0, "driver-v2.mjs"))
}

func newPython(t testing.TB) *Script {
	t.Helper()
	cmd := exec.Command(tool(t, "/usr/bin/python3", "python3"), "py/driver.py")
	cmd.Env = environment()
	return startScript(t, "boto3", true, cmd)
}

// CognitoErrors are the errors that botocore's model of Cognito identity pools names, by operation.
func CognitoErrors(t testing.TB) map[string][]string {
	t.Helper()
	cmd := exec.Command(tool(t, "/usr/bin/python3", "python3"), "py/errors.py")
	cmd.Env = environment()
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("botocore: %v (is something missing? run make setup)", err)
	}
	var errors map[string][]string
	if err := json.Unmarshal(text, &errors); err != nil {
		t.Fatalf("botocore: %v: %s", err, text)
	}
	return errors
}

func startScript(t testing.TB, name string, typed bool, cmd *exec.Cmd) *Script {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p := launch(t, name, cmd)
	return &Script{name: name, typed: typed, stdin: p.stdin, answers: bufio.NewReader(stdout), log: p.output}
}

// Name is for the names of tests.
func (s *Script) Name() string { return s.name }

// Typed says whether the SDK has a class for each modelled error.
func (s *Script) Typed() bool { return s.typed }

// Do makes one call; calls of one script run one after another.
func (s *Script) Do(t testing.TB, call Call) ([]byte, error) {
	t.Helper()
	return s.do(t, call.request())
}

// DoFromPool makes one call with the credentials that the SDK itself gets from an identity pool.
func (s *Script) DoFromPool(t testing.TB, call Call, pool PoolLogin) ([]byte, error) {
	t.Helper()
	r := call.request()
	r.Pool = &pool
	return s.do(t, r)
}

func (s *Script) do(t testing.TB, r request) ([]byte, error) {
	t.Helper()
	return parseAnswer(s.exchange(t, r))
}

// exchange writes one line and reads one.
func (s *Script) exchange(t testing.TB, message any) []byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	line, err := json.Marshal(message)
	if err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	if _, err := fmt.Fprintf(s.stdin, "%s\n", line); err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, s.log.String())
	}
	got, err := s.answers.ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s: %v (is something missing? run make setup)\n%s", s.name, err, s.log.String())
	}
	return got
}
