package conformance

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AmplifySession is what an Amplify app gets from an identity pool.
type AmplifySession struct {
	IdentityID  string
	Credentials aws.Credentials
}

// Amplify runs an app that is a guest of pool, then signed in with tokens, and returns both sessions.
func Amplify(t testing.TB, endpoint, pool string, users *UserPools, tokens Tokens) [2]AmplifySession {
	t.Helper()
	settings, err := json.Marshal(map[string]any{
		"endpoint": endpoint, "pool": pool, "userPool": users.id, "client": users.ClientID, "tokens": tokens,
	})
	if err != nil {
		t.Fatalf("amplify: %v", err)
	}
	cmd := node(t, 0, "amplify.mjs", string(settings))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("amplify: %v\n%s", err, stderr.String())
	}
	var sessions [2]struct {
		IdentityID  string `json:"identityId"`
		Credentials keys   `json:"credentials"`
	}
	if err := json.Unmarshal(output, &sessions); err != nil {
		t.Fatalf("amplify: %v: %s", err, output)
	}
	var out [2]AmplifySession
	for i, s := range sessions {
		out[i] = AmplifySession{s.IdentityID, aws.Credentials{
			AccessKeyID: s.Credentials.AccessKeyID, SecretAccessKey: s.Credentials.SecretAccessKey, SessionToken: s.Credentials.SessionToken,
		}}
	}
	return out
}
