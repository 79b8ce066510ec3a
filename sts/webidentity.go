package sts

import (
	"context"

	"github.com/cenotehq/cenote/policy"
)

// WebIdentity is who a verified token says its bearer is, in the words of trust
// policies.
type WebIdentity struct {
	// Federated is the principal that a trust policy names: a built-in host or the
	// ARN of an OpenID Connect provider.
	Federated string

	// Issuer prefixes the condition keys: host and path of the issuer.
	Issuer string

	Subject  string
	Audience string   // what the aud key holds
	AMR      []string // how the bearer signed in; empty where the token does not say

	// SubjectKey is the name of the key that holds Subject where it is not sub, as for
	// access tokens, which have no aud key either.
	SubjectKey string

	// TrustKeys are further condition keys that only the trust policy sees.
	TrustKeys map[string]string

	Tags           map[string]string // session tags of the token
	TransitiveTags []string
	SourceIdentity string
}

// WebRequest is what is asked for whom an identity provider vouches for.
type WebRequest struct {
	RoleARN     string
	SessionName string
	Seconds     int32 // life of the session, 0 for the default
	Policy      string
	PolicyARNs  []PolicyDescriptor

	// Scope names session policies that the caller of AssumeWebIdentity adds.
	Scope []string
}

// Assumed is a role session that has begun.
type Assumed struct {
	Credentials Credentials
	User        AssumedRoleUser
	PackedSize  int32
}

// AssumeWebIdentity begins a session of a role for the bearer of a verified token,
// if the role's trust policy says so. A refusal is a *fault.Error of this API, the
// same for a role that does not exist as for one that does not trust.
func (s *Service) AssumeWebIdentity(ctx context.Context, who WebIdentity, ask WebRequest) (Assumed, error) {
	granted, err := s.admit(ctx, who.bearer(), ask)
	if err != nil {
		return Assumed{}, err
	}
	credentials, user := s.mint(granted)
	return Assumed{Credentials: credentials, User: user, PackedSize: granted.packed}, nil
}

// lasting returns the condition keys with one value that the session keeps.
func (w WebIdentity) lasting() map[string]string {
	if w.SubjectKey != "" {
		return map[string]string{
			w.Issuer + ":" + w.SubjectKey: w.Subject,
			"aws:FederatedProvider":       w.Federated,
		}
	}
	return map[string]string{
		w.Issuer + ":sub":       w.Subject,
		w.Issuer + ":aud":       w.Audience,
		"aws:FederatedProvider": w.Federated,
	}
}

func (w WebIdentity) bearer() bearer {
	b := bearer{
		action: actionWebIdentity, federated: w.Federated, keys: w.lasting(),
		tags: w.Tags, transitiveTags: w.TransitiveTags, sourceIdentity: w.SourceIdentity,
	}
	if len(w.TrustKeys) > 0 {
		b.trustKeys = policy.NewContext()
	}
	for key, value := range w.TrustKeys {
		b.trustKeys.Set(key, value)
	}
	if len(w.AMR) > 0 {
		b.lists = map[string][]string{w.Issuer + ":amr": w.AMR}
	}
	return b
}
