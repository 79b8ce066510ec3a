package iam

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/fault"
)

const (
	// keyQuota is how many access keys a user may have (IAM User Guide, "IAM and
	// AWS STS quotas").
	keyQuota = 2

	// secretBytes is how much of a secret access key is random; base64 makes the
	// 40 characters of it that clients expect.
	secretBytes = 30
)

// What an access key's status may be. AWS knows Expired as well, which only keys
// can become that AWS itself manages.
const (
	statusActive   = "Active"
	statusInactive = "Inactive"
)

// AccessKey signs requests of a user.
type AccessKey struct {
	ID      string // AKIA…
	Secret  Secret
	Active  bool
	Created time.Time
}

// Secret is a secret access key. It prints as a row of stars, so that it cannot
// slip into a log; the store seals it.
type Secret string

// String hides the secret.
func (Secret) String() string { return "****" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "****" }

// CreateAccessKeyInput is the request of CreateAccessKey; without a name it means
// the caller.
type CreateAccessKeyInput struct {
	UserName string `aws:"UserName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
}

// Resource returns the ARN of the user.
func (in *CreateAccessKeyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// CreatedAccessKey is an access key with its secret, which is shown this once.
type CreatedAccessKey struct {
	UserName        string    `aws:"UserName"`
	AccessKeyID     string    `aws:"AccessKeyId"`
	Status          string    `aws:"Status"`
	SecretAccessKey Secret    `aws:"SecretAccessKey"`
	CreateDate      time.Time `aws:"CreateDate"`
}

// CreateAccessKeyOutput is the answer of CreateAccessKey.
type CreateAccessKeyOutput struct {
	AccessKey CreatedAccessKey `aws:"AccessKey"`
}

// ListAccessKeysInput is the request of ListAccessKeys; without a name it means the
// caller.
type ListAccessKeysInput struct {
	UserName string `aws:"UserName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN of the user.
func (in *ListAccessKeysInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// AccessKeyMetadata is an access key without its secret.
type AccessKeyMetadata struct {
	UserName    string    `aws:"UserName"`
	AccessKeyID string    `aws:"AccessKeyId"`
	Status      string    `aws:"Status"`
	CreateDate  time.Time `aws:"CreateDate"`
}

// ListAccessKeysOutput is the answer of ListAccessKeys.
type ListAccessKeysOutput struct {
	AccessKeyMetadata []AccessKeyMetadata `aws:"AccessKeyMetadata,always"`
	IsTruncated       bool                `aws:"IsTruncated"`
	Marker            string              `aws:"Marker"`
}

// UpdateAccessKeyInput is the request of UpdateAccessKey; without a name it means
// the caller.
type UpdateAccessKeyInput struct {
	UserName    string `aws:"UserName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
	AccessKeyID string `aws:"AccessKeyId" check:"required;len=16-128;pattern=[\\w]+"`
	Status      string `aws:"Status" check:"required;enum=Active,Inactive,Expired"`
}

// Resource returns the ARN of the user.
func (in *UpdateAccessKeyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// DeleteAccessKeyInput is the request of DeleteAccessKey; without a name it means
// the caller.
type DeleteAccessKeyInput struct {
	UserName    string `aws:"UserName" check:"len=1-128;pattern=[\\w+=,.@-]+"`
	AccessKeyID string `aws:"AccessKeyId" check:"required;len=16-128;pattern=[\\w]+"`
}

// Resource returns the ARN of the user.
func (in *DeleteAccessKeyInput) Resource(caller Caller) string {
	return userResource(caller, in.UserName)
}

// CreateAccessKey makes a key for a user and shows its secret, which no other
// operation does. See AWS CreateAccessKey.
func (s *Service) CreateAccessKey(ctx context.Context, caller Caller, in *CreateAccessKeyInput) (*CreateAccessKeyOutput, error) {
	name, err := userName(caller, in.UserName)
	if err != nil {
		return nil, err
	}
	key := AccessKey{ID: arn.NewKeyID("AKIA", s.Account), Secret: NewSecret(), Active: true, Created: s.now().UTC().Truncate(time.Second)}
	var owner string
	err = s.users().Update(ctx, name, func(user *User) error {
		if len(user.Keys) >= keyQuota {
			return quotaExceeded("AccessKeysPerUser", keyQuota)
		}
		owner = user.Name
		user.Keys = append(user.Keys, key)
		return nil
	})
	if err != nil {
		return nil, translate(err, noSuchUser(name), nil)
	}
	return &CreateAccessKeyOutput{AccessKey: CreatedAccessKey{
		UserName:        owner,
		AccessKeyID:     key.ID,
		Status:          status(key),
		SecretAccessKey: key.Secret,
		CreateDate:      key.Created,
	}}, nil
}

// ListAccessKeys lists the keys of a user by id. See AWS ListAccessKeys.
func (s *Service) ListAccessKeys(ctx context.Context, caller Caller, in *ListAccessKeysInput) (*ListAccessKeysOutput, error) {
	name, err := userName(caller, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := newPage(in.Marker, in.MaxItems, "ListAccessKeys", name)
	if err != nil {
		return nil, err
	}
	user, err := s.users().Get(ctx, name)
	if err != nil {
		return nil, translate(err, noSuchUser(name), nil)
	}
	keys, next := cut(user.Keys, func(key AccessKey) string { return key.ID }, p)
	out := &ListAccessKeysOutput{AccessKeyMetadata: make([]AccessKeyMetadata, len(keys)), IsTruncated: next != "", Marker: next}
	for i, key := range keys {
		out.AccessKeyMetadata[i] = AccessKeyMetadata{
			UserName:    user.Name,
			AccessKeyID: key.ID,
			Status:      status(key),
			CreateDate:  key.Created,
		}
	}
	return out, nil
}

// UpdateAccessKey switches a key on or off. See AWS UpdateAccessKey.
func (s *Service) UpdateAccessKey(ctx context.Context, caller Caller, in *UpdateAccessKeyInput) (*struct{}, error) {
	name, err := userName(caller, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.Status != statusActive && in.Status != statusInactive {
		return nil, invalidInput("The status of an access key can only be set to %s or %s.", statusActive, statusInactive)
	}
	err = s.users().Update(ctx, name, func(user *User) error {
		i := user.key(in.AccessKeyID)
		if i < 0 {
			return noSuchKey(in.AccessKeyID)
		}
		user.Keys[i].Active = in.Status == statusActive
		return nil
	})
	return nil, translate(err, noSuchUser(name), nil)
}

// DeleteAccessKey removes a key. See AWS DeleteAccessKey.
func (s *Service) DeleteAccessKey(ctx context.Context, caller Caller, in *DeleteAccessKeyInput) (*struct{}, error) {
	name, err := userName(caller, in.UserName)
	if err != nil {
		return nil, err
	}
	err = s.users().Update(ctx, name, func(user *User) error {
		i := user.key(in.AccessKeyID)
		if i < 0 {
			return noSuchKey(in.AccessKeyID)
		}
		user.Keys = slices.Delete(user.Keys, i, i+1)
		return nil
	})
	return nil, translate(err, noSuchUser(name), nil)
}

// key returns the index of the user's key with this id, or -1.
func (u User) key(id string) int {
	return slices.IndexFunc(u.Keys, func(k AccessKey) bool { return k.ID == id })
}

func status(key AccessKey) string {
	if key.Active {
		return statusActive
	}
	return statusInactive
}

func noSuchKey(id string) *fault.Error {
	return noSuchEntity("The Access Key with id %s cannot be found.", id)
}

// NewSecret draws a secret access key.
func NewSecret() Secret {
	random := make([]byte, secretBytes)
	rand.Read(random) // never fails, see crypto/rand
	return Secret(base64.StdEncoding.EncodeToString(random))
}
