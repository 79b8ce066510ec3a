package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/store"
)

// callPools calls an operation of identity pools and returns a member of the answer.
func callPools(t *testing.T, p *process, key sigv4.Credentials, operation, body, member string) string {
	t.Helper()
	status, text := post(t, p.endpoint, key, "cognito-identity", operation, body)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", operation, status, text)
	}
	if member == "" {
		return ""
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v in %s", operation, err, text)
	}
	value, _ := out[member].(string)
	return value
}

// TestSweepAfterKill deletes a pool of some thousand identities and kills the program at
// once: the next start removes what is left of them.
func TestSweepAfterKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := startServer(t, nil, "serve", "--data", folder)
	key := printedKey(t, p)
	const settings = `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`
	doomed := callPools(t, p, key, "CreateIdentityPool", settings, "IdentityPoolId")
	kept := callPools(t, p, key, "CreateIdentityPool", settings, "IdentityPoolId")
	guest := callPools(t, p, sigv4.Credentials{}, "GetId", `{"IdentityPoolId":"`+kept+`"}`, "IdentityId")
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			for range 125 {
				if status, text := post(t, p.endpoint, sigv4.Credentials{}, "", "GetId", `{"IdentityPoolId":"`+doomed+`"}`); status != http.StatusOK {
					t.Errorf("GetId: %d %s", status, text)
				}
			}
		})
	}
	wait.Wait()
	callPools(t, p, key, "DeleteIdentityPool", `{"IdentityPoolId":"`+doomed+`"}`, "")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	left := identitiesLeft(t, folder, doomed)
	if left == 0 {
		t.Fatal("the sweep was over before the kill")
	}

	p = startServer(t, nil, "serve", "--data", folder)
	if removed := p.await(t, `msg="removed the identities of deleted pools" removed=(\d+)`); removed != strconv.Itoa(left) {
		t.Errorf("the sweep removed %s, want %d", removed, left)
	}
	if id := callPools(t, p, key, "DescribeIdentity", `{"IdentityId":"`+guest+`"}`, "IdentityId"); id != guest {
		t.Errorf("the guest of the other pool is %s, want %s", id, guest)
	}
	p.stop(t)
	if left := identitiesLeft(t, folder, doomed); left != 0 {
		t.Errorf("after the sweep there are %d left", left)
	}
}

// identitiesLeft counts the identities of a pool in a data folder that nobody has open.
func identitiesLeft(t *testing.T, folder, pool string) int {
	t.Helper()
	s, err := openKept(t.Context(), Settings{Data: folder}, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	list, err := s.ListIdentities(t.Context(), pool, "", false, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
