package cognito_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/store"
	"github.com/cenotehq/cenote/sts"
)

// caller is who signs with credentials.
func (w *world) caller(c cognito.Credentials) iam.Caller {
	w.t.Helper()
	secret, caller, err := w.STS.Authenticate(w.t.Context(), c.AccessKeyID, c.SessionToken)
	if err != nil || secret != c.SecretKey {
		w.t.Fatalf("the credentials do not prove anything: %v", err)
	}
	return caller
}

// may reports which of actions on a resource the caller is allowed.
func (w *world) may(caller iam.Caller, resource string, actions ...string) (allowed []string) {
	w.t.Helper()
	for _, action := range actions {
		if ok(w.IAM.Authorize(w.t.Context(), caller, action, resource, policy.NewContext()))(w.t).Allowed {
			allowed = append(allowed, action)
		}
	}
	return allowed
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	guest := w.getID(pool, nil)
	tests := []struct {
		role   string
		logins map[string]string
		amr    []string
	}{
		{"guest", nil, []string{"unauthenticated"}},
		{"user", map[string]string{google: w.sign(w.google, "alice")}, []string{"authenticated", google, google + ":" + client + ":" + alice}},
	}
	for _, tt := range tests {
		out := ok(w.getCredentials(guest, tt.logins))(t)
		c := out.Credentials
		if !strings.HasPrefix(c.AccessKeyID, "ASIA") || len(c.AccessKeyID) != 20 || len(c.SecretKey) != 40 {
			t.Errorf("key %s with a secret of %d characters", c.AccessKeyID, len(c.SecretKey))
		}
		if want := w.clock.Now().Add(time.Hour); !c.Expiration.Equal(want) {
			t.Errorf("expires %v, want %v", c.Expiration, want)
		}
		caller := w.caller(c)
		role := ok(w.IAM.Roles.Get(t.Context(), tt.role))(t)
		want := []string{
			"arn:aws:sts::" + account + ":assumed-role/" + tt.role + "/CognitoIdentityCredentials",
			role.ID + ":CognitoIdentityCredentials",
		}
		if diff := cmp.Diff(want, []string{caller.ARN, caller.UserID}); diff != "" {
			t.Errorf("caller (-want +got):\n%s", diff)
		}
		for key, want := range map[string][]string{
			":sub": {out.IdentityID}, ":aud": {pool}, ":amr": tt.amr,
		} {
			got, _, _ := caller.Keys.Get(host + key)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", key, diff)
			}
		}
		w.clock.move(time.Hour)
		if _, _, err := w.STS.Authenticate(t.Context(), c.AccessKeyID, c.SessionToken); !errors.Is(err, sts.ErrExpired) {
			t.Errorf("after an hour: %v", err)
		}
		w.clock.move(-time.Hour)
	}
}

func TestGuestsAreCapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	all := []string{"s3:GetObject", "rum:PutRumEvents", "kms:Decrypt", "ec2:RunInstances", "iam:CreateUser", "sts:AssumeRole", "kms:CreateKey"}
	guest := w.getID(pool, nil)
	caller := w.caller(ok(w.getCredentials(guest, nil))(t).Credentials)
	if diff := cmp.Diff(all[:3], w.may(caller, "*", all...)); diff != "" {
		t.Errorf("a guest may (-want +got):\n%s", diff)
	}
	raw := ok(w.getToken(guest, nil))(t).Token
	basic := ok(w.STS.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleARN: roleARN("guest"), RoleSessionName: "app", WebIdentityToken: raw,
	}))(t).Credentials
	caller = w.caller(cognito.Credentials{AccessKeyID: basic.AccessKeyID, SecretKey: basic.SecretAccessKey, SessionToken: basic.SessionToken})
	if diff := cmp.Diff(all, w.may(caller, "*", all...)); diff != "" {
		t.Errorf("a guest by the basic flow may (-want +got):\n%s", diff)
	}
	user := ok(w.getCredentials(guest, map[string]string{google: w.sign(w.google, "alice")}))(t).Credentials
	if diff := cmp.Diff(all, w.may(w.caller(user), "*", all...)); diff != "" {
		t.Errorf("a user may (-want +got):\n%s", diff)
	}
}

func TestCapGivesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.setRoles(pool, map[string]string{"unauthenticated": w.role("guest", trust(pool, "unauthenticated"), "sqs:*", "ec2:*")}, nil)
	caller := w.caller(ok(w.getCredentials(w.getID(pool, nil), nil))(t).Credentials)
	if diff := cmp.Diff([]string{"sqs:SendMessage"}, w.may(caller, "*", "sqs:SendMessage", "s3:GetObject", "ec2:RunInstances")); diff != "" {
		t.Errorf("a guest may (-want +got):\n%s", diff)
	}
}

func TestVariablesOfTheIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	arn := w.role("user", trust(pool, "authenticated"))
	ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: "user", PolicyName: "own", PolicyDocument: `{"Version":"2012-10-17","Statement":{` +
		`"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${cognito-identity.amazonaws.com:aud}/${cognito-identity.amazonaws.com:sub}/*"}}`}))(t)
	w.setRoles(pool, map[string]string{"authenticated": arn}, nil)
	logins := map[string]string{google: w.sign(w.google, "alice")}
	id := w.getID(pool, logins)
	caller := w.caller(ok(w.getCredentials(id, logins))(t).Credentials)
	for path, want := range map[string]int{pool + "/" + id + "/x": 1, pool + "/" + id + "x/x": 0, pool + "/x": 0, "x/" + id + "/x": 0} {
		if got := len(w.may(caller, "arn:aws:s3:::b/"+path, "s3:GetObject")); got != want {
			t.Errorf("%s: allowed %d times, want %d", path, got, want)
		}
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	guest := w.getID(pool, nil)
	aud := `"StringEquals":{"` + host + `:aud":"` + pool + `"}`
	deny := `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity"}`
	tests := map[string]struct {
		trust  string
		allows bool
	}{
		"of the console":         {trust(pool, "unauthenticated"), true},
		"without amr":            {statement(aud), true},
		"with the identity":      {statement(`"StringEquals":{"` + host + `:aud":"` + pool + `","` + host + `:sub":"` + guest + `"}`), true},
		"for users":              {trust(pool, "authenticated"), false},
		"for another pool":       {trust(other, "unauthenticated"), false},
		"for another identity":   {statement(`"StringEquals":{"` + host + `:aud":"` + pool + `","` + host + `:sub":"` + guest[:len(guest)-1] + `"}`), false},
		"for all but this pool":  {statement(`"StringNotEquals":{"` + host + `:aud":"` + pool + `"}`), false},
		"for all but another":    {statement(`"StringNotEquals":{"` + host + `:aud":"` + other + `"}`), true},
		"amr without an any":     {statement(`"StringEquals":{"` + host + `:aud":"` + pool + `","` + host + `:amr":"unauthenticated"}`), false},
		"no action of ours":      {strings.Replace(trust(pool, "unauthenticated"), "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", 1), false},
		"tags only":              {strings.Replace(trust(pool, "unauthenticated"), "sts:AssumeRoleWithWebIdentity", "sts:TagSession", 1), false},
		"another provider":       {strings.Replace(statement(aud), `"`+host+`"`, `"accounts.google.com"`, 1), false},
		"anybody with keys":      {strings.Replace(statement(aud), `{"Federated":"`+host+`"}`, `"*"`, 1), false},
		"the account":            {strings.Replace(statement(aud), `{"Federated":"`+host+`"}`, `{"AWS":"`+account+`"}`, 1), false},
		"a denial beside":        {`{"Version":"2012-10-17","Statement":[` + inner(statement(aud)) + `,` + deny + `]}`, false},
		"over in the year 2027":  {statement(aud + `,"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}`), true},
		"over since the year 25": {statement(aud + `,"DateLessThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"}`), false},
		"denied since the year 25": {`{"Version":"2012-10-17","Statement":[` + inner(statement(aud)) + `,` +
			strings.Replace(deny, `}`, `,"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2025-01-01T00:00:00Z"}}}`, 1) + `]}`, false},
	}
	arn := w.role("guest", trust(pool, "unauthenticated"))
	w.setRoles(pool, map[string]string{"unauthenticated": arn}, nil)
	for name, tt := range tests {
		document := ok(policy.Parse(tt.trust))(t)
		if err := w.IAM.Roles.Update(t.Context(), "guest", func(r *iam.Role) error { r.Trust = document; return nil }); err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		out, err := w.getCredentials(guest, nil)
		if !tt.allows {
			refused(out, err)(t, invalidConfiguration, checkRoles)
			if _, is := errors.AsType[*sts.UntrustedError](err); !is {
				t.Errorf("the log does not learn why: %v", errors.Unwrap(err))
			}
			continue
		}
		ok(out, err)(t)
	}
}

// inner is the statement of a policy of one.
func inner(document string) string {
	_, after, _ := strings.Cut(document, `"Statement":`)
	return strings.TrimSuffix(after, "}")
}

func TestRolesThatAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	guest := w.getID(pool, nil)
	refused(w.getCredentials(guest, nil))(t, invalidConfiguration, checkRoles)
	w.role("guest", trust(pool, "unauthenticated"))
	for name, arn := range map[string]string{
		"no such role":   roleARN("ghost"),
		"another path":   roleARN("path/guest"),
		"in other case":  roleARN("Guest"),
		"no role at all": roleARN("guest/"),
	} {
		t.Log(name)
		w.setRoles(pool, map[string]string{"unauthenticated": arn}, nil)
		refused(w.getCredentials(guest, nil))(t, invalidConfiguration, checkRoles)
	}
	w.setRoles(pool, map[string]string{"unauthenticated": roleARN("guest")}, nil)
	ok(w.getCredentials(guest, nil))(t)
}

func TestFailuresAreNoRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.setRoles(pool, map[string]string{"unauthenticated": roleARN("cold")}, nil) // which nothing has read yet
	guest := w.getID(pool, nil)
	logins := map[string]string{oidc: w.sign(w.oidc, "alice")}
	developers := w.developerPool()
	w.describe(developers) // so that it is known when the store is closed
	ann := w.known(developers, "ann")
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"guest":       func() error { _, err := w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool}); return err },
		"user":        func() error { _, err := w.getToken(guest, logins); return err },
		"credentials": func() error { _, err := w.getCredentials(guest, nil); return err },
		"unknown":     func() error { _, err := w.getCredentials("us-east-1:0-0", nil); return err },
		"identities": func() error {
			in := cognito.ListIdentitiesInput{MaxResults: 1}
			in.IdentityPoolID = developers
			_, err := w.ListIdentities(t.Context(), root(), &in)
			return err
		},
		"identity": func() error { _, err := w.describeIdentity(root(), "us-east-1:0-0"); return err },
		"vouching": func() error { _, err := w.vouch(developers, "", map[string]string{developer: "new"}); return err },
		"lookup": func() error {
			_, err := w.lookup(developers, cognito.LookupDeveloperIdentityInput{DeveloperUserIdentifier: "new"})
			return err
		},
		"merging":     func() error { _, err := w.merge(developers, "ann", "new"); return err },
		"unlinking":   func() error { _, err := w.unlinkUser(developers, ann, "ann"); return err },
		"tagging":     func() error { _, err := w.tag(root(), poolARN(pool), nil); return err },
		"attributing": func() error { _, err := w.setTags(pool, google, true, nil); return err },
		"pools": func() error {
			_, err := w.ListIdentityPools(t.Context(), root(), &cognito.ListIdentityPoolsInput{MaxResults: 1})
			return err
		},
	} {
		err := call()
		if _, is := errors.AsType[*fault.Error](err); is || !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: a failure of the store is %v", name, err)
		}
	}
}

func TestOwnTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.bothRoles(pool)
	logins := map[string]string{userPool: w.sign(w.users, "alice")}
	id := w.getID(pool, logins)
	raw := ok(w.getToken(id, logins))(t).Token
	guest := w.getID(pool, nil)
	other := map[string]string{userPool: w.sign(w.users, "bob")}
	foreign := ok(issuer.New(ok(issuer.ParseKey("us-east-11", "ES256", ok(issuer.GenerateKey("ES256"))(t)))(t)))(t)
	sign := func(by cognito.Signer, id, pool string, amr any) string {
		now := w.clock.in(0)
		return ok(by.Sign(t.Context(), map[string]any{
			"iss": "https://" + host, "sub": id, "aud": pool, "exp": now + 60, "iat": now, "amr": amr,
		}))(t)
	}
	untaggable := ok(w.own.Sign(t.Context(), map[string]any{
		"iss": "https://" + host, "sub": id, "aud": pool, "exp": w.clock.in(time.Minute), "iat": w.clock.in(0),
		"amr": []string{"authenticated"}, "https://aws.amazon.com/tags": "none",
	}))(t)
	const none = "Invalid login token. Not a Cognito token."
	tests := map[string]struct{ id, token, message string }{
		"for another identity":  {w.getID(pool, other), raw, dontMatch},
		"for a guest":           {guest, ok(w.getToken(guest, nil))(t).Token, dontMatch},
		"a user's, by a guest":  {guest, raw, dontMatch},
		"of a provider":         {id, logins[userPool], none},
		"no token":              {id, "x", notJWT},
		"made by somebody else": {id, sign(foreign, id, pool, []string{"authenticated"}), unverified},
		"changed":               {id, raw[:len(raw)-4] + "AAAA", unverified},
		"without amr":           {id, sign(w.own, id, pool, nil), dontMatch},
		"with unreadable tags":  {id, untaggable, unverified},
		"of another pool":       {id, sign(w.own, id, w.pool(), []string{"authenticated"}), dontMatch},
	}
	for name, tt := range tests {
		t.Log(name)
		refused(w.getCredentials(tt.id, map[string]string{host: tt.token}))(t, notAuthorized, tt.message)
	}
	for _, l := range []map[string]string{{host: raw}, {host: raw, userPool: logins[userPool]}} {
		refused(w.getToken(id, l))(t, notAuthorized, "Invalid login token. Can't pass in a Cognito token.")
		refused(w.GetID(t.Context(), &cognito.GetIDInput{IdentityPoolID: pool, Logins: l}))(t, notAuthorized, "Invalid login token. Can't pass in a Cognito token.")
	}
	refused(w.getCredentials(id, map[string]string{host: raw, userPool: logins[userPool]}))(t,
		invalidParameter, "A token of "+host+" cannot be combined with other logins.")

	out := ok(w.getCredentials(id, map[string]string{host: raw}))(t)
	caller := w.caller(out.Credentials)
	if out.IdentityID != id || !strings.Contains(caller.ARN, ":assumed-role/user/") || caller.HasSession {
		t.Errorf("identity %s is %s", out.IdentityID, caller.ARN)
	}
	w.clock.move(599 * time.Second)
	ok(w.getCredentials(id, map[string]string{host: raw}))(t)
	w.clock.move(time.Second)
	now := w.clock.in(0)
	refused(w.getCredentials(id, map[string]string{host: raw}))(t, notAuthorized,
		fmt.Sprintf("Invalid login token. Token expired: %d >= %d", now, now))
}
