package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

const actionAssumeRole = "sts:AssumeRole"

// AssumeRoleInput is the request of AssumeRole.
type AssumeRoleInput struct {
	RoleARN           string             `aws:"RoleArn" check:"required;len=20-2048"`
	RoleSessionName   string             `aws:"RoleSessionName" check:"required;len=2-64;pattern=[\\w+=,.@-]*"`
	PolicyARNs        []PolicyDescriptor `aws:"PolicyArns" check:"len=-10"`
	Policy            string             `aws:"Policy" check:"len=1-;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	DurationSeconds   int32              `aws:"DurationSeconds" check:"range=900-43200"`
	Tags              []iam.Tag          `aws:"Tags" check:"len=-50"`
	TransitiveTagKeys []string           `aws:"TransitiveTagKeys" check:"len=-50" each:"len=1-128"`
	ExternalID        string             `aws:"ExternalId" check:"len=2-1224;pattern=[\\w+=,.@:\\/-]*"`
	SerialNumber      string             `aws:"SerialNumber" check:"len=9-256;pattern=[\\w+=/:,.@-]*"`
	TokenCode         string             `aws:"TokenCode" check:"secret;len=6-6;pattern=[\\d]*"`
	SourceIdentity    string             `aws:"SourceIdentity" check:"len=2-64;pattern=[\\w+=,.@-]*"`
	ProvidedContexts  []ProvidedContext  `aws:"ProvidedContexts" check:"len=-5"`
}

// ProvidedContext is what another service asserts about a session's user.
type ProvidedContext struct {
	ProviderARN      string `aws:"ProviderArn" check:"len=20-2048"`
	ContextAssertion string `aws:"ContextAssertion" check:"secret;len=4-2048"`
}

// AssumeRoleOutput is the answer of AssumeRole.
type AssumeRoleOutput struct {
	Credentials      Credentials     `aws:"Credentials"`
	AssumedRoleUser  AssumedRoleUser `aws:"AssumedRoleUser"`
	PackedPolicySize *int32          `aws:"PackedPolicySize"`
	SourceIdentity   string          `aws:"SourceIdentity"`
}

// AssumeRole gives a user or a session of another role a session of a role that
// trusts it. The trust policy decides together with the caller's own policies.
func (s *Service) AssumeRole(ctx context.Context, caller iam.Caller, in *AssumeRoleInput) (*AssumeRoleOutput, error) {
	if caller.Root {
		return nil, accessDenied("Roles may not be assumed by root accounts.")
	}
	if caller.Federated() {
		return nil, refused(caller, actionAssumeRole, in.RoleARN)
	}
	if in.SerialNumber != "" || in.TokenCode != "" {
		return nil, accessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, validation("ProvidedContexts names a context provider that this account does not know.")
	}
	session, err := requested(caller, in)
	if err != nil {
		return nil, err
	}
	role, err := s.findRole(ctx, in.RoleARN)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refused(caller, actionAssumeRole, in.RoleARN).With(err)
	}
	if err != nil {
		return nil, err
	}
	if err := s.trustsCaller(ctx, role, caller, session, in); err != nil {
		return nil, err
	}
	duration, err := s.checkChained(caller, in.DurationSeconds, role)
	if err != nil {
		return nil, err
	}
	if err := s.restrict(ctx, &session, in.Policy, in.PolicyARNs); err != nil {
		return nil, err
	}
	packed, err := packedSize(session)
	if err != nil {
		return nil, err
	}
	credentials, user := s.mint(grant{role: role, session: session, duration: duration})
	return &AssumeRoleOutput{
		Credentials: credentials, AssumedRoleUser: user,
		PackedPolicySize: percent(packed), SourceIdentity: session.SourceIdentity,
	}, nil
}

// requested returns the session as it is asked for, with what the caller's own
// session hands down: transitive tags and the source identity, which may not be
// set anew.
func requested(caller iam.Caller, in *AssumeRoleInput) (Session, error) {
	session := Session{Name: in.RoleSessionName, SourceIdentity: in.SourceIdentity}
	tags, err := sessionTags(in.Tags)
	if err != nil {
		return Session{}, err
	}
	for key, value := range caller.TransitiveTags {
		for own := range tags {
			if strings.EqualFold(own, key) {
				return Session{}, validation(fmt.Sprintf("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: %s", key))
			}
		}
		tags[key] = value
		session.TransitiveTags = append(session.TransitiveTags, key)
	}
	for _, key := range in.TransitiveTagKeys {
		if _, ok := tags[key]; !ok {
			return Session{}, validation(fmt.Sprintf("The specified transitive tag key must be included in the requested tags: %s", key))
		}
		session.TransitiveTags = append(session.TransitiveTags, key)
	}
	slices.Sort(session.TransitiveTags)
	session.TransitiveTags = slices.Compact(session.TransitiveTags) // one may be handed down and asked for
	session.Tags = tags
	if inherited := caller.SourceIdentity; inherited != "" {
		if in.SourceIdentity != "" && in.SourceIdentity != inherited {
			return Session{}, refused(caller, actionSourceIdentity, in.RoleARN)
		}
		session.SourceIdentity = inherited
	}
	if in.SourceIdentity != "" && !validSourceIdentity(in.SourceIdentity) {
		return Session{}, validation(sourceIdentityRule)
	}
	return session, nil
}

// trustsCaller returns nil if the role's trust policy, and where it only
// delegates to the account, the caller's own policies, allow the session.
func (s *Service) trustsCaller(ctx context.Context, role iam.Role, caller iam.Caller, session Session, in *AssumeRoleInput) error {
	actions := []string{actionAssumeRole}
	if len(session.Tags) > 0 {
		actions = append(actions, actionTagSession)
	}
	if session.SourceIdentity != "" {
		actions = append(actions, actionSourceIdentity)
	}
	identity, err := s.IAM.Policies(ctx, caller)
	if err != nil {
		return err
	}
	keys := s.IAM.Context(ctx, caller, callContext(caller, role, session, in))
	for _, action := range actions {
		decision := policy.EvaluateTrust(policy.Request{
			Principal: caller.Principal(),
			Action:    action,
			Resource:  role.ARN().String(),
			Context:   keys,
		}, policy.Source{Name: role.Name, Kind: policy.Trust, Document: role.Trust}, identity)
		if !decision.Allowed {
			return refused(caller, action, in.RoleARN).With(&UntrustedError{Role: role.ARN().String(), Action: action, Decision: decision})
		}
	}
	return nil
}

func refused(caller iam.Caller, action, roleARN string) *fault.Error {
	return accessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", caller.ARN, action, roleARN))
}

// callContext returns the condition keys of an AssumeRole request. A transitive tag
// that the caller brings stands in for the role's tag of that name.
func callContext(caller iam.Caller, role iam.Role, session Session, in *AssumeRoleInput) policy.Context {
	keys := policy.NewContext()
	for _, tag := range role.Tags {
		keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
	}
	for key, value := range caller.TransitiveTags {
		keys.Set("aws:ResourceTag/"+key, value)
	}
	keys.Set("sts:RoleSessionName", in.RoleSessionName)
	if in.ExternalID != "" {
		keys.Set("sts:ExternalId", in.ExternalID)
	}
	if session.SourceIdentity != "" {
		keys.Set("sts:SourceIdentity", session.SourceIdentity)
	}
	tagKeys(keys, session.Tags, session.TransitiveTags)
	return keys
}

// checkChained is checkDuration for AssumeRole: a role that was reached with a
// role's credentials lasts an hour at most.
func (s *Service) checkChained(caller iam.Caller, seconds int32, role iam.Role) (time.Duration, error) {
	if caller.Role != nil && time.Duration(seconds)*time.Second > maxChained {
		return 0, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return checkDuration(seconds, role)
}
