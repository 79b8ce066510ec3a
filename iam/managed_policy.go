package iam

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// What managed policies are limited to: how many an account may have, and the
// characters of each, white space not counted (IAM User Guide, "IAM and AWS STS
// quotas").
const (
	policyQuota     = 1500
	policySizeQuota = 6144
)

// ManagedPolicy is a policy of its own, which can be attached to any number of
// roles, users and groups, and be their permissions boundary.
type ManagedPolicy struct {
	Account     string
	Path        string // "/" or "/…/"
	Name        string
	ID          string // ANPA…
	Description string
	Versions    []PolicyVersion // at least one and at most five, oldest first
	Default     int             // the number of the version that is in force
	LastVersion int             // the highest number that a version ever had
	Tags        []Tag
	Created     time.Time
	Updated     time.Time // when the versions changed last

	// Attached and Bounds are the unique ids of those that the policy is attached
	// to, and of those whose boundary it is. See Service.attach.
	Attached, Bounds []string
}

// ARN returns the policy's name in attachments and on the wire.
func (p ManagedPolicy) ARN() arn.ARN { return arn.Policy(p.Account, p.Path, p.Name) }

// EntityName returns the key under which a Table keeps the policy.
func (p ManagedPolicy) EntityName() string { return p.Name }

// EntityAliases returns the policy's unique id.
func (p ManagedPolicy) EntityAliases() []string { return []string{p.ID} }

// attachment is how those who have the policy keep it.
func (p ManagedPolicy) attachment() Attachment {
	return Attachment{ARN: p.ARN().String(), PolicyID: p.ID}
}

// document is the version that is in force.
func (p ManagedPolicy) document() *policy.Document { return p.Versions[p.version(p.Default)].Document }

// ManagedPolicyOutput is a managed policy as answers show it.
type ManagedPolicyOutput struct {
	PolicyName                    string    `aws:"PolicyName"`
	PolicyID                      string    `aws:"PolicyId"`
	ARN                           string    `aws:"Arn"`
	Path                          string    `aws:"Path"`
	DefaultVersionID              string    `aws:"DefaultVersionId"`
	AttachmentCount               int32     `aws:"AttachmentCount"`
	PermissionsBoundaryUsageCount int32     `aws:"PermissionsBoundaryUsageCount"`
	IsAttachable                  bool      `aws:"IsAttachable"`
	Description                   string    `aws:"Description"`
	CreateDate                    time.Time `aws:"CreateDate"`
	UpdateDate                    time.Time `aws:"UpdateDate"`
	Tags                          []Tag     `aws:"Tags"`
}

func managedPolicyOutput(p ManagedPolicy) ManagedPolicyOutput {
	return ManagedPolicyOutput{
		PolicyName:                    p.Name,
		PolicyID:                      p.ID,
		ARN:                           p.ARN().String(),
		Path:                          p.Path,
		DefaultVersionID:              versionID(p.Default),
		AttachmentCount:               int32(len(p.Attached)),
		PermissionsBoundaryUsageCount: int32(len(p.Bounds)),
		IsAttachable:                  true,
		Description:                   p.Description,
		CreateDate:                    p.Created,
		UpdateDate:                    p.Updated,
		Tags:                          p.Tags,
	}
}

