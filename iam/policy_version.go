package iam

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/policy"
)

// versionQuota is how many versions a managed policy may have (IAM User Guide,
// "IAM and AWS STS quotas").
const versionQuota = 5

// PolicyVersion is one of the documents of a managed policy.
type PolicyVersion struct {
	Number   int // never given again, not even after the version is gone
	Document *policy.Document
	Created  time.Time
}

func versionID(number int) string { return fmt.Sprintf("v%d", number) }

// version returns the index of the version with a number, or -1.
func (p ManagedPolicy) version(number int) int {
	return slices.IndexFunc(p.Versions, func(v PolicyVersion) bool { return v.Number == number })
}

// versionCalled returns the index of the version that a request means.
func (p ManagedPolicy) versionCalled(id string) (int, error) {
	i := slices.IndexFunc(p.Versions, func(v PolicyVersion) bool { return versionID(v.Number) == id })
	if i < 0 {
		return 0, noSuchVersion(p, id)
	}
	return i, nil
}

func noSuchVersion(p ManagedPolicy, id string) *fault.Error {
	return noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN(), id)
}

// PolicyVersionOutput is a version as answers show it. Only GetPolicyVersion and
// GetAccountAuthorizationDetails show the document.
type PolicyVersionOutput struct {
	Document         string    `aws:"Document"` // percent-encoded
	VersionID        string    `aws:"VersionId"`
	IsDefaultVersion bool      `aws:"IsDefaultVersion"`
	CreateDate       time.Time `aws:"CreateDate"`
}

func (p ManagedPolicy) versionOutput(v PolicyVersion) PolicyVersionOutput {
	return PolicyVersionOutput{VersionID: versionID(v.Number), IsDefaultVersion: v.Number == p.Default, CreateDate: v.Created}
}

