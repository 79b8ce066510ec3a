// Package conformance runs real AWS SDKs and CLIs, and real identity providers, against the real server.
package conformance

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout is generous, since two cores may be shared by a dozen programs that start at once.
const startTimeout = 60 * time.Second

// process is a program beside the tests. It is signalled by its own id only.
type process struct {
	name   string
	cmd    *exec.Cmd
	output log
	stdin  io.WriteCloser
	exited chan struct{}
}

// launch starts cmd and makes sure that it ends with the test; a failed test prints what it wrote.
// The program's standard input closes when the test process dies, however it dies.
func launch(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer func() { _ = output.Close() }() // the program has its own handle
	p := &process{name: name, cmd: cmd, output: log{output.Name()}, exited: make(chan struct{})}
	cmd.Stderr = output
	if cmd.Stdout == nil {
		cmd.Stdout = output
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p.stdin = stdin
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v (is something missing? run make setup)", name, err)
	}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // how it ended is read from ProcessState
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s wrote last:\n%s", name, p.output.tail())
			t.Logf("its errors:\n%s", p.output.errors())
		}
	})
	return p
}

// waitReady returns when url answers 200; the test fails when the program ends first or takes too long.
func (p *process) waitReady(t testing.TB, url string) {
	t.Helper()
	p.waitReadyWithin(t, startTimeout, url)
}

func (p *process) waitReadyWithin(t testing.TB, most time.Duration, url string) {
	t.Helper()
	client := &http.Client{Timeout: time.Second}
	deadline := time.After(most)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if response, err := client.Get(url); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.exited:
			t.Fatalf("%s ended before it was ready: %s\n%s", p.name, p.cmd.ProcessState, p.output.String())
		case <-deadline:
			t.Fatalf("%s was not ready at %s within %s:\n%s", p.name, url, most, p.output.String())
		case <-tick.C:
		}
	}
}

// terminate asks the program to end and returns its exit code.
func (p *process) terminate(t testing.TB) int {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	return p.wait(t)
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%s: %s: %v", p.name, s, err)
	}
}

// wait returns the exit code of a program that is about to end.
func (p *process) wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(startTimeout):
		t.Fatalf("%s did not end within %s:\n%s", p.name, startTimeout, p.output.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// kill ends the program at once, as a power cut would; it does nothing to one that has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // os.ErrProcessDone is as good
	<-p.exited
	_ = p.stdin.Close()
}

// log is a file that a program writes by itself, so that what it has written is there to read at once.
type log struct{ path string }

func (l log) String() string {
	text, err := os.ReadFile(l.path)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// tail is the end of the log, as much as a reader of a failed test wants to see.
func (l log) tail() string {
	const most = 8 << 10
	text := l.String()
	return text[max(0, len(text)-most):]
}

// errors are the first lines of a log of Cenote's that tell of failures of its own.
func (l log) errors() string {
	const most = 20
	var lines []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, " level=ERROR ") && len(lines) < most {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// freePort returns a TCP port of the loopback address that nobody listens on, and that nobody else gets while the test
// runs: the UDP port of that number, which is held so long, is the ticket. It is below the ports of outgoing connections,
// one of which could take it before the program does, or while the program is started again.
func freePort(t testing.TB) int {
	t.Helper()
	const first, count = 10_000, 20_000
	for range count {
		port := first + rand.IntN(count)
		address := fmt.Sprintf("127.0.0.1:%d", port)
		ticket, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = ticket.Close() })
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("free port: there is none")
	return 0
}

// environment is the process environment without anything that steers an AWS client, a Node program or
// the server, plus the given settings: a developer's own profile must not change what a test does.
func environment(settings ...string) []string {
	var kept []string
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "CENOTE_") || name == "NODE_OPTIONS" || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			continue
		}
		kept = append(kept, setting)
	}
	return append(kept, append([]string{
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}, settings...)...)
}

// tool returns the path of the first of names that exists. Debian's own programs come first in names, since
// a version manager's shims may stand before them in the path and belong to nobody's set-up.
func tool(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("none of %s is installed: run make setup", strings.Join(names, ", "))
	return ""
}
