package sts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	communication = "IDPCommunicationError"
	unreachable   = "The identity provider (IDP) that was asked to verify the incoming identity token could not be reached."
)

// by makes a request one with an access token of the provider.
func by(provider string) func(*sts.AssumeRoleWithWebIdentityInput) {
	return func(in *sts.AssumeRoleWithWebIdentityInput) { in.ProviderID = provider }
}

// networkTrust lets in the holders of a provider's tokens under a condition.
func networkTrust(provider, condition string) string {
	return trust(`{"Federated":"`+provider+`"}`, condition, "sts:AssumeRoleWithWebIdentity")
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct{ provider, key string }{{facebook, "id"}, {amazon, "user_id"}} {
		t.Run(test.provider, func(t *testing.T) {
			t.Parallel()
			name, user := strings.Split(test.provider, ".")[1], testidp.UserID(test.provider, "alice")
			role := w.role(name, networkTrust(test.provider, `"StringEquals":{"`+test.provider+`:app_id":"app1","`+test.provider+`:`+test.key+`":"`+user+`"}`))
			raw := ok(w.networks.Token(test.provider, "alice", "app1"))(t)
			out := ok(w.web(name, raw, by(test.provider)))(t)
			want := &sts.AssumeRoleWithWebIdentityOutput{
				SubjectFromWebIdentityToken: user,
				Audience:                    "app1",
				AssumedRoleUser: sts.AssumedRoleUser{
					AssumedRoleID: role.ID + ":app", ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/app",
				},
				Credentials: out.Credentials,
				Provider:    test.provider,
			}
			if diff := cmp.Diff(want, out); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
			keys := w.caller(out.Credentials).Keys
			for key, want := range map[string][]string{
				test.provider + ":" + test.key: {user}, "aws:FederatedProvider": {test.provider},
				test.provider + ":app_id": nil, test.provider + ":sub": nil, test.provider + ":aud": nil,
			} {
				if got, _, _ := keys.Get(key); !cmp.Equal(got, want) {
					t.Errorf("%s is %v in the session, want %v", key, got, want)
				}
			}
			put := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${` + test.provider + ":" + test.key + `}/*"}}`
			ok(w.IAM.PutRolePolicy(t.Context(), root(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: "all", PolicyDocument: put}))(t)
			for folder, want := range map[string]bool{user: true, testidp.UserID(test.provider, "bob"): false} {
				decision := ok(w.IAM.Authorize(t.Context(), w.caller(out.Credentials), "s3:GetObject", "arn:aws:s3:::b/"+folder+"/x", policy.NewContext()))(t)
				if decision.Allowed != want {
					t.Errorf("the folder of %s is allowed: %t", folder, decision.Allowed)
				}
			}
			for condition, holder := range map[string][2]string{
				"another user":    {"bob", "app1"},
				"another app":     {"alice", "app2"},
				"another of both": {"bob", "app2"},
			} {
				raw := ok(w.networks.Token(test.provider, holder[0], holder[1]))(t)
				t.Log(condition)
				refused(w.web(name, raw, by(test.provider)))(t, 403, denied, notAuthorized)
			}
		})
	}
}

// Who holds tokens of one provider does not pass for a holder of the other's, nor for a
// user of an OpenID Connect provider.
func TestAccessTokensStayApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("f", networkTrust(facebook, ""))
	w.role("a", networkTrust(amazon, ""))
	w.role("o", webTrust())
	const rejected = " responded with HTTP/1.1 400 Bad Request"
	facebookToken, amazonToken := ok(w.networks.Token(facebook, "alice", "1"))(t), ok(w.networks.Token(amazon, "alice", "1"))(t)
	ok(w.web("f", facebookToken, by(facebook)))(t)
	ok(w.web("a", amazonToken, by(amazon)))(t)
	refused(w.web("a", facebookToken, by(facebook)))(t, 403, denied, notAuthorized)
	refused(w.web("o", facebookToken, by(facebook)))(t, 403, denied, notAuthorized)
	refused(w.web("absent", facebookToken, by(facebook)))(t, 403, denied, notAuthorized)
	refused(w.web("f", amazonToken, by(facebook)))(t, 403, "IDPRejectedClaim", facebook+": "+facebook+rejected)
	refused(w.web("a", facebookToken, by(amazon)))(t, 403, "IDPRejectedClaim", amazon+": "+amazon+rejected)
	refused(w.web("f", facebookToken))(t, 400, invalidToken, notJWT)
	refused(w.web("f", w.sign(w.oidc, claims{"iss": "https://" + facebook}), by(facebook)))(t, 403, "IDPRejectedClaim", facebook+": "+facebook+rejected)
	refused(w.web("f", w.sign(w.oidc, claims{"iss": "https://" + facebook})))(t, 400, invalidToken, "No OpenIDConnect provider found in your account for https://"+facebook)
	w.networks.Revoke(facebookToken)
	refused(w.web("f", facebookToken, by(facebook)))(t, 403, "IDPRejectedClaim", facebook+": "+facebook+rejected)
	for _, provider := range []string{"api.twitter.com", "www.digits.com", google, host, oidc, facebook + "/", "https://" + facebook} {
		refused(w.web("f", facebookToken, by(provider)))(t, 400, validation,
			"ProviderId must be www.amazon.com or graph.facebook.com, and left out for OpenID Connect tokens.")
	}
}

func TestSickNetworks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.role("f", networkTrust(facebook, ""))
	w.role("r", webTrust())
	raw := ok(w.networks.Token(facebook, "alice", "1"))(t)
	for _, illness := range []testidp.Illness{
		testidp.Failing, testidp.Limiting, testidp.Raving, testidp.Bloated, testidp.Straying, testidp.Dropping,
	} {
		w.networks.patient.Ail(illness)
		_, err := w.web("f", raw, by(facebook))
		refused(0, err)(t, 400, communication, unreachable)
		if cause := errors.Unwrap(err); cause == nil || strings.Contains(cause.Error(), raw) {
			t.Errorf("illness %d: no cause, or one that has the token in it: %v", illness, cause)
		}
		ok(w.web("r", w.sign(w.oidc, nil)))(t) // others do not suffer
	}
	w.networks.patient.Ail(testidp.Healthy)
	ok(w.web("f", raw, by(facebook)))(t)
}
