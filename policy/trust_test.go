package policy_test

import (
	"fmt"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

const roleARN = "arn:aws:iam::" + account + ":role/Target"

func assume(who policy.Principal) policy.Request {
	return policy.Request{Principal: who, Action: "sts:AssumeRole", Resource: roleARN, Context: policy.NewContext()}
}

func TestEvaluateTrust(t *testing.T) {
	t.Parallel()
	const (
		ann       = `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`
		allowSTS  = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + roleARN + `"}`
		denySTS   = `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`
		denyTrust = `,{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`
	)
	trusts := func(principal string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"sts:AssumeRole"}`, principal)
	}
	foreign := policy.Principal{Account: other, ARN: "arn:aws:iam::" + other + ":user/eve"}
	eve := `{"AWS":"` + foreign.ARN + `"}`
	itself := policy.Principal{Account: account, ARN: "arn:aws:sts::" + account + ":assumed-role/Target/s", RoleARN: roleARN}
	byTrust, noTrust := outcome{true, false, policy.Trust}, outcome{false, false, policy.Trust}
	noIdentity := outcome{false, false, policy.Identity}
	tests := []struct {
		name, trust, identity, boundary, session string
		who                                      policy.Principal
		want                                     outcome
	}{
		{"named user", trusts(ann), "", "", "", user(), byTrust},
		{"named user, boundary silent", trusts(ann), "", allowGet, "", user(), byTrust},
		{"named user, own deny", trusts(ann), denySTS, "", "", user(), outcome{false, true, policy.Identity}},
		{"named user, trust deny", trusts(ann) + denyTrust, allowAll, "", "", user(), outcome{false, true, policy.Trust}},
		{"identity allows, trust silent", trusts(eve), allowAll, "", "", user(), noTrust},
		{"own account, no identity", trusts(`{"AWS":"123456789012"}`), "", "", "", user(), noIdentity},
		{"own account, identity", trusts(`{"AWS":"123456789012"}`), allowSTS, "", "", user(), byTrust},
		{"own account, outside boundary", trusts(`{"AWS":"123456789012"}`), allowSTS, allowGet, "", user(), outcome{false, false, policy.Boundary}},
		{"root ARN, no identity", trusts(`{"AWS":"arn:aws:iam::123456789012:root"}`), "", "", "", user(), noIdentity},
		{"foreign user named, no identity", trusts(eve), "", "", "", foreign, noIdentity},
		{"foreign user named, identity", trusts(eve), allowSTS, "", "", foreign, byTrust},
		{"foreign account", trusts(`{"AWS":"210987654321"}`), allowSTS, "", "", foreign, byTrust},
		{"anyone, foreign, no identity", trusts(`"*"`), "", "", "", foreign, noIdentity},
		{"anyone, foreign, identity", trusts(`"*"`), allowSTS, "", "", foreign, byTrust},
		{"role does not trust itself", trusts(ann), allowAll, "", "", itself, noTrust},
		{"role that names itself", trusts(`{"AWS":"` + roleARN + `"}`), "", "", "", itself, byTrust},
		{"role named, outside its session", trusts(`{"AWS":"` + roleARN + `"}`), "", "", allowGet, itself, outcome{false, false, policy.Session}},
	}
	for _, tt := range tests {
		d := policy.EvaluateTrust(assume(tt.who), source(t, policy.Trust, tt.trust), policies(t, tt.identity, tt.boundary, tt.session, ""))
		check(t, tt.name, d, tt.want)
	}
	req := assume(user())
	req.Resource = "*"
	check(t, "owner of the role unknown", policy.EvaluateTrust(req, source(t, policy.Trust, trusts(ann)), policy.Policies{}), noIdentity)
}

// TestWebIdentityTrust is the standard trust policy of an identity pool's role.
func TestWebIdentityTrust(t *testing.T) {
	t.Parallel()
	const form = `{"Effect":"Allow","Principal":%s,"Action":[%s],"Condition":{
		"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"},
		"%s":{"cognito-identity.amazonaws.com:amr":"%s"}}}`
	const host = `{"Federated":"cognito-identity.amazonaws.com"}`
	const assumeOnly, both = `"sts:AssumeRoleWithWebIdentity"`, `"sts:AssumeRoleWithWebIdentity","sts:TagSession"`
	guestKeys := keys{"cognito-identity.amazonaws.com:aud": "us-east-1:pool", "cognito-identity.amazonaws.com:amr": []string{"unauthenticated"}}
	tests := []struct {
		name, trust, action string
		who                 policy.Principal
		k                   keys
		want                bool
	}{
		{"guest", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, true},
		{"guest as authenticated", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "authenticated"), "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"amr without a set operator", fmt.Sprintf(form, host, assumeOnly, "StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"another pool", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), keys{"cognito-identity.amazonaws.com:aud": "us-east-1:other", "cognito-identity.amazonaws.com:amr": []string{"unauthenticated"}}, false},
		{"no amr, any value", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), keys{"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}, false},
		{"no amr, all values", fmt.Sprintf(form, host, assumeOnly, "ForAllValues:StringLike", "authenticated"), "sts:AssumeRoleWithWebIdentity", guest(), keys{"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}, true},
		{"tags", fmt.Sprintf(form, host, both, "ForAnyValue:StringLike", "unauthenticated"), "sts:TagSession", guest(), guestKeys, true},
		{"tags not allowed", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:TagSession", guest(), guestKeys, false},
		{"another provider", fmt.Sprintf(form, `{"Federated":"accounts.google.com"}`, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"anyone", fmt.Sprintf(form, `"*"`, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"anyone denied", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated") + `,{"Effect":"Deny","Principal":"*","Action":"sts:*"}`, "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"everyone but another", `{"Effect":"Allow","NotPrincipal":{"Federated":"accounts.google.com"},"Action":"sts:*"}`, "sts:AssumeRoleWithWebIdentity", guest(), guestKeys, false},
		{"nobody", fmt.Sprintf(form, host, assumeOnly, "ForAnyValue:StringLike", "unauthenticated"), "sts:AssumeRoleWithWebIdentity", policy.Principal{}, guestKeys, false},
	}
	for _, tt := range tests {
		req := policy.Request{Principal: tt.who, Action: tt.action, Resource: roleARN, Context: tt.k.context()}
		d := policy.EvaluateTrust(req, source(t, policy.Trust, tt.trust), policy.Policies{})
		if d.Allowed != tt.want || d.DecidedBy != policy.Trust {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
}
