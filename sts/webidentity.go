package sts

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// WebIdentity is who a verified token says its bearer is, in the words of trust
// policies.
type WebIdentity struct {
	// Federated is the principal that a trust policy names: a built-in host or the
	// ARN of an OpenID Connect provider.
	Federated string

	// Issuer prefixes the condition keys: host and path of the issuer.
	Issuer string

	Subject  string
	Audience string   // what the aud key holds
	AMR      []string // how the bearer signed in; empty where the token does not say

	// TrustKeys are further condition keys that only the trust policy sees.
	TrustKeys map[string]string

	Tags           map[string]string // session tags of the token
	TransitiveTags []string
	SourceIdentity string
}

// WebRequest is what is asked for a WebIdentity.
type WebRequest struct {
	RoleARN     string
	SessionName string
	Seconds     int32 // life of the session, 0 for the default
	Policy      string
	PolicyARNs  []PolicyDescriptor

	// Scope names session policies that the caller of AssumeWebIdentity adds.
	Scope []string
}

// Assumed is a role session that has begun.
type Assumed struct {
	Credentials Credentials
	User        AssumedRoleUser
	PackedSize  int32
}

// AssumeWebIdentity begins a session of a role for the bearer of a verified token,
// if the role's trust policy says so. A refusal is a *fault.Error of this API, the
// same for a role that does not exist as for one that does not trust.
func (s *Service) AssumeWebIdentity(ctx context.Context, who WebIdentity, ask WebRequest) (Assumed, error) {
	// Before the role, lest bad tags tell the roles that exist from the others.
	if err := checkTags(who.Tags); err != nil {
		return Assumed{}, err
	}
	role, err := s.findRole(ctx, ask.RoleARN)
	if errors.Is(err, fs.ErrNotExist) {
		return Assumed{}, notAuthorized(actionWebIdentity).With(err)
	}
	if err != nil {
		return Assumed{}, err
	}
	if err := s.trusts(ctx, role, who, ask.SessionName); err != nil {
		return Assumed{}, err
	}
	duration, err := checkDuration(ask.Seconds, role)
	if err != nil {
		return Assumed{}, err
	}
	session := who.session(ask.SessionName)
	if err := s.restrict(ctx, &session, ask.Policy, ask.PolicyARNs); err != nil {
		return Assumed{}, err
	}
	packed, err := packedSize(session)
	if err != nil {
		return Assumed{}, err
	}
	session.Policies = append(session.Policies, ask.Scope...)
	credentials, user := s.mint(grant{role: role, session: session, duration: duration})
	return Assumed{Credentials: credentials, User: user, PackedSize: packed}, nil
}

const (
	actionWebIdentity    = "sts:AssumeRoleWithWebIdentity"
	actionTagSession     = "sts:TagSession"
	actionSourceIdentity = "sts:SetSourceIdentity"
)

// trusts returns nil if the role's trust policy allows who, and all that the token
// asks for beside the session: tags and a source identity each need their own
// permission.
func (s *Service) trusts(ctx context.Context, role iam.Role, who WebIdentity, sessionName string) error {
	actions := []string{actionWebIdentity}
	if len(who.Tags) > 0 || len(who.TransitiveTags) > 0 {
		actions = append(actions, actionTagSession)
	}
	if who.SourceIdentity != "" {
		actions = append(actions, actionSourceIdentity)
	}
	keys := s.IAM.RequestContext(ctx)
	keys.Merge(who.trustContext(role, sessionName))
	for _, action := range actions {
		decision := policy.EvaluateTrust(policy.Request{
			Principal: policy.Principal{Federated: who.Federated},
			Action:    action,
			Resource:  role.ARN().String(),
			Context:   keys,
		}, policy.Source{Name: role.Name, Kind: policy.Trust, Document: role.Trust}, policy.Policies{})
		if !decision.Allowed {
			return notAuthorized(actionWebIdentity).With(&UntrustedError{Role: role.ARN().String(), Action: action, Decision: decision})
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

// trustContext returns the condition keys that a trust policy sees.
func (w WebIdentity) trustContext(role iam.Role, sessionName string) policy.Context {
	keys := policy.NewContext()
	for key, value := range w.TrustKeys {
		keys.Set(key, value)
	}
	for key, value := range w.lasting() {
		keys.Set(key, value)
	}
	if len(w.AMR) > 0 {
		keys.SetList(w.Issuer+":amr", w.AMR)
	}
	for _, tag := range role.Tags {
		keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
	}
	keys.Set("sts:RoleSessionName", sessionName)
	if w.SourceIdentity != "" {
		keys.Set("sts:SourceIdentity", w.SourceIdentity)
	}
	tagKeys(keys, w.Tags, w.TransitiveTags)
	return keys
}

// lasting returns the condition keys with one value that the session keeps.
func (w WebIdentity) lasting() map[string]string {
	return map[string]string{
		w.Issuer + ":sub":       w.Subject,
		w.Issuer + ":aud":       w.Audience,
		"aws:FederatedProvider": w.Federated,
	}
}

func (w WebIdentity) session(name string) Session {
	session := Session{
		Name: name, Keys: w.lasting(),
		Tags: w.Tags, TransitiveTags: w.TransitiveTags, SourceIdentity: w.SourceIdentity,
	}
	if len(w.AMR) > 0 {
		session.Lists = map[string][]string{w.Issuer + ":amr": w.AMR}
	}
	return session
}
