package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

const (
	corporation = accountARN + ":saml-provider/Corp"
	departments = "urn:oid:2.5.4.11" // the attribute of X.500 that says where somebody works
	teamTag     = conformance.SAMLPrefix + "PrincipalTag:team"
)

// offered is the Role attribute that offers roles through corporation.
func offered(roles ...string) []string {
	var pairs []string
	for _, role := range roles {
		pairs = append(pairs, accountARN+":role/"+role+","+corporation)
	}
	return pairs
}

// corporate is a world whose users sign in with a SAML provider: alice, who is offered the role engineer, in the
// department Sales and with a session tag, and bob, of whom it says nothing.
type corporate struct {
	*world
	idp conformance.SAMLProvider
}

func newCorporate(t *testing.T, idp conformance.SAMLProvider, settings ...func(*iam.CreateSAMLProviderInput)) corporate {
	t.Helper()
	c := corporate{startWorld(t, conformance.Options{}), idp}
	in := &iam.CreateSAMLProviderInput{Name: aws.String("Corp"), SAMLMetadataDocument: aws.String(idp.Metadata(t))}
	for _, set := range settings {
		set(in)
	}
	if got := *ok(c.iam.CreateSAMLProvider(t.Context(), in))(t).SAMLProviderArn; got != corporation {
		t.Errorf("ARN is %s, want %s", got, corporation)
	}
	for _, role := range []string{"engineer", "auditor"} {
		c.createRole(t, role, document(map[string]any{
			"Effect": "Allow", "Principal": map[string]string{"Federated": corporation},
			"Action":    []string{"sts:AssumeRoleWithSAML", "sts:TagSession"},
			"Condition": map[string]any{"StringEquals": map[string]string{"SAML:aud": "https://signin.aws.amazon.com/saml"}},
		}))
	}
	policy := document(map[string]any{
		"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*",
		"Condition": map[string]any{"StringEquals": map[string]string{"aws:PrincipalTag/team": "core"}},
	})
	ok(c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("engineer"), PolicyName: aws.String("core"), PolicyDocument: &policy}))(t)
	return c
}

// createSAMLPool makes the world's pool, whose users of Sales get the role seller.
func (c corporate) createSAMLPool(t *testing.T) {
	t.Helper()
	c.pool = c.createPool(t, &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("people"), SamlProviderARNs: []string{corporation}})
	c.memberRole = c.createRole(t, "member", poolTrust(c.pool, "authenticated"))
	rule := map[string]string{"Claim": departments, "MatchType": "Equals", "Value": "Sales", "RoleARN": c.createRole(t, "seller", poolTrust(c.pool, "authenticated"))}
	must[struct{}](t, c.world, conformance.GoSDK{}, "cognito-identity:SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": c.pool, "Roles": map[string]string{"authenticated": c.memberRole},
		"RoleMappings": map[string]any{corporation: map[string]any{
			"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": map[string]any{"Rules": []any{rule}},
		}},
	}, c.Root)
}

// samlSession is the output of AssumeRoleWithSAML.
type samlSession struct {
	Credentials                                           keys
	AssumedRoleUser                                       struct{ Arn string }
	Subject, SubjectType, Issuer, Audience, NameQualifier string
}

func (c corporate) assume(t *testing.T, client conformance.Client, role, response string) (samlSession, error) {
	t.Helper()
	return do[samlSession](t, c.world, client, "sts:AssumeRoleWithSAML", map[string]any{
		"RoleArn": accountARN + ":role/" + role, "PrincipalArn": corporation, "SAMLAssertion": response,
	}, aws.Credentials{})
}

// wantSession fails the test unless a response of user's gets the role engineer.
func (c corporate) wantSession(t *testing.T, client conformance.Client, user string) samlSession {
	t.Helper()
	session, err := c.assume(t, client, "engineer", c.idp.SAMLResponse(t, user))
	if err != nil {
		t.Fatalf("%s: %v", client.Name(), err)
	}
	if got, want := c.caller(t, client, session.Credentials.credentials()), sessionARN("engineer", user); got != want || session.AssumedRoleUser.Arn != want {
		t.Errorf("caller is %s, who assumed %s, want %s", got, session.AssumedRoleUser.Arn, want)
	}
	return session
}

