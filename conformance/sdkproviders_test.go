package conformance_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
)

// TestJavaScriptProviders lets the providers of both JavaScript SDKs find their own way, as an app does.
func TestJavaScriptProviders(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	v3, v2 := conformance.JavaScript(t, 0), conformance.JavaScript2(t)
	for _, test := range []struct {
		name string
		sdk  *conformance.Script
		pool conformance.PoolLogin
		want string
	}{
		{"v3, guest", v3, conformance.PoolLogin{}, sessionARN("guest", enhanced)},
		{"v3, user", v3, conformance.PoolLogin{Logins: alice}, sessionARN("member", enhanced)},
		{"v2, guest", v2, conformance.PoolLogin{}, sessionARN("guest", enhanced)},
		{"v2, user", v2, conformance.PoolLogin{Logins: alice}, sessionARN("member", enhanced)},
		{"v2, guest, basic flow", v2, conformance.PoolLogin{Role: w.guestRole}, sessionARN("guest", "web-identity")},
		{"v2, user, basic flow", v2, conformance.PoolLogin{Logins: alice, Role: w.memberRole}, sessionARN("member", "web-identity")},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.pool.ID = w.pool
			text, err := test.sdk.DoFromPool(t, conformance.Call{Service: conformance.STS, Operation: "GetCallerIdentity", Endpoint: w.URL}, test.pool)
			if err != nil {
				t.Fatalf("GetCallerIdentity: %v", err)
			}
			var got struct{ Arn string }
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatalf("GetCallerIdentity: %v: %s", err, text)
			}
			if got.Arn != test.want {
				t.Errorf("caller is %s, want %s", got.Arn, test.want)
			}
		})
	}
}

// TestWebIdentityEnvironment sets the variables that a workload finds in its environment, and only the endpoint in code.
func TestWebIdentityEnvironment(t *testing.T) {
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := startWorld(t, conformance.Options{Redirects: map[string]string{o.Host(): o.URL}})
	role := w.createRole(t, "workload", trust(map[string]any{"StringEquals": map[string]string{o.Name() + ":aud": conformance.ClientApp}},
		map[string]string{"Federated": w.trustIssuer(t, o)}))
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(o.SignIn(t, conformance.ClientApp, "alice").ID), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_REGION": conformance.Region, "AWS_ROLE_ARN": role, "AWS_ROLE_SESSION_NAME": "job",
		"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "",
	} {
		t.Setenv(name, value)
	}
	settings, err := config.LoadDefaultConfig(t.Context(), config.WithBaseEndpoint(w.URL))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *ok(sts.NewFromConfig(settings).GetCallerIdentity(t.Context(), nil))(t).Arn, sessionARN("workload", "job"); got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
}

// TestAssumeRoleProvider lets the SDK assume a role with a user's keys, and from there another: role chaining.
func TestAssumeRoleProvider(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	ctx := t.Context()
	user := ok(w.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("dev")}))(t).User
	key := ok(w.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user.UserName}))(t).AccessKey
	named := func(principal string) string {
		return document(map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": principal}, "Action": "sts:AssumeRole"})
	}
	first := w.createRole(t, "first", named(*user.Arn))
	second := w.createRole(t, "second", named(first))
	settings := conformance.Config(t, w.URL, aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	for _, role := range []string{first, second} {
		settings.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(settings), role, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "chain"
		}))
	}
	if got, want := *ok(sts.NewFromConfig(settings).GetCallerIdentity(ctx, nil))(t).Arn, sessionARN("second", "chain"); got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
	direct := conformance.Config(t, w.URL, aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey})
	refused(sts.NewFromConfig(direct).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &second, RoleSessionName: aws.String("chain")}))(t,
		"AccessDenied", "User: "+*user.Arn+" is not authorized to perform: sts:AssumeRole on resource: "+second)
}

// TestPresigned sends a presigned GetCallerIdentity as a plain GET, as clusters do to find out who a node is.
func TestPresigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	guest := w.getCredentials(t, sdk, w.getID(t, sdk, nil), nil)
	presigned := ok(sts.NewPresignClient(sts.NewFromConfig(conformance.Config(t, w.URL, guest))).PresignGetCallerIdentity(t.Context(), nil))(t)
	request, err := http.NewRequestWithContext(t.Context(), presigned.Method, presigned.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got := queryResult(t, response.Body); response.StatusCode != http.StatusOK || got.Arn != sessionARN("guest", enhanced) {
		t.Errorf("presigned GetCallerIdentity: %s, caller %q", response.Status, got.Arn)
	}
}

// TestRegions keeps pools of two regions apart on one server: a client sees those of the region that it signs for.
func TestRegions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	settings := conformance.Config(t, w.URL, w.Root)
	settings.Region = "eu-west-1"
	europe := cognitoidentity.NewFromConfig(settings)
	pool := *ok(europe.CreateIdentityPool(t.Context(), guests("europe")))(t).IdentityPoolId
	if pool[:10] != "eu-west-1:" {
		t.Errorf("pool id %s", pool)
	}
	list := ok(europe.ListIdentityPools(t.Context(), &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(60)}))(t).IdentityPools
	if len(list) != 1 || *list[0].IdentityPoolId != pool {
		t.Errorf("pools of eu-west-1: %v", list)
	}
	refused(w.cognito.DescribeIdentityPool(t.Context(), &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &pool}))(t,
		"ResourceNotFoundException", "IdentityPool '"+pool+"' not found.")
	id := *ok(europe.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &pool}))(t).IdentityId
	if id[:10] != "eu-west-1:" {
		t.Errorf("identity id %s", id)
	}
}

// TestProviderDown signs in while the provider cannot be reached: that is nobody's fault but the provider's.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	o.Stop()
	start := time.Now()
	_, err := do[identity](t, w, conformance.GoSDK{}, "cognito-identity:GetId", map[string]any{"IdentityPoolId": w.pool, "Logins": alice}, aws.Credentials{})
	if f := conformance.AsFault(err); f == nil || f.Code != "ExternalServiceException" {
		t.Errorf("got %v, want ExternalServiceException", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the answer took %s", took)
	}
}
