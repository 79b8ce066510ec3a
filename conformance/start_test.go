package conformance_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// TestStartRefused starts the server where it cannot run: it ends at once, says why in one line, and breaks nothing.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{Folder: true})
	w.pool = w.createPool(t, guests("people"))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		arguments []string
		says      []string
	}{
		{"data folder in use", []string{"serve", "--listen", "127.0.0.1:0", "--data", w.Data}, []string{w.Data}},
		{"address in use", []string{"serve", "--listen", w.Address(), "--data", t.TempDir()}, []string{w.Address()}},
		{"data folder is a file", []string{"serve", "--listen", "127.0.0.1:0", "--data", file}, []string{file}},
		{"unknown flag", []string{"serve", "--no-such-flag"}, []string{"no-such-flag"}},
		{"redirect without URL", []string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--redirect", "login.example.test"}, []string{"login.example.test"}},
		{"unknown command", []string{"sevre"}, []string{"sevre"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, output := conformance.Run(t, test.arguments...)
			if code == 0 {
				t.Error("exit code 0")
			}
			for _, text := range test.says {
				if !strings.Contains(output, text) {
					t.Errorf("the output does not name %q:\n%s", text, output)
				}
			}
			if strings.Contains(output, "goroutine ") {
				t.Errorf("the output has a stack trace:\n%s", output)
			}
		})
	}
	w.getID(t, conformance.GoSDK{}, nil) // the first server is well
}

// TestDrain stops the server while a request is on its way: it is answered, and no new one is taken.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	connection, err := net.Dial("tcp", w.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	body := fmt.Sprintf(`{"IdentityPoolId":%q}`, w.pool)
	head := "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-amz-json-1.1\r\n" +
		"X-Amz-Target: AWSCognitoIdentityService.GetId\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
	if _, err := fmt.Fprintf(connection, head, w.Address(), len(body)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(connection)
	// The interim answer proves that the server is reading the request.
	if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("interim answer %q: %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	w.Terminate(t)
	if _, err := connection.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request on its way was not answered: %v", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the request on its way got %s", response.Status)
	}
	if code := w.Wait(t); code != 0 {
		t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

// TestOwnRoot starts without root keys in the environment: the first start makes and shows a pair, which then stays.
func TestOwnRoot(t *testing.T) {
	t.Parallel()
	s := conformance.Start(t, conformance.Options{OwnRoot: true})
	shown := regexp.MustCompile(`(?s)AWS_ACCESS_KEY_ID=(AKIA\w{16})\s.*AWS_SECRET_ACCESS_KEY=(\S{40})\s`)
	pair := shown.FindStringSubmatch(s.Log())
	if pair == nil {
		t.Fatalf("no keys in:\n%s", s.Log())
	}
	root := aws.Credentials{AccessKeyID: pair[1], SecretAccessKey: pair[2]}
	w := &world{Server: s}
	for range 2 {
		if got, want := w.caller(t, conformance.GoSDK{}, root), accountARN+":root"; got != want {
			t.Errorf("caller is %s, want %s", got, want)
		}
		s.Stop(t)
		s.Restart(t)
		if strings.Contains(s.Log(), pair[2]) {
			t.Error("the next start shows the secret again")
		}
	}
}

// TestDataIsPrivate looks at who else on the machine may read what the server keeps.
func TestDataIsPrivate(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "folder")
	conformance.Start(t, conformance.Options{Data: data})
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the data folder has mode %s", info.Mode())
	}
	key, err := os.Stat(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if key.Mode().Perm() != 0o600 {
		t.Errorf("the master key has mode %s", key.Mode())
	}
}
