package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/cenotehq/cenote/conformance"
	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/sigv4"
)

// TestProtectingYourOwnAPI does what the page of that name tells, and calls the program on it with the signers of Go's
// SDK and of Python's, as a user of the service does.
func TestProtectingYourOwnAPI(t *testing.T) {
	t.Parallel()
	o := conformance.StartOIDC(t, conformance.OIDCOptions{Issuer: "https://login.example.test"})
	w := newWorld(t, providers{oidc: []*conformance.OIDC{o}})
	address := conformance.FreeAddress(t)
	page := conformance.ReadPage(t, "protecting-your-own-api.md").Replace(t,
		"127.0.0.1:4577", w.Address(), "127.0.0.1:8080", address, "demo-user", "member")
	shell, program, python := page.Blocks("sh"), page.Blocks("go"), page.Blocks("python")
	if len(shell) != 2 || len(program) != 1 || len(python) != 1 {
		t.Fatalf("the page has %d, %d and %d blocks", len(shell), len(program), len(python))
	}
	var made struct{ AccessKey keys }
	alias, _, _ := strings.Cut(shell[0], "\n")
	conformance.Execute(t, shell[0], w.Root, &struct{}{}, &made)
	conformance.Execute(t, alias+"\n"+shell[1], w.Root)
	conformance.Serve(t, program[0], address, made.AccessKey.credentials())

	alice := logins{o.Name(): o.SignIn(t, conformance.ClientApp, "alice").ID}
	id := w.getID(t, conformance.GoSDK{}, alice)
	key := w.getCredentials(t, conformance.GoSDK{}, id, alice)
	own, other := "http://"+address+"/"+id+"/shopping", "http://"+address+"/"+conformance.Region+":00000000-0000-4000-8000-000000000000/shopping"
	want := id + ` writes "milk"` + "\n"
	if text, err := conformance.Python(t, python[0], own, key.AccessKeyID, key.SecretAccessKey, key.SessionToken); err != nil || text != want {
		t.Errorf("boto3: %v: %s", err, text)
	}
	if text, err := conformance.Python(t, python[0], other, key.AccessKeyID, key.SecretAccessKey, key.SessionToken); err == nil || !strings.Contains(text, "HTTP Error 403") {
		t.Errorf("boto3, another's: %v: %s", err, text)
	}
	if status, text := sendNote(t, signedNote(t, own, "milk", key)); status != http.StatusOK || text != want {
		t.Errorf("Go: %d %s", status, text)
	}
	status, text := sendNote(t, signedNote(t, other, "milk", key))
	if want := "is not authorized to perform: notes:PUT on resource: arn:aws:notes:::" + conformance.Region + ":00000000-0000-4000-8000-000000000000/shopping"; status != http.StatusForbidden || !strings.Contains(text, want) {
		t.Errorf("Go, another's: %d %s", status, text)
	}
	tampered := signedNote(t, own, "milk", key)
	tampered.Body = io.NopCloser(strings.NewReader("wine"))
	if status, text := sendNote(t, tampered); status != http.StatusForbidden || !strings.Contains(text, "does not match the signature you provided") {
		t.Errorf("Go, another body: %d %s", status, text)
	}
	presigned := presignedNote(t, own, key)
	if status, text := sendNote(t, presigned); status != http.StatusOK || text != id+` writes ""`+"\n" {
		t.Errorf("Go, presigned: %d %s", status, text)
	}
	presigned.URL.Path = strings.TrimPrefix(other, "http://"+address)
	if status, text := sendNote(t, presigned); status != http.StatusForbidden {
		t.Errorf("Go, presigned for another path: %d %s", status, text)
	}
}

// signedNote is a note to be written, signed by Go's SDK.
func signedNote(t *testing.T, url, text string, key aws.Credentials) *http.Request {
	t.Helper()
	r := ok(http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(text)))(t)
	hash := sha256.Sum256([]byte(text))
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(hash[:]), "notes", conformance.Region, time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

