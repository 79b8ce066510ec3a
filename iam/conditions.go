package iam

import (
	"slices"

	"github.com/cenotehq/cenote/policy"
)

// The condition keys that a request brings beyond what is true of every request
// ("Actions, resources, and condition keys for AWS Identity and Access Management").

// RequestKeys returns the tags and the boundary that the role is to have.
func (in *CreateRoleInput) RequestKeys() policy.Context {
	return bounded(tagged(in.Tags), in.PermissionsBoundary)
}

// RequestKeys returns the tags and the boundary that the user is to have.
func (in *CreateUserInput) RequestKeys() policy.Context {
	return bounded(tagged(in.Tags), in.PermissionsBoundary)
}

// RequestKeys returns the tags that the policy is to have.
func (in *CreatePolicyInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags that the provider is to have.
func (in *CreateOpenIDConnectProviderInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags that the provider is to have.
func (in *CreateSAMLProviderInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags to add.
func (in *TagRoleInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags to add.
func (in *TagUserInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags to add.
func (in *TagPolicyInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags to add.
func (in *TagOpenIDConnectProviderInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the tags to add.
func (in *TagSAMLProviderInput) RequestKeys() policy.Context { return tagged(in.Tags) }

// RequestKeys returns the keys of the tags to take off.
func (in *UntagRoleInput) RequestKeys() policy.Context { return untagged(in.TagKeys) }

// RequestKeys returns the keys of the tags to take off.
func (in *UntagUserInput) RequestKeys() policy.Context { return untagged(in.TagKeys) }

// RequestKeys returns the keys of the tags to take off.
func (in *UntagPolicyInput) RequestKeys() policy.Context { return untagged(in.TagKeys) }

// RequestKeys returns the keys of the tags to take off.
func (in *UntagOpenIDConnectProviderInput) RequestKeys() policy.Context {
	return untagged(in.TagKeys)
}

// RequestKeys returns the keys of the tags to take off.
func (in *UntagSAMLProviderInput) RequestKeys() policy.Context { return untagged(in.TagKeys) }

// RequestKeys returns the policy to attach.
func (in *AttachRolePolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the policy to attach.
func (in *AttachUserPolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the policy to attach.
func (in *AttachGroupPolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the policy to detach.
func (in *DetachRolePolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the policy to detach.
func (in *DetachUserPolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the policy to detach.
func (in *DetachGroupPolicyInput) RequestKeys() policy.Context { return about(in.PolicyARN) }

// RequestKeys returns the boundary that the role is to have.
func (in *PutRolePermissionsBoundaryInput) RequestKeys() policy.Context {
	return bounded(policy.NewContext(), in.PermissionsBoundary)
}

// RequestKeys returns the boundary that the user is to have.
func (in *PutUserPermissionsBoundaryInput) RequestKeys() policy.Context {
	return bounded(policy.NewContext(), in.PermissionsBoundary)
}

// DependentActions returns the permission to give the role tags.
func (in *CreateRoleInput) DependentActions() []string { return tagging(in.Tags, "iam:TagRole") }

// DependentActions returns the permission to give the user tags.
func (in *CreateUserInput) DependentActions() []string { return tagging(in.Tags, "iam:TagUser") }

// DependentActions returns the permission to give the policy tags.
func (in *CreatePolicyInput) DependentActions() []string { return tagging(in.Tags, "iam:TagPolicy") }

// DependentActions returns the permission to give the provider tags.
func (in *CreateOpenIDConnectProviderInput) DependentActions() []string {
	return tagging(in.Tags, "iam:TagOpenIDConnectProvider")
}

// DependentActions returns the permission to give the provider tags.
func (in *CreateSAMLProviderInput) DependentActions() []string {
	return tagging(in.Tags, "iam:TagSAMLProvider")
}

func tagging(tags []Tag, action string) []string {
	if len(tags) == 0 {
		return nil
	}
	return []string{action}
}

func tagged(tags []Tag) policy.Context {
	keys := make(map[string]string, len(tags))
	for _, tag := range tags {
		keys[tag.Key] = tag.Value
	}
	return RequestTags(keys)
}

// RequestTags returns the condition keys of a request that brings tags.
func RequestTags(tags map[string]string) policy.Context {
	var names []string
	keys := policy.NewContext()
	for name, value := range tags {
		keys.Set("aws:RequestTag/"+name, value)
		names = append(names, name)
	}
	if len(names) > 0 {
		slices.Sort(names)
		keys.SetList("aws:TagKeys", names)
	}
	return keys
}

func untagged(names []string) policy.Context {
	keys := policy.NewContext()
	if len(names) > 0 {
		keys.SetList("aws:TagKeys", names)
	}
	return keys
}

func about(policyARN string) policy.Context {
	keys := policy.NewContext()
	keys.Set("iam:PolicyARN", policyARN)
	return keys
}

func bounded(keys policy.Context, boundary string) policy.Context {
	if boundary != "" {
		keys.Set("iam:PermissionsBoundary", boundary)
	}
	return keys
}
