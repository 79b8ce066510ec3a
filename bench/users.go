package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const (
	userPoolHost = "cognito-idp." + region + ".amazonaws.com"
	userPool     = userPoolHost + "/us-east-1_1a2b3c4d5"
	userClient   = "6e0f1b2c3d4e5f"

	users = 1000

	// tokensEach is how many tokens a user has: all of them together are more than a
	// server remembers.
	tokensEach = 5
)

// userPools is a user pool of ours, whose keys the server asks for.
type userPools struct {
	url    string
	server *http.Server
	idp    *testidp.Provider
	keys   token.Keys
	key    *rsa.PublicKey
}

func startUserPools() (*userPools, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	p := &userPools{key: &key.PublicKey}
	p.idp, err = testidp.New(testidp.Config{Issuer: "https://" + userPool, ClientID: userClient, Users: people(), Key: key})
	if err != nil {
		return nil, err
	}
	id, err := token.Thumbprint(key.Public())
	if err != nil {
		return nil, err
	}
	set, err := token.PublicKeys(token.PublicKey{ID: id, Algorithm: "RS256", Key: key.Public()})
	if err != nil {
		return nil, err
	}
	if p.keys, err = token.ParseKeys(set); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.url = "http://" + l.Addr().String()
	p.server = &http.Server{Handler: p.idp, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(l) }() // a server without keys notices
	return p, nil
}

func (p *userPools) stop() { _ = p.server.Close() }

// people have the claims that a user pool gives them.
func people() []testidp.User {
	var list []testidp.User
	for n := range users {
		name := fmt.Sprint("user", n)
		list = append(list, testidp.User{Name: name, Claims: map[string]any{
			"sub": fmt.Sprintf("a11ce000-0000-4000-8000-%012d", n), "cognito:username": name, "token_use": "id",
			"email": name + "@example.com", "email_verified": true, "cognito:groups": []string{"staff"},
			"origin_jti": rand.Text(), "event_id": rand.Text(),
		}})
	}
	return list
}

// sign returns the tokens of the users, one of each and then the next of each. All
// cores sign.
func (p *userPools) sign() ([]string, error) {
	signed, failed := make([]string, users*tokensEach), make([]error, runtime.NumCPU())
	var group sync.WaitGroup
	for core := range failed {
		group.Go(func() {
			for i := core; i < len(signed) && failed[core] == nil; i += len(failed) {
				signed[i], failed[core] = p.idp.Token(fmt.Sprint("user", i%users), nil)
			}
		})
	}
	group.Wait()
	return signed, errors.Join(failed...)
}

// makeUsers signs every user in for the first time, and returns the requests for
// credentials: by a token each, that a server may have seen before, and by all tokens
// one after the other.
func makeUsers(ctx context.Context, address, pool string, tokens []string) (seen, fresh [][]byte, err error) {
	var ids []string
	for i, t := range tokens {
		logins := map[string]string{userPool: t}
		if i < users {
			got, err := exchange(ctx, address, requestBytes("GetId", "", map[string]any{"IdentityPoolId": pool, "Logins": logins}))
			if err != nil {
				return nil, nil, fmt.Errorf("making a user: %w", err)
			}
			var user struct {
				ID string `json:"IdentityId"`
			}
			if err := json.Unmarshal(got.Body, &user); err != nil {
				return nil, nil, fmt.Errorf("making a user: %w", err)
			}
			ids = append(ids, user.ID)
			seen = append(seen, requestBytes("GetCredentialsForIdentity", seenName, map[string]any{"IdentityId": user.ID, "Logins": logins}))
		}
		fresh = append(fresh, requestBytes("GetCredentialsForIdentity", freshName, map[string]any{"IdentityId": ids[i%users], "Logins": logins}))
	}
	return seen, fresh, nil
}

// login reads and verifies the tokens in turn, as the server does.
func (p *userPools) login(tokens []string) func() error {
	n := 0
	return func() error {
		t, err := token.Parse(tokens[n%len(tokens)])
		if err != nil {
			return err
		}
		n++
		return t.VerifySignature(p.keys)
	}
}

// verifyOnly is the RSA operation for a token, with its hash.
func (p *userPools) verifyOnly(raw string) (func() error, error) {
	text := raw[:strings.LastIndex(raw, ".")]
	signature, err := base64.RawURLEncoding.DecodeString(raw[len(text)+1:])
	if err != nil {
		return nil, err
	}
	return func() error {
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(p.key, crypto.SHA256, sum[:], signature)
	}, nil
}
