package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/token"
)

// startDev runs cenote dev on data and returns what it printed.
func startDev(t *testing.T, data string, more ...string) (*process, nextSteps) {
	t.Helper()
	p := begin(t, nil, append([]string{"dev", "--json", "--listen", "127.0.0.1:0", "--data", data}, more...)...)
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
		Access: []string{"api.twitter.com", "graph.facebook.com", "www.amazon.com"},
		SAML:   "arn:aws:iam::000000000000:saml-provider/demo",
		Users:  []string{"alice", "bob", "carol"}, AccessKeyID: first.AccessKeyID, SecretAccessKey: first.SecretAccessKey,
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
	raw = devTokenFor(t, "alice", "--app", "other", "--claim", `groups=["a","b"]`, "--claim", `address={"zip":"01234"}`, "--claim", "sub=1", "--endpoint", next.Endpoint)
	if parsed, err = token.Parse(raw); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"other", []any{"a", "b"}, map[string]any{"zip": "01234"}, "1"},
		[]any{parsed.Claims["aud"], parsed.Claims["groups"], parsed.Claims["address"], parsed.Claims["sub"]}); diff != "" {
		t.Errorf("the claims are %v", parsed.Claims)
	}

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
		{"broken JSON", []string{"alice", "--claim", "groups=[", "--endpoint", next.Endpoint}, []string{"the claim groups looks like JSON and is none"}},
		{"unknown user of Facebook", []string{"mallory", "--provider", "facebook", "--endpoint", next.Endpoint}, []string{"no such user"}},
		{"Twitter's app without a secret", []string{"alice", "--provider", "twitter", "--app", "x", "--endpoint", next.Endpoint}, []string{"consumerKey;consumerSecret"}},
		{"Facebook at cenote serve", []string{"alice", "--provider", "facebook", "--endpoint", serve.endpoint}, []string{"is it `cenote dev`, and not `cenote serve`?"}},
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

// TestDevAccessTokens signs in with tokens of Facebook, Amazon and Twitter. The test
// providers forget theirs when they end; the identities stay.
func TestDevAccessTokens(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, next := startDev(t, data)
	ids, held := map[string]string{}, map[string]string{}
	for short, domain := range map[string]string{"facebook": "graph.facebook.com", "amazon": "www.amazon.com", "twitter": "api.twitter.com"} {
		next.Provider = domain
		stranger := "other"
		if short == "twitter" {
			stranger = "other;secret"
		}
		held[domain] = devTokenFor(t, "alice", "--provider", short, "--endpoint", next.Endpoint)
		ids[domain], _ = signIn(t, next, held[domain])
		if again, _ := signIn(t, next, devTokenFor(t, "--provider", domain, "--endpoint", next.Endpoint, "alice")); again != ids[domain] {
			t.Errorf("alice at %s was %s and is %s", short, ids[domain], again)
		}
		other := devTokenFor(t, "alice", "--provider", short, "--app", stranger, "--endpoint", next.Endpoint)
		if status, body := getID(t, next, other); status != http.StatusBadRequest || !strings.Contains(body, "NotAuthorizedException") {
			t.Errorf("a token of %s for another app: %d %s", short, status, body)
		}
	}
	p.stop(t)
	p, again := startDev(t, data)
	for domain, id := range ids {
		again.Provider = domain
		if status, body := getID(t, again, held[domain]); status != http.StatusBadRequest || !strings.Contains(body, "Couldn't verify signed token.") {
			t.Errorf("a token of %s after a restart: %d %s", domain, status, body)
		}
		if got, _ := signIn(t, again, devTokenFor(t, "alice", "--provider", domain, "--endpoint", again.Endpoint)); got != id {
			t.Errorf("alice at %s was %s and is %s", domain, id, got)
		}
	}
	p.stop(t)
	for _, raw := range held {
		for secret := range strings.SplitSeq(raw, ";") {
			if strings.Contains(p.stderr.String(), secret) {
				t.Errorf("the log holds a token:\n%s", p.stderr.String())
			}
		}
	}
}

