package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

func TestMain(m *testing.M) { os.Exit(conformance.Main(m)) }

// world is a server with an identity pool that takes guests and the users of some providers, and a role for each.
type world struct {
	*conformance.Server
	cognito *cognitoidentity.Client // as root
	iam     *iam.Client             // as root

	pool       string
	guestRole  string
	memberRole string
}

// providers are the login providers of a world.
type providers struct {
	oidc      []*conformance.OIDC
	userPools []*conformance.UserPools
	folder    bool // data are in a folder in any case
}

func newWorld(t *testing.T, p providers) *world {
	t.Helper()
	redirects := map[string]string{}
	for _, o := range p.oidc {
		redirects[o.Host()] = o.URL
	}
	for _, u := range p.userPools {
		redirects[conformance.UserPoolHost] = u.URL
	}
	w := startWorld(t, conformance.Options{Redirects: redirects, Folder: p.folder})
	in := &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("people"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true),
	}
	for _, o := range p.oidc {
		in.OpenIdConnectProviderARNs = append(in.OpenIdConnectProviderARNs, w.trustIssuer(t, o))
	}
	for _, u := range p.userPools {
		in.CognitoIdentityProviders = append(in.CognitoIdentityProviders, cognitotypes.CognitoIdentityProvider{ProviderName: &u.Provider, ClientId: &u.ClientID})
	}
	w.pool = w.createPool(t, in)
	w.guestRole = w.createRole(t, "guest", poolTrust(w.pool, "unauthenticated"))
	w.memberRole = w.createRole(t, "member", poolTrust(w.pool, "authenticated"))
	w.setRoles(t, w.pool, w.guestRole, w.memberRole)
	return w
}

// startWorld starts a server with nothing in it.
func startWorld(t *testing.T, o conformance.Options) *world {
	t.Helper()
	w := &world{Server: conformance.Start(t, o)}
	c := conformance.Config(t, w.URL, w.Root)
	w.cognito, w.iam = cognitoidentity.NewFromConfig(c), iam.NewFromConfig(c)
	return w
}

func (w *world) createPool(t *testing.T, in *cognitoidentity.CreateIdentityPoolInput) string {
	t.Helper()
	out, err := w.cognito.CreateIdentityPool(t.Context(), in)
	if err != nil {
		t.Fatalf("create identity pool: %v", err)
	}
	return *out.IdentityPoolId
}

func (w *world) createRole(t *testing.T, name, trust string) (roleARN string) {
	t.Helper()
	out, err := w.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	if err != nil {
		t.Fatalf("create role %s: %v", name, err)
	}
	_, err = w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: aws.String("own-folder"),
		PolicyDocument: aws.String(allow("s3:GetObject", "arn:aws:s3:::photos/${cognito-identity.amazonaws.com:sub}/*")),
	})
	if err != nil {
		t.Fatalf("put role policy of %s: %v", name, err)
	}
	return *out.Role.Arn
}

func (w *world) setRoles(t *testing.T, pool, guest, member string) {
	t.Helper()
	_, err := w.cognito.SetIdentityPoolRoles(t.Context(), &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: &pool, Roles: map[string]string{"unauthenticated": guest, "authenticated": member},
	})
	if err != nil {
		t.Fatalf("set identity pool roles: %v", err)
	}
}

// trustIssuer makes the account's IAM OIDC provider for o, for all of its clients but ClientOther.
func (w *world) trustIssuer(t *testing.T, o *conformance.OIDC) (providerARN string) {
	t.Helper()
	out, err := w.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: &o.Issuer, ClientIDList: []string{conformance.ClientApp, conformance.ClientES256, conformance.ClientGrace},
	})
	if err != nil {
		t.Fatalf("create OIDC provider of %s: %v", o.Issuer, err)
	}
	return *out.OpenIDConnectProviderArn
}

