package sts_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

// TestSAMLRefused are responses that are no good, and requests that do not fit a good one.
func TestSAMLRefused(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(`"StringEquals":{"saml:sub":"alice"}`))
	w.role("narrow", samlTrust(`"StringEquals":{"saml:sub":"bob"}`))
	w.role("web", webTrust())
	stranger := ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: w.clock.Now}))(t)
	elsewhere := ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer + "2", Now: w.clock.Now}))(t)
	from := func(p *testidp.SAMLProvider) string {
		return ok(p.Response("alice", awsSignIn, map[string][]string{attribute + "Role": {roleARN("r") + "," + samlARN + "idp"}}, testidp.SAMLOptions{}))(t)
	}
	forRole := func(name string) string {
		return w.response(attributes{attribute + "Role": {roleARN(name) + "," + samlARN + "idp"}})
	}
	tags := func(tags attributes) string { return w.response(tags) }
	name := func(names ...string) string { return w.response(attributes{attribute + "RoleSessionName": names}) }
	source := func(names ...string) string { return w.response(attributes{attribute + "SourceIdentity": names}) }
	duration := func(text ...string) string { return w.response(attributes{attribute + "SessionDuration": text}) }
	const (
		badName     = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
		badSource   = `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`
		badDuration = "SessionDuration in AuthnResponse must be a number of seconds from 900 to 43200"
	)
	good := w.response(nil)
	tests := map[string]struct{ role, response, code, message string }{
		"no base64":               {"r", "no base64", invalidToken, "Invalid base64 SAMLResponse"},
		"no XML":                  {"r", "abcd", invalidToken, invalidSAML},
		"no assertion":            {"r", base64.StdEncoding.EncodeToString([]byte(`<Response xmlns="urn:oasis:names:tc:SAML:2.0:protocol"/>`)), invalidToken, invalidSAML},
		"another key":             {"r", from(stranger), invalidToken, "Response signature invalid"},
		"another issuer":          {"r", from(elsewhere), invalidToken, "Issuer not present in specified provider"},
		"not signed":              {"r", w.response(nil, func(o *testidp.SAMLOptions) { o.LeaveAssertion = true }), invalidToken, "Response signature invalid"},
		"for somebody else":       {"r", w.responseTo("https://app.example/saml", nil), invalidToken, noRecipient},
		"for another provider":    {"r", w.responseTo(awsSignIn+"/acs/SAMLSPABC", nil), invalidToken, noRecipient},
		"other audience":          {"r", w.response(nil, func(o *testidp.SAMLOptions) { o.Audience = "https://app.example" }), invalidToken, noRecipient},
		"over":                    {"r", w.response(nil, func(o *testidp.SAMLOptions) { o.Lifetime = -time.Minute }), expiredToken, "Response has expired"},
		"session over by now":     {"r", w.response(nil, func(o *testidp.SAMLOptions) { o.Session = 500 * time.Millisecond }), expiredToken, "Response has expired"},
		"session over":            {"r", w.response(nil, func(o *testidp.SAMLOptions) { o.Session = -time.Second }), expiredToken, "Response has expired"},
		"no role":                 {"r", w.response(attributes{attribute + "Role": nil}), denied, notOffered},
		"other role":              {"r", forRole("web"), denied, notOffered},
		"role without provider":   {"r", w.response(attributes{attribute + "Role": {roleARN("r")}}), denied, notOffered},
		"role of other provider":  {"r", w.response(attributes{attribute + "Role": {roleARN("r") + "," + samlARN + "other"}}), denied, notOffered},
		"role in other case":      {"r", forRole("R"), denied, notOffered},
		"name of attribute":       {"r", w.response(attributes{attribute + "Role": nil, attribute + "role": {roleARN("r") + "," + samlARN + "idp"}}), denied, notOffered},
		"role that is not there":  {"none", forRole("none"), denied, notOffered},
		"role for another":        {"narrow", forRole("narrow"), denied, notOffered},
		"role for web identities": {"web", forRole("web"), denied, notOffered},
		"no session name":         {"r", name(), invalidToken, "RoleSessionName is required in AuthnResponse"},
		"short session name":      {"r", name("a"), invalidToken, badName},
		"long session name":       {"r", name(strings.Repeat("a", 65)), invalidToken, badName},
		"session name of words":   {"r", name("Alice Doe"), invalidToken, badName},
		"two session names":       {"r", name("alice", "bob"), invalidToken, badName},
		"short source":            {"r", source("a"), invalidToken, badSource},
		"AWS's source":            {"r", source("aws:x"), invalidToken, badSource},
		"two sources":             {"r", source("alice", "bob"), invalidToken, badSource},
		"source not allowed":      {"r", source("alice"), denied, notOffered},
		"tags not allowed":        {"r", tags(attributes{attribute + "PrincipalTag:Team": {"red"}}), denied, notOffered},
		"tag with two values":     {"r", tags(attributes{attribute + "PrincipalTag:Team": {"red", "blue"}}), invalidToken, "PrincipalTag in AuthnResponse must have exactly one value: Team"},
		"tags but for case":       {"r", tags(attributes{attribute + "PrincipalTag:Team": {"red"}, attribute + "PrincipalTag:team": {"red"}}), validation, "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		"tag of AWS":              {"r", tags(attributes{attribute + "PrincipalTag:aws:x": {"red"}}), validation, "Session tag keys must not begin with aws:."},
		"transitive, no tag":      {"r", tags(attributes{attribute + "TransitiveTagKeys": {"Team"}}), invalidToken, "The specified transitive tag key must be included in the requested tags: Team"},
		"duration of words":       {"r", duration("an hour"), invalidToken, badDuration},
		"short duration":          {"r", duration("899"), invalidToken, badDuration},
		"long duration":           {"r", duration("43201"), invalidToken, badDuration},
		"two durations":           {"r", duration("900", "900"), invalidToken, badDuration},
		"no role's ARN":           {"", good, validation, "Request ARN is invalid"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := 400
			if tt.code == denied {
				status = 403
			}
			refused(w.saml(tt.role, tt.response))(t, status, tt.code, tt.message)
		})
	}
	for _, provider := range []string{
		samlARN + "none", samlARN + "IDP", oidcARN, "arn:aws:iam::210987654321:saml-provider/idp", "no arn, but twenty characters",
	} {
		refused(w.saml("r", good, func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalARN = provider }))(t, 400, invalidToken, "Specified provider doesn't exist")
	}
}

