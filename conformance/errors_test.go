package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/cenotehq/cenote/conformance"
)

// raw is a request as bytes, signed by the Go SDK's own signer.
type raw struct {
	service, target, body string
	keys                  aws.Credentials // none: unsigned
	at                    time.Time       // of the signature
}

// refusal is an error answer of either protocol.
type refusal struct {
	status        int
	code, message string
}

func cognitoCall(operation, body string, keys aws.Credentials) raw {
	return raw{conformance.Cognito, "AWSCognitoIdentityService." + operation, body, keys, time.Now()}
}

func queryCall(service, form string, keys aws.Credentials) raw {
	version := map[string]string{conformance.STS: "2011-06-15", conformance.IAM: "2010-05-08"}[service]
	return raw{service, "", form + "&Version=" + version, keys, time.Now()}
}

// send sends r and returns its error answer, whose request id must be in its header (and in the body of a Query answer).
func send(t *testing.T, s *conformance.Server, r raw) refusal {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/", strings.NewReader(r.body))
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", r.target)
	}
	if r.keys.AccessKeyID != "" {
		hash := sha256.Sum256([]byte(r.body))
		if err := signer.NewSigner().SignHTTP(t.Context(), r.keys, request, hex.EncodeToString(hash[:]), r.service, conformance.Region, r.at); err != nil {
			t.Fatalf("sign: %v", err)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	id := response.Header.Get("X-Amzn-Requestid")
	if id == "" {
		t.Errorf("no request id in %v", response.Header)
	}
	if r.target != "" {
		return jsonRefusal(t, response, body)
	}
	var answer struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.Type != "Sender" || answer.RequestID != id {
		t.Errorf("error answer with request id %s: %v: %s", id, err, body)
	}
	return refusal{response.StatusCode, answer.Code, answer.Message}
}

// queryResult is the output of GetCallerIdentity as it is on the wire.
func queryResult(t *testing.T, body io.Reader) (result struct {
	Arn string `xml:"GetCallerIdentityResult>Arn"`
},
) {
	t.Helper()
	if err := xml.NewDecoder(body).Decode(&result); err != nil {
		t.Errorf("answer: %v", err)
	}
	return result
}

func jsonRefusal(t *testing.T, response *http.Response, body []byte) refusal {
	t.Helper()
	var answer struct {
		Type    string `json:"__type"`
		Message string // AccessDeniedException spells it with a capital
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Errorf("error answer: %v: %s", err, body)
	}
	if kind := strings.TrimSuffix(response.Header.Get("X-Amzn-Errortype"), ":"); kind != answer.Type {
		t.Errorf("error type %q in the header, %q in the body", kind, answer.Type)
	}
	return refusal{response.StatusCode, answer.Type, answer.Message}
}

const (
	mismatch    = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	unknownKey  = "The security token included in the request is invalid."
	expiredLate = `^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - %d min\.\)$`
	expiredSoon = `^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ %d min\.\)$`
)

// TestProtocolErrors sends what no SDK would: unknown operations, no signature, wrong clocks.
func TestProtocolErrors(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	exactly := func(text string) string { return "^" + regexp.QuoteMeta(text) + "$" }
	shifted := func(r raw, by time.Duration) raw {
		r.at = r.at.Add(by)
		return r
	}
	list := func(k aws.Credentials) raw { return cognitoCall("ListIdentityPools", `{"MaxResults":1}`, k) }
	who := func(k aws.Credentials) raw { return queryCall(conformance.STS, "Action=GetCallerIdentity", k) }
	roles := func(k aws.Credentials) raw { return queryCall(conformance.IAM, "Action=ListRoles", k) }
	none, wrong, stranger := aws.Credentials{}, w.Root, w.Root
	wrong.SecretAccessKey = flipped(wrong.SecretAccessKey[0]) + wrong.SecretAccessKey[1:]
	stranger.AccessKeyID = "AKIA234567234567XXXX"
	for _, test := range []struct {
		name    string
		send    raw
		status  int
		code    string
		message string // a pattern
	}{
		{"cognito, no such operation", cognitoCall("Nope", "{}", w.Root), 400, "UnknownOperationException", `^`},
		{"sts, no such operation", queryCall(conformance.STS, "Action=Nope", w.Root), 400, "InvalidAction", exactly("Could not find operation Nope for version 2011-06-15")},
		{"iam, no such operation", queryCall(conformance.IAM, "Action=Nope", w.Root), 400, "InvalidAction", exactly("Could not find operation Nope for version 2010-05-08")},
		{"cognito, wrong secret", list(wrong), 400, "InvalidSignatureException", exactly(mismatch)},
		{"sts, wrong secret", who(wrong), 403, "SignatureDoesNotMatch", exactly(mismatch)},
		{"iam, wrong secret", roles(wrong), 403, "SignatureDoesNotMatch", exactly(mismatch)},
		{"cognito, unknown key", list(stranger), 400, "UnrecognizedClientException", exactly(unknownKey)},
		{"sts, unknown key", who(stranger), 403, "InvalidClientTokenId", exactly(unknownKey)},
		{"iam, unknown key", roles(stranger), 403, "InvalidClientTokenId", exactly(unknownKey)},
		{"cognito, unsigned", list(none), 400, "MissingAuthenticationTokenException", exactly("Missing Authentication Token")},
		{"sts, unsigned", who(none), 403, "MissingAuthenticationToken", exactly("Request is missing Authentication Token")},
		{"cognito, late", shifted(list(w.Root), -6*time.Minute), 400, "InvalidSignatureException", fmt.Sprintf(expiredLate, 5)},
		{"sts, late", shifted(who(w.Root), -16*time.Minute), 403, "SignatureDoesNotMatch", fmt.Sprintf(expiredLate, 15)},
		{"iam, early", shifted(roles(w.Root), 16*time.Minute), 403, "SignatureDoesNotMatch", fmt.Sprintf(expiredSoon, 15)},
		{"cognito, early", shifted(list(w.Root), 6*time.Minute), 400, "InvalidSignatureException", fmt.Sprintf(expiredSoon, 5)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := send(t, w.Server, test.send)
			if got.status != test.status || got.code != test.code || !regexp.MustCompile(test.message).MatchString(got.message) {
				t.Errorf("got %d %s: %s\nwant %d %s: %s", got.status, got.code, got.message, test.status, test.code, test.message)
			}
		})
	}
}

