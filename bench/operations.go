package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// Names of the operations.
const (
	getIDName    = "GetId of a new guest"
	uncachedName = "GetCredentialsForIdentity of guests, read from the store"
	cachedName   = "GetCredentialsForIdentity of guests, from the cache"
	freshName    = "GetCredentialsForIdentity of users, tokens new"
	seenName     = "GetCredentialsForIdentity of users, tokens seen before"
	openIDName   = "GetOpenIdToken of guests"
	webName      = "AssumeRoleWithWebIdentity of users, tokens new"
	signedName   = "GetCallerIdentity, signed by sessions"
)

const (
	// hot is how many identities ask in turn for what a server keeps in memory.
	hot = 1000

	// cold is how many ask in turn for what it reads: too many pages to stay in the
	// cache of the database.
	cold = 100_000
)

// operation is a kind of call under measurement.
type operation struct {
	name     string
	crypto   cryptography // that no server does without
	requests [][]byte     // sent in turn
	answer   answer       // to the first of them
	sent     *atomic.Int64
}

// next returns the request that has not been sent for longest.
func (o operation) next() []byte { return o.requests[int(o.sent.Add(1)-1)%len(o.requests)] }

// prepareUncached returns the operations that read the store of a server without a
// cache.
func (b *bench) prepareUncached(ctx context.Context, server *process, p population) ([]operation, error) {
	return finished(ctx, server, []operation{
		{name: uncachedName, crypto: minting, requests: p.guestRequests("GetCredentialsForIdentity", uncachedName, cold)},
	})
}

// prepareCached returns all other operations.
func (b *bench) prepareCached(ctx context.Context, server *process, p population) ([]operation, error) {
	pool, err := b.admin(server).pool(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := b.pools.signFor(p)
	if err != nil {
		return nil, err
	}
	guests := p.guestRequests("GetCredentialsForIdentity", cachedName, hot)
	signed, err := sessionRequests(ctx, server, guests)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	var fresh, web [][]byte
	for _, l := range logins {
		fresh = append(fresh, l.request(freshName))
		web = append(web, webIdentityRequest(webName, webRole, l.token))
	}
	var seen [][]byte
	for _, l := range logins[:min(hot, p.users())] {
		seen = append(seen, l.request(seenName))
	}
	return finished(ctx, server, []operation{
		{name: getIDName, requests: [][]byte{jsonRequest("GetId", getIDName, map[string]any{"IdentityPoolId": pool})}},
		{name: cachedName, crypto: minting, requests: guests},
		{name: freshName, crypto: verifying, requests: fresh},
		{name: seenName, crypto: minting, requests: seen},
		{name: openIDName, crypto: signing, requests: p.guestRequests("GetOpenIdToken", openIDName, hot)},
		{name: webName, crypto: verifying, requests: web},
		{name: signedName, crypto: authenticating, requests: signed},
	})
}

// finished sends each operation once, for the floor to know the answer.
func finished(ctx context.Context, server *process, operations []operation) ([]operation, error) {
	for i := range operations {
		o := &operations[i]
		o.sent = new(atomic.Int64)
		var err error
		if o.answer, err = exchange(ctx, server.address, o.requests[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return operations, nil
}

// guestRequests are calls for count guests, spread over all.
func (p population) guestRequests(call, operation string, count int) [][]byte {
	var requests [][]byte
	for _, i := range spreadOver(p.guests(), count) {
		requests = append(requests, jsonRequest(call, operation, map[string]any{"IdentityId": p.guest(i)}))
	}
	return requests
}

// request asks for credentials with a login.
func (l login) request(operation string) []byte {
	return jsonRequest("GetCredentialsForIdentity", operation,
		map[string]any{"IdentityId": l.identity, "Logins": map[string]string{userPool: l.token}})
}

// sessionRequests are calls signed with what guests get.
func sessionRequests(ctx context.Context, server *process, guests [][]byte) ([][]byte, error) {
	var signed [][]byte
	for _, guest := range guests {
		got, err := exchange(ctx, server.address, guest)
		if err != nil {
			return nil, err
		}
		var session struct {
			Credentials struct{ AccessKeyID, SecretKey, SessionToken string }
		}
		if err := json.Unmarshal(got.Body, &session); err != nil {
			return nil, err
		}
		c := session.Credentials
		request, err := signedRequest(signedName, sigv4.Credentials{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretKey, SessionToken: c.SessionToken,
		}, time.Now())
		if err != nil {
			return nil, err
		}
		signed = append(signed, request)
	}
	return signed, nil
}
