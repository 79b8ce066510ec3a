package cognito

import (
	"context"
	"errors"
	"time"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
)

// sessionName is that of every session of the enhanced flow.
const sessionName = "CognitoIdentityCredentials"

// GetCredentialsForIdentityInput is the request of GetCredentialsForIdentity.
type GetCredentialsForIdentityInput struct {
	IdentityID    string            `aws:"IdentityId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Logins        map[string]string `aws:"Logins" check:"secret;len=-10" key:"len=1-128" each:"secret;len=1-50000"`
	CustomRoleARN string            `aws:"CustomRoleArn" check:"len=20-2048"`
}

// GetCredentialsForIdentityOutput is the answer of GetCredentialsForIdentity. The
// identity may differ from the one that was asked for: the logins may belong to
// another.
type GetCredentialsForIdentityOutput struct {
	IdentityID  string      `aws:"IdentityId"`
	Credentials Credentials `aws:"Credentials"`
}

// Credentials sign requests until they expire.
type Credentials struct {
	AccessKeyID  string    `aws:"AccessKeyId"`
	SecretKey    string    `aws:"SecretKey"`
	SessionToken string    `aws:"SessionToken"`
	Expiration   time.Time `aws:"Expiration"`
}

// GetCredentialsForIdentity gives an identity credentials of the role that the
// pool chooses for it: the enhanced flow.
func (s *Service) GetCredentialsForIdentity(ctx context.Context, in *GetCredentialsForIdentityInput) (*GetCredentialsForIdentityOutput, error) {
	v, err := s.find(ctx, in.IdentityID)
	if err != nil {
		return nil, err
	}
	if v, err = s.enterWithToken(ctx, v, in.Logins); err != nil {
		return nil, err
	}
	role, refusal := selectRole(v, in.CustomRoleARN)
	if refusal != nil {
		return nil, refusal
	}
	assumed, err := s.STS.AssumeWebIdentity(ctx, v.webIdentity(), v.webRequest(role))
	if err != nil {
		return nil, assumeFault(err)
	}
	c := assumed.Credentials
	return &GetCredentialsForIdentityOutput{
		IdentityID:  v.identity.ID,
		Credentials: Credentials{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration},
	}, nil
}

// enterWithToken is enter, but takes a token of ours as the only login.
func (s *Service) enterWithToken(ctx context.Context, v visit, logins map[string]string) (visit, error) {
	raw, ok := logins[sts.CognitoIdentity]
	if !ok {
		return s.enter(ctx, v, logins)
	}
	if v.identity.Disabled {
		return visit{}, identityForbidden(v.identity.ID)
	}
	if len(logins) > 1 {
		return visit{}, invalidParameter("A token of %s cannot be combined with other logins.", sts.CognitoIdentity)
	}
	var err error
	v.vouched, err = s.verifyOwn(ctx, v.identity, raw)
	return v, err
}

// webIdentity is the visit in the words of trust policies: what a token of ours
// would say, without the token.
func (v visit) webIdentity() sts.WebIdentity {
	if v.vouched != nil {
		return *v.vouched
	}
	return sts.WebIdentity{
		Federated: sts.CognitoIdentity,
		Issuer:    sts.CognitoIdentity,
		Subject:   v.identity.ID,
		Audience:  v.pool.ID,
		AMR:       v.amr(),
		Tags:      v.tags,
	}
}

func (v visit) webRequest(role string) sts.WebRequest {
	r := sts.WebRequest{RoleARN: role, SessionName: sessionName}
	if v.guest() {
		r.Scope = []string{iam.GuestInlinePolicy, iam.GuestManagedPolicy}
	}
	return r
}

// assumeFault hides why a role was not given: AWS says the same for every cause,
// and the log keeps the true one.
func assumeFault(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Sender() {
		return invalidConfiguration().With(err)
	}
	return err
}
