package conformance_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/conformance"
)

// house is an account to move out of, which a Cenote stands in for.
type house struct {
	*world
	account string
	north   *cognitoidentity.Client // of a second region
	pool    string                  // with everything that a pool can have
	guests  []string                // identities of its guests

	developerUser string // identity of a user of the developer
}

const northRegion = "eu-north-1"

// sourceAccount is the number of the account that is imported.
const sourceAccount = "111122223333"

// newHouse furnishes an account.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{world: startWorld(t, conformance.Options{Flags: []string{"--account", sourceAccount}}), account: "arn:aws:iam::" + sourceAccount}
	h.north = h.inRegion(t, northRegion)
	ctx := t.Context()
	oidc := ok(h.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://login.example.test/realm"), ClientIDList: []string{"web", "app"}, ThumbprintList: []string{strings.Repeat("a1", 20)}, Tags: tagsOf("team", "x"),
	}))(t).OpenIDConnectProviderArn
	ok(h.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://unrelated.example.test")}))(t)
	saml := ok(h.iam.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: aws.String("Corp"), SAMLMetadataDocument: samlMetadata(t, "saml.example.test"), Tags: tagsOf("b", "2", "a", "1")}))(t).SAMLProviderArn
	h.pool = h.createPool(t, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("All fields, + one"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(false),
		SupportedLoginProviders:   map[string]string{"accounts.google.com": "1.apps.googleusercontent.com", "graph.facebook.com": "7346241598935552"},
		DeveloperProviderName:     aws.String("login.mycompany.dev"),
		OpenIdConnectProviderARNs: []string{*oidc}, SamlProviderARNs: []string{*saml},
		CognitoIdentityProviders: []cognitotypes.CognitoIdentityProvider{{ProviderName: aws.String(userPool), ClientId: aws.String("client1"), ServerSideTokenCheck: aws.Bool(true)}},
		IdentityPoolTags:         map[string]string{"team": "x", "empty": ""},
	})
	h.guestRole = h.createRole(t, "guest", poolTrust(h.pool, "unauthenticated"))
	h.memberRole = h.furnishedRole(t, poolTrust(h.pool, "authenticated"))
	ruled := h.createRole(t, "ruled", poolTrust(h.pool, "authenticated"))
	h.createRole(t, "basic-flow", poolTrust(h.pool, "authenticated"))
	h.createRole(t, "unrelated", trust(map[string]any{}, map[string]string{"AWS": h.account + ":root"}))
	ok(h.cognito.SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: &h.pool, Roles: map[string]string{"authenticated": h.memberRole, "unauthenticated": h.guestRole},
		RoleMappings: map[string]cognitotypes.RoleMapping{
			userPool + ":client1": {Type: cognitotypes.RoleMappingTypeToken, AmbiguousRoleResolution: cognitotypes.AmbiguousRoleResolutionTypeDeny},
			*oidc: {
				Type: cognitotypes.RoleMappingTypeRules, AmbiguousRoleResolution: cognitotypes.AmbiguousRoleResolutionTypeAuthenticatedRole,
				RulesConfiguration: &cognitotypes.RulesConfigurationType{Rules: []cognitotypes.MappingRule{
					{Claim: aws.String("email"), MatchType: cognitotypes.MappingRuleMatchTypeStartsWith, Value: aws.String("admin@"), RoleARN: &ruled},
				}},
			},
		},
	}))(t)
	for provider, tags := range map[string]map[string]string{*oidc: {"department": "dept", "cost": "cost_center"}, userPool: nil} {
		ok(h.cognito.SetPrincipalTagAttributeMap(ctx, &cognitoidentity.SetPrincipalTagAttributeMapInput{IdentityPoolId: &h.pool, IdentityProviderName: &provider, UseDefaults: aws.Bool(tags == nil), PrincipalTags: tags}))(t)
	}
	for range 3 {
		h.guests = append(h.guests, *ok(h.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &h.pool}))(t).IdentityId)
	}
	h.developerUser = *ok(h.cognito.GetOpenIdTokenForDeveloperIdentity(ctx, h.alice()))(t).IdentityId
	ok(h.north.CreateIdentityPool(ctx, guests("in the north")))(t)
	return h
}

const userPool = conformance.UserPoolHost + "/us-east-1_abcDEF123"

// alice asks for a user of the developer.
func (h *house) alice() *cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput {
	return &cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: &h.pool, Logins: logins{"login.mycompany.dev": "alice"}}
}

