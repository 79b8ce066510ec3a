package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	region       = "us-east-1"
	targetPrefix = "AWSCognitoIdentityService."
	contentType  = "application/x-amz-json-1.1"

	// identities is how many guests ask for credentials in turn.
	identities = 1000
)

// operation is a kind of call under measurement.
type operation struct {
	name     string
	requests [][]byte // sent in turn
	answer   answer   // to the first of them
	sent     *atomic.Int64
}

// next returns the request that has not been sent for longest.
func (o operation) next() []byte { return o.requests[int(o.sent.Add(1)-1)%len(o.requests)] }

// Names of the operations.
const (
	getIDName = "GetId of a new guest"
	guestName = "GetCredentialsForIdentity of guests"
	seenName  = "GetCredentialsForIdentity of users, tokens seen before"
	freshName = "GetCredentialsForIdentity of users, tokens not seen before"
)

// admin calls the API with the root key.
type admin struct {
	endpoint string
	key      sigv4.Credentials
}

// prepare makes a pool that lets guests and users in, their roles, the guests and the
// users with these tokens, and returns the operations to measure.
func prepare(ctx context.Context, address string, root sigv4.Credentials, tokens []string) ([]operation, error) {
	a := admin{endpoint: "http://" + address + "/", key: root}
	pool, err := a.makePool(ctx)
	if err != nil {
		return nil, fmt.Errorf("making the pool: %w", err)
	}
	getID := requestBytes("GetId", getIDName, map[string]any{"IdentityPoolId": pool})
	var getCredentials [][]byte
	for range identities {
		got, err := exchange(ctx, address, getID)
		if err != nil {
			return nil, fmt.Errorf("making a guest: %w", err)
		}
		var guest map[string]any
		if err := json.Unmarshal(got.Body, &guest); err != nil {
			return nil, fmt.Errorf("making a guest: %w", err)
		}
		getCredentials = append(getCredentials, requestBytes("GetCredentialsForIdentity", guestName, guest))
	}
	seen, fresh, err := makeUsers(ctx, address, pool, tokens)
	if err != nil {
		return nil, err
	}
	operations := []operation{
		{name: getIDName, requests: [][]byte{getID}},
		{name: guestName, requests: getCredentials},
		{name: seenName, requests: seen},
		{name: freshName, requests: fresh},
	}
	for i := range operations {
		operations[i].sent = new(atomic.Int64)
		operations[i].answer, err = exchange(ctx, address, operations[i].requests[0])
		if err != nil {
			return nil, err
		}
	}
	return operations, nil
}

func (a admin) makePool(ctx context.Context) (string, error) {
	var pool struct {
		ID string `json:"IdentityPoolId"`
	}
	err := a.callJSON(ctx, "CreateIdentityPool", map[string]any{
		"IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": true,
		"CognitoIdentityProviders": []map[string]string{{"ProviderName": userPool, "ClientId": userClient}},
	}, &pool)
	if err != nil {
		return "", err
	}
	roles := map[string]string{}
	for _, kind := range []string{"unauthenticated", "authenticated"} {
		if roles[kind], err = a.makeRole(ctx, pool.ID, kind); err != nil {
			return "", err
		}
	}
	return pool.ID, a.callJSON(ctx, "SetIdentityPoolRoles", map[string]any{
		"IdentityPoolId": pool.ID, "Roles": roles,
	}, nil)
}

// makeRole makes the role of the pool's guests or users and returns its ARN.
func (a admin) makeRole(ctx context.Context, pool, kind string) (string, error) {
	trust := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"Federated": "cognito-identity.amazonaws.com"},
		"Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {
			"StringEquals": {"cognito-identity.amazonaws.com:aud": %q},
			"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": %q}
		}
	}]}`, pool, kind)
	form := url.Values{
		"Action": {"CreateRole"}, "Version": {"2010-05-08"},
		"RoleName": {kind}, "AssumeRolePolicyDocument": {trust},
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	body, err := a.call(ctx, "iam", header, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	var made struct {
		ARN string `xml:"CreateRoleResult>Role>Arn"`
	}
	return made.ARN, xml.Unmarshal(body, &made)
}

func (a admin) callJSON(ctx context.Context, name string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {contentType}, "X-Amz-Target": {targetPrefix + name}}
	answered, err := a.call(ctx, "cognito-identity", header, body)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answered, out)
}

func (a admin) call(ctx context.Context, service string, header http.Header, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = header
	sigv4.Sign(request, body, a.key, region, service, time.Now())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answered, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, answered)
	}
	return answered, err
}

// requestBytes is an unsigned call as an SDK would put it on the wire. The floor knows
// the operation by its user agent.
func requestBytes(name, operation string, in map[string]any) []byte {
	body, _ := json.Marshal(in) // texts and maps of texts always are JSON
	return []byte(strings.Join([]string{
		"POST / HTTP/1.1",
		"Host: 127.0.0.1",
		"User-Agent: " + userAgent(operation),
		"Content-Type: " + contentType,
		"X-Amz-Target: " + targetPrefix + name,
		"Amz-Sdk-Invocation-Id: 2a4bb2a6-6b1c-4d0e-9a43-0f5c2a6f3d11",
		"Amz-Sdk-Request: attempt=1; max=3",
		fmt.Sprintf("Content-Length: %d", len(body)),
		"", string(body),
	}, "\r\n"))
}

func userAgent(operation string) string { return "cenote-bench " + operation }
