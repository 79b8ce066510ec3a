package sts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sts"
)

func TestGetSessionToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("s3:*"))
	own := w.own(user)
	if own.ARN != user.ARN || own.UserID != user.UserID || own.User != "u" || own.Role != nil || own.Root || own.Federated() {
		t.Errorf("the session is of %+v", own)
	}
	if own.KeyID == user.KeyID || own.KeyID[:4] != "ASIA" || own.Opener == nil || own.Opener.KeyID != user.KeyID {
		t.Errorf("the session has the key %s and is opened by %+v", own.KeyID, own.Opener)
	}
	if diff := cmp.Diff(user.Principal(), own.Principal()); diff != "" {
		t.Errorf("policies see another than the user (-user +session):\n%s", diff)
	}
	if got := w.may(own, "s3:GetObject", "ec2:RunInstances"); !cmp.Equal(got, []string{"s3:GetObject"}) {
		t.Errorf("the session may %v", got)
	}
}

func TestOwnDurations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("sts:*"))
	for _, tt := range []struct {
		caller  iam.Caller
		seconds int32
		want    time.Duration
	}{
		{user, 0, 12 * time.Hour},
		{user, 900, 900 * time.Second},
		{user, 129600, 36 * time.Hour},
		{root(), 0, time.Hour},
		{root(), 900, 900 * time.Second},
		{root(), 3600, time.Hour},
		{root(), 3601, time.Hour},
		{root(), 129600, time.Hour},
	} {
		own := ok(w.GetSessionToken(t.Context(), tt.caller, &sts.GetSessionTokenInput{DurationSeconds: tt.seconds}))(t).Credentials
		other := ok(w.federate(tt.caller, func(in *sts.GetFederationTokenInput) { in.DurationSeconds = tt.seconds }))(t).Credentials
		for _, c := range []sts.Credentials{own, other} {
			if got := c.Expiration.Sub(w.clock.Now()); got != tt.want {
				t.Errorf("%s for %d s lasts %v, want %v", tt.caller.ARN, tt.seconds, got, tt.want)
			}
		}
	}
}

// Who has a session already opens no other of a user.
func TestSessionsOpenNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("*"))
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	for name, caller := range map[string]iam.Caller{
		"role":      w.caller(ok(w.assume(user, "r"))(t).Credentials),
		"user":      w.own(user),
		"root":      w.own(root()),
		"federated": w.caller(ok(w.federate(user))(t).Credentials),
	} {
		t.Log(name)
		own, err := w.GetSessionToken(t.Context(), caller, &sts.GetSessionTokenInput{})
		refused(own, err)(t, 403, denied, "Cannot call GetSessionToken with session credentials")
		other, err := w.federate(caller)
		refused(other, err)(t, 403, denied, "Cannot call GetFederationToken with session credentials")
		info, err := w.GetAccessKeyInfo(t.Context(), caller, &sts.GetAccessKeyInfoInput{AccessKeyID: caller.KeyID})
		if name == "role" {
			ok(info, err)(t)
			continue
		}
		refused(info, err)(t, 403, denied, "Cannot call GetAccessKeyInfo with session credentials")
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", "")
	const serial, half = "arn:aws:iam::123456789012:mfa/u", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
	for _, tt := range []struct{ serial, code, message string }{
		{serial, "", half},
		{"", "123456", half},
		{serial, "123456", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."},
	} {
		refused(w.GetSessionToken(t.Context(), user, &sts.GetSessionTokenInput{SerialNumber: tt.serial, TokenCode: tt.code}))(t, 403, denied, tt.message)
	}
}

// A session of a user is worth what the opening key is worth.
func TestSessionsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]func(user iam.Caller) error{
		"switched off": func(user iam.Caller) error {
			_, err := w.IAM.UpdateAccessKey(t.Context(), root(), &iam.UpdateAccessKeyInput{UserName: user.User, AccessKeyID: user.KeyID, Status: "Inactive"})
			return err
		},
		"deleted": func(user iam.Caller) error {
			_, err := w.IAM.DeleteAccessKey(t.Context(), root(), &iam.DeleteAccessKeyInput{UserName: user.User, AccessKeyID: user.KeyID})
			return err
		},
		"without the user": func(user iam.Caller) error { return w.IAM.Users.Delete(t.Context(), user.User, nil) },
		"with another user of that name": func(user iam.Caller) error {
			err := w.IAM.Users.Delete(t.Context(), user.User, nil)
			w.keyed(user.User, allow("*"))
			return err
		},
	} {
		user := w.keyed("u", allow("*"))
		sessions := []sts.Credentials{
			ok(w.GetSessionToken(t.Context(), user, &sts.GetSessionTokenInput{}))(t).Credentials,
			ok(w.federate(user))(t).Credentials,
		}
		for _, c := range sessions {
			w.caller(c)
		}
		if err := end(user); err != nil {
			t.Fatal(err)
		}
		for _, c := range sessions {
			if secret, caller, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken); !errors.Is(err, sts.ErrInvalidToken) || secret != "" || caller.ARN != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.IAM.Users.Delete(t.Context(), "u", nil); err != nil && name != "without the user" {
			t.Fatal(err)
		}
	}
}

