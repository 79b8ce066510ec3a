package iam

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// ManagedPolicy returns the document of the managed policy that name, an ARN, stands
// for, in its default version, or GuestInlinePolicy. What there is not is
// fs.ErrNotExist.
func (s *Service) ManagedPolicy(ctx context.Context, name string) (*policy.Document, error) {
	if name == GuestInlinePolicy {
		return s.builtin().guestInline, nil
	}
	p, err := s.managedPolicy(ctx, name)
	if err != nil {
		return nil, err
	}
	return p.document(), nil
}

// managedPolicy returns the managed policy of an ARN, or fs.ErrNotExist. The whole
// ARN counts: a path that is not the policy's names another policy.
func (s *Service) managedPolicy(ctx context.Context, name string) (ManagedPolicy, error) {
	if p, ok := s.builtin().managed[name]; ok {
		return p, nil
	}
	if !strings.HasPrefix(name, arn.Policy(s.Account, "/", "").String()) {
		return ManagedPolicy{}, fmt.Errorf("no managed policy of this account: %w", fs.ErrNotExist)
	}
	p, err := s.policies().Get(ctx, name[strings.LastIndexByte(name, '/')+1:])
	if err == nil && p.ARN().String() != name {
		return ManagedPolicy{}, fmt.Errorf("the managed policy has another path: %w", fs.ErrNotExist)
	}
	return p, err
}

// askedPolicy is managedPolicy for the ARN of a request.
func (s *Service) askedPolicy(ctx context.Context, name string) (ManagedPolicy, error) {
	if err := checkPolicyARN(name); err != nil {
		return ManagedPolicy{}, err
	}
	p, err := s.managedPolicy(ctx, name)
	return p, translate(err, noSuchPolicy(name), nil)
}

// updatePolicy changes a managed policy of the account.
func (s *Service) updatePolicy(ctx context.Context, name string, change func(*ManagedPolicy) error) error {
	p, err := s.askedPolicy(ctx, name)
	if err != nil {
		return err
	}
	return translate(s.updateSame(ctx, p, change), noSuchPolicy(name), nil)
}

// updateSame changes p as it is kept, unless that is another policy by now, or one
// of AWS's own, which nobody changes: both are fs.ErrNotExist.
func (s *Service) updateSame(ctx context.Context, p ManagedPolicy, change func(*ManagedPolicy) error) error {
	if p.Account != s.Account {
		return fmt.Errorf("a policy of AWS's own: %w", fs.ErrNotExist)
	}
	return s.policies().Update(ctx, p.Name, func(kept *ManagedPolicy) error {
		if kept.ID != p.ID {
			return fs.ErrNotExist
		}
		return change(kept)
	})
}

// checkPolicyARN refuses what is not the ARN of any managed policy.
func checkPolicyARN(name string) error {
	a, err := arn.Parse(name)
	if err != nil || a.Service != "iam" || a.Region != "" || !strings.HasPrefix(a.Resource, "policy/") {
		return invalidInput("ARN %s is not valid.", name)
	}
	return nil
}

// attachedSources are the documents of the managed policies that are attached to an
// entity. One that is gone says nothing, even if another has its name by now.
func (s *Service) attachedSources(ctx context.Context, attached []Attachment) ([]policy.Source, error) {
	var list []policy.Source
	for _, a := range attached {
		source, err := s.attachedSource(ctx, a, policy.Identity)
		if err != nil {
			return nil, err
		}
		list = append(list, source)
	}
	return list, nil
}

// boundarySource is the document of a permissions boundary, if there is one. A
// boundary that is gone allows nothing: what limits must not vanish.
func (s *Service) boundarySource(ctx context.Context, boundary *Attachment) (*policy.Source, error) {
	if boundary == nil {
		return nil, nil
	}
	source, err := s.attachedSource(ctx, *boundary, policy.Boundary)
	return &source, err
}

func (s *Service) attachedSource(ctx context.Context, a Attachment, kind policy.Kind) (policy.Source, error) {
	source := policy.Source{Name: a.ARN, Kind: kind}
	switch p, err := s.managedPolicy(ctx, a.ARN); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return source, fmt.Errorf("reading the managed policy %s: %w", a.ARN, err)
	case p.ID == a.PolicyID:
		source.Document = p.document()
	}
	return source, nil
}
