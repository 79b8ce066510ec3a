package server_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

const (
	stsVersion = "2011-06-15"
	iamVersion = "2010-05-08"
)

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(t testing.TB, r *http.Request) answer {
	t.Helper()
	response, err := w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (w *world) request(t testing.TB, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) jsonRequest(t testing.TB, operation, body string) *http.Request {
	t.Helper()
	r := w.request(t, http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
	return r
}

func (w *world) queryRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	r := w.request(t, http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

// public calls an operation of Cognito without a signature.
func (w *world) public(t testing.TB, operation, body string) answer {
	t.Helper()
	return w.do(t, w.jsonRequest(t, operation, body))
}

// cognito calls an operation of Cognito as the holder of a key.
func (w *world) cognito(t testing.TB, key sigv4.Credentials, operation, body string) answer {
	t.Helper()
	r := w.jsonRequest(t, operation, body)
	sigv4.Sign(r, []byte(body), key, region, "cognito-identity", w.now())
	return w.do(t, r)
}

// sts calls an operation of STS as the holder of a key; parameters are name and
// value by turns.
func (w *world) sts(t testing.TB, key sigv4.Credentials, action string, parameters ...string) answer {
	t.Helper()
	return w.query(t, key, "sts", form(stsVersion, action, parameters...))
}

// iam calls an operation of IAM likewise.
func (w *world) iam(t testing.TB, key sigv4.Credentials, action string, parameters ...string) answer {
	t.Helper()
	return w.query(t, key, "iam", form(iamVersion, action, parameters...))
}

func (w *world) query(t testing.TB, key sigv4.Credentials, service, body string) answer {
	t.Helper()
	r := w.queryRequest(t, body)
	sigv4.Sign(r, []byte(body), key, region, service, w.now())
	return w.do(t, r)
}

func form(version, action string, parameters ...string) string {
	values := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return values.Encode()
}

// code is the error code of an answer in either protocol, or empty.
func (a answer) code() string {
	var j struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal([]byte(a.body), &j) == nil {
		return j.Type
	}
	return a.xml("Error", "Code")
}

// message is what an answer in either protocol says about its error.
func (a answer) message() string {
	var j struct {
		Message string `json:"message"` // encoding/json takes the capital form too
	}
	if json.Unmarshal([]byte(a.body), &j) == nil {
		return j.Message
	}
	return a.xml("Error", "Message")
}

// xml returns the text of the first element whose last ancestors are path.
func (a answer) xml(path ...string) string {
	d := xml.NewDecoder(strings.NewReader(a.body))
	var at []string
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			at = append(at, token.Name.Local)
		case xml.EndElement:
			at = at[:len(at)-1]
		case xml.CharData:
			if strings.HasSuffix("/"+strings.Join(at, "/"), "/"+strings.Join(path, "/")) {
				return string(token)
			}
		}
	}
}

// value returns a member of a JSON answer; path leads to it through objects.
func (a answer) value(t testing.TB, path ...string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("the answer is no JSON: %s", a.body)
	}
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	text, ok := v.(string)
	if !ok {
		t.Fatalf("the answer has no text at %q: %s", path, a.body)
	}
	return text
}

// ok fails the test unless the answer is a success.
func (a answer) ok(t testing.TB) answer {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a
}

// is fails the test unless the answer is this refusal.
func (a answer) is(t testing.TB, status int, code, message string) {
	t.Helper()
	got := fmt.Sprintf("%d %s: %s", a.status, a.code(), a.message())
	if want := fmt.Sprintf("%d %s: %s", status, code, message); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// user makes a user with a key and, unless it is empty, an inline policy.
func (w *world) user(t testing.TB, name, policy string) sigv4.Credentials {
	t.Helper()
	w.iam(t, rootKey(), "CreateUser", "UserName", name).ok(t)
	if policy != "" {
		w.iam(t, rootKey(), "PutUserPolicy", "UserName", name, "PolicyName", "p", "PolicyDocument", policy).ok(t)
	}
	made := w.iam(t, rootKey(), "CreateAccessKey", "UserName", name).ok(t)
	return sigv4.Credentials{AccessKeyID: made.xml("AccessKeyId"), SecretAccessKey: made.xml("SecretAccessKey")}
}

// allow is a policy that allows actions on everything.
func allow(actions ...string) string {
	return statement("Allow", actions...)
}

func statement(effect string, actions ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":["%s"],"Resource":"*"}]}`,
		effect, strings.Join(actions, `","`))
}

// session makes a role that all of the account's users may assume, with an inline
// policy unless it is empty, and returns credentials of it.
func (w *world) session(t testing.TB, role, policy string) sigv4.Credentials {
	t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`
	made := w.iam(t, rootKey(), "CreateRole", "RoleName", role, "AssumeRolePolicyDocument", trust).ok(t)
	if policy != "" {
		w.iam(t, rootKey(), "PutRolePolicy", "RoleName", role, "PolicyName", "p", "PolicyDocument", policy).ok(t)
	}
	user := w.user(t, "opener-of-"+role, allow("sts:AssumeRole"))
	opened := w.sts(t, user, "AssumeRole", "RoleArn", made.xml("Arn"), "RoleSessionName", "me").ok(t)
	return sigv4.Credentials{
		AccessKeyID:     opened.xml("AccessKeyId"),
		SecretAccessKey: opened.xml("SecretAccessKey"),
		SessionToken:    opened.xml("SessionToken"),
	}
}

// pool makes an identity pool that takes guests and returns its id.
func (w *world) pool(t testing.TB) string {
	t.Helper()
	made := w.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true}`).ok(t)
	return made.value(t, "IdentityPoolId")
}
