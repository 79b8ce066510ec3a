package cognito

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/fault"
	"github.com/cenotehq/cenote/sts"
)

// verifyAccessToken proves a login whose token has to be shown to its provider. The
// pool's setting for the provider says which app the token must be for.
func (s *Service) verifyAccessToken(ctx context.Context, pool Pool, name, raw string) (proof, error) {
	setting, ok := pool.SupportedLoginProviders[name]
	if !ok {
		return proof{}, unsupportedLogin().With(fmt.Errorf("the pool has no provider %q", name))
	}
	app := setting
	switch name {
	case providerDigits:
		return proof{}, invalidLogin("Digits was shut down in 2017, its tokens cannot be verified any more.")
	case providerTwitter:
		consumer, secret, _ := strings.Cut(setting, ";")
		if consumer == "" || secret == "" {
			return proof{}, unsupportedLogin().With(errors.New("the pool's setting for Twitter is not of the form consumerKey;consumerSecret"))
		}
		app = consumer // the secret goes no further
	}
	holder, err := s.Issuers.Holder(ctx, sts.AccessToken{Provider: name, App: setting, Value: raw})
	if err != nil {
		return proof{}, holderFault(name, err)
	}
	if !slices.Contains(holder.Apps, app) {
		return proof{}, unsupportedLogin().With(fmt.Errorf("the token is for %q, the pool takes %q", holder.Apps, app))
	}
	return proof{
		Login:     Login{Provider: name, Subject: holder.User},
		client:    app,
		mapping:   name,
		tagging:   name,
		qualified: qualifySocial(name, app, holder.User),
		claims:    map[string]any{"iss": name, "aud": app, "sub": holder.User},
	}, nil
}

// holderFault tells a token that its provider rejects from a provider that does not
// tell.
func holderFault(name string, cause error) *fault.Error {
	rejected, ok := errors.AsType[*sts.RejectedError](cause)
	switch {
	case !ok:
		return externalService("The identity provider %s is not responding.", name).With(cause)
	case rejected.Expired:
		return invalidLogin("Token is expired.").With(cause)
	}
	return unverified(cause)
}

// qualifySocial names a user of a public provider in our tokens.
func qualifySocial(name, app, user string) string { return name + ":" + app + ":" + user }
