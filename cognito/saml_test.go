package cognito_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	saml        = "arn:aws:iam::" + account + ":saml-provider/corp"
	samlIssuer  = "https://saml.example/corp"
	awsSignIn   = "https://signin.aws.amazon.com/saml"
	roleNames   = "https://aws.amazon.com/SAML/Attributes/Role"
	samlClaims  = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	noAssertion = "Invalid login token. Not a valid SAML assertion."
	usedBefore  = "Invalid login token. The SAML response was used with another identity pool."
)

// samlWorld is a world with the SAML provider corp of the account.
type samlWorld struct {
	*world
	corp *testidp.SAMLProvider
}

func newSAMLWorld(t *testing.T) *samlWorld {
	t.Helper()
	w := &samlWorld{world: newWorld(t)}
	w.corp = ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: w.clock.Now}))(t)
	ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "corp", SAMLMetadataDocument: w.corp.Metadata()}))(t)
	return w
}

// samlPool is a pool for users of corp as well.
func (w *samlWorld) samlPool() string {
	w.t.Helper()
	return w.pool(func(s *cognito.PoolSettings) { s.SAMLProviders = []string{saml} })
}

// attributes override those of a response.
type attributes map[string][]string

func (w *samlWorld) response(user string, change attributes, options ...func(*testidp.SAMLOptions)) string {
	w.t.Helper()
	var o testidp.SAMLOptions
	for _, option := range options {
		option(&o)
	}
	return ok(w.corp.Response(user, awsSignIn, change, o))(w.t)
}

// by is the login of a user of corp.
func (w *samlWorld) by(user string, change ...attributes) map[string]string {
	w.t.Helper()
	all := attributes{}
	for _, c := range change {
		maps.Copy(all, c)
	}
	return map[string]string{saml: w.response(user, all)}
}

// offer is the attribute that offers roles.
func offer(names ...string) attributes {
	a := attributes{roleNames: nil}
	for _, name := range names {
		a[roleNames] = append(a[roleNames], roleARN(name)+","+saml)
	}
	return a
}

// TestSAMLLogin gives a user of a SAML provider one identity, and credentials whose
// session knows how the user signed in.
func TestSAMLLogin(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.samlPool()
	w.bothRoles(pool)
	logins := w.by("alice")
	id := w.getID(pool, logins)
	out := ok(w.getCredentials(id, logins))(t)
	if out.IdentityID != id || w.getID(pool, w.by("alice")) != id {
		t.Errorf("identity is %s, then %s", id, out.IdentityID)
	}
	if w.getID(pool, w.by("bob")) == id {
		t.Error("two users have one identity")
	}
	want := []cognito.Login{{Provider: saml, Subject: "alice"}}
	if diff := cmp.Diff(want, w.identity(id).Logins); diff != "" {
		t.Errorf("logins (-want +got):\n%s", diff)
	}
	caller := w.caller(out.Credentials)
	amr, _, _ := caller.Keys.Get(host + ":amr")
	if diff := cmp.Diff([]string{"authenticated", saml, saml + ":SAML:alice"}, amr); diff != "" {
		t.Errorf("amr (-want +got):\n%s", diff)
	}
	if caller.ARN != "arn:aws:sts::"+account+":assumed-role/user/CognitoIdentityCredentials" {
		t.Errorf("caller is %s", caller.ARN)
	}
	refused(w.getToken(id, w.by("alice")))(t, invalidParameter, basicSAML)
	refused(w.getCredentials(id, nil))(t, notAuthorized, forbidden(id))
	refused(w.getCredentials(id, w.by("bob")))(t, notAuthorized, "Logins don't match. Please include at least one valid login for this identity or identity pool.")
}

