package iam

import (
	"context"
	"crypto/rand"
	"io/fs"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/token"
)

const (
	// samlProviderQuota is how many SAML providers an account may have (IAM User
	// Guide, "IAM and AWS STS quotas").
	samlProviderQuota = 100

	// samlYears is how long a SAML provider is good whose metadata does not say.
	samlYears = 100

	// encryptionAllowed is the encryption mode unless another is asked for: responses
	// may be encrypted or not.
	encryptionAllowed  = "Allowed"
	encryptionRequired = "Required"
)

// SAMLProvider is a SAML 2.0 identity provider that roles and identity pools of the
// account may trust.
type SAMLProvider struct {
	Account     string
	Name        string
	UUID        string // SAMLSP…
	Document    string // metadata, as it was uploaded
	Encryption  string // of assertions: Allowed or Required
	PrivateKeys []SAMLPrivateKey
	Tags        []Tag
	Created     time.Time
	ValidUntil  time.Time
}

// ARN returns the provider's name in policies and on the wire.
func (p SAMLProvider) ARN() arn.ARN { return arn.SAMLProvider(p.Account, p.Name) }

// EntityName returns the key under which a Table keeps the provider.
func (p SAMLProvider) EntityName() string { return p.Name }

// EntityAliases returns nothing: nobody looks for a provider by its UUID.
func (p SAMLProvider) EntityAliases() []string { return nil }

// CreateSAMLProviderInput is the request of CreateSAMLProvider.
type CreateSAMLProviderInput struct {
	SAMLMetadataDocument    string `aws:"SAMLMetadataDocument" check:"required;len=1000-10000000"`
	Name                    string `aws:"Name" check:"required;len=1-128;pattern=[\\w._-]+"`
	Tags                    []Tag  `aws:"Tags" check:"len=-50"`
	AssertionEncryptionMode string `aws:"AssertionEncryptionMode" check:"enum=Required,Allowed"`
	AddPrivateKey           Secret `aws:"AddPrivateKey" check:"secret;len=1-16384;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

// Resource returns the ARN that the provider will have.
func (in *CreateSAMLProviderInput) Resource(caller Caller) string {
	return arn.SAMLProvider(caller.Account, in.Name).String()
}

// CreateSAMLProviderOutput is the answer of CreateSAMLProvider.
type CreateSAMLProviderOutput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn"`
	Tags            []Tag  `aws:"Tags"`
}

// GetSAMLProviderInput is the request of GetSAMLProvider.
type GetSAMLProviderInput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the provider.
func (in *GetSAMLProviderInput) Resource(Caller) string { return in.SAMLProviderARN }

// GetSAMLProviderOutput is the answer of GetSAMLProvider.
type GetSAMLProviderOutput struct {
	SAMLProviderUUID        string              `aws:"SAMLProviderUUID"`
	SAMLMetadataDocument    string              `aws:"SAMLMetadataDocument"`
	CreateDate              time.Time           `aws:"CreateDate"`
	ValidUntil              time.Time           `aws:"ValidUntil"`
	Tags                    []Tag               `aws:"Tags,always"`
	AssertionEncryptionMode string              `aws:"AssertionEncryptionMode"`
	PrivateKeyList          []SAMLPrivateKeyTag `aws:"PrivateKeyList,always"`
}

// ListSAMLProvidersInput is the empty request of ListSAMLProviders.
type ListSAMLProvidersInput struct{}

// Resource returns the ARN that AWS names in refusals: all providers.
func (in *ListSAMLProvidersInput) Resource(caller Caller) string {
	return arn.SAMLProvider(caller.Account, "*").String()
}

// SAMLProviderListEntry is a provider as lists show it.
type SAMLProviderListEntry struct {
	ARN        string    `aws:"Arn"`
	ValidUntil time.Time `aws:"ValidUntil"`
	CreateDate time.Time `aws:"CreateDate"`
}

// ListSAMLProvidersOutput is the answer of ListSAMLProviders.
type ListSAMLProvidersOutput struct {
	SAMLProviderList []SAMLProviderListEntry `aws:"SAMLProviderList,always"`
}

