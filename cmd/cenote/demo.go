package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/server"
)

const (
	demoRegion = "us-east-1"
	demoPool   = "demo"
	demoSAML   = "demo"
)

// demoTrust lets the identities of one pool assume a role: guests or users.
const demoTrust = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"cognito-identity.amazonaws.com:aud": "%s"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "%s"}
    }
  }]
}`

// Guests read what is public; users have a folder of their own.
const (
	demoGuestPolicy = `{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/public/*"}]
}`
	demoUserPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/public/*"},
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
     "Resource": "arn:aws:s3:::demo/users/${cognito-identity.amazonaws.com:sub}/*"}
  ]
}`
)

// ensureDemo returns the id of the demo pool. It makes the pool with its provider
// and roles once; whatever is changed afterwards stays as it is. metadata is that of the
// SAML provider.
func ensureDemo(ctx context.Context, c server.Config, metadata string) (string, error) {
	root := iam.Caller{
		Account: c.Account, Region: demoRegion, ARN: arn.Root(c.Account).String(), UserID: c.Account, Root: true,
	}
	id, err := findPool(ctx, c, root)
	if err != nil || id != "" {
		return id, err
	}
	_, err = c.IAM.CreateOpenIDConnectProvider(ctx, root, &iam.CreateOpenIDConnectProviderInput{
		URL: "https://" + testHost, ClientIDList: []string{testClient},
	})
	if err := unlessThere(err); err != nil {
		return "", err
	}
	_, err = c.IAM.CreateSAMLProvider(ctx, root, &iam.CreateSAMLProviderInput{Name: demoSAML, SAMLMetadataDocument: metadata})
	if err := unlessThere(err); err != nil {
		return "", err
	}
	pool, err := c.Cognito.CreateIdentityPool(ctx, root, &cognito.CreateIdentityPoolInput{PoolSettings: cognito.PoolSettings{
		Name:                   demoPool,
		AllowUnauthenticated:   true,
		OpenIDConnectProviders: []string{arn.OIDCProvider(c.Account, testHost).String()},
		SAMLProviders:          []string{arn.SAMLProvider(c.Account, demoSAML).String()},

		SupportedLoginProviders: testApps(),
	}})
	if err != nil {
		return "", err
	}
	guests, err := ensureRole(ctx, c, root, "demo-guest", fmt.Sprintf(demoTrust, pool.IdentityPoolID, "unauthenticated"), demoGuestPolicy)
	if err != nil {
		return "", err
	}
	users, err := ensureRole(ctx, c, root, "demo-user", fmt.Sprintf(demoTrust, pool.IdentityPoolID, "authenticated"), demoUserPolicy)
	if err != nil {
		return "", err
	}
	_, err = c.Cognito.SetIdentityPoolRoles(ctx, root, &cognito.SetIdentityPoolRolesInput{
		IdentityPoolID: pool.IdentityPoolID,
		Roles:          map[string]string{"unauthenticated": guests, "authenticated": users},
	})
	return pool.IdentityPoolID, err
}

// findPool returns the id of the demo pool, or nothing. A pool without roles is
// one whose making was cut off, and is made anew.
func findPool(ctx context.Context, c server.Config, root iam.Caller) (string, error) {
	token := ""
	for {
		page, err := c.Cognito.ListIdentityPools(ctx, root, &cognito.ListIdentityPoolsInput{MaxResults: 60, NextToken: token})
		if err != nil {
			return "", err
		}
		for _, p := range page.IdentityPools {
			pool, err := c.Cognito.Pools.Get(ctx, p.IdentityPoolID)
			if errors.Is(err, fs.ErrNotExist) || err == nil && (pool.Name != demoPool || len(pool.Roles) == 0) {
				continue
			}
			return p.IdentityPoolID, err
		}
		if token = page.NextToken; token == "" {
			return "", nil
		}
	}
}

func ensureRole(ctx context.Context, c server.Config, root iam.Caller, name, trust, permissions string) (string, error) {
	_, err := c.IAM.CreateRole(ctx, root, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: trust})
	if err := unlessThere(err); err != nil {
		return "", err
	}
	_, err = c.IAM.UpdateAssumeRolePolicy(ctx, root, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: trust})
	if err != nil {
		return "", err
	}
	_, err = c.IAM.PutRolePolicy(ctx, root, &iam.PutRolePolicyInput{RoleName: name, PolicyName: "demo", PolicyDocument: permissions})
	return arn.Role(c.Account, "/", name).String(), err
}

// unlessThere forgives that an entity exists already.
func unlessThere(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == "EntityAlreadyExists" {
		return nil
	}
	return err
}
