package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// BenchmarkEvaluate decides on a policy of ten statements, the last of which
// allows.
func BenchmarkEvaluate(b *testing.B) {
	var statements []string
	for i := range 9 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["dynamodb:Get*","dynamodb:Put%d"],"Resource":"arn:aws:dynamodb:*:*:table/t%d"}`, i, i))
	}
	statements = append(statements, `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket/${cognito-identity.amazonaws.com:sub}/*",
		"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}}`)
	d := parse(b, strings.Join(statements, ","))
	p := policy.Policies{Identity: []policy.Source{{Name: "p", Document: d}}}
	req := get(session())
	req.Resource = "arn:aws:s3:::bucket/us-east-1:1f1e/photo.jpg"
	req.Context.Set("cognito-identity.amazonaws.com:sub", "us-east-1:1f1e")
	req.Context.Set("cognito-identity.amazonaws.com:aud", "us-east-1:pool")
	b.ReportAllocs()
	for b.Loop() {
		if !policy.Evaluate(req, p).Allowed {
			b.Fatal("denied")
		}
	}
}

// BenchmarkNearMisses decides on ten statements that each miss in one point.
func BenchmarkNearMisses(b *testing.B) {
	var statements []string
	for i := range 10 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":"dynamodb:Put%d","Resource":"*"}`, i))
	}
	d := parse(b, strings.Join(statements, ","))
	p := policy.Policies{Identity: []policy.Source{{Name: "p", Document: d}}}
	req := get(session())
	b.ReportAllocs()
	for b.Loop() {
		if len(policy.Evaluate(req, p).NearMisses) != 10 {
			b.Fatal("no near misses")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := `{"Version":"2012-10-17","Statement":[` + allowGet + `,` + allowPut + `,` + denyGet + `]}`
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
