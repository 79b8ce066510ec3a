package iam

import (
	"errors"
	"strconv"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// simulation is a request of somebody to be decided on some policies. Sources go by
// the number of their policy in statements, since two may have one name.
type simulation struct {
	caller     Caller
	policies   policy.Policies
	context    policy.Context
	actions    []string
	resources  []string
	owner      string // of resources whose ARN tells none
	statements [][]MatchedStatement
	keys       []string // that the policies test
	size       int      // of all policies, in bytes
}

// take adds the policies of a user or role, and unless the request brings another,
// its permissions boundary.
func (sim *simulation) take(from *subject, in *Scenario) {
	for _, source := range from.policies.Identity {
		id, of := from.origin(source)
		sim.policies.Identity = append(sim.policies.Identity, sim.add(id, of, source.Document))
	}
	if boundary := from.policies.Boundary; boundary != nil && len(in.PermissionsBoundaryPolicyInputList) == 0 {
		id, of := from.origin(*boundary)
		source := sim.add(id, of, boundary.Document)
		sim.policies.Boundary = &source
	}
}

// readPolicies adds the policies of the request.
func (sim *simulation) readPolicies(policies []string, in *Scenario) error {
	for i, text := range policies {
		source, err := sim.read(nth("PolicyInputList", i), "none", text, policy.Session)
		if err != nil {
			return err
		}
		sim.policies.Identity = append(sim.policies.Identity, source)
	}
	if len(in.PermissionsBoundaryPolicyInputList) > 1 {
		return invalidInput("PermissionsBoundaryPolicyInputList must hold at most one policy.")
	}
	for i, text := range in.PermissionsBoundaryPolicyInputList {
		source, err := sim.read(nth("PermissionsBoundaryPolicyInputList", i), "none", text, policy.Session)
		if err != nil {
			return err
		}
		sim.policies.Boundary = &source
	}
	if in.ResourcePolicy == "" {
		return nil
	}
	if sim.caller.Account == "" {
		return invalidInput("Invalid caller - Caller cannot be null or empty.")
	}
	source, err := sim.read("ResourcePolicy", "resource", in.ResourcePolicy, policy.Resource)
	sim.policies.Resource = &source
	return err
}

func (sim *simulation) read(id, of, text string, kind policy.Kind) (policy.Source, error) {
	document, err := readPolicy(id, text, kind)
	if err != nil {
		return policy.Source{}, err
	}
	return sim.add(id, of, document), nil
}

// readPolicy reads a policy that is not to be saved. What belongs to a user or role
// is read as policy.Session: it has the same rules, save that both versions of the
// language will do.
func readPolicy(name, text string, kind policy.Kind) (*policy.Document, error) {
	document, err := policy.Parse(text)
	if err == nil {
		err = document.Validate(kind)
	}
	if syntax, ok := errors.AsType[*policy.SyntaxError](err); ok {
		return nil, invalidInput("%s: %s", name, syntax.Message).With(err)
	}
	return document, err
}

// add gives a policy its number. There is no document where an attached policy is
// gone; such a source allows nothing.
func (sim *simulation) add(id, of string, document *policy.Document) policy.Source {
	if document == nil {
		document = &policy.Document{}
	}
	sim.statements = append(sim.statements, matchedStatements(id, of, document))
	sim.keys = append(sim.keys, document.ContextKeys()...)
	sim.size += len(document.Source())
	return policy.Source{Name: strconv.Itoa(len(sim.statements) - 1), Document: document}
}

// matchedStatements are the statements of a policy as answers show them.
func matchedStatements(id, of string, document *policy.Document) []MatchedStatement {
	var offsets []int
	for _, statement := range document.Statements {
		offsets = append(offsets, statement.Start, statement.End)
	}
	at := positions(document.Source(), offsets)
	all := make([]MatchedStatement, len(document.Statements))
	for i := range all {
		all[i] = MatchedStatement{SourcePolicyID: id, SourcePolicyType: of, StartPosition: at[2*i], EndPosition: at[2*i+1]}
	}
	return all
}

// positions are the places of some offsets in text, which ascend.
func positions(text string, offsets []int) []Position {
	all := make([]Position, 0, len(offsets))
	at, done := Position{Line: 1, Column: 1}, 0
	for _, offset := range offsets {
		for _, r := range text[done:offset] {
			at.Column++
			if r == '\n' {
				at = Position{Line: at.Line + 1, Column: 1}
			}
		}
		done = offset
		all = append(all, at)
	}
	return all
}

// readRequest checks actions, resources and their owner.
func (sim *simulation) readRequest(in *Scenario) error {
	if in.ResourceHandlingOption != "" {
		return invalidInput("ResourceHandlingOption is not supported.")
	}
	if len(in.ActionNames) == 0 {
		return invalidInput("ActionNames must hold at least one action.")
	}
	for _, action := range in.ActionNames {
		vendor, name, _ := strings.Cut(action, ":")
		if vendor == "" || name == "" || strings.ContainsAny(action, "*? \t\r\n") || strings.Contains(name, ":") {
			return invalidInput("The action %s is not the full name of one action, such as iam:CreateUser.", action)
		}
	}
	for _, resource := range in.ResourceARNs {
		if _, err := arn.Parse(resource); err != nil && resource != "*" {
			return invalidInput("The resource %s is not an ARN.", resource)
		}
	}
	sim.actions, sim.resources = in.ActionNames, in.ResourceARNs
	if len(sim.resources) == 0 {
		sim.resources = []string{"*"}
	}
	return sim.readOwner(in.ResourceOwner)
}

// readOwner takes an account, or the ARN of its root.
func (sim *simulation) readOwner(text string) error {
	if text == "" {
		return nil
	}
	account := text
	if a, err := arn.Parse(text); err == nil && a == arn.Root(a.Account) {
		account = a.Account
	}
	if !arn.IsAccount(account) {
		return invalidInput("The resource owner %s is not an account.", text)
	}
	if sim.caller.Account == "" {
		return invalidInput("Invalid caller - Caller cannot be null or empty.")
	}
	sim.owner = account
	return nil
}
