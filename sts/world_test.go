package sts_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	account = "123456789012"
	host    = "cognito-identity.amazonaws.com"
	oidc    = "idp.example/org"
	oidcARN = "arn:aws:iam::" + account + ":oidc-provider/" + oidc
	google  = "accounts.google.com"

	facebook = "graph.facebook.com"
	amazon   = "www.amazon.com"

	client = "client1"
	alice  = "a11ce000-0000-4000-8000-000000000001"
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func (c *clock) Now() time.Time        { return time.Unix(0, c.nanos.Load()) }
func (c *clock) seconds() int          { return int(c.Now().Unix()) }
func (c *clock) move(by time.Duration) { c.nanos.Add(int64(by)) }

// networks are Facebook, Amazon and Twitter, with their address.
type networks struct {
	*testidp.AccessTokens
	patient *testidp.Patient
	web     *httptest.Server
}

// idp is an identity provider with its address.
type idp struct {
	*testidp.Provider
	web *httptest.Server
}

// world is the service over a store of its own, and two identity providers.
type world struct {
	*sts.Service
	t     testing.TB
	clock *clock
	store *store.Store
	keys  *issuer.Issuer // our own

	oidc, google idp
	networks     networks
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}}
	w.clock.nanos.Store(1782900000 * int64(time.Second))
	w.oidc, w.google = w.idp(oidc), w.idp(google)
	var redirects []provider.Redirect
	for name, p := range map[string]idp{oidc: w.oidc, google: w.google} {
		authority, _, _ := strings.Cut(name, "/")
		redirects = append(redirects, provider.Redirect{Host: authority, Base: ok(url.Parse(p.web.URL))(t)})
	}
	w.networks = w.newNetworks()
	for _, name := range []string{facebook, amazon} {
		redirects = append(redirects, provider.Redirect{Host: name, Base: ok(url.Parse(w.networks.web.URL))(t)})
	}
	master, _ := seal.GenerateKey()
	folder, database := pgtest.Place(t)
	w.store = ok(store.Open(t.Context(), store.Config{Path: folder, URL: database, MasterKey: master, Now: w.clock.Now}))(t)
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	w.keys = ok(issuer.New(ok(issuer.ParseKey("us-east-11", "ES256", ok(issuer.GenerateKey("ES256"))(t)))(t)))(t)
	sealing, _ := seal.GenerateKey()
	w.Service = &sts.Service{
		Account: account, Now: w.clock.Now,
		IAM: &iam.Service{
			Account: account, Roles: w.store.Roles(), Users: w.store.Users(), Groups: w.store.Groups(),
			ManagedPolicies: w.store.ManagedPolicies(), Providers: w.store.OIDCProviders(), SAMLProviders: w.store.SAMLProviders(), Uses: w.store.Uses(), Now: w.clock.Now,
		},
		Issuers: server.Issuers{Own: w.keys, Network: provider.New(provider.Config{Redirects: redirects, Now: w.clock.Now})},
		Sealer:  sts.NewSealer(sts.SealingKey{ID: "s1", Key: sealing}),
		SignIn:  []string{ownSignIn}, Assertions: w.store.Assertions("sts"),
	}
	ok(w.IAM.CreateOpenIDConnectProvider(t.Context(), root(), &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + oidc, ClientIDList: []string{client, "client2"},
	}))(t)
	return w
}

func (w *world) newNetworks() networks {
	tokens := ok(testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: w.clock.Now}))(w.t)
	patient := &testidp.Patient{Handler: tokens}
	web := httptest.NewServer(patient)
	w.t.Cleanup(web.Close)
	return networks{tokens, patient, web}
}

func (w *world) idp(name string) idp {
	p := ok(testidp.New(testidp.Config{Issuer: "https://" + name, ClientID: client, Algorithm: "ES256", Now: w.clock.Now}))(w.t)
	web := httptest.NewServer(p)
	w.t.Cleanup(web.Close)
	return idp{p, web}
}

// claims override those that a provider puts into a token; nil removes one.
type claims map[string]any

// sign returns a token of the provider for alice.
func (w *world) sign(p idp, override claims) string {
	w.t.Helper()
	return ok(p.Token("alice", override))(w.t)
}

// signOwn returns a token of ours.
func (w *world) signOwn(override claims) string {
	w.t.Helper()
	now := w.clock.seconds()
	all := claims{
		"iss": "https://" + host, "sub": "us-east-1:1-1", "aud": "us-east-1:0-0", "iat": now, "exp": now + 600,
		"amr": []string{"authenticated", google},
	}
	maps.Copy(all, override)
	return ok(w.keys.Sign(w.t.Context(), all))(w.t)
}

