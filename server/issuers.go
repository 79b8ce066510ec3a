package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/token"
)

// Issuers knows our own issuer without the network, and all others through it.
type Issuers struct {
	Own     *issuer.Issuer
	Network *provider.Client

	// Refresh brings the keys of Own up to date. It is called for whoever sends a token
	// under an unknown key, so it bounds its work by itself. Nil where the keys never
	// change.
	Refresh func(context.Context)
}

var (
	_ sts.Issuers       = Issuers{}
	_ cognito.UserPools = Issuers{}
)

// Keys returns the signing keys of an issuer.
func (i Issuers) Keys(ctx context.Context, url, kid string, thumbprints ...string) (token.Keys, error) {
	if url == issuer.URL {
		if i.Refresh != nil && kid != "" && !i.Own.Keys().Has(kid) {
			i.Refresh(ctx)
		}
		return i.Own.Keys(), nil
	}
	keys, err := i.Network.Keys(ctx, url, kid, thumbprints...)
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return token.Keys{}, fmt.Errorf("%w: %w", sts.ErrCertificate, err)
	}
	return keys, err
}

// Holder asks a provider whose an access token is.
func (i Issuers) Holder(ctx context.Context, t sts.AccessToken) (sts.Holder, error) {
	holder, err := i.Network.Holder(ctx, provider.AccessToken(t))
	if rejected, ok := errors.AsType[*provider.RejectedError](err); ok {
		return sts.Holder{}, &sts.RejectedError{
			Answer:  fmt.Sprintf("HTTP/1.1 %d %s", rejected.Status, http.StatusText(rejected.Status)),
			Expired: rejected.Expired,
			Cause:   err,
		}
	}
	return sts.Holder(holder), err
}

// SameIssuer reports whether a token's iss claim names a provider. Nobody stands
// in for our own issuer, whatever is redirected.
func (i Issuers) SameIssuer(iss, name string) bool {
	if own := strings.TrimPrefix(issuer.URL, "https://"); name == own || iss == issuer.URL {
		return name == own && iss == issuer.URL
	}
	return i.Network.SameIssuer(iss, name)
}

// User asks a user pool about a user.
func (i Issuers) User(ctx context.Context, pool, name string) (cognito.PoolUser, error) {
	user, err := i.Network.User(ctx, pool, name)
	if errors.Is(err, provider.ErrNoUser) {
		return cognito.PoolUser{}, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if err != nil {
		return cognito.PoolUser{}, err
	}
	return cognito.PoolUser{Subject: user.Subject, Enabled: user.Enabled, Status: user.Status}, nil
}
