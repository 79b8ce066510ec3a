package conformance_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
)

// TestRotateKeys rotates the keys of a server under load: no request fails, what was given out before still counts,
// and soon the new keys are in use.
func TestRotateKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{folder: true})
	sdk := conformance.GoSDK{}
	id := w.getID(t, sdk, nil)
	openID := func() string {
		return must[identity](t, w, sdk, "cognito-identity:GetOpenIdToken", map[string]any{"IdentityId": id}, aws.Credentials{}).Token
	}
	oldKeys, oldToken := w.getCredentials(t, sdk, id, nil), openID()
	stop := loadOf(t, w, id)

	code, text := conformance.Run(t, "keys", "rotate", "--data", w.Data, "--json")
	var done struct {
		Added, Removed []struct{ Purpose, ID string }
	}
	if err := json.Unmarshal([]byte(text), &done); code != 0 || err != nil || len(done.Added) != 2 || len(done.Removed) != 0 {
		t.Fatalf("keys rotate: exit code %d, %v: %s", code, err, text)
	}
	sealing, signing := done.Added[0].ID, done.Added[1].ID
	deadline := time.Now().Add(30 * time.Second)
	newKeys, newToken := w.getCredentials(t, sdk, id, nil), openID()
	for !strings.HasPrefix(newKeys.SessionToken, sealing+".") || kidOf(t, newToken) != signing {
		if time.Now().After(deadline) {
			t.Fatalf("the new keys %s and %s are not in use", sealing, signing)
		}
		newKeys, newToken = w.getCredentials(t, sdk, id, nil), openID()
	}
	if requests := stop(); requests < 100 {
		t.Errorf("only %d requests were under way: that is no load", requests)
	}

	for _, keys := range []aws.Credentials{oldKeys, newKeys} {
		if got, want := w.caller(t, sdk, keys), sessionARN("guest", enhanced); got != want {
			t.Errorf("caller is %s, want %s", got, want)
		}
	}
	for _, token := range []string{oldToken, newToken} {
		verifyToken(t, w.Server, token)
		out := must[assumed](t, w, sdk, "sts:AssumeRoleWithWebIdentity", webIdentity(w.guestRole, token), aws.Credentials{})
		w.caller(t, sdk, out.Credentials.credentials())
	}
	w.Stop(t)
	w.Restart(t)
	w.caller(t, sdk, oldKeys)
	if again := openID(); kidOf(t, again) != signing {
		t.Errorf("after a restart it signs with %s", kidOf(t, again))
	}
}

// loadOf lets clients that do not retry ask for credentials and tokens and use them at once, until the function that it
// returns is called, which tells how many requests were answered.
func loadOf(t *testing.T, w *world, id string) (stop func() int64) {
	t.Helper()
	public := conformance.Once(conformance.Config(t, w.URL, aws.Credentials{}))
	cognito, tokens := cognitoidentity.NewFromConfig(public), sts.NewFromConfig(public)
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var answered atomic.Int64
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				credentials, err := cognito.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: &id})
				if err != nil {
					t.Errorf("GetCredentialsForIdentity: %v", err)
					return
				}
				c := credentials.Credentials
				caller := sts.NewFromConfig(conformance.Once(conformance.Config(t, w.URL, aws.Credentials{
					AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken,
				})))
				if _, err := caller.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil {
					t.Errorf("GetCallerIdentity: %v", err)
				}
				token, err := cognito.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: &id})
				if err != nil {
					t.Errorf("GetOpenIdToken: %v", err)
					return
				}
				_, err = tokens.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
					RoleArn: &w.guestRole, RoleSessionName: aws.String("load"), WebIdentityToken: token.Token,
				})
				if err != nil {
					t.Errorf("AssumeRoleWithWebIdentity: %v", err)
				}
				answered.Add(4)
			}
		})
	}
	return func() int64 {
		cancel()
		clients.Wait()
		return answered.Load()
	}
}

// kidOf is the id of the key that signed a token.
func kidOf(t *testing.T, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	return unpack[struct{ Kid string }](t, head).Kid
}
