package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

const twitterApp = "key;secret/with.signs"

// networks are the three providers of access tokens in a box, and a client that is
// redirected to them.
type networks struct {
	*testidp.AccessTokens
	patient *testidp.Patient
	client  *provider.Client
	now     atomic.Int64
}

func newNetworks(t *testing.T) *networks {
	t.Helper()
	n := &networks{}
	n.now.Store(1_700_000_000)
	clock := func() time.Time { return time.Unix(n.now.Load(), 0) }
	tokens, err := testidp.NewAccessTokens(testidp.AccessTokensConfig{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	n.AccessTokens, n.patient = tokens, &testidp.Patient{Handler: tokens}
	server := httptest.NewServer(n.patient)
	t.Cleanup(server.Close)
	n.client = redirected(t, server.URL, clock, time.Minute)
	return n
}

func redirected(t *testing.T, base string, now func() time.Time, timeout time.Duration) *provider.Client {
	t.Helper()
	var rs []provider.Redirect
	for _, host := range []string{provider.Facebook, provider.Amazon, provider.Twitter} {
		rs = append(rs, redirect(t, host+"="+base))
	}
	return provider.New(provider.Config{Redirects: rs, Now: now, Timeout: timeout})
}

// token is one of alice for an app.
func (n *networks) token(t *testing.T, name, app string) provider.AccessToken {
	t.Helper()
	value, err := n.Token(name, "alice", app)
	if err != nil {
		t.Fatal(err)
	}
	return provider.AccessToken{Provider: name, App: app, Value: value}
}

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

// answering is a client whose providers all give one answer.
func answering(t *testing.T, status int, contentType, body string) *provider.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return redirected(t, server.URL, time.Now, time.Minute)
}

const asJSON = "application/json; charset=UTF-8"

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const (
		facebook = provider.Facebook
		amazon   = provider.Amazon
		twitter  = provider.Twitter
	)
	for name, test := range map[string]struct {
		provider    string
		status      int
		contentType string
		body        string
		check       func(error) bool
	}{
		"good":                      {facebook, 200, asJSON, `{"id":"1"}`, isNil},
		"as old Graph versions":     {facebook, 200, "text/javascript; charset=UTF-8", `{"id":"1"}`, isNil},
		"HTML":                      {facebook, 200, "text/html", `<html>`, isURL},
		"HTML that is declared":     {facebook, 200, asJSON, `<html>`, isURL},
		"JSON in HTML":              {facebook, 200, "text/html", `{"id":"1"}`, isURL},
		"no content type":           {facebook, 200, "", `{"id":"1"}`, isURL},
		"plain text":                {facebook, 200, "text/plain", `{"id":"1"}`, isURL},
		"duplicate name":            {facebook, 200, asJSON, `{"id":"1","id":"2"}`, isURL},
		"two objects":               {facebook, 200, asJSON, `{"id":"1"}{"id":"2"}`, isURL},
		"a list":                    {facebook, 200, asJSON, `[{"id":"1"}]`, isURL},
		"nothing":                   {facebook, 200, asJSON, ``, isURL},
		"no id":                     {facebook, 200, asJSON, `{"name":"x"}`, isURL},
		"empty id":                  {facebook, 200, asJSON, `{"id":""}`, isURL},
		"id is a number":            {facebook, 200, asJSON, `{"id":1}`, isURL},
		"id is an object":           {facebook, 200, asJSON, `{"id":{"id":"1"}}`, isURL},
		"id in other case":          {facebook, 200, asJSON, `{"ID":"1"}`, isURL},
		"id with a colon":           {facebook, 200, asJSON, `{"id":"1:2"}`, isURL},
		"id with a space":           {facebook, 200, asJSON, `{"id":"1 "}`, isURL},
		"id with a zero":            {facebook, 200, asJSON, `{"id":"1\u0000"}`, isURL},
		"endless id":                {facebook, 200, asJSON, `{"id":"` + strings.Repeat("1", 300) + `"}`, isURL},
		"broken UTF-8":              {facebook, 200, asJSON, "{\"id\":\"1\",\"name\":\"\xff\"}", isURL},
		"an error with status 200":  {facebook, 200, asJSON, `{"error":{"code":190}}`, isURL},
		"invalid token":             {facebook, 400, asJSON, `{"error":{"code":190}}`, isRejected},
		"expired token":             {facebook, 400, asJSON, `{"error":{"code":190,"error_subcode":463}}`, isExpired},
		"limit of the app":          {facebook, 400, asJSON, `{"error":{"code":4}}`, isUnreachable},
		"limit of the user":         {facebook, 403, asJSON, `{"error":{"code":17}}`, isUnreachable},
		"trouble of its own":        {facebook, 400, asJSON, `{"error":{"code":2}}`, isUnreachable},
		"400 without a body":        {facebook, 400, asJSON, ``, isRejected},
		"404":                       {facebook, 404, asJSON, `{"id":"1"}`, isStatus(404, isInvalid)},
		"201":                       {facebook, 201, asJSON, `{"id":"1"}`, isStatus(201, isInvalid)},
		"500":                       {facebook, 500, asJSON, `{"id":"1"}`, isStatus(500, isUnreachable)},
		"Amazon":                    {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"u","exp":3600}`, isNil},
		"Amazon, exp in quotes":     {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"u","exp":"3600"}`, isNil},
		"Amazon, expired":           {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"u","exp":0}`, isExpired},
		"Amazon, no exp":            {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"u"}`, isInvalid},
		"Amazon, exp is a fraction": {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"u","exp":1.5}`, isInvalid},
		"Amazon, other issuer":      {amazon, 200, asJSON, `{"iss":"https://evil.example","aud":"c","user_id":"u","exp":3600}`, isInvalid},
		"Amazon, no issuer":         {amazon, 200, asJSON, `{"aud":"c","user_id":"u","exp":3600}`, isInvalid},
		"Amazon, no app":            {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","user_id":"u","exp":3600}`, isInvalid},
		"Amazon, app is a list":     {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":["c"],"user_id":"u","exp":3600}`, isInvalid},
		"Amazon, app id is empty":   {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","app_id":"","user_id":"u","exp":3600}`, isInvalid},
		"Amazon, no user":           {amazon, 200, asJSON, `{"iss":"https://www.amazon.com","aud":"c","user_id":"","exp":3600}`, isInvalid},
		"Amazon, invalid token":     {amazon, 400, asJSON, `{"error":"invalid_token"}`, isRejected},
		"Amazon, limit":             {amazon, 429, asJSON, ``, isUnreachable},
		"Twitter":                   {twitter, 200, asJSON, `{"id":1,"id_str":"1"}`, isNil},
		"Twitter, no id_str":        {twitter, 200, asJSON, `{"id":1}`, isInvalid},
		"Twitter, invalid token":    {twitter, 401, asJSON, `{"errors":[{"code":89}]}`, isRejected},
		"Twitter, suspended":        {twitter, 403, asJSON, `{"errors":[{"code":64}]}`, isRejected},
		"Twitter, over capacity":    {twitter, 503, asJSON, ``, isUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, test.status, test.contentType, test.body)
			got, err := client.Holder(t.Context(), provider.AccessToken{Provider: test.provider, App: "k;s", Value: "t;s"})
			if !test.check(err) {
				t.Errorf("got %v", err)
			}
			if err != nil && !cmp.Equal(got, provider.Holder{}) {
				t.Errorf("refused, and yet it is %+v", got)
			}
		})
	}
}