// UpdateSAMLProviderInput is the request of UpdateSAMLProvider. What it leaves out
// stays.
type UpdateSAMLProviderInput struct {
	SAMLMetadataDocument    string `aws:"SAMLMetadataDocument" check:"len=1000-10000000"`
	SAMLProviderARN         string `aws:"SAMLProviderArn" check:"required;len=20-2048"`
	AssertionEncryptionMode string `aws:"AssertionEncryptionMode" check:"enum=Required,Allowed"`
	AddPrivateKey           Secret `aws:"AddPrivateKey" check:"secret;len=1-16384;pattern=[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	RemovePrivateKey        string `aws:"RemovePrivateKey" check:"len=22-64;pattern=[A-Z0-9]+"`
}

// Resource returns the ARN of the provider.
func (in *UpdateSAMLProviderInput) Resource(Caller) string { return in.SAMLProviderARN }

// UpdateSAMLProviderOutput is the answer of UpdateSAMLProvider.
type UpdateSAMLProviderOutput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn"`
}

// DeleteSAMLProviderInput is the request of DeleteSAMLProvider.
type DeleteSAMLProviderInput struct {
	SAMLProviderARN string `aws:"SAMLProviderArn" check:"required;len=20-2048"`
}

// Resource returns the ARN of the provider.
func (in *DeleteSAMLProviderInput) Resource(Caller) string { return in.SAMLProviderARN }

// CreateSAMLProvider registers an identity provider by its metadata. See AWS
// CreateSAMLProvider.
func (s *Service) CreateSAMLProvider(ctx context.Context, _ Caller, in *CreateSAMLProviderInput) (*CreateSAMLProviderOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	now := s.now().UTC().Truncate(time.Second)
	provider := SAMLProvider{
		Account: s.Account, Name: in.Name, UUID: "SAMLSP" + rand.Text(), Encryption: encryptionAllowed, Tags: in.Tags, Created: now,
	}
	err := provider.change(now, &UpdateSAMLProviderInput{
		SAMLMetadataDocument: in.SAMLMetadataDocument, AssertionEncryptionMode: in.AssertionEncryptionMode, AddPrivateKey: in.AddPrivateKey,
	})
	if err != nil {
		return nil, err
	}
	switch isFull, err := full(ctx, s.samlProviders(), samlProviderQuota); {
	case err != nil:
		return nil, err
	case isFull:
		return nil, quotaExceeded("SAMLProvidersPerAccount", samlProviderQuota)
	}
	if err := s.SAMLProviders.Create(ctx, provider); err != nil {
		return nil, translate(err, nil, entityAlreadyExists("Provider with name %s already exists.", in.Name))
	}
	return &CreateSAMLProviderOutput{SAMLProviderARN: provider.ARN().String(), Tags: provider.tags()}, nil
}

// GetSAMLProvider shows a provider, its metadata to the letter. See AWS
// GetSAMLProvider.
func (s *Service) GetSAMLProvider(ctx context.Context, _ Caller, in *GetSAMLProviderInput) (*GetSAMLProviderOutput, error) {
	provider, err := s.samlProvider(ctx, in.SAMLProviderARN)
	if err != nil {
		return nil, err
	}
	return &GetSAMLProviderOutput{
		SAMLProviderUUID:        provider.UUID,
		SAMLMetadataDocument:    provider.Document,
		CreateDate:              provider.Created,
		ValidUntil:              provider.ValidUntil,
		Tags:                    provider.tags(),
		AssertionEncryptionMode: provider.Encryption,
		PrivateKeyList:          privateKeyTags(provider.PrivateKeys),
	}, nil
}

// ListSAMLProviders lists all providers by name. See AWS ListSAMLProviders.
func (s *Service) ListSAMLProviders(ctx context.Context, _ Caller, _ *ListSAMLProvidersInput) (*ListSAMLProvidersOutput, error) {
	out := &ListSAMLProvidersOutput{SAMLProviderList: []SAMLProviderListEntry{}}
	for provider, err := range every(ctx, s.samlProviders()) {
		if err != nil {
			return nil, err
		}
		out.SAMLProviderList = append(out.SAMLProviderList, SAMLProviderListEntry{
			ARN: provider.ARN().String(), ValidUntil: provider.ValidUntil, CreateDate: provider.Created,
		})
	}
	return out, nil
}

