package iam_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

const admin = "arn:aws:iam::aws:policy/AdministratorAccess"

// newTeam is a service with the user ann of the group devs and the role R, all with
// policies.
func newTeam(t *testing.T) *iam.Service {
	t.Helper()
	s, ctx := newService(t), t.Context()
	own := func(resource string) string {
		return statements(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + resource + `"}`)
	}
	done := must[struct{}](t)
	must[iam.CreateUserOutput](t)(s.CreateUser(ctx, root(), &iam.CreateUserInput{UserName: "ann", Path: "/team/", Tags: []iam.Tag{{Key: "team", Value: "blue"}}}))
	must[iam.CreateGroupOutput](t)(s.CreateGroup(ctx, root(), &iam.CreateGroupInput{GroupName: "devs"}))
	createRole(t, s, "R")
	managed := must[iam.CreatePolicyOutput](t)(s.CreatePolicy(ctx, root(), &iam.CreatePolicyInput{PolicyName: "M", Path: "/x/", PolicyDocument: own("managed")})).Policy.ARN
	done(s.AddUserToGroup(ctx, root(), &iam.AddUserToGroupInput{GroupName: "devs", UserName: "ann"}))
	done(s.PutUserPolicy(ctx, root(), &iam.PutUserPolicyInput{UserName: "ann", PolicyName: "p", PolicyDocument: own("${aws:PrincipalTag/team}-${aws:username}")}))
	done(s.PutGroupPolicy(ctx, root(), &iam.PutGroupPolicyInput{GroupName: "devs", PolicyName: "p", PolicyDocument: own("devs")}))
	done(s.PutRolePolicy(ctx, root(), &iam.PutRolePolicyInput{RoleName: "R", PolicyName: "p", PolicyDocument: own("${aws:userid}")}))
	done(s.AttachUserPolicy(ctx, root(), &iam.AttachUserPolicyInput{UserName: "ann", PolicyARN: managed}))
	done(s.AttachGroupPolicy(ctx, root(), &iam.AttachGroupPolicyInput{GroupName: "devs", PolicyARN: managed}))
	done(s.AttachRolePolicy(ctx, root(), &iam.AttachRolePolicyInput{RoleName: "R", PolicyARN: admin}))
	return s
}

func principal(source, action, resource string) *iam.SimulatePrincipalPolicyInput {
	return &iam.SimulatePrincipalPolicyInput{
		PolicySourceARN: source,
		Scenario:        iam.Scenario{ActionNames: []string{action}, ResourceARNs: []string{resource}},
	}
}

// TestSimulatePrincipal looks at the policy that decided.
func TestSimulatePrincipal(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	const ann, devs, role = own + "user/team/ann", own + "group/devs", own + "role/R"
	tests := []struct {
		name, source, action, resource string
		want                           string
		matched                        []string
		missing                        []string
	}{
		{"of the user", ann, "s3:GetObject", "arn:aws:s3:::blue-ann", "allowed", []string{"user user_ann_p"}, nil},
		{"of the user's group", ann, "s3:GetObject", "arn:aws:s3:::devs", "allowed", []string{"group group_devs_p"}, nil},
		{"managed, twice", ann, "s3:GetObject", "arn:aws:s3:::managed", "allowed", []string{"user-managed M", "user-managed M"}, nil},
		{"of none", ann, "s3:PutObject", "arn:aws:s3:::managed", "implicitDeny", nil, nil},
		{"of the group", devs, "s3:GetObject", "arn:aws:s3:::devs", "allowed", []string{"group group_devs_p"}, nil},
		{"of a member", devs, "s3:GetObject", "arn:aws:s3:::blue-ann", "implicitDeny", nil, nil},
		{"of AWS", role, "s3:PutObject", "arn:aws:s3:::x", "allowed", []string{"aws-managed AdministratorAccess"}, []string{"aws:userid"}},
		{"what nobody may", role, "iam:CreatePolicyVersion", admin, "implicitDeny", nil, []string{"aws:userid"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), principal(tt.source, tt.action, tt.resource)))
			got := out.EvaluationResults[0].ResourceSpecificResults[0]
			var matched []string
			for _, m := range got.MatchedStatements {
				matched = append(matched, m.SourcePolicyType+" "+m.SourcePolicyID)
			}
			if got.EvalResourceDecision != tt.want {
				t.Errorf("%s, want %s", got.EvalResourceDecision, tt.want)
			}
			if diff := cmp.Diff([][]string{tt.matched, tt.missing}, [][]string{matched, got.MissingContextValues}, emptyIsNil()); diff != "" {
				t.Errorf("matched and missing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSimulateTwoOfOneName has a group with the very policy of its member.
func TestSimulateTwoOfOneName(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	document := statements(allowGet)
	must[struct{}](t)(s.PutUserPolicy(t.Context(), root(), &iam.PutUserPolicyInput{UserName: "ann", PolicyName: "p", PolicyDocument: document}))
	must[struct{}](t)(s.PutGroupPolicy(t.Context(), root(), &iam.PutGroupPolicyInput{GroupName: "devs", PolicyName: "p", PolicyDocument: document}))
	out := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), principal(own+"user/team/ann", "s3:GetObject", "*")))
	got := map[string]bool{}
	for _, m := range out.EvaluationResults[0].MatchedStatements {
		got[m.SourcePolicyID] = true
	}
	if diff := cmp.Diff(map[string]bool{"user_ann_p": true, "group_devs_p": true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSimulateAsAnother acts as bob with the policies of ann.
func TestSimulateAsAnother(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	in := principal(own+"user/team/ann", "s3:GetObject", "arn:aws:s3:::blue-bob")
	in.CallerARN = own + "user/bob"
	in.PolicyInputList = []string{statements(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::more"}`)}
	got := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), in)).EvaluationResults[0]
	if diff := cmp.Diff([]string{"aws:PrincipalTag/team"}, got.MissingContextValues); diff != "" || got.EvalDecision != "implicitDeny" {
		t.Errorf("the tags of bob are not those of ann: %s, missing (-want +got):\n%s", got.EvalDecision, diff)
	}
	in.ContextEntries = []iam.ContextEntry{entry("AWS:principaltag/Team", "string", "blue")}
	if got := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), in)).EvaluationResults[0]; got.EvalDecision != "allowed" {
		t.Errorf("with a tag: %s", got.EvalDecision)
	}
	in.ResourceARNs = []string{"arn:aws:s3:::more"}
	if got := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), in)).EvaluationResults[0]; got.EvalDecision != "allowed" {
		t.Errorf("by the policy of the request: %s", got.EvalDecision)
	}
}

