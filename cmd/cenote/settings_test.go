package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
)

// clean takes away the variables that a test is not about.
func clean(t *testing.T) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, envPrefix+"_") {
			t.Setenv(name, "") // so that it comes back
		}
	}
}

func read(t *testing.T, args ...string) Settings {
	t.Helper()
	s, err := readSettings(newFlags("serve"), args, "default-data")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func configFile(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cenote.conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func redirectsOf(s Settings) []string {
	var list []string
	for _, r := range s.Redirects {
		list = append(list, r.Host+"="+r.Base.String())
	}
	return list
}

func TestDefaults(t *testing.T) {
	clean(t)
	want := Settings{
		Listen: "127.0.0.1:4577", Data: "default-data", Account: "000000000000", TokenAlgorithm: "RS512", Drain: 10 * time.Second,
		CachedIdentities: 200_000,
	}
	if diff := cmp.Diff(want, read(t)); diff != "" {
		t.Error(diff)
	}
}

// TestPrecedence sets the same settings in the file, the variables and the flags.
func TestPrecedence(t *testing.T) {
	clean(t)
	file := configFile(t, "# settings", "", "listen 127.0.0.1:1", "data /file", "account 111111111111", "drain 1s",
		"redirect a.test=http://127.0.0.1:1", "redirect b.test=http://127.0.0.1:2", "token-algorithm ES256", "allow-plain-http")
	s := read(t, "--config", file)
	if s.Listen != "127.0.0.1:1" || s.Data != "/file" || s.Account != "111111111111" || s.Drain != time.Second || s.TokenAlgorithm != "ES256" || !s.AllowPlainHTTP {
		t.Errorf("of the file: %+v", s)
	}
	if diff := cmp.Diff([]string{"a.test=http://127.0.0.1:1", "b.test=http://127.0.0.1:2"}, redirectsOf(s)); diff != "" {
		t.Error(diff)
	}
	t.Setenv("CENOTE_LISTEN", "127.0.0.1:2")
	t.Setenv("CENOTE_DATA", "/variable, with a comma")
	t.Setenv("CENOTE_REDIRECT", "c.test=http://127.0.0.1:3, d.test:8443=https://127.0.0.1:4/base/")
	t.Setenv("CENOTE_CONFIG", file)
	s = read(t)
	if s.Listen != "127.0.0.1:2" || s.Data != "/variable, with a comma" || s.Account != "111111111111" {
		t.Errorf("of the variables: %+v", s)
	}
	if diff := cmp.Diff([]string{"c.test=http://127.0.0.1:3", "d.test:8443=https://127.0.0.1:4/base"}, redirectsOf(s)); diff != "" {
		t.Error(diff)
	}
	s = read(t, "--listen", "127.0.0.1:3", "--redirect", "e.test=http://127.0.0.1:5", "--redirect=f.test=http://127.0.0.1:6")
	if s.Listen != "127.0.0.1:3" || s.Data != "/variable, with a comma" || s.Drain != time.Second {
		t.Errorf("of the flags: %+v", s)
	}
	if diff := cmp.Diff([]string{"e.test=http://127.0.0.1:5", "f.test=http://127.0.0.1:6"}, redirectsOf(s)); diff != "" {
		t.Error(diff)
	}
	if !s.plainIssuer("E.test") || s.plainIssuer("c.test") || s.plainIssuer("x.e.test") {
		t.Error("plain http is for the hosts of the redirects, and for them alone")
	}
}

// TestHosts collects the names of the server from each place.
func TestHosts(t *testing.T) {
	clean(t)
	file := configFile(t, "host a.test", "host b.test:8443")
	if diff := cmp.Diff([]string{"a.test", "b.test:8443"}, read(t, "--config", file).Hosts); diff != "" {
		t.Error(diff)
	}
	t.Setenv("CENOTE_HOST", "c.test, [2001:db8::1]:443")
	if diff := cmp.Diff([]string{"c.test", "[2001:db8::1]:443"}, read(t, "--config", file).Hosts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"d.test", "e.test"}, read(t, "--host", "d.test", "--host=e.test").Hosts); diff != "" {
		t.Error(diff)
	}
}

func TestSecrets(t *testing.T) {
	clean(t)
	t.Setenv(envRootKeyID, "AKIDEXAMPLE")
	t.Setenv(envRootSecret, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
	t.Setenv(envMasterKey, strings.Repeat("0a", 32))
	t.Setenv("CENOTE_USER_POOL_ACCESS_KEY_ID", "AKIDPOOLS")
	t.Setenv("CENOTE_USER_POOL_SECRET_ACCESS_KEY", "other")
	s := read(t)
	if s.RootKey == nil || s.RootKey.ID != "AKIDEXAMPLE" || string(s.RootKey.Secret) != "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" || !s.RootKey.Active {
		t.Errorf("the root key is %v", s.RootKey)
	}
	if s.UserPoolKey != (sigv4.Credentials{AccessKeyID: "AKIDPOOLS", SecretAccessKey: "other"}) {
		t.Errorf("the key for user pools is that of %q", s.UserPoolKey.AccessKeyID)
	}
	raw := bytes.Repeat([]byte{10}, 32)
	if s.MasterKey.Key == nil || !bytes.Equal(s.MasterKey.Key.Derive("x", 8), mustKey(t, raw).Derive("x", 8)) {
		t.Error("the master key is another")
	}
}

// TestMisuse gives words and settings that make no sense: the status is 2, one line
// names the culprit, and says what to do.
func TestMisuse(t *testing.T) {
	clean(t)
	tell := "`cenote serve -h` tells all settings"
	serve := func(args ...string) []string { return append([]string{"serve"}, args...) }
	for _, test := range []struct {
		name string
		args []string
		env  map[string]string
		says []string
	}{
		{"no command", nil, nil, []string{"no command given", "`cenote dev`"}},
		{"unknown command", []string{"sevre"}, nil, []string{`"sevre" is no command`, "dev, serve, keys, export, import, import aws, backup and version"}},
		{"unknown flag", serve("--nope"), nil, []string{"-nope", tell}},
		{"unknown flag of dev", []string{"dev", "--nope"}, nil, []string{"-nope", "`cenote dev -h`"}},
		{"one word too many", serve("now"), nil, []string{`"now" is one word too many`, tell}},
		{"unknown command of dev", []string{"dev", "tokn"}, nil, []string{`"tokn" is one word too many`}},
		{"unknown line", serve("--config", configFile(t, "listne 127.0.0.1:1")), nil, []string{`"listne"`, tell}},
		{"line without a value", serve("--config", configFile(t, "# x", "data")), nil, []string{"line 2", "data has no value", tell}},
		{"bad value in the file", serve("--config", configFile(t, "drain soon")), nil, []string{"line 1", `"soon"`, tell}},
		{"secret that can be guessed, for all", serve("--listen", "0.0.0.0:4577", "--allow-plain-http"), map[string]string{envRootKeyID: "AKIDEXAMPLE", envRootSecret: "secret"}, []string{envRootSecret, "6 characters", "openssl"}},
		{"less than no cache", serve("--cached-identities", "-1"), nil, []string{"cached-identities -1"}},
		{"public URL that is none", serve("--public-url", "id.example.com"), nil, []string{`"id.example.com"`, "public-url"}},
		{"secret in the file", serve("--config", configFile(t, "root-access-key-id AKIA")), nil, []string{`"root-access-key-id"`, tell}},
		{"no such file", serve("--config", "/nowhere/cenote.conf"), nil, []string{"/nowhere/cenote.conf", tell}},
		{"bad account", serve("--account", "12"), nil, []string{`account "12"`, "12 digits"}},
		{"bad account in a variable", serve(), map[string]string{"CENOTE_ACCOUNT": "x"}, []string{`account "x"`, "12 digits"}},
		{"bad algorithm", serve("--token-algorithm", "HS256"), nil, []string{`"HS256"`, "RS512, RS256 and ES256"}},
		{"bad address", serve("--listen", "4577"), nil, []string{`listen "4577"`, "HOST:PORT"}},
		{"every address", serve("--listen", "0.0.0.0:4577"), nil, []string{"0.0.0.0:4577", "--allow-plain-http", "127.0.0.1"}},
		{"every address, for short", serve("--listen", ":4577"), nil, []string{":4577", "--allow-plain-http"}},
		{"every IPv6 address", serve("--listen", "[::]:4577"), nil, []string{"[::]:4577", "--allow-plain-http"}},
		{"address of a network", serve("--listen", "192.0.2.1:4577"), nil, []string{"192.0.2.1:4577", "--allow-plain-http"}},
		{"name that looks like this machine", serve("--listen", "localhost.example.test:4577"), nil, []string{"--allow-plain-http"}},
		{"dev for all", []string{"dev", "--listen", "0.0.0.0:4577"}, nil, []string{"--allow-plain-http"}},
		{"bad duration", serve("--drain", "soon"), nil, []string{`"soon"`, "drain", tell}},
		{"bad duration in a variable", serve(), map[string]string{"CENOTE_DRAIN": "soon"}, []string{"CENOTE_DRAIN", tell}},
		{"less than no notice", serve("--notice", "-1s"), nil, []string{"notice -1s"}},
		{"less than no time", serve("--drain", "-1s"), nil, []string{"drain -1s"}},
		{"redirect without URL", serve("--redirect", "login.example.test"), nil, []string{"login.example.test", "HOST=URL", tell}},
		{"redirect to a file", serve("--redirect", "login.example.test=file:///etc"), nil, []string{"login.example.test", "http or https", tell}},
		{"redirect of a wildcard", serve("--redirect", "*.example.test=http://127.0.0.1:1"), nil, []string{"*.example.test", "no wildcards", tell}},
		{"redirect of our own issuer", serve("--redirect", "Cognito-Identity.amazonaws.com=http://127.0.0.1:1"), nil, []string{"Cognito-Identity.amazonaws.com", "our own issuer", tell}},
		{"host that is a URL", serve("--host", "https://login.example.test"), nil, []string{"https://login.example.test", "HOST:PORT", tell}},
		{"host with a path", serve("--host", "login.example.test/"), nil, []string{"login.example.test/", "HOST:PORT", tell}},
		{"host with a user", serve("--host", "a@login.example.test"), nil, []string{"a@login.example.test", "HOST:PORT", tell}},
		{"no host", serve("--host", "login.example.test,"), nil, []string{"HOST:PORT", tell}},
		{"half a root key", serve(), map[string]string{envRootKeyID: "AKIA"}, []string{envRootKeyID, envRootSecret, "both"}},
		{"the other half", serve(), map[string]string{envRootSecret: "x"}, []string{envRootKeyID, envRootSecret, "both"}},
		{"half a key for user pools", serve(), map[string]string{envUserPoolKeyID: "AKIA"}, []string{envUserPoolKeyID, envUserPoolSecret, "both"}},
		{"root key with a slash", serve(), map[string]string{envRootKeyID: "a/b", envRootSecret: "x"}, []string{envRootKeyID, "letters and digits"}},
		{"root secret with a line end", serve(), map[string]string{envRootKeyID: "a", envRootSecret: "x\n"}, []string{envRootSecret, "white space"}},
		{"short master key", serve(), map[string]string{envMasterKey: "0a0b"}, []string{envMasterKey, "64 hexadecimal digits", "openssl rand -hex 32"}},
		{"master key that is none", serve(), map[string]string{envMasterKey: strings.Repeat("xy", 32)}, []string{envMasterKey, "64 hexadecimal digits"}},
		{"two master keys", serve("--master-key-file", "x"), map[string]string{envMasterKey: strings.Repeat("0a", 32)}, []string{"one of", envMasterKey, "master-key-file", "master-key-kms"}},
		{"KMS without a region", serve("--master-key-kms", "alias/x"), map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, []string{`"alias/x"`, "AWS_REGION"}},
		{"KMS without a key", serve("--master-key-kms", "arn:aws:kms:eu-west-1:111122223333:key/x"), map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "b"}, []string{"AWS_ACCESS_KEY_ID", "export-credentials"}},
		{"KMS in the clear", serve("--master-key-kms", "x", "--kms-endpoint", "http://kms.example.test"), map[string]string{"AWS_REGION": "eu-west-1"}, []string{"http://kms.example.test", "in the clear"}},
		{"endpoint without KMS", serve("--kms-endpoint", "https://kms.example.test"), nil, []string{"kms-endpoint", "without master-key-kms"}},
		{"nothing about keys", []string{"keys"}, nil, []string{"`cenote keys rotate`"}},
		{"unknown command of keys", []string{"keys", "turn"}, nil, []string{`"turn"`, "`cenote keys list`"}},
		{"unknown flag of keys", []string{"keys", "rotate", "--nope"}, nil, []string{"-nope", "`cenote keys rotate -h`"}},
		{"unknown line for keys", []string{"keys", "list", "--config", configFile(t, "listen 127.0.0.1:1", "listne 127.0.0.1:1")}, nil, []string{"line 2", `"listne"`, "`cenote keys list -h`"}},
		{"new master key for nothing", []string{"keys", "rotate", "--new-master-key-file", "x"}, nil, []string{"--master"}},
		{"two rotations", []string{"keys", "rotate", "--master", "--revoke"}, nil, []string{"--revoke", "one after the other"}},
		{"whose token", []string{"dev", "token"}, nil, []string{"whose token?", "`cenote dev token alice`"}},
		{"two users", []string{"dev", "token", "alice", "bob"}, nil, []string{`"bob"`, "`cenote dev token alice`"}},
		{"claim without value", []string{"dev", "token", "alice", "--claim", "dept"}, nil, []string{`"dept"`, "NAME=VALUE"}},
		{"claim without name", []string{"dev", "token", "alice", "--claim", "=x"}, nil, []string{`"=x"`, "NAME=VALUE"}},
		{"unknown flag of dev token", []string{"dev", "token", "alice", "--nope"}, nil, []string{"-nope", "`cenote dev token alice`"}},
		{"import of what", []string{"import"}, nil, []string{"name what to import first", "`cenote import aws`"}},
		{"unknown roles", []string{"import", "aws", "--roles", "some"}, nil, []string{`"some"`, "pools nor all"}},
		{"region that is none", []string{"import", "aws", "--region", "us-east-1,US"}, nil, []string{`"US"`, "us-east-1", "`cenote import aws -h`"}},
		{"unknown flag of import", []string{"import", "aws", "--nope"}, nil, []string{"-nope", "`cenote import aws -h`"}},
		{"endpoint without scheme", []string{"dev", "token", "alice", "--endpoint", "localhost:4577"}, nil, []string{`"localhost:4577"`, defaultEndpoint}},
		{"endpoint that is no URL", []string{"dev", "token", "alice", "--endpoint", "127.0.0.1:4577"}, nil, []string{`"127.0.0.1:4577"`, defaultEndpoint}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir()) // whoever starts by mistake must not litter
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			var stdout, stderr bytes.Buffer
			if status := run(t.Context(), test.args, &stdout, &stderr); status != 2 {
				t.Errorf("the exit status is %d", status)
			}
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(last, "cenote: ") || len(lines) > 1 && test.args != nil {
				t.Errorf("not one line: %s", stderr.String())
			}
			for _, text := range test.says {
				if !strings.Contains(last, text) {
					t.Errorf("it does not say %q: %s", text, last)
				}
			}
			for name, value := range test.env {
				if strings.Contains(name, "SECRET") && len(value) > 1 && strings.Contains(last, value) {
					t.Errorf("it repeats a secret: %s", last)
				}
			}
			if left, _ := filepath.Glob("*"); len(left) > 0 || stdout.Len() > 0 {
				t.Errorf("it began all the same: %v %s", left, stdout.String())
			}
		})
	}
}

