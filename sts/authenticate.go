package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
)

// Authenticate returns the secret of the session that a request's access key and
// session token name, and the caller whom a signature with that secret proves.
// The error is ErrInvalidToken, ErrExpired, or that of the store. What root opened
// is good only while the caller's Opener has root's key, which is not known here.
func (s *Service) Authenticate(ctx context.Context, keyID, token string) (secret string, caller iam.Caller, err error) {
	session, secret, err := s.Sealer.Open(keyID, token)
	if s.mayKnow(ctx, err) {
		session, secret, err = s.Sealer.Open(keyID, token)
	}
	if err != nil {
		return "", iam.Caller{}, err
	}
	if !s.now().Before(time.Unix(session.Expires, 0)) {
		return secret, iam.Caller{}, ErrExpired
	}
	caller, err = s.caller(ctx, session)
	if err != nil {
		return "", iam.Caller{}, err
	}
	caller.KeyID, caller.Issued = keyID, time.Unix(session.Issued, 0)
	return secret, caller, nil
}

// mayKnow looks for new keys where the error is that a key is unknown, and reports
// whether it did.
func (s *Service) mayKnow(ctx context.Context, err error) bool {
	if !errors.Is(err, errUnknownKey) || s.Refresh == nil {
		return false
	}
	s.Refresh(ctx)
	return true
}

func (s *Service) caller(ctx context.Context, session Session) (iam.Caller, error) {
	if session.Kind == OfRole {
		return s.ofRole(ctx, session)
	}
	opener, err := s.opener(ctx, session)
	if err != nil {
		return iam.Caller{}, err
	}
	if session.Kind == OfFederated {
		return s.ofFederated(ctx, session, opener)
	}
	caller := opener
	caller.Opener = &opener
	return caller, nil
}

func (s *Service) ofRole(ctx context.Context, session Session) (iam.Caller, error) {
	role, err := s.IAM.Roles.Get(ctx, session.RoleName)
	if errors.Is(err, fs.ErrNotExist) || err == nil && role.ID != session.RoleID {
		return iam.Caller{}, ErrInvalidToken // ends with its role, even if one of that name exists again
	}
	if err != nil {
		return iam.Caller{}, fmt.Errorf("reading the role of a session: %w", err)
	}
	policies, err := s.sessionPolicies(ctx, session)
	if err != nil {
		return iam.Caller{}, err
	}
	keys := policy.NewContext()
	for _, tag := range role.Tags {
		keys.Set("aws:PrincipalTag/"+tag.Key, tag.Value)
	}
	return iam.Caller{
		Account: role.Account,
		ARN:     arn.AssumedRole(role.Account, role.Name, session.Name).String(),
		UserID:  role.ID + ":" + session.Name,
		Role:    &role,
		Keys:    session.context(keys),

		SessionPolicies: policies,
		HasSession:      session.Policy != "" || len(session.Policies) > 0,
		TransitiveTags:  session.transitiveTags(),
		SourceIdentity:  session.SourceIdentity,
	}, nil
}

// ofFederated is a caller whom opener gave a session in another name.
func (s *Service) ofFederated(ctx context.Context, session Session, opener iam.Caller) (iam.Caller, error) {
	policies, err := s.sessionPolicies(ctx, session)
	if err != nil {
		return iam.Caller{}, err
	}
	user := s.federatedUser(session.Name)
	return iam.Caller{
		Account: s.Account,
		ARN:     user.ARN,
		UserID:  user.FederatedUserID,
		Opener:  &opener,
		Keys:    session.context(opener.Keys.Clone()),

		SessionPolicies: policies,
		HasSession:      true,
	}, nil
}

// opener is who opened a session, as the opening key proves it now. A key that is
// gone or switched off proves nothing, and the session is over.
func (s *Service) opener(ctx context.Context, session Session) (iam.Caller, error) {
	if session.ByRoot {
		return iam.Caller{
			Account: s.Account, ARN: arn.Root(s.Account).String(), UserID: s.Account, KeyID: session.OpenedBy, Root: true,
		}, nil
	}
	_, caller, err := s.IAM.Authenticate(ctx, session.OpenedBy)
	if errors.Is(err, fs.ErrNotExist) {
		return iam.Caller{}, ErrInvalidToken
	}
	if err != nil {
		return iam.Caller{}, fmt.Errorf("reading who opened a session: %w", err)
	}
	return caller, nil
}

func (s *Service) sessionPolicies(ctx context.Context, session Session) ([]policy.Source, error) {
	var list []policy.Source
	if session.Policy != "" {
		document, err := policy.Parse(session.Policy)
		if err != nil {
			return nil, fmt.Errorf("the session policy of a sealed session: %w", err)
		}
		list = append(list, policy.Source{Name: "inline session policy", Kind: policy.Session, Document: document})
	}
	for _, name := range session.Policies {
		document, err := s.IAM.ManagedPolicy(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted since: it allows nothing any more
		}
		if err != nil {
			return nil, fmt.Errorf("reading a session policy: %w", err)
		}
		list = append(list, policy.Source{Name: name, Kind: policy.Session, Document: document})
	}
	return list, nil
}
