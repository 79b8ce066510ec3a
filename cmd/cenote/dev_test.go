package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/token"
)

// startDev runs cenote dev on data and returns what it printed.
func startDev(t *testing.T, data string) (*process, nextSteps) {
	t.Helper()
	p := begin(t, nil, "dev", "--json", "--listen", "127.0.0.1:0", "--data", data)
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.HasSuffix(p.stdout.String(), "\n") {
		select {
		case <-p.exited:
			t.Fatalf("the program ended: %s", p.stderr.String())
		case <-deadline:
			t.Fatalf("the program prints nothing: %s", p.stderr.String())
		case <-tick.C:
		}
	}
	var next nextSteps
	if err := json.Unmarshal([]byte(p.stdout.String()), &next); err != nil {
		t.Fatalf("not one line of JSON: %s", p.stdout.String())
	}
	p.endpoint = next.Endpoint
	return p, next
}

func (n nextSteps) root() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: n.AccessKeyID, SecretAccessKey: n.SecretAccessKey}
}

// devTokenFor runs the command dev token.
func devTokenFor(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), append([]string{"dev", "token"}, args...), &stdout, &stderr); status != 0 {
		t.Fatalf("dev token %q: status %d, %s", args, status, stderr.String())
	}
	raw, found := strings.CutSuffix(stdout.String(), "\n")
	if !found || strings.ContainsAny(raw, " \n") {
		t.Fatalf("dev token %q prints %q", args, stdout.String())
	}
	return raw
}

// signIn returns the identity of a login, and the secret key that it gets.
func signIn(t *testing.T, next nextSteps, raw string) (identity, secret string) {
	t.Helper()
	logins := ""
	if raw != "" {
		logins = fmt.Sprintf(`,"Logins":{%q:%q}`, next.Provider, raw)
	}
	var got struct {
		IdentityID  string `json:"IdentityId"`
		Credentials struct{ SecretKey string }
	}
	status, text := post(t, next.Endpoint, sigv4.Credentials{}, "", "GetId", fmt.Sprintf(`{"IdentityPoolId":%q%s}`, next.Pool, logins))
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK {
		t.Fatalf("GetId: %d %s", status, text)
	}
	status, text = post(t, next.Endpoint, sigv4.Credentials{}, "", "GetCredentialsForIdentity", fmt.Sprintf(`{"IdentityId":%q%s}`, got.IdentityID, logins))
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK || got.Credentials.SecretKey == "" {
		t.Fatalf("GetCredentialsForIdentity: %d %s", status, text)
	}
	return got.IdentityID, got.Credentials.SecretKey
}

// TestDev runs cenote dev twice on one folder: the pool, the identities and the
// root key are the same.
func TestDev(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, first := startDev(t, data)
	want := nextSteps{
		Endpoint: first.Endpoint, Region: "us-east-1", Data: data, Pool: first.Pool, Provider: "idp.cenote.test",
		Users: []string{"alice", "bob", "carol"}, AccessKeyID: first.AccessKeyID, SecretAccessKey: first.SecretAccessKey,
	}
	if diff := cmp.Diff(want, first); diff != "" || !strings.HasPrefix(first.Pool, "us-east-1:") {
		t.Errorf("it prints %+v", first)
	}
	works(t, p, first.root())
	alice, _ := signIn(t, first, devTokenFor(t, "alice", "--endpoint", first.Endpoint))
	bob, _ := signIn(t, first, devTokenFor(t, "--endpoint", first.Endpoint, "bob"))
	guest, _ := signIn(t, first, "")
	if alice == bob || alice == guest {
		t.Error("two users are one identity")
	}
	p.stop(t)

	p, second := startDev(t, data)
	first.Endpoint = second.Endpoint
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	works(t, p, second.root())
	again, _ := signIn(t, second, devTokenFor(t, "alice", "--endpoint", second.Endpoint))
	if again != alice {
		t.Errorf("alice was %s and is %s", alice, again)
	}
	status, body := post(t, second.Endpoint, sigv4.Credentials{}, "", "GetCredentialsForIdentity", fmt.Sprintf(`{"IdentityId":%q}`, guest))
	if status != http.StatusOK {
		t.Errorf("the guest is gone: %s", body)
	}
	status, body = post(t, second.Endpoint, second.root(), "cognito-identity", "ListIdentityPools", `{"MaxResults":60}`)
	if status != http.StatusOK || strings.Count(body, "IdentityPoolName") != 1 {
		t.Errorf("there is not one pool: %s", body)
	}
}

// TestDevToken asks for tokens with claims, and in ways that cannot be answered.
func TestDevToken(t *testing.T) {
	t.Parallel()
	_, next := startDev(t, t.TempDir())
	raw := devTokenFor(t, "--claim", "custom:dept=Sales", "alice", "--claim", "note=a=b", "--endpoint", next.Endpoint+"/")
	parsed, err := token.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Claims["custom:dept"] != "Sales" || parsed.Claims["note"] != "a=b" || parsed.Claims["name"] != "Alice Adams" || parsed.Issuer != "https://idp.cenote.test" {
		t.Errorf("the claims are %v", parsed.Claims)
	}
	signIn(t, next, raw)

	serve := startServer(t, nil, "serve", "--data", t.TempDir())
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		args []string
		says []string
	}{
		{"unknown user", []string{"mallory", "--endpoint", next.Endpoint}, []string{"no such user", "`cenote dev` prints its users"}},
		{"nobody there", []string{"alice", "--endpoint", nobody}, []string{nobody, "is `cenote dev` running?", "--endpoint"}},
		{"not cenote dev", []string{"alice", "--endpoint", serve.endpoint}, []string{serve.endpoint, "is it `cenote dev`, and not `cenote serve`?"}},
	} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), append([]string{"dev", "token"}, test.args...), &stdout, &stderr); status != 1 || stdout.Len() > 0 {
			t.Errorf("%s: status %d, %s", test.name, status, stdout.String())
		}
		for _, part := range test.says {
			if !strings.Contains(stderr.String(), part) {
				t.Errorf("%s does not say %q: %s", test.name, part, stderr.String())
			}
		}
	}
}

// TestDevText prints for people what to paste next.
func TestDevText(t *testing.T) {
	t.Parallel()
	n := nextSteps{
		Endpoint: "http://127.0.0.1:9", Region: "us-east-1", Data: "d", Pool: "us-east-1:0", Provider: "idp.cenote.test",
		Users: []string{"alice", "bob"}, AccessKeyID: "AKIA", SecretAccessKey: "secret",
	}
	for _, part := range []string{
		"aws --region us-east-1 --endpoint-url http://127.0.0.1:9 cognito-identity get-id --identity-pool-id us-east-1:0",
		"dev token --endpoint http://127.0.0.1:9 alice)", "--logins idp.cenote.test=$TOKEN",
		"export AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=secret", "AWS_ENDPOINT_URL=http://127.0.0.1:9",
	} {
		if !strings.Contains(n.text(), part) {
			t.Errorf("it does not say %q:\n%s", part, n.text())
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/usr/bin/cenote": "/usr/bin/cenote",
		"sp ace/cenote":   "'sp ace/cenote'",
		"it's/$HOME":      `'it'\''s/$HOME'`,
	} {
		if got := quoted(text); got != want {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}
