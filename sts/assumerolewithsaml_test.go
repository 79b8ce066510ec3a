package sts_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	samlARN     = "arn:aws:iam::" + account + ":saml-provider/"
	samlIssuer  = "https://saml.example/idp"
	awsSignIn   = "https://signin.aws.amazon.com/saml"
	ownSignIn   = "https://cenote.example/saml"
	attribute   = "https://aws.amazon.com/SAML/Attributes/"
	notOffered  = "Not authorized to perform sts:AssumeRoleWithSAML"
	noRecipient = "Response does not contain the required audience"
	invalidSAML = "Your request included an invalid SAML response."
)

// attributes override those that a response has; an empty list removes one.
type attributes map[string][]string

// samlWorld is a world with a SAML provider of the account, whose ARN ends with idp.
type samlWorld struct {
	*world
	idp *testidp.SAMLProvider
}

func newSAMLWorld(t testing.TB) *samlWorld {
	t.Helper()
	w := &samlWorld{world: newWorld(t)}
	w.idp = ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: w.clock.Now}))(t)
	ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "idp", SAMLMetadataDocument: w.idp.Metadata()}))(t)
	return w
}

// samlTrust lets in whoever the SAML provider vouches for, for AWS.
func samlTrust(condition string, more ...string) string {
	return trust(`{"Federated":"`+samlARN+`idp"}`, condition, append(more, "sts:AssumeRoleWithSAML")...)
}

// response is one of the provider for alice, who may have the role r.
func (w *samlWorld) response(change attributes, options ...func(*testidp.SAMLOptions)) string {
	w.t.Helper()
	return w.responseTo(awsSignIn, change, options...)
}

func (w *samlWorld) responseTo(recipient string, change attributes, options ...func(*testidp.SAMLOptions)) string {
	w.t.Helper()
	all := map[string][]string{
		attribute + "Role":            {roleARN("r") + "," + samlARN + "idp"},
		attribute + "RoleSessionName": {"alice@example.com"},
	}
	maps.Copy(all, change)
	var o testidp.SAMLOptions
	for _, option := range options {
		option(&o)
	}
	return ok(w.idp.Response("alice", recipient, all, o))(w.t)
}

// saml asks for a session of a role with a response.
func (w *samlWorld) saml(role, response string, change ...func(*sts.AssumeRoleWithSAMLInput)) (*sts.AssumeRoleWithSAMLOutput, error) {
	in := sts.AssumeRoleWithSAMLInput{RoleARN: roleARN(role), PrincipalARN: samlARN + "idp", SAMLAssertion: response}
	for _, c := range change {
		c(&in)
	}
	return w.AssumeRoleWithSAML(w.t.Context(), &in)
}

