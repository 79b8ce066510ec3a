package gate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/gate"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/sts"
)

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// reading asks whether a note may be read; its resource is the path.
func reading(r *http.Request) gate.Question {
	return gate.Question{Action: "notes:Read", Resource: "arn:aws:notes:::" + strings.TrimPrefix(r.URL.Path, "/")}
}

// call signs a request to n, changes it, sends it, and returns the status and the body.
func (w *world) call(t *testing.T, n *notes, key sigv4.Credentials, path, body string, tamper func(*http.Request)) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, n.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	sigv4.Sign(r, []byte(body), key, region, "notes", w.now())
	if tamper != nil {
		tamper(r)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// refuses fails the test unless the last answer of n was this refusal.
func (n *notes) refuses(t *testing.T, code, message string) {
	t.Helper()
	if n.err != nil || n.answer.Allowed {
		t.Errorf("allowed %t, error %v", n.answer.Allowed, n.err)
	}
	if diff := cmp.Diff(gate.Refusal{Code: code, Message: message}, n.answer.Refusal); diff != "" {
		t.Error(diff)
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := serve(t, w.client(), reading)
	alice, key := w.identity("alice")
	bob, _ := w.identity("bob")
	if status, text := w.call(t, n, key, "/"+alice+"/1", "text", nil); status != http.StatusOK || text != "" {
		t.Fatalf("her own note: %d %s, %v", status, text, n.err)
	}
	session := n.answer.Signer.ARN
	role := must(w.config.IAM.Roles.Get(t.Context(), "member"))
	want := gate.Answer{Allowed: true, Signer: gate.Signer{
		Account: account, ARN: "arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials",
		UserID:     role.ID + ":CognitoIdentityCredentials",
		IdentityID: alice, IdentityPoolID: w.pool, AMR: n.answer.Signer.AMR, Tags: map[string]string{"kind": "member"},
	}}
	if diff := cmp.Diff(want, n.answer); diff != "" {
		t.Error(diff)
	}
	if amr := n.answer.Signer.AMR; len(amr) != 3 || amr[0] != "authenticated" || amr[1] != idp {
		t.Errorf("amr is %q", amr)
	}

	status, text := w.call(t, n, key, "/"+bob+"/1", "text", nil)
	message := "User: " + session + " is not authorized to perform: notes:Read on resource: arn:aws:notes:::" + bob + "/1" +
		" because no identity-based policy allows the notes:Read action"
	n.refuses(t, "AccessDeniedException", message)
	if want := fmt.Sprintf("{\"message\":%q}\n", message); status != http.StatusForbidden || text != want {
		t.Errorf("the client is told %d %s", status, text)
	}
	if n.answer.Signer.IdentityID != alice {
		t.Errorf("whoever is denied is known as well, and is %+v", n.answer.Signer)
	}
	if want := `statement 1 (Own) of the identity-based policy of "own" would allow it but for its Resource`; !strings.HasPrefix(n.answer.Explanation, want) {
		t.Errorf("the explanation is %s", n.answer.Explanation)
	}
	decoded := must(w.config.STS.DecodeAuthorizationMessage(t.Context(), root(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: n.answer.EncodedMessage}))
	for _, part := range []string{
		`"explicitDeny":false`, `"action":"notes:Read"`, bob + "/1",
		`{"key":"aws:SourceIp","values":{"items":[{"value":"127.0.0.1"}]}}`, `{"key":"aws:RequestedRegion","values":{"items":[{"value":"eu-west-1"}]}}`,
	} {
		if !strings.Contains(decoded.DecodedMessage, part) {
			t.Errorf("the decoded message has no %s: %s", part, decoded.DecodedMessage)
		}
	}
}

// TestGuest shows what AWS's list of services leaves to guests.
func TestGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, key := w.identity("")
	action := "execute-api:Invoke"
	n := serve(t, w.client(), func(r *http.Request) gate.Question {
		return gate.Question{Action: action, Resource: "arn:aws:execute-api:::" + strings.TrimPrefix(r.URL.Path, "/")}
	})
	if status, text := w.call(t, n, key, "/"+id+"/1", "", nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if diff := cmp.Diff([]string{"unauthenticated"}, n.answer.Signer.AMR); diff != "" || n.answer.Signer.IdentityID != id {
		t.Errorf("the guest is %+v %s", n.answer.Signer, diff)
	}
	w.call(t, n, key, "/eu-west-1:00000000-0000-4000-8000-000000000000/1", "", nil)
	if n.answer.Allowed || n.answer.Refusal.Code != "AccessDeniedException" {
		t.Errorf("another's: %+v", n.answer)
	}
	action = "notes:Read"
	w.call(t, n, key, "/"+id+"/1", "", nil)
	if want := "because no session policy allows the notes:Read action"; !strings.HasSuffix(n.answer.Refusal.Message, want) {
		t.Errorf("an action that guests cannot be allowed: %+v", n.answer.Refusal)
	}
}

// TestConditions asks with keys of the request, of the service, and of the signer.
func TestConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, key := w.identity("alice")
	for name, tt := range map[string]struct {
		condition string
		q         gate.Question
		want      bool
	}{
		"address":         {`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, gate.Question{}, true},
		"another address": {`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, gate.Question{Keys: map[string]string{"AWS:sourceip": "198.51.100.1"}}, false},
		"plain":           {`{"Bool":{"aws:SecureTransport":"true"}}`, gate.Question{}, false},
		"agent":           {`{"StringLike":{"aws:UserAgent":"curl/*"},"StringEquals":{"aws:Referer":"https://app.example.test/"}}`, gate.Question{}, true},
		"own key":         {`{"StringEquals":{"notes:Owner":"${cognito-identity.amazonaws.com:aud}"}}`, gate.Question{Keys: map[string]string{"notes:Owner": w.pool}}, true},
		"own key, absent": {`{"StringEquals":{"notes:Owner":"x"}}`, gate.Question{}, false},
		"own list":        {`{"ForAnyValue:StringEquals":{"notes:Labels":"b"}}`, gate.Question{Lists: map[string][]string{"notes:Labels": {"a", "b"}}}, true},
		"empty list":      {`{"ForAllValues:StringEquals":{"notes:Labels":"b"}}`, gate.Question{Lists: map[string][]string{"notes:Labels": {}}}, true},
		"resource tag":    {`{"StringEquals":{"aws:ResourceTag/kind":"${aws:PrincipalTag/kind}"}}`, gate.Question{Keys: map[string]string{"aws:ResourceTag/kind": "member"}}, true},
		"region":          {`{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}`, gate.Question{}, true},
	} {
		document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"notes:Read","Resource":"*","Condition":` + tt.condition + `}}`
		must(w.config.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "member", PolicyName: "own", PolicyDocument: document}))
		r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
		r.Header.Set("User-Agent", "curl/8.1")
		r.Header.Set("Referer", "https://app.example.test/")
		sigv4.Sign(r, nil, key, region, "notes", w.now())
		tt.q.Action, tt.q.Resource = "notes:Read", "a note of theirs"
		answer, err := w.client().Authorize(t.Context(), r, nil, tt.q)
		if err != nil || answer.Allowed != tt.want {
			t.Errorf("%s: %+v, %v", name, answer, err)
		}
	}
}

func TestRefusalTellsBrowsers(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	gate.Refusal{Code: "AccessDeniedException", Message: "no <b>"}.ServeHTTP(recorder, nil)
	var body struct{ Message string }
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil || body.Message != "no <b>" {
		t.Errorf("%s: %v", recorder.Body, err)
	}
	if recorder.Code != http.StatusForbidden || recorder.Header().Get("X-Amzn-ErrorType") != "AccessDeniedException" ||
		recorder.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", recorder.Code, recorder.Header())
	}
}
