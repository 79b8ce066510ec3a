package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/seal"
)

func newMasterDigits() string {
	_, raw := seal.GenerateKey()
	return hex.EncodeToString(raw)
}

// runs runs a command to its end and returns what it prints; the exit status has to be 0.
func runs(t *testing.T, env []string, args ...string) string {
	t.Helper()
	p := begin(t, env, args...)
	if status := p.end(t); status != 0 {
		t.Fatalf("%q: the exit status is %d: %s", args, status, p.stderr.String())
	}
	return p.stdout.String()
}

// refuses runs a command that has to fail with one line, which says all of these.
func refuses(t *testing.T, status int, env, args []string, says ...string) {
	t.Helper()
	p := begin(t, env, args...)
	if got := p.end(t); got != status {
		t.Errorf("%q: the exit status is %d", args, got)
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

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func serveIn(data string, further ...string) []string {
	return append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, further...)
}

// TestMasterKeyFile takes the key of a file that somebody else made, and makes none.
func TestMasterKeyFile(t *testing.T) {
	t.Parallel()
	data, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "key")
	given := []string{"--master-key-file", file}
	refuses(t, 1, nil, serveIn(data, given...), file, "openssl rand -hex 32")
	write(t, file, newMasterDigits())
	p := startServer(t, nil, append([]string{"serve", "--data", data}, given...)...)
	key := printedKey(t, p)
	p.stop(t)
	refuses(t, 1, nil, serveIn(data), "the master key is missing", filepath.Join(data, "master.key"), "--master-key-file")
	digits := readFile(t, file)
	p = startServer(t, []string{envMasterKey + "=" + digits}, "serve", "--data", data)
	works(t, p, key)
	p.stop(t)
	for _, damaged := range []string{"", digits[:40], strings.Repeat("x", 64)} {
		write(t, file, damaged)
		refuses(t, 1, nil, serveIn(data, given...), file, "damaged", "restore")
	}
	write(t, file, newMasterDigits())
	refuses(t, 1, nil, serveIn(data, given...), "cenote.db", "master key is not the one")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, nil, serveIn(data, given...), "the master key is missing: restore "+file)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, nil, serveIn(data, given...), "reading the master key", file)
}

// TestRotateMaster changes the master key from each sort to each other, and what was
// there is there.
func TestRotateMaster(t *testing.T) {
	t.Parallel()
	data, file, digits := t.TempDir(), filepath.Join(t.TempDir(), "key"), newMasterDigits()
	own := filepath.Join(data, "master.key")
	inVariable := []string{envMasterKey + "=" + digits}
	rotate := func(further ...string) []string {
		return append([]string{"keys", "rotate", "--master", "--data", data}, further...)
	}
	p := startServer(t, nil, "serve", "--data", data)
	key := printedKey(t, p)
	refuses(t, 1, nil, rotate(), data, "only while no server runs")
	p.stop(t)
	good := func(env []string, further ...string) {
		t.Helper()
		p := startServer(t, env, append([]string{"serve", "--data", data}, further...)...)
		works(t, p, key)
		p.stop(t)
	}

	first := readFile(t, own)
	var done struct{ MasterKey, Before, StartWith string }
	if err := json.Unmarshal([]byte(runs(t, nil, rotate("--json")...)), &done); err != nil {
		t.Fatal(err)
	}
	if readFile(t, own) == first || readFile(t, done.Before) != first || done.MasterKey != own || done.StartWith != "" {
		t.Errorf("in the folder: %+v", done)
	}
	good(nil)
	second := readFile(t, own)
	write(t, own, first)
	refuses(t, 1, nil, serveIn(data), "master key is not the one")
	write(t, own, second)

	if text := runs(t, nil, rotate("--new-master-key-file", file)...); !strings.Contains(text, "--master-key-file "+file) || !strings.Contains(text, "until-") {
		t.Errorf("it says %s", text)
	}
	refuses(t, 1, nil, serveIn(data), "the master key is missing")
	good(nil, "--master-key-file", file)
	third := readFile(t, file)

	text := runs(t, []string{envNewMaster + "=" + digits}, rotate("--master-key-file", file)...)
	if !strings.Contains(text, envMasterKey+" set to what "+envNewMaster) || readFile(t, file) != third {
		t.Errorf("it says %s", text)
	}
	refuses(t, 1, nil, serveIn(data, "--master-key-file", file), "master key is not the one")
	good(inVariable)
	refuses(t, 2, inVariable, rotate(), "where is the new master key?", envNewMaster)
	refuses(t, 1, append(inVariable, envNewMaster+"="+digits), rotate(), "the new master key is the old one")
	good(inVariable)
}

