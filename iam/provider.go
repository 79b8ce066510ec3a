package iam

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
)

// How many providers an account, and client ids and thumbprints a provider may have
// (IAM User Guide, "IAM and AWS STS quotas"; AWS CreateOpenIDConnectProvider).
const (
	providerQuota   = 100
	clientIDQuota   = 100
	thumbprintQuota = 5
)

// OIDCProvider is an OpenID Connect issuer that roles and identity pools of the
// account may trust.
type OIDCProvider struct {
	Account     string
	Host        string   // the issuer's URL without its scheme: host, port and path
	ClientIDs   []string // audiences that tokens may be meant for
	Thumbprints []string
	Tags        []Tag
	Created     time.Time
}

// ARN returns the provider's name in policies and on the wire.
func (p OIDCProvider) ARN() arn.ARN { return arn.OIDCProvider(p.Account, p.Host) }

// EntityName returns the key under which a Table keeps the provider.
func (p OIDCProvider) EntityName() string { return p.Host }

// EntityAliases returns nothing: a provider has no name but its URL.
func (p OIDCProvider) EntityAliases() []string { return nil }

// CreateOpenIDConnectProviderInput is the request of CreateOpenIDConnectProvider.
type CreateOpenIDConnectProviderInput struct {
	URL            string   `aws:"Url" check:"required;len=1-255"`
	ClientIDList   []string `aws:"ClientIDList" each:"len=1-255"`
	ThumbprintList []string `aws:"ThumbprintList" each:"len=40-40"`
	Tags           []Tag    `aws:"Tags" check:"len=-50"`
}

// Resource returns the ARN that the provider will have.
func (in *CreateOpenIDConnectProviderInput) Resource(caller Caller) string {
	_, host, _ := strings.Cut(in.URL, "://")
	return arn.OIDCProvider(caller.Account, host).String()
}

// CreateOpenIDConnectProviderOutput is the answer of CreateOpenIDConnectProvider.
type CreateOpenIDConnectProviderOutput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn"`
	Tags                     []Tag  `aws:"Tags"`
}

// GetOpenIDConnectProviderInput is the request of GetOpenIDConnectProvider.
type GetOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the provider.
func (in *GetOpenIDConnectProviderInput) Resource(Caller) string { return in.OpenIDConnectProviderARN }

// GetOpenIDConnectProviderOutput is the answer of GetOpenIDConnectProvider.
type GetOpenIDConnectProviderOutput struct {
	URL            string    `aws:"Url"` // without its scheme
	ClientIDList   []string  `aws:"ClientIDList,always"`
	ThumbprintList []string  `aws:"ThumbprintList,always"`
	CreateDate     time.Time `aws:"CreateDate"`
	Tags           []Tag     `aws:"Tags,always"`
}

// ListOpenIDConnectProvidersInput is the empty request of
// ListOpenIDConnectProviders.
type ListOpenIDConnectProvidersInput struct{}

// Resource returns the ARN that AWS names in refusals: all providers.
func (in *ListOpenIDConnectProvidersInput) Resource(caller Caller) string {
	return arn.OIDCProvider(caller.Account, "*").String()
}

// OpenIDConnectProviderListEntry names a provider.
type OpenIDConnectProviderListEntry struct {
	ARN string `aws:"Arn"`
}

// ListOpenIDConnectProvidersOutput is the answer of ListOpenIDConnectProviders.
type ListOpenIDConnectProvidersOutput struct {
	OpenIDConnectProviderList []OpenIDConnectProviderListEntry `aws:"OpenIDConnectProviderList,always"`
}

// DeleteOpenIDConnectProviderInput is the request of DeleteOpenIDConnectProvider.
type DeleteOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the provider.
func (in *DeleteOpenIDConnectProviderInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// AddClientIDToOpenIDConnectProviderInput is the request of
// AddClientIDToOpenIDConnectProvider.
type AddClientIDToOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	ClientID                 string `aws:"ClientID" check:"required;len=1-255"`
}