// testCorporate takes alice and bob through all that SAML is good for, with each of clients.
func testCorporate(t *testing.T, c corporate, issuer, subject string, clients ...conformance.Client) {
	t.Helper()
	c.createSAMLPool(t)
	var first string
	for _, client := range clients {
		t.Run(client.Name(), func(t *testing.T) {
			session := c.wantSession(t, client, "alice")
			if session.Issuer != issuer || session.Audience != "https://signin.aws.amazon.com/saml" || session.SubjectType != "persistent" ||
				session.NameQualifier == "" || !strings.HasPrefix(session.Subject, subject) {
				t.Errorf("session %+v, want subject %s of %s", session, subject, issuer)
			}
			must[json.RawMessage](t, c.world, client, "iam:ListUsers", nil, session.Credentials.credentials())
			c.refused(t, client)
			first = c.testLogins(t, client, first)
		})
	}
	c.testPoolProvider(t, first)
}

// refused presents responses that get nobody a role.
func (c corporate) refused(t *testing.T, client conformance.Client) {
	t.Helper()
	response := c.idp.SAMLResponse(t, "alice")
	_, err := c.assume(t, client, "auditor", response)
	wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", "")
	_, err = c.assume(t, client, "engineer", tampered(t, response))
	wantFault(t, client, err, "InvalidIdentityToken", "Response signature invalid", "InvalidIdentityTokenException")
	if _, err := c.assume(t, client, "engineer", response); err != nil {
		t.Errorf("after what was refused: %v", err)
	}
	_, err = c.assume(t, client, "engineer", response)
	wantFault(t, client, err, "InvalidIdentityToken", "Response was used before", "InvalidIdentityTokenException")
	_, err = c.assume(t, client, "engineer", c.idp.SAMLResponse(t, "bob"))
	wantFault(t, client, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", "")
}

// testLogins signs alice and bob in to the pool, and returns the identity of alice, which has to be first unless that is empty.
func (c corporate) testLogins(t *testing.T, client conformance.Client, first string) string {
	t.Helper()
	ids := map[string]string{}
	for user, role := range map[string]string{"alice": "seller", "bob": "member"} {
		l := logins{corporation: c.idp.SAMLResponse(t, user)}
		ids[user] = c.getID(t, client, l)
		if got, want := c.caller(t, client, c.getCredentials(t, client, ids[user], l)), sessionARN(role, enhanced); got != want {
			t.Errorf("%s is %s, want %s", user, got, want)
		}
	}
	if ids["alice"] == ids["bob"] || first != "" && ids["alice"] != first {
		t.Errorf("identities %v, and alice was %s", ids, first)
	}
	bad := map[string]any{"IdentityPoolId": c.pool, "Logins": logins{corporation: tampered(t, c.idp.SAMLResponse(t, "alice"))}}
	wantRefusal(t, c.world, client, "cognito-identity:GetId", bad, "Invalid login token. Couldn't verify signed token.")
	return ids["alice"]
}

// testPoolProvider lets the SDK for JavaScript get the credentials of alice by itself, as apps do.
func (c corporate) testPoolProvider(t *testing.T, id string) {
	t.Helper()
	call := conformance.Call{Service: conformance.STS, Operation: "GetCallerIdentity", Endpoint: c.URL}
	text, err := conformance.JavaScript(t, 0).DoFromPool(t, call, conformance.PoolLogin{ID: c.pool, Logins: logins{corporation: c.idp.SAMLResponse(t, "alice")}})
	if err != nil {
		t.Fatal(err)
	}
	if want := sessionARN("seller", enhanced); !strings.Contains(string(text), want) {
		t.Errorf("caller is %s, want %s", text, want)
	}
	if again := c.getID(t, conformance.GoSDK{}, logins{corporation: c.idp.SAMLResponse(t, "alice")}); again != id {
		t.Errorf("alice is %s, and was %s", again, id)
	}
}

// encrypting makes a SAML provider that takes nothing but assertions encrypted to key.
func encrypting(key string) func(*iam.CreateSAMLProviderInput) {
	return func(in *iam.CreateSAMLProviderInput) {
		in.AssertionEncryptionMode, in.AddPrivateKey = "Required", &key
	}
}
