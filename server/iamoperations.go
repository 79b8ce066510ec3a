package server

func iamOperations(c Config) map[string]operation {
	s := c.IAM
	return map[string]operation{
		"CreateRole":                  signed("iam:CreateRole", s.CreateRole),
		"DeleteRole":                  signed("iam:DeleteRole", s.DeleteRole),
		"DeleteRolePolicy":            signed("iam:DeleteRolePolicy", s.DeleteRolePolicy),
		"GetRole":                     signed("iam:GetRole", s.GetRole),
		"GetRolePolicy":               signed("iam:GetRolePolicy", s.GetRolePolicy),
		"ListAttachedRolePolicies":    signed("iam:ListAttachedRolePolicies", s.ListAttachedRolePolicies),
		"ListInstanceProfilesForRole": signed("iam:ListInstanceProfilesForRole", s.ListInstanceProfilesForRole),
		"ListRolePolicies":            signed("iam:ListRolePolicies", s.ListRolePolicies),
		"ListRoleTags":                signed("iam:ListRoleTags", s.ListRoleTags),
		"ListRoles":                   signed("iam:ListRoles", s.ListRoles),
		"PutRolePolicy":               signed("iam:PutRolePolicy", s.PutRolePolicy),
		"TagRole":                     signed("iam:TagRole", s.TagRole),
		"UntagRole":                   signed("iam:UntagRole", s.UntagRole),
		"UpdateAssumeRolePolicy":      signed("iam:UpdateAssumeRolePolicy", s.UpdateAssumeRolePolicy),
		"UpdateRole":                  signed("iam:UpdateRole", s.UpdateRole),
		"UpdateRoleDescription":       signed("iam:UpdateRoleDescription", s.UpdateRoleDescription),

		"CreateUser":       signed("iam:CreateUser", s.CreateUser),
		"DeleteUser":       signed("iam:DeleteUser", s.DeleteUser),
		"DeleteUserPolicy": signed("iam:DeleteUserPolicy", s.DeleteUserPolicy),
		"GetUser":          signed("iam:GetUser", s.GetUser),
		"GetUserPolicy":    signed("iam:GetUserPolicy", s.GetUserPolicy),
		"ListUserPolicies": signed("iam:ListUserPolicies", s.ListUserPolicies),
		"ListUsers":        signed("iam:ListUsers", s.ListUsers),
		"PutUserPolicy":    signed("iam:PutUserPolicy", s.PutUserPolicy),

		"CreateAccessKey": signed("iam:CreateAccessKey", s.CreateAccessKey),
		"DeleteAccessKey": signed("iam:DeleteAccessKey", s.DeleteAccessKey),
		"ListAccessKeys":  signed("iam:ListAccessKeys", s.ListAccessKeys),
		"UpdateAccessKey": signed("iam:UpdateAccessKey", s.UpdateAccessKey),

		"AddClientIDToOpenIDConnectProvider":      signed("iam:AddClientIDToOpenIDConnectProvider", s.AddClientIDToOpenIDConnectProvider),
		"CreateOpenIDConnectProvider":             signed("iam:CreateOpenIDConnectProvider", s.CreateOpenIDConnectProvider),
		"DeleteOpenIDConnectProvider":             signed("iam:DeleteOpenIDConnectProvider", s.DeleteOpenIDConnectProvider),
		"GetOpenIDConnectProvider":                signed("iam:GetOpenIDConnectProvider", s.GetOpenIDConnectProvider),
		"ListOpenIDConnectProviders":              signed("iam:ListOpenIDConnectProviders", s.ListOpenIDConnectProviders),
		"RemoveClientIDFromOpenIDConnectProvider": signed("iam:RemoveClientIDFromOpenIDConnectProvider", s.RemoveClientIDFromOpenIDConnectProvider),
		"UpdateOpenIDConnectProviderThumbprint":   signed("iam:UpdateOpenIDConnectProviderThumbprint", s.UpdateOpenIDConnectProviderThumbprint),
	}
}
