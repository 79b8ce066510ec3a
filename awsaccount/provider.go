package awsaccount

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	own "github.com/cenotehq/cenote/iam"
)

func (a *Account) oidcProvider(ctx context.Context, providerARN string) (own.OIDCProvider, error) {
	out, err := a.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &providerARN})
	if err != nil {
		return own.OIDCProvider{}, err
	}
	return own.OIDCProvider{
		Host:        strings.TrimPrefix(aws.ToString(out.Url), "https://"), // which AWS leaves out
		ClientIDs:   out.ClientIDList,
		Thumbprints: out.ThumbprintList,
		Tags:        tags(out.Tags),
		Created:     moment(out.CreateDate),
	}, nil
}

// samlProvider reads a SAML provider, and how many private keys it has, which are never
// shown.
func (a *Account) samlProvider(ctx context.Context, providerARN, name string) (provider own.SAMLProvider, keys int, err error) {
	out, err := a.iam.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: &providerARN})
	if err != nil {
		return own.SAMLProvider{}, 0, err
	}
	return own.SAMLProvider{
		Name:       name,
		UUID:       aws.ToString(out.SAMLProviderUUID),
		Document:   aws.ToString(out.SAMLMetadataDocument),
		Encryption: string(out.AssertionEncryptionMode),
		Tags:       tags(out.Tags),
		Created:    moment(out.CreateDate),
		ValidUntil: moment(out.ValidUntil),
	}, len(out.PrivateKeyList), nil
}
