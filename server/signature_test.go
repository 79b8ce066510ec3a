package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// protocol is one of the two, for what must hold in both.
type protocol struct {
	name    string
	service string
	status  int // of a refused signature
	skew    time.Duration

	mismatch, incomplete, missing, unknown, expired string // codes
	missingText                                     string

	// request is a call that the signature of root is enough for.
	request func(t *testing.T, w *world) (r *http.Request, body string)
}

func protocols() []protocol {
	query := protocol{
		status: http.StatusForbidden, skew: 15 * time.Minute,
		mismatch: "SignatureDoesNotMatch", incomplete: "IncompleteSignature", missing: "MissingAuthenticationToken",
		unknown: "InvalidClientTokenId", expired: "ExpiredToken", missingText: "Request is missing Authentication Token",
	}
	withForm := func(name, service, form string) protocol {
		p := query
		p.name, p.service = name, service
		p.request = func(t *testing.T, w *world) (*http.Request, string) { return w.queryRequest(t, form), form }
		return p
	}
	return []protocol{
		{
			name: "Cognito", service: "cognito-identity", status: http.StatusBadRequest, skew: 5 * time.Minute,
			mismatch: "InvalidSignatureException", incomplete: "IncompleteSignatureException",
			missing: "MissingAuthenticationTokenException", unknown: "UnrecognizedClientException",
			expired: "ExpiredTokenException", missingText: "Missing Authentication Token",
			request: func(t *testing.T, w *world) (*http.Request, string) {
				const body = `{"MaxResults":1}`
				return w.jsonRequest(t, "ListIdentityPools", body), body
			},
		},
		withForm("STS", "sts", form(stsVersion, "GetCallerIdentity")),
		withForm("IAM", "iam", form(iamVersion, "ListUsers")),
	}
}

// send signs the protocol's call at the time of the world, lets tamper change it,
// and sends it.
func (p protocol) send(t *testing.T, w *world, key sigv4.Credentials, tamper func(*http.Request)) answer {
	t.Helper()
	r, body := p.request(t, w)
	sigv4.Sign(r, []byte(body), key, region, p.service, w.now())
	if tamper != nil {
		tamper(r)
	}
	return w.do(t, r)
}

func everyProtocol(t *testing.T, test func(t *testing.T, w *world, p protocol)) {
	t.Helper()
	for _, p := range protocols() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t), p)
		})
	}
}

