package conformance_test

// neverFilled are the fields of SDK outputs that the server leaves out, with the reason.
func neverFilled() map[string]string {
	const (
		managed   = "there are no managed policies, so nothing is attached and no boundary can be set"
		profiles  = "there are no instance profiles: the operation is there for clients that ask before they delete a role"
		templates = "there are no role templates"
		lastUsed  = "the last use of a role or password is not recorded"
		listed    = "AWS leaves it out of lists"
		tokenSize = "not built: the model has it since 2026 only"
	)
	reasons := map[string]string{
		"iam:ListAttachedRolePolicies.AttachedPolicies":    managed,
		"iam:ListAttachedRolePolicies.IsTruncated":         managed,
		"iam:ListAttachedRolePolicies.Marker":              managed,
		"iam:ListInstanceProfilesForRole.InstanceProfiles": profiles,
		"iam:ListInstanceProfilesForRole.IsTruncated":      profiles,
		"iam:ListInstanceProfilesForRole.Marker":           profiles,
		"iam:ListRoles.Roles.Tags":                         listed,
		"iam:ListUsers.Users.Tags":                         listed,
	}
	for _, role := range []string{"iam:CreateRole.Role", "iam:GetRole.Role", "iam:ListRoles.Roles", "iam:UpdateRoleDescription.Role"} {
		reasons[role+".PermissionsBoundary"] = managed
		reasons[role+".RoleLastUsed"] = lastUsed
		reasons[role+".SourceRoleTemplate"] = templates
	}
	for _, user := range []string{"iam:CreateUser.User", "iam:GetUser.User", "iam:ListUsers.Users"} {
		reasons[user+".PermissionsBoundary"] = managed
		reasons[user+".PasswordLastUsed"] = lastUsed
	}
	for _, operation := range []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"} {
		reasons[operation+".SessionTokenSize"] = tokenSize
		reasons[operation+".SessionTokenUtilization"] = tokenSize
	}
	return reasons
}