// TestRotateMasterCutOff ends a change of the master key between its two halves: the
// next start does the other.
func TestRotateMasterCutOff(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := startServer(t, nil, "serve", "--data", data)
	key := printedKey(t, p)
	p.stop(t)
	own := keyFile{path: filepath.Join(data, "master.key"), own: true}
	first := readFile(t, own.path)
	write(t, own.successor().path, "half a ke") // of one that was cut off earlier still
	refuses(t, 1, nil, []string{"keys", "rotate", "--master", "--data", data}, own.successor().path, "damaged")
	if err := os.Remove(own.successor().path); err != nil {
		t.Fatal(err)
	}
	if err := reseal(t.Context(), Settings{Data: data}, own.successor()); err != nil {
		t.Fatal(err)
	}
	second := readFile(t, own.successor().path)
	if readFile(t, own.path) != first {
		t.Error("the other half is done already")
	}
	for range 2 {
		p = startServer(t, nil, "serve", "--data", data)
		works(t, p, key)
		p.stop(t)
		if readFile(t, own.path) != second {
			t.Error("the new key is not in its place")
		}
	}
	if _, err := os.Stat(own.successor().path); err == nil {
		t.Error("the new key is still in another place, too")
	}
}

// TestKeysCommand lists and rotates the keys of a server that runs.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	file := filepath.Join(t.TempDir(), "cenote.conf")
	write(t, file, "data "+data+"\nlisten 127.0.0.1:0\ntoken-algorithm ES256\n")
	refuses(t, 1, nil, []string{"keys", "list", "--config", file}, data, "has been started once")
	if left, _ := filepath.Glob(filepath.Join(data, "*")); left != nil {
		t.Errorf("it left %v", left)
	}
	p := startServer(t, []string{"CENOTE_CONFIG=" + file}, "serve")
	var before, after struct{ Keys []keyFacts }
	list := func(into any) {
		t.Helper()
		if err := json.Unmarshal([]byte(runs(t, nil, "keys", "list", "--config", file, "--json")), into); err != nil {
			t.Fatal(err)
		}
	}
	list(&before)
	var done rotation
	if err := json.Unmarshal([]byte(runs(t, nil, "keys", "rotate", "--config", file, "--json")), &done); err != nil {
		t.Fatal(err)
	}
	list(&after)
	if len(before.Keys) != 2 || len(after.Keys) != 4 || len(done.Added) != 2 || done.Added[0].ID != after.Keys[0].ID || after.Keys[1].ID != before.Keys[0].ID {
		t.Errorf("before %+v, then %+v, after %+v", before, done, after)
	}
	if after.Keys[0].Until != nil || after.Keys[1].Until == nil || !after.Keys[1].Until.Equal(after.Keys[0].Created.Add(maxSession+slack)) {
		t.Errorf("after %+v", after)
	}
	text := runs(t, nil, "keys", "list", "--data", data)
	for _, k := range after.Keys {
		if !strings.Contains(text, k.ID) {
			t.Errorf("it does not list %s:\n%s", k.ID, text)
		}
	}
	if text := runs(t, nil, "keys", "rotate", "--data", data); !strings.Contains(text, "within 3s") || strings.Contains(text, "Removed") {
		t.Errorf("it says %s", text)
	}
	p.stop(t)
}
