package iam

import (
	"context"
	"strconv"

	"github.com/cenotehq/cenote/policy"
)

// Scenario is what a simulation asks, whosever policies it takes: who does what,
// with which resources, under which conditions.
type Scenario struct {
	ActionNames    []string       `aws:"ActionNames" check:"required" each:"len=3-128"`
	ResourceARNs   []string       `aws:"ResourceArns" each:"len=1-2048"`
	CallerARN      string         `aws:"CallerArn" check:"len=1-2048"`
	ContextEntries []ContextEntry `aws:"ContextEntries"`

	ResourcePolicy                     string   `aws:"ResourcePolicy" check:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	ResourceOwner                      string   `aws:"ResourceOwner" check:"len=1-2048"`
	ResourceHandlingOption             string   `aws:"ResourceHandlingOption" check:"len=1-64"`
	PermissionsBoundaryPolicyInputList []string `aws:"PermissionsBoundaryPolicyInputList" each:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`

	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
}

// SimulateCustomPolicyInput is the request of SimulateCustomPolicy.
type SimulateCustomPolicyInput struct {
	PolicyInputList                    []string            `aws:"PolicyInputList" check:"required" each:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	OrderedOrganizationPolicyInputList []OrganizationLevel `aws:"OrderedOrganizationPolicyInputList" check:"len=-7"`
	Scenario
}

// OrganizationLevel is the service control policies of one level of an
// organization.
type OrganizationLevel struct {
	ServiceControlPolicyInputList []string `aws:"ServiceControlPolicyInputList" each:"len=1-131072"`
}

// Resource is "*": the simulation is about no entity of the account.
func (in *SimulateCustomPolicyInput) Resource(Caller) string { return "*" }