func TestSAML(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	role := w.role("r", samlTrust(`"StringEquals":{"saml:aud":"`+awsSignIn+`"}`, "sts:TagSession", "sts:SetSourceIdentity"))
	out := ok(w.saml("r", w.response(attributes{
		attribute + "PrincipalTag:Team":    {"red"},
		attribute + "PrincipalTag:Project": {""},
		attribute + "TransitiveTagKeys":    {"Team", "Team"},
		attribute + "SourceIdentity":       {"alice"},
	})))(t)
	sum := sha1.Sum([]byte(samlIssuer + account + "/idp"))
	qualifier := base64.StdEncoding.EncodeToString(sum[:])
	size := int32(1)
	want := &sts.AssumeRoleWithSAMLOutput{
		Credentials: out.Credentials,
		AssumedRoleUser: sts.AssumedRoleUser{
			AssumedRoleID: role.ID + ":alice@example.com", ARN: "arn:aws:sts::" + account + ":assumed-role/r/alice@example.com",
		},
		PackedPolicySize: &size, Subject: "alice", SubjectType: "persistent", Issuer: samlIssuer, Audience: awsSignIn,
		NameQualifier: qualifier, SourceIdentity: "alice",
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if left := out.Credentials.Expiration.Sub(w.clock.Now()); left != time.Hour {
		t.Errorf("the session lasts %s", left)
	}
	caller := w.caller(out.Credentials)
	if diff := cmp.Diff(map[string]string{"Team": "red"}, caller.TransitiveTags); diff != "" {
		t.Errorf("transitive tags (-want +got):\n%s", diff)
	}
	for key, want := range map[string]string{
		"saml:sub": "alice", "saml:sub_type": "persistent", "saml:namequalifier": qualifier, "aws:FederatedProvider": samlARN + "idp",
		"aws:SourceIdentity": "alice", "aws:PrincipalTag/Team": "red", "aws:PrincipalTag/Project": "",
	} {
		if got, _, _ := caller.Keys.Get(key); !cmp.Equal(got, []string{want}) {
			t.Errorf("%s is %v, want %s", key, got, want)
		}
	}
	for _, key := range []string{"saml:aud", "saml:iss", "saml:doc", "saml:name", "saml:mail"} {
		if got, _, is := caller.Keys.Get(key); is {
			t.Errorf("%s stays in the session: %v", key, got)
		}
	}
}

// TestSAMLTaken are responses of other shapes, each good.
func TestSAMLTaken(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	pair, provider := roleARN("r"), samlARN+"idp"
	uuid := ok(w.IAM.SAMLProvider(t.Context(), provider))(t).UUID
	option := func(set func(*testidp.SAMLOptions)) string { return w.response(nil, set) }
	tests := map[string]struct{ response, recipient string }{
		"pair the other way round": {w.response(attributes{attribute + "Role": {provider + "," + pair}}), awsSignIn},
		"pair with spaces":         {w.response(attributes{attribute + "Role": {" " + provider + ", \n" + pair + "\t"}}), awsSignIn},
		"one of many pairs":        {w.response(attributes{attribute + "Role": {"junk", pair + "2," + provider, pair + "," + provider, pair + "," + provider}}), awsSignIn},
		"region's sign-in URL":     {w.responseTo("https://eu-central-1.signin.aws.amazon.com/saml", nil), "https://eu-central-1.signin.aws.amazon.com/saml"},
		"sign-in URL of provider":  {w.responseTo(awsSignIn+"/acs/"+uuid, nil), awsSignIn + "/acs/" + uuid},
		"sign-in URL of ours":      {w.responseTo(ownSignIn, nil), ownSignIn},
		"other audience of AWS":    {option(func(o *testidp.SAMLOptions) { o.Audience = awsSignIn }), awsSignIn},
		"signed as a whole":        {option(func(o *testidp.SAMLOptions) { o.SignResponse, o.LeaveAssertion = true, true }), awsSignIn},
		"base64 in lines":          {inLines(w.response(nil)), awsSignIn},
		"long life":                {option(func(o *testidp.SAMLOptions) { o.Lifetime = 24 * time.Hour }), awsSignIn},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := ok(w.saml("r", tt.response))(t)
			if out.Audience != tt.recipient {
				t.Errorf("audience is %s, want %s", out.Audience, tt.recipient)
			}
		})
	}
}

// inLines is base64 as a file has it.
func inLines(text string) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(text), 76) {
		b.WriteString(string(line) + "\n")
	}
	return b.String()
}

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

// TestSAMLLife is the least of what is asked for, what the response says, and what the
// role allows.
func TestSAMLLife(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""), func(in *iam.CreateRoleInput) { in.MaxSessionDuration = 7200 })
	for name, tt := range map[string]struct {
		seconds  int32
		duration string
		session  time.Duration
		want     time.Duration
	}{
		"default":                  {0, "", 0, time.Hour},
		"asked for":                {7200, "", 0, 2 * time.Hour},
		"duration longer":          {0, "43200", 0, time.Hour},
		"duration shorter":         {7200, "900", 0, 15 * time.Minute},
		"session longer":           {0, "", 10 * time.Hour, time.Hour},
		"session shorter":          {0, "", 10 * time.Minute, 10 * time.Minute},
		"session before duration":  {0, "1800", 10 * time.Minute, 10 * time.Minute},
		"duration before session":  {0, "900", 20 * time.Minute, 15 * time.Minute},
		"asked for before session": {900, "", 20 * time.Minute, 15 * time.Minute},
	} {
		change := attributes{}
		if tt.duration != "" {
			change[attribute+"SessionDuration"] = []string{tt.duration}
		}
		out := ok(w.saml("r", w.response(change, func(o *testidp.SAMLOptions) { o.Session = tt.session }),
			func(in *sts.AssumeRoleWithSAMLInput) { in.DurationSeconds = tt.seconds }))(t)
		if got := out.Credentials.Expiration.Sub(w.clock.Now()); got != tt.want {
			t.Errorf("%s: the session lasts %s, want %s", name, got, tt.want)
		}
	}
	refused(w.saml("r", w.response(nil), func(in *sts.AssumeRoleWithSAMLInput) { in.DurationSeconds = 7201 }))(t, 400, validation, overMax)
}