// TestSAMLTimes follows a response until it is good no more.
func TestSAMLTimes(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	try := func(response string) error { _, err := w.saml("none", response); return err }
	long := w.response(nil, func(o *testidp.SAMLOptions) { o.Lifetime = time.Hour })
	short := w.response(nil, func(o *testidp.SAMLOptions) { o.Lifetime = time.Minute })
	for _, step := range []struct {
		after         time.Duration
		response      string
		code, message string
	}{
		{0, short, denied, notOffered}, // as far as a good one gets without its role
		{2*time.Minute - time.Second, short, denied, notOffered},
		{2 * time.Minute, short, expiredToken, "Response has expired"},
		{5*time.Minute - time.Second, long, denied, notOffered},
		{5 * time.Minute, long, expiredToken, "Token must be redeemed within 5 minutes of issuance"},
		{-time.Minute, long, denied, notOffered},
		{-time.Minute - time.Second, long, invalidToken, "Response is not yet valid"},
	} {
		w.clock.move(step.after)
		err := try(step.response)
		w.clock.move(-step.after)
		f, is := errors.AsType[*fault.Error](err)
		if !is || f.Code != step.code || f.Message != step.message {
			t.Errorf("after %s: %v, want %s: %s", step.after, err, step.code, step.message)
		}
	}
}

// TestSAMLIsOver tells until when a response has to be remembered: until it cannot be
// presented any more.
func TestSAMLIsOver(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	provider := ok(w.IAM.SAMLProvider(t.Context(), samlARN+"idp"))(t)
	for life, want := range map[time.Duration]time.Duration{time.Minute: 2 * time.Minute, 24 * time.Hour: 5 * time.Minute} {
		a := ok(w.VerifySAML(provider, w.response(nil, func(o *testidp.SAMLOptions) { o.Lifetime = life })))(t)
		if got := a.NotOnOrAfter.Sub(w.clock.Now()); got != want {
			t.Errorf("a response for %s is over after %s, want %s", life, got, want)
		}
	}
}
