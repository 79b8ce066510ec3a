package gate_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/sigv4"
)

// A service whose notes are named by the identity id of their owner and a title.
func ExampleClient_Authorize() {
	cenote := makeWorld() // a server, a pool, and the service's own key
	defer cenote.close()

	gatekeeper := &gate.Client{
		Endpoint: cenote.URL, Credentials: cenote.service, Region: "eu-west-1", Service: "notes",
		Now: cenote.now, // as this server's clock stands still
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
			return
		}
		answer, err := gatekeeper.Authorize(r.Context(), r, body, gate.Question{
			Action: "notes:Read", Resource: "arn:aws:notes:::" + strings.TrimPrefix(r.URL.Path, "/"),
		})
		switch {
		case err != nil:
			http.Error(w, "try again later", http.StatusInternalServerError)
		case !answer.Allowed:
			answer.Refusal.ServeHTTP(w, r)
		default:
			fmt.Fprintf(w, "a note for a user of %s", answer.Signer.AMR[1])
		}
	}))
	defer service.Close()

	alice, key := cenote.identity("alice")
	bob, _ := cenote.identity("bob")
	for _, owner := range []string{alice, bob} {
		r := must(http.NewRequest(http.MethodGet, service.URL+"/"+owner+"/shopping", nil))
		sigv4.Sign(r, nil, key, "eu-west-1", "notes", cenote.now()) // what any AWS SDK's signer does
		response := must(http.DefaultClient.Do(r))
		text := must(io.ReadAll(response.Body))
		_ = response.Body.Close()
		fmt.Println(response.StatusCode, strings.ReplaceAll(string(text), bob, "BOB"))
	}
	// Output:
	// 200 a note for a user of idp.example.test
	// 403 {"message":"User: arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials is not authorized to perform: notes:Read on resource: arn:aws:notes:::BOB/shopping because no identity-based policy allows the notes:Read action"}
}
