package awsaccount

import (
	"context"
	"errors"
	"fmt"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
)

// Import takes over an account. Its fields are set before Run.
type Import struct {
	From    *Account
	IAM     *iam.Service
	Cognito *cognito.Service

	// AllRoles imports every role, not just those that pools name and those whose
	// trust policies name a pool.
	AllRoles bool

	// Identities imports the identities of guests and of a developer's users.
	Identities bool

	// Report is told of each thing what became of it.
	Report func(Item)

	// Progress is told what is being read; it may be nil.
	Progress func(what string)
}

// Result is what became of a thing of the account.
type Result string

// The results.
const (
	Created   Result = "created"
	Updated   Result = "updated"
	Unchanged Result = "unchanged"
	Absent    Result = "absent"  // something names it, and it is not in the account
	Skipped   Result = "skipped" // it could not be read, or cannot be here
)

// The kinds of things. An item of KindIdentities stands for all that a pool has.
const (
	KindPool       = "pool"
	KindRole       = "role"
	KindPolicy     = "policy"
	KindOIDC       = "oidc-provider"
	KindSAML       = "saml-provider"
	KindIdentities = "identities"
)

// Item is one thing of the account and what became of it.
type Item struct {
	Kind    string   `json:"kind"`
	Name    string   `json:"name"` // the id of a pool, else an ARN, as here
	Result  Result   `json:"result"`
	Changed []string `json:"changed,omitempty"` // of what was updated, the names of fields
	Reason  string   `json:"reason,omitempty"`  // of what was skipped
	Note    string   `json:"note,omitempty"`    // of what is here, what to know about it

	// Permission is what the credentials lacked, such as iam:GetRole.
	Permission string `json:"permission,omitempty"`
}

// Run imports policies, providers, roles, pools and identities, in this order. What the
// credentials may not read and what cannot be here it reports, and goes on; whatever it
// takes it takes whole. Another error, of the network or the store, ends it: what was
// imported so far stays, and a second run goes on from there.
func (m *Import) Run(ctx context.Context) error {
	pools, err := m.readPools(ctx)
	if err != nil {
		return err
	}
	roles, err := m.readRoles(ctx, pools)
	if err != nil {
		return err
	}
	if err := m.takePolicies(ctx, roles); err != nil {
		return err
	}
	if err := m.takeProviders(ctx, pools, roles); err != nil {
		return err
	}
	for _, role := range roles {
		if err := m.takeRole(ctx, role); err != nil {
			return err
		}
	}
	for _, p := range pools {
		if err := m.takePool(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// taken is what became of something that was read and handed on.
type taken struct {
	iam.Adoption
	note string
}

// take reads and hands on one thing, and reports what became of it.
func (m *Import) take(kind, name string, do func() (taken, error)) (Result, error) {
	m.progress(kind, name)
	done, err := do()
	item := Item{Kind: kind, Name: name, Changed: done.Changed, Note: done.note, Result: Unchanged}
	switch {
	case err != nil:
		if item, err = unread(kind, name, err); err != nil {
			return "", err
		}
	case done.Created:
		item.Result = Created
	case len(done.Changed) > 0:
		item.Result = Updated
	}
	m.Report(item)
	return item.Result, nil
}

func (m *Import) progress(kind, name string) {
	if m.Progress != nil {
		m.Progress(kind + " " + name)
	}
}

// unread is the item of what could not be taken. An error that says nothing about this
// one thing is returned.
func unread(kind, name string, err error) (Item, error) {
	item := Item{Kind: kind, Name: name, Result: Skipped}
	refusal, refused := errors.AsType[*fault.Error](err)
	switch {
	case permission(err) != "":
		item.Permission = permission(err)
		item.Reason = "the credentials need " + item.Permission
	case isGone(err):
		item.Result, item.Reason = Absent, "it is not in the account"
	case refused && refusal.Status < 500:
		item.Reason = refusal.Message
	case errors.Is(err, iam.ErrOther):
		item.Reason = err.Error() + "; delete or rename that one first"
	default:
		return Item{}, fmt.Errorf("importing %s %s: %w", kind, name, err)
	}
	return item, nil
}
