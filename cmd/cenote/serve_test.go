package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// TestFirstStart prints a root key once. The next start prints none, and the key
// still holds.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "new", "data")
	first := startServer(t, nil, "serve", "--data", data)
	key := printedKey(t, first)
	works(t, first, key)
	first.stop(t)
	for _, name := range []string{"", "master.key", "cenote.db"} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others can reach %q: %v, %v", name, info.Mode(), err)
		}
	}
	second := startServer(t, nil, "serve", "--data", data)
	works(t, second, key)
	second.stop(t)
	if text := second.stdout.String(); text != "" {
		t.Errorf("the second start prints %s", text)
	}
	for _, p := range []*process{first, second} {
		if strings.Contains(p.stderr.String(), key.SecretAccessKey) {
			t.Errorf("the log holds the secret:\n%s", p.stderr.String())
		}
	}
}

// TestRootKeyOfVariables uses the key of the variables, whatever the folder holds,
// and no longer than they are set.
func TestRootKeyOfVariables(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	given := sigv4.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	env := []string{envRootKeyID + "=" + given.AccessKeyID, envRootSecret + "=" + given.SecretAccessKey, "CENOTE_LISTNE=1"}
	p := startServer(t, env, "serve", "--data", data)
	works(t, p, given)
	p.stop(t)
	if text := p.stdout.String(); text != "" {
		t.Errorf("it prints %s", text)
	}
	if log := p.stderr.String(); !strings.Contains(log, "name=CENOTE_LISTNE") || strings.Contains(log, given.SecretAccessKey) {
		t.Errorf("the log does not warn of a variable, or holds the secret:\n%s", log)
	}
	p = startServer(t, nil, "serve", "--data", data)
	works(t, p, printedKey(t, p))
	if status, body := post(t, p.endpoint, given, "sts", "", "Action=GetCallerIdentity&Version=2011-06-15"); status != http.StatusForbidden {
		t.Errorf("the key of before still holds: %s", body)
	}
}

// TestCannotStart starts where it is not possible: the status is 1, one line names
// the place and says what to do, and nothing is left behind.
func TestCannotStart(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	running := startServer(t, nil, "serve", "--data", data)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(running.endpoint, "http://")
	refused := func(env, args, says []string) {
		t.Helper()
		p := begin(t, env, args...)
		if status := p.end(t); status != 1 {
			t.Errorf("%q: the exit status is %d", args, status)
		}
		text := p.stderr.String()
		if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "cenote: ") || p.stdout.String() != "" {
			t.Errorf("%q: not one line of error:\n%s%s", args, text, p.stdout.String())
		}
		for _, part := range says {
			if !strings.Contains(text, part) {
				t.Errorf("%q does not say %q: %s", args, part, text)
			}
		}
	}
	none := []string(nil)
	fresh := filepath.Join(t.TempDir(), "fresh")
	refused(none, []string{"serve", "--listen", address, "--data", fresh}, []string{address, "is taken", "--listen"})
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a start without an address made a data folder")
	}
	refused(none, []string{"dev", "--listen", address, "--data", fresh}, []string{address, "is taken", "--listen"})
	refused(none, []string{"serve", "--listen", "127.0.0.1:99999", "--data", fresh}, []string{"127.0.0.1:99999", "--listen"})
	refused(none, []string{"serve", "--listen", "127.0.0.1:0", "--data", data}, []string{data, "in use", "another folder"})
	refused(none, []string{"serve", "--listen", "127.0.0.1:0", "--data", file}, []string{file, "--data"})
	refused(none, []string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(file, "below")}, []string{file, "--data"})
	works(t, running, printedKey(t, running)) // unharmed
	running.stop(t)
	refused(none, []string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--account", "111122223333"}, []string{data, "belongs to account 000000000000", "--account 000000000000"})

	master := filepath.Join(data, "master.key")
	serve := []string{"serve", "--listen", "127.0.0.1:0", "--data", data}
	good, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(master, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, damaged := range []string{"", "nonsense", string(good[:32]), string(good[:63]) + "x\n", string(good) + string(good)} {
		put(damaged)
		refused(none, serve, []string{master, "damaged", "restore"})
	}
	put(strings.Repeat("00", 32))
	refused(none, serve, []string{"cenote.db", "master key is not the one", "start with that key"})
	if err := os.Remove(master); err != nil {
		t.Fatal(err)
	}
	refused(none, serve, []string{master, "restore", envMasterKey})
	if _, err := os.Stat(master); err == nil {
		t.Error("a start without the master key made another")
	}
	refused([]string{envMasterKey + "=" + strings.Repeat("00", 32)}, serve, []string{"cenote.db", "master key is not the one"})

	// The key in the variable is as good as the file.
	again := startServer(t, []string{envMasterKey + "=" + strings.TrimSpace(string(good))}, "serve", "--data", data)
	works(t, again, printedKey(t, running))
}

// TestDrain stops the server while the body of a request is on its way: that
// request is answered, and no other is taken.
func TestDrain(t *testing.T) {
	t.Parallel()
	p := startServer(t, nil, "serve", "--data", t.TempDir())
	address := strings.TrimPrefix(p.endpoint, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	body := `{"IdentityPoolId":"us-east-1:0"}`
	answers := exchange(t, conn, len(body))
	p.terminate(t)
	awaitClosed(t, address)
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request is not answered: %v", err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(text), "IdentityPool 'us-east-1:0' not found.") {
		t.Errorf("the answer is %s, %v", text, err)
	}
	if status := p.end(t); status != 0 {
		t.Errorf("the exit status is %d:\n%s", status, p.stderr.String())
	}
}

// TestDrainEnds stops the server while a request waits for its body forever.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	p := startServer(t, nil, "serve", "--data", t.TempDir(), "--drain", "50ms")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	exchange(t, conn, 100)
	p.terminate(t)
	if status := p.end(t); status != 1 || !strings.Contains(p.stderr.String(), "did not finish in 50ms") {
		t.Errorf("the exit status is %d:\n%s", status, p.stderr.String())
	}
}

