package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// flow is a pool with users and guests, and both its roles.
type flow struct {
	*world
	pool string
}

func newFlow(t *testing.T) flow {
	t.Helper()
	w := newWorld(t)
	w.iam(t, rootKey(), "CreateOpenIDConnectProvider", "Url", "https://"+idpHost, "ClientIDList.member.1", idpClient).ok(t)
	made := w.cognito(t, rootKey(), "CreateIdentityPool", `{"IdentityPoolName":"p","AllowUnauthenticatedIdentities":true,
		"OpenIdConnectProviderARNs":["arn:aws:iam::123456789012:oidc-provider/`+idpHost+`"]}`).ok(t)
	f := flow{world: w, pool: made.value(t, "IdentityPoolId")}
	roles := map[string]string{}
	for _, kind := range []string{"authenticated", "unauthenticated"} {
		created := w.iam(t, rootKey(), "CreateRole", "RoleName", kind, "AssumeRolePolicyDocument", f.trust(kind)).ok(t)
		w.iam(t, rootKey(), "PutRolePolicy", "RoleName", kind, "PolicyName", "p", "PolicyDocument", allow("*")).ok(t)
		roles[kind] = created.xml("Arn")
	}
	w.cognito(t, rootKey(), "SetIdentityPoolRoles", fmt.Sprintf(`{"IdentityPoolId":%q,"Roles":{"authenticated":%q,"unauthenticated":%q}}`,
		f.pool, roles["authenticated"], roles["unauthenticated"])).ok(t)
	return f
}

func (f flow) trust(amr string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
		"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":%q},
		"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":%q}}}]}`, f.pool, amr)
}

func (f flow) login(t *testing.T, override map[string]any) string {
	t.Helper()
	raw, err := f.idp.Token("alice", override)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// logins is the member Logins of an input, with the comma before it.
func logins(token string) string { return fmt.Sprintf(`,"Logins":{%q:%q}`, idpHost, token) }

func (f flow) identity(t *testing.T, logins string) string {
	t.Helper()
	return f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+logins+`}`).ok(t).value(t, "IdentityId")
}

func (f flow) credentials(t *testing.T, identity, logins string) sigv4.Credentials {
	t.Helper()
	got := f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+identity+`"`+logins+`}`).ok(t)
	return sigv4.Credentials{
		AccessKeyID:     got.value(t, "Credentials", "AccessKeyId"),
		SecretAccessKey: got.value(t, "Credentials", "SecretKey"),
		SessionToken:    got.value(t, "Credentials", "SessionToken"),
	}
}

// TestGuestIsHeld lets a guest's role do everything: the session policies of guests
// hold them nevertheless, and users are not held.
func TestGuestIsHeld(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	guest := f.credentials(t, f.identity(t, ""), "")
	f.cognito(t, guest, "ListIdentityPools", `{"MaxResults":1}`).ok(t)
	f.iam(t, guest, "ListUsers").is(t, http.StatusForbidden, "AccessDenied",
		"User: arn:aws:sts::123456789012:assumed-role/unauthenticated/CognitoIdentityCredentials is not authorized to perform: iam:ListUsers"+
			" on resource: arn:aws:iam::123456789012:user/ because no session policy allows the iam:ListUsers action")
	login := logins(f.login(t, nil))
	f.iam(t, f.credentials(t, f.identity(t, login), login), "ListUsers").ok(t)
}