// Resource returns the ARN of the provider.
func (in *AddClientIDToOpenIDConnectProviderInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// RemoveClientIDFromOpenIDConnectProviderInput is the request of
// RemoveClientIDFromOpenIDConnectProvider.
type RemoveClientIDFromOpenIDConnectProviderInput struct {
	OpenIDConnectProviderARN string `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	ClientID                 string `aws:"ClientID" check:"required;len=1-255"`
}

// Resource returns the ARN of the provider.
func (in *RemoveClientIDFromOpenIDConnectProviderInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// UpdateOpenIDConnectProviderThumbprintInput is the request of
// UpdateOpenIDConnectProviderThumbprint.
type UpdateOpenIDConnectProviderThumbprintInput struct {
	OpenIDConnectProviderARN string   `aws:"OpenIDConnectProviderArn" check:"required;len=20-2048"`
	ThumbprintList           []string `aws:"ThumbprintList" check:"required" each:"len=40-40"`
}

// Resource returns the ARN of the provider.
func (in *UpdateOpenIDConnectProviderThumbprintInput) Resource(Caller) string {
	return in.OpenIDConnectProviderARN
}

// CreateOpenIDConnectProvider registers an issuer. Nothing is fetched from it: a
// list of thumbprints that is left out stays empty. See AWS
// CreateOpenIDConnectProvider.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, _ Caller, in *CreateOpenIDConnectProviderInput) (*CreateOpenIDConnectProviderOutput, error) {
	host, err := issuerHost(in.URL, s.PlainIssuer)
	if err != nil {
		return nil, err
	}
	clientIDs := unique(in.ClientIDList)
	if len(clientIDs) > clientIDQuota {
		return nil, quotaExceeded("ClientIdsPerOpenIdConnectProvider", clientIDQuota)
	}
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	switch isFull, err := full(ctx, s.oidcProviders(), providerQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("OpenIdConnectProvidersPerAccount", providerQuota)
	}
	provider := OIDCProvider{
		Account:     s.Account,
		Host:        host,
		ClientIDs:   clientIDs,
		Thumbprints: in.ThumbprintList,
		Tags:        in.Tags,
		Created:     s.now().UTC().Truncate(time.Second),
	}
	if err := s.Providers.Create(ctx, provider); err != nil {
		return nil, translate(err, nil, entityAlreadyExists("Provider with url %s already exists.", in.URL))
	}
	return &CreateOpenIDConnectProviderOutput{OpenIDConnectProviderARN: provider.ARN().String(), Tags: provider.Tags}, nil
}

// GetOpenIDConnectProvider shows a provider. See AWS GetOpenIDConnectProvider.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, _ Caller, in *GetOpenIDConnectProviderInput) (*GetOpenIDConnectProviderOutput, error) {
	host, err := s.providerHost(in.OpenIDConnectProviderARN)
	if err != nil {
		return nil, err
	}
	provider, err := s.oidcProviders().Get(ctx, host)
	if err != nil {
		return nil, translate(err, noSuchProvider(in.OpenIDConnectProviderARN), nil)
	}
	return &GetOpenIDConnectProviderOutput{
		URL:            provider.Host,
		ClientIDList:   provider.ClientIDs,
		ThumbprintList: provider.Thumbprints,
		CreateDate:     provider.Created,
		Tags:           provider.Tags,
	}, nil
}

// ListOpenIDConnectProviders lists all providers by URL. See AWS
// ListOpenIDConnectProviders.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, _ Caller, _ *ListOpenIDConnectProvidersInput) (*ListOpenIDConnectProvidersOutput, error) {
	out := &ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []OpenIDConnectProviderListEntry{}}
	for provider, err := range every(ctx, s.oidcProviders()) {
		if err != nil {
			return nil, err
		}
		out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList,
			OpenIDConnectProviderListEntry{ARN: provider.ARN().String()})
	}
	return out, nil
}

// DeleteOpenIDConnectProvider removes a provider; one that does not exist is no
// error. See AWS DeleteOpenIDConnectProvider.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, _ Caller, in *DeleteOpenIDConnectProviderInput) (*struct{}, error) {
	host, err := s.providerHost(in.OpenIDConnectProviderARN)
	if err != nil {
		return nil, err
	}
	err = s.oidcProviders().Delete(ctx, host, func(OIDCProvider) error { return nil })
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, translate(err, nil, nil)
}

// AddClientIDToOpenIDConnectProvider adds an audience, unless the provider has it
// already. See AWS AddClientIDToOpenIDConnectProvider.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, _ Caller, in *AddClientIDToOpenIDConnectProviderInput) (*struct{}, error) {
	return nil, s.updateProvider(ctx, in.OpenIDConnectProviderARN, func(provider *OIDCProvider) error {
		provider.ClientIDs = unique(append(provider.ClientIDs, in.ClientID))
		if len(provider.ClientIDs) > clientIDQuota {
			return quotaExceeded("ClientIdsPerOpenIdConnectProvider", clientIDQuota)
		}
		return nil
	})
}

// RemoveClientIDFromOpenIDConnectProvider takes an audience away; one that the
// provider does not have is no error. See AWS
// RemoveClientIDFromOpenIDConnectProvider.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, _ Caller, in *RemoveClientIDFromOpenIDConnectProviderInput) (*struct{}, error) {
	return nil, s.updateProvider(ctx, in.OpenIDConnectProviderARN, func(provider *OIDCProvider) error {
		provider.ClientIDs = slices.DeleteFunc(provider.ClientIDs, func(id string) bool { return id == in.ClientID })
		return nil
	})
}

// UpdateOpenIDConnectProviderThumbprint replaces the list of thumbprints. See AWS
// UpdateOpenIDConnectProviderThumbprint.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, _ Caller, in *UpdateOpenIDConnectProviderThumbprintInput) (*struct{}, error) {
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	return nil, s.updateProvider(ctx, in.OpenIDConnectProviderARN, func(provider *OIDCProvider) error {
		provider.Thumbprints = in.ThumbprintList
		return nil
	})
}

func (s *Service) updateProvider(ctx context.Context, name string, change func(*OIDCProvider) error) error {
	host, err := s.providerHost(name)
	if err != nil {
		return err
	}
	return translate(s.oidcProviders().Update(ctx, host, change), noSuchProvider(name), nil)
}

// providerHost returns the key of the provider that an ARN names.
func (s *Service) providerHost(name string) (string, error) {
	a, err := arn.Parse(name)
	if err != nil {
		return "", invalidInput("ARN %s is not valid.", name)
	}
	host, ok := strings.CutPrefix(a.Resource, "oidc-provider/")
	if !ok || host == "" || a.Service != "iam" || a.Region != "" {
		return "", invalidInput("ARN %s is not valid.", name)
	}
	if arn.OIDCProvider(s.Account, host) != a {
		return "", noSuchProvider(name)
	}
	return host, nil
}

// checkThumbprints refuses what is not hexadecimal, and too many. The message for
// these says one less than AWS allows.
func checkThumbprints(list []string) error {
	if len(list) > thumbprintQuota {
		return invalidInput("Thumbprint list must contain fewer than %d entries.", thumbprintQuota)
	}
	for _, thumbprint := range list {
		if _, err := hex.DecodeString(thumbprint); err != nil {
			return invalidInput("Thumbprints must be hexadecimal: %s", thumbprint)
		}
	}
	return nil
}

// unique returns list in its order, without repetitions.
func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}
