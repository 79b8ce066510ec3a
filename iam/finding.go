package iam

import (
	"context"
	"slices"
	"strconv"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// What one page of a simulation costs at most. A page ends early rather than cost
// more, and what one action alone would exceed is refused.
const (
	// maxStatements are the statements looked at, each of which may come back in the
	// answer.
	maxStatements = 100_000

	// maxComparison is the product of the characters of the policies and of the
	// requests: to compare a text with a pattern takes at most the product of their
	// lengths.
	maxComparison = 1 << 31

	// leastRequest stands for the characters of an action, and for what a policy
	// costs even where there is little to compare.
	leastRequest = 128
)

// outcome is one of the decisions of a simulation, the more restrictive the higher.
type outcome int

const (
	allowed outcome = iota
	implicitDeny
	explicitDeny
)

func (o outcome) String() string {
	return [...]string{"allowed", "implicitDeny", "explicitDeny"}[o]
}

// finding is what came of one request, or of several together.
type finding struct {
	outcome outcome
	matched []MatchedStatement
	bounded outcome            // what the permissions boundary says by itself
	kinds   map[string]outcome // what kinds of policies say by themselves, where the resource is of another account
}

// run answers one page of what is simulated: the operation, and whose policies.
func (sim *simulation) run(ctx context.Context, in *Scenario, what ...string) (*SimulationOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, append(what, sim.actions...)...)
	if err != nil {
		return nil, err
	}
	first, last, err := sim.extent(p)
	if err != nil {
		return nil, err
	}
	out, missing := &SimulationOutput{}, sim.missing()
	for _, action := range sim.actions[first:last] {
		result, err := sim.result(ctx, action, missing)
		if err != nil {
			return nil, err
		}
		out.EvaluationResults = append(out.EvaluationResults, result)
	}
	if last < len(sim.actions) {
		out.IsTruncated, out.Marker = true, p.marker(strconv.Itoa(last))
	}
	return out, nil
}

// extent chooses the actions of a page. Its marker is how many came before.
func (sim *simulation) extent(p page) (first, last int, err error) {
	if p.after != "" {
		first, err = strconv.Atoi(p.after)
		if err != nil || first < 1 || first >= len(sim.actions) {
			return 0, 0, validation("Invalid Marker.")
		}
	}
	room := sim.room()
	if room == 0 {
		return 0, 0, invalidInput("The simulation is too large: its policies have %d statements and %d bytes, and there are %d resources. Simulate with fewer resources at a time.",
			sim.count(), sim.size, len(sim.resources))
	}
	return first, min(len(sim.actions), first+p.limit, first+room), nil
}

// room is how many actions one page may have.
func (sim *simulation) room() int {
	length := 0
	for _, key := range sim.context.Keys() {
		values, _, _ := sim.context.Get(key)
		for _, value := range values {
			length += len(value) + 1
		}
	}
	requests := 0
	for _, resource := range sim.resources {
		requests += leastRequest + length + len(resource)
	}
	return min(maxStatements/max(1, sim.count()*len(sim.resources)), maxComparison/max(1, sim.size*requests))
}

func (sim *simulation) count() (n int) {
	for _, statements := range sim.statements {
		n += len(statements)
	}
	return n
}

