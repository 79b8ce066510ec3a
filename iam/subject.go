package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/policy"
)

// subject is the user, role or group whose policies a simulation takes, and who
// acts in it unless it names another.
type subject struct {
	caller   Caller
	policies policy.Policies
	inline   []part // which of the policies are part of what
}

// part is an inline policy of a user, role or group.
type part struct {
	kind, of string // what SourcePolicyType says, and a name
	name     string
	text     string
}

func (s *subject) has(kind, of string, inline map[string]*policy.Document) {
	for name, document := range inline {
		s.inline = append(s.inline, part{kind, of, name, document.Source()})
	}
}

// subject reads a PolicySourceArn.
func (s *Service) subject(ctx context.Context, text string) (*subject, error) {
	a, kind, _, name, err := entity(text)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "user":
		user, err := named(ctx, s.users(), name, a)
		if err != nil {
			return nil, translate(err, noSuchUser(name), nil)
		}
		return s.userSubject(ctx, user)
	case "role":
		role, err := named(ctx, s.roles(), name, a)
		if err != nil {
			return nil, translate(err, noSuchRole(name), nil)
		}
		return s.roleSubject(ctx, role)
	default:
		group, err := named(ctx, s.groups(), name, a)
		if err != nil {
			return nil, translate(err, noSuchGroup(name), nil)
		}
		return s.groupSubject(ctx, group)
	}
}

func (s *Service) userSubject(ctx context.Context, user User) (*subject, error) {
	found := &subject{caller: Caller{
		Account: user.Account, ARN: user.ARN().String(), UserID: user.ID, User: user.Name, Keys: principalTags(user.Tags),
	}}
	found.has("user", user.Name, user.Policies)
	groups, err := s.groupsOf(ctx, user)
	if err != nil {
		return nil, serviceFailure(err)
	}
	for _, group := range groups {
		found.has("group", group.Name, group.Policies)
	}
	found.policies, err = s.Policies(ctx, found.caller)
	return found, translate(err, nil, nil)
}

// roleSubject leaves open what only a session of the role has: its ARN and user id.
func (s *Service) roleSubject(ctx context.Context, role Role) (*subject, error) {
	found := &subject{caller: Caller{
		Account: role.Account, ARN: role.ARN().String(), Role: &role, Keys: principalTags(role.Tags),
	}}
	found.has("role", role.Name, role.Policies)
	var err error
	found.policies, err = s.Policies(ctx, found.caller)
	return found, translate(err, nil, nil)
}

// groupSubject is anyone in the group, so that only the account is known.
func (s *Service) groupSubject(ctx context.Context, group Group) (*subject, error) {
	found := &subject{caller: Caller{Account: group.Account}}
	found.has("group", group.Name, group.Policies)
	err := s.addPolicies(ctx, &found.policies, group.Policies, group.Attached, nil)
	return found, translate(err, nil, nil)
}

// origin is what a simulation calls a policy: SourcePolicyId and SourcePolicyType.
// The names of managed policies are ARNs. An inline policy counts as one of whatever
// has such a policy, each time of another.
func (s *subject) origin(source policy.Source) (id, of string) {
	if a, err := arn.Parse(source.Name); err == nil {
		of = "user-managed"
		if a.Account == awsAccount {
			of = "aws-managed"
		}
		return a.Resource[strings.LastIndexByte(a.Resource, '/')+1:], of
	}
	i := slices.IndexFunc(s.inline, func(p part) bool {
		return p.name == source.Name && p.text == source.Document.Source()
	})
	if i < 0 { // it came, or changed, in between
		return source.Name, "none"
	}
	p := s.inline[i]
	s.inline = slices.Delete(s.inline, i, i+1)
	return p.kind + "_" + p.of + "_" + p.name, p.kind
}

// actor reads a CallerArn. It need not exist, and is not looked up: whoever may
// simulate may not therefore learn about others.
func actor(text string) (Caller, error) {
	a, kind, path, name, err := entity(text)
	if err != nil {
		return Caller{}, err
	}
	caller := Caller{Account: a.Account}
	switch kind {
	case "user":
		caller.ARN, caller.User = text, name
	case "role":
		caller.ARN, caller.Role = text, &Role{Account: a.Account, Path: path, Name: name}
	}
	return caller, nil // of a member of a group no more than the account is known
}

// entity takes the ARN of a user, group or role apart.
func entity(text string) (a arn.ARN, kind, path, name string, err error) {
	a, err = arn.Parse(text)
	kind, rest, _ := strings.Cut(a.Resource, "/")
	end := strings.LastIndexByte(rest, '/') + 1
	path, name = "/"+rest[:end], rest[end:]
	known := kind == "user" || kind == "group" || kind == "role"
	if err != nil || a.Partition != "aws" || a.Service != "iam" || a.Region != "" || !arn.IsAccount(a.Account) ||
		!known || name == "" || strings.ContainsAny(text, "*?") {
		return a, "", "", "", invalidInput("Invalid Entity Arn: %s does not clearly define entity type and name.", text)
	}
	return a, kind, path, name, nil
}
