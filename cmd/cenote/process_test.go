package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/sigv4"
)

// patience is how long a process may take for what takes an instant: the machine
// may be busy with other things.
const patience = 30 * time.Second

// binary is the path of the program under test, which TestMain builds.
func binary() string { return os.Getenv("CENOTETEST_BINARY") }

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "cenote-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "cenote")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv("CENOTETEST_BINARY", path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func mustKey(t *testing.T, raw []byte) *seal.Key {
	t.Helper()
	key, err := seal.NewKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// output is what a process writes, to be read at the same time.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// process is the program while it runs.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	exited         chan struct{}
	endpoint       string
}

// begin starts the program with these variables and no others of its kind.
func begin(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return beginFed(t, nil, env, args...)
}

// beginFed is begin with something to read.
func beginFed(t *testing.T, stdin *os.File, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary(), args...), exited: make(chan struct{})}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, envPrefix+"_") {
			p.cmd.Env = append(p.cmd.Env, pair)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if stdin != nil {
		p.cmd.Stdin = stdin
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // the state tells how it ended
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // one that has ended is as good
		<-p.exited
	})
	return p
}

// startServer begins the program on a port of its own choice and waits until it is ready.
func startServer(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := begin(t, env, append(args, "--listen", "127.0.0.1:0")...)
	p.endpoint = p.await(t, `msg=ready endpoint=(\S+)`)
	return p
}

// await returns the first group of a pattern as soon as the log holds it.
func (p *process) await(t *testing.T, pattern string) string {
	t.Helper()
	return p.awaitIn(t, &p.stderr, pattern)[1]
}

// awaitIn returns a pattern's match as soon as an output holds it. The two outputs of a
// process arrive independently of each other.
func (p *process) awaitIn(t *testing.T, o *output, pattern string) []string {
	t.Helper()
	compiled := regexp.MustCompile(pattern)
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if match := compiled.FindStringSubmatch(o.String()); match != nil {
			return match
		}
		select {
		case <-p.exited:
			t.Fatalf("the program ended: %s\n%s", p.cmd.ProcessState, p.stderr.String())
		case <-deadline:
			t.Fatalf("the program does not say %s:\n%s%s", pattern, p.stdout.String(), p.stderr.String())
		case <-tick.C:
		}
	}
}

func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end of the program and returns its exit status.
func (p *process) end(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("the program does not end:\n%s", p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	p.terminate(t)
	if status := p.end(t); status != 0 {
		t.Errorf("after SIGTERM the exit status is %d:\n%s", status, p.stderr.String())
	}
}

// post sends a request, signed if there is a key, and returns status and body.
func post(t *testing.T, endpoint string, key sigv4.Credentials, service, target, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+target)
	}
	if key.AccessKeyID != "" {
		sigv4.Sign(r, []byte(body), key, "us-east-1", service, time.Now())
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// works fails the test unless key is the root key of the server.
func works(t *testing.T, p *process, key sigv4.Credentials) {
	t.Helper()
	status, body := post(t, p.endpoint, key, "sts", "", "Action=GetCallerIdentity&Version=2011-06-15")
	if status != http.StatusOK || !strings.Contains(body, ":root</Arn>") {
		t.Errorf("the key is not root's: %d %s", status, body)
	}
}

// printedKey is the root key that a first start prints.
func printedKey(t *testing.T, p *process) sigv4.Credentials {
	t.Helper()
	match := p.awaitIn(t, &p.stdout, `export AWS_ACCESS_KEY_ID=(\S+)\n\s*export AWS_SECRET_ACCESS_KEY=(\S+)\n`)
	return sigv4.Credentials{AccessKeyID: match[1], SecretAccessKey: match[2]}
}

// awaitClosed waits until nobody listens on an address: a server that is told to
// stop closes its listener first.
func awaitClosed(t *testing.T, address string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		other, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = other.Close()
		if time.Now().After(deadline) {
			t.Fatalf("%s still takes connections", address)
		}
	}
}

// exchange writes the head of a request whose body is still to come, and waits for
// the server to ask for the body.
func exchange(t *testing.T, conn io.ReadWriter, length int) *bufio.Reader {
	t.Helper()
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"+
		"X-Amz-Target: AWSCognitoIdentityService.GetId\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", length)
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("the server does not ask for the body: %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return answers
}
