package sts_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/sts"
)

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	role := w.role("r", webTrust("sts:SetSourceIdentity"))
	raw := w.sign(w.oidc, claims{"aud": []string{"x", client}, "https://aws.amazon.com/source_identity": "alice"})
	out := ok(w.web("r", raw))(t)
	caller := w.caller(out.Credentials)
	want := &sts.AssumeRoleWithWebIdentityOutput{
		SubjectFromWebIdentityToken: alice,
		Audience:                    client,
		AssumedRoleUser: sts.AssumedRoleUser{
			AssumedRoleID: role.ID + ":app", ARN: "arn:aws:sts::" + account + ":assumed-role/r/app",
		},
		Credentials:    out.Credentials,
		Provider:       oidcARN,
		SourceIdentity: "alice",
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	c := out.Credentials
	if !strings.HasPrefix(c.AccessKeyID, "ASIA") || len(c.AccessKeyID) != 20 || len(c.SecretAccessKey) != 40 ||
		!c.Expiration.Equal(w.clock.Now().Add(time.Hour)) {
		t.Errorf("key %s, secret of %d, until %v", c.AccessKeyID, len(c.SecretAccessKey), c.Expiration)
	}
	for key, want := range map[string]string{
		oidc + ":sub": alice, oidc + ":aud": client, "aws:FederatedProvider": oidcARN, "aws:SourceIdentity": "alice",
	} {
		if got, _, _ := caller.Keys.Get(key); !cmp.Equal(got, []string{want}) {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
}

func TestTokensRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	stranger := w.idp(oidc) // of the same name, with another key
	now := w.clock.seconds()
	part := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	body := part(fmt.Sprintf(`{"iss":"https://%s","sub":"a","aud":"%s","iat":%d,"exp":%d}`, oidc, client, now, now+60))
	one, two := strings.Split(w.sign(w.oidc, nil), "."), strings.Split(w.sign(w.oidc, claims{"sub": "root"}), ".")
	tests := map[string]struct{ token, code, message string }{
		"no JWT":           {"ya29.opaque", invalidToken, notJWT},
		"no algorithm":     {part(`{"alg":"none"}`) + "." + body + ".", invalidToken, notJWT},
		"symmetric":        {part(`{"alg":"HS256"}`) + "." + body + "." + part("x"), invalidToken, notJWT},
		"PSS":              {part(`{"alg":"PS256"}`) + "." + body + "." + part("x"), invalidToken, notJWT},
		"fraction in exp":  {w.sign(w.oidc, claims{"exp": float64(now) + 60.5}), invalidToken, notJWT},
		"unknown issuer":   {w.sign(w.oidc, claims{"iss": "https://idp.nowhere"}), invalidToken, "No OpenIDConnect provider found in your account for https://idp.nowhere"},
		"no issuer":        {w.sign(w.oidc, claims{"iss": nil}), invalidToken, "No OpenIDConnect provider found in your account for "},
		"issuer's host":    {w.sign(w.oidc, claims{"iss": "https://idp.example"}), invalidToken, "No OpenIDConnect provider found in your account for https://idp.example"},
		"issuer's case":    {w.sign(w.oidc, claims{"iss": "https://IDP.example/org"}), invalidToken, "No OpenIDConnect provider found in your account for https://IDP.example/org"},
		"unknown key":      {w.sign(stranger, nil), invalidToken, noKeys},
		"foreign claims":   {one[0] + "." + two[1] + "." + one[2], invalidToken, "The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements."},
		"as if ours":       {w.sign(w.oidc, claims{"iss": "https://" + host}), invalidToken, noKeys},
		"as if Google's":   {w.sign(w.oidc, claims{"iss": "https://" + google}), invalidToken, noKeys},
		"no aud":           {w.sign(w.oidc, claims{"aud": nil, "client_id": client}), invalidToken, "Missing a required claim: aud"},
		"empty aud":        {w.sign(w.oidc, claims{"aud": []string{}}), invalidToken, "Missing a required claim: aud"},
		"no sub":           {w.sign(w.oidc, claims{"sub": nil}), invalidToken, "Missing a required claim: sub"},
		"no exp":           {w.sign(w.oidc, claims{"exp": nil}), invalidToken, "Missing a required claim: exp"},
		"no iat":           {w.sign(w.oidc, claims{"iat": nil}), invalidToken, "Missing a required claim: iat"},
		"other audience":   {w.sign(w.oidc, claims{"aud": "other"}), invalidToken, wrongAudience},
		"azp, not aud":     {w.sign(w.oidc, claims{"azp": "other"}), invalidToken, wrongAudience},
		"not yet, by nbf":  {w.sign(w.oidc, claims{"nbf": now + 301}), invalidToken, "The ID Token provided is not yet valid."},
		"not yet, by iat":  {w.sign(w.oidc, claims{"iat": now + 301}), invalidToken, "The ID Token provided is not yet valid."},
		"expired just now": {w.sign(w.oidc, claims{"exp": now}), expiredToken, expiredAt(now, now)},
		"older than a day": {w.sign(w.oidc, claims{"iat": now - 86401}), expiredToken, "Token too old: 86401"},
		"aud is no text":   {w.sign(w.oidc, claims{"aud": 7}), invalidToken, notJWT},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(w.web("r", tt.token))(t, 400, tt.code, tt.message)
		})
	}
}

func TestTokensTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", trust(`{"Federated":"`+oidcARN+`"}`, "", "sts:AssumeRoleWithWebIdentity"))
	now := w.clock.seconds()
	tests := map[string]struct {
		token    string
		audience string
	}{
		"a second left":       {w.sign(w.oidc, claims{"exp": now + 1}), client},
		"a day old":           {w.sign(w.oidc, claims{"iat": now - 86400}), client},
		"a clock ahead":       {w.sign(w.oidc, claims{"iat": now + 300, "nbf": now + 300}), client},
		"second client":       {w.sign(w.oidc, claims{"aud": "client2"}), "client2"},
		"one of many":         {w.sign(w.oidc, claims{"aud": []string{"x", "client2", client}}), "client2"},
		"azp before aud":      {w.sign(w.oidc, claims{"azp": client, "aud": "other"}), client},
		"issuer with a slash": {w.sign(w.oidc, claims{"iss": "https://" + oidc + "/"}), client},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out := ok(w.web("r", tt.token))(t); out.Audience != tt.audience {
				t.Errorf("audience is %s, want %s", out.Audience, tt.audience)
			}
		})
	}
}

// Each defect is worse than those after it: of several, the first is told.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	stranger := w.idp(oidc)
	now := w.clock.seconds()
	type request struct {
		in     sts.AssumeRoleWithWebIdentityInput
		claims claims
		signer idp
		opaque bool
	}
	defects := []struct {
		status        int
		code, message string
		add           func(*request)
	}{
		{400, validation, "ProviderId must be www.amazon.com or graph.facebook.com, and left out for OpenID Connect tokens.", func(r *request) { r.in.ProviderID = google }},
		{400, validation, "Request ARN is invalid", func(r *request) { r.in.RoleARN = "arn:aws:iam::" + account + ":user/r" }},
		{400, invalidToken, notJWT, func(r *request) { r.opaque = true }},
		{400, invalidToken, "No OpenIDConnect provider found in your account for https://x", func(r *request) { r.claims["iss"] = "https://x" }},
		{400, invalidToken, noKeys, func(r *request) { r.signer = stranger }},
		{400, expiredToken, expiredAt(now, now-1), func(r *request) { r.claims["exp"] = now - 1 }},
		{400, expiredToken, "Token too old: 90000", func(r *request) { r.claims["iat"] = now - 90000 }},
		{400, invalidToken, "Missing a required claim: sub", func(r *request) { r.claims["sub"] = nil }},
		{400, invalidToken, wrongAudience, func(r *request) { r.claims["aud"] = "other" }},
		{400, invalidToken, badTags, func(r *request) { r.claims["https://aws.amazon.com/tags"] = "x" }},
		{403, denied, notAuthorized, func(r *request) { r.in.RoleARN = roleARN("ghost") }},
		{400, validation, overMax, func(r *request) { r.in.DurationSeconds = 3601 }},
		{400, malformed, "Syntax errors in policy.", func(r *request) { r.in.Policy = "{" }},
	}
	for i, d := range defects {
		r := request{
			in:     sts.AssumeRoleWithWebIdentityInput{RoleARN: roleARN("r"), RoleSessionName: "app"},
			claims: claims{}, signer: w.oidc,
		}
		for j := len(defects) - 1; j >= i; j-- {
			defects[j].add(&r)
		}
		r.in.WebIdentityToken = w.sign(r.signer, r.claims)
		if r.opaque {
			r.in.WebIdentityToken = "opaque"
		}
		refused(w.AssumeRoleWithWebIdentity(t.Context(), &r.in))(t, d.status, d.code, d.message)
	}
}

