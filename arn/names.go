package arn

// Role is the ARN of a role; path is "/" or "/…/". See AWS "IAM identifiers".
func Role(account, path, name string) ARN { return named(account, "role", path, name) }

// User is the ARN of a user; path is "/" or "/…/".
func User(account, path, name string) ARN { return named(account, "user", path, name) }

// Group is the ARN of a group; path is "/" or "/…/".
func Group(account, path, name string) ARN { return named(account, "group", path, name) }

// Policy is the ARN of a managed policy; the account of AWS's own is "aws".
func Policy(account, path, name string) ARN { return named(account, "policy", path, name) }

// OIDCProvider is the ARN of an OpenID Connect provider; hostPath is its
// issuer URL without "https://".
func OIDCProvider(account, hostPath string) ARN {
	return iam(account, "oidc-provider/"+hostPath)
}

// SAMLProvider is the ARN of a SAML provider.
func SAMLProvider(account, name string) ARN { return iam(account, "saml-provider/"+name) }

// Root is the ARN of an account itself.
func Root(account string) ARN { return iam(account, "root") }

// AssumedRole is the ARN of a role session. It holds the name of the role
// without its path.
func AssumedRole(account, role, session string) ARN {
	return ARN{Partition: "aws", Service: "sts", Account: account, Resource: "assumed-role/" + role + "/" + session}
}

// IdentityPool is the ARN of a Cognito identity pool; pool is its id,
// "REGION:UUID".
func IdentityPool(region, account, pool string) ARN {
	return ARN{Partition: "aws", Service: "cognito-identity", Region: region, Account: account, Resource: "identitypool/" + pool}
}

func named(account, kind, path, name string) ARN {
	if path == "" {
		path = "/"
	}
	return iam(account, kind+path+name)
}

func iam(account, resource string) ARN {
	return ARN{Partition: "aws", Service: "iam", Account: account, Resource: resource}
}
