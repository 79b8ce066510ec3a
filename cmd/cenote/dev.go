package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/testidp"
)

// dev is the command of that name.
func dev(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("dev")
	asJSON := flags.Bool("json", false, "print what to use next as one line of JSON")
	settings, err := readSettings(flags, args, "cenote-dev")
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	l, err := listen(ctx, settings.Listen)
	if err != nil {
		return err
	}
	endpoint := "http://" + l.Addr().String()
	settings.Redirects = append(settings.Redirects, testRedirects(l.Addr())...)
	i, err := open(ctx, settings, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	handler, next, err := i.demo(ctx, endpoint)
	if err != nil {
		return errors.Join(err, l.Close(), i.store.Close())
	}
	if *asJSON {
		err = json.NewEncoder(stdout).Encode(next)
	} else {
		_, err = io.WriteString(stdout, next.text())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("printing what to use next: %w", err), l.Close(), i.store.Close())
	}
	return i.serve(ctx, l, handler)
}

// demo makes what cenote dev shows, so far as it is not there, and returns the
// handler that also answers as the test providers.
func (i *instance) demo(ctx context.Context, endpoint string) (http.Handler, nextSteps, error) {
	keys, err := signingKeys(ctx, i.store, purposeTestIDP, "RS256")
	if err != nil {
		return nil, nextSteps{}, err
	}
	all, metadata, err := testProviders(keys[0].Signer)
	if err != nil {
		return nil, nextSteps{}, fmt.Errorf("starting the test providers: %w", err)
	}
	pool, err := ensureDemo(ctx, i.services, metadata)
	if err != nil {
		return nil, nextSteps{}, fmt.Errorf("making the demo pool: %w", err)
	}
	all = i.settings.knownOnly(all)
	both := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, testPath+"/") {
			all.ServeHTTP(w, r)
			return
		}
		i.handler.ServeHTTP(w, r)
	})
	var users []string
	for _, u := range testidp.DefaultUsers() {
		users = append(users, u.Name)
	}
	return both, nextSteps{
		Endpoint: endpoint, Region: demoRegion, Data: i.settings.place(), Pool: pool,
		Provider: testHost, Access: slices.Sorted(maps.Keys(testApps())), SAML: arn.SAMLProvider(i.settings.Account, demoSAML).String(), Users: users,
		AccessKeyID: i.services.Root.ID, SecretAccessKey: string(i.services.Root.Secret),
	}, nil
}

// nextSteps is what cenote dev prints: all that a client needs.
type nextSteps struct {
	Endpoint        string   `json:"endpoint"`
	Region          string   `json:"region"`
	Data            string   `json:"data"`
	Pool            string   `json:"identityPoolId"`
	Provider        string   `json:"loginProvider"`
	Access          []string `json:"accessTokenProviders"`
	SAML            string   `json:"samlProvider"`
	Users           []string `json:"users"`
	AccessKeyID     string   `json:"accessKeyId"`
	SecretAccessKey string   `json:"secretAccessKey"`
}

// text is the next steps to read and to paste into a shell.
func (n nextSteps) text() string {
	aws := "aws --region " + n.Region + " --endpoint-url " + n.Endpoint
	self := program()
	if n.Endpoint != defaultEndpoint {
		self += " --endpoint " + n.Endpoint
	}
	return fmt.Sprintf(`
Cenote is ready at %[1]s (everything is kept in %[2]s).

Identity pool  %[3]s
Test provider  %[4]s, with the users %[5]s

A guest, to an identity and credentials:

  ID=$(%[6]s cognito-identity get-id --identity-pool-id %[3]s --query IdentityId --output text)
  %[6]s cognito-identity get-credentials-for-identity --identity-id $ID

A signed-in user, the same at every visit:

  TOKEN=$(%[7]s %[8]s)
  ID=$(%[6]s cognito-identity get-id --identity-pool-id %[3]s --logins %[4]s=$TOKEN --query IdentityId --output text)
  %[6]s cognito-identity get-credentials-for-identity --identity-id $ID --logins %[4]s=$TOKEN

Facebook, Amazon and Twitter are test providers, too, with the same users:

  TOKEN=$(%[7]s %[8]s --provider %[12]s)
  %[6]s cognito-identity get-id --identity-pool-id %[3]s --logins %[12]s=$TOKEN

The administrator:

  export AWS_ACCESS_KEY_ID=%[9]s AWS_SECRET_ACCESS_KEY=%[10]s
  %[6]s sts get-caller-identity

For the SDKs: endpoint %[1]s, region %[11]s, that is
AWS_ENDPOINT_URL=%[1]s AWS_REGION=%[11]s in most of them.

`, n.Endpoint, n.Data, n.Pool, n.Provider, strings.Join(n.Users, ", "), aws, self, n.Users[0],
		n.AccessKeyID, n.SecretAccessKey, n.Region, testidp.Facebook)
}

// program is how to call this program once more for a token: go run leaves no
// binary that could be named.
func program() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, "go-build") {
		return "go run ./cmd/cenote dev token"
	}
	return quoted(os.Args[0]) + " dev token"
}

// quoted makes one word of text for a shell.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
