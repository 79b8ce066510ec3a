package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cenotehq/cenote/sigv4"
)

// User is what a user pool says of one of its users.
type User struct {
	Subject string // the sub attribute, which no other user ever has
	Enabled bool
	Status  string // UserStatus: CONFIRMED, ARCHIVED and others
}

// ErrNoUser says that a user pool has no user of that name.
var ErrNoUser = errors.New("provider: the user pool has no such user")

// ErrNoKey says that a user pool of AWS's own cannot be asked without a key.
var ErrNoKey = errors.New("there is no key to ask user pools with")

// User asks a user pool, known as cognito-idp.REGION.amazonaws.com/POOL, about the
// user of this name, every time anew, and at most 100 times at once. It returns ErrNoUser,
// *UnreachableError (also where there are 100) or *InvalidError. See AdminGetUser in the Amazon Cognito user pools API reference.
func (c *Client) User(ctx context.Context, pool, name string) (User, error) {
	if !isUserPool(pool) {
		return User{}, &InvalidError{Issuer: pool, Cause: errors.New("not the name of a user pool")}
	}
	if err := c.shares.take(pool); err != nil {
		return User{}, err
	}
	defer c.shares.give(pool)
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.adminGetUser(ctx, pool, name)
	if err != nil {
		return User{}, &InvalidError{Issuer: pool, Cause: err}
	}
	client := *c.http
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return User{}, classify(pool, err)
	}
	body, err := readBody(resp, req.URL.String())
	if resp.StatusCode != http.StatusOK {
		return User{}, userPoolError(pool, &StatusError{URL: req.URL.String(), Status: resp.StatusCode}, body)
	}
	if err != nil {
		return User{}, classify(pool, err)
	}
	user, err := parseUser(body)
	if err != nil {
		return User{}, &InvalidError{Issuer: pool, Cause: err}
	}
	return user, nil
}

// adminGetUser is the signed question. Emulators want a signature to look at and do
// not verify it, so where a redirect leads to one, any key does.
func (c *Client) adminGetUser(ctx context.Context, pool, name string) (*http.Request, error) {
	host, id, _ := strings.Cut(pool, "/")
	key := c.userPoolKey
	if key.AccessKeyID == "" {
		if _, redirected := c.redirects.of(host); !redirected {
			return nil, ErrNoKey
		}
		key = sigv4.Credentials{AccessKeyID: "cenote", SecretAccessKey: "cenote"}
	}
	body, err := json.Marshal(map[string]string{"UserPoolId": id, "Username": name})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminGetUser")
	req.Header.Set("User-Agent", "cenote")
	region, _, _ := strings.Cut(strings.TrimPrefix(host, "cognito-idp."), ".")
	sigv4.Sign(req, body, key, region, "cognito-idp", c.now())
	return req, nil
}

// userPoolError reads an answer that is an error of the API.
func userPoolError(pool string, status *StatusError, body []byte) error {
	var answer struct {
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return classify(pool, status)
	}
	_, code, prefixed := strings.Cut(answer.Type, "#")
	if !prefixed {
		code = answer.Type
	}
	switch code {
	case "UserNotFoundException":
		return ErrNoUser
	case "TooManyRequestsException":
		return &UnreachableError{Issuer: pool, Cause: status}
	}
	return classify(pool, fmt.Errorf("%w: %.64q", status, code))
}

func parseUser(body []byte) (User, error) {
	var answer struct {
		Enabled        *bool
		UserStatus     string
		UserAttributes []struct{ Name, Value string }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return User{}, errors.New("the answer is not JSON of AdminGetUser") // without its text, which is personal
	}
	if answer.Enabled == nil {
		return User{}, errors.New("the answer does not say whether the user is enabled")
	}
	user := User{Enabled: *answer.Enabled, Status: answer.UserStatus}
	for _, a := range answer.UserAttributes {
		if a.Name == "sub" {
			user.Subject = a.Value
		}
	}
	if user.Subject == "" {
		return User{}, errors.New("the answer has no sub")
	}
	return user, nil
}
