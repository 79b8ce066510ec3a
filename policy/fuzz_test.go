package policy_test

import (
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// FuzzEvaluate holds what must be so of any statement and any request.
func FuzzEvaluate(f *testing.F) {
	f.Add(`{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket/${k}/*","Condition":{"StringLike":{"k":"u?-*"}}}`, "s3:GetObject", "arn:aws:s3:::bucket/us-1/x", "us-1")
	f.Add(`{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:iam::*:*","Condition":{"ForAnyValue:StringNotEquals":{"K":["a","b"]}}}`, "s3:GetObject", "*", "c")
	f.Add(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericLessThanIfExists":{"k":10},"DateGreaterThan":{"k":5},"IpAddress":{"k":"::/0"}}}`, "a:b", "*", "7")
	f.Add(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"k":"arn:aws:s3:*:${k}:*"},"BinaryEquals":{"k":"AAH/"},"Bool":{"k":true},"Null":{"k":false}}}`, "a:b", "*", "arn:aws:s3:::b")
	f.Fuzz(func(t *testing.T, statement, action, resource, value string) {
		d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
		if err != nil {
			return
		}
		req := policy.Request{Principal: session(), Action: action, Resource: resource, Context: keys{"k": value}.context()}
		s := policy.Source{Document: d}
		alone := policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s}})
		twice := policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s, s}, Boundary: &s, Session: []policy.Source{s}, HasSession: true})
		if alone.Allowed != twice.Allowed || alone.Explicit != twice.Explicit {
			t.Errorf("said once %+v, everywhere %+v", alone, twice)
		}
		if n := len(alone.NearMisses); alone.Allowed && alone.Explicit || n > len(d.Statements) {
			t.Errorf("%+v for %d statements", alone, len(d.Statements))
		}
		nothing := policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s}, HasSession: true})
		if nothing.Allowed {
			t.Error("a session without a policy is allowed something")
		}
		all := parse(t, `{"Effect":"Deny","Action":"*","Resource":"*"}`)
		if policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s, {Document: all}}}).Allowed {
			t.Errorf("%q is allowed beside a deny of all", action)
		}
	})
}