// SimulatePrincipalPolicyInput is the request of SimulatePrincipalPolicy.
type SimulatePrincipalPolicyInput struct {
	PolicySourceARN     string             `aws:"PolicySourceArn" check:"required;len=20-2048"`
	PolicyInputList     []string           `aws:"PolicyInputList" each:"len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	PolicyExclusionList []PolicyIdentifier `aws:"PolicyExclusionList" check:"len=-256"`
	Scenario
}

// PolicyIdentifier names policies that a simulation leaves out.
type PolicyIdentifier struct {
	PolicyARN  string `aws:"PolicyArn"`
	PolicyType string `aws:"PolicyType"`
}

// Resource returns the ARN of the user, group or role.
func (in *SimulatePrincipalPolicyInput) Resource(Caller) string { return in.PolicySourceARN }

// SimulationOutput is the answer of both simulations: one result for each action.
type SimulationOutput struct {
	EvaluationResults []EvaluationResult `aws:"EvaluationResults,always"`
	IsTruncated       bool               `aws:"IsTruncated"`
	Marker            string             `aws:"Marker"`
}

// SimulateCustomPolicyOutput is the answer of SimulateCustomPolicy.
type SimulateCustomPolicyOutput struct{ SimulationOutput }

// SimulatePrincipalPolicyOutput is the answer of SimulatePrincipalPolicy.
type SimulatePrincipalPolicyOutput struct{ SimulationOutput }

// EvaluationResult is what came of one action with all resources: the most
// restrictive decision, and what led to it.
type EvaluationResult struct {
	EvalActionName                    string                             `aws:"EvalActionName"`
	EvalResourceName                  string                             `aws:"EvalResourceName"`
	EvalDecision                      string                             `aws:"EvalDecision"`
	MatchedStatements                 []MatchedStatement                 `aws:"MatchedStatements,always"`
	MissingContextValues              []string                           `aws:"MissingContextValues,always"`
	PermissionsBoundaryDecisionDetail *PermissionsBoundaryDecisionDetail `aws:"PermissionsBoundaryDecisionDetail"`
	EvalDecisionDetails               map[string]string                  `aws:"EvalDecisionDetails"`
	ResourceSpecificResults           []ResourceSpecificResult           `aws:"ResourceSpecificResults"`
}

// ResourceSpecificResult is what came of one action with one resource.
type ResourceSpecificResult struct {
	EvalResourceName                  string                             `aws:"EvalResourceName"`
	EvalResourceDecision              string                             `aws:"EvalResourceDecision"`
	MatchedStatements                 []MatchedStatement                 `aws:"MatchedStatements,always"`
	MissingContextValues              []string                           `aws:"MissingContextValues,always"`
	PermissionsBoundaryDecisionDetail *PermissionsBoundaryDecisionDetail `aws:"PermissionsBoundaryDecisionDetail"`
	EvalDecisionDetails               map[string]string                  `aws:"EvalDecisionDetails"`
}

// PermissionsBoundaryDecisionDetail is what a permissions boundary says by itself.
type PermissionsBoundaryDecisionDetail struct {
	AllowedByPermissionsBoundary bool `aws:"AllowedByPermissionsBoundary"`
}

// MatchedStatement is a statement that decided, and where it stands: from its
// opening brace to behind its closing one.
type MatchedStatement struct {
	SourcePolicyID   string   `aws:"SourcePolicyId"`
	SourcePolicyType string   `aws:"SourcePolicyType"`
	StartPosition    Position `aws:"StartPosition"`
	EndPosition      Position `aws:"EndPosition"`
}

// Position is a place in a policy document; both numbers count from 1.
type Position struct {
	Line   int32 `aws:"Line"`
	Column int32 `aws:"Column"` // in characters
}

// SimulateCustomPolicy decides as a live request would be decided, on the policies
// of the request alone; it reads nothing of the account. See AWS
// SimulateCustomPolicy.
func (s *Service) SimulateCustomPolicy(ctx context.Context, _ Caller, in *SimulateCustomPolicyInput) (*SimulateCustomPolicyOutput, error) {
	if len(in.OrderedOrganizationPolicyInputList) > 0 {
		return nil, invalidInput("OrderedOrganizationPolicyInputList is not supported: this server has no organizations.")
	}
	if len(in.PolicyInputList) == 0 {
		return nil, invalidInput("PolicyInputList must hold at least one policy.")
	}
	sim := &simulation{}
	if err := s.prepare(ctx, sim, in.PolicyInputList, &in.Scenario); err != nil {
		return nil, err
	}
	out, err := sim.run(ctx, &in.Scenario, "SimulateCustomPolicy")
	if err != nil {
		return nil, err
	}
	return &SimulateCustomPolicyOutput{*out}, nil
}

// SimulatePrincipalPolicy decides as a live request would be decided, on the
// policies of a user, group or role, and those of the request beside them. See AWS
// SimulatePrincipalPolicy.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, _ Caller, in *SimulatePrincipalPolicyInput) (*SimulatePrincipalPolicyOutput, error) {
	if len(in.PolicyExclusionList) > 0 {
		return nil, invalidInput("PolicyExclusionList is not supported.")
	}
	subject, err := s.subject(ctx, in.PolicySourceARN)
	if err != nil {
		return nil, err
	}
	sim := &simulation{caller: subject.caller}
	sim.take(subject, &in.Scenario)
	if err := s.prepare(ctx, sim, in.PolicyInputList, &in.Scenario); err != nil {
		return nil, err
	}
	out, err := sim.run(ctx, &in.Scenario, "SimulatePrincipalPolicy", in.PolicySourceARN)
	if err != nil {
		return nil, err
	}
	return &SimulatePrincipalPolicyOutput{*out}, nil
}

// prepare adds to sim what the request says.
func (s *Service) prepare(ctx context.Context, sim *simulation, policies []string, in *Scenario) error {
	if in.CallerARN != "" && in.CallerARN != sim.caller.principalARN() {
		actor, err := actor(in.CallerARN)
		if err != nil {
			return err
		}
		sim.caller = actor
	}
	if err := sim.readPolicies(policies, in); err != nil {
		return err
	}
	if err := sim.readRequest(in); err != nil {
		return err
	}
	// The keys of the request that asks are not those of the one that is simulated.
	sim.context = s.RequestContext(WithRequest(ctx, policy.NewContext))
	sim.context.Merge(sim.caller.Keys)
	sim.caller.identify(sim.context)
	return ReadEntries(in.ContextEntries, sim.context)
}

// nth names a member of a list as AWS does in SourcePolicyId.
func nth(list string, i int) string { return list + "." + strconv.Itoa(i+1) }
