package iam

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// target is what an operation is about, as the policies of the caller saw it.
type target struct {
	kind, name string
	arn        string
	id         string // empty for what is not there, and for providers
	tags       []Tag
	boundary   string
}

// keys are the condition keys of what an operation is about.
func (t target) keys() policy.Context {
	keys := policy.NewContext()
	for _, tag := range t.tags {
		keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
		keys.Set("iam:ResourceTag/"+tag.Key, tag.Value)
	}
	return bounded(keys, t.boundary)
}

// equal reports whether policies say the same of both.
func (t target) equal(other target) bool {
	return t.id == other.id && t.arn == other.arn && t.boundary == other.boundary && slices.Equal(t.tags, other.tags)
}

func targetOf(entity any) target {
	switch e := entity.(type) {
	case Role:
		return target{"role", e.Name, e.ARN().String(), e.ID, e.Tags, e.Boundary.arn()}
	case User:
		return target{"user", e.Name, e.ARN().String(), e.ID, e.Tags, e.Boundary.arn()}
	case Group:
		return target{"group", e.Name, e.ARN().String(), e.ID, nil, ""}
	case ManagedPolicy:
		return target{"policy", e.Name, e.ARN().String(), e.ID, e.Tags, ""}
	case OIDCProvider:
		return target{"oidc-provider", e.Host, e.ARN().String(), "", e.Tags, ""}
	case SAMLProvider:
		return target{"saml-provider", e.Name, e.ARN().String(), "", e.Tags, ""}
	default:
		return target{}
	}
}

func (a *Attachment) arn() string {
	if a == nil {
		return ""
	}
	return a.ARN
}

// keyResource begins what AWS calls an access key in refusals, of which there is no ARN.
const keyResource = "access key "

// target looks up what an ARN names. Callers name a role, user or group without its
// path, which AWS's ARN has. An access key is its user to policies.
func (s *Service) target(ctx context.Context, resource string) (target, error) {
	if id, ok := strings.CutPrefix(resource, keyResource); ok {
		return lookUp(ctx, s.Users.Find, id, target{arn: resource})
	}
	own := arn.Root(s.Account)
	own.Resource = ""
	local, ok := strings.CutPrefix(resource, own.String())
	if !ok {
		return target{arn: resource}, nil
	}
	kind, name, _ := strings.Cut(local, "/")
	last := name[strings.LastIndexByte(name, '/')+1:]
	none := target{kind: kind, name: last, arn: resource}
	switch kind {
	case "role":
		return lookUp(ctx, s.Roles.Get, last, none)
	case "user":
		return lookUp(ctx, s.Users.Get, last, none)
	case "group":
		return lookUp(ctx, s.Groups.Get, last, none)
	case "policy":
		return lookUp(ctx, s.ManagedPolicies.Get, last, none)
	case "oidc-provider":
		none.name = name
		return lookUp(ctx, s.Providers.Get, name, none)
	case "saml-provider":
		return lookUp(ctx, s.SAMLProviders.Get, name, none)
	}
	return none, nil
}

func lookUp[T any](ctx context.Context, get func(context.Context, string) (T, error), name string, none target) (target, error) {
	entity, err := get(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case err != nil:
		return target{}, fmt.Errorf("reading %s: %w", none.arn, err)
	}
	return targetOf(entity), nil
}

type targetKey struct{}

// held is a Table whose entities are those that the caller was authorized for: between
// the question to the policies and the operation, another may have taken the name.
type held[T any] struct{ Table[T] }

func (s *Service) roles() Table[Role]                 { return held[Role]{s.Roles} }
func (s *Service) users() Table[User]                 { return held[User]{s.Users} }
func (s *Service) groups() Table[Group]               { return held[Group]{s.Groups} }
func (s *Service) policies() Table[ManagedPolicy]     { return held[ManagedPolicy]{s.ManagedPolicies} }
func (s *Service) oidcProviders() Table[OIDCProvider] { return held[OIDCProvider]{s.Providers} }
func (s *Service) samlProviders() Table[SAMLProvider] { return held[SAMLProvider]{s.SAMLProviders} }

func (h held[T]) Get(ctx context.Context, name string) (T, error) {
	entity, err := h.Table.Get(ctx, name)
	if err == nil {
		err = authorized(ctx, entity)
	}
	return entity, err
}

func (h held[T]) Update(ctx context.Context, name string, change func(*T) error) error {
	return h.Table.Update(ctx, name, func(entity *T) error {
		if err := authorized(ctx, *entity); err != nil {
			return err
		}
		return change(entity)
	})
}

func (h held[T]) Delete(ctx context.Context, name string, allowed func(T) error) error {
	return h.Table.Delete(ctx, name, func(entity T) error {
		if err := authorized(ctx, entity); err != nil {
			return err
		}
		return allowed(entity)
	})
}

// authorized refuses an entity that has the name of what the operation is about and is
// not what the policies saw.
func authorized(ctx context.Context, entity any) error {
	seen, ok := ctx.Value(targetKey{}).(target)
	is := targetOf(entity)
	if !ok || is.kind != seen.kind || !strings.EqualFold(is.name, seen.name) || is.equal(seen) {
		return nil
	}
	return movedAway()
}
