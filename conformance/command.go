package conformance

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Command runs a command of the server's program to its end, with further environment variables, and returns what it prints.
func Command(t testing.TB, env []string, arguments ...string) string {
	t.Helper()
	cmd := binary(t, aws.Credentials{}, arguments...)
	cmd.Env = append(cmd.Env, env...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		t.Fatalf("cenote %v: %v: %s", arguments, err, complaints.String())
	}
	return out.String()
}

// StartOn starts a server on a PostgreSQL database that is sealed under a master key, of 64 hexadecimal digits; it ends
// with the test.
func StartOn(t testing.TB, database, masterKey string, root aws.Credentials) *Server {
	t.Helper()
	s := &Server{Root: root, port: freePort(t)}
	s.URL = fmt.Sprintf("http://%s", s.Address())
	cmd := binary(t, root, "serve", "--listen", s.Address(), "--database", database)
	cmd.Env = append(cmd.Env, "CENOTE_MASTER_KEY="+masterKey)
	s.process = launch(t, "cenote", cmd)
	s.process.waitReady(t, s.URL+"/readyz")
	return s
}
