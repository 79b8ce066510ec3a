package conformance_test

// neverFilled are the fields of SDK outputs that the server leaves out, with the reason.
func neverFilled() map[string]string {
	const (
		profiles      = "there are no instance profiles: the operation is there for clients that ask before they delete a role"
		aliases       = "there are no account aliases: the operation is there for clients that ask for the name of the account"
		organizations = "there are no organizations"
		templates     = "there are no role templates"
		passwords     = "there are no passwords"
		lastUsed      = "AWS shows the last use of a role in GetRole and GetAccountAuthorizationDetails only"
		listed        = "AWS leaves it out of lists"
		document      = "AWS shows the document in GetPolicyVersion only"
		tokenSize     = "not built: the model has it since 2026 only"
	)
	reasons := map[string]string{
		"iam:CreatePolicyVersion.PolicyVersion.Document":                        document,
		"iam:ListPolicyVersions.Versions.Document":                              document,
		"iam:GetGroup.Users.PasswordLastUsed":                                   passwords,
		"iam:ListInstanceProfilesForRole.InstanceProfiles":                      profiles,
		"iam:ListInstanceProfilesForRole.IsTruncated":                           profiles,
		"iam:ListInstanceProfilesForRole.Marker":                                profiles,
		"iam:ListInstanceProfiles.InstanceProfiles":                             profiles,
		"iam:ListInstanceProfiles.IsTruncated":                                  profiles,
		"iam:ListInstanceProfiles.Marker":                                       profiles,
		"iam:GetAccountAuthorizationDetails.RoleDetailList.InstanceProfileList": profiles,
		"iam:ListAccountAliases.AccountAliases":                                 aliases,
		"iam:ListAccountAliases.IsTruncated":                                    aliases,
		"iam:ListAccountAliases.Marker":                                         aliases,
	}
	for _, path := range []string{
		"iam:GetGroup.Users.PermissionsBoundary", "iam:GetGroup.Users.Tags",
		"iam:ListPolicies.Policies.Description", "iam:ListPolicies.Policies.Tags",
		"iam:ListRoles.Roles.PermissionsBoundary", "iam:ListRoles.Roles.Tags",
		"iam:ListUsers.Users.PermissionsBoundary", "iam:ListUsers.Users.Tags",
	} {
		reasons[path] = listed
	}
	for _, role := range []string{"iam:CreateRole.Role", "iam:GetRole.Role", "iam:ListRoles.Roles", "iam:UpdateRoleDescription.Role"} {
		reasons[role+".SourceRoleTemplate"] = templates
		if role != "iam:GetRole.Role" {
			reasons[role+".RoleLastUsed"] = lastUsed
		}
	}
	for _, user := range []string{"iam:CreateUser.User", "iam:GetUser.User", "iam:ListUsers.Users"} {
		reasons[user+".PasswordLastUsed"] = passwords
	}
	for _, simulation := range []string{"iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"} {
		reasons[simulation+".EvaluationResults.OrganizationsDecisionDetail"] = organizations
	}
	for _, operation := range []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:GetSessionToken", "sts:GetFederationToken"} {
		reasons[operation+".SessionTokenSize"] = tokenSize
		reasons[operation+".SessionTokenUtilization"] = tokenSize
	}
	return reasons
}