func root() iam.Caller {
	return iam.Caller{Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account, KeyID: "AKIAROOT", Root: true}
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

func userARN(name string) string { return "arn:aws:iam::" + account + ":user/" + name }

// trust is a trust policy: principal and condition in JSON, and the actions.
func trust(principal, condition string, actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal +
		`,"Action":["` + strings.Join(actions, `","`) + `"],"Condition":{` + condition + `}}}`
}

// webTrust lets in whoever has a token of the OIDC provider for its first client.
func webTrust(more ...string) string {
	return trust(`{"Federated":"`+oidcARN+`"}`, `"StringEquals":{"`+oidc+`:aud":"`+client+`"}`,
		append(more, "sts:AssumeRoleWithWebIdentity")...)
}

// allow is a policy that allows actions on everything.
func allow(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}}`
}

// role makes a role that allows everything; change fills in what is not plain.
func (w *world) role(name, trust string, change ...func(*iam.CreateRoleInput)) iam.Role {
	w.t.Helper()
	in := iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust}
	for _, c := range change {
		c(&in)
	}
	ok(w.IAM.CreateRole(w.t.Context(), root(), &in))(w.t)
	ok(w.IAM.PutRolePolicy(w.t.Context(), root(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: "all", PolicyDocument: allow("*")}))(w.t)
	return ok(w.IAM.Roles.Get(w.t.Context(), name))(w.t)
}

// setTrust replaces a role's trust policy, also by one that IAM does not take.
func (w *world) setTrust(role, document string) {
	w.t.Helper()
	parsed := ok(policy.Parse(document))(w.t)
	if err := w.IAM.Roles.Update(w.t.Context(), role, func(r *iam.Role) error { r.Trust = parsed; return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with one policy, if it is not empty, and returns it as a caller.
func (w *world) user(name, document string) iam.Caller {
	w.t.Helper()
	u := ok(w.IAM.CreateUser(w.t.Context(), root(), &iam.CreateUserInput{UserName: name}))(w.t).User
	if document != "" {
		ok(w.IAM.PutUserPolicy(w.t.Context(), root(), &iam.PutUserPolicyInput{UserName: name, PolicyName: "p", PolicyDocument: document}))(w.t)
	}
	return iam.Caller{Account: account, ARN: u.ARN, UserID: u.UserID, User: name}
}

// keyed is user with an access key, as it proves the user.
func (w *world) keyed(name, document string) iam.Caller {
	w.t.Helper()
	w.user(name, document)
	made := ok(w.IAM.CreateAccessKey(w.t.Context(), root(), &iam.CreateAccessKeyInput{UserName: name}))(w.t)
	_, caller, err := w.IAM.Authenticate(w.t.Context(), made.AccessKey.AccessKeyID)
	return ok(caller, err)(w.t)
}

// own asks for a session of the caller itself.
func (w *world) own(caller iam.Caller) iam.Caller {
	w.t.Helper()
	return w.caller(ok(w.GetSessionToken(w.t.Context(), caller, &sts.GetSessionTokenInput{}))(w.t).Credentials)
}

// federate asks for a session of a federated user.
func (w *world) federate(caller iam.Caller, change ...func(*sts.GetFederationTokenInput)) (*sts.GetFederationTokenOutput, error) {
	in := sts.GetFederationTokenInput{Name: "bob", Policy: allow("*")}
	for _, c := range change {
		c(&in)
	}
	return w.GetFederationToken(w.t.Context(), caller, &in)
}

// web asks for a session of a role with a token.
func (w *world) web(role, token string, change ...func(*sts.AssumeRoleWithWebIdentityInput)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	in := sts.AssumeRoleWithWebIdentityInput{RoleARN: roleARN(role), RoleSessionName: "app", WebIdentityToken: token}
	for _, c := range change {
		c(&in)
	}
	return w.AssumeRoleWithWebIdentity(w.t.Context(), &in)
}

// assume asks for a session of a role as a caller.
func (w *world) assume(caller iam.Caller, role string, change ...func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
	in := sts.AssumeRoleInput{RoleARN: roleARN(role), RoleSessionName: "work"}
	for _, c := range change {
		c(&in)
	}
	return w.AssumeRole(w.t.Context(), caller, &in)
}

// caller is who signs with credentials.
func (w *world) caller(c sts.Credentials) iam.Caller {
	w.t.Helper()
	secret, caller, err := w.Authenticate(w.t.Context(), c.AccessKeyID, c.SessionToken)
	if err != nil || secret != c.SecretAccessKey {
		w.t.Fatalf("the credentials do not prove anything: %v", err)
	}
	return caller
}

// may reports which of actions the caller is allowed on anything.
func (w *world) may(caller iam.Caller, actions ...string) (allowed []string) {
	w.t.Helper()
	for _, action := range actions {
		if ok(w.IAM.Authorize(w.t.Context(), caller, action, "*", policy.NewContext()))(w.t).Allowed {
			allowed = append(allowed, action)
		}
	}
	return allowed
}

// ok returns out, or fails the test for err.
func ok[T any](out T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			if f, is := errors.AsType[*fault.Error](err); is {
				err = fmt.Errorf("%w (%w)", err, f.Cause)
			}
			t.Fatal(err)
		}
		return out
	}
}

// refused fails the test unless err is this refusal.
func refused[T any](_ T, err error) func(t testing.TB, status int, code, message string) {
	return func(t testing.TB, status int, code, message string) {
		t.Helper()
		f, is := errors.AsType[*fault.Error](err)
		if !is {
			t.Errorf("got error %v, want %s: %s", err, code, message)
			return
		}
		if diff := cmp.Diff([]any{status, code, message}, []any{f.Status, f.Code, f.Message}); diff != "" {
			t.Errorf("refusal (-want +got), because of %v:\n%s", f.Cause, diff)
		}
	}
}

// Codes and messages of several tests.
const (
	denied        = "AccessDenied"
	invalidToken  = "InvalidIdentityToken"
	expiredToken  = "ExpiredTokenException"
	validation    = "ValidationError"
	malformed     = "MalformedPolicyDocument"
	tooLarge      = "PackedPolicyTooLarge"
	notAuthorized = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	noKeys        = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
	notJWT        = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
	wrongAudience = "Incorrect token audience"
	badTags       = "The claim https://aws.amazon.com/tags must hold principal_tags, each a list of one value, and a list of transitive_tag_keys."
	overMax       = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
)

func expiredAt(now, exp int) string {
	return fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", now, exp)
}