func TestRoleARNs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	w.role("p", webTrust(), func(in *iam.CreateRoleInput) { in.Path = "/service-role/x/" })
	const invalid = "Request ARN is invalid"
	tests := map[string]string{ // to the message, empty if it is taken
		roleARN("r"):                             "",
		roleARN("service-role/x/p"):              "",
		roleARN("p"):                             notAuthorized,
		roleARN("service-role/p"):                notAuthorized,
		roleARN("x/r"):                           notAuthorized,
		roleARN("R"):                             notAuthorized,
		"arn:aws:iam::210987654321:role/r":       notAuthorized,
		"arn:aws:iam:::role/r":                   notAuthorized,
		roleARN(""):                              invalid,
		roleARN("r/"):                            invalid,
		"arn:aws-cn:iam::" + account + ":role/r": invalid,
		"arn:aws:sts::" + account + ":assumed-role/r/app": invalid,
		"arn:aws:iam::" + account + "x:role/r":            invalid,
		"not the ARN of a role":                           invalid,
	}
	token := w.sign(w.oidc, nil)
	for arn, message := range tests {
		t.Log(arn)
		out, err := w.web("", token, func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleARN = arn })
		switch message {
		case "":
			name := arn[strings.LastIndex(arn, "/")+1:]
			if got, want := ok(out, err)(t).AssumedRoleUser.ARN, "arn:aws:sts::"+account+":assumed-role/"+name+"/app"; got != want {
				t.Errorf("session is %s, want %s", got, want)
			}
		case invalid:
			refused(out, err)(t, 400, validation, message)
		default:
			refused(out, err)(t, 403, denied, message)
		}
	}
}

// Whatever else is wrong with a request, it does not tell which roles exist.
func TestAbsentRolesLookUntrusting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("untrusting", trust(`{"AWS":"`+account+`"}`, "", "sts:AssumeRole"))
	tags := func(tags any) claims { return claims{"https://aws.amazon.com/tags": claims{"principal_tags": tags}} }
	requests := map[string]struct {
		claims claims
		change func(*sts.AssumeRoleWithWebIdentityInput)
	}{
		"good":            {nil, func(*sts.AssumeRoleWithWebIdentityInput) {}},
		"too long":        {nil, func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = 43200 }},
		"bad policy":      {nil, func(in *sts.AssumeRoleWithWebIdentityInput) { in.Policy = "{" }},
		"unknown policy":  {nil, func(in *sts.AssumeRoleWithWebIdentityInput) { in.PolicyARNs = []sts.PolicyDescriptor{{ARN: "x"}} }},
		"tags":            {tags(claims{"a": []string{"b"}}), func(*sts.AssumeRoleWithWebIdentityInput) {}},
		"tags of AWS's":   {tags(claims{"aws:a": []string{"b"}}), func(*sts.AssumeRoleWithWebIdentityInput) {}},
		"tags twice":      {tags(claims{"a": []string{"b"}, "A": []string{"b"}}), func(*sts.AssumeRoleWithWebIdentityInput) {}},
		"source identity": {claims{"https://aws.amazon.com/source_identity": "me"}, func(*sts.AssumeRoleWithWebIdentityInput) {}},
	}
	for name, r := range requests {
		raw := w.sign(w.oidc, r.claims)
		var answers []fault.Error
		for _, role := range []string{"untrusting", "absent"} {
			_, err := w.web(role, raw, r.change)
			f, is := errors.AsType[*fault.Error](err)
			if !is {
				t.Fatalf("%s: %s answers %v", name, role, err)
			}
			answers = append(answers, fault.Error{Code: f.Code, Status: f.Status, Message: f.Message})
		}
		if diff := cmp.Diff(answers[0], answers[1]); diff != "" {
			t.Errorf("%s (-untrusting +absent):\n%s", name, diff)
		}
	}
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	w.oidc.web.Close()
	_, err := w.web("r", w.sign(w.oidc, nil))
	refused(0, err)(t, 400, invalidToken, noKeys)
	if _, down := errors.AsType[*provider.UnreachableError](err); !down {
		t.Errorf("the log does not learn of it: %v", errors.Unwrap(err))
	}
}

func TestRotatedKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("r", webTrust())
	first := w.sign(w.oidc, nil)
	ok(w.web("r", first))(t)
	for range 2 {
		if err := w.oidc.RotateKey(); err != nil {
			t.Fatal(err)
		}
		ok(w.web("r", w.sign(w.oidc, nil)))(t)
	}
	refused(w.web("r", first))(t, 400, invalidToken, noKeys)
}