// presignedNote is an empty note under a presigned URL.
func presignedNote(t *testing.T, url string, key aws.Credentials) *http.Request {
	t.Helper()
	r := ok(http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil))(t)
	hash := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), key, r, hex.EncodeToString(hash[:]), "notes", conformance.Region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return ok(http.NewRequestWithContext(t.Context(), http.MethodPut, signed, nil))(t)
}

func sendNote(t *testing.T, r *http.Request) (status int, text string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// authorizationMessages has a service refuse a request, and decodes what it says about that.
func (tr *tour) authorizationMessages(t *testing.T) {
	ctx := t.Context()
	nobody := tr.newUser(t, "nobody-writes")
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String("nobody-writes"), PolicyName: aws.String("p"),
		PolicyDocument: aws.String(document(map[string]any{"Sid": "Never", "Effect": "Deny", "Action": "notes:*", "Resource": "*"})),
	}))(t)
	client := &gate.Client{
		Endpoint: tr.URL, Region: conformance.Region, Service: "notes",
		Credentials: sigv4.Credentials{AccessKeyID: tr.Root.AccessKeyID, SecretAccessKey: tr.Root.SecretAccessKey},
	}
	r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
	sigv4.Sign(r, nil, sigv4.Credentials{AccessKeyID: nobody.AccessKeyID, SecretAccessKey: nobody.SecretAccessKey}, conformance.Region, "notes", time.Now())
	answer := ok(client.Authorize(ctx, r, nil, gate.Question{Action: "notes:Read", Resource: "arn:aws:notes:::1"}))(t)
	if want := "User: " + accountARN + ":user/nobody-writes is not authorized to perform: notes:Read on resource: arn:aws:notes:::1" +
		" with an explicit deny in an identity-based policy"; answer.Allowed || answer.Refusal.Message != want {
		t.Errorf("the answer is %+v", answer)
	}

	decoded := *ok(tr.sts.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &answer.EncodedMessage}))(t).DecodedMessage
	var said struct {
		Allowed, ExplicitDeny bool
		MatchedStatements     struct {
			Items []struct{ StatementID, Effect string }
		}
		Context struct {
			Principal        struct{ ARN string }
			Action, Resource string
		}
	}
	if err := json.Unmarshal([]byte(decoded), &said); err != nil {
		t.Fatalf("%v: %s", err, decoded)
	}
	if said.Allowed || !said.ExplicitDeny || len(said.MatchedStatements.Items) != 1 || said.MatchedStatements.Items[0].StatementID != "Never" ||
		said.Context.Principal.ARN != accountARN+":user/nobody-writes" || said.Context.Action != "notes:Read" || said.Context.Resource != "arn:aws:notes:::1" {
		t.Errorf("the decoded message is %s", decoded)
	}
	const invalid = "The encoded authorization message is invalid or has expired."
	for _, client := range conformance.Clients(t) {
		got := must[struct{ DecodedMessage string }](t, tr.world, client, "sts:DecodeAuthorizationMessage", map[string]any{"EncodedMessage": answer.EncodedMessage}, tr.Root)
		if got.DecodedMessage != decoded {
			t.Errorf("%s decodes %s", client.Name(), got.DecodedMessage)
		}
		_, err := do[struct{}](t, tr.world, client, "sts:DecodeAuthorizationMessage", map[string]any{"EncodedMessage": answer.EncodedMessage + "A"}, tr.Root)
		wantFault(t, client, err, "InvalidAuthorizationMessageException", invalid, "InvalidAuthorizationMessageException")
	}
	_, err := do[struct{}](t, tr.world, conformance.GoSDK{}, "sts:DecodeAuthorizationMessage", map[string]any{"EncodedMessage": answer.EncodedMessage}, nobody)
	wantFault(t, conformance.GoSDK{}, err, "AccessDenied", "User: "+accountARN+":user/nobody-writes is not authorized to perform: sts:DecodeAuthorizationMessage"+
		" because no identity-based policy allows the sts:DecodeAuthorizationMessage action", "")
}
