package conformance

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// UserPoolHost is the public name of the user pools of Region.
const UserPoolHost = "cognito-idp." + Region + ".amazonaws.com"

const password = "Correct-horse-7"

// UserPools is a running npm cognito-local with one user pool in it.
type UserPools struct {
	URL      string // where it listens
	Provider string // name of the pool as a login provider
	ClientID string

	id  string
	api *idp.Client
}

// UserPoolOptions say how the user pools are started.
type UserPoolOptions struct {
	Issuer string        // the issuer's URL without the pool; cognito-local's own default when empty
	Clock  time.Duration // how far their clock is from ours
}

// StartUserPools starts cognito-local and makes a pool and an app client in it; it ends with the test.
func StartUserPools(t testing.TB, o UserPoolOptions) *UserPools {
	t.Helper()
	port := strconv.Itoa(freePort(t))
	p := &UserPools{URL: "http://localhost:" + port}
	folder := t.TempDir()
	if o.Issuer != "" {
		writeSettings(t, folder, map[string]any{"TokenConfig": map[string]string{"IssuerDomain": o.Issuer}})
	}
	cmd := node(t, o.Clock, "node_modules/cognito-local/lib/bin/start.js")
	cmd.Dir = folder // it keeps its data in the working folder
	cmd.Env = append(cmd.Env, "PORT="+port)
	launch(t, "cognito-local", cmd).waitReady(t, p.URL+"/health")

	p.api = idp.New(idp.Options{Region: Region, BaseEndpoint: &p.URL, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		})})
	pool, err := p.api.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	if err != nil {
		t.Fatalf("cognito-local: create user pool: %v", err)
	}
	p.id = *pool.UserPool.Id
	p.Provider = UserPoolHost + "/" + p.id
	client, err := p.api.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: &p.id, ClientName: aws.String("app"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
	})
	if err != nil {
		t.Fatalf("cognito-local: create client: %v", err)
	}
	p.ClientID = *client.UserPoolClient.ClientId
	return p
}

func writeSettings(t testing.TB, folder string, settings any) {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatalf("cognito-local: %v", err)
	}
	if err := os.Mkdir(filepath.Join(folder, ".cognito"), 0o700); err != nil {
		t.Fatalf("cognito-local: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".cognito", "config.json"), text, 0o600); err != nil {
		t.Fatalf("cognito-local: %v", err)
	}
}

// CreateUser makes a confirmed user.
func (p *UserPools) CreateUser(t testing.TB, email string) {
	t.Helper()
	_, err := p.api.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
		UserPoolId: &p.id, Username: &email, MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: &email}},
	})
	if err != nil {
		t.Fatalf("cognito-local: create user: %v", err)
	}
	_, err = p.api.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{
		UserPoolId: &p.id, Username: &email, Password: aws.String(password), Permanent: true,
	})
	if err != nil {
		t.Fatalf("cognito-local: set password: %v", err)
	}
}

// DisableUser disables a user.
func (p *UserPools) DisableUser(t testing.TB, email string) {
	t.Helper()
	if _, err := p.api.AdminDisableUser(t.Context(), &idp.AdminDisableUserInput{UserPoolId: &p.id, Username: &email}); err != nil {
		t.Fatalf("cognito-local: disable user: %v", err)
	}
}

// EnableUser enables a user who was disabled.
func (p *UserPools) EnableUser(t testing.TB, email string) {
	t.Helper()
	if _, err := p.api.AdminEnableUser(t.Context(), &idp.AdminEnableUserInput{UserPoolId: &p.id, Username: &email}); err != nil {
		t.Fatalf("cognito-local: enable user: %v", err)
	}
}

// DeleteUser deletes a user.
func (p *UserPools) DeleteUser(t testing.TB, email string) {
	t.Helper()
	if _, err := p.api.AdminDeleteUser(t.Context(), &idp.AdminDeleteUserInput{UserPoolId: &p.id, Username: &email}); err != nil {
		t.Fatalf("cognito-local: delete user: %v", err)
	}
}

// SignIn signs a user in with a password.
func (p *UserPools) SignIn(t testing.TB, email string) Tokens {
	t.Helper()
	return p.initiate(t, types.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": email, "PASSWORD": password})
}

// Refresh trades a refresh token for a new ID token and access token.
func (p *UserPools) Refresh(t testing.TB, tokens Tokens) Tokens {
	t.Helper()
	return p.initiate(t, types.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": tokens.Refresh})
}

func (p *UserPools) initiate(t testing.TB, flow types.AuthFlowType, parameters map[string]string) Tokens {
	t.Helper()
	out, err := p.api.InitiateAuth(t.Context(), &idp.InitiateAuthInput{ClientId: &p.ClientID, AuthFlow: flow, AuthParameters: parameters})
	if err != nil {
		t.Fatalf("cognito-local: %s: %v", flow, err)
	}
	if out.AuthenticationResult == nil {
		t.Fatalf("cognito-local: %s: a challenge instead of tokens: %s", flow, out.ChallengeName)
	}
	r := out.AuthenticationResult
	return Tokens{ID: aws.ToString(r.IdToken), Access: aws.ToString(r.AccessToken), Refresh: aws.ToString(r.RefreshToken)}
}

func body(t testing.TB, response *http.Response) string {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	return string(text)
}
