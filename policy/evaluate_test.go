package policy_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/policy"
)

// outcome is what a table says of a Decision.
type outcome struct {
	Allowed, Explicit bool
	DecidedBy         policy.Kind
}

func check(t *testing.T, name string, d policy.Decision, want outcome) {
	t.Helper()
	if diff := cmp.Diff(want, outcome{d.Allowed, d.Explicit, d.DecidedBy}); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func named(principal string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"s3:GetObject","Resource":"*"}`, principal)
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	const denyAnyone = `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`
	tests := []struct {
		name                                  string
		identity, boundary, session, resource string // statements; "" where there is no such policy
		want                                  outcome
	}{
		{"nothing", "", "", "", "", outcome{false, false, policy.Identity}},
		{"identity", allowGet, "", "", "", outcome{true, false, policy.Identity}},
		{"another action", allowPut, "", "", "", outcome{false, false, policy.Identity}},
		{"identity deny", allowAll + "," + denyGet, "", "", "", outcome{false, true, policy.Identity}},
		{"boundary", allowGet, allowAll, "", "", outcome{true, false, policy.Identity}},
		{"boundary gives nothing", "", allowAll, "", "", outcome{false, false, policy.Identity}},
		{"outside the boundary", allowGet, allowPut, "", "", outcome{false, false, policy.Boundary}},
		{"boundary deny", allowGet, allowAll + "," + denyGet, "", "", outcome{false, true, policy.Boundary}},
		{"session", allowAll, "", allowGet, "", outcome{true, false, policy.Identity}},
		{"session gives nothing", allowPut, "", allowAll, "", outcome{false, false, policy.Identity}},
		{"outside the session", allowAll, "", allowPut, "", outcome{false, false, policy.Session}},
		{"session deny", allowAll, "", allowAll + "," + denyGet, "", outcome{false, true, policy.Session}},
		{"all three", allowAll, allowAll, allowGet, "", outcome{true, false, policy.Identity}},
		{"all three, boundary short", allowAll, allowPut, allowGet, "", outcome{false, false, policy.Boundary}},
		{"resource deny", allowAll, "", "", denyAnyone, outcome{false, true, policy.Resource}},
		{"resource that is silent", allowAll, "", "", named(`{"AWS":"210987654321"}`), outcome{true, false, policy.Identity}},
		{"identity deny beats resource", denyGet, "", "", named(`"*"`), outcome{false, true, policy.Identity}},
		{"boundary deny beats resource", "", denyGet, "", named(`"*"`), outcome{false, true, policy.Boundary}},
		{"session deny beats resource", "", "", denyGet, named(`"*"`), outcome{false, true, policy.Session}},
	}
	for _, tt := range tests {
		check(t, tt.name, policy.Evaluate(get(user()), policies(t, tt.identity, tt.boundary, tt.session, tt.resource)), tt.want)
	}
}

func policies(t *testing.T, identity, boundary, session, resource string) policy.Policies {
	t.Helper()
	var p policy.Policies
	if identity != "" {
		p.Identity = []policy.Source{source(t, policy.Identity, identity)}
	}
	if boundary != "" {
		s := source(t, policy.Boundary, boundary)
		p.Boundary = &s
	}
	if session != "" {
		p.Session, p.HasSession = []policy.Source{source(t, policy.Session, session)}, true
	}
	if resource != "" {
		s := source(t, policy.Resource, resource)
		p.Resource = &s
	}
	return p
}

// TestResourcePolicyBypass is the table of what a resource policy makes up for
// in the caller's own account, by how it names the caller.
func TestResourcePolicyBypass(t *testing.T) {
	t.Parallel()
	const (
		byAccount = `{"AWS":"123456789012"}`
		byUser    = `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`
		byRole    = `{"AWS":"arn:aws:iam::123456789012:role/team/Reader"}`
		bySession = `{"AWS":"arn:aws:sts::123456789012:assumed-role/Reader/s1"}`
		byAnyone  = `"*"`
	)
	federated := policy.Principal{
		Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/bob", UserID: account + ":bob",
		OpenerARN: user().ARN, OpenerID: user().UserID,
	}
	const byFederated = `{"AWS":"arn:aws:sts::123456789012:federated-user/bob"}`
	yes := outcome{true, false, policy.Resource}
	noIdentity, noBoundary, noSession := outcome{false, false, policy.Identity}, outcome{false, false, policy.Boundary}, outcome{false, false, policy.Session}
	tests := []struct {
		name, principal            string
		who                        policy.Principal
		identity, boundary, passed string
		want                       outcome
	}{
		{"account", byAccount, user(), "", "", "", noIdentity},
		{"account with identity", byAccount, user(), allowGet, "", "", outcome{true, false, policy.Identity}},
		{"user", byUser, user(), "", "", "", yes},
		{"user outside the boundary", byUser, user(), "", allowPut, "", yes},
		{"user outside the session", byUser, user(), "", "", allowPut, noSession},
		{"user, identity inside, boundary not", byUser, user(), allowGet, allowPut, "", yes},
		{"role", byRole, session(), "", "", "", yes},
		{"role outside the boundary", byRole, session(), "", allowPut, "", noBoundary},
		{"role outside the session", byRole, session(), "", "", allowPut, noSession},
		{"role inside both", byRole, session(), "", allowGet, allowGet, yes},
		{"session", bySession, session(), "", "", "", yes},
		{"session outside the boundary", bySession, session(), "", allowPut, "", yes},
		{"session outside the session policy", bySession, session(), "", allowPut, allowPut, yes},
		{"federated user", byFederated, federated, "", allowPut, allowPut, yes},
		{"another federated user", `{"AWS":"arn:aws:sts::123456789012:federated-user/bobby"}`, federated, "", "", "", noIdentity},
		{"the user behind a federated one", byUser, federated, "", "", allowGet, yes},
		{"the user behind, by id", `{"AWS":"` + user().UserID + `"}`, federated, "", "", allowGet, yes},
		{"the user behind, outside the boundary", byUser, federated, "", allowPut, allowGet, noBoundary},
		{"the user behind, outside the session", byUser, federated, "", "", allowPut, noSession},
		{"the account of a federated user", byAccount, federated, "", "", allowGet, noIdentity},
		{"a federated user's name, for the user", byFederated, user(), "", "", "", noIdentity},
		{"anyone", byAnyone, session(), "", allowPut, allowPut, yes},
		{"role and session", `{"AWS":["arn:aws:iam::123456789012:role/team/Reader","arn:aws:sts::123456789012:assumed-role/Reader/s1"]}`, session(), "", "", allowPut, yes},
	}
	for _, tt := range tests {
		check(t, tt.name, policy.Evaluate(get(tt.who), policies(t, tt.identity, tt.boundary, tt.passed, named(tt.principal))), tt.want)
	}
}

func TestCrossAccount(t *testing.T) {
	t.Parallel()
	const byUser = `{"AWS":"arn:aws:iam::123456789012:user/path/ann"}`
	tests := []struct {
		name, identity, boundary, resource string
		want                               outcome
	}{
		{"identity alone", allowGet, "", "", outcome{false, false, policy.Resource}},
		{"resource alone", "", "", named(byUser), outcome{false, false, policy.Identity}},
		{"anyone alone", "", "", named(`"*"`), outcome{false, false, policy.Identity}},
		{"both", allowGet, "", named(byUser), outcome{true, false, policy.Identity}},
		{"both, by account", allowGet, "", named(`{"AWS":"123456789012"}`), outcome{true, false, policy.Identity}},
		{"both, outside the boundary", allowGet, allowPut, named(byUser), outcome{false, false, policy.Boundary}},
		{"resource names another", allowGet, "", named(`{"AWS":"210987654321"}`), outcome{false, false, policy.Resource}},
	}
	for _, tt := range tests {
		req := get(user())
		req.Owner = other
		check(t, tt.name, policy.Evaluate(req, policies(t, tt.identity, tt.boundary, "", tt.resource)), tt.want)
		req.Owner = account
		if tt.identity != "" && tt.boundary == "" && !policy.Evaluate(req, policies(t, tt.identity, "", "", tt.resource)).Allowed {
			t.Errorf("%s: the caller's own account is taken for another", tt.name)
		}
	}
	anonymous := get(policy.Principal{})
	anonymous.Owner = other
	check(t, "anonymous, who has no account", policy.Evaluate(anonymous, policies(t, "", "", "", named(`"*"`))), outcome{true, false, policy.Resource})
	req := get(user())
	req.Resource = "arn:aws:sns:us-east-1:" + other + ":topic"
	check(t, "owner from the ARN", policy.Evaluate(req, identity(t, allowAll)), outcome{false, false, policy.Resource})
	req.Resource = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	check(t, "AWS owns it", policy.Evaluate(req, identity(t, allowAll)), outcome{true, false, policy.Identity})
}

func TestSessionPolicies(t *testing.T) {
	t.Parallel()
	p := identity(t, allowAll)
	p.HasSession = true
	check(t, "narrowed to nothing", policy.Evaluate(get(session()), p), outcome{false, false, policy.Session})
	p.Session = []policy.Source{source(t, policy.Session, allowPut), source(t, policy.Session, allowGet)}
	check(t, "one of two allows", policy.Evaluate(get(session()), p), outcome{true, false, policy.Identity})
	p.Session = append(p.Session, source(t, policy.Session, denyGet))
	check(t, "one of three denies", policy.Evaluate(get(session()), p), outcome{false, true, policy.Session})
	p = identity(t, allowAll)
	p.Session = []policy.Source{source(t, policy.Session, allowPut)}
	check(t, "HasSession forgotten", policy.Evaluate(get(session()), p), outcome{false, false, policy.Session})
}

func TestWithoutDocument(t *testing.T) {
	t.Parallel()
	none := policy.Source{}
	p := identity(t, allowAll)
	p.Identity = append(p.Identity, none)
	if !policy.Evaluate(get(user()), p).Allowed {
		t.Error("an empty source takes away")
	}
	p.Boundary = &none
	check(t, "empty boundary", policy.Evaluate(get(user()), p), outcome{false, false, policy.Boundary})
	hand := policy.Source{Document: &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{
		{Effect: policy.Allow, NotAction: true, NotResource: true, Actions: []string{"a:b"}, Resources: []string{"arn:aws:x:::y"}},
	}}}
	if policy.Evaluate(get(user()), policy.Policies{Identity: []policy.Source{hand}}).Allowed {
		t.Error("a document that was not parsed allows")
	}
}

// TestGuest is the standard set-up of an identity pool's guests: a role that
// allows the guest's own folder, narrowed by two session policies.
func TestGuest(t *testing.T) {
	t.Parallel()
	p := policies(t, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::bucket/${cognito-identity.amazonaws.com:sub}/*"}`,
		"", `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`, "")
	p.Session = append(p.Session, source(t, policy.Session, `{"Effect":"Allow","Action":"polly:*","Resource":"*"}`))
	ask := func(action, key string) bool {
		req := policy.Request{Principal: session(), Action: action, Resource: "arn:aws:s3:::bucket/" + key, Context: policy.NewContext()}
		req.Context.Set("cognito-identity.amazonaws.com:sub", "us-east-1:1f1e")
		return policy.Evaluate(req, p).Allowed
	}
	if !ask("s3:GetObject", "us-east-1:1f1e/photo") {
		t.Error("no access to its own folder")
	}
	if ask("s3:GetObject", "us-east-1:2a2b/photo") {
		t.Error("access to another's folder")
	}
	if ask("s3:DeleteObject", "us-east-1:1f1e/photo") {
		t.Error("the session policy does not narrow")
	}
	if ask("polly:SynthesizeSpeech", "us-east-1:1f1e/photo") {
		t.Error("the session policy widens")
	}
}
