package main

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

const (
	sessionKeyID = "ASIAQEAAAAAAAAAAAAAA"
	skew         = 5 * time.Minute
	service      = "cognito-identity"
)

// verification proves over and over who signed one call, with the credentials of an
// identity of a pool.
type verification struct {
	sealer *sts.Sealer
	now    time.Time
	call   *http.Request
	body   []byte

	floor signatureFloor
}

func newVerification(now time.Time) (*verification, error) {
	key, raw := seal.GenerateKey()
	v := &verification{sealer: sts.NewSealer(sts.SealingKey{ID: "us-east-11", Key: key}), now: now}
	v.body = []byte(`{"Logins": {"idp.example": "` + strings.Repeat("x", 270) + `"}}`)
	secret, token := v.sealer.Seal(sessionKeyID, userSession(now))
	head, err := v.sign(sigv4.Credentials{AccessKeyID: sessionKeyID, SecretAccessKey: secret, SessionToken: token})
	if err != nil {
		return nil, err
	}
	v.floor, err = newSignatureFloor(raw, token, head, v.body)
	return v, err
}

// userSession is what the enhanced flow begins for a user of a user pool.
func userSession(now time.Time) sts.Session {
	const users = "cognito-idp." + region + ".amazonaws.com/us-east-1_1a2b3c4d5"
	return sts.Session{
		Name: "CognitoIdentityCredentials", RoleName: "app", RoleID: "AROAQEAAAAAAAAAAAAAAA",
		Issued: now.Unix(), Expires: now.Add(time.Hour).Unix(),
		Keys:  map[string]string{host + ":sub": identity, host + ":aud": poolID, "aws:FederatedProvider": host},
		Lists: map[string][]string{host + ":amr": {"authenticated", users, users + ":CognitoSignIn:a11ce000-0000-4000-8000-000000000001"}},
	}
}

// sign makes the call as an SDK does, and reads it as the server does. It returns all
// that was sent before the body.
func (v *verification) sign(key sigv4.Credentials) (head []byte, err error) {
	sent, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4577/", bytes.NewReader(v.body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Content-Type": contentType, "X-Amz-Target": targetPrefix + "GetId",
		invocationHeader: invocation, attemptHeader: attempt,
	} {
		sent.Header.Set(name, value)
	}
	sigv4.Sign(sent, v.body, key, region, service, v.now)
	var wire bytes.Buffer
	if err := sent.Write(&wire); err != nil {
		return nil, err
	}
	head = bytes.Clone(wire.Bytes()[:wire.Len()-len(v.body)])
	v.call, err = http.ReadRequest(bufio.NewReader(&wire))
	return head, err
}

func (v *verification) verify() error {
	signature, err := sigv4.Parse(v.call)
	if err != nil {
		return err
	}
	if err := signature.CheckScope(service); err != nil {
		return err
	}
	_, secret, err := v.sealer.Open(signature.AccessKeyID, signature.SessionToken)
	if err != nil {
		return err
	}
	return signature.Verify(v.call, v.body, secret, v.now, skew)
}