// TestLoopback takes every address that only this machine reaches.
// TestCachedIdentities tells the store what a person means by none.
func TestCachedIdentities(t *testing.T) {
	clean(t)
	for flag, want := range map[string]int{"0": -1, "1": 1, "200000": 200_000} {
		s := read(t, "--cached-identities", flag)
		if got := s.cachedIdentities(); got != want {
			t.Errorf("%s is %d to the store, want %d", flag, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	clean(t)
	for _, address := range []string{"127.0.0.1:0", "127.8.8.8:1", "localhost:1", "[::1]:1"} {
		if s := read(t, "--listen", address); s.Listen != address {
			t.Errorf("%s: %+v", address, s)
		}
	}
	if s := read(t, "--listen", "0.0.0.0:1", "--allow-plain-http"); s.Listen != "0.0.0.0:1" {
		t.Errorf("the address is %s", s.Listen)
	}
}

// TestHelp asks for help in every way: the status is 0, and all settings are told.
func TestHelp(t *testing.T) {
	clean(t)
	settings := []string{"-listen", "-data", "-master-key-file", "-master-key-kms", "-kms-endpoint", "-redirect", "-account", "-token-algorithm", "-notice", "-drain", "-host", "-allow-plain-http", "-cached-identities", "-config"}
	for _, test := range []struct {
		args []string
		says []string
	}{
		{[]string{"help"}, []string{"cenote dev", "cenote serve", "cenote version", "-h"}},
		{[]string{"-h"}, []string{"cenote dev", "cenote serve"}},
		{[]string{"--help"}, []string{"cenote dev", "cenote serve"}},
		{[]string{"serve", "-h"}, settings},
		{[]string{"serve", "--listen", "x", "--help"}, settings},
		{[]string{"dev", "-h"}, append(settings, "-json")},
		{[]string{"import", "aws", "-h"}, append(settings, "-profile", "-region", "-roles", "-rewrite-account", "-identities", "-dry-run", "-json", "-endpoint")},
		{[]string{"dev", "token", "-h"}, []string{"-endpoint", "-claim", defaultEndpoint}},
		{[]string{"dev", "token", "alice", "--help"}, []string{"-endpoint", "-claim"}},
		{[]string{"keys", "-h"}, []string{"cenote keys list", "cenote keys rotate --master"}},
		{[]string{"keys", "list", "-h"}, []string{"-data", "-json", "-master-key-kms"}},
		{[]string{"keys", "rotate", "-h"}, []string{"-data", "-json", "-master", "-revoke", "-new-master-key-file", "-new-master-key-kms"}},
		{[]string{"version"}, []string{"cenote "}},
		{[]string{"--version"}, []string{"cenote "}},
	} {
		var stdout, stderr bytes.Buffer
		if status := run(t.Context(), test.args, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
			t.Errorf("%q: status %d, %s", test.args, status, stderr.String())
		}
		for _, text := range test.says {
			if !strings.Contains(stdout.String(), text) {
				t.Errorf("%q does not say %q:\n%s", test.args, text, stdout.String())
			}
		}
	}
}

func TestStrangeVariables(t *testing.T) {
	clean(t)
	flags := newFlags("serve")
	if _, err := readSettings(flags, nil, "x"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CENOTE_LISTNE", "CENOTE_ALLOW_PLAIN_HTTP", envRootKeyID, envMasterKey, envNewMaster, "CENOTE_MASTER_KEY_FILE", envUserPoolKeyID, envUserPoolSecret, "CENOTELISTEN"} {
		t.Setenv(name, "x")
	}
	got := strangeVariables(flags)
	if diff := cmp.Diff([]string{"CENOTE_LISTNE"}, got); diff != "" {
		t.Error(diff)
	}
}
