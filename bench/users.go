package main

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

const (
	userPoolHost = "cognito-idp." + region + ".amazonaws.com"
	userPool     = userPoolHost + "/us-east-1_1a2b3c4d5"
	userClient   = "6e0f1b2c3d4e5f"
	userName     = "somebody"

	// tokenCount is more tokens than a server remembers.
	tokenCount = 5 * hot
)

// userPools is a user pool of ours, whose keys the server asks for.
type userPools struct {
	url    string
	server *http.Server
	idp    *testidp.Provider
	keys   token.Keys
}

func startUserPools() (*userPools, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	p := &userPools{}
	p.idp, err = testidp.New(testidp.Config{Issuer: "https://" + userPool, ClientID: userClient, Users: []testidp.User{person()}, Key: key})
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

// person has the claims that a user pool gives everybody.
func person() testidp.User {
	return testidp.User{Name: userName, Claims: map[string]any{
		"cognito:username": userName, "token_use": "id",
		"email": userName + "@example.com", "email_verified": true, "cognito:groups": []string{"staff"},
		"origin_jti": rand.Text(), "event_id": rand.Text(),
	}}
}

// login is a token of a user who has an identity.
type login struct{ identity, token string }

// signFor returns tokens of users, spread over all of a population: one of each and then
// the next of each. All cores sign.
func (p *userPools) signFor(all population) ([]login, error) {
	chosen := spreadOver(all.users(), hot)
	logins, failed := make([]login, tokenCount), make([]error, runtime.NumCPU())
	var group sync.WaitGroup
	for core := range failed {
		group.Go(func() {
			for i := core; i < len(logins) && failed[core] == nil; i += len(failed) {
				id, subject := all.user(chosen[i%len(chosen)])
				logins[i].identity = id
				logins[i].token, failed[core] = p.idp.Token(userName, map[string]any{"sub": subject})
			}
		})
	}
	group.Wait()
	return logins, errors.Join(failed...)
}

// login reads and verifies tokens in turn, as the server does.
func (p *userPools) login(logins []login) func() error {
	n := 0
	return func() error {
		t, err := token.Parse(logins[n%len(logins)].token)
		if err != nil {
			return err
		}
		n++
		return t.VerifySignature(p.keys)
	}
}
