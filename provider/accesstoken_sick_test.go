package provider_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
)

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