// TestLogHoldsNoSecret runs through everything that hands out or takes a secret,
// well and badly, and looks for each of them in the log.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	secrets := map[string]string{"root secret": rootKey().SecretAccessKey}
	add := func(name string, key sigv4.Credentials) {
		secrets[name+" secret"] = key.SecretAccessKey
		if key.SessionToken != "" {
			secrets[name+" session"] = key.SessionToken
		}
	}
	addJWT := func(name, raw string) {
		for i, part := range strings.Split(raw, ".") {
			secrets[fmt.Sprintf("%s, part %d", name, i)] = part
		}
	}
	user := f.user(t, "u", allow("iam:ListUsers"))
	add("user", user)
	session := f.session(t, "r", "")
	add("role", session)
	token := f.login(t, nil)
	addJWT("login", token)
	identity := f.identity(t, logins(token))
	add("identity", f.credentials(t, identity, logins(token)))
	guest := f.identity(t, "")
	add("guest", f.credentials(t, guest, ""))
	openID := f.public(t, "GetOpenIdToken", `{"IdentityId":"`+identity+`"`+logins(token)+`}`).ok(t).value(t, "Token")
	addJWT("OpenID token", openID)
	assumed := f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity",
		"RoleArn", "arn:aws:iam::123456789012:role/authenticated", "RoleSessionName", "me", "WebIdentityToken", openID))).ok(t)
	add("web identity", sigv4.Credentials{SecretAccessKey: assumed.xml("SecretAccessKey"), SessionToken: assumed.xml("SessionToken")})

	// Badly.
	bad := map[string]string{
		"expired login":       f.login(t, map[string]any{"exp": noon().Unix() - 3600}),
		"login for others":    f.login(t, map[string]any{"aud": "others"}),
		"login of an other":   f.login(t, map[string]any{"iss": "https://elsewhere.example.test"}),
		"login without aud":   f.login(t, map[string]any{"aud": nil}),
		"login, broken":       token[:len(token)-5],
		"opaque login":        "ya29." + strings.Repeat("opaque-login", 20),
		"a much too long one": strings.Repeat("too-long-a-login", 4000),
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		raw := bad[name]
		addJWT(name, raw)
		for _, got := range []answer{
			f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+logins(raw)+`}`),
			f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+guest+`"`+logins(raw)+`}`),
			f.public(t, "GetOpenIdToken", `{"IdentityId":"`+guest+`","Logins":{"`+raw+`":"x"}}`),
			f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity",
				"RoleArn", "arn:aws:iam::123456789012:role/authenticated", "RoleSessionName", "me", "WebIdentityToken", raw))),
			f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity",
				"RoleArn", "arn:aws:iam::123456789012:role/authenticated", "RoleSessionName", "m", "WebIdentityToken", raw))),
		} {
			if got.status == http.StatusOK {
				t.Errorf("%s is good: %s", name, got.body)
			}
			if strings.Contains(got.body, raw) {
				t.Errorf("the answer repeats the %s: %s", name, got.body)
			}
		}
	}
	// Secrets in wrong places.
	secrets["secret as a key id"] = "abcdefghij/klmnopqrst+uvwxyz0123456789AB"
	f.sts(t, sigv4.Credentials{AccessKeyID: secrets["secret as a key id"], SecretAccessKey: "x"}, "GetCallerIdentity")
	secrets["bearer"] = "a-bearer-token-of-something-else"
	r := f.queryRequest(t, form(stsVersion, "GetCallerIdentity"))
	r.Header.Set("Authorization", "Bearer "+secrets["bearer"])
	f.do(t, r)
	r = f.request(t, http.MethodGet, "/?"+form(stsVersion, "GetCallerIdentity"), "")
	sigv4.Presign(r, nil, session, region, "sts", f.now())
	secrets["signature"] = r.URL.Query().Get("X-Amz-Signature")
	f.do(t, r).ok(t)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x, Signature="+secrets["signature"])
	f.do(t, r)
	user.SecretAccessKey = "wrong"
	f.iam(t, user, "ListUsers")

	f.Close()
	text := f.log.text()
	if !strings.Contains(text, "Token is not from a supported provider") || !strings.Contains(text, "GetOpenIdToken") {
		t.Fatalf("the log is not that of these calls:\n%s", text)
	}
	for name, secret := range secrets {
		if len(secret) < 8 {
			continue // the start of an opaque token
		}
		if strings.Contains(text, secret) {
			t.Errorf("the log holds the %s: %.60s", name, secret)
		}
	}
}

