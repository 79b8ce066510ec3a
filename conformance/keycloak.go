package conformance

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// KeycloakHost is where the world finds Keycloak: a private name with a port.
const KeycloakHost = "keycloak.corp.test:8443"

// keycloakTimeout is for programs of Java, which take half a minute of a core before they answer.
const keycloakTimeout = 4 * time.Minute

// Keycloak is a running Keycloak with nothing in it but its administrator.
type Keycloak struct {
	URL string // where it really listens

	admin string // access token of its administrator
}

// StartKeycloak starts Keycloak and returns when it is ready; it ends with the test. It keeps all it has in memory.
func StartKeycloak(t testing.TB) *Keycloak {
	t.Helper()
	program := filepath.Join(unpackKeycloak(t), "bin", "kc.sh")
	java(t, program, "build", "--db=dev-mem").run(t)
	port := strconv.Itoa(freePort(t))
	k := &Keycloak{URL: "http://127.0.0.1:" + port}
	// Java would outlive a test process that was killed: it does not look at its standard input, so a watcher does.
	watched := []string{"-c", `exec 3<&0; (cat <&3 >/dev/null; kill -9 $$) & exec sh "$@"`, "sh"}
	p := launch(t, "keycloak", java(t, append(watched, program, "start", "--optimized", "--cache=local",
		"--hostname=https://"+KeycloakHost, "--http-enabled=true", "--http-host=127.0.0.1", "--http-port="+port)...).Cmd)
	p.waitReadyWithin(t, keycloakTimeout, k.URL+"/realms/master")
	k.logIn(t)
	k.Admin(t, http.MethodPut, "/realms/master", map[string]any{"accessTokenLifespan": 3600}) // a minute is short for a test
	k.logIn(t)
	return k
}

// unpackKeycloak returns the folder of a distribution of this test's own: Keycloak writes into it.
func unpackKeycloak(t testing.TB) string {
	t.Helper()
	script := exec.Command("sh", "keycloak.sh") // tests run in their package's folder
	script.Stderr = os.Stderr
	path, err := script.Output()
	if err != nil {
		t.Fatalf("keycloak.sh: %v", err)
	}
	archive, err := zip.OpenReader(strings.TrimSpace(string(path)))
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	defer func() { _ = archive.Close() }()
	folder := t.TempDir()
	if err := os.CopyFS(folder, archive); err != nil {
		t.Fatalf("keycloak: unpack: %v", err)
	}
	homes, err := filepath.Glob(filepath.Join(folder, "keycloak-*"))
	if err != nil || len(homes) != 1 {
		t.Fatalf("keycloak: %d folders in the distribution: %v", len(homes), err)
	}
	return homes[0]
}

type shell struct{ *exec.Cmd }

// java runs a shell script that runs Java, with a small heap, and without the compiler that only pays after minutes.
func java(t testing.TB, arguments ...string) shell {
	t.Helper()
	cmd := exec.Command("sh", arguments...)
	cmd.Env = environment("JAVA_OPTS=-Xms64m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8",
		"KC_BOOTSTRAP_ADMIN_USERNAME=admin", "KC_BOOTSTRAP_ADMIN_PASSWORD="+password)
	return shell{cmd}
}

func (s shell) run(t testing.TB) {
	t.Helper()
	if output, err := s.CombinedOutput(); err != nil {
		t.Fatalf("keycloak: %s: %v\n%s", s, err, output)
	}
}

// logIn gets the administrator a new access token.
func (k *Keycloak) logIn(t testing.TB) {
	t.Helper()
	response, err := http.PostForm(k.URL+"/realms/master/protocol/openid-connect/token", url.Values{
		"client_id": {"admin-cli"}, "grant_type": {"password"}, "username": {"admin"}, "password": {password},
	})
	if err != nil {
		t.Fatalf("keycloak: administrator: %v", err)
	}
	var tokens Tokens
	text := body(t, response)
	if err := json.Unmarshal([]byte(text), &tokens); err != nil || tokens.Access == "" {
		t.Fatalf("keycloak: administrator: %s %s", response.Status, text)
	}
	k.admin = tokens.Access
}

// Admin makes one call of Keycloak's admin API and returns the body of its answer.
func (k *Keycloak) Admin(t testing.TB, method, path string, input any) []byte {
	t.Helper()
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, k.URL+"/admin"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+k.admin)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("keycloak: %s %s: %v", method, path, err)
	}
	answer := body(t, response)
	if response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("keycloak: %s %s: %s %s", method, path, response.Status, answer)
	}
	return []byte(answer)
}

// list is Admin for what is a list.
func (k *Keycloak) list(t testing.TB, path string) []map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal(k.Admin(t, http.MethodGet, path, nil), &out); err != nil {
		t.Fatalf("keycloak: %s: %v", path, err)
	}
	return out
}

// only is the one thing in the list at path.
func (k *Keycloak) only(t testing.TB, path string) map[string]any {
	t.Helper()
	found := k.list(t, path)
	if len(found) != 1 {
		t.Fatalf("keycloak: %d things at %s: %s", len(found), path, fmt.Sprint(found))
	}
	return found[0]
}
