package signers_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestJavaScriptSDK(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../js/node_modules"); err != nil {
		t.Fatal("the npm packages of conformance/js are missing: run make setup")
	}
	testScript(t, "node", "../js/sign.mjs")
}

func TestBotocore(t *testing.T) {
	t.Parallel()
	python := "/usr/bin/python3" // the one that the distribution's boto3 is for
	if _, err := os.Stat(python); err != nil {
		python = "python3"
	}
	testScript(t, python, "sign.py")
}

// testScript runs a script that signs calls, sends them to the URL that it is given, and prints one answer a line:
// the status and, if it is not 200, the text.
func testScript(t *testing.T, program, script string) {
	t.Helper()
	v := newVerifier(t)
	all := calls(600)
	input, err := json.Marshal(map[string]any{
		"region": region, "service": service, "accessKeyId": accessKeyID, "secretAccessKey": secretAccessKey,
		"sessionToken": sessionToken, "calls": all,
	})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, script, v.URL)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v (is something missing? run make setup)\n%s", program, script, err, stderr.String())
	}
	answers := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(answers) != len(all) {
		t.Fatalf("%d answers for %d calls", len(answers), len(all))
	}
	for i, answer := range answers {
		if strings.TrimSpace(answer) != "200" {
			t.Errorf("%+v: %s", all[i], answer)
		}
	}
	wantAccepted(t, v, len(all))
}