// UpdateSAMLProvider replaces a provider's metadata, changes whether assertions must be
// encrypted, and adds or removes a private key. See AWS UpdateSAMLProvider.
func (s *Service) UpdateSAMLProvider(ctx context.Context, _ Caller, in *UpdateSAMLProviderInput) (*UpdateSAMLProviderOutput, error) {
	now := s.now().UTC().Truncate(time.Second)
	err := s.updateSAMLProvider(ctx, in.SAMLProviderARN, func(provider *SAMLProvider) error { return provider.change(now, in) })
	if err != nil {
		return nil, err
	}
	return &UpdateSAMLProviderOutput{SAMLProviderARN: in.SAMLProviderARN}, nil
}

// DeleteSAMLProvider removes a provider. Roles that trust it stay as they are. See AWS
// DeleteSAMLProvider.
func (s *Service) DeleteSAMLProvider(ctx context.Context, _ Caller, in *DeleteSAMLProviderInput) (*struct{}, error) {
	want, name, err := s.samlProviderName(in.SAMLProviderARN)
	if err != nil {
		return nil, err
	}
	err = s.samlProviders().Delete(ctx, name, func(provider SAMLProvider) error { return provider.goesBy(want) })
	return nil, translate(err, noSuchSAMLProvider(in.SAMLProviderARN), nil)
}

// SAMLProvider returns the provider of the account that an ARN names to the letter. The
// error is fs.ErrNotExist, also for what is no such ARN, or that of the table.
func (s *Service) SAMLProvider(ctx context.Context, name string) (SAMLProvider, error) {
	want, short, fault := s.samlProviderName(name)
	if fault != nil {
		return SAMLProvider{}, fs.ErrNotExist
	}
	return named(ctx, s.samlProviders(), short, want)
}

// samlProvider is SAMLProvider with the faults of operations.
func (s *Service) samlProvider(ctx context.Context, name string) (SAMLProvider, error) {
	want, short, fault := s.samlProviderName(name)
	if fault != nil {
		return SAMLProvider{}, fault
	}
	provider, err := named(ctx, s.samlProviders(), short, want)
	return provider, translate(err, noSuchSAMLProvider(name), nil)
}

func (s *Service) updateSAMLProvider(ctx context.Context, name string, change func(*SAMLProvider) error) error {
	want, short, fault := s.samlProviderName(name)
	if fault != nil {
		return fault
	}
	err := s.samlProviders().Update(ctx, short, func(provider *SAMLProvider) error {
		if err := provider.goesBy(want); err != nil {
			return err
		}
		return change(provider)
	})
	return translate(err, noSuchSAMLProvider(name), nil)
}

// goesBy returns fs.ErrNotExist unless an ARN is that of the provider to the letter:
// names are told apart without regard to case, ARNs are not.
func (p SAMLProvider) goesBy(want arn.ARN) error {
	if p.ARN() != want {
		return fs.ErrNotExist
	}
	return nil
}

// samlProviderName reads the ARN of a provider and returns the name in it.
func (s *Service) samlProviderName(name string) (arn.ARN, string, error) {
	a, err := arn.Parse(name)
	if err != nil {
		return arn.ARN{}, "", invalidInput("ARN %s is not valid.", name)
	}
	short, ok := strings.CutPrefix(a.Resource, "saml-provider/")
	if !ok || short == "" || a.Service != "iam" || a.Region != "" {
		return arn.ARN{}, "", invalidInput("ARN %s is not valid.", name)
	}
	if arn.SAMLProvider(s.Account, short) != a {
		return arn.ARN{}, "", noSuchSAMLProvider(name)
	}
	return a, short, nil
}

// change makes of a provider what in asks for, at the time now.
func (p *SAMLProvider) change(now time.Time, in *UpdateSAMLProviderInput) error {
	if in.SAMLMetadataDocument != "" {
		metadata, err := token.ParseMetadata(in.SAMLMetadataDocument)
		if err != nil {
			return invalidInput("Could not parse metadata").With(err)
		}
		p.Document, p.ValidUntil = in.SAMLMetadataDocument, metadata.ValidUntil
		if p.ValidUntil.IsZero() {
			p.ValidUntil = now.AddDate(samlYears, 0, 0)
		}
	}
	if in.AssertionEncryptionMode != "" {
		p.Encryption = in.AssertionEncryptionMode
	}
	return p.changeKeys(now, in.AddPrivateKey, in.RemovePrivateKey)
}

// tags are the provider's tags by key, in which order AWS shows them.
func (p SAMLProvider) tags() []Tag {
	sorted, _ := cut(p.Tags, func(t Tag) string { return t.Key }, page{limit: len(p.Tags)})
	return sorted
}