// TestSignature refuses each kind of bad signature in the words of each protocol.
func TestSignature(t *testing.T) {
	t.Parallel()
	everyProtocol(t, func(t *testing.T, w *world, p protocol) {
		p.send(t, w, rootKey(), nil).ok(t)
		wrong := sigv4.Credentials{AccessKeyID: rootKey().AccessKeyID, SecretAccessKey: "wrong"}
		p.send(t, w, wrong, nil).is(t, p.status, p.mismatch, mismatchText)
		p.send(t, w, sigv4.Credentials{AccessKeyID: rootKey().AccessKeyID}, nil).is(t, p.status, p.mismatch, mismatchText)

		edit := func(old, new string) func(*http.Request) {
			return func(r *http.Request) {
				header := r.Header.Get("Authorization")
				if !strings.Contains(header, old) {
					t.Fatalf("the header has no %q: %s", old, header)
				}
				r.Header.Set("Authorization", strings.Replace(header, old, new, 1))
			}
		}
		scope := "/20260701/" + region + "/" + p.service + "/aws4_request"
		for _, test := range []struct {
			name    string
			tamper  func(*http.Request)
			code    string
			message string
		}{
			{"no signature", func(r *http.Request) { r.Header.Del("Authorization") }, p.missing, p.missingText},
			{
				"header added", func(r *http.Request) { r.Header.Set("X-Amz-Meta-New", "1") }, p.mismatch,
				"'x-amz-meta-new' must be a 'SignedHeader' in the AWS Authorization.",
			},
			{"header changed", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, p.mismatch, mismatchText},
			{"other host", func(r *http.Request) { r.Host = "elsewhere.example.test" }, p.mismatch, mismatchText},
			{"other query", func(r *http.Request) { r.URL.RawQuery = "x=1" }, p.mismatch, mismatchText},
			{"host unsigned", edit("host;", ""), p.mismatch, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
			{"date changed", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260701T120001Z") }, p.mismatch, mismatchText},
			{"other service", edit(scope, "/20260701/"+region+"/s3/aws4_request"), p.mismatch, "Credential should be scoped to correct service: '" + p.service + "'."},
			{"bad region", edit(scope, "/20260701/EU_WEST/"+p.service+"/aws4_request"), p.mismatch, "Credential should be scoped to a valid Region, not 'EU_WEST'."},
			{"other region", edit(scope, "/20260701/us-east-1/"+p.service+"/aws4_request"), p.mismatch, mismatchText},
			{
				"bad terminator", edit(scope, "/20260701/"+region+"/"+p.service+"/aws5_request"), p.mismatch,
				"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
			},
			{
				"other day", edit(scope, "/20260630/"+region+"/"+p.service+"/aws4_request"), p.mismatch,
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260630' != '20260701', from '20260701T120000Z'.",
			},
			{"unknown key", edit("AKIAROOT", "AKIANONE"), p.unknown, "The security token included in the request is invalid."},
			{"a session token that is none", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "nonsense") }, p.unknown, "The security token included in the request is invalid."},
		} {
			t.Run(test.name, func(t *testing.T) { p.send(t, w, rootKey(), test.tamper).is(t, p.status, test.code, test.message) })
		}
		p.send(t, w, rootKey(), func(r *http.Request) { r.Header.Del("X-Amz-Date") }).
			is(t, http.StatusBadRequest, p.incomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "+
				"Authorization=AWS4-HMAC-SHA256 Credential=AKIAROOTROOTROOTROOT"+scope+", SignedHeaders=content-type;host;x-amz-date"+
				map[bool]string{true: ";x-amz-target", false: ""}[p.name == "Cognito"]+", Signature=...")
		p.send(t, w, rootKey(), func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }).
			is(t, http.StatusBadRequest, p.incomplete, "'...' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 ...'.")
		got := p.send(t, w, rootKey(), func(r *http.Request) { r.Header.Set("Authorization", "Bearer of-a-secret-token") })
		if got.status != http.StatusBadRequest || got.code() != p.incomplete || strings.Contains(got.body, "of-a-secret-token") {
			t.Errorf("a bearer token: %d %s", got.status, got.body)
		}
		got = p.send(t, w, rootKey(), edit("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"))
		if got.status != http.StatusBadRequest || got.code() != p.incomplete {
			t.Errorf("Signature Version 4A: %d %s", got.status, got.body)
		}
	})
}

// TestBodyIsSigned changes one byte of the body.
func TestBodyIsSigned(t *testing.T) {
	t.Parallel()
	everyProtocol(t, func(t *testing.T, w *world, p protocol) {
		r, body := p.request(t, w)
		sigv4.Sign(r, []byte(body+" "), rootKey(), region, p.service, w.now())
		w.do(t, r).is(t, p.status, p.mismatch, mismatchText)
		r, body = p.request(t, w)
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		sigv4.Sign(r, []byte(body), rootKey(), region, p.service, w.now())
		w.do(t, r).is(t, p.status, p.mismatch, mismatchText)
	})
}

