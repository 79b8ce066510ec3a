package conformance

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Page is a page of the documentation, whose programs and commands are run as a reader would run them.
type Page struct {
	text string
}

// ReadPage reads a page of docs/.
func ReadPage(t testing.TB, name string) Page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return Page{string(text)}
}

// Replace puts what holds in the test in place of what the page says, which it has to say.
func (p Page) Replace(t testing.TB, oldNew ...string) Page {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(p.text, oldNew[i]) {
			t.Fatalf("the page does not say %q", oldNew[i])
		}
	}
	return Page{strings.NewReplacer(oldNew...).Replace(p.text)}
}

// Blocks returns the code blocks of a language.
func (p Page) Blocks(language string) []string {
	var blocks []string
	for _, part := range strings.Split(p.text, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block+"\n")
	}
	return blocks
}

// Serve builds a Go program in this repository, starts it with a key in its environment, and returns when it listens
// on address.
func Serve(t testing.TB, program, address string, key aws.Credentials) {
	t.Helper()
	cmd := exec.Command(build(t, program))
	cmd.Env = environment(keyVariables(key)...)
	launch(t, "program", cmd).waitListening(t, address)
}

// Output builds a Go program in this repository, runs it to its end, and returns what it prints.
func Output(t testing.TB, program string) string {
	t.Helper()
	cmd := exec.Command(build(t, program))
	cmd.Env = environment()
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the program: %v\n%s", err, text)
	}
	return string(text)
}

func build(t testing.TB, program string) (binary string) {
	t.Helper()
	folder := t.TempDir()
	source, binary := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", binary, source)
	build.Dir = ".."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, output)
	}
	return binary
}

// Execute runs commands with a key in the environment, and decodes the JSON values that they print, one after another,
// into outputs.
func Execute(t testing.TB, script string, key aws.Credentials, outputs ...any) {
	t.Helper()
	cmd := exec.Command("sh", "-e", "-c", script)
	cmd.Env = environment(append(keyVariables(key), "HOME="+t.TempDir(), "AWS_PAGER=")...)
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stdout)
	}
	d := json.NewDecoder(strings.NewReader(string(stdout)))
	for _, output := range outputs {
		if err := d.Decode(output); err != nil {
			t.Fatalf("%v in what the commands print: %s", err, stdout)
		}
	}
}

// Python runs a program and returns what it prints, on its standard error if it fails.
func Python(t testing.TB, program string, arguments ...string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(tool(t, "/usr/bin/python3", "python3"), append([]string{"-c", program}, arguments...)...)
	cmd.Env = environment()
	text, err := cmd.CombinedOutput()
	return string(text), err
}

func keyVariables(key aws.Credentials) []string {
	return []string{"AWS_ACCESS_KEY_ID=" + key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + key.SecretAccessKey}
}

// FreeAddress returns an address of this machine that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
}

// waitListening returns when the program takes connections; the test fails when it ends first or takes too long.
func (p *process) waitListening(t testing.TB, address string) {
	t.Helper()
	deadline := time.After(startTimeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-p.exited:
			t.Fatalf("%s ended before it listened: %s\n%s", p.name, p.cmd.ProcessState, p.output.String())
		case <-deadline:
			t.Fatalf("%s did not listen on %s within %s:\n%s", p.name, address, startTimeout, p.output.String())
		case <-tick.C:
		}
	}
}
