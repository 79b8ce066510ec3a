package cognito

import (
	"context"
	"fmt"
	"time"

	"github.com/cenotehq/cenote/sts"
)

// openIDLifetime is how long a token of the basic flow is valid.
const openIDLifetime = 10 * time.Minute

// The first elements of amr: whether the bearer showed a login.
const (
	amrAuthenticated   = "authenticated"
	amrUnauthenticated = "unauthenticated"
)

// GetOpenIDTokenInput is the request of GetOpenIdToken.
type GetOpenIDTokenInput struct {
	IdentityID string            `aws:"IdentityId" check:"required;len=1-55;pattern=[\\w-]+:[0-9a-f-]+"`
	Logins     map[string]string `aws:"Logins" check:"secret;len=-10" key:"len=1-128" each:"secret;len=1-50000"`
}

// GetOpenIDTokenOutput is the answer of GetOpenIdToken. The identity may differ
// from the one that was asked for: the logins may belong to another.
type GetOpenIDTokenOutput struct {
	IdentityID string `aws:"IdentityId"`
	Token      string `aws:"Token"`
}

// GetOpenIDToken gives an identity a token of ours, for AssumeRoleWithWebIdentity:
// the basic flow.
func (s *Service) GetOpenIDToken(ctx context.Context, in *GetOpenIDTokenInput) (*GetOpenIDTokenOutput, error) {
	v, err := s.find(ctx, in.IdentityID)
	if err != nil {
		return nil, err
	}
	if err := checkBasicFlow(v.pool, in.Logins); err != nil {
		return nil, err
	}
	if v, err = s.enter(ctx, v, in.Logins); err != nil {
		return nil, err
	}
	signed, err := s.sign(ctx, v, openIDLifetime)
	if err != nil {
		return nil, err
	}
	return &GetOpenIDTokenOutput{IdentityID: v.identity.ID, Token: signed}, nil
}

// sign makes a token of ours for a visit.
func (s *Service) sign(ctx context.Context, v visit, lifetime time.Duration) (string, error) {
	signed, err := s.OpenID.Sign(ctx, v.claims(s.now(), lifetime))
	if err != nil {
		return "", fmt.Errorf("signing an OpenID token: %w", err)
	}
	return signed, nil
}

func checkBasicFlow(pool Pool, logins map[string]string) error {
	if pool.AllowClassicFlow != nil && !*pool.AllowClassicFlow {
		return invalidParameter("Basic (classic) flow is not enabled, please use enhanced flow.")
	}
	if len(pool.RoleMappings) > 0 {
		return invalidParameter("Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
	}
	for name := range logins {
		if isSAML(name) {
			return invalidParameter("Basic (classic) flow is not supported with SAML, please use enhanced flow.")
		}
	}
	return nil
}

// openIDClaims are the claims of a token, in AWS's order.
type openIDClaims struct {
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	AMR      []string `json:"amr"`
	Tags     *tags    `json:"https://aws.amazon.com/tags,omitempty"`
	Pool     string   `json:"https://cognito-identity.amazonaws.com/identity-pool-arn,omitempty"`
	Issuer   string   `json:"iss"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
}

// tags are principal tags as a token has them, each with its one value.
type tags struct {
	Principal map[string][]string `json:"principal_tags"`
}

func (v visit) claims(now time.Time, lifetime time.Duration) openIDClaims {
	c := openIDClaims{
		Subject:  v.identity.ID,
		Audience: v.pool.ID,
		AMR:      v.amr(),
		Issuer:   "https://" + sts.CognitoIdentity,
		Expires:  now.Add(lifetime).Unix(),
		Issued:   now.Unix(),
	}
	if !v.guest() {
		c.Pool = v.pool.ARN().String()
	}
	if len(v.tags) > 0 {
		c.Tags = &tags{Principal: make(map[string][]string, len(v.tags))}
		for key, value := range v.tags {
			c.Tags.Principal[key] = []string{value}
		}
	}
	return c
}

// amr says how the bearer signed in: for each login the provider, and the user at
// it.
func (v visit) amr() []string {
	if len(v.proofs) == 0 {
		return []string{amrUnauthenticated}
	}
	amr := []string{amrAuthenticated}
	for _, p := range v.proofs {
		amr = append(amr, p.Provider, p.qualified)
	}
	return amr
}
