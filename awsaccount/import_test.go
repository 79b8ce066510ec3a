package awsaccount_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/awsaccount"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// form is the form of a request of IAM, which stays readable.
func form(r *http.Request) url.Values {
	text, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(text)))
	values, _ := url.ParseQuery(string(text))
	return values
}

// answer writes what IAM answers to an action.
func answer(w http.ResponseWriter, action, result string) {
	_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>`, action, result)
}

// TestCopies imports a role that has a managed policy of AWS's own which Cenote does not
// bring along, and which is larger than those of accounts may be.
func TestCopies(t *testing.T) {
	const there = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
	source, target := newServices(t), newServices(t)
	source.role(t, "viewer")
	source.pool(t, "viewer")
	if err := source.iam.Roles.Update(t.Context(), "viewer", func(role *iam.Role) error {
		role.Attached = []iam.Attachment{{ARN: there, PolicyID: "ANPAJWNJK5VDCEXAMPLE1"}, {ARN: "arn:aws:iam::aws:policy/AmazonCognitoReadOnly", PolicyID: "x"}}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:List*"` + strings.Repeat(`,"ec2:Describe*"`, 500) + `],"Resource":"*"}]}`
	from := source.open(t, source.serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		asked := form(r)
		switch action := asked.Get("Action"); {
		case asked.Get("PolicyArn") != there:
			return false
		case action == "GetPolicy":
			answer(w, action, `<Policy><PolicyName>ViewOnlyAccess</PolicyName><PolicyId>ANPAJWNJK5VDCEXAMPLE1</PolicyId><Arn>`+there+`</Arn><Path>/job-function/</Path>`+
				`<DefaultVersionId>v29</DefaultVersionId><CreateDate>2016-11-10T17:20:15Z</CreateDate><UpdateDate>2026-01-02T03:04:05Z</UpdateDate></Policy>`)
		case action == "GetPolicyVersion" && asked.Get("VersionId") == "v29":
			answer(w, action, `<PolicyVersion><Document>`+url.QueryEscape(document)+`</Document><VersionId>v29</VersionId><IsDefaultVersion>true</IsDefaultVersion><CreateDate>2026-01-02T03:04:05Z</CreateDate></PolicyVersion>`)
		}
		return true
	}))
	const here = "arn:aws:iam::" + account + ":policy/aws/ViewOnlyAccess"
	for _, want := range []awsaccount.Result{awsaccount.Created, awsaccount.Unchanged} {
		items, err := target.run(t, from)
		if err != nil || items["policy "+here].Result != want || items["policy "+here].Note != "a copy of "+there+", as it is today" {
			t.Errorf("%v: %+v", err, items)
		}
	}
	role := ok(target.store.Roles().Get(t.Context(), "viewer"))(t)
	var attached []string
	for _, a := range role.Attached {
		attached = append(attached, a.ARN)
	}
	if diff := cmp.Diff([]string{here, "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"}, attached); diff != "" {
		t.Errorf("attached (-want +got):\n%s", diff)
	}
	caller := iam.Caller{Account: account, ARN: role.ARN().String(), Role: &role}
	decision := ok(target.iam.Authorize(t.Context(), caller, "ec2:DescribeInstances", "*", policy.NewContext()))(t)
	if !decision.Allowed {
		t.Error("the copy allows nothing")
	}
}

