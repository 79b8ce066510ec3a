package sts_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
)

func sealingKey(id string) sts.SealingKey {
	key, _ := seal.GenerateKey()
	return sts.SealingKey{ID: id, Key: key}
}

func someSession() sts.Session {
	return sts.Session{
		Kind: sts.OfFederated, RoleName: "r", RoleID: "AROAX", Name: "app", Issued: 1, Expires: 2, OpenedBy: "AKIAX", ByRoot: true,
		Keys: map[string]string{"a": "b"}, Lists: map[string][]string{"c": {"d", "e"}},
		Tags: map[string]string{"f": "g"}, TransitiveTags: []string{"f"}, SourceIdentity: "h",
		Policy: "{}", Policies: []string{"i"},
	}
}

func TestSealedSessions(t *testing.T) {
	t.Parallel()
	s := sts.NewSealer(sealingKey("s1"))
	secret, token := s.Seal("ASIA1", someSession())
	session, again, err := s.Open("ASIA1", token)
	if err != nil || again != secret {
		t.Fatalf("secret %v, error %v", again == secret, err)
	}
	if diff := cmp.Diff(someSession(), session); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if _, _, err := s.Open("ASIA2", token); !errors.Is(err, sts.ErrInvalidToken) {
		t.Errorf("with another key id: %v", err)
	}
	if other, second := s.Seal("ASIA2", someSession()); other == secret || second == token {
		t.Error("two keys have one secret or token")
	}
}

func TestSecretIsNotInTheToken(t *testing.T) {
	t.Parallel()
	secret, token := sts.NewSealer(sealingKey("s1")).Seal("ASIA1", someSession())
	_, sealed, _ := strings.Cut(token, ".")
	plain := string(ok(base64.StdEncoding.DecodeString(sealed))(t))
	raw := string(ok(base64.StdEncoding.DecodeString(secret))(t))
	for _, text := range []string{token, plain} {
		if strings.Contains(text, secret) || strings.Contains(text, raw) || strings.Contains(text, "app") {
			t.Error("the token shows what it must not")
		}
	}
}

func TestEveryByteOfATokenCounts(t *testing.T) {
	t.Parallel()
	s := sts.NewSealer(sealingKey("s1"), sealingKey("s2"))
	rapid.Check(t, func(t *rapid.T) {
		session := someSession()
		session.Name = rapid.StringN(0, 8, -1).Draw(t, "name") // so that all lengths of padding occur
		_, token := s.Seal("ASIA1", session)
		i := rapid.IntRange(0, len(token)-1).Draw(t, "at")
		b := rapid.Byte().Draw(t, "byte")
		changed := []string{token[:i] + token[i+1:], token[:i] + "\n" + token[i:], token + string(b)}
		if b != token[i] {
			changed = append(changed, token[:i]+string([]byte{b})+token[i+1:])
		}
		for _, c := range changed {
			if _, _, err := s.Open("ASIA1", c); !errors.Is(err, sts.ErrInvalidToken) {
				t.Fatalf("%q instead of %q: %v", c, token, err)
			}
		}
	})
}

// The last letter of base64 has bits that count for nothing.
func TestLastLetterOfAToken(t *testing.T) {
	t.Parallel()
	s := sts.NewSealer(sealingKey("s1"))
	for size := range 3 {
		session := someSession()
		session.Name = strings.Repeat("x", size)
		_, token := s.Seal("ASIA1", session)
		last := len(strings.TrimRight(token, "=")) - 1
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
			changed := token[:last] + string(letter) + token[last+1:]
			if _, _, err := s.Open("ASIA1", changed); (err == nil) != (changed == token) {
				t.Errorf("%c instead of %c: %v", letter, token[last], err)
			}
		}
	}
}

