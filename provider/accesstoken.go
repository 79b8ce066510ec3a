package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Providers of opaque access tokens, as identity pools and trust policies call them.
const (
	Facebook = "graph.facebook.com"
	Amazon   = "www.amazon.com"
	Twitter  = "api.twitter.com"
)

// amazonAPI is where Login with Amazon answers; a redirect may name either host.
const amazonAPI = "api.amazon.com"

const (
	// maxAccessToken is the longest access token in bytes that is shown to a
	// provider. Amazon's have at most 2048, Facebook's and Twitter's a few hundred.
	maxAccessToken = 4 << 10

	// maxIdentifier is the longest id of a user or app in bytes.
	maxIdentifier = 256
)

// AccessToken is a token that says nothing by itself: its provider has to be asked.
type AccessToken struct {
	Provider string // Facebook, Amazon or Twitter
	App      string // at Twitter consumerKey;consumerSecret; the others do not need it
	Value    string // at Twitter token;secret
}

// Holder is whom a provider gave an access token to.
type Holder struct {
	User string // the user's id at the provider

	// Apps are the names of the app that the token was made for, at least one. Amazon
	// has two for each app: the client id, which is first here, and the app id.
	Apps []string
}

// Holder asks a provider whose access token this is and for which app it was made.
// The answer is not remembered; calls with the same token at the same time share one
// question, and a provider is asked at most 100 at once. It returns *RejectedError if the
// provider says no, *UnreachableError (also where there are 100) or *InvalidError.
func (c *Client) Holder(ctx context.Context, t AccessToken) (Holder, error) {
	key := strings.Join([]string{t.Provider, t.App, t.Value}, "\x00")
	flight := c.flights.DoChan(key, func() (any, error) {
		if err := c.shares.take(t.Provider); err != nil {
			return Holder{}, err
		}
		defer c.shares.give(t.Provider)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		return c.holder(ctx, t)
	})
	select {
	case landed := <-flight:
		return landed.Val.(Holder), landed.Err
	case <-ctx.Done():
		return Holder{}, &UnreachableError{Issuer: t.Provider, Cause: context.Cause(ctx)}
	}
}

func (c *Client) holder(ctx context.Context, t AccessToken) (Holder, error) {
	switch t.Provider {
	case Facebook:
		return c.facebook(ctx, t.Value)
	case Amazon:
		return c.amazon(ctx, t.Value)
	case Twitter:
		return c.twitter(ctx, t)
	}
	return Holder{}, &InvalidError{Issuer: t.Provider, Cause: errors.New("its access tokens cannot be verified")}
}

// facebook needs nothing but the user's token: both questions are about the token
// that asks (Graph API, nodes "me" and "app").
func (c *Client) facebook(ctx context.Context, value string) (Holder, error) {
	q := question{provider: Facebook, host: Facebook, token: value}
	q.query = url.Values{"fields": {"id"}, "access_token": {value}}
	app, err := c.identifier(ctx, q.at("/app"), "id")
	if err != nil {
		return Holder{}, err
	}
	user, err := c.identifier(ctx, q.at("/me"), "id")
	if err != nil {
		return Holder{}, err
	}
	return Holder{User: user, Apps: []string{app}}, nil
}

// identifier asks a question whose answer is one member.
func (c *Client) identifier(ctx context.Context, q question, name string) (string, error) {
	answer, err := c.ask(ctx, q)
	if err != nil {
		return "", err
	}
	return q.identifier(answer, name)
}

// amazon asks for the token's description (Login with Amazon, "Verify access
// tokens"), where exp is the number of seconds left.
func (c *Client) amazon(ctx context.Context, value string) (Holder, error) {
	q := question{provider: Amazon, host: amazonAPI, token: value}
	if _, redirected := c.redirects.of(amazonAPI); !redirected {
		if _, redirected := c.redirects.of(Amazon); redirected {
			q.host = Amazon
		}
	}
	q.query = url.Values{"access_token": {value}}
	answer, err := c.ask(ctx, q.at("/auth/o2/tokeninfo"))
	if err != nil {
		return Holder{}, err
	}
	if answer["iss"] != "https://"+Amazon {
		return Holder{}, &InvalidError{Issuer: Amazon, Cause: errors.New("its answer is of another issuer")}
	}
	left, ok := seconds(answer["exp"])
	if !ok {
		return Holder{}, &InvalidError{Issuer: Amazon, Cause: errors.New("its answer has no exp")}
	}
	if left <= 0 {
		return Holder{}, &RejectedError{Provider: Amazon, Status: 400, Expired: true}
	}
	return amazonHolder(q, answer)
}

func amazonHolder(q question, answer map[string]any) (Holder, error) {
	user, err := q.identifier(answer, "user_id")
	if err != nil {
		return Holder{}, err
	}
	client, err := q.identifier(answer, "aud")
	if err != nil {
		return Holder{}, err
	}
	apps := []string{client}
	if _, ok := answer["app_id"]; ok {
		app, err := q.identifier(answer, "app_id")
		if err != nil {
			return Holder{}, err
		}
		apps = slices.Compact(append(apps, app))
	}
	return Holder{User: user, Apps: apps}, nil
}

// seconds reads a number that may stand in quotes.
func seconds(member any) (int64, bool) {
	text, ok := member.(string)
	if number, is := member.(json.Number); is {
		text, ok = number.String(), true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, ok && err == nil
}

// twitter signs the question with the keys of the app and of the user: an answer
// proves that the token is of this user and for this app (GET
// account/verify_credentials).
func (c *Client) twitter(ctx context.Context, t AccessToken) (Holder, error) {
	consumer, consumerSecret, ok := strings.Cut(t.App, ";")
	if !ok || consumer == "" || consumerSecret == "" {
		return Holder{}, &InvalidError{Issuer: Twitter, Cause: errors.New("the app is not of the form consumerKey;consumerSecret")}
	}
	value, secret, ok := strings.Cut(t.Value, ";")
	if !ok || secret == "" {
		return Holder{}, &RejectedError{Provider: Twitter, Status: 401}
	}
	q := question{provider: Twitter, host: Twitter, token: value}.at("/1.1/account/verify_credentials.json")
	q.authorization = oauth{
		consumer: consumer, consumerSecret: consumerSecret, token: value, tokenSecret: secret,
	}.header("GET", q.address(), c.now())
	user, err := c.identifier(ctx, q, "id_str")
	if err != nil {
		return Holder{}, err
	}
	return Holder{User: user, Apps: []string{consumer}}, nil
}
