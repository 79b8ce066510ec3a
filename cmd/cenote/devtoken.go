package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenotehq/cenote/testidp"
)

const (
	defaultEndpoint = "http://127.0.0.1:4577"
	maxTokenAnswer  = 1 << 20
)

// devToken is the command dev token: a token of a test provider of a running cenote
// dev, in the form in which Logins has it.
func devToken(ctx context.Context, args []string, stdout, _ io.Writer) error {
	flags := newFlags("dev token")
	endpoint := flags.String("endpoint", defaultEndpoint, "where cenote dev runs")
	provider := flags.String("provider", testHost, "whose token: "+testHost+", saml, facebook, amazon or twitter")
	app := flags.String("app", "", "the app that the token is for, at Twitter KEY;SECRET (default: the demo pool's)")
	var claims []string
	flags.Func("claim", "`NAME=VALUE`: a further claim or attribute; may be repeated; a claim's value in [] or {} is JSON", func(pair string) error {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return errors.New("a claim has the form NAME=VALUE")
		}
		claims = append(claims, pair)
		return nil
	})
	user, err := readUser(flags, args)
	if err != nil {
		return err
	}
	base, err := url.Parse(*endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return &usageError{fmt.Sprintf("the endpoint %q is no URL such as %s", *endpoint, defaultEndpoint)}
	}
	form, path, err := tokenForm(*provider, *app, claims)
	if err != nil {
		return err
	}
	form.Set("user", user)
	token, err := requestToken(ctx, base.JoinPath(testPath, path).String(), form)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// tokenForm returns what to ask a test provider, and where it is below testPath.
func tokenForm(provider, app string, claims []string) (form url.Values, path string, err error) {
	switch provider {
	case testHost:
		return url.Values{"claim": claims, "client_id": {app}}, "/token", nil
	case "saml":
		return url.Values{"attribute": claims, "audience": {app}, "recipient": {signInURL}}, samlPath + "/response", nil
	}
	switch provider {
	case "facebook":
		provider = testidp.Facebook
	case "amazon":
		provider = testidp.Amazon
	case "twitter":
		provider = testidp.Twitter
	}
	known, ok := testApps()[provider]
	if !ok {
		return nil, "", &usageError{fmt.Sprintf("there is no test provider %q; there are %s, saml, facebook, amazon and twitter", provider, testHost)}
	}
	if len(claims) > 0 {
		return nil, "", &usageError{"an access token of " + provider + " has no claims; leave --claim out"}
	}
	return url.Values{"provider": {provider}, "app": {cmp.Or(app, known)}}, accessPath + "/token", nil
}

// readUser reads the words of the command: one user, before or after the flags.
func readUser(flags *flag.FlagSet, args []string) (string, error) {
	const help = "say `cenote dev token alice`, with --claim NAME=VALUE for further claims and --provider for another provider"
	var words []string
	for {
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return "", &helpError{flags}
		}
		if err != nil {
			return "", &usageError{err.Error() + "; " + help}
		}
		if flags.NArg() == 0 {
			break
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	switch len(words) {
	case 0:
		return "", &usageError{"whose token? " + help}
	case 1:
		return words[0], nil
	}
	return "", &usageError{fmt.Sprintf("%q is one word too many; %s", words[1], help)}
}

func requestToken(ctx context.Context, address string, form url.Values) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("asking the test provider: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking the test provider: %w; is `cenote dev` running? --endpoint says where", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxTokenAnswer))
	if err != nil {
		return "", fmt.Errorf("asking the test provider: %w", err)
	}
	if response.StatusCode == http.StatusBadRequest {
		return "", fmt.Errorf("the test provider says: %s; `cenote dev` prints its users", strings.TrimSpace(string(body)))
	}
	if response.StatusCode == http.StatusMisdirectedRequest {
		return "", fmt.Errorf("the test provider says: %s", strings.TrimSpace(string(body)))
	}
	var answer struct {
		ID     string `json:"id_token"`
		Access string `json:"access_token"`
		SAML   string `json:"SAMLResponse"`
	}
	token := ""
	if err := json.Unmarshal(body, &answer); err == nil && response.StatusCode == http.StatusOK {
		token = answer.ID + answer.Access + answer.SAML // there is one of them
	}
	if token == "" {
		return "", fmt.Errorf("%s does not answer like a test provider; is it `cenote dev`, and not `cenote serve`?", address)
	}
	return token, nil
}