func TestSealingKeysOverlap(t *testing.T) {
	t.Parallel()
	first, second := sealingKey("s1"), sealingKey("s2")
	secret, token := sts.NewSealer(first).Seal("ASIA1", someSession())
	both := sts.NewSealer(second, first)
	if _, got, err := both.Open("ASIA1", token); err != nil || got != secret {
		t.Errorf("under the old key: %v", err)
	}
	if _, fresh := both.Seal("ASIA1", someSession()); !strings.HasPrefix(fresh, "s2.") {
		t.Error("a new token is not under the new key")
	}
	for name, s := range map[string]*sts.Sealer{"retired": sts.NewSealer(second), "another of that name": sts.NewSealer(sealingKey("s1"))} {
		if _, _, err := s.Open("ASIA1", token); !errors.Is(err, sts.ErrInvalidToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, text, _ := strings.Cut(token, ".")
	for _, forged := range []string{"", ".", "s1", "s1.", text, "s2." + text, "s3." + text, " " + token} {
		if _, _, err := both.Open("ASIA1", forged); !errors.Is(err, sts.ErrInvalidToken) {
			t.Errorf("%q: %v", forged, err)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	w.clock.move(999 * time.Millisecond)
	c := ok(w.web("r", w.sign(w.oidc, nil)))(t).Credentials
	if c.Expiration.Nanosecond() != 0 || c.Expiration.Location() != time.UTC {
		t.Errorf("expires %v, want whole seconds in UTC", c.Expiration)
	}
	w.clock.move(c.Expiration.Sub(w.clock.Now()) - 1)
	w.caller(c)
	w.clock.move(1)
	secret, caller, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken)
	if !errors.Is(err, sts.ErrExpired) || secret != c.SecretAccessKey {
		t.Errorf("at its end: %v, secret %v", err, secret == c.SecretAccessKey)
	}
	if diff := cmp.Diff(iam.Caller{}, caller, cmp.Comparer(func(a, b iam.Caller) bool { return a.ARN == b.ARN && a.Role == b.Role })); diff != "" {
		t.Errorf("a session that is over proves a caller:\n%s", diff)
	}
}

func TestSessionsEndWithTheirRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	raw := w.sign(w.oidc, nil)
	c := ok(w.web("r", raw))(t).Credentials
	w.caller(c)
	invalid := func(when string) {
		t.Helper()
		if secret, caller, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken); !errors.Is(err, sts.ErrInvalidToken) || secret != "" || caller.ARN != "" {
			t.Errorf("%s: %v", when, err)
		}
	}
	if err := w.IAM.Roles.Delete(t.Context(), "r", nil); err != nil {
		t.Fatal(err)
	}
	invalid("without the role")
	w.role("r", webTrust())
	invalid("with another role of that name")
	w.caller(ok(w.web("r", raw))(t).Credentials)
}

// What an administrator changes counts at once for sessions that have begun.
func TestPoliciesAreReadWhenAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	c := ok(w.web("r", w.sign(w.oidc, nil)))(t).Credentials
	before := w.may(w.caller(c), "s3:GetObject", "ec2:RunInstances")
	ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "r", PolicyName: "all", PolicyDocument: allow("ec2:*")}))(t)
	after := w.may(w.caller(c), "s3:GetObject", "ec2:RunInstances")
	if diff := cmp.Diff([][]string{{"s3:GetObject", "ec2:RunInstances"}, {"ec2:RunInstances"}}, [][]string{before, after}); diff != "" {
		t.Errorf("before and after (-want +got):\n%s", diff)
	}
}

func TestFailuresAreNoRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.user("u", "")
	for _, name := range []string{"begun", "web"} {
		ok(w.IAM.CreateRole(t.Context(), root(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: webTrust()}))(t)
	}
	c := ok(w.web("begun", w.sign(w.oidc, nil)))(t).Credentials
	raw := w.sign(w.oidc, nil)
	ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "begun", PolicyName: "p", PolicyDocument: allow("*")}))(t) // so that it is read again
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"web":     func() error { _, err := w.web("web", raw); return err },
		"issuer":  func() error { _, err := w.web("web", w.sign(w.oidc, claims{"iss": "https://x"})); return err },
		"assume":  func() error { _, err := w.assume(user, "web"); return err },
		"session": func() error { _, _, err := w.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken); return err },
	} {
		err := call()
		if _, is := errors.AsType[*fault.Error](err); is || !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: a failure of the store is %v", name, err)
		}
	}
}

func TestTokensAreNotLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust("sts:TagSession"))
	tags := claims{}
	for i := range 5 {
		tags[fmt.Sprint("key", i)] = []string{strings.Repeat("v", 40)}
	}
	out := ok(w.web("r", w.sign(w.oidc, claims{tagsClaim: claims{"principal_tags": tags}}), func(in *sts.AssumeRoleWithWebIdentityInput) {
		in.Policy = allow("s3:GetObject", "s3:PutObject")
	}))(t)
	if n := len(out.Credentials.SessionToken); n > 2048 {
		t.Errorf("a session token has %d characters", n)
	}
}

// What narrows a session is read when asked too, and narrows it to nothing once gone.
func TestSessionPolicyDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := w.keyed("u", allow("*"))
	w.role("r", trust(`{"AWS":"`+user.ARN+`"}`, "", "sts:AssumeRole"))
	made := ok(w.IAM.CreatePolicy(t.Context(), root(), &iam.CreatePolicyInput{PolicyName: "p", PolicyDocument: allow("s3:*")}))(t)
	arns := []sts.PolicyDescriptor{{ARN: made.Policy.ARN}}
	sessions := map[string]sts.Credentials{
		"role":      ok(w.assume(user, "r", func(in *sts.AssumeRoleInput) { in.PolicyARNs = arns }))(t).Credentials,
		"federated": ok(w.federate(user, func(in *sts.GetFederationTokenInput) { in.Policy, in.PolicyARNs = "", arns }))(t).Credentials,
	}
	for name, c := range sessions {
		if got := w.may(w.caller(c), "s3:GetObject", "ec2:RunInstances"); !cmp.Equal(got, []string{"s3:GetObject"}) {
			t.Errorf("%s: with the policy, the session may %v", name, got)
		}
	}
	ok(w.IAM.DeletePolicy(t.Context(), root(), &iam.DeletePolicyInput{PolicyARN: made.Policy.ARN}))(t)
	for name, c := range sessions {
		if got := w.may(w.caller(c), "s3:GetObject", "ec2:RunInstances"); len(got) > 0 {
			t.Errorf("%s: without the policy, the session may %v", name, got)
		}
	}
}
