package conformance

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Clients of every OIDC provider. Tokens of all but ClientGrace live for 30 minutes.
const (
	ClientApp   = "app"       // signed RS256
	ClientES256 = "app-es256" // signed ES256
	ClientOther = "other"     // another app of the same provider
	ClientGrace = "grace"     // tokens live for 58 minutes
)

const callback = "https://app.example.test/callback"

// OIDCOptions say how an OIDC provider is started.
type OIDCOptions struct {
	Issuer string        // its public URL; the address that it listens on when empty
	Keys   string        // file of its signing keys, made when missing; a new file when empty
	Clock  time.Duration // how far its clock is from ours
}

// OIDC is a running npm oidc-provider, behind a public name that only redirects reach.
type OIDC struct {
	Issuer string
	URL    string // where it really listens
	Keys   string // file of its signing keys

	port    int
	clock   time.Duration
	process *process
}

// Tokens are what a user gets from signing in.
type Tokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// StartOIDC starts a provider and returns when it is ready; it ends with the test.
func StartOIDC(t testing.TB, o OIDCOptions) *OIDC {
	t.Helper()
	if o.Keys == "" {
		o.Keys = filepath.Join(t.TempDir(), "keys.json")
	}
	p := &OIDC{Issuer: o.Issuer, Keys: o.Keys, port: freePort(t), clock: o.Clock}
	p.URL = fmt.Sprintf("http://127.0.0.1:%d", p.port)
	if p.Issuer == "" {
		p.Issuer = p.URL
	}
	p.start(t)
	return p
}

// Name is the provider's name in Logins: its issuer without the scheme.
func (p *OIDC) Name() string {
	_, name, _ := strings.Cut(p.Issuer, "://")
	return name
}

// Host is the provider's public host, as redirects have it.
func (p *OIDC) Host() string {
	host, _, _ := strings.Cut(p.Name(), "/")
	return host
}

// Rotate gives the provider new signing keys and forgets the old ones, its sessions and its refresh tokens.
func (p *OIDC) Rotate(t testing.TB) {
	t.Helper()
	p.process.kill()
	p.Keys = filepath.Join(t.TempDir(), "keys.json")
	p.start(t)
}

// Stop ends the provider.
func (p *OIDC) Stop() { p.process.kill() }

func (p *OIDC) start(t testing.TB) {
	t.Helper()
	settings, err := json.Marshal(map[string]any{"issuer": p.Issuer, "port": p.port, "keys": p.Keys})
	if err != nil {
		t.Fatalf("oidc-provider: %v", err)
	}
	p.process = launch(t, "oidc-provider", node(t, p.clock, "oidc.mjs", string(settings)))
	_, path, _ := strings.Cut(p.Name(), "/")
	p.process.waitReady(t, p.URL+strings.TrimSuffix("/"+path, "/")+"/.well-known/openid-configuration")
}

// SignIn takes user through the authorization code flow of client, with the provider's own login and consent
// pages, as a browser would.
func (p *OIDC) SignIn(t testing.TB, client, user string) Tokens {
	t.Helper()
	verifier := strings.Repeat("proof-key-", 5)
	challenge := sha256.Sum256([]byte(verifier))
	browser := newBrowser(t, p.URL)
	page := p.Issuer + "/auth?" + url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"},
		"scope": {"openid email offline_access"}, "prompt": {"consent"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode()
	response, err := browser.Get(page)
	form := regexp.MustCompile(`name="prompt" value="(login|consent)"`)
	for step := 0; err == nil && !strings.HasPrefix(response.Request.URL.String(), callback); step++ {
		prompt := form.FindStringSubmatch(body(t, response))
		if step == 2 || prompt == nil {
			t.Fatalf("oidc-provider: no login or consent page but %s at %s", response.Status, response.Request.URL)
		}
		response, err = browser.PostForm(response.Request.URL.String(), url.Values{"prompt": prompt[1:], "login": {user}, "password": {"any"}})
	}
	if err != nil {
		t.Fatalf("oidc-provider: sign in: %v", err)
	}
	return p.redeem(t, browser, url.Values{
		"client_id": {client}, "grant_type": {"authorization_code"}, "redirect_uri": {callback},
		"code": {response.Request.URL.Query().Get("code")}, "code_verifier": {verifier},
	})
}

// Refresh trades a refresh token of client for new tokens.
func (p *OIDC) Refresh(t testing.TB, client string, tokens Tokens) Tokens {
	t.Helper()
	return p.redeem(t, newBrowser(t, p.URL), url.Values{
		"client_id": {client}, "grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh},
	})
}

func (p *OIDC) redeem(t testing.TB, browser *http.Client, grant url.Values) Tokens {
	t.Helper()
	tokens, err := redeem(t, browser, p.Issuer+"/token", grant)
	if err != nil {
		t.Fatalf("oidc-provider: %v", err)
	}
	return tokens
}

// redeem trades a grant for tokens at a token endpoint; the error is the provider's refusal.
func redeem(t testing.TB, browser *http.Client, endpoint string, grant url.Values) (Tokens, error) {
	t.Helper()
	response, err := browser.PostForm(endpoint, grant)
	if err != nil {
		t.Fatalf("tokens of %s: %v", endpoint, err)
	}
	var tokens Tokens
	text := body(t, response)
	if err := json.Unmarshal([]byte(text), &tokens); err != nil || tokens.ID == "" {
		return Tokens{}, fmt.Errorf("no ID token in %s %s", response.Status, text)
	}
	return tokens, nil
}

// newBrowser is a client that keeps cookies, finds every public name at base, and stops at the callback.
func newBrowser(t testing.TB, base string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("browser: %v", err)
	}
	return &http.Client{Jar: jar, Timeout: startTimeout, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.String(), callback) {
			return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
		}
		local := r.Clone(r.Context())
		local.Host = r.URL.Host
		local.URL.Scheme, local.URL.Host = "http", strings.TrimPrefix(base, "http://")
		response, err := http.DefaultTransport.RoundTrip(local)
		if response != nil {
			response.Request = r
		}
		return response, err
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// node runs a program of the js folder with its clock moved.
func node(t testing.TB, clock time.Duration, script string, arguments ...string) *exec.Cmd {
	t.Helper()
	folder, err := filepath.Abs("js") // tests run in their package's folder
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err != nil {
		t.Fatalf("the npm packages of conformance/js are missing: run make setup")
	}
	all := []string{"--import", filepath.Join(folder, "clock.mjs"), filepath.Join(folder, script)}
	cmd := exec.Command(tool(t, "node"), append(all, arguments...)...)
	cmd.Env = environment(fmt.Sprintf("CLOCK_SHIFT=%g", clock.Seconds()))
	return cmd
}
