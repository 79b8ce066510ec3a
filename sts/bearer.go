package sts

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

const (
	actionWebIdentity    = "sts:AssumeRoleWithWebIdentity"
	actionSAML           = "sts:AssumeRoleWithSAML"
	actionTagSession     = "sts:TagSession"
	actionSourceIdentity = "sts:SetSourceIdentity"
)

// bearer is whom an identity provider vouches for, in the words of trust policies.
type bearer struct {
	action    string // by which the trust policy lets the bearer in
	federated string // the principal that the trust policy names

	// keys and lists are the condition keys that the session keeps, trustKeys those that
	// only the trust policy sees.
	keys      map[string]string
	lists     map[string][]string
	trustKeys policy.Context

	tags           map[string]string // session tags
	transitiveTags []string
	sourceIdentity string

	limit time.Duration // how long the session may last, whatever is asked for; 0 without a limit
}

// admit returns what a bearer is given of the role that is asked for, if the role's
// trust policy says so. A refusal is a *fault.Error, the same for a role that does not
// exist as for one that does not trust.
func (s *Service) admit(ctx context.Context, who bearer, ask WebRequest) (grant, error) {
	// Before the role, lest bad tags tell the roles that exist from the others.
	if err := checkTags(who.tags); err != nil {
		return grant{}, err
	}
	role, err := s.findRole(ctx, ask.RoleARN)
	if errors.Is(err, fs.ErrNotExist) {
		return grant{}, notAuthorized(who.action).With(err)
	}
	if err != nil {
		return grant{}, err
	}
	if err := s.trusts(ctx, role, who, ask.SessionName); err != nil {
		return grant{}, err
	}
	duration, err := checkDuration(ask.Seconds, role)
	if err != nil {
		return grant{}, err
	}
	if who.limit > 0 {
		duration = min(duration, who.limit)
	}
	session := who.session(ask.SessionName)
	if err := s.restrict(ctx, &session, ask.Policy, ask.PolicyARNs); err != nil {
		return grant{}, err
	}
	packed, err := packedSize(session)
	if err != nil {
		return grant{}, err
	}
	session.Policies = append(session.Policies, ask.Scope...)
	return grant{role: role, session: session, duration: duration, packed: packed}, nil
}

// trusts returns nil if the role's trust policy allows who, and all that the provider
// asks for beside the session: tags and a source identity each need their own
// permission.
func (s *Service) trusts(ctx context.Context, role iam.Role, who bearer, sessionName string) error {
	actions := []string{who.action}
	if len(who.tags) > 0 || len(who.transitiveTags) > 0 {
		actions = append(actions, actionTagSession)
	}
	if who.sourceIdentity != "" {
		actions = append(actions, actionSourceIdentity)
	}
	keys, resource := s.IAM.RequestContext(ctx), role.ARN().String()
	who.addTrustKeys(keys, role, sessionName)
	for _, action := range actions {
		decision := policy.EvaluateTrust(policy.Request{
			Principal: policy.Principal{Federated: who.federated},
			Action:    action,
			Resource:  resource,
			Context:   keys,
		}, policy.Source{Name: role.Name, Kind: policy.Trust, Document: role.Trust}, policy.Policies{})
		if !decision.Allowed {
			return notAuthorized(who.action).With(&UntrustedError{Role: role.ARN().String(), Action: action, Decision: decision})
		}
	}
	return nil
}

// UntrustedError is the cause of a refusal that its message does not tell: which
// trust policy refused what, and how near it came.
type UntrustedError struct {
	Role     string
	Action   string
	Decision policy.Decision
}

func (e *UntrustedError) Error() string {
	return "the trust policy of " + e.Role + " refuses " + e.Action + ": " + e.Decision.Reason(e.Action)
}

// addTrustKeys adds the condition keys that a trust policy sees, beside those of the request.
func (b bearer) addTrustKeys(keys policy.Context, role iam.Role, sessionName string) {
	keys.Merge(b.trustKeys)
	for key, value := range b.keys {
		keys.Set(key, value)
	}
	for key, values := range b.lists {
		keys.SetList(key, values)
	}
	for _, tag := range role.Tags {
		keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
	}
	keys.Set("sts:RoleSessionName", sessionName)
	if b.sourceIdentity != "" {
		keys.Set("sts:SourceIdentity", b.sourceIdentity)
	}
	tagKeys(keys, b.tags, b.transitiveTags)
}

func (b bearer) session(name string) Session {
	return Session{
		Name: name, Keys: b.keys, Lists: b.lists,
		Tags: b.tags, TransitiveTags: b.transitiveTags, SourceIdentity: b.sourceIdentity,
	}
}