// TestDevSAML signs in with responses of the SAML provider, whose key and so whose users
// outlast the program.
func TestDevSAML(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, next := startDev(t, data)
	next.Provider = next.SAML
	alice, _ := signIn(t, next, devTokenFor(t, "alice", "--provider", "saml", "--endpoint", next.Endpoint))
	if bob, _ := signIn(t, next, devTokenFor(t, "bob", "--provider", "saml", "--endpoint", next.Endpoint)); bob == alice {
		t.Error("two users are one identity")
	}
	stranger := devTokenFor(t, "alice", "--provider", "saml", "--app", "urn:other", "--endpoint", next.Endpoint)
	if status, body := getID(t, next, stranger); status != http.StatusBadRequest || !strings.Contains(body, "Token is not from a supported provider") {
		t.Errorf("a response for another audience: %d %s", status, body)
	}
	p.stop(t)
	_, again := startDev(t, data)
	again.Provider = again.SAML
	raw := devTokenFor(t, "alice", "--provider", "saml", "--claim", "dept=Sales", "--endpoint", again.Endpoint)
	if document, err := base64.StdEncoding.DecodeString(raw); err != nil || !strings.Contains(string(document), ">Sales<") {
		t.Errorf("the response has no attribute: %v %s", err, document)
	}
	if got, _ := signIn(t, again, raw); got != alice {
		t.Errorf("alice was %s and is %s", alice, got)
	}
}

// getID signs in with a login that may be refused.
func getID(t *testing.T, next nextSteps, raw string) (status int, body string) {
	t.Helper()
	return post(t, next.Endpoint, sigv4.Credentials{}, "", "GetId", fmt.Sprintf(`{"IdentityPoolId":%q,"Logins":{%q:%q}}`, next.Pool, next.Provider, raw))
}

// TestServeHasNoTestProviders looks for them where cenote dev has them, and where the
// real ones do.
func TestServeHasNoTestProviders(t *testing.T) {
	t.Parallel()
	p := startServer(t, nil, "serve", "--data", t.TempDir())
	for _, target := range []string{
		"GET /testidp/.well-known/openid-configuration", "GET /testidp/jwks.json", "POST /testidp/token?user=alice",
		"POST /testidp/access/token?user=alice&provider=graph.facebook.com&app=demo", "GET /testidp/access/me", "GET /testidp/access/app",
		"GET /testidp/saml/metadata", "POST /testidp/saml/response?user=alice&recipient=https://signin.aws.amazon.com/saml", "GET /testidp/saml/sso",
		"GET /testidp/access/auth/o2/tokeninfo", "GET /testidp/access/1.1/account/verify_credentials.json", "GET /me", "GET /auth/o2/tokeninfo",
	} {
		method, path, _ := strings.Cut(target, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, p.endpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode < 400 || strings.Contains(string(body), "_token") || strings.Contains(string(body), "SAMLResponse") {
			t.Errorf("%s: %s %s", target, response.Status, body)
		}
	}
}

// TestForeignNames asks the test providers under names that lead to them, but are not
// theirs: as a page does that has its own name turn to this machine.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	_, next := startDev(t, t.TempDir(), "--host", "cenote:4577", "--public-url", "https://dev.example.test/cenote")
	for host, good := range map[string]bool{
		"":                       true, // the address itself
		"localhost":              true,
		"LOCALHOST:4577":         true,
		"[::1]:4577":             true,
		"192.0.2.7":              true,
		"cenote":                 true,
		"Cenote:4577":            true,
		"dev.example.test":       true,
		"evil.example":           false,
		"evil.example:4577":      false,
		"localhost.evil.example": false,
		"127.0.0.1.evil.example": false,
		"localhost@evil.example": false,
		"xcenote":                false,
		"127.0.0.1:x.example":    false,
	} {
		for _, path := range []string{"/testidp/token", "/testidp/access/token", "/testidp/saml/response", "/testidp/jwks.json"} {
			method := http.MethodPost
			if path == "/testidp/jwks.json" {
				method = http.MethodGet
			}
			request, err := http.NewRequestWithContext(t.Context(), method, next.Endpoint+path+
				"?user=alice&provider=graph.facebook.com&app=demo&recipient=https://signin.aws.amazon.com/saml", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if good != (response.StatusCode == http.StatusOK) {
				t.Errorf("%s as %q: %s", path, host, response.Status)
			}
		}
	}
}

// Redirects that are asked for come before those to the test providers.
func TestRedirectsOfDev(t *testing.T) {
	t.Parallel()
	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"demo"}`) // the app's id and the user's
	}))
	t.Cleanup(asked.Close)
	_, next := startDev(t, t.TempDir(), "--redirect", "graph.facebook.com="+asked.URL)
	next.Provider = "graph.facebook.com"
	signIn(t, next, "whatever")
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
		"alice --provider graph.facebook.com)", "--logins graph.facebook.com=$TOKEN",
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
