package iam_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

const (
	own    = "arn:aws:iam::" + account + ":"
	object = "arn:aws:s3:::bucket/key"
)

// statements is a policy document in one line.
func statements(list ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

const (
	allowGet = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
	denyGet  = `{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`
	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
)

// custom is a simulation of s3:GetObject on these policies.
func custom(policies ...string) *iam.SimulateCustomPolicyInput {
	return &iam.SimulateCustomPolicyInput{PolicyInputList: policies, Scenario: iam.Scenario{ActionNames: []string{"s3:GetObject"}}}
}

func simulate(t *testing.T, s *iam.Service, in *iam.SimulateCustomPolicyInput) []iam.EvaluationResult {
	t.Helper()
	out, err := s.SimulateCustomPolicy(t.Context(), root(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.EvaluationResults
}

// place is a MatchedStatement of a document in one line.
func place(id, of string, start, end int32) iam.MatchedStatement {
	return iam.MatchedStatement{
		SourcePolicyID: id, SourcePolicyType: of,
		StartPosition: iam.Position{Line: 1, Column: start}, EndPosition: iam.Position{Line: 1, Column: end},
	}
}

func TestSimulateDecisions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const start = 38 // of the first statement
	end := int32(start + len(allowGet))
	tests := []struct {
		name     string
		policies []string
		want     string
		matched  []iam.MatchedStatement
	}{
		{"allowed", []string{statements(allowGet)}, "allowed", []iam.MatchedStatement{place("PolicyInputList.1", "none", start, end)}},
		{"nothing allows", []string{statements(strings.Replace(allowGet, "Get", "Put", 1))}, "implicitDeny", nil},
		{
			"of all that match only the deny is listed",
			[]string{statements(allowGet, denyGet), statements(allowAll)},
			"explicitDeny",
			[]iam.MatchedStatement{place("PolicyInputList.1", "none", end+1, end+1+int32(len(denyGet)))},
		},
		{
			"two policies",
			[]string{statements(allowGet), statements(allowAll)},
			"allowed",
			[]iam.MatchedStatement{
				place("PolicyInputList.1", "none", start, end),
				place("PolicyInputList.2", "none", start, start+int32(len(allowAll))),
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := []iam.EvaluationResult{{
				EvalActionName: "s3:GetObject", EvalResourceName: "*", EvalDecision: tt.want,
				MatchedStatements: tt.matched, MissingContextValues: []string{},
			}}
			if diff := cmp.Diff(want, simulate(t, s, custom(tt.policies...)), emptyIsNil()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// emptyIsNil lets cmp take an empty list for none, as the wire does.
func emptyIsNil() cmp.Option {
	return cmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, cmp.Ignore())
}

// TestSimulatePositions has documents of several lines, with tabs and characters of
// two bytes.
func TestSimulatePositions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	document := "{\n\t\"Version\": \"2012-10-17\",\r\n\t\"Id\": \"é\", \"Statement\": [\n\t\t" + allowAll + ",\n{\n\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"\n  }]}"
	var got []iam.Position
	for _, m := range simulate(t, s, custom(document))[0].MatchedStatements {
		got = append(got, m.StartPosition, m.EndPosition)
	}
	want := []iam.Position{{Line: 4, Column: 3}, {Line: 4, Column: 3 + int32(len(allowAll))}, {Line: 5, Column: 1}, {Line: 7, Column: 4}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	single := `{"Id":"é","Version":"2012-10-17","Statement":` + allowAll + `}`
	got = []iam.Position{simulate(t, s, custom(single))[0].MatchedStatements[0].StartPosition}
	if diff := cmp.Diff([]iam.Position{{Line: 1, Column: 46}}, got); diff != "" {
		t.Errorf("alone and behind é (-want +got):\n%s", diff)
	}
}

// TestSimulateResources asks about several resources at once, of which the most
// restrictive decision is the action's.
func TestSimulateResources(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const (
		allowA = `{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]}`
		denyB  = `{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b"}`
		a, b   = "arn:aws:s3:::a", "arn:aws:s3:::b"
		c      = "arn:aws:s3:::c"
	)
	first := place("PolicyInputList.1", "none", 38, 38+int32(len(allowA)))
	deny := place("PolicyInputList.1", "none", 39+int32(len(allowA)), 39+int32(len(allowA)+len(denyB)))
	only := func(m ...iam.MatchedStatement) []iam.MatchedStatement { return m }
	one := func(name, decision string, matched ...iam.MatchedStatement) iam.ResourceSpecificResult {
		return iam.ResourceSpecificResult{EvalResourceName: name, EvalResourceDecision: decision, MatchedStatements: matched}
	}
	tests := []struct {
		name      string
		resources []string
		want      string
		matched   []iam.MatchedStatement
		specific  []iam.ResourceSpecificResult
	}{
		{"none", nil, "implicitDeny", nil, nil},
		{"all", []string{"*"}, "implicitDeny", nil, nil},
		{"one", []string{a}, "allowed", only(first), []iam.ResourceSpecificResult{one(a, "allowed", first)}},
		{"same statement twice", []string{a, a}, "allowed", only(first), []iam.ResourceSpecificResult{one(a, "allowed", first), one(a, "allowed", first)}},
		{"one is denied", []string{a, b, c}, "explicitDeny", only(deny), []iam.ResourceSpecificResult{one(a, "allowed", first), one(b, "explicitDeny", deny), one(c, "implicitDeny")}},
		{"one is not allowed", []string{a, c}, "implicitDeny", nil, []iam.ResourceSpecificResult{one(a, "allowed", first), one(c, "implicitDeny")}},
		{"all and one", []string{"*", a}, "implicitDeny", nil, []iam.ResourceSpecificResult{one("*", "implicitDeny"), one(a, "allowed", first)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := custom(statements(allowA, denyB))
			in.ResourceARNs = tt.resources
			want := iam.EvaluationResult{
				EvalActionName: "s3:GetObject", EvalResourceName: "*", EvalDecision: tt.want,
				MatchedStatements: tt.matched, ResourceSpecificResults: tt.specific,
			}
			if tt.specific != nil {
				want.EvalDecisionDetails = map[string]string{}
			}
			if diff := cmp.Diff(want, simulate(t, s, in)[0], emptyIsNil()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSimulateBoundary(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, tt := range []struct {
		name, boundary, want string
		allows               bool
	}{
		{"inside", allowGet, "allowed", true},
		{"outside", strings.Replace(allowGet, "Get", "Put", 1), "implicitDeny", false},
		{"denied", allowAll + "," + denyGet, "explicitDeny", false},
	} {
		in := custom(statements(allowGet))
		in.PermissionsBoundaryPolicyInputList = []string{statements(tt.boundary)}
		got := simulate(t, s, in)[0]
		if got.EvalDecision != tt.want || got.PermissionsBoundaryDecisionDetail == nil || got.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary != tt.allows {
			t.Errorf("%s: %s, boundary %+v", tt.name, got.EvalDecision, got.PermissionsBoundaryDecisionDetail)
		}
	}
	in := custom(statements(allowGet))
	in.PermissionsBoundaryPolicyInputList = []string{statements(denyGet)}
	want := []iam.MatchedStatement{place("PermissionsBoundaryPolicyInputList.1", "none", 38, 38+int32(len(denyGet)))}
	if diff := cmp.Diff(want, simulate(t, s, in)[0].MatchedStatements); diff != "" {
		t.Errorf("the deny of a boundary (-want +got):\n%s", diff)
	}
}

// TestSimulateResourcePolicy asks on behalf of a caller about resources of its own
// account and of another.
func TestSimulateResourcePolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const ann = own + "user/team/ann"
	names := func(who string) string {
		return statements(`{"Effect":"Allow","Principal":{"AWS":"` + who + `"},"Action":"s3:GetObject","Resource":"*"}`)
	}
	tests := []struct {
		name, identity, resource, caller, owner, want string
		details                                       map[string]string
	}{
		{"it alone is enough", strings.Replace(allowGet, "Get", "Put", 1), names(ann), ann, "", "allowed", map[string]string{}},
		{"it names another", strings.Replace(allowGet, "Get", "Put", 1), names(own + "user/bob"), ann, "", "implicitDeny", map[string]string{}},
		{"a role", strings.Replace(allowGet, "Get", "Put", 1), names(own + "role/x/R"), own + "role/x/R", "", "allowed", map[string]string{}},
		{
			"across accounts both must allow", strings.Replace(allowGet, "Get", "Put", 1), names(ann), ann, elsewhere, "implicitDeny",
			map[string]string{"IAM Policy": "implicitDeny", "Resource Policy": "allowed"},
		},
		{
			"both do", allowGet, names(ann), ann, "arn:aws:iam::" + elsewhere + ":root", "allowed",
			map[string]string{"IAM Policy": "allowed", "Resource Policy": "allowed"},
		},
		{
			"only the caller's", allowGet, "", ann, elsewhere, "implicitDeny",
			map[string]string{"IAM Policy": "allowed", "Resource Policy": "implicitDeny"},
		},
		{
			"the caller's denies", denyGet, names(ann), ann, elsewhere, "explicitDeny",
			map[string]string{"IAM Policy": "explicitDeny", "Resource Policy": "allowed"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := custom(statements(tt.identity))
			in.ResourceARNs = []string{object}
			in.ResourcePolicy, in.CallerARN, in.ResourceOwner = tt.resource, tt.caller, tt.owner
			got := simulate(t, s, in)[0]
			if diff := cmp.Diff(tt.details, got.EvalDecisionDetails); diff != "" || got.EvalDecision != tt.want {
				t.Errorf("%s, details (-want +got):\n%s", got.EvalDecision, diff)
			}
		})
	}
	in := custom(statements(allowGet))
	in.CallerARN, in.ResourceARNs = ann, []string{"arn:aws:sqs:us-east-1:" + elsewhere + ":q"}
	in.ActionNames, in.PolicyInputList = []string{"sqs:SendMessage"}, []string{statements(allowAll)}
	if got := simulate(t, s, in)[0].EvalDecision; got != "implicitDeny" {
		t.Errorf("a queue of another account, as its ARN says: %s", got)
	}
	in.CallerARN = ""
	if got := simulate(t, s, in)[0].EvalDecision; got != "allowed" {
		t.Errorf("without a caller there is no account that could be another: %s", got)
	}
}

// TestSimulateOwners has resources whose ARNs tell the account, which counts before
// ResourceOwner, and the summary of several resources.
func TestSimulateOwners(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const theirs, ours = "arn:aws:sqs:us-east-1:" + elsewhere + ":q", "arn:aws:sqs:us-east-1:" + account + ":q"
	in := custom(statements(`{"Effect":"Allow","Action":"*","Resource":["` + ours + `","` + object + `"]}`))
	in.CallerARN, in.ResourceOwner = own+"user/u", elsewhere
	in.ResourcePolicy = statements(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"` + theirs + `"}`)
	in.ResourceARNs = []string{theirs, ours, object}
	got := simulate(t, s, in)[0]
	denied, ok := "implicitDeny", "allowed"
	want := []iam.ResourceSpecificResult{
		{EvalResourceName: theirs, EvalResourceDecision: denied, EvalDecisionDetails: map[string]string{"IAM Policy": denied, "Resource Policy": ok}},
		{EvalResourceName: ours, EvalResourceDecision: ok},
		{EvalResourceName: object, EvalResourceDecision: denied, EvalDecisionDetails: map[string]string{"IAM Policy": ok, "Resource Policy": denied}},
	}
	for i := range got.ResourceSpecificResults {
		got.ResourceSpecificResults[i].MatchedStatements = nil
	}
	if diff := cmp.Diff(want, got.ResourceSpecificResults, emptyIsNil()); diff != "" {
		t.Errorf("by resource (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"IAM Policy": denied, "Resource Policy": denied}, got.EvalDecisionDetails); diff != "" {
		t.Errorf("the most restrictive of each kind (-want +got):\n%s", diff)
	}
}

// TestSimulateOldVersion has a policy in the version in which variables are text.
func TestSimulateOldVersion(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const document = `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::bucket/${aws:username}"}}`
	for resource, want := range map[string]string{"arn:aws:s3:::bucket/ann": "implicitDeny", "arn:aws:s3:::bucket/${aws:username}": "allowed"} {
		in := custom(document)
		in.CallerARN, in.ResourceARNs = own+"user/ann", []string{resource}
		if got := simulate(t, s, in)[0].EvalDecision; got != want {
			t.Errorf("%s: %s, want %s", resource, got, want)
		}
	}
}
