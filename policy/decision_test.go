package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/policy"
)

func TestReason(t *testing.T) {
	t.Parallel()
	tests := []struct {
		d    policy.Decision
		want string
	}{
		{policy.Decision{Allowed: true}, ""},
		{policy.Decision{DecidedBy: policy.Identity}, "because no identity-based policy allows the s3:GetObject action"},
		{policy.Decision{DecidedBy: policy.Resource}, "because no resource-based policy allows the s3:GetObject action"},
		{policy.Decision{DecidedBy: policy.Session}, "because no session policy allows the s3:GetObject action"},
		{policy.Decision{DecidedBy: policy.Trust}, "because no role trust policy allows the s3:GetObject action"},
		{policy.Decision{DecidedBy: policy.Boundary}, "because no permissions boundary allows the s3:GetObject action"},
		{policy.Decision{Explicit: true, DecidedBy: policy.Identity}, "with an explicit deny in an identity-based policy"},
		{policy.Decision{Explicit: true, DecidedBy: policy.Resource}, "with an explicit deny in a resource-based policy"},
		{policy.Decision{Explicit: true, DecidedBy: policy.Session}, "with an explicit deny in a session policy"},
		{policy.Decision{Explicit: true, DecidedBy: policy.Trust}, "with an explicit deny in the role trust policy"},
		{policy.Decision{Explicit: true, DecidedBy: policy.Boundary}, "with an explicit deny in a permissions boundary"},
	}
	for _, tt := range tests {
		if got := tt.d.Reason("s3:GetObject"); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestMatched(t *testing.T) {
	t.Parallel()
	p := identity(t, `{"Sid":"Put","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::other"},{"Sid":"Get","Effect":"Allow","Action":"s3:GetObject","Resource":"*"},`+allowAll)
	boundary := source(t, policy.Boundary, allowAll)
	p.Boundary = &boundary
	want := []policy.Match{
		{Source: "identity-based", Kind: policy.Identity, Statement: 1, Sid: "Get", Effect: policy.Allow},
		{Source: "identity-based", Kind: policy.Identity, Statement: 2, Effect: policy.Allow},
		{Source: "permissions boundary", Kind: policy.Boundary, Statement: 0, Effect: policy.Allow},
	}
	d := policy.Evaluate(get(user()), p)
	if diff := cmp.Diff(want, d.Matched); diff != "" {
		t.Errorf("allowed (-want +got):\n%s", diff)
	}

	p.Session, p.HasSession = []policy.Source{source(t, policy.Session, denyGet)}, true
	p.Identity = append(p.Identity, policy.Source{Name: "second", Document: parse(t, denyGet)})
	want = []policy.Match{
		{Source: "second", Kind: policy.Identity, Statement: 0, Effect: policy.Deny},
		{Source: "session", Kind: policy.Session, Statement: 0, Effect: policy.Deny},
	}
	d = policy.Evaluate(get(user()), p)
	if diff := cmp.Diff(want, d.Matched); diff != "" {
		t.Errorf("denied (-want +got):\n%s", diff)
	}

	if d := policy.Evaluate(get(user()), policies(t, allowGet, allowPut, "", "")); d.Allowed || d.Matched != nil {
		t.Errorf("implicitly denied: %+v", d)
	}
}

func TestNearMisses(t *testing.T) {
	t.Parallel()
	const mfa = `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	tests := []struct {
		name, statement string
		kind            policy.Kind
		want            []policy.NearMiss
	}{
		{"applies", allowGet, policy.Identity, nil},
		{"action", allowPut, policy.Identity, []policy.NearMiss{{Element: "Action", Wanted: []string{"s3:PutObject"}, Actual: []string{"s3:GetObject"}}}},
		{
			"NotAction", `{"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}`, policy.Identity,
			[]policy.NearMiss{{Element: "NotAction", Wanted: []string{"iam:*", "s3:*"}, Actual: []string{"s3:GetObject"}}},
		},
		{
			"resource", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::bucket"}`, policy.Identity,
			[]policy.NearMiss{{Element: "Resource", Wanted: []string{"arn:aws:s3:::bucket"}, Actual: []string{"arn:aws:s3:::bucket/key"}}},
		},
		{"two elements", `{"Effect":"Allow","Action":"s3:Put*","Resource":"arn:aws:s3:::bucket"}`, policy.Identity, nil},
		{"action and condition", `{"Effect":"Allow","Action":"s3:Put*","Resource":"*"` + mfa + `}`, policy.Identity, nil},
		{
			"absent key", `{"Effect":"Allow","Action":"*","Resource":"*"` + mfa + `}`, policy.Identity,
			[]policy.NearMiss{{Element: "Condition", Operator: "Bool", Key: "aws:MultiFactorAuthPresent", Wanted: []string{"true"}}},
		},
		{
			"other value", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserId":["a","${b}"],"a":"1"}}}`, policy.Identity,
			[]policy.NearMiss{{Element: "Condition", Operator: "StringLike", Key: "aws:UserId", Wanted: []string{"a", "${b}"}, Actual: []string{"me"}}},
		},
		{"two conditions", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userid":"x","a":"2"}}}`, policy.Identity, nil},
		{
			"principal", `{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":["210987654321"],"Federated":"accounts.google.com"}}`, policy.Resource,
			[]policy.NearMiss{{
				Element: "Principal", Wanted: []string{"210987654321", "accounts.google.com"},
				Actual: []string{"arn:aws:iam::123456789012:user/path/ann", "AIDAQNZGKIQY56JQ7WML2"},
			}},
		},
		{
			"NotPrincipal", `{"Effect":"Deny","Action":"*","Resource":"*","NotPrincipal":{"AWS":["*","x"]}}`, policy.Resource,
			[]policy.NearMiss{{
				Match:   policy.Match{Effect: policy.Deny},
				Element: "NotPrincipal", Wanted: []string{"*", "x"},
				Actual: []string{"arn:aws:iam::123456789012:user/path/ann", "AIDAQNZGKIQY56JQ7WML2"},
			}},
		},
	}
	for _, tt := range tests {
		req := get(user())
		req.Context = keys{"aws:userid": "me", "a": "1"}.context()
		s := source(t, tt.kind, tt.statement)
		p := policy.Policies{Identity: []policy.Source{s}}
		if tt.kind == policy.Resource {
			p = policy.Policies{Resource: &s}
		}
		for i := range tt.want {
			tt.want[i].Source, tt.want[i].Kind = s.Name, tt.kind
			if tt.want[i].Effect == "" {
				tt.want[i].Effect = policy.Allow
			}
		}
		if diff := cmp.Diff(tt.want, policy.Evaluate(req, p).NearMisses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	c := policy.NewContext()
	c.Set("aws:UserId", "me")
	c.SetList("aws:TagKeys", []string{"a", "b"})
	copied := c.Clone()
	copied.Set("AWS:userid", "you")
	other := policy.NewContext()
	other.Set("x", "")
	other.SetList("aws:tagkeys", nil)
	copied.Merge(other)

	type got struct {
		Values    []string
		Multi, OK bool
	}
	look := func(c policy.Context, key string) got {
		values, multi, ok := c.Get(key)
		return got{values, multi, ok}
	}
	tests := []struct {
		c    policy.Context
		key  string
		want got
	}{
		{c, "AWS:USERID", got{[]string{"me"}, false, true}},
		{c, "aws:tagkeys", got{[]string{"a", "b"}, true, true}},
		{c, "x", got{}},
		{copied, "aws:UserId", got{[]string{"you"}, false, true}},
		{copied, "aws:TagKeys", got{nil, true, true}},
		{copied, "X", got{[]string{""}, false, true}},
		{policy.Context{}, "x", got{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, look(tt.c, tt.key)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.key, diff)
		}
	}
	if diff := cmp.Diff([]string{"aws:TagKeys", "aws:UserId"}, c.Keys()); diff != "" {
		t.Errorf("Keys (-want +got):\n%s", diff)
	}
	values, _, _ := c.Get("aws:TagKeys")
	values[0] = "changed"
	if diff := cmp.Diff(got{[]string{"a", "b"}, true, true}, look(c, "aws:TagKeys")); diff != "" {
		t.Errorf("Get hands out its own slice:\n%s", diff)
	}
}