// furnishedRole makes a role with everything that a role can have.
func (h *house) furnishedRole(t *testing.T, trust string) (roleARN string) {
	t.Helper()
	ctx, name := t.Context(), aws.String("member")
	boundary := h.newPolicy(t, "boundary", allow("s3:*", "*"))
	attached := h.newPolicy(t, "photos", allow("s3:GetObject", "arn:aws:s3:::photos/*"))
	ok(h.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: attached, PolicyDocument: aws.String(allow("s3:PutObject", "arn:aws:s3:::"+sourceAccount+"-photos/*")), SetAsDefault: true}))(t)
	ok(h.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: attached, Tags: tagsOf("z", "26", "a", "1")}))(t)
	role := ok(h.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: aws.String("/app/"), AssumeRolePolicyDocument: &trust, Description: aws.String("users of the app"),
		MaxSessionDuration: aws.Int32(7200), PermissionsBoundary: boundary, Tags: tagsOf("team", "x", "cost", "7"),
	}))(t).Role
	for _, policy := range []string{*attached, "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"} {
		ok(h.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &policy}))(t)
	}
	ok(h.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("inline"), PolicyDocument: aws.String(`{"Version": "2012-10-17",` + "\n" + ` "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a+b%20c"}}`)}))(t)
	return *role.Arn
}

func (w *world) inRegion(t *testing.T, region string) *cognitoidentity.Client {
	t.Helper()
	c := conformance.Config(t, w.URL, w.Root)
	c.Region = region
	return cognitoidentity.NewFromConfig(c)
}

// imported is what cenote import aws --json prints.
type imported struct {
	Account, As string
	Counts      map[string]int
	Items       []struct{ Kind, Name, Result, Reason, Note, Permission string }
}

func (i imported) result(name string) string {
	for _, item := range i.Items {
		if item.Name == name {
			return item.Result
		}
	}
	return ""
}

// move imports the account into a data folder.
func (h *house) move(t *testing.T, as aws.Credentials, data string, wantCode int, flags ...string) imported {
	t.Helper()
	arguments := append([]string{"import", "aws", "--json", "--endpoint", h.URL, "--data", data, "--region", conformance.Region + "," + northRegion}, flags...)
	code, output, complaints := conformance.RunAs(t, as, arguments...)
	if code != wantCode {
		t.Fatalf("import aws: exit code %d, want %d:\n%s%s", code, wantCode, output, complaints)
	}
	var out imported
	if err := json.Unmarshal([]byte(output), &out); err != nil {
		t.Fatalf("import aws: %v in %q", err, output)
	}
	return out
}

// TestImportAWS moves an account into another Cenote, where everything is as it was.
func TestImportAWS(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 61 { // more than a page
		h.createPool(t, guests(fmt.Sprintf("pool %d", i)))
	}
	data := filepath.Join(t.TempDir(), "data")
	own := []string{"--account", sourceAccount, "--identities"}

	dry := h.move(t, h.Root, data, 0, append(own, "--dry-run")...)
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the dry run made %s: %v", data, err)
	}
	first := h.move(t, h.Root, data, 0, own...)
	same(t, "the dry run's result", first, dry)
	want := map[string]int{"created": 63 + 4 + 2 + 2 + 1, "unchanged": 62}
	if diff := cmp.Diff(want, first.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	same(t, "counts of the second run", map[string]int{"unchanged": 63 + 4 + 2 + 2 + 63}, h.move(t, h.Root, data, 0, own...).Counts)

	w := startWorld(t, conformance.Options{Data: data, Flags: []string{"--account", sourceAccount}})
	same(t, "the account", snapshot(t, h.world), snapshot(t, w))
	same(t, "the pools of the north", ok(h.north.ListIdentityPools(t.Context(), &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)}))(t),
		ok(w.inRegion(t, northRegion).ListIdentityPools(t.Context(), &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)}))(t))
	if _, err := w.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("unrelated")}); conformance.AsFault(err) == nil {
		t.Errorf("a role that no pool has anything to do with was imported: %v", err)
	}
	for _, id := range h.guests {
		keys := w.getCredentials(t, conformance.GoSDK{}, id, nil)
		if got, want := w.caller(t, conformance.GoSDK{}, keys), "arn:aws:sts::"+sourceAccount+":assumed-role/guest/"+enhanced; got != want {
			t.Errorf("guest %s is %s, want %s", id, got, want)
		}
	}
	if got := *ok(w.cognito.GetOpenIdTokenForDeveloperIdentity(t.Context(), h.alice()))(t).IdentityId; got != h.developerUser {
		t.Errorf("alice is %s, was %s", got, h.developerUser)
	}
}