// poolTrust is the trust policy that the console makes for a pool's role.
func poolTrust(pool, amr string) string {
	return trust(map[string]any{
		"StringEquals":           map[string]string{"cognito-identity.amazonaws.com:aud": pool},
		"ForAnyValue:StringLike": map[string]string{"cognito-identity.amazonaws.com:amr": amr},
	}, map[string]string{"Federated": "cognito-identity.amazonaws.com"})
}

func trust(condition map[string]any, principal any) string {
	return document(map[string]any{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition})
}

func allow(action, resource string) string {
	return document(map[string]any{"Effect": "Allow", "Action": action, "Resource": resource})
}

func document(statements ...any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return string(text)
}

// keys are credentials as each API spells them.
type keys struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SecretKey       string
	SessionToken    string
}

func (k keys) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey + k.SecretKey, SessionToken: k.SessionToken}
}

// do makes one call of "service:Operation" and decodes its output.
func do[T any](t *testing.T, w *world, client conformance.Client, operation string, input map[string]any, as aws.Credentials) (T, error) {
	t.Helper()
	var out T
	if input == nil {
		input = map[string]any{}
	}
	service, name, _ := strings.Cut(operation, ":")
	text, err := client.Do(t, conformance.Call{Service: service, Operation: name, Input: input, Credentials: as, Endpoint: w.URL})
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v: %s", operation, err, text)
	}
	return out, nil
}

// must is do for calls that have to succeed.
func must[T any](t *testing.T, w *world, client conformance.Client, operation string, input map[string]any, as aws.Credentials) T {
	t.Helper()
	out, err := do[T](t, w, client, operation, input, as)
	if err != nil {
		t.Fatalf("%s with %v: %v", operation, input, err)
	}
	return out
}

// logins are the Logins of a call; none for a guest.
type logins = map[string]string

type identity struct {
	IdentityID  string `json:"IdentityId"`
	Token       string
	Credentials keys
}

// withLogins adds logins to an input, and no member at all for a guest.
func withLogins(input map[string]any, l logins) map[string]any {
	if l != nil {
		input["Logins"] = l
	}
	return input
}

func (w *world) getID(t *testing.T, client conformance.Client, l logins) string {
	t.Helper()
	id := must[identity](t, w, client, "cognito-identity:GetId", withLogins(map[string]any{"IdentityPoolId": w.pool}, l), aws.Credentials{}).IdentityID
	if !strings.HasPrefix(id, conformance.Region+":") {
		t.Fatalf("GetId: identity id %q is not of region %s", id, conformance.Region)
	}
	return id
}

func (w *world) getCredentials(t *testing.T, client conformance.Client, id string, l logins) aws.Credentials {
	t.Helper()
	out := must[identity](t, w, client, "cognito-identity:GetCredentialsForIdentity", withLogins(map[string]any{"IdentityId": id}, l), aws.Credentials{})
	if out.IdentityID != id {
		t.Errorf("GetCredentialsForIdentity: identity %s instead of %s", out.IdentityID, id)
	}
	return out.Credentials.credentials()
}

func (w *world) caller(t *testing.T, client conformance.Client, as aws.Credentials) (callerARN string) {
	t.Helper()
	return must[struct{ Arn string }](t, w, client, "sts:GetCallerIdentity", nil, as).Arn
}

// wantFault fails the test unless err is a refusal with this code and exactly this message, decoded into the
// exception type that the client has for it (empty where no model names the code).
func wantFault(t *testing.T, client conformance.Client, err error, code, message, exception string) {
	t.Helper()
	f := conformance.AsFault(err)
	if f == nil {
		t.Errorf("got error %v, want %s: %s", err, code, message)
		return
	}
	if f.Code != code || f.Message != message {
		t.Errorf("got %s: %s\nwant %s: %s", f.Code, f.Message, code, message)
	}
	if client.Typed() && f.Exception != exception {
		t.Errorf("%s decoded into exception type %q, want %q", f.Code, f.Exception, exception)
	}
}

func sessionARN(role, session string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", conformance.Account, role, session)
}

// enhanced is the session name of all credentials that identity pools give.
const enhanced = "CognitoIdentityCredentials"
