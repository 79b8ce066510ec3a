package main

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

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

	// The floor has its own of all that it works on, in the same lengths.
	head   []byte
	aead   cipher.AEAD
	sealed []byte
	opened []byte
}

func newVerification(now time.Time) (*verification, error) {
	key, raw := seal.GenerateKey()
	v := &verification{sealer: sts.NewSealer(sts.SealingKey{ID: "us-east-11", Key: key}), now: now}
	v.body = []byte(`{"Logins": {"idp.example": "` + strings.Repeat("x", 270) + `"}}`)
	secret, token := v.sealer.Seal(sessionKeyID, userSession(now))
	if err := v.sign(sigv4.Credentials{AccessKeyID: sessionKeyID, SecretAccessKey: secret, SessionToken: token}); err != nil {
		return nil, err
	}
	return v, v.prepareFloor(raw, token)
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

// sign makes the call as an SDK does, and reads it as the server does.
func (v *verification) sign(key sigv4.Credentials) error {
	sent, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4577/", bytes.NewReader(v.body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"Content-Type": contentType, "X-Amz-Target": targetPrefix + "GetId",
		"Amz-Sdk-Invocation-Id": "2a4bb2a6-6b1c-4d0e-9a43-0f5c2a6f3d11", "Amz-Sdk-Request": "attempt=1; max=3",
	} {
		sent.Header.Set(name, value)
	}
	sigv4.Sign(sent, v.body, key, region, service, v.now)
	var wire bytes.Buffer
	if err := sent.Write(&wire); err != nil {
		return err
	}
	v.head = bytes.Clone(wire.Bytes()[:wire.Len()-len(v.body)])
	v.call, err = http.ReadRequest(bufio.NewReader(&wire))
	return err
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

func (v *verification) prepareFloor(key []byte, token string) (err error) {
	v.aead, err = chacha20poly1305.NewX(key)
	if err != nil {
		return err
	}
	_, text, _ := strings.Cut(token, ".")
	size := base64.StdEncoding.DecodedLen(len(strings.TrimRight(text, "=")))
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	plain := make([]byte, size-len(nonce)-chacha20poly1305.Overhead)
	v.sealed = v.aead.Seal(nonce, nonce, plain, []byte(sessionKeyID))
	v.opened = make([]byte, 0, len(plain))
	return nil
}

// floor is the cryptography that Signature Version 4 and a sealed token ask for: the
// hashes of the body and of the canonical request, which is as long as the head that it
// is made of; four HMACs for the signing key and one for the signature; opening the
// token.
func (v *verification) floor() error {
	body, request := sha256.Sum256(v.body), sha256.Sum256(v.head)
	toSign := slices.Concat(v.head[:66], body[:], request[:])
	key := make([]byte, 44) // as long as "AWS4" and a secret
	for _, text := range [][]byte{[]byte("20260701"), []byte(region), []byte(service), []byte("aws4_request"), toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write(text)
		key = mac.Sum(nil)
	}
	nonce, box := v.sealed[:chacha20poly1305.NonceSizeX], v.sealed[chacha20poly1305.NonceSizeX:]
	_, err := v.aead.Open(v.opened, nonce, box, []byte(sessionKeyID))
	return err
}
