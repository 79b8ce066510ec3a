package iam

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// Authorize decides whether caller may do action on resource, an ARN or "*".
// further holds condition keys of this question alone; those of the request, the
// session and the caller are added here. Root may do all. The error is never a
// refusal: it means that the decision could not be made.
func (s *Service) Authorize(ctx context.Context, caller Caller, action, resource string, further policy.Context) (policy.Decision, error) {
	if caller.Root {
		return policy.Decision{Allowed: true}, nil
	}
	policies, err := s.Policies(ctx, caller)
	if err != nil {
		return policy.Decision{}, err
	}
	resource, err = s.canonical(ctx, resource)
	if err != nil {
		return policy.Decision{}, err
	}
	return policy.Evaluate(policy.Request{
		Principal: caller.Principal(),
		Action:    action,
		Resource:  resource,
		Context:   s.Context(ctx, caller, further),
	}, policies), nil
}

// Denied is AWS's sentence for a refusal, naming the session that asked and the
// one kind of policy that decided.
func Denied(caller Caller, action, resource string, decision policy.Decision) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", caller.ARN, action)
	if resource != "*" && resource != "" {
		text += " on resource: " + resource
	}
	return text + " " + decision.Reason(action)
}

// Policies collects what limits and entitles caller: the inline policies of the
// user or role, and the session policies.
func (s *Service) Policies(ctx context.Context, caller Caller) (policy.Policies, error) {
	p := policy.Policies{Session: caller.SessionPolicies, HasSession: caller.HasSession}
	if caller.Role != nil {
		p.Identity = sources(caller.Role.Policies)
		return p, nil
	}
	if caller.User == "" {
		return p, nil
	}
	user, err := s.Users.Get(ctx, caller.User)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil // deleted since the signature was checked: entitled to nothing
	}
	if err != nil {
		return policy.Policies{}, fmt.Errorf("reading the policies of user %s: %w", caller.User, err)
	}
	p.Identity = sources(user.Policies)
	return p, nil
}

func sources(inline map[string]*policy.Document) []policy.Source {
	list := make([]policy.Source, 0, len(inline))
	for name, document := range inline {
		list = append(list, policy.Source{Name: name, Kind: policy.Identity, Document: document})
	}
	return list
}

// Context returns the condition keys of a question about caller: those of the
// request, of the question itself, of the session, and of the principal ("AWS global
// condition context keys"). Later ones win, since a request must not forge what is
// proven.
func (s *Service) Context(ctx context.Context, caller Caller, further policy.Context) policy.Context {
	keys := s.RequestContext(ctx)
	keys.Merge(further)
	keys.Merge(caller.Keys)
	keys.Set("aws:PrincipalAccount", caller.Account)
	keys.Set("aws:userid", caller.UserID)
	keys.Set("aws:PrincipalType", caller.principalType())
	keys.Set("aws:PrincipalArn", caller.principalARN())
	if caller.User != "" {
		keys.Set("aws:username", caller.User)
	}
	if !caller.Issued.IsZero() {
		keys.Set("aws:TokenIssueTime", caller.Issued.UTC().Format(time.RFC3339))
	}
	return keys
}

// principalARN is the role's ARN for a session, where messages show the session's.
func (c Caller) principalARN() string {
	if c.Role != nil {
		return c.Role.ARN().String()
	}
	return c.ARN
}

func (c Caller) principalType() string {
	switch {
	case c.Root:
		return "Account"
	case c.Role != nil:
		return "AssumedRole"
	default:
		return "User"
	}
}

// canonical completes the ARN of a role or user of this account by its path: AWS
// evaluates policies against the whole ARN, but callers send only the name.
func (s *Service) canonical(ctx context.Context, resource string) (string, error) {
	own := arn.Root(s.Account)
	own.Resource = ""
	local, ok := strings.CutPrefix(resource, own.String())
	if !ok {
		return resource, nil
	}
	if name, ok := strings.CutPrefix(local, "role/"); ok {
		return pathed(ctx, s.Roles, name, resource)
	}
	if name, ok := strings.CutPrefix(local, "user/"); ok {
		return pathed(ctx, s.Users, name, resource)
	}
	return resource, nil
}

func pathed[T interface{ ARN() arn.ARN }](ctx context.Context, table Table[T], name, otherwise string) (string, error) {
	entity, err := table.Get(ctx, name[strings.LastIndexByte(name, '/')+1:])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return otherwise, nil
	case err != nil:
		return "", fmt.Errorf("reading %s: %w", otherwise, err)
	default:
		return entity.ARN().String(), nil
	}
}
