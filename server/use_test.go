package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// TestLastUse records who signed, whatever came of it, and nothing of a signature that
// does not hold.
func TestLastUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user(t, "u", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`)
	role := w.iam(t, rootKey(), "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}`).ok(t).xml("Role", "Arn")
	key := func(service, date string) {
		t.Helper()
		got := w.iam(t, rootKey(), "GetAccessKeyLastUsed", "AccessKeyId", user.AccessKeyID).ok(t)
		if got.xml("UserName") != "u" || got.xml("AccessKeyLastUsed", "ServiceName") != service || got.xml("AccessKeyLastUsed", "LastUsedDate") != date {
			t.Errorf("want %s at %q, got %s", service, date, got.body)
		}
	}
	roleUsed := func(date, region string) {
		t.Helper()
		got := w.iam(t, rootKey(), "GetRole", "RoleName", "r").ok(t)
		if got.xml("RoleLastUsed", "LastUsedDate") != date || got.xml("RoleLastUsed", "Region") != region {
			t.Errorf("want %s at %q, got %s", region, date, got.body)
		}
	}
	key("N/A", "")
	wrong := user
	wrong.SecretAccessKey = rootKey().SecretAccessKey
	w.sts(t, wrong, "GetCallerIdentity").is(t, http.StatusForbidden, "SignatureDoesNotMatch", mismatchText)
	key("N/A", "")
	w.sts(t, user, "GetCallerIdentity").ok(t)
	key("sts", "2026-07-01T12:00:00Z")
	w.advance(time.Minute)
	if code := w.iam(t, user, "ListUsers").code(); code != "AccessDenied" {
		t.Errorf("ListUsers: %s", code)
	}
	key("iam", "2026-07-01T12:01:00Z")
	w.cognito(t, user, "ListIdentityPools", `{"MaxResults":1}`)

	session := w.sts(t, user, "GetSessionToken").credentials(t)
	ofRole := w.sts(t, user, "AssumeRole", "RoleArn", role, "RoleSessionName", "app").credentials(t)
	key("sts", "2026-07-01T12:01:00Z")
	roleUsed("", "")
	w.advance(time.Minute)
	w.sts(t, session, "GetCallerIdentity").ok(t)
	forged := ofRole
	forged.SecretAccessKey = wrong.SecretAccessKey
	w.sts(t, forged, "GetCallerIdentity").is(t, http.StatusForbidden, "SignatureDoesNotMatch", mismatchText)
	roleUsed("", "")
	w.sts(t, ofRole, "GetCallerIdentity").ok(t)
	roleUsed("2026-07-01T12:02:00Z", region)
	key("sts", "2026-07-01T12:01:00Z")
}

// TestWhoseKeyWasUsed: to policies a key is its user, as in AWS's example for users who
// manage their own keys.
func TestWhoseKeyWasUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetAccessKeyLastUsed","Resource":"arn:aws:iam::*:user/${aws:username}"}}`
	alice, bob := w.user(t, "alice", own), w.user(t, "bob", own)
	ask := func(who sigv4.Credentials, key string) answer {
		return w.iam(t, who, "GetAccessKeyLastUsed", "AccessKeyId", key)
	}
	if got := ask(alice, alice.AccessKeyID).ok(t).xml("AccessKeyLastUsed", "ServiceName"); got != "iam" {
		t.Errorf("the key was used for %q", got)
	}
	for _, key := range []string{bob.AccessKeyID, "AKIAIOSFODNN7EXAMPLE"} {
		ask(alice, key).is(t, http.StatusForbidden, "AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "+
			"iam:GetAccessKeyLastUsed on resource: access key "+key+" because no identity-based policy allows the iam:GetAccessKeyLastUsed action")
	}
	ask(rootKey(), "AKIAIOSFODNN7EXAMPLE").is(t, http.StatusNotFound, "NoSuchEntity", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.")
}
