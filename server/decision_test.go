package server_test

import (
	"testing"

	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/server"
)

// TestRefusal tells which statements stood in the way.
func TestRefusal(t *testing.T) {
	t.Parallel()
	first := policy.Match{Source: "p", Kind: policy.Identity, Effect: policy.Allow}
	denial := policy.Match{Source: "q", Kind: policy.Session, Statement: 1, Sid: "NoList", Effect: policy.Deny}
	for _, test := range []struct {
		name     string
		decision policy.Decision
		want     string
	}{
		{"nothing came near", policy.Decision{}, ""},
		{
			"denied, whatever else came near",
			policy.Decision{Explicit: true, Matched: []policy.Match{denial}, NearMisses: []policy.NearMiss{{Match: first, Element: "Action"}}},
			`statement 2 (NoList) of the session policy of "q" denies it`,
		},
		{
			"near, an element",
			policy.Decision{NearMisses: []policy.NearMiss{
				{Match: first, Element: "Resource", Wanted: []string{"arn:a", "arn:b"}, Actual: []string{"arn:c"}},
				{Match: denial, Element: "Action", Wanted: []string{"s3:*"}, Actual: []string{"iam:ListUsers"}},
			}},
			`statement 1 of the identity-based policy of "p" would allow it but for its Resource: it says ["arn:a" "arn:b"], the request has ["arn:c"]`,
		},
		{
			"about other actions",
			policy.Decision{NearMisses: []policy.NearMiss{
				{Match: first, Element: "Action", Wanted: []string{"s3:*"}, Actual: []string{"iam:ListUsers"}},
				{Match: policy.Match{Source: "r", Kind: policy.Trust, Effect: policy.Allow}, Element: "Action", Wanted: []string{"sts:AssumeRole"}, Actual: []string{"sts:AssumeRoleWithWebIdentity"}},
			}},
			`statement 1 of the role trust policy of "r" would allow it but for its Action: it says ["sts:AssumeRole"], the request has ["sts:AssumeRoleWithWebIdentity"]`,
		},
		{
			"near, conditions",
			policy.Decision{NearMisses: []policy.NearMiss{
				{Match: first, Element: "Condition", Operator: "StringEquals", Key: "aws:username", Wanted: []string{"u"}},
				{Match: first, Element: "Condition", Operator: "StringEquals", Key: "cognito-identity.amazonaws.com:Sub", Wanted: []string{"x"}, Actual: []string{"eu-west-1:0"}},
			}},
			`statement 1 of the identity-based policy of "p" would allow it but for its Condition StringEquals aws:username: it says ["u"], the request has none; ` +
				`statement 1 of the identity-based policy of "p" would allow it but for its Condition StringEquals cognito-identity.amazonaws.com:Sub: it says ["x"], the request has another`,
		},
	} {
		if got := server.Refusal(test.decision); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}
