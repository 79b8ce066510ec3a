package main

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/sigv4"
)

// published are the ids of the keys of OpenID tokens, that of new tokens first.
func published(t *testing.T, p *process) []string {
	t.Helper()
	response, err := http.Get(p.endpoint + "/.well-known/jwks_uri")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range set.Keys {
		ids = append(ids, k.ID)
	}
	return ids
}

// session opens a session of root's.
func session(t *testing.T, p *process, root sigv4.Credentials) sigv4.Credentials {
	t.Helper()
	status, body := post(t, p.endpoint, root, "sts", "", "Action=GetSessionToken&Version=2011-06-15")
	part := func(name string) string {
		match := regexp.MustCompile("<" + name + ">(.*)</" + name + ">").FindStringSubmatch(body)
		if status != http.StatusOK || match == nil {
			t.Fatalf("GetSessionToken: %d %s", status, body)
		}
		return match[1]
	}
	return sigv4.Credentials{AccessKeyID: part("AccessKeyId"), SecretAccessKey: part("SecretAccessKey"), SessionToken: part("SessionToken")}
}

// TestRotateOnADatabase rotates the keys of two servers on one database: at every moment,
// each takes the sessions of the other.
func TestRotateOnADatabase(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.Start(context.Background(), "", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Remove() })
	url, err := pg.Create(t.Context(), "cenote")
	if err != nil {
		t.Fatal(err)
	}
	root := sigv4.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	refuses(t, 1, nil, []string{"serve", "--listen", "127.0.0.1:0", "--database", url}, envMasterKey, "--master-key-file", "--master-key-kms")
	env := []string{
		"CENOTE_DATABASE=" + url, envMasterKey + "=" + newMasterDigits(), "CENOTE_TOKEN_ALGORITHM=ES256",
		envRootKeyID + "=" + root.AccessKeyID, envRootSecret + "=" + root.SecretAccessKey,
	}
	nodes := []*process{startServer(t, env, "serve"), startServer(t, env, "serve")}
	before := published(t, nodes[0])
	works(t, nodes[1], session(t, nodes[0], root))

	var done rotation
	if err := json.Unmarshal([]byte(runs(t, env, "keys", "rotate", "--json")), &done); err != nil || len(done.Added) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	deadline := time.Now().Add(patience)
	for fresh := 0; fresh < len(nodes); {
		if time.Now().After(deadline) {
			t.Fatal("the new keys are not in use")
		}
		fresh = 0
		for i, p := range nodes {
			s := session(t, p, root)
			works(t, nodes[1-i], s)
			if strings.HasPrefix(s.SessionToken, done.Added[0].ID+".") && published(t, p)[0] == done.Added[1].ID {
				fresh++
			}
		}
	}
	for _, p := range nodes {
		if ids := published(t, p); !slices.Equal(ids, []string{done.Added[1].ID, before[0]}) {
			t.Errorf("a server publishes %v", ids)
		}
		p.stop(t)
	}
}
