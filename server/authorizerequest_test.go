package server_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/sigv4"
)

// proof is the input of AuthorizeRequest about a request to the service notes that a
// key signed.
func (w *world) proof(t *testing.T, key sigv4.Credentials, service string) map[string]any {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/1", nil)
	sigv4.Sign(r, nil, key, region, service, w.now())
	signature, err := sigv4.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := signature.Hashes(r, nil, w.now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	credential, date, text := signature.Parts()
	return map[string]any{
		"Service": "notes", "Credential": credential, "Date": date, "Signature": text, "SessionToken": key.SessionToken,
		"CanonicalRequestHashes": hashes, "Action": "notes:Read", "Resource": "arn:aws:notes:::1",
	}
}

// authorizeRequest asks as the holder of a key.
func (w *world) authorizeRequest(t *testing.T, key sigv4.Credentials, input map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	r := w.jsonRequest(t, "", string(body))
	r.Header.Set("X-Amz-Target", "Cenote.AuthorizeRequest")
	sigv4.Sign(r, body, key, region, "cenote", w.now())
	return w.do(t, r)
}

// said is the answer of AuthorizeRequest, without what changes from call to call.
func (a answer) said(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.ok(t).body), &out); err != nil {
		t.Fatal(err)
	}
	delete(out, "EncodedAuthorizationMessage")
	return out
}

// TestAuthorizeRequestOfEverybody asks about each kind of signer.
func TestAuthorizeRequestOfEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", allow("notes:*", "sts:GetFederationToken"))
	w.iam(t, rootKey(), "TagUser", "UserName", "u", "Tags.member.1.Key", "dept", "Tags.member.1.Value", "x").ok(t)
	for name, tt := range map[string]struct {
		key     sigv4.Credentials
		arn     string
		tags    map[string]any
		allowed bool
	}{
		"root":      {rootKey(), "arn:aws:iam::123456789012:root", nil, true},
		"user":      {user, "arn:aws:iam::123456789012:user/u", map[string]any{"dept": "x"}, true},
		"session":   {w.sts(t, user, "GetSessionToken").credentials(t), "arn:aws:iam::123456789012:user/u", map[string]any{"dept": "x"}, true},
		"federated": {w.sts(t, user, "GetFederationToken", "Name", "bob").credentials(t), "arn:aws:sts::123456789012:federated-user/bob", map[string]any{"dept": "x"}, false},
		"role":      {w.session(t, "r", allow("notes:Read")), "arn:aws:sts::123456789012:assumed-role/r/me", nil, true},
		"nobody":    {w.user(t, "nobody", ""), "arn:aws:iam::123456789012:user/nobody", nil, false},
	} {
		got := w.authorizeRequest(t, rootKey(), w.proof(t, tt.key, "notes")).said(t)
		signer, _ := got["Signer"].(map[string]any)
		tags, _ := signer["Tags"].(map[string]any)
		if got["Allowed"] != tt.allowed || signer["Arn"] != tt.arn || signer["Account"] != account || (got["Refused"] == nil) != tt.allowed || len(tags)+len(tt.tags) > 0 && !cmp.Equal(tags, tt.tags) {
			t.Errorf("%s: %v", name, got)
		}
		if signer["IdentityId"] != nil || signer["Amr"] != nil {
			t.Errorf("%s is of no identity pool: %v", name, signer)
		}
	}
}

