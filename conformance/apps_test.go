package conformance_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/conformance"
)

// stage is a world with a user pool and a company's own provider, and an app on it.
type stage struct {
	*world
	conformance.App

	userPool *conformance.UserPools
	company  *conformance.OIDC
}

// TestApps tells the stories that the users of an app live through, with the app's SDK finding its own way.
func TestApps(t *testing.T) {
	t.Parallel()
	s := stage{
		company:  conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"}),
		userPool: conformance.StartUserPools(t, conformance.UserPoolOptions{Issuer: "https://" + conformance.UserPoolHost}),
	}
	s.world = newWorld(t, providers{oidc: []*conformance.OIDC{s.company}, userPools: []*conformance.UserPools{s.userPool}})
	s.allowSelf(t, "guest")
	s.allowSelf(t, "member")
	for _, s.App = range conformance.Apps(t) {
		t.Run(s.Name(), func(t *testing.T) {
			t.Run("guest", s.guest)
			t.Run("guest becomes user", s.guestBecomesUser)
			t.Run("guest becomes known user", s.guestBecomesKnownUser)
			t.Run("second device", s.secondDevice)
			t.Run("identity is deleted", s.deleted)
			t.Run("identity is merged", s.merged)
			t.Run("login is unlinked", s.unlinked)
			if s.Name() == "amplify" {
				return // has one login at a time
			}
			t.Run("second provider", s.secondProvider)
		})
	}
}

// allowSelf lets sessions of a role call DescribeIdentityPool for the id of their own identity, as if that were a pool.
func (w *world) allowSelf(t *testing.T, role string) {
	t.Helper()
	ok(w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("self"),
		PolicyDocument: aws.String(allow("cognito-identity:DescribeIdentityPool", poolARN("${cognito-identity.amazonaws.com:sub}"))),
	}))(t)
}

// wantSelf fails the test unless credentials are those of the identity called id: there is no such pool, but they may ask.
func (w *world) wantSelf(t *testing.T, keys aws.Credentials, id string) {
	t.Helper()
	refused(w.as(t, keys).cognito.DescribeIdentityPool(t.Context(), &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &id}))(t,
		notFound, "IdentityPool '"+id+"' not found.")
}

// on is a visit of a guest, or of the one user that a story has, on one of the devices of the story.
func (s stage) on(t *testing.T, device string, l logins) conformance.PoolLogin {
	p := conformance.PoolLogin{ID: s.pool, Device: t.Name() + ", " + device, Logins: l}
	if l != nil {
		p.User = t.Name()
	}
	return p
}

