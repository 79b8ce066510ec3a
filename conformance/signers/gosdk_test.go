package signers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

func TestGoSDK(t *testing.T) {
	t.Parallel()
	v := newVerifier(t)
	all := calls(600)
	for _, c := range all {
		if text := send(t, v, signedByGo(t, v.URL, c)); text != "" {
			t.Errorf("%+v: %s", c, text)
		}
	}
	wantAccepted(t, v, len(all))
}

// Only Go's clients send a header in several lines.
func TestGoSDKRepeatedHeader(t *testing.T) {
	t.Parallel()
	v := newVerifier(t)
	for _, presigned := range []bool{false, true} {
		r := signedByGo(t, v.URL, call{Method: "POST", Path: "/", Body: "{}", Presigned: presigned, Headers: [][2]string{
			{"X-Repeated", "value2"}, {"X-Repeated", " value2 "}, {"X-Repeated", ""}, {"X-Repeated", "value1"},
		}})
		if text := send(t, v, r); text != "" {
			t.Error(text)
		}
	}
	wantAccepted(t, v, 2)
}

func signedByGo(t *testing.T, base string, c call) *http.Request {
	t.Helper()
	query := url.Values{}
	for _, p := range c.Query {
		query.Add(p[0], p[1])
	}
	r, err := http.NewRequest(c.Method, base+c.Path+"?"+query.Encode(), strings.NewReader(c.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range c.Headers {
		r.Header.Add(h[0], h[1])
	}
	credentials := aws.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: secretAccessKey}
	if c.Token {
		credentials.SessionToken = sessionToken
	}
	hash := sha256.Sum256([]byte(c.Body))
	signer := v4.NewSigner()
	if !c.Presigned {
		err := signer.SignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]), service, region, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	uri, signed, err := signer.PresignHTTP(t.Context(), credentials, r, hex.EncodeToString(hash[:]), service, region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	presigned, err := http.NewRequest(c.Method, uri, strings.NewReader(c.Body))
	if err != nil {
		t.Fatal(err)
	}
	presigned.Header = signed
	return presigned
}

// send returns what the verifier says, nothing if it is content.
func send(t *testing.T, v *verifier, r *http.Request) string {
	t.Helper()
	response, err := v.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return response.Status + ": " + string(body)
	}
	return ""
}

func wantAccepted(t *testing.T, v *verifier, n int) {
	t.Helper()
	if got := v.accepted.Load(); got != int64(n) {
		t.Errorf("accepted %d of %d requests", got, n)
	}
	if got := v.forgeries.Load(); got < 10*int64(n) {
		t.Errorf("tried %d forgeries of %d requests", got, n)
	}
}
