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
// knows yet.
func WithRequest(ctx context.Context, keys policy.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, keys)
}

// RequestContext returns the condition keys that hold whoever asks: those of the
// request that ctx carries, and the time.
func (s *Service) RequestContext(ctx context.Context) policy.Context {
	keys := policy.NewContext()
	if request, ok := ctx.Value(requestKey{}).(policy.Context); ok {
		keys.Merge(request)
	}
	now := s.now().UTC()
	keys.Set("aws:CurrentTime", now.Format(time.RFC3339))
	keys.Set("aws:EpochTime", strconv.FormatInt(now.Unix(), 10))
	return keys
}
