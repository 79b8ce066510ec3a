package conformance

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/pgtest"
)

// Account and Region are what every test server is asked for.
const (
	Account = "000000000000"
	Region  = "us-east-1"
)

// binaryVariable names the environment variable with the path of the server's binary.
const binaryVariable = "CENOTE_BINARY"

// Main builds the server once, runs the tests, and returns their exit code. A path in CENOTE_BINARY is used
// as it is instead.
func Main(m *testing.M) int {
	if os.Getenv(binaryVariable) != "" {
		return m.Run()
	}
	folder, err := os.MkdirTemp("", "cenote-conformance-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary := filepath.Join(folder, "cenote")
	build := exec.Command("go", "build", "-o", binary, "./cmd/cenote")
	build.Dir = ".." // tests run in their package's folder
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "conformance: build the server:", err)
		return 1
	}
	if err := os.Setenv(binaryVariable, binary); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		return 1
	}
	return m.Run()
}

// Options say how a server is started; the zero value is a server with new data and no redirects. New data are in a
// database where the tests were given a PostgreSQL server (package pgtest), or else in a folder.
type Options struct {
	Data      string            // folder
	Folder    bool              // new data are in a folder in any case
	Database  string            // URL
	With      *Server           // whose database and keys this one shares
	Redirects map[string]string // provider host to base URL
	Flags     []string          // further flags
	Variables []string          // further environment variables, NAME=VALUE
	Dev       bool              // with a demo pool and its provider, as for a developer's first minute
	Root      aws.Credentials   // of the account; new ones when empty
	OwnRoot   bool              // let the server make its own root keys, which Server.Root then does not have
}

// Server is a running server.
type Server struct {
	URL  string
	Data string          // its data folder, if it has one
	Root aws.Credentials // of the account

	database  string // its URL, without a data folder
	masterKey string // of the database
	port      int
	options   Options
	process   *process
}

// Start starts a server and returns when it is ready; it ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{Data: o.Data, database: o.Database, masterKey: newMasterKey(), port: freePort(t), options: o}
	switch {
	case o.Root.AccessKeyID != "":
		s.Root = o.Root
	case !o.OwnRoot:
		s.Root = newRoot()
	}
	switch {
	case o.With != nil:
		s.database, s.masterKey, s.Root = o.With.database, o.With.masterKey, o.With.Root
	case o.Data == "" && o.Database == "" && o.Folder:
		s.Data = t.TempDir()
	case o.Data == "" && o.Database == "":
		s.Data, s.database = pgtest.Place(t)
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", s.port)
	s.Restart(t)
	return s
}

// Restart starts the server again on the same data, port and keys, after Stop or Kill.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	command := "serve"
	if s.options.Dev {
		command = "dev"
	}
	arguments := append([]string{command, "--listen", s.Address()}, s.options.Flags...)
	if s.database == "" {
		arguments = append(arguments, "--data", s.Data)
	} else {
		arguments = append(arguments, "--database", s.database)
	}
	for host, base := range s.options.Redirects {
		arguments = append(arguments, "--redirect", host+"="+base)
	}
	cmd := binary(t, s.Root, arguments...)
	cmd.Env = append(cmd.Env, s.options.Variables...)
	if s.database != "" {
		cmd.Env = append(cmd.Env, "CENOTE_MASTER_KEY="+s.masterKey)
	}
	s.process = launch(t, "cenote", cmd)
	s.process.waitReady(t, s.URL+"/readyz")
}

// SetFlags replaces the further flags for the next Restart.
func (s *Server) SetFlags(flags ...string) { s.options.Flags = flags }

// Address is the host and port that the server listens on.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Stop asks the server to end, as a service manager does, and returns its exit code.
func (s *Server) Stop(t testing.TB) int {
	t.Helper()
	return s.process.terminate(t)
}

// Terminate asks the server to end and does not wait for that, only for the moment when it takes no new connections.
func (s *Server) Terminate(t testing.TB) {
	t.Helper()
	s.process.signal(t, syscall.SIGTERM)
	deadline := time.After(startTimeout)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := net.Dial("tcp", s.Address())
		if err != nil {
			return
		}
		_ = connection.Close()
		select {
		case <-deadline:
			t.Fatalf("the server still takes connections %s after SIGTERM", startTimeout)
		case <-tick.C:
		}
	}
}

// Wait returns the exit code of a server that is about to end.
func (s *Server) Wait(t testing.TB) int {
	t.Helper()
	return s.process.wait(t)
}

// Kill ends the server at once, as a power cut would.
func (s *Server) Kill() { s.process.kill() }

// Log is what the server has written so far.
func (s *Server) Log() string { return s.process.output.String() }

// LogFrom is what the server has written after its first offset bytes.
func (s *Server) LogFrom(t testing.TB, offset int) []byte {
	t.Helper()
	file, err := os.Open(s.process.output.path)
	if err != nil {
		t.Fatalf("log: %v", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.NewSectionReader(file, int64(offset), math.MaxInt64-int64(offset)))
	if err != nil {
		t.Fatalf("log: %v", err)
	}
	return text
}

// Run runs the binary to its end and returns its exit code and all that it wrote. It fails the test when the
// program goes on running.
func Run(t testing.TB, arguments ...string) (code int, output string) {
	t.Helper()
	return RunWith(t, nil, arguments...)
}

// RunWith is Run with further environment variables.
func RunWith(t testing.TB, variables []string, arguments ...string) (code int, output string) {
	t.Helper()
	cmd := binary(t, newRoot(), arguments...)
	cmd.Env = append(cmd.Env, variables...)
	p := launch(t, "cenote", cmd)
	code = p.wait(t)
	return code, p.output.String()
}

// RunAs is Run with the keys and the region of a client of AWS in the environment. It returns standard output and
// standard error apart.
func RunAs(t testing.TB, keys aws.Credentials, arguments ...string) (code int, output, complaints string) {
	t.Helper()
	cmd := binary(t, aws.Credentials{}, arguments...)
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey, "AWS_REGION="+Region)
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatalf("cenote: %v", err)
	}
	defer func() { _ = file.Close() }()
	cmd.Stdout = file
	p := launch(t, "cenote", cmd)
	code = p.wait(t)
	return code, log{file.Name()}.String(), p.output.String()
}

// Interrupt starts a server on data and kills it as soon as due says so.
func Interrupt(t testing.TB, data string, due func() bool) {
	t.Helper()
	p := launch(t, "cenote", binary(t, newRoot(), "serve", "--listen", "127.0.0.1:0", "--data", data))
	defer p.kill()
	deadline := time.Now().Add(startTimeout)
	for !due() {
		if time.Now().After(deadline) {
			t.Fatalf("the moment to interrupt the start did not come within %s:\n%s", startTimeout, p.output.String())
		}
		runtime.Gosched()
	}
}

// Binary is the path of the program under test.
func Binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv(binaryVariable)
	if path == "" {
		t.Fatalf("%s is not set: does TestMain call conformance.Main?", binaryVariable)
	}
	return path
}

func binary(t testing.TB, root aws.Credentials, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(Binary(t), arguments...)
	cmd.Env = environment()
	if root.AccessKeyID != "" {
		cmd.Env = append(cmd.Env, "CENOTE_ROOT_ACCESS_KEY_ID="+root.AccessKeyID, "CENOTE_ROOT_SECRET_ACCESS_KEY="+root.SecretAccessKey)
	}
	return cmd
}

func newMasterKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key)
}

func newRoot() aws.Credentials {
	secret := make([]byte, 30)
	_, _ = rand.Read(secret) // never fails
	return aws.Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: base64.StdEncoding.EncodeToString(secret)}
}