// TestSAMLLoginLinked becomes one identity with other logins.
func TestSAMLLoginLinked(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.samlPool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	both := w.by("alice")
	both[google] = w.sign(w.google, "alice")
	if id := ok(w.getCredentials(guest, both))(t).IdentityID; id != guest {
		t.Errorf("the guest became %s", id)
	}
	if id := w.getID(pool, w.by("alice")); id != guest {
		t.Errorf("the user of corp is %s", id)
	}
	if id := w.getID(pool, map[string]string{google: both[google]}); id != guest {
		t.Errorf("the user of Google is %s", id)
	}
	ok(w.UnlinkIdentity(t.Context(), &cognito.UnlinkIdentityInput{IdentityID: guest, Logins: w.by("alice"), LoginsToRemove: []string{saml}}))(t)
	if id := w.getID(pool, w.by("alice")); id == guest {
		t.Error("the user of corp is still linked")
	}
}

// TestSAMLLoginWithDeveloper links a user of corp to a developer's user.
func TestSAMLLoginWithDeveloper(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.developerPool(func(s *cognito.PoolSettings) { s.SAMLProviders = []string{saml} })
	logins := w.by("alice")
	logins[developer] = "u1"
	id := ok(w.vouch(pool, "", logins))(t).IdentityID
	if got := w.getID(pool, w.by("alice")); got != id {
		t.Errorf("the user of corp is %s, the developer's %s", got, id)
	}
}

func TestSAMLLoginsRefused(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool, without := w.samlPool(), w.pool()
	gone := w.pool(func(s *cognito.PoolSettings) {
		s.SAMLProviders = []string{saml, saml + "2", "arn:aws:iam::" + account + ":saml-provider/CORP"}
	})
	stranger := ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: w.clock.Now}))(t)
	elsewhere := ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer + "2", Now: w.clock.Now}))(t)
	from := func(p *testidp.SAMLProvider) string {
		return ok(p.Response("alice", awsSignIn, nil, testidp.SAMLOptions{}))(t)
	}
	good := w.response("alice", nil)
	option := func(set func(*testidp.SAMLOptions)) string { return w.response("alice", nil, set) }
	tests := map[string]struct{ pool, provider, response, message string }{
		"not of this pool":      {without, saml, good, unsupported},
		"of no pool":            {pool, saml + "2", good, unsupported},
		"gone from account":     {gone, saml + "2", good, unsupported},
		"name in other case":    {gone, "arn:aws:iam::" + account + ":saml-provider/CORP", good, unsupported},
		"no base64":             {pool, saml, "no base64", noAssertion},
		"a token":               {pool, saml, w.sign(w.oidc, "alice"), noAssertion},
		"no response":           {pool, saml, base64.StdEncoding.EncodeToString([]byte("<a/>")), noAssertion},
		"encrypted, no key":     {pool, saml, base64.StdEncoding.EncodeToString([]byte("<Response/>")), noAssertion},
		"another key":           {pool, saml, from(stranger), unverified},
		"not signed":            {pool, saml, option(func(o *testidp.SAMLOptions) { o.LeaveAssertion = true }), unverified},
		"another issuer":        {pool, saml, from(elsewhere), "Invalid login token. Issuer doesn't match providerName"},
		"another audience":      {pool, saml, option(func(o *testidp.SAMLOptions) { o.Audience = "https://app.example" }), unsupported},
		"another recipient":     {pool, saml, ok(w.corp.Response("alice", "https://app.example/saml", nil, testidp.SAMLOptions{}))(t), unsupported},
		"over":                  {pool, saml, option(func(o *testidp.SAMLOptions) { o.Lifetime = -time.Minute }), "Invalid login token. Token expired: 1782900000 >= 1782899940"},
		"a response as JWT":     {pool, oidc, good, "Invalid login token. Not a valid OpenId Connect identity token."},
		"a response for Amazon": {pool, "www.amazon.com", good, unsupported},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logins := map[string]string{tt.provider: tt.response}
			refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: tt.pool, Logins: logins}))(t, notAuthorized, tt.message)
			guest := ok(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: tt.pool}))(t).IdentityID
			refused(w.getCredentials(guest, logins))(t, notAuthorized, tt.message)
		})
	}
}