// TestSkewCorrected lets the JavaScript SDK, whose clock is an hour late, learn the time from a refusal's Date header.
func TestSkewCorrected(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	late := conformance.JavaScript(t, -time.Hour)
	must[struct{}](t, w, late, "cognito-identity:ListIdentityPools", map[string]any{"MaxResults": 1}, w.Root)
	if got, want := w.caller(t, late, w.Root), "arn:aws:iam::"+conformance.Account+":root"; got != want {
		t.Errorf("caller is %s, want %s", got, want)
	}
}

// TestCredentialErrors lets every client understand why its keys are refused.
func TestCredentialErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	guest := w.getCredentials(t, sdk, w.getID(t, sdk, nil), nil)
	wrong, stranger, tampered, bare := w.Root, w.Root, guest, guest
	wrong.SecretAccessKey = flipped(wrong.SecretAccessKey[0]) + wrong.SecretAccessKey[1:]
	stranger.AccessKeyID = "AKIA234567234567XXXX"
	middle := len(tampered.SessionToken) / 2
	tampered.SessionToken = tampered.SessionToken[:middle] + flipped(tampered.SessionToken[middle]) + tampered.SessionToken[middle+1:]
	bare.SessionToken = ""
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			for _, test := range []struct {
				name                  string
				keys                  aws.Credentials
				cognito, sts, message string
			}{
				{"wrong secret", wrong, "InvalidSignatureException", "SignatureDoesNotMatch", mismatch},
				{"unknown key", stranger, "UnrecognizedClientException", "InvalidClientTokenId", unknownKey},
				{"tampered session token", tampered, "UnrecognizedClientException", "InvalidClientTokenId", unknownKey},
				{"no session token", bare, "UnrecognizedClientException", "InvalidClientTokenId", unknownKey},
			} {
				t.Run(test.name, func(t *testing.T) {
					_, err := do[struct{}](t, w, client, "cognito-identity:ListIdentityPools", map[string]any{"MaxResults": 1}, test.keys)
					wantFault(t, client, err, test.cognito, test.message, "")
					_, err = do[struct{}](t, w, client, "sts:GetCallerIdentity", nil, test.keys)
					wantFault(t, client, err, test.sts, test.message, "")
				})
			}
		})
	}
}

