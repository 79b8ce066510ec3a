package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	region       = "us-east-1"
	targetPrefix = "AWSCognitoIdentityService."
	contentType  = "application/x-amz-json-1.1"
	formType     = "application/x-www-form-urlencoded"
)

// admin calls the API with the root key.
type admin struct {
	endpoint string
	key      sigv4.Credentials
}

func (b *bench) admin(server *process) admin {
	return admin{endpoint: "http://" + server.address + "/", key: b.root}
}

// makePool makes a pool that lets guests and users in, their roles, and one for users
// who come to STS themselves; it returns the id of the pool.
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
		if roles[kind], err = a.makeRole(ctx, kind, cognitoTrust(pool.ID, kind)); err != nil {
			return "", err
		}
	}
	err = a.callJSON(ctx, "SetIdentityPoolRoles", map[string]any{"IdentityPoolId": pool.ID, "Roles": roles}, nil)
	if err != nil {
		return "", err
	}
	return pool.ID, a.makeProvider(ctx)
}

// pool returns the id of the only pool.
func (a admin) pool(ctx context.Context) (string, error) {
	var list struct {
		IdentityPools []struct {
			ID string `json:"IdentityPoolId"`
		}
	}
	if err := a.callJSON(ctx, "ListIdentityPools", map[string]any{"MaxResults": 1}, &list); err != nil {
		return "", err
	}
	if len(list.IdentityPools) == 0 {
		return "", errors.New("there is no pool")
	}
	return list.IdentityPools[0].ID, nil
}

// webRole is the role that users get from STS.
const webRole = "arn:aws:iam::" + defaultAccount + ":role/web"

// defaultAccount is a server's own unless it is told another.
const defaultAccount = "000000000000"

// makeProvider lets users of the user pool assume webRole.
func (a admin) makeProvider(ctx context.Context) error {
	_, err := a.callIAM(ctx, "CreateOpenIDConnectProvider", url.Values{"Url": {"https://" + userPool}, "ClientIDList.member.1": {userClient}})
	if err != nil {
		return err
	}
	_, err = a.makeRole(ctx, "web", fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"Federated": "arn:aws:iam::%s:oidc-provider/%s"},
		"Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {"StringEquals": {"%[2]s:aud": %q}}
	}]}`, defaultAccount, userPool, userClient))
	return err
}

// cognitoTrust lets the guests or the users of a pool in.
func cognitoTrust(pool, kind string) string {
	return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"Federated": "cognito-identity.amazonaws.com"},
		"Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {
			"StringEquals": {"cognito-identity.amazonaws.com:aud": %q},
			"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": %q}
		}
	}]}`, pool, kind)
}

// makeRole makes a role and returns its ARN.
func (a admin) makeRole(ctx context.Context, name, trust string) (string, error) {
	body, err := a.callIAM(ctx, "CreateRole", url.Values{"RoleName": {name}, "AssumeRolePolicyDocument": {trust}})
	if err != nil {
		return "", err
	}
	var made struct {
		ARN string `xml:"CreateRoleResult>Role>Arn"`
	}
	return made.ARN, xml.Unmarshal(body, &made)
}

func (a admin) callIAM(ctx context.Context, action string, form url.Values) ([]byte, error) {
	form.Set("Action", action)
	form.Set("Version", "2010-05-08")
	return a.call(ctx, "iam", http.Header{"Content-Type": {formType}}, []byte(form.Encode()))
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