// result simulates one action with all resources.
func (sim *simulation) result(ctx context.Context, action string, missing []string) (EvaluationResult, error) {
	var all finding
	specific := make([]ResourceSpecificResult, 0, len(sim.resources))
	for _, resource := range sim.resources {
		if err := ctx.Err(); err != nil {
			return EvaluationResult{}, serviceFailure(err)
		}
		one := sim.decide(action, resource)
		all.add(one)
		specific = append(specific, ResourceSpecificResult{
			EvalResourceName:                  resource,
			EvalResourceDecision:              one.outcome.String(),
			MatchedStatements:                 one.matched,
			MissingContextValues:              missing,
			PermissionsBoundaryDecisionDetail: sim.boundaryDetail(one),
			EvalDecisionDetails:               one.details(),
		})
	}
	result := EvaluationResult{
		EvalActionName:                    action,
		EvalResourceName:                  "*",
		EvalDecision:                      all.outcome.String(),
		MatchedStatements:                 all.matched,
		MissingContextValues:              missing,
		PermissionsBoundaryDecisionDetail: sim.boundaryDetail(all),
		EvalDecisionDetails:               all.details(),
	}
	if len(specific) > 1 || sim.resources[0] != "*" {
		result.ResourceSpecificResults = specific
		if result.EvalDecisionDetails == nil {
			result.EvalDecisionDetails = map[string]string{} // AWS shows it, empty
		}
	}
	return result, nil
}

// missing are the keys that the policies test and that nobody gave.
func (sim *simulation) missing() []string {
	return slices.DeleteFunc(distinct(sim.keys), func(key string) bool {
		_, _, given := sim.context.Get(key)
		return given
	})
}

// decide asks the evaluator that decides live requests.
func (sim *simulation) decide(action, resource string) finding {
	owner := sim.owner
	if a, err := arn.Parse(resource); err == nil && arn.IsAccount(a.Account) {
		owner = a.Account
	}
	decision := policy.Evaluate(policy.Request{
		Principal: sim.caller.Principal(),
		Action:    action,
		Resource:  resource,
		Owner:     owner,
		Context:   sim.context,
	}, sim.policies)
	if reserved(action, resource) {
		return finding{outcome: implicitDeny}
	}
	found := finding{outcome: implicitDeny, bounded: standing(decision.Stands[policy.Boundary])}
	switch {
	case decision.Allowed:
		found.outcome = allowed
	case decision.Explicit:
		found.outcome = explicitDeny
	}
	for _, match := range decision.Matched {
		number, _ := strconv.Atoi(match.Source) // add made it
		found.matched = append(found.matched, sim.statements[number][match.Statement])
	}
	if owner != "" && sim.caller.Account != "" && owner != sim.caller.Account {
		found.kinds = map[string]outcome{
			"IAM Policy":      standing(decision.Stands[policy.Identity]),
			"Resource Policy": standing(decision.Stands[policy.Resource]),
		}
	}
	return found
}

func standing(stand policy.Stand) outcome {
	switch stand {
	case policy.Allows:
		return allowed
	case policy.Denies:
		return explicitDeny
	default:
		return implicitDeny
	}
}

// add makes f the more restrictive of both, with the statements that led to that.
func (f *finding) add(one finding) {
	if one.outcome > f.outcome {
		f.outcome, f.matched = one.outcome, nil
	}
	if one.outcome == f.outcome {
		f.matched = union(f.matched, one.matched)
	}
	f.bounded = max(f.bounded, one.bounded)
	for kind, outcome := range one.kinds {
		f.kind(kind, outcome)
	}
}

func (f *finding) kind(name string, said outcome) {
	if f.kinds == nil {
		f.kinds = map[string]outcome{}
	}
	f.kinds[name] = max(f.kinds[name], said)
}

// union returns the statements of both lists, each once.
func union(list, more []MatchedStatement) []MatchedStatement {
	seen := make(map[MatchedStatement]bool, len(list))
	for _, statement := range list {
		seen[statement] = true
	}
	for _, statement := range more {
		if !seen[statement] {
			seen[statement] = true
			list = append(list, statement)
		}
	}
	return list
}

func (f finding) details() map[string]string {
	if f.kinds == nil {
		return nil
	}
	details := map[string]string{}
	for kind, said := range f.kinds {
		details[kind] = said.String()
	}
	return details
}

func (sim *simulation) boundaryDetail(f finding) *PermissionsBoundaryDecisionDetail {
	if sim.policies.Boundary == nil {
		return nil
	}
	return &PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: f.bounded == allowed}
}
