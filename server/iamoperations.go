package server

import (
	"maps"

	"github.com/cenotehq/cenote/iam"
)

func iamOperations(c Config) map[string]operation {
	all := map[string]operation{}
	for _, some := range []map[string]operation{
		roleOperations(c.IAM),
		userOperations(c.IAM),
		keyOperations(c.IAM),
		groupOperations(c.IAM),
		policyOperations(c.IAM),
		providerOperations(c.IAM),
		samlOperations(c.IAM),
		accountOperations(c.IAM),
		simulationOperations(c.IAM),
	} {
		maps.Copy(all, some)
	}
	return all
}

func roleOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"AttachRolePolicy":              signed("iam:AttachRolePolicy", s.AttachRolePolicy),
		"CreateRole":                    signed("iam:CreateRole", s.CreateRole),
		"DeleteRole":                    signed("iam:DeleteRole", s.DeleteRole),
		"DeleteRolePermissionsBoundary": signed("iam:DeleteRolePermissionsBoundary", s.DeleteRolePermissionsBoundary),
		"DeleteRolePolicy":              signed("iam:DeleteRolePolicy", s.DeleteRolePolicy),
		"DetachRolePolicy":              signed("iam:DetachRolePolicy", s.DetachRolePolicy),
		"GetRole":                       signed("iam:GetRole", s.GetRole),
		"GetRolePolicy":                 signed("iam:GetRolePolicy", s.GetRolePolicy),
		"ListAttachedRolePolicies":      signed("iam:ListAttachedRolePolicies", s.ListAttachedRolePolicies),
		"ListInstanceProfilesForRole":   signed("iam:ListInstanceProfilesForRole", s.ListInstanceProfilesForRole),
		"ListRolePolicies":              signed("iam:ListRolePolicies", s.ListRolePolicies),
		"ListRoleTags":                  signed("iam:ListRoleTags", s.ListRoleTags),
		"ListRoles":                     signed("iam:ListRoles", s.ListRoles),
		"PutRolePermissionsBoundary":    signed("iam:PutRolePermissionsBoundary", s.PutRolePermissionsBoundary),
		"PutRolePolicy":                 signed("iam:PutRolePolicy", s.PutRolePolicy),
		"TagRole":                       signed("iam:TagRole", s.TagRole),
		"UntagRole":                     signed("iam:UntagRole", s.UntagRole),
		"UpdateAssumeRolePolicy":        signed("iam:UpdateAssumeRolePolicy", s.UpdateAssumeRolePolicy),
		"UpdateRole":                    signed("iam:UpdateRole", s.UpdateRole),
		"UpdateRoleDescription":         signed("iam:UpdateRoleDescription", s.UpdateRoleDescription),
	}
}

func userOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"AttachUserPolicy":              signed("iam:AttachUserPolicy", s.AttachUserPolicy),
		"CreateUser":                    signed("iam:CreateUser", s.CreateUser),
		"DeleteUser":                    signed("iam:DeleteUser", s.DeleteUser),
		"DeleteUserPermissionsBoundary": signed("iam:DeleteUserPermissionsBoundary", s.DeleteUserPermissionsBoundary),
		"DeleteUserPolicy":              signed("iam:DeleteUserPolicy", s.DeleteUserPolicy),
		"DetachUserPolicy":              signed("iam:DetachUserPolicy", s.DetachUserPolicy),
		"GetUser":                       signed("iam:GetUser", s.GetUser),
		"GetUserPolicy":                 signed("iam:GetUserPolicy", s.GetUserPolicy),
		"ListAttachedUserPolicies":      signed("iam:ListAttachedUserPolicies", s.ListAttachedUserPolicies),
		"ListGroupsForUser":             signed("iam:ListGroupsForUser", s.ListGroupsForUser),
		"ListUserPolicies":              signed("iam:ListUserPolicies", s.ListUserPolicies),
		"ListUserTags":                  signed("iam:ListUserTags", s.ListUserTags),
		"ListUsers":                     signed("iam:ListUsers", s.ListUsers),
		"PutUserPermissionsBoundary":    signed("iam:PutUserPermissionsBoundary", s.PutUserPermissionsBoundary),
		"PutUserPolicy":                 signed("iam:PutUserPolicy", s.PutUserPolicy),
		"TagUser":                       signed("iam:TagUser", s.TagUser),
		"UntagUser":                     signed("iam:UntagUser", s.UntagUser),
		"UpdateUser":                    signed("iam:UpdateUser", s.UpdateUser),
	}
}

func keyOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"CreateAccessKey":      signed("iam:CreateAccessKey", s.CreateAccessKey),
		"DeleteAccessKey":      signed("iam:DeleteAccessKey", s.DeleteAccessKey),
		"GetAccessKeyLastUsed": signed("iam:GetAccessKeyLastUsed", s.GetAccessKeyLastUsed),
		"ListAccessKeys":       signed("iam:ListAccessKeys", s.ListAccessKeys),
		"UpdateAccessKey":      signed("iam:UpdateAccessKey", s.UpdateAccessKey),
	}
}

func groupOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"AddUserToGroup":            signed("iam:AddUserToGroup", s.AddUserToGroup),
		"AttachGroupPolicy":         signed("iam:AttachGroupPolicy", s.AttachGroupPolicy),
		"CreateGroup":               signed("iam:CreateGroup", s.CreateGroup),
		"DeleteGroup":               signed("iam:DeleteGroup", s.DeleteGroup),
		"DeleteGroupPolicy":         signed("iam:DeleteGroupPolicy", s.DeleteGroupPolicy),
		"DetachGroupPolicy":         signed("iam:DetachGroupPolicy", s.DetachGroupPolicy),
		"GetGroup":                  signed("iam:GetGroup", s.GetGroup),
		"GetGroupPolicy":            signed("iam:GetGroupPolicy", s.GetGroupPolicy),
		"ListAttachedGroupPolicies": signed("iam:ListAttachedGroupPolicies", s.ListAttachedGroupPolicies),
		"ListGroupPolicies":         signed("iam:ListGroupPolicies", s.ListGroupPolicies),
		"ListGroups":                signed("iam:ListGroups", s.ListGroups),
		"PutGroupPolicy":            signed("iam:PutGroupPolicy", s.PutGroupPolicy),
		"RemoveUserFromGroup":       signed("iam:RemoveUserFromGroup", s.RemoveUserFromGroup),
		"UpdateGroup":               signed("iam:UpdateGroup", s.UpdateGroup),
	}
}

func policyOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"CreatePolicy":            signed("iam:CreatePolicy", s.CreatePolicy),
		"CreatePolicyVersion":     signed("iam:CreatePolicyVersion", s.CreatePolicyVersion),
		"DeletePolicy":            signed("iam:DeletePolicy", s.DeletePolicy),
		"DeletePolicyVersion":     signed("iam:DeletePolicyVersion", s.DeletePolicyVersion),
		"GetPolicy":               signed("iam:GetPolicy", s.GetPolicy),
		"GetPolicyVersion":        signed("iam:GetPolicyVersion", s.GetPolicyVersion),
		"ListEntitiesForPolicy":   signed("iam:ListEntitiesForPolicy", s.ListEntitiesForPolicy),
		"ListPolicies":            signed("iam:ListPolicies", s.ListPolicies),
		"ListPolicyTags":          signed("iam:ListPolicyTags", s.ListPolicyTags),
		"ListPolicyVersions":      signed("iam:ListPolicyVersions", s.ListPolicyVersions),
		"SetDefaultPolicyVersion": signed("iam:SetDefaultPolicyVersion", s.SetDefaultPolicyVersion),
		"TagPolicy":               signed("iam:TagPolicy", s.TagPolicy),
		"UntagPolicy":             signed("iam:UntagPolicy", s.UntagPolicy),
	}
}

func providerOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"AddClientIDToOpenIDConnectProvider":      signed("iam:AddClientIDToOpenIDConnectProvider", s.AddClientIDToOpenIDConnectProvider),
		"CreateOpenIDConnectProvider":             signed("iam:CreateOpenIDConnectProvider", s.CreateOpenIDConnectProvider),
		"DeleteOpenIDConnectProvider":             signed("iam:DeleteOpenIDConnectProvider", s.DeleteOpenIDConnectProvider),
		"GetOpenIDConnectProvider":                signed("iam:GetOpenIDConnectProvider", s.GetOpenIDConnectProvider),
		"ListOpenIDConnectProviderTags":           signed("iam:ListOpenIDConnectProviderTags", s.ListOpenIDConnectProviderTags),
		"ListOpenIDConnectProviders":              signed("iam:ListOpenIDConnectProviders", s.ListOpenIDConnectProviders),
		"RemoveClientIDFromOpenIDConnectProvider": signed("iam:RemoveClientIDFromOpenIDConnectProvider", s.RemoveClientIDFromOpenIDConnectProvider),
		"TagOpenIDConnectProvider":                signed("iam:TagOpenIDConnectProvider", s.TagOpenIDConnectProvider),
		"UntagOpenIDConnectProvider":              signed("iam:UntagOpenIDConnectProvider", s.UntagOpenIDConnectProvider),
		"UpdateOpenIDConnectProviderThumbprint":   signed("iam:UpdateOpenIDConnectProviderThumbprint", s.UpdateOpenIDConnectProviderThumbprint),
	}
}

func samlOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"CreateSAMLProvider":   signed("iam:CreateSAMLProvider", s.CreateSAMLProvider),
		"DeleteSAMLProvider":   signed("iam:DeleteSAMLProvider", s.DeleteSAMLProvider),
		"GetSAMLProvider":      signed("iam:GetSAMLProvider", s.GetSAMLProvider),
		"ListSAMLProviderTags": signed("iam:ListSAMLProviderTags", s.ListSAMLProviderTags),
		"ListSAMLProviders":    signed("iam:ListSAMLProviders", s.ListSAMLProviders),
		"TagSAMLProvider":      signed("iam:TagSAMLProvider", s.TagSAMLProvider),
		"UntagSAMLProvider":    signed("iam:UntagSAMLProvider", s.UntagSAMLProvider),
		"UpdateSAMLProvider":   signed("iam:UpdateSAMLProvider", s.UpdateSAMLProvider),
	}
}

func simulationOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"GetContextKeysForCustomPolicy":    signed("iam:GetContextKeysForCustomPolicy", s.GetContextKeysForCustomPolicy),
		"GetContextKeysForPrincipalPolicy": signed("iam:GetContextKeysForPrincipalPolicy", s.GetContextKeysForPrincipalPolicy),
		"SimulateCustomPolicy":             signed("iam:SimulateCustomPolicy", s.SimulateCustomPolicy),
		"SimulatePrincipalPolicy":          signed("iam:SimulatePrincipalPolicy", s.SimulatePrincipalPolicy),
	}
}

func accountOperations(s *iam.Service) map[string]operation {
	return map[string]operation{
		"GetAccountAuthorizationDetails": signed("iam:GetAccountAuthorizationDetails", s.GetAccountAuthorizationDetails),
		"GetAccountSummary":              signed("iam:GetAccountSummary", s.GetAccountSummary),
		"ListAccountAliases":             signed("iam:ListAccountAliases", s.ListAccountAliases),
		"ListInstanceProfiles":           signed("iam:ListInstanceProfiles", s.ListInstanceProfiles),
	}
}
