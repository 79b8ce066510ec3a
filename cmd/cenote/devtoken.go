package main

import (
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
)

const (
	defaultEndpoint = "http://127.0.0.1:4577"
	maxTokenAnswer  = 1 << 20
)

// devToken is the command dev token: an ID token of the test provider of a running
// cenote dev.
func devToken(ctx context.Context, args []string, stdout, _ io.Writer) error {
	flags := newFlags("dev token")
	endpoint := flags.String("endpoint", defaultEndpoint, "where cenote dev runs")
	form := url.Values{}
	flags.Func("claim", "`NAME=VALUE`: a further claim; may be repeated", func(pair string) error {
		if name, _, ok := strings.Cut(pair, "="); !ok || name == "" {
			return errors.New("a claim has the form NAME=VALUE")
		}
		form.Add("claim", pair)
		return nil
	})
	user, err := readUser(flags, args)
	if err != nil {
		return err
	}
	form.Set("user", user)
	base, err := url.Parse(*endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return &usageError{fmt.Sprintf("the endpoint %q is no URL such as %s", *endpoint, defaultEndpoint)}
	}
	token, err := requestToken(ctx, base.JoinPath(testPath, "token").String(), form)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// readUser reads the words of the command: one user, before or after the flags.
func readUser(flags *flag.FlagSet, args []string) (string, error) {
	const help = "say `cenote dev token alice`, with --claim NAME=VALUE for further claims"
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
	var answer struct {
		Token string `json:"id_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || response.StatusCode != http.StatusOK || answer.Token == "" {
		return "", fmt.Errorf("%s does not answer like a test provider; is it `cenote dev`, and not `cenote serve`?", address)
	}
	return answer.Token, nil
}
