package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
	"github.com/cenotehq/cenote/pgtest"
)

// TestMoving moves an account from a data folder to PostgreSQL while its server runs, and from there into another folder.
// Everything that can be asked is the same there, and what was handed out before is still good.
func TestMoving(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	options := conformance.Options{Data: t.TempDir(), Redirects: map[string]string{o.Host(): o.URL}}
	w := startWorld(t, options)
	sdk := conformance.GoSDK{}
	w.pool = w.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("people"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true),
		OpenIdConnectProviderARNs: []string{w.trustIssuer(t, o)}, IdentityPoolTags: map[string]string{"team": "x"}, DeveloperProviderName: aws.String("login.mycompany.dev"),
	})
	w.setRoles(t, w.pool, w.createRole(t, "guest", poolTrust(w.pool, "unauthenticated")), w.createRole(t, "member", poolTrust(w.pool, "authenticated")))
	administrator := w.newUser(t, "admin")
	ok(w.iam.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("admin"), PolicyArn: aws.String(administratorAccess)}))(t)
	ok(w.iam.CreateSAMLProvider(t.Context(), &iam.CreateSAMLProviderInput{Name: aws.String("Corp"), SAMLMetadataDocument: samlMetadata(t, "saml.example.test")}))(t)
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	guestID, aliceID := w.getID(t, sdk, nil), w.getID(t, sdk, alice)
	guestKeys, aliceKeys := w.getCredentials(t, sdk, guestID, nil), w.getCredentials(t, sdk, aliceID, alice)
	token := must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": guestID}, aws.Credentials{}).Token
	want := w.all(t)

	check := func(t *testing.T, s *conformance.Server) {
		there := *w
		there.Server = s
		moved := there.as(t, w.Root)
		moved.pool = w.pool
		if diff := cmp.Diff(want, moved.all(t)); diff != "" {
			t.Errorf("what is there has changed: %s", diff)
		}
		if got := moved.caller(t, sdk, guestKeys); got != sessionARN("guest", enhanced) {
			t.Errorf("a guest's session of before is %s", got)
		}
		if got := moved.caller(t, sdk, aliceKeys); got != sessionARN("member", enhanced) {
			t.Errorf("a member's session of before is %s", got)
		}
		if got := moved.caller(t, sdk, administrator); !strings.HasSuffix(got, ":user/admin") {
			t.Errorf("the administrator's key is of %s", got)
		}
		verifyToken(t, s, token)
		moved.getCredentials(t, sdk, guestID, nil)
	}

	export := filepath.Join(t.TempDir(), "export")
	conformance.Command(t, nil, "export", "--data", w.Data, "--output", export)
	key, err := os.ReadFile(filepath.Join(w.Data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	w.Stop(t)
	database := newDatabase(t)
	env := []string{"CENOTE_MASTER_KEY=" + strings.TrimSpace(string(key)), "CENOTE_DATABASE=" + database}
	conformance.Command(t, env, "import", export)
	server := conformance.StartOn(t, database, strings.TrimSpace(string(key)), w.Root)
	t.Run("PostgreSQL", func(t *testing.T) { check(t, server) })
	back := filepath.Join(t.TempDir(), "back")
	conformance.Command(t, env, "export", "--output", back)
	server.Stop(t)

	options.Data = t.TempDir()
	if err := os.WriteFile(filepath.Join(options.Data, "master.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	conformance.Command(t, nil, "import", back, "--data", options.Data)
	options.Root = w.Root
	home := conformance.Start(t, options)
	t.Run("back in a folder", func(t *testing.T) {
		check(t, home)
		moved := (&world{Server: home}).as(t, w.Root)
		moved.pool = w.pool
		if id := moved.getID(t, sdk, logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}); id != aliceID {
			t.Errorf("alice is %s, was %s", id, aliceID)
		}
	})
}

// newDatabase is on a server of its own.
func newDatabase(t *testing.T) string {
	t.Helper()
	pg, err := pgtest.Start(t.Context(), "", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Remove(); err != nil {
			t.Error(err)
		}
	})
	return ok(pg.Create(t.Context(), "cenote"))(t)
}

// all is what an account has, as its owner sees it, but for when things were used last.
func (w *world) all(t *testing.T) map[string]string {
	t.Helper()
	ctx := t.Context()
	out := map[string]any{
		"pool":       ok(w.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &w.pool}))(t),
		"pool roles": ok(w.cognito.GetIdentityPoolRoles(ctx, &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &w.pool}))(t),
		"users":      ok(w.iam.ListUsers(ctx, nil))(t),
		"roles":      ok(w.iam.ListRoles(ctx, nil))(t),
		"providers":  ok(w.iam.ListOpenIDConnectProviders(ctx, nil))(t),
		"SAML":       ok(w.iam.ListSAMLProviders(ctx, nil))(t),
		"details":    ok(w.iam.GetAccountAuthorizationDetails(ctx, nil))(t),
	}
	list := ok(w.cognito.ListIdentities(ctx, &cognitoidentity.ListIdentitiesInput{IdentityPoolId: &w.pool, MaxResults: aws.Int32(60)}))(t)
	for i, identity := range list.Identities {
		out[fmt.Sprint("identity ", i)] = ok(w.cognito.DescribeIdentity(ctx, &cognitoidentity.DescribeIdentityInput{IdentityId: identity.IdentityId}))(t)
	}
	texts := map[string]string{}
	for name, answer := range out {
		text, err := json.MarshalIndent(withoutUses(t, answer), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// withoutUses is an answer without what differs each time.
func withoutUses(t *testing.T, answer any) any {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var prune func(any)
	prune = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			for _, name := range []string{"ResultMetadata", "RoleLastUsed", "PasswordLastUsed"} {
				delete(n, name)
			}
			for _, child := range n {
				prune(child)
			}
		case []any:
			for _, child := range n {
				prune(child)
			}
		}
	}
	prune(tree)
	return tree
}
