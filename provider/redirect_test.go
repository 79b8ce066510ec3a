package provider_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/provider"
)

func redirect(t testing.TB, text string) provider.Redirect {
	t.Helper()
	r, err := provider.ParseRedirect(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRedirect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"cognito-idp.us-east-1.amazonaws.com=http://localhost:9229": {"cognito-idp.us-east-1.amazonaws.com", "http://localhost:9229"},
		"127.0.0.1:9000=https://idp.internal/base/":                 {"127.0.0.1:9000", "https://idp.internal/base"},
		"[::1]:9000=http://[::1]:9001":                              {"[::1]:9000", "http://[::1]:9001"},
		"idp.example.com=http://idp:8080/a=b":                       {"idp.example.com", "http://idp:8080/a=b"},
		"idp_1:65535=http://stand_in.:1":                            {"idp_1:65535", "http://stand_in.:1"},
		"कुकी.example=http://x":                                     {"कुकी.example", "http://x"},
	} {
		if got := redirect(t, text); got.Host != want[0] || got.Base.String() != want[1] {
			t.Errorf("%s: got %s → %s", text, got.Host, got.Base)
		}
	}
	for text, want := range map[string]string{
		"":                                    "HOST=URL",
		"idp.example.com":                     "HOST=URL",
		"=http://localhost":                   "HOST=URL",
		"idp.example.com=":                    "HOST=URL",
		"https://idp.example.com=http://x":    "without scheme and path",
		"idp.example.com/path=http://x":       "without scheme and path",
		"user@idp.example.com=http://x":       "without scheme and path",
		":9000=http://x":                      "without scheme and path",
		"*.example.com=http://x":              "no wildcards",
		"*=http://x":                          "no wildcards",
		"idp.example.com:=http://x":           "without scheme and path",
		"idp.example.com:0=http://x":          "without scheme and path",
		"idp.example.com:99999=http://x":      "without scheme and path",
		"a.example,b.example=http://x":        "without scheme and path",
		"a.example;b.example=http://x":        "without scheme and path",
		"idp.example.com=http://x:":           "not an http or https URL",
		"idp.example.com=http://x:0":          "not an http or https URL",
		"idp.example.com=http://x:65536":      "not an http or https URL",
		"idp.example.com=http://a,y=http://b": "not an http or https URL",
		"idp.example.com=http://*.internal":   "not an http or https URL",
		"idp.example.com=localhost:9229":      "not an http or https URL",
		"idp.example.com=ftp://localhost":     "not an http or https URL",
		"idp.example.com=http://":             "not an http or https URL",
		"idp.example.com=http://:9229":        "not an http or https URL",
		"idp.example.com=http://a b":          "not an http or https URL",
		"idp.example.com=http://u:pw@host":    "a user, query or fragment",
		"idp.example.com=http://host?x=1":     "a user, query or fragment",
		"idp.example.com=http://host/#there":  "a user, query or fragment",
	} {
		_, err := provider.ParseRedirect(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw@") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParseRedirect(f *testing.F) {
	f.Add("idp.example.com=http://localhost:9229")
	f.Add("[::1]:1=https://[fe80::1%25eth0]:2/x%2fy/")
	f.Add("a=b=c")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := provider.ParseRedirect(text)
		if err != nil {
			return
		}
		again, err := provider.ParseRedirect(r.Host + "=" + r.Base.String())
		if err != nil || again.Host != r.Host || again.Base.String() != strings.TrimSuffix(r.Base.String(), "/") {
			t.Fatalf("%q: %v, then %v (%v)", text, r, again, err)
		}
	})
}

