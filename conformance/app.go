package conformance

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// App gets its users' sessions from an identity pool in the way that its SDK has for it, on devices that keep what the
// SDK keeps.
type App interface {
	// Name is for the names of tests.
	Name() string
	// Session is a visit to the pool. Its error is a *Fault when the server refused.
	Session(t testing.TB, endpoint string, pool PoolLogin) (Session, error)
	// Forget signs a device out: it knows no identity any more.
	Forget(t testing.TB, device string)
}

// Session is what an app gets from an identity pool.
type Session struct {
	IdentityID  string // as the SDK tells it; empty in the basic flow
	Credentials aws.Credentials
}

// Apps starts an app with each SDK; they end with the test.
func Apps(t testing.TB) []App {
	t.Helper()
	return []App{NewGoApp(), JavaScript(t, 0), JavaScript2(t), newPython(t), Amplify(t)}
}

// Amplify is an app with Amplify for JavaScript, whose users have one login, at a user pool.
func Amplify(t testing.TB) *Script {
	t.Helper()
	return startScript(t, "amplify", true, node(t, 0, "amplify.mjs"))
}

// appService stands for the app itself in a request.
const appService = "app"

// Session asks the app for a session.
func (s *Script) Session(t testing.TB, endpoint string, pool PoolLogin) (Session, error) {
	t.Helper()
	text, err := s.do(t, request{Service: appService, Operation: "Session", Region: Region, Endpoint: endpoint, Pool: &pool})
	if err != nil {
		return Session{}, err
	}
	var got struct {
		IdentityID  string `json:"identityId"`
		Credentials keys   `json:"credentials"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v: %s", s.name, err, text)
	}
	return Session{got.IdentityID, aws.Credentials{
		AccessKeyID: got.Credentials.AccessKeyID, SecretAccessKey: got.Credentials.SecretAccessKey, SessionToken: got.Credentials.SessionToken,
	}}, nil
}

// Forget signs a device out.
func (s *Script) Forget(t testing.TB, device string) {
	t.Helper()
	if _, err := s.do(t, request{Service: appService, Operation: "Forget", Region: Region, Pool: &PoolLogin{Device: device}}); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
}

// GoApp is what an app has to write with the Go SDK, which has no provider for identity pools. It is for one goroutine.
type GoApp struct {
	GoSDK

	devices map[string]string // the identity that each has kept
}

// NewGoApp returns an app with new devices.
func NewGoApp() *GoApp { return &GoApp{devices: map[string]string{}} }

// Session calls GetId, unless the device knows an identity, and GetCredentialsForIdentity, or trades a token for a role.
func (a *GoApp) Session(t testing.TB, endpoint string, pool PoolLogin) (Session, error) {
	t.Helper()
	if pool.Token != "" {
		return assume(t, endpoint, pool)
	}
	public := cognitoidentity.NewFromConfig(Config(t, endpoint, aws.Credentials{}))
	id := pool.Identity
	if id == "" {
		id = a.devices[pool.Device]
	}
	if id == "" {
		found, err := public.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &pool.ID, Logins: pool.Logins})
		if err != nil {
			return Session{}, goFault(err)
		}
		id = *found.IdentityId
	}
	given, err := public.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &id, Logins: pool.Logins})
	if err != nil {
		delete(a.devices, pool.Device)
		return Session{}, goFault(err)
	}
	a.devices[pool.Device] = *given.IdentityId
	c := given.Credentials
	return Session{*given.IdentityId, aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken}}, nil
}

func assume(t testing.TB, endpoint string, pool PoolLogin) (Session, error) {
	t.Helper()
	given, err := sts.NewFromConfig(Config(t, endpoint, aws.Credentials{})).AssumeRoleWithWebIdentity(t.Context(),
		&sts.AssumeRoleWithWebIdentityInput{RoleArn: &pool.Role, RoleSessionName: aws.String("web-identity"), WebIdentityToken: &pool.Token})
	if err != nil {
		return Session{}, goFault(err)
	}
	c := given.Credentials
	return Session{"", aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}}, nil
}

// Forget signs a device out.
func (a *GoApp) Forget(_ testing.TB, device string) { delete(a.devices, device) }