// TestSAMLOnce takes a response once, however many bring it, and not one that got
// nothing for as long as it is good.
func TestSAMLOnce(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	response := w.response(nil)
	refused(w.saml("r", response, func(in *sts.AssumeRoleWithSAMLInput) { in.DurationSeconds = 7200 }))(t, 400, validation, overMax)
	var got atomic.Int32
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			_, err := w.AssumeRoleWithSAML(context.Background(), &sts.AssumeRoleWithSAMLInput{
				RoleARN: roleARN("r"), PrincipalARN: samlARN + "idp", SAMLAssertion: response,
			})
			if err == nil {
				got.Add(1)
				return
			}
			refused(0, err)(t, 400, invalidToken, "Response was used before")
		})
	}
	crowd.Wait()
	if got.Load() != 1 {
		t.Errorf("%d got a session", got.Load())
	}
	ok(w.saml("r", w.response(nil)))(t)
}

// TestSAMLSessionPolicy narrows a session, and counts what it takes.
func TestSAMLSessionPolicy(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	out := ok(w.saml("r", w.response(nil), func(in *sts.AssumeRoleWithSAMLInput) { in.Policy = allow("s3:GetObject") }))(t)
	if diff := cmp.Diff([]string{"s3:GetObject"}, w.may(w.caller(out.Credentials), "s3:GetObject", "s3:PutObject")); diff != "" {
		t.Errorf("allowed (-want +got):\n%s", diff)
	}
	if out.PackedPolicySize == nil || *out.PackedPolicySize < 1 {
		t.Errorf("size is %v", out.PackedPolicySize)
	}
	refused(w.saml("r", w.response(nil), func(in *sts.AssumeRoleWithSAMLInput) { in.Policy = "{" }))(t, 400, malformed, "Syntax errors in policy.")
}

// TestSAMLTrustKeys are what a trust policy can ask about a response.
func TestSAMLTrustKeys(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	const person, claim = "urn:oid:1.3.6.1.4.1.5923.1.1.1.", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	sum := sha1.Sum([]byte(samlIssuer + account + "/idp"))
	given := attributes{
		person + "1": {"staff", "faculty"}, person + "3": {"o=one", "o=two"}, person + "6": {"alice@uni.example"},
		"urn:oid:1.3.6.1.4.1.5923.1.2.1.4": {"University"}, "urn:oid:2.5.4.3": {"Alice", "Ally"}, "2.5.4.3": {"Alice D."},
		"0.9.2342.19200300.100.1.1": {"u1"}, "0.9.2342.19200300.100.1.45": {"active"}, claim + "surname": {"Doe"}, "2.5.4.4": {"Other"},
		"http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": {"S-1"},
	}
	for condition, allowed := range map[string]bool{
		`"StringEquals":{"SAML:aud":"` + awsSignIn + `"}`:                                           true,
		`"StringEquals":{"saml:aud":"urn:amazon:webservices"}`:                                      false,
		`"StringEquals":{"saml:iss":"` + samlIssuer + `"}`:                                          true,
		`"StringEquals":{"saml:doc":"` + account + `/idp"}`:                                         true,
		`"StringEquals":{"saml:sub":"alice","saml:sub_type":"persistent"}`:                          true,
		`"StringEquals":{"saml:sub_type":"transient"}`:                                              false,
		`"StringEquals":{"saml:namequalifier":"` + base64.StdEncoding.EncodeToString(sum[:]) + `"}`: true,
		`"StringEquals":{"sts:RoleSessionName":"alice@example.com"}`:                                true,
		`"ForAnyValue:StringEquals":{"saml:edupersonaffiliation":["faculty"]}`:                      true,
		`"ForAllValues:StringEquals":{"saml:edupersonaffiliation":["faculty"]}`:                     false,
		`"ForAllValues:StringLike":{"saml:edupersonaffiliation":["faculty","sta*"]}`:                true,
		`"StringEquals":{"saml:edupersonorgdn":"o=one"}`:                                            true,
		`"StringEquals":{"saml:edupersonorgdn":"o=two"}`:                                            false,
		`"StringLike":{"saml:eduPersonPrincipalName":"*@uni.example"}`:                              true,
		`"ForAnyValue:StringEquals":{"saml:eduorglegalname":"University"}`:                          true,
		`"ForAnyValue:StringEquals":{"saml:cn":"Ally"}`:                                             true,
		`"StringEquals":{"saml:commonName":"Alice D."}`:                                             true,
		`"StringEquals":{"saml:surname":"Doe"}`:                                                     true,
		`"StringEquals":{"saml:mail":"alice@example.com"}`:                                          true,
		`"StringEquals":{"saml:name":"alice"}`:                                                      true,
		`"StringEquals":{"saml:primaryGroupSID":"S-1","saml:uid":"S-1"}`:                            true,
		`"StringEquals":{"saml:organizationStatus":"active"}`:                                       true,
		`"Null":{"saml:x500UniqueIdentifier":"true"}`:                                               true,
		`"StringEquals":{"aws:FederatedProvider":"` + samlARN + `idp"}`:                             true,
	} {
		w.setTrust("r", samlTrust(condition))
		_, err := w.saml("r", w.response(given))
		if (err == nil) != allowed {
			t.Errorf("%s: %v", condition, err)
		}
	}
}

