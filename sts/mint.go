package sts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/cenotehq/cenote/arn"
	"github.com/cenotehq/cenote/iam"
)

const (
	defaultDuration = time.Hour
	maxChained      = time.Hour // of a role assumed with a role's credentials
)

// grant is an answer that can still be no: a role, and the session that is asked
// of it.
type grant struct {
	role     iam.Role
	session  Session
	duration time.Duration // 0 means the default
	packed   int32         // percent of the room for session policies and tags
}

// mint makes the session's credentials. Whoever calls it has checked that the
// role trusts the one who asks.
func (s *Service) mint(g grant) (Credentials, AssumedRoleUser) {
	g.session.RoleName, g.session.RoleID = g.role.Name, g.role.ID
	return s.begin(g.session, g.duration), AssumedRoleUser{
		AssumedRoleID: g.role.ID + ":" + g.session.Name,
		ARN:           arn.AssumedRole(g.role.Account, g.role.Name, g.session.Name).String(),
	}
}

// begin makes the credentials of a session that lasts from now.
func (s *Service) begin(session Session, life time.Duration) Credentials {
	issued := s.now().Truncate(time.Second)
	expires := issued.Add(life)
	session.Issued, session.Expires = issued.Unix(), expires.Unix()
	keyID := arn.NewKeyID("ASIA", s.Account)
	secret, token := s.Sealer.Seal(keyID, session)
	return Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token, Expiration: expires.UTC()}
}

// checkDuration returns the life of a session, refusing one that is longer than
// the role allows. Seconds 0 means one hour.
func checkDuration(seconds int32, role iam.Role) (time.Duration, error) {
	if seconds == 0 {
		return min(defaultDuration, role.MaxSession), nil
	}
	d := time.Duration(seconds) * time.Second
	if d > role.MaxSession {
		return 0, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return d, nil
}

// findRole returns the role that roleARN names, whole path included, or
// fs.ErrNotExist.
func (s *Service) findRole(ctx context.Context, roleARN string) (iam.Role, error) {
	name, err := roleName(roleARN)
	if err != nil {
		return iam.Role{}, err
	}
	role, err := s.IAM.Roles.Get(ctx, name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return iam.Role{}, fs.ErrNotExist
		}
		return iam.Role{}, fmt.Errorf("reading role %s: %w", name, err)
	}
	if role.ARN().String() != roleARN {
		return iam.Role{}, fs.ErrNotExist
	}
	return role, nil
}

// roleName returns the name at the end of a role's ARN.
func roleName(roleARN string) (string, error) {
	rest, ok := strings.CutPrefix(roleARN, "arn:aws:iam::")
	account, path, found := strings.Cut(rest, ":role/")
	if !ok || !found || path == "" || strings.HasSuffix(path, "/") || strings.Trim(account, "0123456789") != "" {
		return "", validation("Request ARN is invalid")
	}
	return path[strings.LastIndexByte(path, '/')+1:], nil
}
