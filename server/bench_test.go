package server_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

// BenchmarkVerifySession proves who signed a call as an SDK sends it, with the
// credentials of an identity of a pool: all of authentication but what the store
// knows of the role.
func BenchmarkVerifySession(b *testing.B) {
	const keyID = "ASIAQEAAAAAAAAAAAAAA"
	key, _ := seal.GenerateKey()
	sealer := sts.NewSealer(sts.SealingKey{ID: "us-east-11", Key: key})
	secret, token := sealer.Seal(keyID, identitySession())
	now := time.Unix(1782900000, 0)
	body := bytes.Repeat([]byte(`{"MaxResults":1}`), 19)[:300]
	r := received(b, body, sigv4.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}, now)
	b.ReportAllocs()
	for b.Loop() {
		signature, err := sigv4.Parse(r)
		if err != nil {
			b.Fatal(err)
		}
		if err := signature.CheckScope("cognito-identity"); err != nil {
			b.Fatal(err)
		}
		_, secret, err := sealer.Open(signature.AccessKeyID, signature.SessionToken)
		if err != nil {
			b.Fatal(err)
		}
		if err := signature.Verify(r, body, secret, now, 5*time.Minute); err != nil {
			b.Fatal(err)
		}
	}
}

// identitySession is what GetCredentialsForIdentity begins for a user of a user pool.
func identitySession() sts.Session {
	const host, idp = "cognito-identity.amazonaws.com", "cognito-idp.us-east-1.amazonaws.com/us-east-1_1a2b3c4d5"
	return sts.Session{
		Name: "CognitoIdentityCredentials", RoleName: "Cognito_app_Auth_Role", RoleID: "AROAQEAAAAAAAAAAAAAAA",
		Issued: 1782900000, Expires: 1782903600,
		Keys: map[string]string{
			host + ":sub":           "us-east-1:a11ce000-0000-4000-8000-000000000001",
			host + ":aud":           "us-east-1:b0b00000-0000-4000-8000-000000000002",
			"aws:FederatedProvider": host,
		},
		Lists: map[string][]string{host + ":amr": {"authenticated", idp, idp + ":CognitoSignIn:a11ce000-0000-4000-8000-000000000001"}},
	}
}

// received is a signed call as it comes out of net/http's server.
func received(b *testing.B, body []byte, key sigv4.Credentials, now time.Time) *http.Request {
	b.Helper()
	sent, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost:4577/", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	sent.Header.Set("Content-Type", "application/x-amz-json-1.1")
	sent.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.ListIdentityPools")
	sent.Header.Set("Amz-Sdk-Invocation-Id", "a11ce000-0000-4000-8000-000000000003")
	sent.Header.Set("Amz-Sdk-Request", "attempt=1; max=3")
	sigv4.Sign(sent, body, key, region, "cognito-identity", now)
	var wire strings.Builder
	if err := sent.Write(&wire); err != nil {
		b.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(wire.String())))
	if err != nil {
		b.Fatal(err)
	}
	return r
}
