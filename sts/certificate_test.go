package sts_test

import (
	"crypto/sha1"
	"encoding/hex"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
)

// A provider with a certificate of its own making is as good as its thumbprint.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	web := httptest.NewTLSServer(w.oidc)
	t.Cleanup(web.Close)
	w.Issuers = server.Issuers{Own: w.keys, Network: provider.New(provider.Config{
		Redirects: []provider.Redirect{{Host: "idp.example", Base: ok(url.Parse(web.URL))(t)}}, Now: w.clock.Now,
	})}
	const mismatch = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
	sum := sha1.Sum(web.Certificate().Raw)
	raw := w.sign(w.oidc, nil)
	refused(w.web("r", raw))(t, 400, invalidToken, mismatch)
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
			ok(w.web("r", raw))(t)
			continue
		}
		refused(w.web("r", raw))(t, 400, invalidToken, mismatch)
	}
}
