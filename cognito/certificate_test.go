package cognito_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
)

// A provider with a certificate of its own making is as good as its thumbprint.
func TestThumbprintOfOIDCProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	web := httptest.NewTLSServer(w.oidc)
	t.Cleanup(web.Close)
	w.Issuers = server.Issuers{Own: w.own, Network: provider.New(provider.Config{
		Redirects: []provider.Redirect{{Host: "idp.example", Base: ok(url.Parse(web.URL))(t)}}, Now: w.clock.Now,
	})}
	const mismatch = "Invalid login token. OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
	sum := sha1.Sum(web.Certificate().Raw)
	logins := map[string]string{oidc: w.sign(w.oidc, "alice")}
	in := &cognito.GetIDInput{IdentityPoolID: pool, Logins: logins}
	refused(w.GetID(t.Context(), in))(t, notAuthorized, mismatch)
	for _, step := range []struct {
		thumbprint string
		good       bool
	}{
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
		{hex.EncodeToString(sum[:]), true},
		{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", false},
	} {
		ok(w.IAM.UpdateOpenIDConnectProviderThumbprint(t.Context(), root(), &iam.UpdateOpenIDConnectProviderThumbprintInput{
			OpenIDConnectProviderARN: oidcARN, ThumbprintList: []string{step.thumbprint},
		}))(t)
		if step.good {
			ok(w.GetID(t.Context(), in))(t)
			continue
		}
		refused(w.GetID(t.Context(), in))(t, notAuthorized, mismatch)
	}
}