// TestImportAWSAgain changes both sides after an import.
func TestImportAWSAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, data, own := t.Context(), t.TempDir(), []string{"--account", sourceAccount}
	h.move(t, h.Root, data, 0, own...)

	ok(h.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("ruled"), Description: aws.String("new")}))(t)
	ok(h.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String("member"), PolicyArn: aws.String(h.account + ":policy/photos")}))(t)
	ok(h.cognito.TagResource(ctx, &cognitoidentity.TagResourceInput{ResourceArn: aws.String("arn:aws:cognito-identity:us-east-1:" + sourceAccount + ":identitypool/" + h.pool), Tags: map[string]string{"team": "y"}}))(t)
	w := startWorld(t, conformance.Options{Data: data, Flags: own})
	ok(w.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("guest"), PolicyName: aws.String("own-folder")}))(t)
	code, _, complaints := conformance.RunAs(t, h.Root, append([]string{"import", "aws", "--endpoint", h.URL, "--data", data}, own...)...)
	if code != 1 || !strings.Contains(complaints, "in use by another process") {
		t.Errorf("import beside a running server: exit code %d: %s", code, complaints)
	}
	w.Stop(t)

	dry := h.move(t, h.Root, data, 0, append(own, "--dry-run")...)
	again := h.move(t, h.Root, data, 0, own...)
	same(t, "the dry run's result", again, dry)
	for name, want := range map[string]string{
		h.account + ":role/ruled": "updated", h.memberRole: "updated", h.pool: "updated", h.guestRole: "updated",
		h.account + ":role/basic-flow": "unchanged", h.account + ":policy/photos": "", h.account + ":policy/boundary": "unchanged",
	} {
		if got := again.result(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	w.Restart(t)
	ok(w.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(h.account + ":policy/photos")}))(t) // nobody has it any more
	ok(h.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: aws.String(h.account + ":policy/photos"), VersionId: aws.String("v1")}))(t)
	ok(h.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(h.account + ":policy/photos")}))(t)
	same(t, "the account", snapshot(t, h.world), snapshot(t, w))
}

// TestImportAWSWithoutPermission reads as a user who may not read everything.
func TestImportAWSWithoutPermission(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, data := t.Context(), t.TempDir()
	reader := h.newUser(t, "reader")
	ok(h.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("reader"), PolicyName: aws.String("read"), PolicyDocument: aws.String(document(
		map[string]any{"Effect": "Allow", "Action": []string{"cognito-identity:*", "iam:Get*", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"}, "Resource": "*"},
		map[string]any{"Effect": "Deny", "Action": "iam:GetRolePolicy", "Resource": h.memberRole},
		map[string]any{"Effect": "Deny", "Action": "iam:GetSAMLProvider", "Resource": "*"},
	))}))(t)
	out := h.move(t, reader, data, 1, "--account", sourceAccount)
	lacking := map[string]string{}
	for _, item := range out.Items {
		if item.Result == "skipped" {
			lacking[item.Name] = item.Permission
		}
	}
	same(t, "what is lacking", map[string]string{
		h.account + ":role/*": "iam:ListRoles", h.memberRole: "iam:GetRolePolicy", h.account + ":saml-provider/Corp": "iam:GetSAMLProvider",
	}, lacking)
	for name, want := range map[string]string{h.pool: "created", h.guestRole: "created", h.account + ":role/ruled": "created", h.account + ":role/basic-flow": ""} {
		if got := out.result(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	_, output, complaints := conformance.RunAs(t, reader, "import", "aws", "--endpoint", h.URL, "--data", data, "--account", sourceAccount)
	if want := "arn:aws:iam::" + sourceAccount + ":user/reader lacks iam:GetRolePolicy, iam:GetSAMLProvider, iam:ListRoles; allow that and run this again"; !strings.Contains(complaints, want) {
		t.Errorf("the import says %q, not %q", complaints, want)
	}
	if want := "skipped    role           " + h.memberRole + "  (the credentials need iam:GetRolePolicy)\n"; !strings.Contains(output, want) {
		t.Errorf("the import prints %q, not %q", output, want)
	}
	if got := h.move(t, h.Root, data, 0, "--account", sourceAccount).result(h.memberRole); got != "created" {
		t.Errorf("with all permissions the role is %q", got)
	}
}

// TestImportAWSUnderAnotherNumber imports into an account that has a number of its own.
func TestImportAWSUnderAnotherNumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, data := t.Context(), filepath.Join(t.TempDir(), "data")
	code, _, complaints := conformance.RunAs(t, h.Root, "import", "aws", "--endpoint", h.URL, "--data", data)
	if _, err := os.Stat(data); code != 1 || !strings.Contains(complaints, "set --account "+sourceAccount) || !os.IsNotExist(err) {
		t.Errorf("import of another account: exit code %d, %v: %s", code, err, complaints)
	}
	bob := ok(h.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("bob")}))(t).User
	h.createRole(t, "bobs", trust(map[string]any{"StringEquals": map[string]string{"aws:PrincipalAccount": sourceAccount}}, map[string]string{"AWS": *bob.Arn}))
	out := h.move(t, h.Root, data, 0, "--rewrite-account", "--roles", "all")
	if out.Account != sourceAccount || out.As != conformance.Account {
		t.Errorf("account %s is imported as %s", out.Account, out.As)
	}
	w := startWorld(t, conformance.Options{Data: data})
	want := strings.NewReplacer(":"+sourceAccount+":", ":"+conformance.Account+":", `\"`+sourceAccount+`\"`, `\"`+conformance.Account+`\"`, "%3A"+sourceAccount+"%3A", "%3A"+conformance.Account+"%3A").Replace(snapshot(t, h.world))
	same(t, "the account", want, snapshot(t, w))
	bobs := ok(w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("bobs")}))(t).Role
	if trust := ok(url.PathUnescape(*bobs.AssumeRolePolicyDocument))(t); !strings.Contains(trust, `{"AWS":"`+*bob.UserId+`"}`) || !strings.Contains(trust, `"aws:PrincipalAccount":"`+conformance.Account+`"`) {
		t.Errorf("the role trusts %s, want the id %s of a user who is not here", trust, *bob.UserId)
	}
	keys := w.getCredentials(t, conformance.GoSDK{}, *ok(w.cognito.GetId(ctx, &cognitoidentity.GetIdInput{IdentityPoolId: &h.pool}))(t).IdentityId, nil)
	if got := w.caller(t, conformance.GoSDK{}, keys); got != sessionARN("guest", enhanced) {
		t.Errorf("a guest is %s", got)
	}
	if len(out.Items) == 0 || time.Since(*bobs.CreateDate) > time.Hour {
		t.Error("nothing was imported")
	}
}