// TestAuthorizeRequestRefuses gives proofs that do not hold. The answer of the call is
// a success that says what to tell the signer.
func TestAuthorizeRequestRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.session(t, "r", allow("*"))
	other := w.session(t, "s", allow("*"))
	const (
		mismatch = "The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		unknown = "The security token included in the request is invalid."
	)
	ofSTS := w.proof(t, session, "sts")
	for name, tt := range map[string]struct {
		change        map[string]any
		code, message string
	}{
		"hash":            {map[string]any{"CanonicalRequestHashes": []string{strings.Repeat("0", 64)}}, "InvalidSignatureException", mismatch},
		"signature":       {map[string]any{"Signature": "0"}, "InvalidSignatureException", mismatch},
		"token":           {map[string]any{"SessionToken": other.SessionToken}, "UnrecognizedClientException", unknown},
		"no token":        {map[string]any{"SessionToken": ""}, "UnrecognizedClientException", unknown},
		"another service": {ofSTS, "InvalidSignatureException", "Credential should be scoped to correct service: 'notes'."},
		"scope":           {map[string]any{"Credential": "AKIA/20260701/eu-west-1/notes"}, "IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '...'"},
		"later date":      {map[string]any{"Date": "20260701T120001Z"}, "InvalidSignatureException", mismatch},
		"no date":         {map[string]any{"Date": "now"}, "IncompleteSignatureException", "Date must be in ISO-8601 'basic format'. Got 'now'. See http://en.wikipedia.org/wiki/ISO_8601"},
	} {
		input := w.proof(t, session, "notes")
		maps.Copy(input, tt.change)
		input["Service"] = "notes"
		want := map[string]any{"Allowed": false, "Refused": map[string]any{"Code": tt.code, "Message": tt.message}}
		if diff := cmp.Diff(want, w.authorizeRequest(t, rootKey(), input).said(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	old := w.proof(t, session, "notes")
	w.advance(5*time.Minute + time.Second)
	got := w.authorizeRequest(t, rootKey(), old).said(t)
	want := map[string]any{"Code": "InvalidSignatureException", "Message": "Signature expired: 20260701T120000Z is now earlier than 20260701T120001Z (20260701T120501Z - 5 min.)"}
	if diff := cmp.Diff(want, got["Refused"]); diff != "" {
		t.Errorf("five minutes and a second later: %s", diff)
	}
}

// TestAuthorizeRequestKeys tells condition keys: those of the service and of the
// request can be told, what the signature proves cannot.
func TestAuthorizeRequestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", "")
	tell := func(key string, values ...string) map[string]any {
		input := w.proof(t, user, "notes")
		input["Action"] = "photos:Read"
		input["ContextEntries"] = []any{map[string]any{"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": "stringList"}}
		return input
	}
	for _, key := range []string{"notes:Owner", "Photos:Album", "aws:SourceIp", "AWS:useragent", "aws:Referer", "aws:SecureTransport", "aws:TagKeys", "aws:ResourceTag/a", "aws:RequestTag/a"} {
		w.authorizeRequest(t, rootKey(), tell(key, "x")).ok(t)
	}
	for _, key := range []string{
		"aws:PrincipalTag/dept", "aws:PRINCIPALARN", "aws:username", "aws:userid", "aws:SourceIdentity", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent",
		"aws:CurrentTime", "aws:EpochTime", "aws:RequestedRegion", "aws:FederatedProvider", "sts:RoleSessionName", "saml:sub", "other:Key", "notes:", "notes",
		"cognito-identity.amazonaws.com:sub", "Cognito-Identity.amazonaws.com:amr", "idp.example.test:sub",
	} {
		got := w.authorizeRequest(t, rootKey(), tell(key, "x"))
		if got.status != http.StatusBadRequest || got.code() != "InvalidInput" || !strings.HasPrefix(got.message(), "The context key "+key+" cannot be told") {
			t.Errorf("%s: %d %s", key, got.status, got.body)
		}
	}
	const tooLong = "The values of context keys have at most 2048 bytes each, and 16384 together."
	w.authorizeRequest(t, rootKey(), tell("notes:Owner", strings.Repeat("x", 2049))).is(t, http.StatusBadRequest, "InvalidInput", tooLong)
	many := make([]string, 9)
	for i := range many {
		many[i] = strings.Repeat("x", 2048)
	}
	w.authorizeRequest(t, rootKey(), tell("notes:Owner", many...)).is(t, http.StatusBadRequest, "InvalidInput", tooLong)
}

// TestAuthorizeRequestLog finds the explanation in the log, under the service's call,
// and no token or signature of either.
func TestAuthorizeRequestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.session(t, "r", `{"Version":"2012-10-17","Statement":{"Sid":"Two","Effect":"Allow","Action":"notes:Read","Resource":"arn:aws:notes:::2"}}`)
	input := w.proof(t, session, "notes")
	got := w.authorizeRequest(t, rootKey(), input)
	const why = `statement 1 (Two) of the identity-based policy of "p" would allow it but for its Resource: it says ["arn:aws:notes:::2"], the request has ["arn:aws:notes:::1"]`
	if explanation := got.value(t, "Explanation"); explanation != why {
		t.Errorf("the explanation is %s", explanation)
	}
	forged := maps.Clone(input)
	forged["SessionToken"] = "other"
	w.authorizeRequest(t, rootKey(), forged).ok(t)
	input["Signature"] = strings.Repeat("ab", 5000)
	if code := w.authorizeRequest(t, rootKey(), input).code(); code != "ValidationException" {
		t.Errorf("a long signature: %s", code)
	}
	w.Close()
	lines := w.log.lines(t)
	if cause := lines[len(lines)-2]["cause"]; cause != "unknown access key: sts: invalid session token: no such sealing key" {
		t.Errorf("the log says about a session token of another server: %v", cause)
	}
	last := lines[len(lines)-3]
	if last["refused"] != why || last["api"] != "cenote" || last["operation"] != "AuthorizeRequest" || last["caller"] != "arn:aws:iam::123456789012:root" {
		t.Errorf("the log says %v", last)
	}
	for _, secret := range []string{session.SessionToken, session.SecretAccessKey, strings.Repeat("ab", 5000), got.value(t, "EncodedAuthorizationMessage")} {
		if strings.Contains(w.log.text(), secret) {
			t.Error("the log has a secret")
		}
	}
}

