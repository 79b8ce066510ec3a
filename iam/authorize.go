package iam

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// Authorize decides whether caller may do action on resource, an ARN or "*". further
// holds condition keys of this question alone; those of the request, the session and the
// caller are added here. Root may do all. The error is never a refusal: it means that the
// decision could not be made.
func (s *Service) Authorize(ctx context.Context, caller Caller, action, resource string, further policy.Context) (policy.Decision, error) {
	if reserved(action, resource) {
		return policy.Decision{DecidedBy: policy.Identity}, nil
	}
	if caller.Root {
		return policy.Decision{Allowed: true}, nil
	}
	policies, err := s.Policies(ctx, caller)
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

// AuthorizeOperation decides whether caller may call an operation that takes permissions
// for some actions on one resource; what an operation of IAM names may be told without its
// path. It returns the decision about the first action that is refused, or else about the
// last, and a context for the operation, which holds it to the very entity that the
// policies saw. The error is that of Authorize.
func (s *Service) AuthorizeOperation(ctx context.Context, caller Caller, actions []string, resource string, further policy.Context) (operation context.Context, action string, decision policy.Decision, err error) {
	if !creates(actions[0]) {
		t, err := s.target(ctx, resource)
		if err != nil {
			return ctx, "", policy.Decision{}, err
		}
		keys := t.keys()
		keys.Merge(further) // a boundary that is asked for, rather than the one that is there
		ctx, resource, further = context.WithValue(ctx, targetKey{}, t), t.arn, keys
	}
	for _, action = range actions {
		decision, err = s.Authorize(ctx, caller, action, resource, further)
		if err != nil || !decision.Allowed {
			break
		}
	}
	return ctx, action, decision, err
}

// creates reports whether an action makes the entity that its resource names, of which
// the request says all that policies can look at.
func creates(action string) bool {
	switch action {
	case "iam:CreateRole", "iam:CreateUser", "iam:CreateGroup", "iam:CreatePolicy",
		"iam:CreateOpenIDConnectProvider", "iam:CreateSAMLProvider":
		return true
	}
	return false
}

// reserved reports whether an action would change what is AWS's own, which no policy
// allows to anybody: its managed policies, and roles under /aws-reserved/.
func reserved(action, resource string) bool {
	if !strings.HasPrefix(resource, "arn:aws:iam::aws:policy/") && !strings.Contains(resource, ":role/aws-reserved/") {
		return false
	}
	verb, ours := strings.CutPrefix(action, "iam:")
	return ours && !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List") && verb != "PassRole"
}

// Denied is AWS's sentence for a refusal, naming the session that asked and the
// one kind of policy that decided.
func Denied(caller Caller, action, resource string, decision policy.Decision) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", caller.ARN, action)
	if resource != "*" && resource != "" {
		text += " on resource: " + shown(action, resource)
	}
	return text + " " + decision.Reason(action)
}

// DeniedError is the cause of a refusal by the caller's own policies: how near they came.
type DeniedError struct {
	Action   string
	Decision policy.Decision
}

func (e *DeniedError) Error() string {
	return "the policies of the caller refuse " + e.Action + ": " + e.Decision.Reason(e.Action)
}

// shown is how refusals name what an action of IAM is about: "role NAME", "user NAME",
// "group NAME" or "policy ARN", where others have the plain ARN.
func shown(action, resource string) string {
	verb, ours := strings.CutPrefix(action, "iam:")
	a, err := arn.Parse(resource)
	kind, name, _ := strings.Cut(a.Resource, "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	if !ours || err != nil || name == "" || shownByARN(verb) {
		return resource
	}
	switch {
	case kind == "policy" && verb != "CreatePolicy":
		return "policy " + resource
	case kind == "policy", kind == "role", kind == "user", kind == "group":
		return kind + " " + name
	}
	return resource
}

// shownByARN reports whether refusals of an action name a role, user, group or policy
// by its ARN all the same.
func shownByARN(verb string) bool {
	switch verb {
	case "CreateRole", "CreateUser", "CreateGroup", "PassRole":
		return true
	}
	return strings.HasPrefix(verb, "Tag") || strings.HasPrefix(verb, "Untag") || strings.HasSuffix(verb, "PermissionsBoundary") ||
		strings.HasPrefix(verb, "Simulate") || strings.HasPrefix(verb, "GetContextKeys")
}

