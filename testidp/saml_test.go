package testidp_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const recipient = "https://signin.aws.amazon.com/saml"

func newSAML(t *testing.T, c testidp.SAMLConfig) *testidp.SAMLProvider {
	t.Helper()
	c.EntityID, c.Now = "https://saml.cenote.test/idp", now
	p, err := testidp.NewSAML(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func samlCheck(t *testing.T, metadata string) token.SAMLCheck {
	t.Helper()
	m, err := token.ParseMetadata(metadata)
	if err != nil {
		t.Fatal(err)
	}
	return token.SAMLCheck{Metadata: *m, Recipients: []string{recipient}, Audiences: []string{"urn:amazon:webservices"}}
}

func TestSAMLResponse(t *testing.T) {
	t.Parallel()
	p := newSAML(t, testidp.SAMLConfig{})
	if _, err := p.Response("mallory", recipient, nil, testidp.SAMLOptions{}); !errors.Is(err, testidp.ErrUnknownUser) {
		t.Errorf("a user who is not there: %v", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	check := samlCheck(t, p.Metadata())
	check.Decryption = []crypto.Decrypter{key}
	attributes := map[string][]string{
		"dept": {"Sales", "<&>"},
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": nil, // taken away
	}
	for name, o := range map[string]testidp.SAMLOptions{
		"default":         {},
		"response signed": {SignResponse: true, LeaveAssertion: true},
		"all signed":      {SignResponse: true},
		"encrypted":       {Encrypt: &key.PublicKey},
	} {
		o.Session, o.Format = 2*time.Hour, "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
		response, err := p.Response("bob", recipient, attributes, o)
		if err != nil {
			t.Fatal(err)
		}
		a, err := token.VerifySAML(response, check, now())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string][]string{
			"dept": {"Sales", "<&>"},
			"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": {"bob"},
			"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress":   {"bob@example.com"},
		}
		if diff := cmp.Diff(want, a.Attributes); diff != "" || a.Subject != "bob" || a.Format != o.Format || !a.SessionNotOnOrAfter.Equal(now().Add(2*time.Hour)) {
			t.Errorf("%s: %+v %s", name, a, diff)
		}
	}
	for name, o := range map[string]testidp.SAMLOptions{
		"nothing signed": {LeaveAssertion: true},
		"expired":        {Lifetime: -time.Second},
		"other audience": {Audience: "urn:other"},
	} {
		response, err := p.Response("bob", recipient, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := token.VerifySAML(response, check, now()); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
}

func TestSAMLRotateKey(t *testing.T) {
	t.Parallel()
	p := newSAML(t, testidp.SAMLConfig{})
	response := func() string {
		t.Helper()
		r, err := p.Response("alice", recipient, nil, testidp.SAMLOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	verifies := func(response, metadata string) bool {
		t.Helper()
		_, err := token.VerifySAML(response, samlCheck(t, metadata), now())
		if err != nil && !errors.Is(err, token.ErrSAMLSignature) {
			t.Fatal(err)
		}
		return err == nil
	}
	oldResponse, oldMetadata := response(), p.Metadata()
	if err := p.RotateKey(); err != nil {
		t.Fatal(err)
	}
	if !verifies(oldResponse, p.Metadata()) || !verifies(response(), p.Metadata()) || verifies(response(), oldMetadata) {
		t.Error("after one rotation both keys count, and only in the new metadata")
	}
	if err := p.RotateKey(); err != nil {
		t.Fatal(err)
	}
	if verifies(oldResponse, p.Metadata()) {
		t.Error("a key counts after two rotations")
	}
}

// A key that is kept makes metadata that stay good.
func TestSAMLKeepsItsKey(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	before := newSAML(t, testidp.SAMLConfig{Key: key}).Metadata()
	response, err := newSAML(t, testidp.SAMLConfig{Key: key}).Response("alice", recipient, nil, testidp.SAMLOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token.VerifySAML(response, samlCheck(t, before), now()); err != nil {
		t.Error(err)
	}
	if len(before) < 1000 {
		t.Errorf("metadata has %d characters; IAM wants 1000", len(before))
	}
}

func TestNewSAMLRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]testidp.SAMLConfig{
		"no entity id": {},
		"two alices":   {EntityID: "x", Users: []testidp.User{{Name: "alice"}, {Name: "alice"}}},
		"no name":      {EntityID: "x", Users: []testidp.User{{}}},
	} {
		if _, err := testidp.NewSAML(c); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

func TestSAMLOverHTTP(t *testing.T) {
	t.Parallel()
	p := newSAML(t, testidp.SAMLConfig{})
	ask := func(method, target, form string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w
	}
	check := samlCheck(t, ask(http.MethodGet, "/idp/metadata", "").Body.String())
	form := url.Values{"user": {"carol"}, "recipient": {recipient}, "attribute": {"a=1", "a=2", "b=x=y"}, "session": {"90m"}}.Encode()

	var answer struct{ SAMLResponse string }
	if err := json.Unmarshal(ask(http.MethodPost, "/response", form).Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`action="([^"]*)"[^?]*name="SAMLResponse" value="([^"]*)"`).FindStringSubmatch(ask(http.MethodGet, "/idp/sso?"+form, "").Body.String())
	if shown == nil || html.UnescapeString(shown[1]) != recipient {
		t.Fatalf("the page has no form: %q", shown)
	}
	for _, response := range []string{answer.SAMLResponse, html.UnescapeString(shown[2])} {
		a, err := token.VerifySAML(response, check, now())
		if err != nil {
			t.Fatal(err)
		}
		if a.Subject != "carol" || !cmp.Equal(a.Attributes["a"], []string{"1", "2"}) || !cmp.Equal(a.Attributes["b"], []string{"x=y"}) || !a.SessionNotOnOrAfter.Equal(now().Add(90*time.Minute)) {
			t.Errorf("%+v", a)
		}
	}
	for target, status := range map[string]int{
		"/sso?user=mallory":                   http.StatusBadRequest,
		"/sso?user=alice&attribute=x":         http.StatusBadRequest,
		"/sso?user=alice&session=long":        http.StatusBadRequest,
		"/response?user=alice":                http.StatusNotFound,
		"/sso?user=alice&recipient=" + "a%zz": http.StatusBadRequest,
	} {
		if w := ask(http.MethodGet, target, ""); w.Code != status {
			t.Errorf("%s: %d, not %d", target, w.Code, status)
		}
	}
}