// TestLogTellsWhy checks that each call is one event which tells what the client is
// not told.
func TestLogTellsWhy(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	guest := f.identity(t, "")
	f.iam(t, rootKey(), "UpdateAssumeRolePolicy", "RoleName", "unauthenticated", "PolicyDocument", f.trust("authenticated")).ok(t)
	untrusted := f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+guest+`"}`)
	untrusted.is(t, http.StatusBadRequest, "InvalidIdentityPoolConfigurationException",
		"Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	user := f.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`)
	banned := f.user(t, "f", statement("Deny", "*"))
	forbidden := f.iam(t, banned, "ListUsers")
	denied := f.iam(t, user, "ListUsers")
	looked := f.cognito(t, banned, "DescribeIdentity", `{"IdentityId":"`+guest+`"}`)
	wrong := user
	wrong.SecretAccessKey = "wrong"
	unproven := f.iam(t, wrong, "ListUsers")
	done := f.sts(t, user, "GetCallerIdentity").ok(t)
	unknown := f.public(t, "Nope", "")
	f.Close()

	events := map[string]map[string]any{}
	for _, event := range f.log.lines(t) {
		id, _ := event["id"].(string)
		if events[id] != nil {
			t.Errorf("two events for request %s", id)
		}
		events[id] = event
	}
	for _, test := range []struct {
		name string
		got  answer
		want map[string]any
	}{
		{"untrusted", untrusted, map[string]any{
			"api": "cognito-identity", "operation": "GetCredentialsForIdentity", "status": 400.0, "level": "INFO",
			"error": "InvalidIdentityPoolConfigurationException", "message": untrusted.message(), "caller": nil, "from": "127.0.0.1",
			"refused": `statement 1 of the role trust policy of "unauthenticated" would allow it but for its Condition ForAnyValue:StringLike cognito-identity.amazonaws.com:amr: it says ["authenticated"], the request has ["unauthenticated"]`,
		}},
		{"denied", denied, map[string]any{
			"api": "iam", "operation": "ListUsers", "status": 403.0, "error": "AccessDenied", "message": denied.message(),
			"caller":  "arn:aws:iam::123456789012:user/u",
			"refused": `statement 1 of the identity-based policy of "p" would allow it but for its Condition Bool aws:SecureTransport: it says ["true"], the request has ["false"]`,
		}},
		{"looked", looked, map[string]any{
			"operation": "DescribeIdentity", "error": "AccessDeniedException", "message": looked.message(),
			"refused": `statement 1 of the identity-based policy of "p" denies it`,
		}},
		{"unproven", unproven, map[string]any{"api": "iam", "operation": "ListUsers", "error": "SignatureDoesNotMatch", "caller": nil}},
		{"forbidden", forbidden, map[string]any{
			"error": "AccessDenied", "message": forbidden.message(), "refused": `statement 1 of the identity-based policy of "p" denies it`,
		}},
		{"done", done, map[string]any{
			"api": "sts", "operation": "GetCallerIdentity", "status": 200.0, "error": nil, "message": nil, "cause": nil, "refused": nil,
			"caller": "arn:aws:iam::123456789012:user/u",
		}},
		{"unknown", unknown, map[string]any{"operation": "", "error": "UnknownOperationException", "cause": `target "AWSCognitoIdentityService.Nope"`}},
	} {
		event := events[test.got.header.Get("x-amzn-RequestId")]
		if event == nil {
			t.Errorf("%s: no event", test.name)
			continue
		}
		for name, want := range test.want {
			if event[name] != want {
				t.Errorf("%s: %s is %v, not %v", test.name, name, event[name], want)
			}
		}
	}
	cause, _ := events[untrusted.header.Get("x-amzn-RequestId")]["cause"].(string)
	for _, part := range []string{
		"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
		"the trust policy of arn:aws:iam::123456789012:role/unauthenticated refuses sts:AssumeRoleWithWebIdentity",
	} {
		if !strings.Contains(cause, part) {
			t.Errorf("the cause does not say %q: %s", part, cause)
		}
	}
}