// Policies collects what limits and entitles caller: the inline and managed policies
// of the role, or of the user and the user's groups, the permissions boundary, and
// the session policies.
func (s *Service) Policies(ctx context.Context, caller Caller) (policy.Policies, error) {
	p := policy.Policies{Session: caller.SessionPolicies, HasSession: caller.HasSession}
	if caller.Federated() {
		return s.federatedPolicies(ctx, caller)
	}
	if role := caller.Role; role != nil {
		err := s.addPolicies(ctx, &p, role.Policies, role.Attached, role.Boundary)
		return p, err
	}
	if caller.User == "" {
		return p, nil
	}
	user, err := s.Users.Find(ctx, caller.UserID) // another may have the name by now
	if errors.Is(err, fs.ErrNotExist) || err == nil && user.ARN().String() != caller.ARN {
		none, err := blanket("user", nothing)
		return policy.Policies{Identity: none}, err
	}
	if err != nil {
		return policy.Policies{}, fmt.Errorf("reading the policies of user %s: %w", caller.User, err)
	}
	groups, err := s.groupsOf(ctx, user)
	if err != nil {
		return policy.Policies{}, fmt.Errorf("reading the groups of user %s: %w", caller.User, err)
	}
	for _, group := range groups {
		if err := s.addPolicies(ctx, &p, group.Policies, group.Attached, nil); err != nil {
			return policy.Policies{}, err
		}
	}
	err = s.addPolicies(ctx, &p, user.Policies, user.Attached, user.Boundary)
	return p, err
}

// addPolicies adds to p those of a role, user or group.
func (s *Service) addPolicies(ctx context.Context, p *policy.Policies, inline map[string]*policy.Document, attached []Attachment, boundary *Attachment) error {
	managed, err := s.attachedSources(ctx, attached)
	if err != nil {
		return err
	}
	p.Identity = slices.Concat(p.Identity, sources(inline), managed)
	p.Boundary, err = s.boundarySource(ctx, boundary)
	return err
}

const (
	// everything is what root may do, for those whom it lets do some of it.
	everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

	// nothing is for a user who was deleted or renamed since the signature was checked:
	// the caller that it proved is gone. To have no policies would not do, since a role may
	// trust a user whatever these say.
	nothing = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// blanket is the one policy of a caller for whom it says all.
func blanket(name, text string) ([]policy.Source, error) {
	document, err := policy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the policy of %s: %w", name, err)
	}
	return []policy.Source{{Name: name, Kind: policy.Identity, Document: document}}, nil
}

// federatedPolicies are those of whoever opened the session, and the session policies,
// without which it may do nothing ("Permissions for GetFederationToken").
func (s *Service) federatedPolicies(ctx context.Context, caller Caller) (policy.Policies, error) {
	p, err := s.Policies(ctx, *caller.Opener)
	if err != nil {
		return policy.Policies{}, err
	}
	if caller.Opener.Root {
		p.Identity, err = blanket("root", everything)
		if err != nil {
			return policy.Policies{}, err
		}
	}
	p.Session, p.HasSession = caller.SessionPolicies, true
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
	caller.identify(keys)
	if !caller.Issued.IsZero() {
		keys.Set("aws:TokenIssueTime", caller.Issued.UTC().Format(time.RFC3339))
		keys.Set("aws:MultiFactorAuthPresent", "false") // temporary credentials have the key, and there are no devices
	}
	return keys
}

// identify sets the keys that tell who the caller is, as far as that is known: a
// simulated caller has no account, or no session.
func (c Caller) identify(keys policy.Context) {
	if c.Account == "" {
		return
	}
	for _, known := range [...][2]string{
		{"aws:PrincipalAccount", c.Account},
		{"aws:userid", c.UserID},
		{"aws:PrincipalType", c.principalType()},
		{"aws:PrincipalArn", c.principalARN()},
		{"aws:username", c.User},
	} {
		if known[1] != "" {
			keys.Set(known[0], known[1])
		}
	}
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
	case c.Federated():
		return "FederatedUser"
	default:
		return "User"
	}
}