// flipped is another base64 digit than c.
func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// TestPermissions makes an IAM user who may nothing, then a little, then no more.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	user, err := w.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("dev"), Path: aws.String("/team/")})
	if err != nil {
		t.Fatalf("create user: %v", err)
	}
	key, err := w.iam.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: user.User.UserName})
	if err != nil {
		t.Fatalf("create access key: %v", err)
	}
	dev := aws.Credentials{AccessKeyID: *key.AccessKey.AccessKeyId, SecretAccessKey: *key.AccessKey.SecretAccessKey}
	userARN := "arn:aws:iam::" + conformance.Account + ":user/team/dev"
	poolARN := "arn:aws:cognito-identity:" + conformance.Region + ":" + conformance.Account + ":identitypool/"
	denied := func(action, resource, why string) string {
		return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", userARN, action, resource, why)
	}
	none := func(action string) string { return "because no identity-based policy allows the " + action + " action" }
	for _, client := range conformance.Clients(t) {
		t.Run(client.Name(), func(t *testing.T) {
			if got := w.caller(t, client, dev); got != userARN {
				t.Errorf("caller is %s, want %s", got, userARN)
			}
			wantDenied(t, w, client, dev, denied("cognito-identity:DescribeIdentityPool", poolARN+w.pool, none("cognito-identity:DescribeIdentityPool")))
			_, err := do[struct{}](t, w, client, "iam:GetRole", map[string]any{"RoleName": "guest"}, dev)
			wantFault(t, client, err, "AccessDenied", denied("iam:GetRole", "role guest", none("iam:GetRole")), "")

			grant := func(document string) {
				must[struct{}](t, w, client, "iam:PutUserPolicy", map[string]any{"UserName": "dev", "PolicyName": "pools", "PolicyDocument": document}, w.Root)
			}
			grant(allow("cognito-identity:Describe*", poolARN+w.pool))
			must[struct{}](t, w, client, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": w.pool}, dev)
			grant(document(
				map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"},
				map[string]any{"Effect": "Deny", "Action": "cognito-identity:*", "Resource": "*"},
			))
			wantDenied(t, w, client, dev, denied("cognito-identity:DescribeIdentityPool", poolARN+w.pool, "with an explicit deny in an identity-based policy"))
			must[struct{}](t, w, client, "iam:DeleteUserPolicy", map[string]any{"UserName": "dev", "PolicyName": "pools"}, w.Root)
			wantDenied(t, w, client, dev, denied("cognito-identity:DescribeIdentityPool", poolARN+w.pool, none("cognito-identity:DescribeIdentityPool")))
			must[struct{}](t, w, client, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": w.pool}, w.Root)
		})
	}
	_, err = w.iam.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("dev"), AccessKeyId: &dev.AccessKeyID, Status: iamtypes.StatusTypeInactive})
	if err != nil {
		t.Fatalf("update access key: %v", err)
	}
	_, err = do[struct{}](t, w, conformance.GoSDK{}, "sts:GetCallerIdentity", nil, dev)
	wantFault(t, conformance.GoSDK{}, err, "InvalidClientTokenId", unknownKey, "")
}

func wantDenied(t *testing.T, w *world, client conformance.Client, as aws.Credentials, message string) {
	t.Helper()
	_, err := do[struct{}](t, w, client, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": w.pool}, as)
	wantFault(t, client, err, "AccessDeniedException", message, "")
}

// TestSessionPermissions lets a guest's session do what its role allows, as far as the scope of all guests reaches.
func TestSessionPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers{})
	sdk := conformance.GoSDK{}
	guest := w.getCredentials(t, sdk, w.getID(t, sdk, nil), nil)
	session := sessionARN("guest", enhanced)
	resource := "arn:aws:cognito-identity:" + conformance.Region + ":" + conformance.Account + ":identitypool/" + w.pool
	wantDenied(t, w, sdk, guest, fmt.Sprintf("User: %s is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: %s because no identity-based policy allows the cognito-identity:DescribeIdentityPool action", session, resource))
	_, err := w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("guest"), PolicyName: aws.String("all"), PolicyDocument: aws.String(allow("*", "*"))})
	if err != nil {
		t.Fatalf("put role policy: %v", err)
	}
	must[struct{}](t, w, sdk, "cognito-identity:DescribeIdentityPool", map[string]any{"IdentityPoolId": w.pool}, guest)
	_, err = do[struct{}](t, w, sdk, "iam:GetRole", map[string]any{"RoleName": "guest"}, guest)
	wantFault(t, sdk, err, "AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: iam:GetRole on resource: role guest because no session policy allows the iam:GetRole action", session), "")
}
