// Package audit keeps one event per API call: who asked for what, and what became
// of it.
package audit

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/cenotehq/cenote/fault"
)

// Event is one call. It is filled in along the way and recorded once, when the
// answer is known. It never holds a token, a secret or a login.
type Event struct {
	RequestID string
	Start     time.Time // UTC
	Duration  time.Duration
	SourceIP  string
	UserAgent string
	API       string // cognito-identity, sts, iam, cenote: the one in whose words the answer is
	Operation string
	Caller    string // ARN; empty for public operations and unproven callers
	Status    int    // HTTP
	Code      string // of the error; empty for success
	Message   string // what the client was told
	Cause     error  // what it was not told

	// Refused is which statements of which policies stood in the way, where policies
	// did.
	Refused string
}

// Log writes events as one line each, failures of the server as errors.
type Log struct {
	Logger *slog.Logger
}

// mostAttrs is how many attributes an event has at most.
const mostAttrs = 11

// Record writes the event.
func (l Log) Record(ctx context.Context, e Event) {
	level := slog.LevelInfo
	if e.Status >= 500 {
		level = slog.LevelError
	}
	if !l.Logger.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, mostAttrs),
		slog.String("id", e.RequestID),
		slog.String("api", e.API),
		slog.String("operation", e.Operation),
		slog.Int("status", e.Status),
		slog.Duration("took", e.Duration),
		slog.String("from", e.SourceIP))
	if e.Caller != "" {
		attrs = append(attrs, slog.String("caller", e.Caller))
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("error", e.Code), slog.String("message", Cut(e.Message)))
	}
	if e.Cause != nil {
		attrs = append(attrs, slog.String("cause", Cut(explain(e.Cause))))
	}
	if e.Refused != "" {
		attrs = append(attrs, slog.String("refused", Cut(e.Refused)))
	}
	// Not through the Logger, which would find out for each line who calls it here.
	line := slog.NewRecord(e.Start.Add(e.Duration), level, "call", 0)
	line.AddAttrs(attrs...)
	_ = l.Logger.Handler().Handle(ctx, line) // a log that cannot be written has nobody to tell
}

// Cut bounds a text to 4 KiB and an ellipsis: clients that prove nothing choose a part
// of some, such as the iss claim of their token, and must not fill the disk.
func Cut(text string) string {
	const longest = 4 << 10
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

// explain is a cause with its own causes: a refusal of one service may stand for a
// refusal of another, and the innermost is the one that tells what to mend.
func explain(cause error) string {
	text := cause.Error()
	if f, ok := errors.AsType[*fault.Error](cause); ok && f.Cause != nil {
		text += ": " + explain(f.Cause)
	}
	return text
}
