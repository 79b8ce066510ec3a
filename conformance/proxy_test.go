package conformance_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
)

// TestProxyThatRewritesHost calls a server through a proxy that puts the server's own address into Host, with and
// without having told the server the proxy's.
func TestProxyThatRewritesHost(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{false, true} {
		var base *url.URL
		front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) }})
		t.Cleanup(front.Close)
		var flags []string
		if told {
			flags = []string{"--host", "id.example.test", "--host", front.Listener.Addr().String()}
		}
		server := conformance.Start(t, conformance.Options{Flags: flags})
		base = ok(url.Parse(server.URL))(t)
		front.Start()
		client := sts.NewFromConfig(conformance.Config(t, front.URL, server.Root))
		out, err := client.GetCallerIdentity(t.Context(), nil)
		if !told {
			refused(out, err)(t, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "+
				"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
			continue
		}
		if got := *ok(out, err)(t).Arn; got != accountARN+":root" {
			t.Errorf("caller is %s", got)
		}
	}
}