// TestSAMLLoginAgain takes a response in one pool for as long as it is good, in no other,
// and whether or not a session was opened with it.
func TestSAMLLoginAgain(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	one, two := w.samlPool(), w.samlPool()
	w.bothRoles(one)
	logins := map[string]string{saml: w.response("alice", nil, func(o *testidp.SAMLOptions) { o.Lifetime = time.Hour })}
	id := w.getID(one, logins)
	for range 3 {
		ok(w.getCredentials(id, logins))(t)
	}
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: two, Logins: logins}))(t, notAuthorized, usedBefore)
	w.clock.move(5*time.Minute - time.Second)
	ok(w.getCredentials(id, logins))(t)
	w.clock.move(time.Second)
	refused(w.getCredentials(id, logins))(t, notAuthorized, "Invalid login token. Token expired: 1782900300 >= 1782900300")

	ok(w.IAM.CreateRole(t.Context(), root(), &iam.CreateRoleInput{
		RoleName: "saml", AssumeRolePolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"` + saml + `"},"Action":"sts:AssumeRoleWithSAML"}}`,
	}))(t)
	response := w.response("alice", attributes{
		roleNames: {roleARN("saml") + "," + saml}, "https://aws.amazon.com/SAML/Attributes/RoleSessionName": {"alice"},
	})
	ok(w.STS.AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{RoleARN: roleARN("saml"), PrincipalARN: saml, SAMLAssertion: response}))(t)
	if again := w.getID(two, map[string]string{saml: response}); again == id {
		t.Error("one identity in two pools")
	}
}

// TestSAMLLoginOfTwoProviders keeps a response with its pool, whichever of the account's
// providers its issuer is there.
func TestSAMLLoginOfTwoProviders(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "twin", SAMLMetadataDocument: w.corp.Metadata()}))(t)
	const twin = "arn:aws:iam::" + account + ":saml-provider/twin"
	one, two := w.samlPool(), w.pool(func(s *cognito.PoolSettings) { s.SAMLProviders = []string{twin} })
	response := w.response("alice", nil)
	w.getID(one, map[string]string{saml: response})
	refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: two, Logins: map[string]string{twin: response}}))(t, notAuthorized, usedBefore)
	w.getID(two, map[string]string{twin: w.response("alice", nil)})
}

// TestSAMLLoginEncrypted refuses an assertion that STS could decrypt.
func TestSAMLLoginEncrypted(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.samlPool()
	key := ok(rsa.GenerateKey(rand.Reader, 2048))(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ok(x509.MarshalPKCS8PrivateKey(key))(t)})
	ok(w.IAM.UpdateSAMLProvider(t.Context(), root(), &iam.UpdateSAMLProviderInput{SAMLProviderARN: saml, AddPrivateKey: iam.Secret(text)}))(t)
	encrypted := w.response("alice", nil, func(o *testidp.SAMLOptions) { o.Encrypt = &key.PublicKey })
	ok(w.STS.VerifySAML(ok(w.IAM.SAMLProvider(t.Context(), saml))(t), encrypted))(t)
	out, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: map[string]string{saml: encrypted}})
	refused(out, err)(t, notAuthorized, noAssertion)
	if cause := errors.Unwrap(err); cause == nil || !strings.HasPrefix(cause.Error(), "identity pools take no encrypted assertions: ") {
		t.Errorf("the log says %v", cause)
	}
	w.getID(pool, w.by("alice"))
}

// TestSAMLProviderThatCannotBeRead is a failure, and no refusal.
func TestSAMLProviderThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	pool := w.samlPool()
	if err := w.IAM.SAMLProviders.Update(t.Context(), "corp", func(p *iam.SAMLProvider) error { p.Document = "<a/>"; return nil }); err != nil {
		t.Fatal(err)
	}
	_, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: w.by("alice")})
	if _, is := errors.AsType[*fault.Error](err); err == nil || is {
		t.Errorf("error is %v", err)
	}
}