// A key that is switched on again brings its sessions back, as it does itself.
func TestSessionsComeBackWithTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", "")
	c := ok(w.GetSessionToken(t.Context(), user, &sts.GetSessionTokenInput{}))(t).Credentials
	for _, status := range []string{"Inactive", "Active"} {
		ok(w.IAM.UpdateAccessKey(t.Context(), root(), &iam.UpdateAccessKeyInput{UserName: "u", AccessKeyID: user.KeyID, Status: status}))(t)
		if _, _, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken); (err == nil) != (status == "Active") {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// The keys that policies test about whose session it is.
func TestKeysOfSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("*"))
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	const issued = "2026-07-01T10:00:00Z"
	federatedARN := "arn:aws:sts::" + account + ":federated-user/bob"
	keys := []string{
		"aws:PrincipalType", "aws:PrincipalArn", "aws:userid", "aws:username", "aws:TokenIssueTime",
		"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:PrincipalAccount",
	}
	session := w.caller(ok(w.assume(user, "r"))(t).Credentials)
	for name, tt := range map[string]struct {
		caller iam.Caller
		want   []string // empty where the key is absent
	}{
		"user":      {user, []string{"User", user.ARN, user.UserID, "u", "", "", "", account}},
		"own":       {w.own(user), []string{"User", user.ARN, user.UserID, "u", issued, "false", "", account}},
		"root":      {root(), []string{"Account", root().ARN, account, "", "", "", "", account}},
		"of root":   {w.own(root()), []string{"Account", root().ARN, account, "", issued, "false", "", account}},
		"federated": {w.caller(ok(w.federate(user))(t).Credentials), []string{"FederatedUser", federatedARN, account + ":bob", "", issued, "false", "", account}},
		"of a role": {session, []string{"AssumedRole", roleARN("r"), session.UserID, "", issued, "false", "", account}},
	} {
		context := w.IAM.Context(t.Context(), tt.caller, policy.NewContext())
		var got []string
		for _, key := range keys {
			values, _, found := context.Get(key)
			if !found {
				values = []string{""}
			}
			got = append(got, values...)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, keys, diff)
		}
	}
}

// A user with a session is trusted as the user, and begins a chain anew.
func TestAssumeRoleWithASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("sts:AssumeRole"))
	for name, principal := range map[string]string{"arn": user.ARN, "id": user.UserID, "account": account} {
		w.role(name, trust(`{"AWS":"`+principal+`"}`, "", "sts:AssumeRole"), func(in *iam.CreateRoleInput) { in.MaxSessionDuration = 43200 })
		out := ok(w.assume(w.own(user), name, func(in *sts.AssumeRoleInput) { in.DurationSeconds = 43200 }))(t)
		if got := out.Credentials.Expiration.Sub(w.clock.Now()); got != 12*time.Hour {
			t.Errorf("trusted by %s: it lasts %v", name, got)
		}
	}
	w.role("mfa", trust(`{"AWS":"`+user.ARN+`"}`, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`, "sts:AssumeRole"))
	refused(w.assume(w.own(user), "mfa"))(t, 403, denied, deniedTo(user, "sts:AssumeRole", "mfa"))
	refused(w.assume(w.own(root()), "arn"))(t, 403, denied, "Roles may not be assumed by root accounts.")
	federated := w.caller(ok(w.federate(w.keyed("admin", allow("*"))))(t).Credentials)
	w.role("open", trust(`"*"`, "", "sts:AssumeRole"))
	refused(w.assume(federated, "open"))(t, 403, denied, deniedTo(federated, "sts:AssumeRole", "open"))
}