// joined are all logins of both.
func joined(a, b logins) logins {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// newLogin signs somebody up and in at the user pool.
func (s stage) newLogin(t *testing.T) logins {
	t.Helper()
	email := strings.ReplaceAll(t.Name(), "/", ".") + "@example.test"
	s.userPool.CreateUser(t, email)
	return logins{s.userPool.Provider: s.userPool.SignIn(t, email).ID}
}

// atCompany signs somebody in at the company's provider.
func (s stage) atCompany(t *testing.T) logins {
	t.Helper()
	return logins{s.company.Name(): s.company.SignIn(t, conformance.ClientApp, t.Name()).ID}
}

// visit has to succeed, as the identity called want unless that is empty, and returns the identity.
func (s stage) visit(t *testing.T, pool conformance.PoolLogin, want string) (id string) {
	t.Helper()
	got, err := s.Session(t, s.URL, pool)
	if err != nil {
		t.Fatalf("session: %v", err)
	}
	if want == "" {
		want = got.IdentityID
	}
	s.wantSelf(t, got.Credentials, want)
	// This provider of v3 does not look at the id of the answer.
	if stale := s.Name() == "javascript" && pool.Identity == got.IdentityID; got.IdentityID != want && !stale {
		t.Errorf("the SDK says that the identity is %s, want %s", got.IdentityID, want)
	}
	return want
}

// wantLost fails the test unless the app's visit is refused with this code and message. Some SDKs drop the identity then;
// with the others it takes a user who signs out.
func (s stage) wantLost(t *testing.T, pool conformance.PoolLogin, code, message string, drops map[string]bool) {
	t.Helper()
	wantRefused := func() {
		t.Helper()
		_, err := s.Session(t, s.URL, pool)
		if f := conformance.AsFault(err); f == nil || f.Code != code || f.Message != message {
			t.Errorf("session: %v\nwant %s: %s", err, code, message)
		}
	}
	wantRefused()
	if !drops[s.Name()] {
		wantRefused()
		s.Forget(t, pool.Device)
	}
}

func (s stage) guest(t *testing.T) {
	id := s.visit(t, s.on(t, "phone", nil), "")
	s.visit(t, s.on(t, "phone", nil), id)
	if other := s.visit(t, s.on(t, "tablet", nil), ""); other == id {
		t.Errorf("two devices are the guest %s", id)
	}
}

// guestBecomesUser keeps the guest's identity for a new user, who has it again after the next sign-in.
func (s stage) guestBecomesUser(t *testing.T) {
	id := s.visit(t, s.on(t, "phone", nil), "")
	user := s.newLogin(t)
	signIn := s.on(t, "phone", user)
	signIn.Identity = id
	s.visit(t, signIn, id)
	s.Forget(t, signIn.Device)
	if guest := s.visit(t, s.on(t, "phone", nil), ""); guest == id {
		t.Errorf("after signing out the device is still %s", id)
	}
	s.visit(t, s.on(t, "phone", user), id)
}

// guestBecomesKnownUser ends a guest's identity for that of a user who comes back.
func (s stage) guestBecomesKnownUser(t *testing.T) {
	user := s.newLogin(t)
	own := s.getID(t, conformance.GoSDK{}, user)
	guest := s.visit(t, s.on(t, "phone", nil), "")
	signIn := s.on(t, "phone", user)
	signIn.Identity = guest
	s.visit(t, signIn, own)
	s.visit(t, s.on(t, "phone", user), own)
	_, err := do[identity](t, s.world, conformance.GoSDK{}, "cognito-identity:GetCredentialsForIdentity", input("IdentityId", guest), aws.Credentials{})
	wantFault(t, conformance.GoSDK{}, err, notAuthorized, "Access to Identity '"+guest+"' is forbidden.", notAuthorized)
}

func (s stage) secondDevice(t *testing.T) {
	user := s.newLogin(t)
	id := s.visit(t, s.on(t, "phone", user), "")
	s.visit(t, s.on(t, "tablet", user), id)
	s.visit(t, s.on(t, "phone", user), id)
}

// secondProvider links a login at the company to a user's identity.
func (s stage) secondProvider(t *testing.T) {
	first, second := s.newLogin(t), s.atCompany(t)
	id := s.visit(t, s.on(t, "phone", first), "")
	s.visit(t, s.on(t, "phone", joined(first, second)), id)
	s.visit(t, s.on(t, "laptop", second), id)
}

// deleted has an administrator delete the identity that a device knows.
func (s stage) deleted(t *testing.T) {
	phone := s.on(t, "phone", s.newLogin(t))
	id := s.visit(t, phone, "")
	ok(s.cognito.DeleteIdentities(t.Context(), &cognitoidentity.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}}))(t)
	s.wantLost(t, phone, notFound, "Identity '"+id+"' not found.", map[string]bool{"go": true, "boto3": true, "javascript": true})
	if again := s.visit(t, phone, ""); again == id {
		t.Errorf("the deleted identity %s is back", id)
	}
}

// dropsRefused are the apps that drop an identity that they are not authorized for.
func dropsRefused() map[string]bool {
	return map[string]bool{"go": true, "boto3": true, "javascript": true, "javascript-v2": true}
}

// merged has the user link an older identity elsewhere, which ends the one that the phone knows.
func (s stage) merged(t *testing.T) {
	company := s.atCompany(t)
	older := s.getID(t, conformance.GoSDK{}, company)
	user := s.newLogin(t)
	phone := s.on(t, "phone", user)
	id := s.visit(t, phone, "")
	s.getCredentials(t, conformance.GoSDK{}, older, joined(user, company))
	s.wantLost(t, phone, notAuthorized, "Access to Identity '"+id+"' is forbidden.", dropsRefused())
	s.visit(t, phone, older)
}

// unlinked has the user take the phone's login off an identity that has another.
func (s stage) unlinked(t *testing.T) {
	company := s.atCompany(t)
	user := s.newLogin(t)
	phone := s.on(t, "phone", user)
	id := s.visit(t, phone, "")
	s.getCredentials(t, conformance.GoSDK{}, id, joined(user, company))
	ok(s.cognito.UnlinkIdentity(t.Context(), &cognitoidentity.UnlinkIdentityInput{IdentityId: &id, Logins: company, LoginsToRemove: []string{s.userPool.Provider}}))(t)
	s.wantLost(t, phone, notAuthorized, "Logins don't match. Please include at least one valid login for this identity or identity pool.", dropsRefused())
	if again := s.visit(t, phone, ""); again == id {
		t.Errorf("the unlinked user is still %s", id)
	}
	s.getCredentials(t, conformance.GoSDK{}, id, company)
}
