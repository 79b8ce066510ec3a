package provider_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

func TestHolder(t *testing.T) {
	t.Parallel()
	n := newNetworks(t)
	for _, test := range []struct {
		provider, app string
		apps          []string
	}{
		{provider.Facebook, "7346241598935552", []string{"7346241598935552"}},
		{provider.Amazon, "amzn1.application-oa2-client.a1", []string{"amzn1.application-oa2-client.a1", testidp.AmazonAppID("amzn1.application-oa2-client.a1")}},
		{provider.Twitter, twitterApp, []string{"key"}},
	} {
		got, err := n.client.Holder(t.Context(), n.token(t, test.provider, test.app))
		if err != nil {
			t.Errorf("%s: %v", test.provider, err)
			continue
		}
		if diff := cmp.Diff(provider.Holder{User: testidp.UserID(test.provider, "alice"), Apps: test.apps}, got); diff != "" {
			t.Errorf("%s: %s", test.provider, diff)
		}
	}
}

func isRejected(err error) bool {
	rejected, ok := errors.AsType[*provider.RejectedError](err)
	return ok && !rejected.Expired
}

func isExpired(err error) bool {
	rejected, ok := errors.AsType[*provider.RejectedError](err)
	return ok && rejected.Expired
}

func TestAccessTokensRejected(t *testing.T) {
	t.Parallel()
	n := newNetworks(t)
	facebook, amazon, twitter := n.token(t, provider.Facebook, "1"), n.token(t, provider.Amazon, "c"), n.token(t, provider.Twitter, twitterApp)
	revoked := n.token(t, provider.Facebook, "1")
	n.Revoke(revoked.Value)
	value, secret, _ := strings.Cut(twitter.Value, ";")
	for name, test := range map[string]struct {
		token provider.AccessToken
		check func(error) bool
	}{
		"unknown":                          {provider.AccessToken{Provider: provider.Facebook, Value: "EAAx"}, isRejected},
		"revoked":                          {revoked, isRejected},
		"of another provider":              {provider.AccessToken{Provider: provider.Facebook, Value: amazon.Value}, isRejected},
		"of another provider, the reverse": {provider.AccessToken{Provider: provider.Amazon, Value: facebook.Value}, isRejected},
		"empty":                            {provider.AccessToken{Provider: provider.Facebook}, isRejected},
		"with a parameter":                 {provider.AccessToken{Provider: provider.Facebook, Value: facebook.Value + "&fields=name"}, isRejected},
		"with a space":                     {provider.AccessToken{Provider: provider.Facebook, Value: facebook.Value + " "}, isRejected},
		"with a line break":                {provider.AccessToken{Provider: provider.Amazon, Value: amazon.Value + "\r\nX: y"}, isRejected},
		"with umlauts":                     {provider.AccessToken{Provider: provider.Amazon, Value: "ä"}, isRejected},
		"too long":                         {provider.AccessToken{Provider: provider.Facebook, Value: strings.Repeat("x", 5000)}, isRejected},
		"no secret":                        {provider.AccessToken{Provider: provider.Twitter, App: twitterApp, Value: value}, isRejected},
		"empty secret":                     {provider.AccessToken{Provider: provider.Twitter, App: twitterApp, Value: value + ";"}, isRejected},
		"wrong secret":                     {provider.AccessToken{Provider: provider.Twitter, App: twitterApp, Value: value + ";x"}, isRejected},
		"no token":                         {provider.AccessToken{Provider: provider.Twitter, App: twitterApp, Value: ";" + secret}, isRejected},
		"other app":                        {provider.AccessToken{Provider: provider.Twitter, App: "other;secret/with.signs", Value: twitter.Value}, isRejected},
		"wrong secret of the app":          {provider.AccessToken{Provider: provider.Twitter, App: "key;x", Value: twitter.Value}, isRejected},
		"app without secret":               {provider.AccessToken{Provider: provider.Twitter, App: "key", Value: twitter.Value}, isInvalid},
		"Digits":                           {provider.AccessToken{Provider: "www.digits.com", Value: "x"}, isInvalid},
		"any host":                         {provider.AccessToken{Provider: "localhost", Value: "x"}, isInvalid},
	} {
		if _, err := n.client.Holder(t.Context(), test.token); !test.check(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	n.now.Add(3600)
	for token, check := range map[provider.AccessToken]func(error) bool{facebook: isExpired, amazon: isRejected, twitter: isRejected} {
		if _, err := n.client.Holder(t.Context(), token); !check(err) {
			t.Errorf("%s an hour later: got %v", token.Provider, err)
		}
	}
}

// TestTokensGoNowhereElse has a provider answer with a redirect, which is not followed.
func TestTokensGoNowhereElse(t *testing.T) {
	t.Parallel()
	patient := &testidp.Patient{Handler: http.NotFoundHandler()}
	server := httptest.NewTLSServer(patient)
	t.Cleanup(server.Close)
	base := strings.TrimPrefix(server.URL, "https://")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+base+"/me?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(front.Close)
	client := redirected(t, front.URL, time.Now, time.Minute)
	if _, err := client.Holder(t.Context(), provider.AccessToken{Provider: provider.Facebook, Value: "t"}); !isStatus(http.StatusTemporaryRedirect, isInvalid)(err) {
		t.Errorf("got %v", err)
	}
	if patient.Asked() != 0 {
		t.Error("the token went to a neighbour")
	}
}

// TestAmazonHosts redirects the host of the API, that of the login, and both.
func TestAmazonHosts(t *testing.T) {
	t.Parallel()
	tokens, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tokens)
	t.Cleanup(server.Close)
	nowhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nowhere.Close)
	for name, redirects := range map[string][]string{
		"of the login": {"www.amazon.com=" + server.URL},
		"of the API":   {"api.amazon.com=" + server.URL},
		"of both":      {"www.amazon.com=" + nowhere.URL, "api.amazon.com=" + server.URL},
	} {
		var c provider.Config
		for _, r := range redirects {
			c.Redirects = append(c.Redirects, redirect(t, r))
		}
		value, err := tokens.Token(testidp.Amazon, "bob", "client")
		if err != nil {
			t.Fatal(err)
		}
		got, err := provider.New(c).Holder(t.Context(), provider.AccessToken{Provider: provider.Amazon, Value: value})
		if err != nil || got.User != testidp.UserID(testidp.Amazon, "bob") {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// TestOneQuestionPerToken has a crowd bring one token while the provider thinks: it is
// asked once. One who leaves does not take the answer from the others.
func TestOneQuestionPerToken(t *testing.T) {
	t.Parallel()
	const crowd = 50
	tokens, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{})
	if err != nil {
		t.Fatal(err)
	}
	entered, release, joined := make(chan struct{}, crowd), make(chan struct{}), make(chan struct{}, crowd)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		<-release
		tokens.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client := redirected(t, server.URL, time.Now, time.Minute)
	value, err := tokens.Token(testidp.Amazon, "alice", "client")
	if err != nil {
		t.Fatal(err)
	}
	token := provider.AccessToken{Provider: provider.Amazon, Value: value}
	impatient, leave := contextWithCancel(t)
	left := make(chan error, 1)
	go func() {
		_, err := client.Holder(impatient, token)
		left <- err
	}()
	<-entered
	leave()
	if err := <-left; !isUnreachable(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	var waiting sync.WaitGroup
	for range crowd {
		waiting.Go(func() {
			if got, err := client.Holder(arrival{t.Context(), joined}, token); err != nil || got.User == "" {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	for range crowd {
		<-joined
	}
	close(release)
	waiting.Wait()
	if len(entered) > 0 {
		t.Errorf("%d calls with one token made %d questions", crowd, len(entered)+1)
	}
}

// arrival is a context that tells when somebody begins to wait for it.
type arrival struct {
	context.Context
	joined chan<- struct{}
}

func (a arrival) Done() <-chan struct{} {
	a.joined <- struct{}{}
	return a.Context.Done()
}
