package iam

import (
	"context"
	"errors"
	"time"

	"github.com/cenotehq/cenote/policy"
)

// AdoptedPolicy is a managed policy of another account as that account shows it.
type AdoptedPolicy struct {
	Policy ManagedPolicy // without versions and users

	Version  int       // the number of the default version
	Document string    // of that version
	Created  time.Time // when that version was made

	// Copied is whether it is a copy of a policy of AWS's own. These hold what AWS
	// takes from nobody else, so the document need only be one that can be evaluated.
	Copied bool
}

// AdoptPolicy takes over a managed policy with its unique id and its default version,
// which becomes the only one here. Quotas do not count, for AWS raises them on request,
// and its own policies know none. The error is a fault, or wraps ErrOther.
func (s *Service) AdoptPolicy(ctx context.Context, p AdoptedPolicy) (Adoption, error) {
	wanted := p.Policy
	if err := checkID(wanted.ID, "A"); err != nil { // ANPA at AWS, others in what stands in for it
		return Adoption{}, err
	}
	document, err := policy.Parse(p.Document)
	if err != nil || !p.Copied {
		document, err = parseDocument(p.Document, policy.Identity)
	}
	if err != nil {
		return Adoption{}, err
	}
	if p.Version < 1 {
		return Adoption{}, invalidInput("A version has the number 1 or a higher one, not %d.", p.Version)
	}
	wanted.Account = s.Account
	wanted.Versions = []PolicyVersion{{Number: p.Version, Document: document, Created: p.Created}}
	wanted.Default, wanted.LastVersion = p.Version, p.Version
	s.links.Lock()
	defer s.links.Unlock()
	done, err := Adopt(ctx, s.ManagedPolicies, wanted.Name, func(existing *ManagedPolicy) (ManagedPolicy, error) {
		next := wanted
		if existing == nil {
			return next, nil
		}
		next.Attached, next.Bounds = existing.Attached, existing.Bounds
		next.Tags = settled(next.Tags, existing.Tags)
		next.LastVersion = max(next.LastVersion, existing.LastVersion)
		return next, checkSame("policy", next.Name, existing.ID, next.ID)
	})
	if errors.Is(err, ErrOther) {
		return Adoption{}, err
	}
	return done, translate(err, nil, entityAlreadyExists("A policy with the unique id %s already exists.", wanted.ID))
}