// TestSickNetworks has each provider fail in each way: the token and the keys of the
// app are in no error, and the provider is not asked again on its own.
func TestSickNetworks(t *testing.T) {
	t.Parallel()
	n := newNetworks(t)
	for illness, check := range map[testidp.Illness]func(error) bool{
		testidp.Failing:  isStatus(http.StatusInternalServerError, isUnreachable),
		testidp.Limiting: isStatus(http.StatusTooManyRequests, isUnreachable),
		testidp.Raving:   isURL,
		testidp.Bloated:  isURL,
		testidp.Straying: isStatus(http.StatusFound, isInvalid),
		testidp.Dropping: isUnreachable,
	} {
		for name, app := range map[string]string{provider.Facebook: "1", provider.Amazon: "c", provider.Twitter: twitterApp} {
			token := n.token(t, name, app)
			n.patient.Ail(illness)
			_, err := n.client.Holder(t.Context(), token)
			if !check(err) {
				t.Errorf("%s, illness %d: got %v", name, illness, err)
			}
			tellsNothing(t, err, token)
			n.patient.Ail(testidp.Healthy)
			if _, err := n.client.Holder(t.Context(), token); err != nil {
				t.Errorf("%s, recovered: %v", name, err)
			}
		}
	}
}

// tellsNothing fails the test if an error has a secret in it.
func tellsNothing(t *testing.T, err error, token provider.AccessToken) {
	t.Helper()
	value, secret, _ := strings.Cut(token.Value, ";")
	_, appSecret, _ := strings.Cut(token.App, ";")
	for _, hidden := range []string{value, secret, appSecret} {
		if hidden != "" && err != nil && strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: the error has a secret in it: %v", token.Provider, err)
		}
	}
}

func TestHangingNetworks(t *testing.T) {
	t.Parallel()
	patient := &testidp.Patient{}
	patient.Ail(testidp.Hanging)
	server := httptest.NewServer(patient)
	t.Cleanup(server.Close)
	client := redirected(t, server.URL, time.Now, 50*time.Millisecond)
	for name, app := range map[string]string{provider.Facebook: "1", provider.Amazon: "c", provider.Twitter: twitterApp} {
		token := provider.AccessToken{Provider: name, App: app, Value: "hidden;too"}
		_, err := client.Holder(t.Context(), token)
		if !isUnreachable(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
		tellsNothing(t, err, token)
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