// TestSimulateAnotherBoundary replaces the boundary that is attached.
func TestSimulateAnotherBoundary(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	document := statements(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`)
	bound := must[iam.CreatePolicyOutput](t)(s.CreatePolicy(t.Context(), root(), &iam.CreatePolicyInput{PolicyName: "B", PolicyDocument: document})).Policy.ARN
	must[struct{}](t)(s.PutUserPermissionsBoundary(t.Context(), root(), &iam.PutUserPermissionsBoundaryInput{UserName: "ann", PermissionsBoundary: bound}))
	in := principal(own+"user/team/ann", "s3:GetObject", "arn:aws:s3:::devs")
	for _, tt := range []struct {
		boundary []string
		want     string
		missing  []string
	}{
		{nil, "implicitDeny", []string{"aws:SecureTransport"}},
		{[]string{statements(allowGet)}, "allowed", nil},
	} {
		in.PermissionsBoundaryPolicyInputList = tt.boundary
		got := must[iam.SimulatePrincipalPolicyOutput](t)(s.SimulatePrincipalPolicy(t.Context(), root(), in)).EvaluationResults[0]
		if got.EvalDecision != tt.want || got.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary != (tt.want == "allowed") {
			t.Errorf("boundary %v: %s, %+v", tt.boundary, got.EvalDecision, got.PermissionsBoundaryDecisionDetail)
		}
		if diff := cmp.Diff(tt.missing, got.MissingContextValues, emptyIsNil()); diff != "" {
			t.Errorf("boundary %v: missing (-want +got):\n%s", tt.boundary, diff)
		}
	}
}

func TestSimulateUnknownPrincipal(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	for source, message := range map[string]string{
		own + "user/bob":      "The user with name bob cannot be found.",
		own + "user/ann":      "The user with name ann cannot be found.", // it is below /team/
		own + "role/x/R":      "The role with name R cannot be found.",
		own + "group/testers": "The group with name testers cannot be found.",
		"arn:aws:iam::" + elsewhere + ":user/team/ann": "The user with name ann cannot be found.",
	} {
		_, err := s.SimulatePrincipalPolicy(t.Context(), root(), principal(source, "s3:GetObject", "*"))
		refused(t, err, 404, "NoSuchEntity", message)
		_, err = s.GetContextKeysForPrincipalPolicy(t.Context(), root(), &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceARN: source})
		refused(t, err, 404, "NoSuchEntity", message)
	}
	for _, source := range []string{own + "root", own + "user/", own + "policy/p", "arn:aws:sts::" + account + ":assumed-role/R/s", "AIDAQNZGKIQY56JQ7WML2"} {
		_, err := s.SimulatePrincipalPolicy(t.Context(), root(), principal(source, "s3:GetObject", "*"))
		refused(t, err, 400, "InvalidInput", "Invalid Entity Arn: "+source+" does not clearly define entity type and name.")
	}
}

// TestSimulateWithoutTheRequestsKeys has an administrator at an address that the
// policies allow: the simulated request has none.
func TestSimulateWithoutTheRequestsKeys(t *testing.T) {
	t.Parallel()
	s := newService(t)
	keys := policy.NewContext()
	keys.Set("aws:SourceIp", "203.0.113.9")
	in := custom(statements(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`))
	out := must[iam.SimulateCustomPolicyOutput](t)(s.SimulateCustomPolicy(iam.WithRequest(t.Context(), keys.Clone), root(), in))
	got := out.EvaluationResults[0]
	if diff := cmp.Diff([]string{"aws:SourceIp"}, got.MissingContextValues); diff != "" || got.EvalDecision != "implicitDeny" {
		t.Errorf("%s, missing (-want +got):\n%s", got.EvalDecision, diff)
	}
}

func TestSimulationStops(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.SimulateCustomPolicy(ctx, root(), custom(statements(allowGet)))
	refused(t, err, 500, "ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
}