// CreatePolicyInput is the request of CreatePolicy.
type CreatePolicyInput struct {
	PolicyName     string `aws:"PolicyName" check:"required;len=1-128;pattern=[\\w+=,.@-]+"`
	Path           string `aws:"Path" check:"pattern=((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	Description    string `aws:"Description" check:"len=-1000"`
	Tags           []Tag  `aws:"Tags" check:"len=-50"`
}

// Resource returns the ARN that the policy will have.
func (in *CreatePolicyInput) Resource(caller Caller) string {
	return arn.Policy(caller.Account, in.Path, in.PolicyName).String()
}

// CreatePolicyOutput is the answer of CreatePolicy.
type CreatePolicyOutput struct {
	Policy ManagedPolicyOutput `aws:"Policy"`
}

// GetPolicyInput is the request of GetPolicy.
type GetPolicyInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the policy.
func (in *GetPolicyInput) Resource(Caller) string { return in.PolicyARN }

// GetPolicyOutput is the answer of GetPolicy.
type GetPolicyOutput struct {
	Policy ManagedPolicyOutput `aws:"Policy"`
}

// DeletePolicyInput is the request of DeletePolicy.
type DeletePolicyInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the policy.
func (in *DeletePolicyInput) Resource(Caller) string { return in.PolicyARN }

// ListPoliciesInput is the request of ListPolicies.
type ListPoliciesInput struct {
	Scope             string `aws:"Scope" check:"enum=All,AWS,Local"`
	OnlyAttached      bool   `aws:"OnlyAttached"`
	PathPrefix        string `aws:"PathPrefix" check:"len=1-512;pattern=((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	PolicyUsageFilter string `aws:"PolicyUsageFilter" check:"enum=PermissionsPolicy,PermissionsBoundary"`
	Marker            string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems          int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN that AWS names in refusals: the prefix as a path.
func (in *ListPoliciesInput) Resource(caller Caller) string {
	return arn.Policy(caller.Account, folder(in.PathPrefix), "").String()
}

// ListPoliciesOutput is the answer of ListPolicies. It leaves out descriptions and
// tags.
type ListPoliciesOutput struct {
	Policies    []ManagedPolicyOutput `aws:"Policies,always"`
	IsTruncated bool                  `aws:"IsTruncated"`
	Marker      string                `aws:"Marker"`
}

// CreatePolicy makes a managed policy with a first version. See AWS CreatePolicy.
func (s *Service) CreatePolicy(ctx context.Context, _ Caller, in *CreatePolicyInput) (*CreatePolicyOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	document, err := parseManaged(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	switch isFull, err := full(ctx, s.policies(), policyQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("PoliciesPerAccount", policyQuota)
	}
	now := s.now().UTC().Truncate(time.Second)
	p := ManagedPolicy{
		Account:     s.Account,
		Path:        pathOrRoot(in.Path),
		Name:        in.PolicyName,
		ID:          arn.NewEntityID("ANPA", s.Account),
		Description: in.Description,
		Versions:    []PolicyVersion{{Number: 1, Document: document, Created: now}},
		Default:     1,
		LastVersion: 1,
		Tags:        in.Tags,
		Created:     now,
		Updated:     now,
	}
	if err := s.ManagedPolicies.Create(ctx, p); err != nil {
		return nil, translate(err, nil, entityAlreadyExists("A policy called %s already exists. Duplicate names are not allowed.", in.PolicyName))
	}
	return &CreatePolicyOutput{Policy: managedPolicyOutput(p)}, nil
}

// parseManaged reads the document of a version that is to be saved.
func parseManaged(text string) (*policy.Document, error) {
	document, err := parseDocument(text, policy.Identity)
	if err != nil {
		return nil, err
	}
	if documentSize(document) > policySizeQuota {
		return nil, quotaExceeded("PolicySize", policySizeQuota)
	}
	return document, nil
}

// GetPolicy shows a managed policy. See AWS GetPolicy.
func (s *Service) GetPolicy(ctx context.Context, _ Caller, in *GetPolicyInput) (*GetPolicyOutput, error) {
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	p, err = s.counted(ctx, p)
	if err != nil {
		return nil, err
	}
	return &GetPolicyOutput{Policy: managedPolicyOutput(p)}, nil
}

// ListPolicies lists managed policies by name. See AWS ListPolicies.
func (s *Service) ListPolicies(ctx context.Context, _ Caller, in *ListPoliciesInput) (*ListPoliciesOutput, error) {
	p, err := newPage(in.Marker, in.MaxItems, "ListPolicies")
	if err != nil {
		return nil, err
	}
	found, err := s.policiesOf(ctx, in.Scope)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(p ManagedPolicy) bool { return !in.wants(p) })
	policies, next := cut(found, func(p ManagedPolicy) string { return p.Name + " " + p.Account }, p)
	out := &ListPoliciesOutput{Policies: make([]ManagedPolicyOutput, len(policies)), IsTruncated: next != "", Marker: next}
	for i, p := range policies {
		out.Policies[i] = managedPolicyOutput(p)
		out.Policies[i].Description, out.Policies[i].Tags = "", nil
	}
	return out, nil
}

func (in *ListPoliciesInput) wants(p ManagedPolicy) bool {
	if !strings.HasPrefix(p.Path, in.PathPrefix) || in.OnlyAttached && len(p.Attached) == 0 {
		return false
	}
	switch in.PolicyUsageFilter {
	case usagePolicy:
		return len(p.Attached) > 0
	case usageBoundary:
		return len(p.Bounds) > 0
	default:
		return true
	}
}

// policiesOf returns the managed policies of a scope, each with those who use it.
func (s *Service) policiesOf(ctx context.Context, scope string) ([]ManagedPolicy, error) {
	var list []ManagedPolicy
	if scope != "AWS" {
		for p, err := range every(ctx, s.policies()) {
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
	}
	if scope != "Local" {
		for p := range maps.Values(s.builtin().managed) {
			p, err := s.counted(ctx, p)
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// DeletePolicy removes a managed policy that nobody uses and that has no version but
// the default one. See AWS DeletePolicy.
func (s *Service) DeletePolicy(ctx context.Context, _ Caller, in *DeletePolicyInput) (*struct{}, error) {
	s.links.Lock()
	defer s.links.Unlock()
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	if p.Account != s.Account {
		return nil, noSuchPolicy(in.PolicyARN)
	}
	if err := s.dropStaleClaims(ctx, p); err != nil {
		return nil, err
	}
	err = s.policies().Delete(ctx, p.Name, func(kept ManagedPolicy) error {
		switch {
		case kept.ID != p.ID:
			return noSuchPolicy(in.PolicyARN)
		case len(kept.Attached)+len(kept.Bounds) > 0:
			return deleteConflict("Cannot delete a policy attached to entities.")
		case len(kept.Versions) > 1:
			return deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		return nil
	})
	return nil, translate(err, noSuchPolicy(in.PolicyARN), nil)
}