// CreatePolicyVersionInput is the request of CreatePolicyVersion.
type CreatePolicyVersionInput struct {
	PolicyARN      string `aws:"PolicyArn" check:"required;len=20-2048"`
	PolicyDocument string `aws:"PolicyDocument" check:"required;len=1-131072;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	SetAsDefault   bool   `aws:"SetAsDefault"`
}

// Resource returns the ARN of the policy.
func (in *CreatePolicyVersionInput) Resource(Caller) string { return in.PolicyARN }

// CreatePolicyVersionOutput is the answer of CreatePolicyVersion.
type CreatePolicyVersionOutput struct {
	PolicyVersion PolicyVersionOutput `aws:"PolicyVersion"`
}

// GetPolicyVersionInput is the request of GetPolicyVersion.
type GetPolicyVersionInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	VersionID string `aws:"VersionId" check:"required;pattern=v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"`
}

// Resource returns the ARN of the policy.
func (in *GetPolicyVersionInput) Resource(Caller) string { return in.PolicyARN }

// GetPolicyVersionOutput is the answer of GetPolicyVersion.
type GetPolicyVersionOutput struct {
	PolicyVersion PolicyVersionOutput `aws:"PolicyVersion"`
}

// ListPolicyVersionsInput is the request of ListPolicyVersions.
type ListPolicyVersionsInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	Marker    string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems  int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the policy.
func (in *ListPolicyVersionsInput) Resource(Caller) string { return in.PolicyARN }

// ListPolicyVersionsOutput is the answer of ListPolicyVersions.
type ListPolicyVersionsOutput struct {
	Versions    []PolicyVersionOutput `aws:"Versions,always"`
	IsTruncated bool                  `aws:"IsTruncated"`
	Marker      string                `aws:"Marker"`
}

// DeletePolicyVersionInput is the request of DeletePolicyVersion.
type DeletePolicyVersionInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	VersionID string `aws:"VersionId" check:"required;pattern=v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"`
}

// Resource returns the ARN of the policy.
func (in *DeletePolicyVersionInput) Resource(Caller) string { return in.PolicyARN }

// SetDefaultPolicyVersionInput is the request of SetDefaultPolicyVersion.
type SetDefaultPolicyVersionInput struct {
	PolicyARN string `aws:"PolicyArn" check:"required;len=20-2048"`
	VersionID string `aws:"VersionId" check:"required;pattern=v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"`
}

// Resource returns the ARN of the policy.
func (in *SetDefaultPolicyVersionInput) Resource(Caller) string { return in.PolicyARN }

// CreatePolicyVersion adds a version to a managed policy, which counts only if it
// becomes the default. See AWS CreatePolicyVersion.
func (s *Service) CreatePolicyVersion(ctx context.Context, _ Caller, in *CreatePolicyVersionInput) (*CreatePolicyVersionOutput, error) {
	document, err := parseManaged(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Second)
	var created PolicyVersionOutput
	err = s.updatePolicy(ctx, in.PolicyARN, func(p *ManagedPolicy) error {
		if len(p.Versions) >= versionQuota {
			return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionQuota)
		}
		p.LastVersion++
		version := PolicyVersion{Number: p.LastVersion, Document: document, Created: now}
		p.Versions = append(p.Versions, version)
		p.Updated = now
		if in.SetAsDefault {
			p.Default = version.Number
		}
		created = p.versionOutput(version)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &CreatePolicyVersionOutput{PolicyVersion: created}, nil
}

// GetPolicyVersion shows a version of a managed policy with its document. See AWS
// GetPolicyVersion.
func (s *Service) GetPolicyVersion(ctx context.Context, _ Caller, in *GetPolicyVersionInput) (*GetPolicyVersionOutput, error) {
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	i, err := p.versionCalled(in.VersionID)
	if err != nil {
		return nil, err
	}
	version := p.versionOutput(p.Versions[i])
	version.Document = encodeDocument(p.Versions[i].Document)
	return &GetPolicyVersionOutput{PolicyVersion: version}, nil
}

// ListPolicyVersions lists the versions of a managed policy, the newest first. See
// AWS ListPolicyVersions.
func (s *Service) ListPolicyVersions(ctx context.Context, _ Caller, in *ListPolicyVersionsInput) (*ListPolicyVersionsOutput, error) {
	at, err := newPage(in.Marker, in.MaxItems, "ListPolicyVersions", in.PolicyARN)
	if err != nil {
		return nil, err
	}
	p, err := s.askedPolicy(ctx, in.PolicyARN)
	if err != nil {
		return nil, err
	}
	newestFirst := func(v PolicyVersion) string { return fmt.Sprintf("%010d", p.LastVersion-v.Number) }
	versions, next := cut(p.Versions, newestFirst, at)
	out := &ListPolicyVersionsOutput{Versions: make([]PolicyVersionOutput, len(versions)), IsTruncated: next != "", Marker: next}
	for i, version := range versions {
		out.Versions[i] = p.versionOutput(version)
	}
	return out, nil
}

// DeletePolicyVersion removes a version that is not the default one. See AWS
// DeletePolicyVersion.
func (s *Service) DeletePolicyVersion(ctx context.Context, _ Caller, in *DeletePolicyVersionInput) (*struct{}, error) {
	now := s.now().UTC().Truncate(time.Second)
	return nil, s.updatePolicy(ctx, in.PolicyARN, func(p *ManagedPolicy) error {
		i, err := p.versionCalled(in.VersionID)
		if err != nil {
			return err
		}
		if p.Versions[i].Number == p.Default {
			return deleteConflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.Delete(p.Versions, i, i+1)
		p.Updated = now
		return nil
	})
}

// SetDefaultPolicyVersion puts a version in force. See AWS SetDefaultPolicyVersion.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, _ Caller, in *SetDefaultPolicyVersionInput) (*struct{}, error) {
	now := s.now().UTC().Truncate(time.Second)
	return nil, s.updatePolicy(ctx, in.PolicyARN, func(p *ManagedPolicy) error {
		i, err := p.versionCalled(in.VersionID)
		if err != nil {
			return err
		}
		p.Default, p.Updated = p.Versions[i].Number, now
		return nil
	})
}