func TestSameIssuer(t *testing.T) {
	t.Parallel()
	const pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
	c := provider.New(provider.Config{Redirects: []provider.Redirect{
		redirect(t, "cognito-idp.us-east-1.amazonaws.com=http://127.0.0.1:9229"),
		redirect(t, "idp.example.com=http://keycloak:8080/auth"),
		redirect(t, "secure.example.com=https://localhost/"),
		redirect(t, "127.0.0.1:9000=http://127.0.0.1:9000"),
	}})
	for _, test := range []struct {
		iss, name string
		want      bool
	}{
		{"https://accounts.google.com", "accounts.google.com", true},
		{"accounts.google.com", "accounts.google.com", true},
		{"https://plain.example.com/", "plain.example.com", true},
		{"https://plain.example.com", "plain.example.com/", true},
		{"https://plain.example.com/org", "plain.example.com/org", true},
		{"https://plain.example.com//", "plain.example.com", false},
		{"http://plain.example.com", "plain.example.com", false},
		{"https://plain.example.com/ORG", "plain.example.com/org", false},
		{"https://Plain.example.com", "plain.example.com", false},
		{"https://plain.example.com.evil.example", "plain.example.com", false},
		{"https://evil.example/plain.example.com", "plain.example.com", false},
		{"https://plain.example.com/org", "plain.example.com", false},
		{"https://plain.example.com", "https://plain.example.com", false},
		{"https://https://plain.example.com", "plain.example.com", false},
		{"https://plain.example.com:443", "plain.example.com", false},
		{"https://plain.example.com.", "plain.example.com", false},
		{"https://user@plain.example.com", "plain.example.com", false},
		{"https://plain.example.com@evil.example", "plain.example.com", false},
		{"https://plain.example.com?x", "plain.example.com", false},
		{"https://plain.example.com#x", "plain.example.com", false},
		{"https://plain.example.com\\@evil.example", "plain.example.com", false},
		{"https://pl\u0430in.example.com", "plain.example.com", false}, // a Cyrillic letter
		{"https://xn--plin-6na.example.com", "pl\u00e4in.example.com", false},
		{"https://plain%2eexample.com", "plain.example.com", false},
		{"HTTPS://plain.example.com", "plain.example.com", false},
		{" https://plain.example.com", "plain.example.com", false},
		{"https://plain.example.com/org/", "plain.example.com/org", true},
		{"https://plain.example.com/./org", "plain.example.com/org", false},
		{"https://plain.example.com/%6frg", "plain.example.com/org", false},
		{"", "", false},
		{"https://", "", false},
		{"/", "/", false},

		{"https://" + pool, pool, true},
		{"http://" + pool, pool, true},
		{"http://127.0.0.1:9229/us-east-1_Example", pool, true},
		{"http://localhost:9229/us-east-1_Example", pool, true},
		{"http://0.0.0.0:9229/us-east-1_Example", pool, true},
		{"http://[::1]:9229/us-east-1_Example/", pool, true},
		{"http://localhost:9229/us-east-1_Other", pool, false},
		{"http://localhost:9229", pool, false},
		{"http://localhost:9230/us-east-1_Example", pool, false},
		{"https://localhost:9229/us-east-1_Example", pool, false},
		{"http://192.168.0.1:9229/us-east-1_Example", pool, false},
		{"http://user@localhost:9229/us-east-1_Example", pool, false},
		{"http://localhost:9229/us-east-1_Example?x", pool, false},
		{"http://localhost:9229/us-east-1_Example#x", pool, false},
		{"http://localhost:9229/x/../us-east-1_Example", pool, false},
		{"http://127.0.0.1:9229/us-east-1_Example", "cognito-idp.eu-west-1.amazonaws.com/us-east-1_Example", false},

		{"http://keycloak:8080/auth/realms/a", "idp.example.com/realms/a", true},
		{"http://keycloak:8080/realms/a", "idp.example.com/realms/a", false},
		{"http://localhost:8080/auth/realms/a", "idp.example.com/realms/a", false},
		{"https://127.0.0.1", "secure.example.com", true},
		{"https://localhost:443/", "secure.example.com", true},
		{"http://127.0.0.1:9000", "127.0.0.1:9000", true},
		{"http://localhost:9000", "127.0.0.1:9000", true},
	} {
		if got := c.SameIssuer(test.iss, test.name); got != test.want {
			t.Errorf("SameIssuer(%q, %q) = %v", test.iss, test.name, got)
		}
	}
}

func TestIsPublic(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "192.0.1.1",
		"2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
	} {
		if !provider.IsPublic(netip.MustParseAddr(address)) {
			t.Errorf("%s is public", address)
		}
	}
	for _, address := range []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1",
		"2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
	} {
		if provider.IsPublic(netip.MustParseAddr(address)) {
			t.Errorf("%s is not public", address)
		}
	}
	if provider.IsPublic(netip.Addr{}) {
		t.Error("no address is not public")
	}
}

func TestAllows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base, address string
		want          bool
	}{
		{"http://10.1.2.3:8080", "10.1.2.3:8080", true},
		{"http://10.1.2.3:8080", "[::ffff:10.1.2.3]:8080", true},
		{"http://10.1.2.3:8080", "10.1.2.3:8081", false},
		{"http://10.1.2.3:8080", "10.1.2.4:8080", false},
		{"http://10.1.2.3:8080", "127.0.0.1:8080", false},
		{"http://10.1.2.3", "10.1.2.3:80", true},
		{"https://10.1.2.3", "10.1.2.3:443", true},
		{"https://10.1.2.3", "10.1.2.3:80", false},
		{"http://[fd00::1]:8080", "[fd00::1]:8080", true},
		{"http://[fd00::1]:8080", "[fd00::2]:8080", false},
		{"http://localhost:8080", "127.0.0.1:8080", true},
		{"http://localhost:8080", "[::1]:8080", true},
		{"http://localhost:8080", "10.1.2.3:8080", false},
		{"http://0.0.0.0:8080", "127.0.0.1:8080", true},
		{"http://does-not-resolve.invalid:8080", "10.1.2.3:8080", false},
	} {
		r := redirect(t, "idp.example.com="+test.base)
		if got := provider.Allows(t.Context(), r, netip.MustParseAddrPort(test.address)); got != test.want {
			t.Errorf("%s: Allows(%s) = %v", test.base, test.address, got)
		}
	}
}