// snapshot is what the SDK sees of an account: its pools in the region of the tests, the roles that have to do with them,
// and all that these roles and pools stand on.
func snapshot(t *testing.T, w *world) string {
	t.Helper()
	ctx := t.Context()
	all := map[string]any{}
	note := func(key string, value any) { all[key] = plain(t, value) }
	pools := cognitoidentity.NewListIdentityPoolsPaginator(w.cognito, &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)})
	for pools.HasMorePages() {
		for _, listed := range ok(pools.NextPage(ctx))(t).IdentityPools {
			pool := ok(w.cognito.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: listed.IdentityPoolId}))(t)
			note("pool "+*listed.IdentityPoolId, pool)
			note("roles "+*listed.IdentityPoolId, ok(w.cognito.GetIdentityPoolRoles(ctx, &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: listed.IdentityPoolId}))(t))
			for _, provider := range slices.Concat(pool.OpenIdConnectProviderARNs, pool.SamlProviderARNs, []string{userPool}) {
				tags, err := w.cognito.GetPrincipalTagAttributeMap(ctx, &cognitoidentity.GetPrincipalTagAttributeMapInput{IdentityPoolId: listed.IdentityPoolId, IdentityProviderName: &provider})
				if err == nil || conformance.AsFault(err).Code != "ResourceNotFoundException" {
					note("principal tags "+*listed.IdentityPoolId+provider, ok(tags, err)(t))
				}
			}
			for _, provider := range pool.OpenIdConnectProviderARNs {
				note(provider, ok(w.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &provider}))(t))
			}
			for _, provider := range pool.SamlProviderARNs {
				note(provider, ok(w.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: &provider}))(t))
			}
		}
	}
	for _, name := range []string{"guest", "member", "ruled", "basic-flow"} {
		role := ok(w.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name}))(t).Role
		role.RoleLastUsed = nil
		note("role "+name, role)
		for _, policy := range ok(w.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name}))(t).PolicyNames {
			note("role "+name+" "+policy, ok(w.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy}))(t))
		}
		attached := ok(w.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name}))(t).AttachedPolicies
		note("attached to "+name, attached)
		for _, a := range attached {
			policy := ok(w.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: a.PolicyArn}))(t).Policy
			note(*a.PolicyArn, policy)
			note(*a.PolicyArn+" version", ok(w.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: a.PolicyArn, VersionId: policy.DefaultVersionId}))(t))
		}
	}
	return string(ok(json.MarshalIndent(all, "", " "))(t))
}