// TestSkew signs at the last second that is good, and one second beyond.
func TestSkew(t *testing.T) {
	t.Parallel()
	everyProtocol(t, func(t *testing.T, w *world, p protocol) {
		at := func(signed time.Time) answer {
			r, body := p.request(t, w)
			sigv4.Sign(r, []byte(body), rootKey(), region, p.service, signed)
			return w.do(t, r)
		}
		at(noon().Add(-p.skew)).ok(t)
		at(noon().Add(p.skew)).ok(t)
		want := map[time.Duration][2]string{
			5 * time.Minute: {
				"Signature expired: 20260701T115459Z is now earlier than 20260701T115500Z (20260701T120000Z - 5 min.)",
				"Signature not yet current: 20260701T120501Z is still later than 20260701T120500Z (20260701T120000Z + 5 min.)",
			},
			15 * time.Minute: {
				"Signature expired: 20260701T114459Z is now earlier than 20260701T114500Z (20260701T120000Z - 15 min.)",
				"Signature not yet current: 20260701T121501Z is still later than 20260701T121500Z (20260701T120000Z + 15 min.)",
			},
		}[p.skew]
		at(noon().Add(-p.skew-time.Second)).is(t, p.status, p.mismatch, want[0])
		at(noon().Add(p.skew+time.Second)).is(t, p.status, p.mismatch, want[1])
	})
}

// TestKeysComeAndGo makes a key, switches it off and on, and deletes it with its
// user: each takes effect at once.
func TestKeysComeAndGo(t *testing.T) {
	t.Parallel()
	everyProtocol(t, func(t *testing.T, w *world, p protocol) {
		user := w.user(t, "u", allow("*"))
		refused := func() {
			t.Helper()
			p.send(t, w, user, nil).is(t, p.status, p.unknown, "The security token included in the request is invalid.")
		}
		set := func(status string) {
			t.Helper()
			w.iam(t, rootKey(), "UpdateAccessKey", "UserName", "u", "AccessKeyId", user.AccessKeyID, "Status", status).ok(t)
		}
		p.send(t, w, user, nil).ok(t)
		set("Inactive")
		refused()
		set("Active")
		p.send(t, w, user, nil).ok(t)
		w.iam(t, rootKey(), "DeleteAccessKey", "UserName", "u", "AccessKeyId", user.AccessKeyID).ok(t)
		refused()
		w.iam(t, rootKey(), "DeleteUserPolicy", "UserName", "u", "PolicyName", "p").ok(t)
		w.iam(t, rootKey(), "DeleteUser", "UserName", "u").ok(t)
		refused()
	})
}

// TestSessions signs with session credentials that hold, that are over, that are
// mixed up, and whose role is gone.
func TestSessions(t *testing.T) {
	t.Parallel()
	everyProtocol(t, func(t *testing.T, w *world, p protocol) {
		session, other := w.session(t, "one", allow("*")), w.session(t, "two", allow("*"))
		const invalid = "The security token included in the request is invalid."
		p.send(t, w, session, nil).ok(t)
		p.send(t, w, sigv4.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey, SessionToken: other.SessionToken}, nil).
			is(t, p.status, p.unknown, invalid)
		p.send(t, w, sigv4.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey}, nil).
			is(t, p.status, p.unknown, invalid)
		p.send(t, w, sigv4.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: other.SecretAccessKey, SessionToken: session.SessionToken}, nil).
			is(t, p.status, p.mismatch, mismatchText)
		user := w.user(t, "u", allow("*"))
		p.send(t, w, sigv4.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: user.SecretAccessKey, SessionToken: session.SessionToken}, nil).
			is(t, p.status, p.unknown, invalid)

		// Some clients add the session token after signing.
		bare := session
		bare.SessionToken = ""
		p.send(t, w, bare, func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", session.SessionToken) }).ok(t)

		w.iam(t, rootKey(), "DeleteRolePolicy", "RoleName", "two", "PolicyName", "p").ok(t)
		w.iam(t, rootKey(), "DeleteRole", "RoleName", "two").ok(t)
		p.send(t, w, other, nil).is(t, p.status, p.unknown, invalid)

		w.advance(time.Hour - time.Second)
		p.send(t, w, session, nil).ok(t)
		w.advance(time.Second)
		p.send(t, w, session, nil).is(t, p.status, p.expired, "The security token included in the request is expired")
	})
}