// TestAuthorizeRequestBounds asks the longest question about the longest policies: the
// answer is still one that can be sent, read and decoded.
func TestAuthorizeRequestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	statements := strings.Repeat(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:a:::b"},`, 30)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":[`+strings.TrimSuffix(statements, ",")+`]}`)
	input := w.proof(t, user, "notes")
	input["Resource"] = "arn:aws:notes:::" + strings.Repeat("ü", 2000)
	input["ContextEntries"] = []any{map[string]any{
		"ContextKeyName": "notes:Text", "ContextKeyType": "stringList", "ContextKeyValues": []string{strings.Repeat("\u0001", 2048), strings.Repeat("x", 2048)},
	}}
	got := w.authorizeRequest(t, rootKey(), input).ok(t)
	if n := len(got.value(t, "Explanation")); n < 4000 || n > 4100 {
		t.Errorf("the explanation has %d bytes", n)
	}
	message := got.value(t, "EncodedAuthorizationMessage")
	if len(message) > 10240 {
		t.Errorf("the message has %d characters", len(message))
	}
	decoded := w.sts(t, rootKey(), "DecodeAuthorizationMessage", "EncodedMessage", message).ok(t)
	if text := decoded.xml("DecodedMessage"); !strings.Contains(text, `"action":"notes:Read"`) {
		t.Errorf("the decoded message is %s", text)
	}
}

// TestUnknownTargetOfOurs keeps the prefixes of both JSON APIs apart.
func TestUnknownTargetOfOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, target := range []string{"Cenote.GetId", "Cenote.", "Cenote", "AWSCognitoIdentityService.AuthorizeRequest", "cenote.AuthorizeRequest"} {
		r := w.jsonRequest(t, "", "{}")
		r.Header.Set("X-Amz-Target", target)
		sigv4.Sign(r, []byte("{}"), rootKey(), region, "cenote", w.now())
		w.do(t, r).is(t, http.StatusBadRequest, "UnknownOperationException", "")
	}
	body := `{}`
	r := w.jsonRequest(t, "", body)
	r.Header.Set("X-Amz-Target", "Cenote.AuthorizeRequest")
	sigv4.Sign(r, []byte(body), rootKey(), region, "cognito-identity", w.now())
	w.do(t, r).is(t, http.StatusBadRequest, "InvalidSignatureException", "Credential should be scoped to correct service: 'cenote'.")
}
