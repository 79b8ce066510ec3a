package iam

import (
	"context"
	"strconv"
	"time"

	"github.com/cenotehq/cenote/policy"
)

type requestKey struct{}

// WithRequest returns a context that carries the condition keys which a request
// brings along (aws:SourceIp, aws:SecureTransport…). They go with the request rather
// than with the caller, since trust policies see them too, for callers whom nobody
// knows yet. Most requests are asked for them once or never, so keys makes them when
// they are wanted, anew each time.
func WithRequest(ctx context.Context, keys func() policy.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, keys)
}

// RequestContext returns the condition keys that hold whoever asks: those of the
// request that ctx carries, and the time.
func (s *Service) RequestContext(ctx context.Context) policy.Context {
	newKeys, ok := ctx.Value(requestKey{}).(func() policy.Context)
	if !ok {
		newKeys = policy.NewContext
	}
	keys, now := newKeys(), s.now().UTC()
	keys.Set("aws:CurrentTime", now.Format(time.RFC3339))
	keys.Set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
	return keys
}
