package iam_test

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// question is a request to be decided live and by simulation.
type question struct {
	action, resource string
	entries          []iam.ContextEntry
}

func drawQuestion(t *rapid.T) question {
	q := question{
		action: rapid.SampledFrom([]string{"s3:GetObject", "s3:PutObject", "iam:GetUser", "iam:CreatePolicyVersion", "sqs:SendMessage"}).Draw(t, "action"),
		resource: rapid.SampledFrom([]string{
			"*", "arn:aws:s3:::a/ann", "arn:aws:s3:::blue/x", own + "user/team/ann",
			"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:sqs:us-east-1:" + elsewhere + ":q",
		}).Draw(t, "resource"),
	}
	for _, e := range []iam.ContextEntry{
		entry("k:user", "string", rapid.SampledFrom([]string{"x", "y", "xy", ""}).Draw(t, "user")),
		entry("k:words", "stringList", rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, "words")...),
		entry("aws:SourceIp", "ip", rapid.SampledFrom([]string{"203.0.113.9", "198.51.100.1"}).Draw(t, "address")),
	} {
		if rapid.Bool().Draw(t, "has "+e.ContextKeyName) {
			q.entries = append(q.entries, e)
		}
	}
	return q
}

// live decides q as a request of caller.
func (q question) live(t *rapid.T, ctx context.Context, s *iam.Service, caller iam.Caller) (word string, matched int) {
	request, further := policy.NewContext(), policy.NewContext()
	for _, e := range q.entries {
		switch {
		case strings.HasSuffix(e.ContextKeyType, "List"):
			further.SetList(e.ContextKeyName, e.ContextKeyValues)
		case strings.HasPrefix(e.ContextKeyName, "aws:"):
			request.Set(e.ContextKeyName, e.ContextKeyValues[0])
		default:
			further.Set(e.ContextKeyName, e.ContextKeyValues[0])
		}
	}
	_, _, d, err := s.AuthorizeOperation(iam.WithRequest(ctx, request.Clone), caller, []string{q.action}, q.resource, further)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case d.Allowed:
		word = "allowed"
	case d.Explicit:
		word = "explicitDeny"
	default:
		word = "implicitDeny"
	}
	return word, len(d.Matched)
}

func (q question) scenario(entries ...iam.ContextEntry) iam.Scenario {
	return iam.Scenario{
		ActionNames: []string{q.action}, ResourceARNs: []string{q.resource},
		ContextEntries: append(entries, q.entries...),
	}
}

// agrees compares a simulation with the live decision.
func agrees(t *rapid.T, what string, out iam.SimulationOutput, word string, matched int) {
	got := out.EvaluationResults[0]
	if got.EvalDecision != word || len(got.MatchedStatements) != matched {
		t.Fatalf("%s: %s with %d statements, live %s with %d", what, got.EvalDecision, len(got.MatchedStatements), word, matched)
	}
}

func drawDocument(t *rapid.T) string {
	var list []string
	for range rapid.IntRange(1, 3).Draw(t, "statements") {
		effect := rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")
		action := rapid.SampledFrom([]string{`"Action":"*"`, `"Action":"s3:*"`, `"Action":["s3:get*","iam:*"]`, `"NotAction":"s3:PutObject"`}).Draw(t, "action")
		resource := rapid.SampledFrom([]string{
			`"Resource":"*"`, `"Resource":"arn:aws:s3:::a/*"`, `"NotResource":"arn:aws:s3:::a/*"`, `"Resource":"arn:aws:s3:::a/${aws:username}"`,
			`"Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*"`, `"Resource":"arn:aws:iam::*:user/team/*"`,
		}).Draw(t, "resource")
		condition := rapid.SampledFrom([]string{
			"", "", `"StringEquals":{"k:user":["x","y"]}`, `"StringNotLike":{"k:user":"x*"}`, `"StringLikeIfExists":{"k:user":"y"}`, `"Null":{"k:user":"true"}`,
			`"ForAllValues:StringEquals":{"k:words":"x"}`, `"ForAnyValue:StringEquals":{"k:words":"y"}`, `"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`,
			`"DateLessThan":{"aws:CurrentTime":"2026-07-01T12:00:01Z"}`, `"StringLike":{"aws:userid":"A???*"}`,
			`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/team/*"}`, `"StringEquals":{"aws:PrincipalType":"User"}`,
		}).Draw(t, "condition")
		list = append(list, `{"Effect":"`+effect+`",`+action+`,`+resource+`,"Condition":{`+condition+`}}`)
	}
	return statements(list...)
}

