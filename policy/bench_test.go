package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

// role are the policies of a role with n statements, the last of which allows what
// asked asks for.
func role(b *testing.B, n int) policy.Policies {
	b.Helper()
	var statements []string
	for i := range n - 1 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["dynamodb:Get*","dynamodb:Put%d"],"Resource":"arn:aws:dynamodb:*:*:table/t%d"}`, i, i))
	}
	statements = append(statements, `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::bucket/${cognito-identity.amazonaws.com:sub}/*",
		"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:pool"}}}`)
	return policy.Policies{Identity: []policy.Source{{Name: "p", Document: parse(b, strings.Join(statements, ","))}}}
}

// asked is for a photo of the identity's own.
func asked() policy.Request {
	req := get(session())
	req.Resource = "arn:aws:s3:::bucket/us-east-1:1f1e/photo.jpg"
	req.Context.Set("cognito-identity.amazonaws.com:sub", "us-east-1:1f1e")
	req.Context.Set("cognito-identity.amazonaws.com:aud", "us-east-1:pool")
	return req
}

// BenchmarkEvaluate decides on policies of several sizes.
func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{10, 200, 1000} {
		b.Run(fmt.Sprintf("statements=%d", n), func(b *testing.B) {
			p, req := role(b, n), asked()
			b.ReportAllocs()
			for b.Loop() {
				if !policy.Evaluate(req, p).Allowed {
					b.Fatal("denied")
				}
			}
		})
	}
}

// BenchmarkTenThousandStatements parses and evaluates as many statements as ten
// documents hold.
func BenchmarkTenThousandStatements(b *testing.B) {
	const documents, each = 10, 1000
	text := `{"Version":"2012-10-17","Statement":[` + strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::a"},`, each), ",") + `]}`
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(documents * len(text)))
		for b.Loop() {
			for range documents {
				if _, err := policy.Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("evaluate", func(b *testing.B) {
		d, err := policy.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		var p policy.Policies
		for range documents {
			p.Identity = append(p.Identity, policy.Source{Name: "p", Document: d})
		}
		req := asked()
		b.ReportAllocs()
		for b.Loop() {
			if policy.Evaluate(req, p).Allowed {
				b.Fatal("allowed")
			}
		}
	})
}

// BenchmarkHostile matches patterns over which a backtracking matcher despairs with
// texts of doubling length: the time per byte stays as it is.
func BenchmarkHostile(b *testing.B) {
	for _, hostile := range []struct{ name, pattern string }{
		{"stars", strings.Repeat("*a", 64) + "*b*"},
		{"literal", "*" + strings.Repeat("a", 64) + "b*"},
		{"questions", "*" + strings.Repeat("a?", 64) + "b*"},
	} {
		d := parse(b, `{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::`+hostile.pattern+`"}`)
		p := policy.Policies{Identity: []policy.Source{{Name: "p", Document: d}}}
		for _, length := range []int{512, 1024, 2048, 4096} {
			b.Run(fmt.Sprintf("%s/bytes=%d", hostile.name, length), func(b *testing.B) {
				req := get(session())
				req.Resource = "arn:aws:s3:::" + strings.Repeat("a", length)
				b.SetBytes(int64(length))
				b.ReportAllocs()
				for b.Loop() {
					if policy.Evaluate(req, p).Allowed {
						b.Fatal("allowed")
					}
				}
			})
		}
	}
}

// BenchmarkHostileDocuments parses and evaluates the longest documents that cost the
// most.
func BenchmarkHostileDocuments(b *testing.B) {
	all := hostileDocuments()
	for _, name := range []string{"escapes", "variables", "statements", "actions", "numbers", "values", "questions and letters"} {
		b.Run(name, func(b *testing.B) {
			req, text := hostileRequest(), all[name].text
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s := policy.Source{Document: parseText(b, text)}
				policy.Evaluate(req, policy.Policies{Identity: []policy.Source{s}})
			}
		})
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

// BenchmarkParse reads a policy of three statements.
func BenchmarkParse(b *testing.B) {
	text := `{"Version":"2012-10-17","Statement":[` + allowGet + `,` + allowPut + `,` + denyGet + `]}`
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := policy.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
