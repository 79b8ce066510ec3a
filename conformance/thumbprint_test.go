package conformance_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
)

// TestThumbprint puts a certificate of our own making before an OIDC provider: its thumbprint lets logins in, and takes
// effect at once.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	const mismatch = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	alice := o.SignIn(t, conformance.ClientApp, "alice").ID
	target, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	t.Cleanup(front.Close)
	o.URL = front.URL
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	arn := "arn:aws:iam::" + conformance.Account + ":oidc-provider/" + o.Name()
	web := w.createRole(t, "web", trust(map[string]any{"StringEquals": map[string]string{o.Name() + ":aud": conformance.ClientApp}}, map[string]string{"Federated": arn}))
	client := sts.NewFromConfig(conformance.Config(t, w.URL, aws.Credentials{}))
	assume := func() error {
		_, err := client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &web, RoleSessionName: aws.String("app"), WebIdentityToken: &alice,
		})
		return err
	}
	sum := sha1.Sum(front.Certificate().Raw)
	login := map[string]any{"IdentityPoolId": w.pool, "Logins": logins{o.Name(): alice}}
	for _, step := range []struct {
		thumbprint string
		good       bool
	}{
		{strings.Repeat("0", 40), false},
		{strings.ToUpper(hex.EncodeToString(sum[:])), true},
		{strings.Repeat("1", 40), false},
	} {
		_, err := w.iam.UpdateOpenIDConnectProviderThumbprint(t.Context(), &iam.UpdateOpenIDConnectProviderThumbprintInput{
			OpenIDConnectProviderArn: &arn, ThumbprintList: []string{step.thumbprint},
		})
		if err != nil {
			t.Fatal(err)
		}
		if step.good {
			w.getCredentials(t, conformance.GoSDK{}, w.getID(t, conformance.GoSDK{}, logins{o.Name(): alice}), logins{o.Name(): alice})
			if err := assume(); err != nil {
				t.Errorf("assume role: %v", err)
			}
			continue
		}
		for _, sdk := range conformance.SDKs(t) {
			wantRefusal(t, w, sdk, "cognito-identity:GetId", login, "Invalid login token. "+mismatch)
		}
		if err := assume(); err == nil || !strings.Contains(err.Error(), "InvalidIdentityToken: "+mismatch) {
			t.Errorf("assume role: got %v", err)
		}
	}
}