// TestSimulationOfUsersEqualsLive decides for a user with policies of its own and
// of a group, managed ones, and a permissions boundary.
func TestSimulationOfUsersEqualsLive(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	must[iam.CreateUserOutput](t)(s.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: "ann", Path: "/team/", Tags: []iam.Tag{{Key: "team", Value: "blue"}}}))
	key := must[iam.CreateAccessKeyOutput](t)(s.CreateAccessKey(ctx, root(), &iam.CreateAccessKeyInput{UserName: "ann"}))
	_, caller, err := s.Authenticate(ctx, key.AccessKey.AccessKeyID)
	if err != nil {
		t.Fatal(err)
	}
	must[iam.CreateGroupOutput](t)(s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "g"}))
	must[struct{}](t)(s.AddUserToGroup(ctx, root(), &iam.AddUserToGroupInput{GroupName: "g", UserName: "ann"}))
	boundary := must[iam.CreatePolicyOutput](t)(s.CreatePolicy(ctx, root(), &iam.CreatePolicyInput{PolicyName: "B", PolicyDocument: statements(allowGet)})).Policy.ARN
	rapid.Check(t, func(t *rapid.T) {
		mine, ours := drawDocument(t), drawDocument(t)
		succeeds(t)(s.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{UserName: "ann", PolicyName: "p", PolicyDocument: mine}))
		succeeds(t)(s.PutGroupPolicy(ctx, root(), &iam.PutGroupPolicyInput{GroupName: "g", PolicyName: "p", PolicyDocument: ours}))
		var bounds []string
		if rapid.Bool().Draw(t, "bounded") {
			bounds = []string{statements(allowGet)}
			succeeds(t)(s.PutUserPermissionsBoundary(ctx, root(), &iam.PutUserPermissionsBoundaryInput{UserName: "ann", PermissionsBoundary: boundary}))
		} else {
			succeeds(t)(s.DeleteUserPermissionsBoundary(ctx, root(), &iam.DeleteUserPermissionsBoundaryInput{UserName: "ann"}))
		}
		q := drawQuestion(t)
		word, matched := q.live(t, ctx, s, caller)
		principal, err := s.SimulatePrincipalPolicy(ctx, root(), &iam.SimulatePrincipalPolicyInput{PolicySourceARN: caller.ARN, Scenario: q.scenario()})
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, "of the principal", principal.SimulationOutput, word, matched)
		in := &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{mine, ours},
			Scenario:        q.scenario(entry("aws:userid", "string", caller.UserID), entry("aws:PrincipalTag/team", "string", "blue")),
		}
		in.CallerARN, in.PermissionsBoundaryPolicyInputList = caller.ARN, bounds
		custom, err := s.SimulateCustomPolicy(ctx, root(), in)
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, "of the policies", custom.SimulationOutput, word, matched)
	})
}

// TestSimulationOfRolesEqualsLive decides for a session of a role.
func TestSimulationOfRolesEqualsLive(t *testing.T) {
	t.Parallel()
	s, ctx := newService(t), t.Context()
	must[iam.CreateRoleOutput](t)(s.CreateRole(ctx, root(), &iam.CreateRoleInput{
		RoleName: "R", Path: "/team/", AssumeRolePolicyDocument: trustsRoot(), Tags: []iam.Tag{{Key: "team", Value: "blue"}},
	}))
	rapid.Check(t, func(t *rapid.T) {
		document := drawDocument(t)
		succeeds(t)(s.PutRolePolicy(ctx, root(), &iam.PutRolePolicyInput{RoleName: "R", PolicyName: "p", PolicyDocument: document}))
		role, err := s.Roles.Get(ctx, "R")
		if err != nil {
			t.Fatal(err)
		}
		keys := policy.NewContext()
		keys.Set("aws:PrincipalTag/team", "blue")
		caller := iam.Caller{
			Account: account, ARN: arn.AssumedRole(account, "R", "s").String(), UserID: role.ID + ":s", Role: &role, Keys: keys, Issued: noon(),
		}
		q := drawQuestion(t)
		word, matched := q.live(t, ctx, s, caller)
		out, err := s.SimulatePrincipalPolicy(ctx, root(), &iam.SimulatePrincipalPolicyInput{
			PolicySourceARN: role.ARN().String(), Scenario: q.scenario(entry("aws:userid", "string", caller.UserID)),
		})
		if err != nil {
			t.Fatal(err)
		}
		agrees(t, "of the role", out.SimulationOutput, word, matched)
	})
}

func succeeds(t *rapid.T) func(_ *struct{}, err error) {
	return func(_ *struct{}, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