// TestAbsent imports a pool whose role and providers are gone.
func TestAbsent(t *testing.T) {
	source, target := newServices(t), newServices(t)
	id := source.pool(t, "gone")
	const oidc, saml = "arn:aws:iam::" + account + ":oidc-provider/gone.example.test", "arn:aws:iam::" + account + ":saml-provider/gone"
	in := &cognito.IdentityPool{PoolSettings: cognito.PoolSettings{Name: "p", OpenIDConnectProviders: []string{oidc}, SAMLProviders: []string{saml}}}
	in.IdentityPoolID = id
	ok(source.cognito.UpdateIdentityPool(t.Context(), root(), in))(t)
	items, err := target.run(t, source.open(t, source.serve(t, nil)))
	absent := func(kind, name string) awsaccount.Item {
		return awsaccount.Item{Kind: kind, Name: name, Result: awsaccount.Absent, Reason: "it is not in the account"}
	}
	role := "arn:aws:iam::" + account + ":role/gone"
	want := map[string]awsaccount.Item{
		"role " + role: absent("role", role), "oidc-provider " + oidc: absent("oidc-provider", oidc), "saml-provider " + saml: absent("saml-provider", saml),
		"pool " + id: {Kind: "pool", Name: id, Result: awsaccount.Created, Note: "p"},
	}
	if diff := cmp.Diff(want, items); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestSkips leaves out what cannot be here, and takes the rest.
func TestSkips(t *testing.T) {
	source, target := newServices(t), newServices(t)
	source.role(t, "taken")
	source.pool(t, "taken")
	target.role(t, "Taken")
	items, err := target.run(t, source.open(t, source.serve(t, nil)))
	role := items["role arn:aws:iam::"+account+":role/taken"]
	if err != nil || role.Result != awsaccount.Skipped || !strings.HasSuffix(role.Reason, "; delete or rename that one first") || len(items) != 2 {
		t.Errorf("%v: %+v", err, items)
	}
}

// TestStops when AWS does not answer any more, and goes on in a second run.
func TestStops(t *testing.T) {
	source, target := newServices(t), newServices(t)
	for _, name := range []string{"a", "b"} {
		source.role(t, name)
		source.pool(t, name)
	}
	down := true
	from := source.open(t, source.serve(t, func(w http.ResponseWriter, r *http.Request) bool {
		if asked := form(r); down && asked.Get("Action") == "GetRole" && asked.Get("RoleName") == "b" {
			http.Error(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`, http.StatusForbidden)
			return true
		}
		return false
	}))
	if _, err := target.run(t, from); err == nil || !strings.Contains(err.Error(), "importing role arn:aws:iam::"+account+":role/b") || !strings.Contains(err.Error(), "ExpiredToken") {
		t.Errorf("the import ends with %v", err)
	}
	down = false
	items, err := target.run(t, from)
	if err != nil || len(items) != 4 {
		t.Errorf("%v: %+v", err, items)
	}
}

// TestIdentities imports those of guests and of developers' users and leaves the others.
func TestIdentities(t *testing.T) {
	const developer, google = "login.example.dev", "accounts.google.com"
	source, target := newServices(t), newServices(t)
	ctx := t.Context()
	source.role(t, "r")
	pool := source.pool(t, "r")
	in := &cognito.IdentityPool{PoolSettings: cognito.PoolSettings{Name: "p", AllowUnauthenticated: true, DeveloperProviderName: developer, SupportedLoginProviders: map[string]string{google: "1"}}}
	in.IdentityPoolID = pool
	ok(source.cognito.UpdateIdentityPool(ctx, root(), in))(t)
	for range 130 { // more than two pages
		ok(source.cognito.GetID(ctx, &cognito.GetIDInput{IdentityPoolID: pool}))(t)
	}
	owned := func(s *services, n int, logins ...cognito.Login) string {
		id := fmt.Sprintf("%s:00000000-0000-4000-8000-%012d", region, n)
		ok(s.store.LinkLogins(ctx, pool, "", logins, func(*cognito.Identity, []cognito.Identity) (cognito.Link, error) {
			return cognito.Link{Create: &cognito.Identity{ID: id, Pool: pool, Created: noon(), Modified: noon()}, Add: logins}, nil
		}))(t)
		return id
	}
	alice, bob := cognito.Login{Provider: developer, Subject: "alice"}, cognito.Login{Provider: developer, Subject: "bob"}
	left := []string{owned(source, 1, cognito.Login{Provider: google, Subject: "carol"}), owned(source, 2, bob)}
	both := owned(source, 3, alice, cognito.Login{Provider: google, Subject: "alice"})
	from := source.open(t, source.serve(t, nil))
	if _, err := target.run(t, from); err != nil {
		t.Fatal(err)
	}
	owned(target, 4, bob)

	whole := func(m *awsaccount.Import) { m.Identities = true }
	drafts := *target
	drafts.cognito = &cognito.Service{Account: account, Pools: awsaccount.Draft[cognito.Pool](target.store.Pools(), false), Identities: awsaccount.DraftIdentities(target.store), IAM: target.iam}
	const rest = "; 1 of other users are left, who get new ones when they sign in; 1 of developers' users are left, for these have others here"
	for _, test := range []struct {
		into *services
		note string
	}{
		{&drafts, "130 guests and 2 of developers' users, of which 131 are new" + rest},
		{target, "130 guests and 2 of developers' users, of which 131 are new" + rest},
		{target, "130 guests and 2 of developers' users, of which 0 are new" + rest},
	} {
		items, err := test.into.run(t, from, whole)
		if note := items["identities "+pool].Note; err != nil || note != test.note {
			t.Errorf("%v: %s\nwant %s", err, note, test.note)
		}
	}
	for _, identity := range ok(source.store.ListIdentities(ctx, pool, "", false, 1000))(t) {
		got, err := target.store.Identity(ctx, identity.ID)
		if slices.Contains(left, identity.ID) {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("identity %s is here: %v", identity.ID, err)
			}
			continue
		}
		want := identity
		if want.ID == both {
			want.Logins = []cognito.Login{alice}
		}
		want.Modified, want.Used = got.Modified, got.Used
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}
