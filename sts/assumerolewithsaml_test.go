package sts_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

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

// TestSAMLOnceForAnIssuer counts a response by who issued it: one identity provider may
// be two SAML providers of the account.
func TestSAMLOnceForAnIssuer(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "twin", SAMLMetadataDocument: w.idp.Metadata()}))(t)
	w.role("r", samlTrust(""))
	w.role("s", trust(`{"Federated":"`+samlARN+`twin"}`, "", "sts:AssumeRoleWithSAML"))
	both := attributes{attribute + "Role": {roleARN("r") + "," + samlARN + "idp", roleARN("s") + "," + samlARN + "twin"}}
	twin := func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalARN = samlARN + "twin" }
	response := w.response(both)
	ok(w.saml("r", response))(t)
	refused(w.saml("s", response, twin))(t, 400, invalidToken, "Response was used before")
	ok(w.saml("s", w.response(both), twin))(t)
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