// TestNotice stops a server: for a while it says so at /readyz, takes connections and requests
// all the same, and keeps none.
func TestNotice(t *testing.T) {
	t.Parallel()
	p := startServer(t, nil, "serve", "--data", t.TempDir(), "--notice", "1h")
	get := func(path string) *http.Response {
		t.Helper()
		response, err := http.Get(p.endpoint + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response
	}
	if r := get("/readyz"); r.StatusCode != http.StatusOK || r.Close {
		t.Errorf("before: %s, closing: %v", r.Status, r.Close)
	}
	p.terminate(t)
	for begin := time.Now(); get("/readyz").StatusCode == http.StatusOK; {
		if time.Since(begin) > patience {
			t.Fatal("it is still ready")
		}
	}
	if r := get("/.well-known/jwks.json"); r.StatusCode != http.StatusOK || !r.Close {
		t.Errorf("afterwards: %s, closing: %v", r.Status, r.Close)
	}
	p.terminate(t) // a second signal does not wait
	if status := p.end(t); status == 0 {
		t.Error("the exit status is 0")
	}
}

// TestSecondSignal does not wait for the drain when asked twice.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := startServer(t, nil, "serve", "--data", t.TempDir(), "--drain", "1h")
	address := strings.TrimPrefix(p.endpoint, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	exchange(t, conn, 100)
	p.terminate(t)
	awaitClosed(t, address)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for running := true; running; {
		select {
		case <-p.exited:
			running = false
		case <-deadline:
			t.Fatal("the second signal does not end the program")
		case <-tick.C:
			_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended meanwhile
		}
	}
	if status := p.end(t); status == 0 {
		t.Error("the exit status is 0 with a request cut off")
	}
}

// TestAlgorithmChange signs by another algorithm after a restart, and still
// publishes the key of before.
func TestAlgorithmChange(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	published := func(args ...string) map[string]string {
		p := startServer(t, nil, append([]string{"serve", "--data", data}, args...)...)
		defer p.stop(t)
		response, err := http.Get(p.endpoint + "/.well-known/jwks_uri")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		var set struct {
			Keys []struct {
				ID        string `json:"kid"`
				Algorithm string `json:"alg"`
			} `json:"keys"`
		}
		if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
			t.Fatal(err)
		}
		keys := map[string]string{}
		for _, key := range set.Keys {
			keys[key.Algorithm] = key.ID
		}
		return keys
	}
	before := published("--token-algorithm", "ES256")
	after := published()
	if len(before) != 1 || len(after) != 2 || after["ES256"] != before["ES256"] || after["RS512"] == "" {
		t.Errorf("published before %v, after %v", before, after)
	}
}