// TestSAMLProviderChanges counts at once: another key, a key that is gone, and the
// provider itself.
func TestSAMLProviderChanges(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	update := func() {
		ok(w.IAM.UpdateSAMLProvider(t.Context(), root(), &iam.UpdateSAMLProviderInput{SAMLProviderARN: samlARN + "idp", SAMLMetadataDocument: w.idp.Metadata()}))(t)
	}
	rotate := func() {
		if err := w.idp.RotateKey(); err != nil {
			t.Fatal(err)
		}
	}
	old := w.response(nil)
	rotate()
	fresh := w.response(nil)
	refused(w.saml("r", fresh))(t, 400, invalidToken, "Response signature invalid")
	update() // both keys are in it
	ok(w.saml("r", fresh))(t)
	last := w.response(nil)
	rotate()
	update()
	refused(w.saml("r", old))(t, 400, invalidToken, "Response signature invalid")
	ok(w.saml("r", last))(t)
	good := w.response(nil)
	ok(w.IAM.DeleteSAMLProvider(t.Context(), root(), &iam.DeleteSAMLProviderInput{SAMLProviderARN: samlARN + "idp"}))(t)
	refused(w.saml("r", good))(t, 400, invalidToken, "Specified provider doesn't exist")
}

// TestSAMLEncrypted takes what is encrypted to a key of the provider, and nothing else
// where that is required.
func TestSAMLEncrypted(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.role("r", samlTrust(""))
	key, other := ok(rsa.GenerateKey(rand.Reader, 2048))(t), ok(rsa.GenerateKey(rand.Reader, 2048))(t)
	encrypted := func(to *rsa.PrivateKey) string {
		return w.response(nil, func(o *testidp.SAMLOptions) { o.Encrypt = &to.PublicKey })
	}
	refused(w.saml("r", encrypted(key)))(t, 400, invalidToken, invalidSAML)
	change := &iam.UpdateSAMLProviderInput{SAMLProviderARN: samlARN + "idp"}
	change.AddPrivateKey = iam.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ok(x509.MarshalPKCS8PrivateKey(key))(t)}))
	ok(w.IAM.UpdateSAMLProvider(t.Context(), root(), change))(t)
	ok(w.saml("r", encrypted(key)))(t)
	ok(w.saml("r", w.response(nil)))(t)
	refused(w.saml("r", encrypted(other)))(t, 400, invalidToken, invalidSAML)
	change = &iam.UpdateSAMLProviderInput{SAMLProviderARN: samlARN + "idp", AssertionEncryptionMode: "Required"}
	ok(w.IAM.UpdateSAMLProvider(t.Context(), root(), change))(t)
	ok(w.saml("r", encrypted(key)))(t)
	refused(w.saml("r", w.response(nil)))(t, 400, invalidToken, invalidSAML)
}
